"""What a report of a scenario holds, read once and shown in several forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import shapely
from sqlalchemy import Connection

from geoservice.access.release import Release
from geoservice.catalog import Catalog, CodeEntry, Mode, Text
from geoservice.coverage.circles import circles
from geoservice.coverage.reach import field_of
from geoservice.coverage.scenarios import telling
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.scenarios.state import Fault, State
from geoservice.coverage.scenarios.store import ScenarioRow
from geoservice.database.models import CLASSIFICATIONS
from geoservice.publish.reports import queries
from geoservice.publish.reports.content import Shown, shown
from geoservice.publish.scenarios.lawful import Lawful, read_lawful

# What a community becomes: covered in both, in the second only, in the first only, in neither.
Fate = Literal["kept", "gained", "lost", "left_out"]
FATES: tuple[Fate, ...] = ("kept", "gained", "lost", "left_out")
_TOLERANCE_DEGREES = 2e-4


@dataclass(frozen=True)
class Plan:
    """One scenario with what stands of it now.

    Attributes
    ----------
    stale
        Layers that have changed since its last change.
    """

    row: ScenarioRow
    state: State
    faults: Sequence[Fault]
    stale: Sequence[str]


@dataclass(frozen=True)
class Content:
    """A scenario beside the real data, or beside another one.

    Attributes
    ----------
    plans
        One, or the first and the second of two.
    told
        The difference, as `telling.told`.
    communities
        As `telling.communities_of` for the second state, with ``unit``, ``within_before`` and ``fate``.
    facilities
        Those of the second state, and those that it has closed.
    lawful
        What exclusion rules say of the second state.
    circles
        Of the second state, the widest first.
    """

    plans: Sequence[Plan]
    ground: Ground
    type: CodeEntry
    modes: Mapping[str, Mode]
    told: Mapping[str, Any]
    communities: Sequence[Mapping[str, Any]]
    facilities: Sequence[Mapping[str, Any]]
    lawful: Lawful
    release: Release
    made_at: datetime
    place: str | None
    sources: Sequence[Mapping[str, Any]]
    population_dates: Sequence[date]
    attributions: Sequence[str]
    circles: Sequence[Shown]
    units: Sequence[Shown]
    waters: Sequence[Shown]
    roads: Sequence[Shown]

    @property
    def on(self) -> date:
        """The day whose facilities and communities count."""
        return self.ground.case.on

    @property
    def after(self) -> State:
        """The second state."""
        return self.plans[-1].state

    @property
    def used_modes(self) -> list[Mode]:
        """Modes of the standard, without repeats."""
        return [self.modes[name] for name in dict.fromkeys(limit.mode for limit in self.ground.case.limits)]

    @property
    def title(self) -> Text:
        """The place (or nothing), the facility type and the scenarios."""
        names, place = [plan.row.name for plan in self.plans], self.place or ""
        kind = self.type.title
        return Text(
            zh=f"{place}{kind.zh}选址方案：{'、'.join(names)}",
            en=f"{kind.en}: scenario {' / '.join(names)}{f', {place}' if place else ''}",
        )


def read_content(
    connection: Connection, catalog: Catalog, plans: Sequence[Plan], made_at: datetime, approval: str | None
) -> Content:
    """Everything for the report of one scenario, or of two of one ground; as whoever acts sees it."""
    after = plans[-1].state
    ground, on = after.ground, after.ground.case.on
    before = plans[0].state if len(plans) > 1 else State.begin(ground)
    types = {entry.code: entry for entry in catalog.codes["facility_types"].entries}
    lawful = read_lawful(connection, after)
    return Content(
        plans=plans,
        ground=ground,
        type=types[ground.case.type],
        modes={name: catalog.modes[name] for name in dict.fromkeys(limit.mode for limit in ground.case.limits)},
        told=telling.told(before, after),
        communities=_communities(before, after),
        facilities=[*telling.facilities_of(after), *_closed(after)],
        lawful=lawful,
        release=_release(ground, lawful, approval),
        made_at=made_at,
        place=queries.county(connection, on, public_only=False),
        sources=queries.sources(connection),
        population_dates=queries.population_dates(connection, on, public_only=False),
        attributions=queries.attributions(connection),
        circles=_circles(after),
        units=shown(queries.territories(connection, on, public_only=False)),
        waters=shown(queries.waters(connection, public_only=False)),
        roads=shown(queries.roads(connection, public_only=False)),
    )


def _release(ground: Ground, lawful: Lawful, approval: str | None) -> Release:
    """As the highest of what the figures and the indicators come from, and of what rules looked at."""
    levels = (ground.publication.classification, ground.measured.situation.classification, *lawful.levels)
    schematic = ground.publication.schematic or ground.measured.situation.schematic or lawful.schematic
    return Release(ground.case.on, max(levels, key=CLASSIFICATIONS.index), schematic, approval=approval)


def _communities(before: State, after: State) -> list[dict[str, Any]]:
    was, units = before.situation.within, after.ground.inputs.units
    rows = np.flatnonzero(after.ground.inputs.placed())
    found = []
    for row, one in zip(rows.tolist(), telling.communities_of(after), strict=True):
        unit = units.get(one["unit_id"])
        fate = FATES[int(was[row] == 0) + 2 * int(one["within"] == 0)]
        found.append(one | {"unit": None if unit is None else unit.name, "within_before": int(was[row]), "fate": fate})
    return found


def _closed(state: State) -> list[dict[str, Any]]:
    return [one for one in telling.sites_of(state) if one["status"] == "closed"]


def _circles(state: State) -> list[Shown]:
    """The circle of all facilities together for each limit, the widest first."""
    inputs, found = state.situation.inputs, []
    sites = list(state.situation.sites.values())
    at = np.array([site.lon for site in sites], dtype=float), np.array([site.lat for site in sites], dtype=float)
    for mode, minutes in dict.fromkeys((limit.mode, limit.minutes) for limit in state.ground.case.limits):
        feet, declared = inputs.join(mode, *at), inputs.modes[mode]
        if not feet.joined.any():
            continue
        field = field_of(inputs.graphs[mode], feet, 600 * minutes)
        (drawn,) = circles(field, declared, [600 * minutes], inputs.barriers[declared.barriers])
        thin = shapely.simplify(drawn.geometry, _TOLERANCE_DEGREES, preserve_topology=True)
        found.append(Shown(thin, "", {"mode": mode, "minutes": minutes, "area_km2": drawn.area_km2}))
    return sorted(found, key=lambda one: -one.values["area_km2"])
