"""An answer about the county by name: sites, who is newly covered, and whom no candidate reaches.

What the chosen sites change is told by the what-if of coverage, which shares no code with the solver.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from geoservice.coverage.scenarios import telling
from geoservice.coverage.scenarios.changes import LONGEST_NAME, Change
from geoservice.coverage.scenarios.state import State
from geoservice.language import translate
from geoservice.siting.answer import Answer
from geoservice.siting.county.asking import County
from geoservice.siting.county.plots import outside_shares
from geoservice.siting.county.ruled import area_of, hints_of, ruled_told
from geoservice.siting.phased import Order, Phase
from geoservice.siting.problem import Model
from geoservice.siting.told import as_told, in_units, phases_told

KIND, EDITION = "geoservice siting answer of a county", 1
_NUMBERED = (
    "points",
    "candidates",
    "p",
    "sites",
    "closed",
    "site_names",
    "unreachable",
    "unreachable_names",
    "covered_share",
)


def county_told(
    county: County, answer: Answer, phases: Sequence[Phase] = (), order: Order = Order.FIRST
) -> dict[str, Any]:
    """Fit for JSON; times in seconds, positions in degrees, EPSG:4490.

    Returns
    -------
    ``unreachable`` first: communities with people whom no candidate and no existing facility serves within the limit;
    ``sites``: the new ones; ``closed``: existing ones that the plan gives up; ``people_covered`` ``before`` and ``after`` of the group that counts, ``townships`` where
    that changes, ``gained`` communities, those newly ``backed_up`` by a second facility, ``changes`` for a scenario, ``value_by_what_if`` (None for models without
    such a figure).
    """
    known = answer.value is not None
    new = new_of(county, answer.sites)
    closed = closed_of(county, answer.sites) if known else []
    begin = State.begin(county.ground)
    state = begin
    changes = changes_for(county, answer.sites) if known else []
    for change in changes:
        state = state.after(change)
    plain = {name: one for name, one in as_told(county.problem, answer).items() if name not in _NUMBERED}
    publication = county.ground.publication
    return (
        {
            "kind": KIND,
            "edition": EDITION,
            "unreachable": [_left(county, row) for row in _unreachable(county, answer)],
            "sites": [_site(county, site) for site in new],
            "closed": [_closed(county, site) for site in closed],
        }
        | county.question.as_dict()
        | {
            "group": county.column,
            "points": county.problem.points,
            "candidates": len(county.candidates),
            "candidates_left_out": [name for name, _, _ in county.candidates.left_out],
            "outside": [{"name": name, "lon": lon, "lat": lat} for name, lon, lat in county.candidates.left_out],
            "existing": county.existing,
        }
        | ruled_told(county)
        | plain
        | {
            "value_by_what_if": value_of(county, state),
            "order": order.value if phases else None,
            "phases": _phases(county, phases),
            **_gains(county, begin, state),
            "changes": [change.as_dict() for change in changes],
            "input_revisions": county.revisions,
            "classification": publication.classification,
            "published": publication.published,
            "schematic": publication.schematic,
            "notice": translate("notice.schematic") if publication.schematic else None,
        }
    )


def value_of(county: County, state: State) -> float | int | None:
    """The value of a model by the figures of a scenario, None for models that need times beyond the limit."""
    weight, within = county.weight, state.situation.within
    match county.question.model:
        case Model.MCLP:
            return in_units(county.problem, int(weight[within >= 1].sum()))
        case Model.BACKUP:
            return in_units(county.problem, int(weight[within >= 1].sum() + weight[within >= 2].sum()))
        case Model.CAPACITY:
            found = telling.places_in(state)
            return in_units(county.problem, 0 if found is None else int(found.allocation.best))
        case Model.LSCP if county.problem.cost is None:
            closed = sum(site in state.parked for site in range(county.existing))
            return int(county.problem.old.sum()) - closed + len(state.added)
        case _:
            return None


def _gains(county: County, begin: State, state: State) -> dict[str, Any]:
    change = telling.told(begin, state)
    covered = f"{county.column}_covered"
    figures = change["total"]
    return {
        "people": figures["after"][county.column],
        "people_covered": {when: figures[when][covered] for when in ("before", "after")},
        "townships": [
            {"unit_id": row["unit_id"], "name": row["name"], "people": row["after"][county.column]}
            | {when: row[when][covered] for when in ("before", "after")}
            | {"communities_gained": row["after"]["communities_covered"] - row["before"]["communities_covered"]}
            for row in change["units"]
            if row["after"]["communities_covered"] != row["before"]["communities_covered"]
        ],
        "gained": change["gained"],
        "lost": change["lost"],
        "backed_up": change["backed_up"],
    }


def new_of(county: County, sites: Sequence[int]) -> list[int]:
    """Of the sites of an answer those that are new."""
    return [site for site in sites if site >= county.existing]


def closed_of(county: County, sites: Sequence[int]) -> list[int]:
    """Existing facilities that an answer gives up."""
    gone = county.problem.old.copy()
    gone[list(sites)] = False
    found: list[int] = np.flatnonzero(gone).tolist()
    return found


def changes_for(county: County, sites: Sequence[int]) -> list[Change]:
    """The changes of a scenario that does what an answer says: closes first, then builds."""
    closes = [Change("close", facility=county.ground.register[site].id) for site in closed_of(county, sites)]
    return closes + [_built(county, site) for site in new_of(county, sites)]


def _built(county: County, site: int) -> Change:
    number = site - county.existing
    candidates, name = county.candidates, county.candidates.name[number]
    places = None
    if county.problem.capacity is not None:
        places = int(county.problem.capacity[site]) // county.problem.scale
    return Change(
        "add",
        lon=float(candidates.lon[number]),
        lat=float(candidates.lat[number]),
        places=places,
        name=name.strip()[:LONGEST_NAME].strip() or None,
    )


def _closed(county: County, site: int) -> dict[str, Any]:
    """An existing facility that is given up, with its township."""
    facilities, row = county.ground.inputs.facilities, county.ground.row[site]
    lon, lat = float(facilities.lon[row]), float(facilities.lat[row])
    unit = county.ground.township_at(lon, lat)
    return {"id": county.ground.register[site].id, "name": str(facilities.name[row]), "lon": lon, "lat": lat} | _unit(
        county, unit
    )


def _site(county: County, site: int) -> dict[str, Any]:
    """A new site with the community that it stands in, or that is the nearest to it."""
    number, candidates, communities = site - county.existing, county.candidates, county.ground.inputs.communities
    lon, lat = candidates.lon[number], candidates.lat[number]
    row = int(candidates.community[number])
    unit = int(county.ground.townships.of(np.array([-1]), np.array([lon]), np.array([lat]))[0])
    if row < 0:
        row = _nearest(county, site)
    elif communities.unit_id[row] >= 0:
        unit = int(communities.unit_id[row])
    return {
        "name": candidates.name[number],
        "lon": float(lon),
        "lat": float(lat),
        "community_id": None if row < 0 else int(communities.id[row]),
        "community": None if row < 0 else str(communities.name[row]),
        **_unit(county, unit),
        "area_m2": area_of(county, site),
        "outside_share": _outside(county, number),
        "hints": hints_of(county, site),
    }


def _outside(county: County, number: int) -> float:
    """Share of a plot that lies outside the county."""
    alone = county.candidates.only(np.arange(len(county.candidates)) == number)
    return round(float(outside_shares(county.ground, alone)[0]), 4)


def _nearest(county: County, site: int) -> int:
    """Row of the community that is the nearest to a site of those with people that it reaches, -1 where it reaches none."""
    times = county.problem.times
    pairs = np.flatnonzero(times.site == site)
    if not pairs.size:
        return -1
    return int(county.points[times.point()[pairs[np.argmin(times.time[pairs])]]])


def _unreachable(county: County, answer: Answer) -> list[int]:
    rows: list[int] = np.union1d(county.points[list(answer.unreachable)], county.islands).tolist()
    return rows


def _left(county: County, row: int) -> dict[str, Any]:
    communities, inputs = county.ground.inputs.communities, county.ground.inputs
    urban, rural = county.question.case.limits
    reason = "no_place"
    if inputs.placed()[row]:
        place = int(np.count_nonzero(inputs.placed()[:row]))
        mode = (urban if communities.urban[row] else rural).mode
        apart = "island" if row in county.islands else "no_candidate"
        reason = inputs.demand(mode).reason(place) or apart
    return {
        "id": int(communities.id[row]),
        "name": str(communities.name[row]),
        **_unit(county, int(communities.unit_id[row])),
        "people": int(county.people[row]),
        "reason": reason,
    }


def _unit(county: County, unit: int) -> dict[str, Any]:
    units = county.ground.inputs.units
    return {"unit_id": unit if unit >= 0 else None, "township": units[unit].name if unit in units else None}


def _phases(county: County, phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """Years with the names of their new sites, and what each opens and gives up; `moved`: of that, what is not closed for nothing."""
    names = county.problem.site_names
    return [
        told
        | {
            "sites": [names[site - 1] for site in told["sites"] if site > county.existing],
            "opens": [_opened(county, site) for site in phase.opens],
            "closes": [_closed(county, site) for site in phase.closes],
            "moved": max(0, len(phase.closes) - county.question.existing.close),
        }
        for told, phase in zip(phases_told(county.problem, phases), phases, strict=True)
    ]


def _opened(county: County, site: int) -> dict[str, Any]:
    candidates, number = county.candidates, site - county.existing
    lon, lat = float(candidates.lon[number]), float(candidates.lat[number])
    return {"name": candidates.name[number], "lon": lon, "lat": lat}
