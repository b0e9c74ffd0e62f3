"""The same facilities for people who walk at several speeds: coverage by age, side by side.

Everybody walks, whatever mode the standard names for a class; the minutes stay those of the standard. The network of a
walker is built by the one way in which all are, so that a time is what a run by such a mode would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.catalog import Limit, Mode
from geoservice.coverage.inputs import Publication
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.uncertainty.declared import Walkers, WalkerSpeed, load_uncertainty
from geoservice.coverage.uncertainty.query import Case, Ground, limits_ds, plain_times, read_inputs
from geoservice.coverage.uncertainty.rows import GROUPS, community_row, joined, seconds, unit_rows
from geoservice.network.arrays import Bools, Int32s


@dataclass(frozen=True)
class WalkerCoverage:
    """Coverage at each speed, the fastest first; rows of `time_ds` follow `speeds`, columns the communities."""

    case: Case
    mode: Mode
    speeds: Sequence[WalkerSpeed]
    inputs: Prepared
    publication: Publication
    limit_ds: Int32s
    time_ds: Int32s
    reason: NDArray[np.object_]

    @property
    def covered(self) -> Bools:
        """Whether each community is covered at each speed, shape (speeds, communities)."""
        within: Bools = (self.time_ds >= 0) & (self.time_ds <= self.limit_ds)
        return within

    def as_dict(self) -> dict[str, Any]:
        """Speeds with their sources, sums by age and every community, as plain values."""
        covered = self.covered
        masks = {speed.id: covered[k] for k, speed in enumerate(self.speeds)}
        total, units = unit_rows(self.inputs, self.case.type, joined(self.reason), masks, GROUPS)
        return {
            **self.case.as_dict(),
            "mode": self.mode.id,
            "schematic": self.publication.schematic,
            "population_estimated": self.inputs.estimated.as_dict(),
            "facilities": int((self.inputs.facilities.type == self.case.type).sum()),
            "speeds": [self._speed(speed, total) for speed in self.speeds],
            "total": total,
            "by_unit": units,
            "communities": [
                community_row(self.inputs, i)
                | {"limit_s": seconds(self.limit_ds[i]), "reason": self.reason[i]}
                | {
                    "walkers": {
                        speed.id: {"time_s": seconds(self.time_ds[k, i]), "covered": bool(covered[k, i])}
                        for k, speed in enumerate(self.speeds)
                    }
                }
                for i in range(len(self.inputs.communities))
            ],
        }

    def _speed(self, speed: WalkerSpeed, total: dict[str, Any]) -> dict[str, Any]:
        shares = {
            f"covered_{group}_share": total[f"{group}_{speed.id}"] / total[group] if total[group] else None
            for group in GROUPS
        }
        off_ms = walker(self.mode, speed).off_network_kmh / 3.6
        return {**speed.model_dump(), "off_network_ms": round(off_ms, 4), **shares}


def walker(mode: Mode, speed: WalkerSpeed) -> Mode:
    """A mode at another speed: all its speeds change in the same proportion."""
    ratio = speed.speed_ms * 3.6 / mode.speed_kmh
    return mode.model_copy(
        update={
            "id": speed.id,
            "title": speed.title,
            "speed_kmh": speed.speed_ms * 3.6,
            "speeds": {name: kmh * ratio for name, kmh in mode.speeds.items()},
            "off_network_kmh": mode.off_network_kmh * ratio,
            "source": speed.source,
            "setting": True,
        }
    )


def walker_coverage(ground: Ground, case: Case) -> WalkerCoverage:
    """Coverage of a case at each declared speed.

    Raises
    ------
    BadInput
        If there are no roads, no communities with a place, no people, or no facility of the type.
    """
    declared: Walkers = load_uncertainty(ground.catalog).walkers
    speeds = sorted(declared.speeds, key=lambda one: -one.speed_ms)
    mode = ground.catalog.modes[declared.mode]
    modes = dict(ground.catalog.modes) | {one.id: walker(mode, one) for one in speeds}
    pairs = [_limits(case, one) for one in speeds]
    flat = tuple(limit for pair in pairs for limit in pair)
    inputs, publication = read_inputs(replace(ground, catalog=replace(ground.catalog, modes=modes)), case, flat)
    found = [plain_times(inputs, case, pair) for pair in pairs]
    return WalkerCoverage(
        case=case,
        mode=mode,
        speeds=speeds,
        inputs=inputs,
        publication=publication,
        limit_ds=limits_ds(inputs, case.limits),
        time_ds=np.stack([times for times, _ in found]),
        # Why somebody has no way at all is the same at every speed; the fastest comes furthest.
        reason=found[0][1],
    )


def _limits(case: Case, speed: WalkerSpeed) -> tuple[Limit, Limit]:
    urban, rural = (
        limit.model_copy(update={"mode": speed.id, "source": speed.source, "setting": True}) for limit in case.limits
    )
    return urban, rural
