"""geoservice coverage show, polygon, capacity: figures of runs, of drawn areas, of places."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.cli.frame import Json, ready, reporting
from geoservice.coverage.figures.declared import Group, Places
from geoservice.errors import BadInput, NotFound
from geoservice.terminal import print_json

app = typer.Typer()

Service = Annotated[str | None, typer.Option("--service", help="服务标准 · service standard")]
Type = Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")]


@app.command("show")
@reporting
def coverage_show(
    run: Annotated[int | None, typer.Argument(help="第几次计算；默认最近一次 · the run, the newest by default")] = None,
    service: Service = None,
    type_: Type = None,
    json_: Json = False,
) -> int:
    """一次计算的结果，是否已过时 · a stored run, and whether it is stale (exit code 1)"""
    from geoservice.coverage.figures.telling import print_inequality, print_run
    from geoservice.publish.queries import runs

    with ready() as (_, catalog, database), database.connect("reader") as connection:
        found, standard, chosen = _stored(connection, catalog, run, service, type_)
        day = found["on_date"]
        units = runs.run_units(connection, found["id"], service=standard, type_=chosen, day=day, public_only=False)
        whole = runs.run_case(connection, found["id"], service=standard, type_=chosen)
        ids = [one["community_id"] for one in whole.get("worst", [])]
        names = runs.named_communities(connection, ids, public_only=False)
    if json_:
        listed = [row for row in units if not row["is_total"] and not row["is_county"]]
        counties = [row for row in units if row["is_county"]]
        total = next((row for row in units if row["is_total"]), None)
        case = {"service": standard, "type": chosen, "total": total, "by_unit": listed, "by_county": counties}
        print_json({**found, **case, "whole": whole})
    else:
        print_run(found, standard, chosen, units, catalog)
        print_inequality(whole, {id_: name for id_, (name, _) in names.items()})
    return 1 if found["stale"] else 0


@app.command("polygon")
@reporting
def coverage_polygon(
    file: Annotated[Path, typer.Argument(help="GeoJSON 面（经纬度） · GeoJSON polygon in degrees")],
    run: Annotated[int | None, typer.Option(help="第几次计算；默认最近一次 · the run, the newest by default")] = None,
    service: Service = None,
    type_: Type = None,
    json_: Json = False,
) -> int:
    """所画范围内的人口和村（社区） · people and communities inside a drawn area"""
    from geoservice.coverage.figures.areas import LARGEST_BYTES, parse_area, too_large
    from geoservice.coverage.figures.telling import print_area
    from geoservice.publish.queries.areas import area_figures

    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise too_large(file.stat().st_size)
        content = file.read_bytes()
    except OSError as error:
        raise BadInput("figures.area.unreadable", file=file, reason=error.strerror) from None
    area = parse_area(content)
    with ready() as (_, catalog, database), database.connect("reader") as connection:
        stored, standard, chosen = _stored(connection, catalog, run, service, type_)
        found = area_figures(connection, stored, area, service=standard, type_=chosen, public_only=False)
    if json_:
        print_json(found)
    else:
        print_area(found, catalog)
    return 0


@app.command("capacity")
@reporting
def coverage_capacity(
    type_: Annotated[str, typer.Option("--type", help="设施类型 · facility type")] = "nursing_home",
    service: Service = None,
    field: Annotated[Places | None, typer.Option(help="哪个字段是容量 · field that holds the places")] = None,
    group: Annotated[Group | None, typer.Option(help="谁需要 · who asks for places")] = None,
    per_thousand: Annotated[
        int | None, typer.Option(min=1, max=1000, help="每千人需要几个 · places that a thousand ask for")
    ] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """时限内的容量是否够用，各设施的有效时限 · whether places suffice, and where each facility is full"""
    from geoservice.coverage.shortage import rule_of, shortage
    from geoservice.coverage.telling import print_shortage
    from geoservice.database.filters import today

    rule = rule_of(type_, field, group, per_thousand)
    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        found = shortage(
            connection, catalog, settings, database.name, service=service, rule=rule, on=on.date() if on else today()
        )
    if json_:
        print_json(found.as_dict())
    else:
        print_shortage(found)
    return 0


def _stored(
    connection: Connection, catalog: Catalog, run: int | None, service: str | None, type_: str | None
) -> tuple[dict[str, Any], str, str]:
    """A stored run with the case that is meant; without names the run's headline.

    Raises
    ------
    NotFound
        ``figures.no-run`` or ``figures.no-runs``; ``figures.no-case`` with what the run holds.
    BadRequest
        For a name that is declared nowhere.
    """
    from geoservice.coverage.cases import RunRequest, cases_of
    from geoservice.database.filters import today
    from geoservice.publish.queries import runs

    found = runs.run(connection, run, public_only=False)
    if found is None:
        raise NotFound("figures.no-runs") if run is None else NotFound("figures.no-run", run=run)
    cases = runs.run_cases(connection, found["id"])
    headline = (found["figures"].get("service"), found["figures"].get("type"))
    fitting = [one for one in cases if service in {None, one[0]} and type_ in {None, one[1]}]
    if not fitting:
        names = RunRequest(on=today(), services=(service,) if service else (), types=(type_,) if type_ else ())
        cases_of(catalog, names)
        listed = ", ".join(f"{one}/{other}" for one, other in cases)
        raise NotFound("figures.no-case", run=found["id"], service=service, type=type_, cases=listed)
    chosen = next((one for one in fitting if one == headline), fitting[0])
    return found, *chosen
