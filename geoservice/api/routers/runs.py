"""Coverage runs and their results; a run never changes, so its answers are kept by their ETag."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field, TypeAdapter
from sqlalchemy import Connection

from geoservice.access.release import Release
from geoservice.access.roles import Permission
from geoservice.api.conditional import Conditional
from geoservice.api.parameters import Code, Paged, Parameters, PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import PageOf, Shape
from geoservice.api.shapes_runs import (
    AreaFigures,
    CircleProperties,
    ClosingCost,
    Filling,
    RunCapacity,
    RunCommunities,
    RunInequality,
    RunLosses,
    RunShape,
    RunUnits,
    UnitFigures,
    WorstOff,
)
from geoservice.coverage.figures.areas import LARGEST_BYTES, parse_area, too_large
from geoservice.errors import BadRequest, NotFound
from geoservice.publish.queries import runs as queries
from geoservice.publish.queries.areas import area_figures
from geoservice.publish.queries.circles import Circle, circles
from geoservice.publish.revisions import etag, layer_revision

router = APIRouter(prefix="/api/runs", tags=["coverage runs"], dependencies=[needs(Permission.PUBLIC)])

CAP = 1000


class Choice(Parameters):
    """One service standard and one facility type."""

    service: Code = Field(description="Id of the service standard")
    type: Code = Field(description="Code of the facility type")


_COMMUNITIES = TypeAdapter(RunCommunities)
_AREA = {
    "requestBody": {
        "required": True,
        "content": {"application/geo+json": {"schema": {"type": "object", "description": "Polygon or MultiPolygon"}}},
    }
}


class Listed(Paged):
    """Which runs."""

    service: Code | None = Field(None, description="Only runs that hold this service standard")
    type: Code | None = Field(None, description="Only runs that hold this facility type")


@router.get("")
def runs(service: Service, given: Annotated[Listed, Query()]) -> PageOf[RunShape]:
    """Runs, the newest first."""
    with service.read() as connection:
        found = queries.runs(
            connection, limit=given.capped(CAP), after=given.after, service=given.service, type_=given.type
        )
    return PageOf(items=[RunShape(**item) for item in found.items], next=found.next)


@router.get("/{run_id}", response_model=RunShape, dependencies=[Depends(no_query)])
def run(service: Service, run_id: PathId, condition: Conditional) -> Response:
    """One run."""
    with service.read() as connection:
        found = _run(connection, run_id)
    return condition.answer(_tag(found, "run"), lambda: _json(RunShape(**found)))


@router.get("/{run_id}/units", response_model=RunUnits)
def run_units(service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional) -> Response:
    """Figures of each unit and of all together, with the names of the units in force on the run's date."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)

        def body() -> Response:
            rows = queries.run_units(connection, run_id, service=given.service, type_=given.type, day=found["on_date"])
            total = [row for row in rows if row["is_total"]]
            units = [UnitFigures(**row) for row in rows if not row["is_total"] and not row["is_county"]]
            counties = [UnitFigures(**row) for row in rows if row["is_county"]]
            return _json(RunUnits(total=UnitFigures(**total[0]) if total else None, items=units, counties=counties))

        # Names may be corrected after the run.
        return condition.answer(_tag(found, "units", given, layer_revision(connection, "units")), body)


