"""What the answers have in common: a row a community, a row a unit, and their total."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.figures import Coverage, Demand, count
from geoservice.coverage.prepared import Prepared
from geoservice.network.arrays import Bools, Int64s

GROUPS = ("population", "population_60", "population_80")
_UNJOINED = ("no_place", "off_network", "blocked")


def joined(reason: NDArray[np.object_]) -> Bools:
    """Which communities have a foot on the network, by the reasons of a run."""
    found: Bools = ~np.isin(reason.astype(str), _UNJOINED)
    return found


def unit_rows(
    inputs: Prepared,
    type_: str,
    on_network: Bools,
    masks: Mapping[str, Bools],
    groups: Sequence[str] = ("population",),
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The total and a row a unit: communities and people of each mask.

    Parameters
    ----------
    on_network
        Which communities have a foot.
    masks
        Communities that count, by a name: it becomes ``communities_NAME``, ``population_NAME`` and so on.
    groups
        Out of `GROUPS`.
    """
    counted = {name: _count(inputs, type_, mask, on_network) for name, mask in masks.items()}
    units = list(next(iter(counted.values())).units)

    def row(unit: int | None, *, is_total: bool) -> dict[str, Any]:
        parts = {name: one.total if is_total else one.units[unit] for name, one in counted.items()}
        first = next(iter(parts.values()))
        told: dict[str, Any] = {
            name: getattr(first, name)
            for name in ("communities", "communities_unjoined", "communities_without_population")
        }
        told |= {group: getattr(first, group) for group in groups}
        for name, part in parts.items():
            told[f"communities_{name}"] = part.communities_covered
            told |= {f"{group}_{name}": getattr(part, f"{group}_covered") for group in groups}
        return told

    listed = [{"unit_id": unit, "name": unit_name(inputs, unit), **row(unit, is_total=False)} for unit in units]
    return row(None, is_total=True), listed


def by_unit(inputs: Prepared, rows: Iterable[Int64s]) -> dict[int | None, Int64s]:
    """Sums by unit of numbers of the communities, one a row; None for communities of no stated unit."""
    units, place = np.unique(inputs.communities.unit_id, return_inverse=True)
    # Sums of whole numbers below 2^53 are exact.
    sums = np.array([np.bincount(place, weights=row, minlength=units.size) for row in rows]).astype(np.int64)
    return {known(unit): sums[:, number] for number, unit in enumerate(units)}


def community_row(inputs: Prepared, i: int) -> dict[str, Any]:
    """What is told of a community in every answer; longitude and latitude in CRS84, null where it has no place."""
    communities = inputs.communities
    return {
        "community_id": int(communities.id[i]),
        "name": communities.name[i],
        "class": _class(inputs, i),
        "unit_id": known(communities.unit_id[i]),
        "lon": _degrees(communities.lon[i]),
        "lat": _degrees(communities.lat[i]),
        "population": known(communities.population[i]),
    }


def unit_name(inputs: Prepared, unit: int | None) -> str | None:
    """Name of a unit on the day; None where there is none, or none that may be shown."""
    return (inputs.units[unit].name or None) if unit is not None and unit in inputs.units else None


def people(inputs: Prepared, group: str = "population") -> Int64s:
    """People of each community; none where they are not known."""
    found: Int64s = np.maximum(getattr(inputs.communities, group), 0)
    return found


def seconds(time_ds: int) -> float | None:
    """Seconds; None where there is no time.

    Examples
    --------
    >>> seconds(123), seconds(-1)
    (12.3, None)
    """
    return None if time_ds < 0 else int(time_ds) / 10


def known(value: int) -> int | None:
    """A number; None where it is not known."""
    return None if value < 0 else int(value)


def _class(inputs: Prepared, i: int) -> str | None:
    if inputs.communities.unclassified[i]:
        return None
    return "urban" if inputs.communities.urban[i] else "rural"


def _degrees(value: float) -> float | None:
    return round(float(value), 7) if np.isfinite(value) else None


def _count(inputs: Prepared, type_: str, covered: Bools, on_network: Bools) -> Coverage:
    communities = inputs.communities
    demand = Demand(
        unit=communities.unit_id,
        joined=on_network,
        covered=covered,
        backed_up=np.zeros(len(communities), dtype=bool),  # not asked for here
        by_neighbour=None,
        population=communities.population,
        population_60=communities.population_60,
        population_80=communities.population_80,
        households=communities.households,
    )
    townships = [unit for unit, row in inputs.units.items() if row.level == "township"]
    return count(demand, inputs.facilities.unit_id[inputs.facilities.type == type_], townships)
