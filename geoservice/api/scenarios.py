"""What the resources of scenarios share: grounds and states, and scenarios with their figures."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from fastapi import Response
from sqlalchemy import Connection

from geoservice.api.services import Services
from geoservice.api.shapes_scenarios import CaseOrder, LinkOrder
from geoservice.api.versions import version_tag
from geoservice.coverage.inputs import INPUT_LAYERS
from geoservice.coverage.scenarios import telling
from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.ground import Ground, read_ground, read_revisions, read_roads
from geoservice.coverage.scenarios.links import Found, Wish, given_link, links_of, ranked, tried
from geoservice.coverage.scenarios.state import Fault, State, what_stands
from geoservice.coverage.scenarios.store import ScenarioRow
from geoservice.coverage.uncertainty.query import Case, case_of
from geoservice.database.filters import today
from geoservice.database.prepare import changed_layers
from geoservice.errors import BadInput
from geoservice.publish.queries.entries import entries_revision
from geoservice.publish.revisions import etag, layer_revisions
from geoservice.publish.scenarios import Plan


def case_asked(service: Services, given: CaseOrder) -> Case:
    """The case that is meant.

    Raises
    ------
    BadRequest
        ``coverage.unknown-service``, ``coverage.unknown-type``.
    """
    return case_of(service.catalog, given.service, given.type, given.on or today())


def ground_of(service: Services, connection: Connection, case: Case) -> tuple[Hashable, Ground]:
    """The ground of a case as it is now, with its tag: kept for all who see the same records."""
    held = sorted((name, state) for name, state in layer_revisions(connection).items() if name in INPUT_LAYERS)
    entries = entries_revision(connection, public_only=False)
    tag = etag("scenario ground", held, entries, case.service.id, case.type, case.on, service.declared)

    def read() -> Ground:
        return read_ground(connection, service.catalog, service.settings, service.database.name, case)

    return tag, service.situations.ground(tag, read)


def state_of(service: Services, connection: Connection, case: Case, changes: Sequence[Change]) -> State:
    """The state after some changes.

    Raises
    ------
    BadInput
        As `State.after`.
    """
    tag, ground = ground_of(service, connection, case)
    read_roads(connection, ground, changes)
    return service.situations.standing(tag, ground, changes)


def standing(service: Services, connection: Connection, row: ScenarioRow) -> tuple[State, list[Fault]]:
    """The state of a kept scenario, and what of it can no longer be made."""
    tag, ground = ground_of(service, connection, row.case(service.catalog))
    read_roads(connection, ground, row.changes)
    try:
        return service.situations.standing(tag, ground, row.changes), []
    except BadInput:
        return what_stands(State.begin(ground), row.changes)


def road_classes(service: Services, ground: Ground) -> list[dict[str, Any]]:
    """Classes that a road may be added in."""
    known = ground.modes_of_class
    entries = [entry for entry in service.catalog.codes["road_classes"].entries if entry.code in known]
    return [{"code": one.code, "title": one.title.model_dump(), "modes": known[one.code]} for one in entries]


def links_told(state: State, given: LinkOrder) -> dict[str, Any]:
    """Links as they are asked for, the best first."""
    wish = Wish(given.road_class, given.longest_m, given.detour, given.most, given.bridges)
    if given.links:
        found = Found(state.ground.case.limits[1].mode, 0, tuple(given_link(state, one, wish) for one in given.links))
    else:
        found = links_of(state, wish)
    listed = ranked([tried(state, one, wish) for one in found.links]) if given.exact else found.links
    return {
        "mode": found.mode,
        "pairs": None if given.links else found.pairs,
        "items": [one.as_dict() for one in listed],
    }


def trial(state: State) -> dict[str, Any]:
    """What a state comes to against the real data."""
    return telling.told(State.begin(state.ground), state) | {"case": telling.case_told(state.ground)}


def line(service: Services, row: ScenarioRow, stale: list[str]) -> dict[str, Any]:
    """What a list and a whole scenario tell alike."""
    told = {
        name: getattr(row, name)
        for name in ("id", "name", "owner", "shared", "service", "type", "created_at", "changed_at", "version")
    }
    return told | {"on": row.on_date, "mine": row.owner == service.actor.name, "stale": stale}


def stale(connection: Connection, row: ScenarioRow) -> list[str]:
    """Layers that have changed since the last change of a scenario."""
    return changed_layers({"input_revisions": row.base}, read_revisions(connection), public=False)


def whole(service: Services, connection: Connection, row: ScenarioRow) -> tuple[dict[str, Any], State]:
    """A scenario with its figures."""
    state, faults = standing(service, connection, row)
    told = line(service, row, stale(connection, row))
    told |= {"changes": [one.as_dict() for one in row.changes], "faults": [one.as_dict() for one in faults]}
    return told | {"trial": trial(state)}, state


def plan_of(service: Services, connection: Connection, row: ScenarioRow) -> Plan:
    """A scenario for its report."""
    state, faults = standing(service, connection, row)
    return Plan(row, state, faults, stale(connection, row))


def private(response: Response, row: ScenarioRow | None = None) -> None:
    """Kept by nobody on the way; with the version of a scenario as ETag."""
    response.headers["Cache-Control"] = "no-store"
    if row is not None:
        response.headers["ETag"] = version_tag(row.version)
