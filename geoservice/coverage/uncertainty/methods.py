"""Network, area and straight line side by side, and where the method decides, not the facility.

- Network: the reach time is within the limit. Ours.
- Line: a facility lies within speed x minutes as the crow flies: the buffer of guide books (15 minutes on foot: 900 m).
- Area: the township's share of built-up land inside the service circle stands for each of its communities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.catalog import Limit, Mode
from geoservice.coverage.inputs import Publication
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.uncertainty.areas import Lands, read_lands
from geoservice.coverage.uncertainty.declared import MethodSettings, load_uncertainty
from geoservice.coverage.uncertainty.drawn import Drawn, Origin, circle_of
from geoservice.coverage.uncertainty.lines import nearest_by_line
from geoservice.coverage.uncertainty.query import Case, Ground, limits_ds, members_of, plain_times, read_inputs
from geoservice.coverage.uncertainty.rows import by_unit, community_row, joined, people, seconds, unit_rows
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s

DISAGREEMENTS = ("line_only", "network_only", "area_only", "area_lacks")


@dataclass(frozen=True)
class MethodCoverage:
    """Three answers for each community, in the order of `inputs.communities`.

    Attributes
    ----------
    time_ds, reason
        Reach time, -1 where there is none, and then why.
    line_m, radius_m
        Straight line to the nearest facility (infinite where there is no place), and the buffer's radius.
    area_share
        Of the township's land inside the circle of the community's class; NaN where its territory is not known, or
        there is no circle.
    circles
        Where the circle for urban and that for rural communities come from; None where there is none.
    """

    case: Case
    settings: MethodSettings
    inputs: Prepared
    publication: Publication
    lands: Lands
    limit_ds: Int32s
    time_ds: Int32s
    reason: NDArray[np.object_]
    line_m: Floats
    radius_m: Floats
    area_share: Floats
    circles: tuple[Origin | None, ...]

    @property
    def network(self) -> Bools:
        """Covered by reach time."""
        found: Bools = (self.time_ds >= 0) & (self.time_ds <= self.limit_ds)
        return found

    @property
    def line(self) -> Bools:
        """Covered by the buffer."""
        found: Bools = self.line_m <= self.radius_m
        return found

    @property
    def area(self) -> Bools:
        """Covered by area; not where the share is unknown."""
        found: Bools = self.area_share >= self.settings.areal_share
        return found

    @property
    def disagreement(self) -> NDArray[np.object_]:
        """One of `DISAGREEMENTS` or None: the line's against the network first, then the area's."""
        network, line, area, told = self.network, self.line, self.area, np.isfinite(self.area_share)
        found = np.full(network.size, None, dtype=object)
        found[told & area & ~network] = "area_only"
        found[told & ~area & network] = "area_lacks"
        found[line & ~network] = "line_only"
        found[network & ~line] = "network_only"
        return found

    @property
    def population_area(self) -> Int64s:
        """People of each community times the share of the land, a half upwards."""
        share = np.where(np.isfinite(self.area_share), self.area_share, 0.0)
        found: Int64s = np.floor(people(self.inputs) * share + 0.5).astype(np.int64)
        return found

    def as_dict(self) -> dict[str, Any]:
        """Assumptions, sums by unit and every community as plain values."""
        total, units = self._sums()
        return {
            **self.case.as_dict(),
            "assumptions": self.settings.model_dump(),
            "radius_m": {
                name: radius_m(self.inputs.modes[limit.mode], limit)
                for name, limit in zip(("urban", "rural"), self.case.limits, strict=True)
            },
            "circles": dict(zip(("urban", "rural"), self.circles, strict=True)),
            "schematic": self.publication.schematic,
            "population_estimated": self.inputs.estimated.as_dict(),
            "facilities": int((self.inputs.facilities.type == self.case.type).sum()),
            "total": total,
            "by_unit": units,
            "communities": self._communities(),
        }

    def _sums(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        found, told = self.disagreement, np.isfinite(self.area_share)
        masks = {
            "network": self.network,
            "line": self.line,
            "area": self.area,
            "line_only": self.line & ~self.network,
            "network_only": self.network & ~self.line,
            "area_only": told & self.area & ~self.network,
            "area_lacks": told & ~self.area & self.network,
            "method_decides": np.array([one is not None for one in found], dtype=bool),
            "area_unknown": ~told,
        }
        total, units = unit_rows(self.inputs, self.case.type, joined(self.reason), masks)
        shares = by_unit(self.inputs, [self.population_area])
        total["population_by_area"] = int(self.population_area.sum())
        for row in units:
            row["population_by_area"] = int(shares.get(row["unit_id"], np.zeros(1, dtype=np.int64))[0])
        return total, units

    def _communities(self) -> list[dict[str, Any]]:
        network, line, area, found = self.network, self.line, self.area, self.disagreement
        rows = []
        for i in range(len(network)):
            told = np.isfinite(self.area_share[i])
            land = self.lands.units.get(int(self.inputs.communities.unit_id[i]))
            rows.append(
                community_row(self.inputs, i)
                | {
                    "limit_s": seconds(self.limit_ds[i]),
                    "time_s": seconds(self.time_ds[i]),
                    "reason": self.reason[i],
                    "network": bool(network[i]),
                    "line_m": round(float(self.line_m[i]), 1) if np.isfinite(self.line_m[i]) else None,
                    "line": bool(line[i]),
                    "area_share": round(float(self.area_share[i]), 4) if told else None,
                    "area_of": land.kind if told and land else None,
                    "area": bool(area[i]) if told else None,
                    "disagreement": found[i],
                }
            )
        return rows


def radius_m(mode: Mode, limit: Limit) -> float:
    """How far the speed of a mode goes in the minutes of a limit.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> catalog = load_catalog()
    >>> radius_m(catalog.modes["walk"], catalog.headline.limits.urban)
    900.0
    """
    return round(mode.speed_kmh * 1000 / 60 * limit.minutes, 3)


def method_coverage(ground: Ground, case: Case, *, draw: bool = True) -> MethodCoverage:
    """Coverage of a case by three methods.

    Parameters
    ----------
    draw
        Whether to draw circles that no run has; without, nothing is said by area where there is none.

    Raises
    ------
    BadInput
        If there are no roads, no communities with a place, no people, or no facility of the type.
    """
    inputs, publication = read_inputs(ground, case, case.limits)
    communities, facilities = inputs.communities, inputs.facilities
    mine = facilities.type == case.type
    line, _ = nearest_by_line(communities.lon, communities.lat, facilities.lon[mine], facilities.lat[mine])
    radius = [radius_m(inputs.modes[limit.mode], limit) for limit in case.limits]
    units = set(communities.unit_id[communities.unit_id >= 0].tolist())
    lands = read_lands(ground.connection, case.on, units, public_only=ground.public_only)
    time, reason = plain_times(inputs, case, case.limits)
    drawn = _drawn(ground, inputs, case, draw=draw)
    return MethodCoverage(
        case=case,
        settings=load_uncertainty(ground.catalog).methods,
        inputs=inputs,
        publication=publication,
        lands=lands,
        limit_ds=limits_ds(inputs, case.limits),
        time_ds=time,
        reason=reason,
        line_m=line,
        radius_m=np.where(communities.urban, *radius).astype(np.float64),
        area_share=_area_shares(inputs, case, lands, drawn),
        circles=tuple(None if one is None else one.origin for one in drawn),
    )


def _drawn(ground: Ground, inputs: Prepared, case: Case, *, draw: bool) -> list[Drawn | None]:
    """The circle of each limit that judges somebody; one where both are the same."""
    found: dict[tuple[str, int], Drawn | None] = {}
    listed = []
    for limit, members in members_of(inputs, case.limits):
        key = (limit.mode, limit.minutes)
        if members.size and key not in found:
            found[key] = circle_of(ground, case, inputs, limit, draw=draw)
        listed.append(found.get(key))
    return listed


def _area_shares(inputs: Prepared, case: Case, lands: Lands, drawn: Sequence[Drawn | None]) -> Floats:
    """Share of each community's township; those of one class are judged by one circle."""
    owners = inputs.communities.unit_id
    found = np.full(owners.size, np.nan)
    for (_, members), circle in zip(members_of(inputs, case.limits), drawn, strict=True):
        if circle is not None:
            mine = owners[members].tolist()
            shares = lands.shares(circle.shape, sorted(set(mine)))
            found[members] = [shares.get(unit, np.nan) for unit in mine]
    return found
