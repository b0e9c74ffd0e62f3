"""geoservice scenario: what-if scenarios at the shell; the real data are never touched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.cli.links import print_links, read_paths
from geoservice.errors import BadInput, BadRequest
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table, print_text, progress_bar

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from geoservice.catalog import Catalog
    from geoservice.coverage.scenarios.ground import Ground
    from geoservice.coverage.scenarios.state import Fault, State
    from geoservice.coverage.scenarios.store import ScenarioRow
    from geoservice.database.engine import Database
    from geoservice.settings import Settings

app = typer.Typer(no_args_is_help=True, help="选址方案推演 · what-if scenarios")

MOST_LISTED = 500
Number = Annotated[int, typer.Argument(min=1, help="方案编号 · id of the scenario")]


@app.command("list")
@reporting
def list_(json_: Json = False) -> int:
    """所有方案，新的在前 · all scenarios, the newest first"""
    from geoservice.coverage.scenarios import store

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        rows, _ = store.scenarios(connection, limit=MOST_LISTED)
        items = [_line(connection, row) for row in rows]
    if json_:
        print_json({"items": items})
    else:
        heads = [translate(f"scenario.head.{name}") for name in ("id", "name", "owner", "type", "changes", "changed")]
        print_table(
            translate("scenario.list"),
            heads,
            [
                [one["id"], one["name"], one["owner"], one["type"], len(one["changes"]), one["changed_at"]]
                for one in items
            ],
        )
    return 0


@app.command("make")
@reporting
def make_(
    name: Annotated[str, typer.Argument(help="方案名称 · its name")],
    file: Annotated[Path, typer.Argument(help="改动清单（JSON 数组）· changes, a JSON array")],
    service: Annotated[str | None, typer.Option(help="服务标准 · id of the service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · code of the facility type")] = None,
    json_: Json = False,
) -> int:
    """按改动清单新建方案 · a new scenario from a list of changes"""
    from geoservice.coverage.scenarios import store
    from geoservice.coverage.scenarios.changes import changes_of
    from geoservice.coverage.scenarios.ground import read_ground, read_roads
    from geoservice.coverage.scenarios.state import State
    from geoservice.coverage.uncertainty.query import case_of
    from geoservice.database.filters import today

    given = _read(file)
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        case, changes = case_of(catalog, service, type_, today()), changes_of(given)
        ground = read_ground(connection, catalog, settings, database.name, case)
        read_roads(connection, ground, changes)
        state = State.begin(ground)
        for change in changes:
            state = state.after(change)
        order = store.Order(name, case, changes, ground.revisions)
        number = store.make(connection, at_the_shell().name, order)
        told = _told(connection, store.scenario(connection, number), state, [])
    _show(told, json_=json_)
    return 0


@app.command("show")
@reporting
def show_(scenario: Number, json_: Json = False) -> int:
    """一个方案的改动和结果，按现在的数据重算 · its changes and figures, from the data of this moment"""
    from geoservice.coverage.scenarios import store

    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        row = store.scenario(connection, scenario)
        state, faults = _standing(connection, (settings, catalog, database), row)
        told = _told(connection, row, state, faults)
    _show(told, json_=json_)
    return 0


@app.command("compare")
@reporting
def compare_(one: Number, other: Number, json_: Json = False) -> int:
    """两个方案并排比较 · two scenarios side by side"""
    from geoservice.coverage.scenarios import store, telling
    from geoservice.coverage.scenarios.ground import read_roads
    from geoservice.coverage.scenarios.state import State, what_stands

    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        first, second = (store.scenario(connection, number) for number in (one, other))
        store.refuse_unlike(first, second)
        before, _ = _standing(connection, (settings, catalog, database), first)
        read_roads(connection, before.ground, second.changes)
        after, _ = what_stands(State.begin(before.ground), second.changes)
    told = telling.told(before, after)
    if json_:
        print_json({"one": first.name, "other": second.name, "difference": told})
    else:
        _print_difference(first.name, second.name, told)
    return 0


@app.command("links")
@reporting
def links_(
    service: Annotated[str | None, typer.Option(help="服务标准 · id of the service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · code of the facility type")] = None,
    scenario: Annotated[int | None, typer.Option(min=1, help="在这个方案之上 · on top of this scenario")] = None,
    road_class: Annotated[str, typer.Option("--class", help="道路等级 · class of the road")] = "tertiary",
    longest: Annotated[float, typer.Option(min=10, max=5000, help="最长多少米 · metres at most")] = 1500.0,
    detour: Annotated[float, typer.Option(min=1, max=100, help="绕行至少几倍 · how many times around")] = 3.0,
    most: Annotated[int, typer.Option(min=1, max=20, help="列出几条 · how many are listed")] = 10,
    bridges: Annotated[
        bool, typer.Option("--bridges/--no-bridges", help="含需建桥的 · with those that need one")
    ] = True,
    file: Annotated[Path | None, typer.Option(help="只试这些线（GeoJSON 线）· try these lines instead")] = None,
    json_: Json = False,
) -> int:
    """哪一条连接线新覆盖的人最多 · which single road link would buy most"""
    from geoservice.coverage.scenarios import store
    from geoservice.coverage.scenarios.ground import read_ground
    from geoservice.coverage.scenarios.links import Wish, given_link, links_of, ranked, tried
    from geoservice.coverage.scenarios.state import State
    from geoservice.coverage.uncertainty.query import case_of
    from geoservice.database.filters import today

    wish = Wish(road_class, longest, detour, most, bridges)
    given = None if file is None else read_paths(file)
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        if scenario is None:
            case = case_of(catalog, service, type_, today())
            state = State.begin(read_ground(connection, catalog, settings, database.name, case))
        else:
            state, _ = _standing(connection, (settings, catalog, database), store.scenario(connection, scenario))
        state.ground.book.read(connection)
        found = links_of(state, wish) if given is None else None
    listed = found.links if found else [given_link(state, path, wish) for path in given or ()]
    done = []
    with progress_bar() as progress:
        for number, link in enumerate(listed):
            progress("scenario.step.links", number, len(listed))
            done.append(tried(state, link, wish))
        progress("scenario.step.links", len(listed), len(listed))
    links = [one.as_dict() for one in ranked(done)]
    if json_:
        print_json({"mode": state.ground.case.limits[1].mode, "pairs": found and found.pairs, "items": links})
    else:
        print_links(links)
        if state.ground.publication.schematic:
            notes.print(translate("notice.schematic"), markup=False)
    return 0


@app.command("export")
@reporting
def export_(
    scenario: Number,
    file: Annotated[
        Path, typer.Argument(help="文件：.html 报告，.map.html 离线地图，.xlsx，.gpkg · the file, by its ending")
    ],
    beside: Annotated[int | None, typer.Option(min=1, help="与另一个方案并排 · beside another scenario")] = None,
    json_: Json = False,
) -> int:
    """把方案（或两个方案的比较）存成文件 · a scenario, or two side by side, as a file"""
    from datetime import datetime

    from geoservice.coverage.scenarios import store
    from geoservice.publish.scenarios import Plan, make, read_content
    from geoservice.publish.scenarios.making import form_of

    form = form_of(file.name)
    if form is None:
        raise BadRequest("scenario.unknown-form", file=file)
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        rows = [store.scenario(connection, number) for number in (scenario, beside) if number is not None]
        store.refuse_unlike(rows[0], rows[-1])
        plans: list[Plan] = []
        for row in rows:
            ground = plans[0].state.ground if plans else None
            state, faults = _standing(connection, (settings, catalog, database), row, ground)
            plans.append(Plan(row, state, faults, _line(connection, row)["stale"]))
        content = read_content(connection, catalog, plans, datetime.now(), settings.release.map_approval)  # noqa: DTZ005
    made = make(content, form)
    try:
        file.write_bytes(made.content)
    except OSError as error:
        raise BadInput("report.cannot-write", file=file, reason=error.strerror) from None
    size = len(made.content)
    if json_:
        print_json({"file": str(file), "bytes": size, "format": form, **made.release.as_dict()})
    else:
        print_text(translate("report.written", None, file=file, size=f"{size / 1000:,.0f} kB"))
        if made.release.schematic:
            notes.print(translate("notice.schematic"), markup=False)
    return 0


@app.command("discard")
@reporting
def discard_(scenario: Number, json_: Json = False) -> int:
    """删除一个方案，真实数据不受影响 · throws a scenario away; the real data stay"""
    from geoservice.coverage.scenarios import store

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        row = store.scenario(connection, scenario)
        store.discard(connection, scenario, {row.version})
    if json_:
        print_json({"discarded": row.id, "name": row.name})
    else:
        print_text(translate("scenario.discarded", None, name=row.name))
    return 0


def _read(file: Path) -> list[dict[str, Any]]:
    """A list of objects.

    Raises
    ------
    BadInput
        ``scenario.bad-file``
    """
    try:
        given = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise BadInput("scenario.bad-file", file=file) from None
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadInput("scenario.bad-file", file=file)
    return given


def _standing(
    connection: Connection, where: tuple[Settings, Catalog, Database], row: ScenarioRow, ground: Ground | None = None
) -> tuple[State, list[Fault]]:
    from geoservice.coverage.scenarios.ground import read_ground, read_roads
    from geoservice.coverage.scenarios.state import State, what_stands

    settings, catalog, database = where
    ground = ground or read_ground(connection, catalog, settings, database.name, row.case(catalog))
    read_roads(connection, ground, row.changes)
    return what_stands(State.begin(ground), row.changes)


def _line(connection: Connection, row: ScenarioRow) -> dict[str, Any]:
    from geoservice.coverage.scenarios.ground import read_revisions
    from geoservice.database.prepare import changed_layers

    return {
        "id": row.id,
        "name": row.name,
        "owner": row.owner,
        "shared": row.shared,
        "service": row.service,
        "type": row.type,
        "on": row.on_date.isoformat(),
        "changes": [one.as_dict() for one in row.changes],
        "stale": changed_layers({"input_revisions": row.base}, read_revisions(connection), public=False),
        "changed_at": row.changed_at.isoformat(timespec="seconds"),
    }


def _told(connection: Connection, row: ScenarioRow, state: State, faults: list[Fault]) -> dict[str, Any]:
    from geoservice.coverage.scenarios import telling
    from geoservice.coverage.scenarios.state import State

    told = telling.told(State.begin(state.ground), state)
    return (
        _line(connection, row)
        | {"faults": [one.as_dict() for one in faults], "schematic": state.ground.publication.schematic}
        | told
    )


def _show(told: dict[str, Any], *, json_: bool) -> None:
    if json_:
        print_json(told)
        return
    print_text(f"{told['id']} {told['name']}")
    if told["stale"]:
        notes.print(translate("scenario.stale", None, layers=", ".join(told["stale"])), style="yellow", markup=False)
    for one in told["faults"]:
        notes.print(str(one["detail"]), style="yellow", markup=False)
    _print_difference(translate("scenario.present"), told["name"], told)
    if told["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)


def _print_difference(one: str, other: str, told: dict[str, Any]) -> None:
    """Totals, the townships that change, and who gains and loses by name."""
    figures = ("facilities", "communities_covered", "communities_backed_up", "population_covered")
    before, after = told["total"]["before"], told["total"]["after"]
    heads = ["", one, other]
    totals = [[translate(f"scenario.{name}"), before[name], after[name]] for name in figures]
    print_table(translate("scenario.total"), heads, totals)
    changed = [
        [row["name"], row["before"]["population_covered"], row["after"]["population_covered"]]
        for row in told["units"]
        if row["before"]["population_covered"] != row["after"]["population_covered"]
    ]
    if changed:
        print_table(translate("scenario.units"), heads, changed)
    for kind in ("gained", "lost"):
        group = told[kind]
        names = "、".join(item["name"] for item in group["items"])
        print_text(translate(f"scenario.{kind}", None, count=group["count"], people=group["population"], names=names))
