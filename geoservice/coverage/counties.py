"""The edge of the county: what lies outside it, and who is covered only from there.

A record belongs to the county of its unit; one without a unit to the county in whose outline it lies. Where no county
has an outline, that of all townships together takes its place; where these have none either, nothing is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.coverage.inputs import UnitRow
from geoservice.coverage.pairs import Pairs
from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.network.graph import Graph

# No county, and the county that the townships make up where none is loaded.
OUTSIDE, UNNAMED = -1, 0

_OUTLINES = text("""
    select v.unit_id, st_asbinary(v.geom) from unit_version v
    where v.level = :level and v.geom is not null
      and (v.valid_from is null or v.valid_from <= :on) and (v.valid_to is null or v.valid_to > :on)
    order by v.unit_id
""")


@dataclass(frozen=True)
class Counties:
    """Outlines of the counties on a day, and the county of each unit.

    Attributes
    ----------
    id
        int64, shape (c,).
    outline
        Polygons in degrees, EPSG:4490, shape (c,).
    county_of
        County of each unit that has one, counties included.
    """

    id: Int64s
    outline: NDArray[Any]
    county_of: Mapping[int, int]

    @property
    def known(self) -> bool:
        """Whether there is any outline."""
        return bool(self.id.size)

    def of(self, unit: Int64s, lon: Floats, lat: Floats) -> Int64s:
        """The county of records, `OUTSIDE` where they lie in none; a coordinate may be NaN.

        Examples
        --------
        >>> county = Counties(np.array([3]), np.array([shapely.box(113, 30, 114, 31)]), {3: 3, 7: 3})
        >>> county.of(np.array([7, -1, -1, -1]), np.array([0, 113.5, 115, np.nan]), np.array([0, 30.5, 30.5, 30])).tolist()
        [3, 3, -1, -1]
        """
        found = np.array([self.county_of.get(one, OUTSIDE) for one in unit.tolist()], dtype=np.int64)
        for county, outline in zip(self.id.tolist(), self.outline, strict=True):
            shapely.prepare(outline)
            rows = np.flatnonzero(found == OUTSIDE)
            found[rows[shapely.intersects_xy(outline, lon[rows], lat[rows])]] = county
        return found

    def outside_m(self, graph: Graph, homes: Int64s) -> float:
        """Metres of a network that lie outside some counties.

        An edge that crosses the outline counts by the share of its length, taken in degrees.
        """
        offset = graph.vertex_offset
        points = np.column_stack([graph.vertex_lon, graph.vertex_lat])
        lines = shapely.linestrings(points, indices=np.repeat(np.arange(graph.edges), np.diff(offset)))
        edges: NDArray[Any] = np.asarray(lines, dtype=object)
        home = shapely.union_all(self.outline[np.isin(self.id, homes)])
        shapely.prepare(home)
        share = np.where(shapely.intersects(home, edges), 0.0, 1.0)
        crossing = np.flatnonzero((share == 0.0) & ~shapely.contains_properly(home, edges))
        left = shapely.length(shapely.difference(edges[crossing], home))
        share[crossing] = left / np.maximum(shapely.length(edges[crossing]), 1e-12)
        if graph.copy is not None:
            share[graph.copy] = 0.0
        return float((share * graph.edge_length_m).sum())


NOWHERE = Counties(np.empty(0, dtype=np.int64), np.empty(0, dtype=object), {})


def read_counties(connection: Connection, units: Mapping[int, UnitRow], on: date) -> Counties:
    """The counties of a day."""
    rows = connection.execute(_OUTLINES, {"level": "county", "on": on}).all()
    if rows:
        outlines = shapely.from_wkb([bytes(row[1]) for row in rows])
        ids = np.array([row[0] for row in rows], dtype=np.int64)
        return Counties(ids, np.asarray(outlines, dtype=object), _county_of(units))
    townships = connection.execute(_OUTLINES, {"level": "township", "on": on}).all()
    if not townships:
        return NOWHERE
    whole = shapely.union_all(shapely.from_wkb([bytes(row[1]) for row in townships]))
    ids, outline = np.array([UNNAMED], dtype=np.int64), np.empty(1, dtype=object)
    outline[0] = whole
    return Counties(ids, outline, {unit: UNNAMED for unit, row in units.items() if row.level == "township"})


def read_townships(connection: Connection, on: date) -> Counties:
    """The townships of a day that have an outline, for what lies in which of them."""
    rows = connection.execute(_OUTLINES, {"level": "township", "on": on}).all()
    if not rows:
        return NOWHERE
    outlines = np.asarray(shapely.from_wkb([bytes(row[1]) for row in rows]), dtype=object)
    return Counties(np.array([row[0] for row in rows], dtype=np.int64), outlines, {})


def _county_of(units: Mapping[int, UnitRow]) -> dict[int, int]:
    """Up the parents to the county; a loop of parents ends."""
    found: dict[int, int] = {}
    for unit in units:
        above: int | None = unit
        for _ in range(len(units)):
            if above is None or above not in units:
                break
            if units[above].level == "county":
                found[unit] = above
                break
            above = units[above].parent_id
    return found


def by_neighbour(pairs: Pairs, of_place: Int64s, of_facility: Int64s, covered: Bools) -> Bools:
    """Which places are covered, but by no facility of their own county.

    Parameters
    ----------
    pairs
        Within the limits of the places.
    of_place, of_facility
        Their counties; a place outside every county has none of its own, and is never told of.
    covered
        Of the places.
    """
    own = of_place[pairs.place] == of_facility[pairs.facility]
    served = np.bincount(pairs.place[own], minlength=of_place.size) > 0
    found: Bools = covered & ~served & (of_place != OUTSIDE)
    return found