@router.get("/{run_id}/communities", response_model=RunCommunities)
def run_communities(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """The result of every community, by id."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)

        def body() -> Response:
            rows = queries.run_communities(connection, run_id, service=given.service, type_=given.type)
            truncated = len(rows) >= queries.MOST_COMMUNITIES
            answer = _COMMUNITIES.validate_python({"items": rows, "truncated": truncated})
            return Response(_COMMUNITIES.dump_json(answer, by_alias=True), media_type="application/json")

        # Name and point come from the community as it is now.
        return condition.answer(_tag(found, "communities", given, layer_revision(connection, "communities")), body)


@router.get("/{run_id}/losses", response_model=RunLosses)
def run_losses(service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional) -> Response:
    """What the closing of each facility costs, for every facility at once."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)

        def body() -> Response:
            _computed(connection, run_id, given)
            rows = queries.run_facilities(connection, run_id, service=given.service, type_=given.type)
            whole = queries.run_case(connection, run_id, service=given.service, type_=given.type)
            off = whole.get("facilities_off_main", {})
            items = [ClosingCost(**row, off_main=off.get(str(row["facility_id"]), {})) for row in rows]
            return _json(RunLosses(items=items, truncated=len(rows) >= queries.MOST_COMMUNITIES))

        # Names come from the facility as it is now.
        return condition.answer(_tag(found, "losses", given, layer_revision(connection, "facilities")), body)


@router.get("/{run_id}/capacity", response_model=RunCapacity)
def run_capacity(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """Places against the people within the limit: short at best, and how full each facility gets nearest first."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)

        def body() -> Response:
            _computed(connection, run_id, given)
            whole = queries.run_case(connection, run_id, service=given.service, type_=given.type)
            rows = queries.run_facilities(connection, run_id, service=given.service, type_=given.type)
            limits = found["parameters"].get("services", {}).get(given.service, {}).get("limits", {})
            return _json(
                RunCapacity(
                    limits_s={kind: 60 * limit["minutes"] for kind, limit in limits.items()},
                    places=whole.get("places"),
                    items=[_filling(row) for row in rows] if whole.get("places") else [],
                )
            )

        return condition.answer(_tag(found, "capacity", given, layer_revision(connection, "facilities")), body)


@router.get("/{run_id}/inequality", response_model=RunInequality)
def run_inequality(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """Gini coefficients of reach time and of places, and the ten communities that are worst off."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)

        def body() -> Response:
            _computed(connection, run_id, given)
            whole = queries.run_case(connection, run_id, service=given.service, type_=given.type)
            if not whole:
                raise NotFound("figures.not-told", run=run_id)
            named = queries.named_communities(connection, [one["community_id"] for one in whole["worst"]])
            ginis = ("gini_two_step", "gini_balanced", "gini_shared")
            return _json(
                RunInequality(
                    **{name: whole[name] for name in ("gini_time", "people_with_time", "people_without_time")},
                    **{name: (whole["places"] or {}).get(name) for name in ginis},
                    worst=[
                        _worst_off(one, *named[one["community_id"]])
                        for one in whole["worst"]
                        if one["community_id"] in named
                    ],
                )
            )

        return condition.answer(_tag(found, "inequality", given, layer_revision(connection, "communities")), body)


async def _body(request: Request) -> bytes:
    """The body, read no further than is allowed."""
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > LARGEST_BYTES:
            raise too_large(len(content))
    return bytes(content)


@router.post("/{run_id}/polygon", response_model=AreaFigures, openapi_extra=_AREA)
def run_polygon(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], content: Annotated[bytes, Depends(_body)]
) -> AreaFigures:
    """Figures of a drawn area: people and communities whose point lies inside, by the times of the run."""
    area = parse_area(content)
    with service.read() as connection:
        found = _case(service, connection, run_id, given)
        _computed(connection, run_id, given)
        return AreaFigures(**area_figures(connection, found, area, service=given.service, type_=given.type))


def _filling(row: dict[str, Any]) -> Filling:
    known = row["capacity"] is not None
    return Filling(
        **{name: row[name] for name in ("facility_id", "name", "unit_id", "lon", "lat", "capacity", "taken_milli")},
        full=known and row["capacity"] > 0 and row["taken_milli"] == 1000 * row["capacity"],
        effective_s=None if row["effective_ds"] is None else row["effective_ds"] / 10,
    )


def _worst_off(one: dict[str, Any], name: str, unit_id: int | None) -> WorstOff:
    time_s = None if one["time_ds"] is None else one["time_ds"] / 10
    kept = {key: one[key] for key in ("community_id", "reason", "population")}
    return WorstOff(**kept, name=name, unit_id=unit_id, time_s=time_s)


@router.get("/{run_id}/circles", responses={200: {"content": {"application/geo+json": {}}}})
def run_circles(
    service: Service, run_id: PathId, given: Annotated[Choice, Query()], condition: Conditional
) -> Response:
    """Service circles as a GeoJSON FeatureCollection, the widest first: pictures, no figure comes from them."""
    with service.read() as connection:
        found = _case(service, connection, run_id, given)
        release = Release.of_run(found, service.approval).check(public=service.actor.is_public)

        def body() -> Response:
            features = circles(connection, run_id, service=given.service, type_=given.type)
            text = ",".join(map(_feature, features))
            told = json.dumps(release.as_dict())
            whole = f'{{"type":"FeatureCollection","release":{told},"features":[{text}]}}'
            return Response(whole, media_type="application/geo+json")

        return condition.answer(_tag(found, "circles", given, service.approval), body)


def _feature(circle: Circle) -> str:
    properties = CircleProperties(
        mode=circle.mode, minutes=circle.minutes, area_km2=circle.area_km2, schematic=circle.schematic
    ).model_dump_json()
    return f'{{"type":"Feature","id":{circle.id},"properties":{properties},"geometry":{circle.geometry}}}'


def _run(connection: Connection, run_id: int) -> dict[str, Any]:
    found = queries.run(connection, run_id)
    if found is None:
        raise NotFound("api.no-run", id=run_id)
    return found


def _case(service: Services, connection: Connection, run_id: int, given: Choice) -> dict[str, Any]:
    """The run, if the names of the choice are known; 400 otherwise."""
    found = _run(connection, run_id)
    told = found["parameters"].get("services", {})
    types = {entry.code for entry in service.catalog.codes["facility_types"].entries}
    for value, known, code in (
        (given.service, {*service.catalog.services, *told}, "coverage.unknown-service"),
        (given.type, types.union(*(one["types"] for one in told.values())), "coverage.unknown-type"),
    ):
        if value not in known:
            raise BadRequest(code, value=value, known=", ".join(sorted(known)))
    return found


def _computed(connection: Connection, run_id: int, given: Choice) -> None:
    """404 where the run holds nothing of a case, with what it holds."""
    cases = queries.run_cases(connection, run_id)
    if (given.service, given.type) not in cases:
        listed = ", ".join(f"{one}/{other}" for one, other in cases)
        raise NotFound("figures.no-case", run=run_id, service=given.service, type=given.type, cases=listed)


def _tag(found: dict[str, Any], what: str, *parts: object) -> str:
    return etag(what, found["id"], found["finished_at"], found["stale"], *parts)


def _json(shape: Shape) -> Response:
    return Response(shape.model_dump_json(by_alias=True), media_type="application/json")
