"""geoservice names: checks of proposed names."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from geoservice.cli import cases, registry, registry_files
from geoservice.cli.frame import Json, ready, reporting
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table, print_text, progress_bar

app = typer.Typer(no_args_is_help=True, help="地名审核 · names checked by the rules")
app.add_typer(cases.app, name="case")
app.add_typer(registry.app)
app.add_typer(registry_files.app)

Kind = Annotated[str, typer.Option("--class", help="township、village、street、estate、water、mountain、facility ...")]
Position = Annotated[float | None, typer.Option(help="经纬度，度 · degrees")]


@app.command("check")
@reporting
def check(
    name: Annotated[str, typer.Argument(help="拟用名称 · proposed name")],
    kind: Kind,
    reading: Annotated[str | None, typer.Option(help="读音 · reading")] = None,
    lon: Position = None,
    lat: Position = None,
    unit: Annotated[str | None, typer.Option(help="所在区划的代码或名称 · code or name of the unit")] = None,
    brand: Annotated[list[str] | None, typer.Option(help="申请单位或商标 · applicant or trademark")] = None,
    json_: Json = False,
) -> int:
    """按规则检查一个名称，列出重名、同音 · check one name by the rules"""
    from geoservice.database.filters import today
    from geoservice.names import telling
    from geoservice.names.rules.checking import Verdict, check_name

    with ready() as (_, catalog, database), database.connect("reader") as connection:
        proposed = _proposed(connection, name, kind, reading, lon, lat, unit)
        outcome = check_name(connection, catalog, proposed, day=today(), brands=brand or [])
    told = telling.checked(outcome)
    if json_:
        print_json(told)
    else:
        _print(told)
    return 1 if outcome.verdict == Verdict.VIOLATES else 0


@app.command("plan")
@reporting
def plan(
    file: Annotated[
        Path, typer.Argument(help="拟用名称：XLSX、CSV、GeoJSON、DXF ... · a sheet, a map file or a drawing")
    ],
    kind: Kind,
    output: Annotated[
        Path | None, typer.Option(help="批注后的表 · the sheet marked row by row (.xlsx, .csv, .geojson)")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系，DXF 必填 · EPSG code, GCJ02, BD09; wanted of a DXF")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="字段=列名 · field=column")] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表 · sheet")] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option(help="图层；DXF 可多个，名在另一层写“文字层=线层” · layer; of a DXF several, or TEXTS=LINES"),
    ] = None,
    within: Annotated[
        float | None, typer.Option(help="DXF 文字到线最远，米 · farthest that a text stands from its line, metres")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="没有坐标时所在的区划 · unit of names without a position")] = None,
    json_: Json = False,
) -> int:
    """检查一整批拟用名称，批内互相冲突的也列出 · check a whole plan of names"""
    from geoservice.cli.importing import pairs
    from geoservice.database.filters import today
    from geoservice.names.plans.checking import check_plan
    from geoservice.names.plans.reading import read_plan, within_limits
    from geoservice.names.plans.sheets import write_plan
    from geoservice.names.units import unit_by_name

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        found = read_plan(
            file,
            catalog,
            kind,
            limits=within_limits(settings.imports, within),
            crs=crs,
            mapping=pairs("--map", map_),
            part=",".join(layer) if layer else sheet,
            unit_id=None if unit is None else unit_by_name(connection, unit),
        )
        with progress_bar() as bar:
            check_plan(
                connection, catalog, found, day=today(), progress=lambda done, of: bar("names.step.check", done, of)
            )
    if output is not None:
        write_plan(found, output, file.name)
    _tell_plan(found, json_=json_)
    return 1 if any(found.counts[name] for name in ("violates", "missing", "unread")) else 0


def _tell_plan(found: Any, *, json_: bool) -> None:
    from geoservice.names.plans.telling import plan_as_dict

    if json_:
        print_json(plan_as_dict(found))
        return
    heads = [translate("names.head.verdict"), translate("names.head.count")]
    rows = [[translate(f"names.verdict.{name}"), count] for name, count in found.counts.items()]
    print_table(translate("names.plan", None, count=len(found.lines)), heads, rows)
    for notice in found.notices:
        print_text(notice.message)


@app.command("clashes")
@reporting
def clashes(
    name: Annotated[
        str | None, typer.Argument(help="名称；不写则清点库内已有的 · a name; none for an inventory")
    ] = None,
    kind: Kind = "township",
    reading: Annotated[str | None, typer.Option(help="读音 · reading")] = None,
    lon: Position = None,
    lat: Position = None,
    unit: Annotated[str | None, typer.Option(help="所在区划的代码或名称 · code or name of the unit")] = None,
    json_: Json = False,
) -> int:
    """与一个名称重名、同音、近音、形近的；或清点库内已有的重名同音 · names that may be taken for another"""
    from geoservice.database.filters import today
    from geoservice.names import telling
    from geoservice.names.clashes.searching import find_clashes

    with ready() as (_, catalog, database), database.connect("reader") as connection:
        if name is None:
            return _inventory(connection, catalog, kind, json_=json_)
        found = find_clashes(
            connection, catalog, _proposed(connection, name, kind, reading, lon, lat, unit), day=today()
        )
    told = {"scope": telling.scope(found), "clashes": [telling.clash(one) for one in found.clashes]}
    if json_:
        print_json(told)
    else:
        _print_clashes(told)
    return 1 if found.clashes else 0


@app.command("romanize")
@reporting
def romanize(
    name: Annotated[str, typer.Argument(help="地名；- 表示从标准输入逐行读取 · a name; - reads standard input")],
    kind: Kind,
    reading: Annotated[str | None, typer.Option(help="读音 · reading")] = None,
    json_: Json = False,
) -> int:
    """按 1984 年拼写规则拼写地名，并给出依据 · spell a name by the rules of 1984, with the proof"""
    from geoservice.names.romanisation import telling
    from geoservice.names.romanisation.declared import spelling_class
    from geoservice.names.romanisation.romanise import romanise

    class_ = spelling_class(kind)
    if name == "-":
        return _romanize_lines(class_, json_=json_)
    told = telling.romanised(romanise(name, class_, reading))
    if json_:
        print_json(told)
        return 0
    print_text(told["spelling"])
    for step in told["proof"]:
        print_text("  " + translate("romanise.line", None, rule=step["rule"], text=step["text"]))
    if told["outside_table"]:
        print_text("  " + translate("romanise.outside", None, characters="、".join(told["outside_table"])))
    return 0


def _romanize_lines(class_: Any, *, json_: bool) -> int:
    """One answer a line, JSON a line where that was asked for; what cannot be spelt is told in its place."""
    from geoservice.errors import BadRequest
    from geoservice.names.romanisation import telling
    from geoservice.names.romanisation.romanise import romanise

    failed, read = 0, 0
    for line in sys.stdin:
        name = line.strip()
        if not name:
            continue
        read += 1
        try:
            told = telling.romanised(romanise(name, class_))
        except BadRequest as error:
            failed += 1
            told = {"name": name[:200], "error": {"code": error.code, "message": error.message}}
        if json_:
            print_text(json.dumps(told, ensure_ascii=False))
        else:
            print_text(f"{told['name']}\t{told.get('spelling') or '× ' + told['error']['message']}")
    if not read:
        raise BadRequest("names.empty-input")
    return 1 if failed else 0


@app.command("rekey")
@reporting
def rekey(json_: Json = False) -> int:
    """改了近音、形近、通名表之后，重算全部地名的检索键 · work out the keys of all names anew"""
    from geoservice.database.trail import one_entry
    from geoservice.names.keeping import rekey as work

    def tell(done: int) -> None:
        notes.print(translate("names.rekeyed", count=done), markup=False)

    with ready() as (_, _, database), database.connect("owner") as connection, one_entry(connection):
        count = work(connection, tell)
    if json_:
        print_json({"names": count})
    return 0


def _proposed(
    connection: Any, name: str, kind: str, reading: str | None, lon: float | None, lat: float | None, unit: str | None
) -> Any:
    import shapely

    from geoservice.database.models import SRID
    from geoservice.errors import BadRequest
    from geoservice.names.clashes.searching import Proposed
    from geoservice.names.units import unit_by_name

    if (lon is None) != (lat is None):
        raise BadRequest("names.half-position")
    shape = None
    if lon is not None and lat is not None:
        shape = shapely.to_wkb(shapely.set_srid(shapely.Point(lon, lat), SRID), hex=True, include_srid=True)
    unit_id = None if unit is None else unit_by_name(connection, unit)
    return Proposed(name, kind, reading, shape, unit_id)


def _inventory(connection: Any, catalog: Any, kind: str, *, json_: bool) -> int:
    from geoservice.database.filters import today
    from geoservice.names.clashes.comparing import Tier
    from geoservice.names.clashes.inventory import inventory
    from geoservice.names.clashes.keeping import names_of_kind

    _, names = names_of_kind(connection, catalog, kind, today())
    groups = [group for tier in (Tier.SAME, Tier.SAME_SOUND) for group in inventory(names, tier)]
    told = [{"tier": one.tier.name.lower(), "terms": one.terms, "names": one.names} for one in groups]
    if json_:
        print_json({"read": len(names), "groups": told})
        return 0
    heads = [translate(f"names.head.{name}") for name in ("tier", "terms", "names")]
    rows = [[translate(f"names.group.{one['tier']}"), "、".join(one["terms"]), "、".join(one["names"])] for one in told]
    print_table(translate("names.inventory", count=len(names)), heads, rows)
    return 0


def _print(told: dict[str, Any]) -> None:
    heads = [translate(f"names.head.{name}") for name in ("verdict", "rule", "reason", "source")]
    rows = [
        [translate(f"names.verdict.{one['verdict']}"), one["title"], one["reason"] or "", one["source"]]
        for one in told["verdicts"]
    ]
    print_table(f"{told['name']}：{translate('names.verdict.' + told['verdict'])}", heads, rows)
    if told["clashes"]:
        _print_clashes(told)


def _print_clashes(told: dict[str, Any]) -> None:
    print_text(f"{told['scope']['title']}：{told['scope']['words']}（{told['scope']['article']}）")
    heads = [translate(f"names.head.{name}") for name in ("name", "unit", "why", "since")]
    rows = [[one["name"], one["unit_name"] or "", one["why"], str(one["valid_from"] or "")] for one in told["clashes"]]
    print_table("", heads, rows)
