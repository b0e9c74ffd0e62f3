"""geoservice import and sample: files in."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from geoservice.catalog import load_catalog
from geoservice.cli.frame import Json, at_the_shell, ready, reporting, show
from geoservice.errors import BadRequest
from geoservice.language import translate
from geoservice.settings import Settings
from geoservice.terminal import notes, print_json, print_reports, print_table, progress_bar

app = typer.Typer()


class _Group(TyperGroup):
    """`import LAYER FILE` is `import file LAYER FILE`: layers have no names of commands."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts in the command that is left out."""
        named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        parsed: list[str] = super().parse_args(ctx, args if named else ["file", *args])
        return parsed


files = typer.Typer(cls=_Group, no_args_is_help=True, help="导入文件 · import a file")
app.add_typer(files, name="import")


@files.command("file")
@reporting
def import_(
    layer: Annotated[str, typer.Argument(help="图层、osm 或 dem · a layer, osm or dem")],
    file: Annotated[Path, typer.Argument(help="文件 · the file")],
    crs: Annotated[str | None, typer.Option(help="坐标系：EPSG 代码、GCJ02、BD09 · EPSG code, GCJ02, BD09")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码：utf-8、gbk · text encoding")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="字段=列名 · field=column")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="字段=固定值 · field=value")] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表或文件内图层 · sheet, or layer inside the file")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 · check only")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="跳过有错的行 · leave bad rows out")] = False,
    publish: Annotated[
        bool | None, typer.Option("--publish/--internal", help="公开，或仅供内部 · public, or internal only")
    ] = None,
    date_: Annotated[
        datetime | None,
        typer.Option("--date", formats=["%Y-%m-%d"], help="人口：统计日期 · people: the day counted for"),
    ] = None,
    band: Annotated[int | None, typer.Option(min=1, help="人口栅格的波段 · band of a raster of people")] = None,
    nodata: Annotated[float | None, typer.Option(help="栅格中表示无数据的值 · value that means no data")] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="人口：替换同一地面上的旧来源 · people: replace sources on the same ground"),
    ] = False,
    within_km: Annotated[
        float | None,
        typer.Option(
            min=0.1, max=100, help="人口：无区划范围的村最远管几公里 · people: reach of a community in no unit"
        ),
    ] = None,
    json_: Json = False,
) -> int:
    """导入文件 · import a file"""
    from geoservice.ingest.importing import ImportRequest, PopulationWishes

    request = ImportRequest(
        layer=layer,
        path=file,
        crs=crs,
        encoding=encoding,
        mapping=pairs("--map", map_),
        constants=pairs("--set", set_),
        sheet=sheet,
        dry_run=dry_run,
        skip_bad=skip_bad,
        publish=publish,
        actor=getpass.getuser(),
        population=PopulationWishes(
            on=date_.date() if date_ else None,
            band=band,
            nodata=nodata,
            replace=replace,
            within_m=None if within_km is None else round(1000 * within_km),
        ),
    )
    return bring_in(request, json_=json_)


def bring_in(request: Any, *, json_: bool) -> int:
    """Imports a file and tells what became of it; the exit code."""
    from geoservice.cli.population import print_shared
    from geoservice.ingest.importing import import_file

    with ready() as (settings, catalog, database), progress_bar() as progress:
        outcome = import_file(database, catalog, settings, request, progress)
    if json_:
        print_json(outcome.as_dict())
    else:
        print_reports([report.as_dict() for report in outcome.reports])
        print_shared([report.details["population"] for report in outcome.reports if "population" in report.details])
        notes.print(outcome.conclusion, markup=False)
    return outcome.exit_code


@files.command("batches")
@reporting
def batches(json_: Json = False) -> int:
    """以往的导入，新的在前 · imports, the newest first"""
    from geoservice.ingest.uploads.batches import batches as listed

    with ready() as (_, _, database), database.connect("owner") as connection:
        found = [one.as_dict() for one in listed(connection)]
    if json_:
        print_json({"items": found})
        return 0
    heads = ("id", "imported_at", "layer", "source", "actor", "loaded", "changed", "refused", "state")
    rows = [
        [*(one[name] for name in heads[:-1]), translate("undo.done") if one["undone_at"] else _hindrance(one)]
        for one in found
    ]
    print_table(translate("undo.title"), [translate(f"undo.head.{name}") for name in heads], rows)
    return 0


def _hindrance(batch: dict[str, Any]) -> str:
    return str(batch["hindrance"]["message"]) if batch["hindrance"] else translate("undo.possible")


@files.command("undo")
@reporting
def undo(batch: Annotated[int, typer.Argument(min=1, help="导入编号 · id of the import")], json_: Json = False) -> int:
    """撤销一次导入 · undo an import as a whole"""
    from geoservice.ingest.uploads.undo import undo as take_back

    actor = at_the_shell()
    with ready() as (_, _, database), database.connect("owner", actor=actor) as connection:
        done = take_back(connection, batch, actor.name)
    if json_:
        print_json({"batch": batch, **done})
    else:
        notes.print(translate("undo.line", None, id=batch, **done), markup=False)
    return 0


def pairs(option: str, given: list[str] | None) -> dict[str, str]:
    """What an option was given as ``name=value``, once or several times."""
    found = {}
    for item in given or []:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise BadRequest("cli.bad-pair", option=option, value=item)
        found[name.strip()] = value.strip()
    return found


@app.command("sample")
@reporting
def sample(
    folder: Annotated[Path | None, typer.Argument(help="写到哪个文件夹 · folder to write to")] = None,
    load: Annotated[bool, typer.Option("--load", help="写出后导入 · import it too")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="从库中删去示意数据 · take it out of the database")] = False,
    json_: Json = False,
) -> int:
    """示意县（示意数据，非测绘成果） · the schematic sample county"""
    from geoservice.ingest.sample import write_sample
    from geoservice.ingest.sampling import load_sample, remove_sample

    if remove:
        with ready() as (_, _, database):
            removed = remove_sample(database)
        show({"removed": removed}, json_=json_)
        return 0
    settings, catalog = Settings(), load_catalog()
    target = folder or settings.home / "sample"
    files = write_sample(target, catalog)
    reports = []
    if load:
        with ready() as (_, _, database), progress_bar() as progress:
            reports = [
                r.as_dict() for r in load_sample(database, catalog, settings, target, getpass.getuser(), progress)
            ]
    if json_:
        print_json({"files": files, "reports": reports, "schematic": True})
    else:
        notes.print(translate("notice.schematic"), markup=False)
        notes.print(translate("cli.written", count=len(files), folder=target), markup=False)
        if reports:
            print_reports(reports, most=5)
    return 0
