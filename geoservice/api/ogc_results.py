"""What came out of a job as the outputs of its process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from geoservice.access.release import Release
from geoservice.api.shapes_runs import CircleProperties, RunShape, UnitFigures
from geoservice.database.actor import acting
from geoservice.errors import NotFound
from geoservice.jobs.board import KEPT_DAYS, JobRow, result
from geoservice.publish.ogc.processes.siting import sites_of
from geoservice.publish.queries import runs as queries
from geoservice.publish.queries.circles import circles
from geoservice.siting.answers import store as answers
from geoservice.siting.answers.background import KIND as SITING
from geoservice.siting.answers.showing import in_words


def outputs_of(connection: Connection, row: JobRow, *, approval: str | None) -> Mapping[str, Any]:
    """Each output of a job that has ended well, as JSON.

    Raises
    ------
    NotFound
        ``ogc.result-gone``; ``api.no-run``, ``siting.no-answer`` where whoever asks may not see it.
    Forbidden
        ``release.not-public``
    """
    if row.run is not None:
        return run_outputs(connection, row.run, approval=approval)
    if row.kind == SITING:
        found = answers.answered(connection, int(row.request["answer"])).answer
        assert found is not None
        return {"answer": in_words(found), "sites": sites_of(found)}
    values = result(connection, row.id)
    if values is None:
        raise NotFound("ogc.result-gone", id=row.id, days=KEPT_DAYS)
    return values


def run_outputs(connection: Connection, run_id: int, *, approval: str | None) -> dict[str, Any]:
    """Figures and circles of a run, as JSON, with what stands on everything that leaves.

    Raises
    ------
    NotFound
        ``api.no-run`` where whoever asks may not see it.
    Forbidden
        ``release.not-public``
    """
    found = queries.run(connection, run_id)
    if found is None:
        raise NotFound("api.no-run", id=run_id)
    release = Release.of_run(found, approval).check(public=not acting.get().reads).as_dict()
    cases = queries.run_cases(connection, run_id)
    run = RunShape(**found).model_dump(mode="json", by_alias=True)
    figures = {"run": run, "release": release, "cases": [_case(connection, found, *one) for one in cases]}
    features = [feature for one in cases for feature in _circles(connection, run_id, *one)]
    return {
        "figures": figures,
        "circles": {"type": "FeatureCollection", "release": release, "features": features},
    }


def _case(connection: Connection, found: dict[str, Any], service: str, type_: str) -> dict[str, Any]:
    rows = queries.run_units(connection, found["id"], service=service, type_=type_, day=found["on_date"])
    told = [(row, UnitFigures(**row).model_dump(mode="json", by_alias=True)) for row in rows]
    return {
        "service": service,
        "type": type_,
        "total": next((figures for row, figures in told if row["is_total"]), None),
        "units": [figures for row, figures in told if not row["is_total"] and not row["is_county"]],
        "counties": [figures for row, figures in told if row["is_county"]],
    }


def _circles(connection: Connection, run_id: int, service: str, type_: str) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "id": one.id,
            "properties": {"service": service, "type": type_}
            | CircleProperties(
                mode=one.mode, minutes=one.minutes, area_km2=one.area_km2, schematic=one.schematic
            ).model_dump(mode="json", by_alias=True),
            "geometry": json.loads(one.geometry),
        }
        for one in circles(connection, run_id, service=service, type_=type_)
    ]
