"""geoservice coverage uncertainty, methods, speeds: how sure a coverage figure is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.terminal import print_json, progress_bar

app = typer.Typer()

Service = Annotated[str | None, typer.Option("--service", help="服务标准 · service standard")]
Type = Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")]
On = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="在哪一天 · on which day")]


@app.command("uncertainty")
@reporting
def coverage_uncertainty(
    service: Service = None,
    type_: Type = None,
    on: On = None,
    draws: Annotated[int | None, typer.Option(help="抽样次数 · number of draws")] = None,
    seed: Annotated[int | None, typer.Option(help="随机种子 · seed")] = None,
    json_: Json = False,
) -> int:
    """速度与接入道路不确定时覆盖有多可靠 · how sure coverage is"""
    from geoservice.coverage.uncertainty.certainty import certainty
    from geoservice.coverage.uncertainty.query import Ground, case_of
    from geoservice.coverage.uncertainty.telling import print_certainty
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection, progress_bar() as progress:
        case = case_of(catalog, service, type_, on.date() if on else today())
        ground = Ground(connection, catalog, settings, database.name)
        found = certainty(ground, case, draws=draws, seed=seed, progress=progress).as_dict()
    if json_:
        print_json(found)
    else:
        print_certainty(found, catalog)
    return 0


@app.command("methods")
@reporting
def coverage_methods(service: Service = None, type_: Type = None, on: On = None, json_: Json = False) -> int:
    """路网、面积、直线三种算法对照 · network, area and straight line side by side"""
    from geoservice.coverage.uncertainty.methods import method_coverage
    from geoservice.coverage.uncertainty.query import Ground, case_of
    from geoservice.coverage.uncertainty.telling import print_methods
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        case = case_of(catalog, service, type_, on.date() if on else today())
        found = method_coverage(Ground(connection, catalog, settings, database.name), case).as_dict()
    if json_:
        print_json(found)
    else:
        print_methods(found, catalog)
    return 0


@app.command("speeds")
@reporting
def coverage_speeds(service: Service = None, type_: Type = None, on: On = None, json_: Json = False) -> int:
    """不同步行速度、不同年龄的覆盖对照 · walkers of several speeds, by age"""
    from geoservice.coverage.uncertainty.query import Ground, case_of
    from geoservice.coverage.uncertainty.telling import print_walkers
    from geoservice.coverage.uncertainty.walkers import walker_coverage
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        case = case_of(catalog, service, type_, on.date() if on else today())
        found = walker_coverage(Ground(connection, catalog, settings, database.name), case).as_dict()
    if json_:
        print_json(found)
    else:
        print_walkers(found, catalog)
    return 0
