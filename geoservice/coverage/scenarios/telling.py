"""What a scenario changes, as plain values: totals before and after, and communities by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from geoservice.coverage.figures import Coverage, Figures
from geoservice.coverage.figures.losses import losses_within
from geoservice.coverage.figures.places import Places, shared_out
from geoservice.coverage.pairs import Pairs
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.scenarios.indicators import indicators_of
from geoservice.coverage.scenarios.state import State
from geoservice.coverage.whatif import Site
from geoservice.language import translate
from geoservice.network.arrays import Bools, Int64s

MOST_NAMED = 5000


def case_told(ground: Ground) -> dict[str, Any]:
    """Standard, type and day, and what the figures rest on."""
    return ground.case.as_dict() | {
        "revisions": dict(ground.revisions),
        "population_estimated": ground.inputs.estimated.as_dict(),
        "classification": ground.publication.classification,
        "schematic": ground.publication.schematic,
        "notice": translate("notice.schematic") if ground.publication.schematic else None,
    }


def told(before: State, after: State) -> dict[str, Any]:
    """Totals of both, and who gains or loses cover or its backup; two states of one ground.

    Returns
    -------
    ``total``, ``units`` and ``counties`` with the figures ``before`` and ``after``; ``gained`` and ``lost`` communities;
    ``single``: those that had two facilities or more and keep one; ``places`` where the type has a rule of places;
    ``sites``: the facilities that the second state has changed; ``indicators`` of the plan;
    ``roads`` that it closes or adds.
    """
    ground = after.ground
    one, two = before.situation.coverage, after.situation.coverage
    was, is_ = before.situation.within, after.situation.within
    return {
        "total": _pair(one.total, two.total),
        "units": _rows(ground, one, two, counties=False),
        "counties": _rows(ground, one, two, counties=True),
        "gained": _communities(after, (was == 0) & (is_ > 0)),
        "lost": _communities(after, (was > 0) & (is_ == 0)),
        "single": _communities(after, (was > 1) & (is_ == 1)),
        "backed_up": _communities(after, (was <= 1) & (is_ > 1)),
        "places": places_told(before, after),
        "sites": sites_of(after),
        "indicators": indicators_of(before, after),
        "roads": [road.as_dict() for road in after.roads],
        "touched": None if after.touched is None else _reference(after, after.touched),
    }


def gained(before: State, after: State) -> dict[str, Any]:
    """Communities that the second state covers and the first does not, by name."""
    return _communities(after, (before.situation.within == 0) & (after.situation.within > 0))


def communities_of(state: State) -> list[dict[str, Any]]:
    """Every community that has a place, with how many facilities serve it."""
    items: list[dict[str, Any]] = _communities(state, state.ground.inputs.placed(), most=None)["items"]
    return items


def facilities_of(state: State) -> list[dict[str, Any]]:
    """Every facility with whom it serves, who loses cover if it closes, and who keeps a single one."""
    numbers = sorted(state.situation.sites)
    costs = losses_within(_compact(state, numbers), len(numbers), state.ground.inputs.communities)
    sites = [state.situation.sites[number] for number in numbers]
    inside = state.ground.inside(np.array([site.lon for site in sites]), np.array([site.lat for site in sites]))
    return [
        _site(state, number, _status(state, number)) | {"inside": bool(own)} | cost
        for number, own, cost in zip(numbers, inside, costs, strict=True)
    ]


def sites_of(state: State) -> list[dict[str, Any]]:
    """The facilities that a scenario has changed: added, moved, given other places or dates, opened, closed."""
    return [_site(state, number, _status(state, number)) for number in sorted(state.altered)]


def idle_of(state: State) -> list[dict[str, Any]]:
    """The facilities of the type that are not open on the day, and no change is about."""
    return [_site(state, number, "idle") for number in sorted(set(state.parked) - state.altered)]


def places_told(before: State, after: State) -> dict[str, Any] | None:
    """Places against people before and after; None where the type has no rule of places or nobody tells any."""
    found = [places_in(state) for state in (before, after)]
    if found[0] is None and found[1] is None:
        return None
    first, second = (None if one is None else one.as_dict() for one in found)
    return {"before": first, "after": second}


def places_in(state: State) -> Places | None:
    """Places shared out to the people within the limit."""
    rule, numbers = state.ground.rule, sorted(state.situation.sites)
    if rule is None:
        return None
    capacity = np.array([state.places.get(number, -1) for number in numbers], dtype=np.int64)
    return shared_out(state.ground.inputs.communities, capacity, _compact(state, numbers), rule)


def _compact(state: State, numbers: list[int]) -> Pairs:
    """The pairs with facilities by their place in a sorted list."""
    pairs = state.situation.pairs
    known = np.array(numbers, dtype=np.int64)
    return Pairs(pairs.place, np.searchsorted(known, pairs.facility).astype(np.int32), pairs.time_ds)


def _pair(before: Figures, after: Figures) -> dict[str, Any]:
    return {"before": asdict(before), "after": asdict(after)}


def _rows(ground: Ground, before: Coverage, after: Coverage, *, counties: bool) -> list[dict[str, Any]]:
    """By unit or by county; one that is in either is in both."""
    one: Mapping[Any, Figures] = before.counties if counties else before.units
    two: Mapping[Any, Figures] = after.counties if counties else after.units
    units = ground.inputs.units
    return [
        {"unit_id": unit, "name": units[unit].name if unit in units else None}
        | _pair(one.get(unit, Figures()), two.get(unit, Figures()))
        for unit in dict.fromkeys([*one, *two])
    ]


def _communities(state: State, chosen: Bools, most: int | None = MOST_NAMED) -> dict[str, Any]:
    """Communities by name, with the nearest facility of the state where it is within the limit."""
    communities, rows = state.ground.inputs.communities, np.flatnonzero(chosen)
    time, number = state.situation.nearest()
    held = state.situation.within
    items = [
        {
            "id": int(communities.id[row]),
            "name": str(communities.name[row]),
            "unit_id": _known(communities.unit_id, row),
            "lon": _degrees(communities.lon[row]),
            "lat": _degrees(communities.lat[row]),
            "population": _known(communities.population, row),
            "population_60": _known(communities.population_60, row),
            "within": int(held[row]),
            "time_s": None if time[row] < 0 else int(time[row]) / 10,
            "nearest": None if number[row] < 0 else _reference(state, int(number[row])),
        }
        for row in rows[:most]
    ]
    people = np.maximum(communities.population, 0)
    return {"count": int(rows.size), "population": int(people[rows].sum()), "items": items}


def _reference(state: State, number: int) -> dict[str, Any]:
    return {"facility": state.facility_of(number), "site": state.site_of(number), "name": state.name_of(number)}


def _status(state: State, number: int) -> str:
    if number not in state.situation.sites:
        return "closed"
    if number not in state.altered:
        return "open"
    if state.site_of(number) is not None:
        return "added"
    if number >= state.ground.row.size:
        return "opened"
    if number in state.moved:
        return "moved"
    return "resized" if number in state.resized else "dated"


def _site(state: State, number: int, status: str) -> dict[str, Any]:
    """A facility where it stands; a closed one where it stood in the real data, one that was added nowhere."""
    is_open = number in state.situation.sites
    site = state.situation.sites.get(number) or state.ground.begin.sites.get(number) or _idle(state, number)
    opened, closed = state.dates_of(number)
    return _reference(state, number) | {
        "status": status,
        "lon": None if site is None else site.lon,
        "lat": None if site is None else site.lat,
        "unit_id": None if site is None or site.unit < 0 else site.unit,
        "places": state.places.get(number) if is_open else None,
        "opened_on": None if opened is None else opened.isoformat(),
        "closed_on": None if closed is None else closed.isoformat(),
        "reasons": {} if site is None else dict(site.reasons),
    }


def _idle(state: State, number: int) -> Site | None:
    """Where a facility of the real data stands that is not open on the day."""
    return state.ground.register[number].site if number < len(state.ground.register) else None


def _known(column: Int64s, row: int) -> int | None:
    return int(column[row]) if column[row] >= 0 else None


def _degrees(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
