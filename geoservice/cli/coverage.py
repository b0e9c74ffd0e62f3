"""geoservice coverage: the service circles."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoservice.catalog import Catalog
from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.errors import BadRequest
from geoservice.language import current_language, translate
from geoservice.terminal import notes, percent, print_json, print_table, print_text, progress_bar

if TYPE_CHECKING:
    from geoservice.coverage.cases import RunRequest
    from geoservice.coverage.run import Spread

app = typer.Typer(no_args_is_help=True, help="服务圈覆盖 · coverage of the service circles")

MOST_UNJOINED = 20


@app.command("run")
@reporting
def coverage_run(
    service: Annotated[list[str] | None, typer.Option(help="服务标准，可重复 · standard, may be repeated")] = None,
    type_: Annotated[list[str] | None, typer.Option("--type", help="设施类型，可重复 · facility type")] = None,
    mode: Annotated[str | None, typer.Option(help="改用这种出行方式 · travel by this mode instead")] = None,
    minutes: Annotated[int | None, typer.Option(min=1, max=600, help="改用这个时限 · this limit instead")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    circles: Annotated[bool, typer.Option("--circles/--no-circles", help="画服务圈 · draw the circles")] = True,
    background: Annotated[
        bool, typer.Option("--background", help="交给后台，不等结果 · hand it in and do not wait")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="在这个 Dask 集群上算 · on this Dask cluster, tcp://HOST:PORT")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="用本机这么多个进程 · in so many processes of this machine")
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(min=1, max=600, help="超出时限的时间算到几分钟 · times beyond the limit up to so many minutes"),
    ] = None,
    json_: Json = False,
) -> int:
    """计算覆盖 · compute coverage"""
    from geoservice.coverage.cases import RunRequest
    from geoservice.coverage.run import run_coverage
    from geoservice.database.filters import today

    request = RunRequest(
        services=tuple(service or ()),
        types=tuple(type_ or ()),
        mode=mode,
        minutes=minutes,
        on=on.date() if on else today(),
        circles=circles,
        horizon_minutes=horizon,
    )
    if sum([background, scheduler is not None, workers is not None]) > 1:
        raise BadRequest("scale.both")
    if background:
        return _hand_in(request, json_=json_)
    with _cluster(scheduler, workers) as spread, ready() as (settings, catalog, database), progress_bar() as progress:
        outcome = run_coverage(database, catalog, settings, request, progress, spread=spread)
    if json_:
        print_json(outcome.as_dict())
        return 0
    _print_coverage(outcome.as_dict(), catalog)
    return 0


def _cluster(scheduler: str | None, workers: int | None) -> AbstractContextManager[Spread | None]:
    """Where the run is spread over; nowhere unless one is asked for."""
    if scheduler is None and workers is None:
        return nullcontext()
    from geoservice.coverage.scale.cluster import connected, started

    return started(workers) if workers is not None else connected(scheduler or "")


def _hand_in(request: RunRequest, *, json_: bool) -> int:
    from geoservice.coverage.background import submit_run
    from geoservice.jobs.queue import workers

    with ready() as (_, catalog, database), database.connect(actor=at_the_shell()) as connection:
        job_id = submit_run(connection, catalog, request, at_the_shell().name)
        alive = workers(connection)
    if json_:
        print_json({"job": job_id, "workers": alive})
    else:
        print_text(translate("jobs.handed-in", None, id=job_id))
    if not alive:
        notes.print(translate("jobs.no-worker"), markup=False)
    return 0


@app.command("loss")
@reporting
def coverage_loss(
    service: Annotated[str | None, typer.Option(help="服务标准 · service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """每个设施关闭后谁失去覆盖 · who loses cover if a facility closes"""
    from geoservice.coverage.loss import losses
    from geoservice.coverage.telling import print_losses
    from geoservice.database.filters import today

    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        standard = catalog.services.get(service or "", catalog.headline)
        found = losses(
            connection,
            catalog,
            settings,
            database.name,
            service=service or standard.id,
            type_=type_ or standard.headline_type or standard.types[0],
            on=on.date() if on else today(),
        )
    if json_:
        print_json(found.as_dict())
    else:
        print_losses(found)
    return 0


def _print_coverage(found: dict[str, Any], catalog: Catalog) -> None:
    """Every case in a line, the townships of the headline, and the line that scripts read."""
    from geoservice.coverage.figures.telling import (
        FIGURES,
        print_assumptions,
        print_edge,
        print_estimated,
        print_units,
    )

    types = {entry.code: entry.title for entry in catalog.codes["facility_types"].entries}
    language = current_language.get()

    def title(case: dict[str, Any]) -> list[object]:
        names = (catalog.services[case["service"]].title, types[case["type"]])
        return [getattr(name, language) for name in names]

    heads = [translate(f"coverage.{name}") for name in (*FIGURES, "covered_population_share")]
    rows = [
        [*title(case), *[case[name] for name in FIGURES], percent(case["covered_population_share"])]
        for case in found["cases"]
    ]
    print_table(translate("coverage.cases"), [translate("coverage.service"), translate("coverage.type"), *heads], rows)
    print_units(" · ".join(map(str, title(found))), found["by_unit"])
    headline = next(
        case for case in found["cases"] if (case["service"], case["type"]) == (found["service"], found["type"])
    )
    print_assumptions(headline["limits"])
    print_edge(headline, found["network_outside_km"])
    if found["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)
    for one in found["unjoined"][:MOST_UNJOINED]:
        notes.print(
            translate(
                f"coverage.unjoined.{one['kind']}",
                name=one["name"],
                mode=translate(f"mode.{one['mode']}"),
                reason=translate(f"coverage.reason.{one['reason']}"),
            ),
            markup=False,
        )
    if len(found["unjoined"]) > MOST_UNJOINED:
        notes.print(translate("import.more", count=len(found["unjoined"]) - MOST_UNJOINED), markup=False)
    for one in found["islands"][:MOST_UNJOINED]:
        mode = translate(f"mode.{one['mode']}")
        notes.print(translate(f"figures.island.{one['kind']}", name=one["name"], mode=mode), markup=False)
    if len(found["islands"]) > MOST_UNJOINED:
        notes.print(translate("import.more", count=len(found["islands"]) - MOST_UNJOINED), markup=False)
    if found["types_without_facilities"]:
        titles = ", ".join(getattr(types[code], language) for code in found["types_without_facilities"])
        notes.print(translate("figures.no-facility", types=titles), markup=False)
    print_estimated(found["population_estimated"])
    without = found["communities_without_population"]
    if without:
        notes.print(translate("coverage.without-population", count=without), markup=False)
    if {case["service"] for case in found["cases"]} != set(catalog.services):
        notes.print(translate("coverage.partial"), markup=False)
    if found["communities_unclassified"]:
        notes.print(translate("coverage.unclassified", count=found["communities_unclassified"]), markup=False)
    share = found["covered_population_share"]
    told = "none" if share is None else f"{share:.3f}"
    print_text(f"covered_population_share={told} communities={found['communities']} facilities={found['facilities']}")
