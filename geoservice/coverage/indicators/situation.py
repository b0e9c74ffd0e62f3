"""What there is on a day: communities, open facilities and townships, as far as indicators count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy import Connection, text

from geoservice.crs import metric_crs
from geoservice.database.models import CLASSIFICATIONS

_PUBLIC = "({0}.published and {0}.classification = 'public')"
_IN_FORCE = "({0}.valid_from is null or {0}.valid_from <= :on) and ({0}.valid_to is null or {0}.valid_to > :on)"

_COMMUNITIES = """
    select m.id, m.class, st_x(m.geom), st_y(m.geom), p.population, p.population_60, p.population_80, m.households,
           case when p.estimated then p.population_date else m.population_date end, p.sources, case when p.estimated and not p.published then 'internal' else m.classification end,
           m.published and (p.published or not p.estimated), m.schematic
    from community m left join community_people p on p.community_id = m.id and {people_shown} where {in_force} and {shown} order by m.id
"""
# A facility that nobody has put into a township lies where it lies.
_FACILITIES = """
    select f.id, f.type, st_x(f.geom), st_y(f.geom), f.beds, f.nursing_beds, f.area_m2,
           coalesce(f.unit_id, (
               select v.unit_id from unit_version v
               where v.level = 'township' and {unit_in_force} and {unit_shown}
                 and v.geom && f.geom and st_intersects(v.geom, f.geom)
               order by v.unit_id limit 1)),
           f.opened_on is null, f.classification, f.published, f.schematic
    from facility f
    where (f.opened_on is null or f.opened_on <= :on) and (f.closed_on is null or f.closed_on > :on) and {shown}
    order by f.id
"""
_TOWNSHIPS = """
    select v.unit_id, v.classification, v.published, v.schematic from unit_version v
    where v.level = 'township' and {in_force} and {shown} order by 1
"""


@dataclass(frozen=True)
class Residents:
    """Communities of a day; figures that are not known are NaN, a place that is not known too.

    Attributes
    ----------
    class_
        urban, rural, or None where nobody has said.
    lon, lat
        Degrees, EPSG:4490.
    estimated, sources
        Communities whose people are an estimate, and the names of the sources that it comes from.
    """

    id: NDArray[np.int64]
    class_: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    population: NDArray[np.float64]
    population_60: NDArray[np.float64]
    population_80: NDArray[np.float64]
    households: NDArray[np.float64]
    dates: tuple[date, ...]
    estimated: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sites:
    """Facilities that are open on a day; figures that are not known are NaN, a township that is not known is -1."""

    id: NDArray[np.int64]
    type: NDArray[np.object_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    beds: NDArray[np.float64]
    nursing_beds: NDArray[np.float64]
    area_m2: NDArray[np.float64]
    township: NDArray[np.int64]
    undated: NDArray[np.bool_]

    @cached_property
    def _kinds(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """The types that occur, and which of them each facility has."""
        kinds, code = np.unique(self.type.astype(str), return_inverse=True)
        return kinds, code

    def of(self, types: Sequence[str]) -> NDArray[np.bool_]:
        """Which of them are of some types."""
        kinds, code = self._kinds
        found: NDArray[np.bool_] = np.isin(kinds, list(types))[code]
        return found


@dataclass(frozen=True)
class Situation:
    """Everything that indicators count on a day.

    Attributes
    ----------
    belonging_m
        How far a facility may lie from the community that it belongs to.
    classification, published, schematic
        The highest classification and the least publication of all inputs; whether any is schematic.
    """

    on: date
    residents: Residents
    sites: Sites
    townships: frozenset[int]
    belonging_m: float
    classification: str = "public"
    published: bool = True
    schematic: bool = False

    @cached_property
    def community_of_site(self) -> NDArray[np.int64]:
        """Index of the nearest community of each facility, -1 where none lies within `belonging_m`."""
        here = np.flatnonzero(np.isfinite(self.residents.lon))
        found = np.full(self.sites.id.size, -1, dtype=np.int64)
        if not here.size or not found.size:
            return found
        communities = self._metres(self.residents.lon[here], self.residents.lat[here])
        away_m, nearest = cKDTree(communities).query(self._metres(self.sites.lon, self.sites.lat))
        near = away_m <= self.belonging_m
        found[near] = here[np.asarray(nearest)[near]]
        return found

    def beside(self, some: NDArray[np.bool_], others: NDArray[np.bool_], within_m: float) -> NDArray[np.bool_]:
        """Which of some facilities have one of the others within a distance."""
        found = np.zeros(some.size, dtype=bool)
        if some.any() and others.any():
            tree = cKDTree(self._metres(self.sites.lon[others], self.sites.lat[others]))
            away_m, _ = tree.query(self._metres(self.sites.lon[some], self.sites.lat[some]))
            found[np.flatnonzero(some)[away_m <= within_m]] = True
        return found

    def _metres(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        # One zone for all: facilities decide, or communities where there are none.
        given = self.sites if self.sites.id.size else self.residents
        crs = metric_crs(float(np.nanmean(given.lon)), float(np.nanmean(given.lat)))
        return np.column_stack(crs.project(lon, lat))


def read_situation(connection: Connection, on: date, belonging_m: float, *, public_only: bool) -> Situation:
    """What is in force and open on a day.

    Parameters
    ----------
    public_only
        Leaves out what is not published.
    """
    communities = _rows(connection, _COMMUNITIES, on, public_only=public_only, table="m")
    facilities = _rows(connection, _FACILITIES, on, public_only=public_only, table="f")
    townships = _rows(connection, _TOWNSHIPS, on, public_only=public_only, table="v")
    inputs = [row[-3:] for rows in (communities, facilities, townships) for row in rows]
    classification = max((row[0] for row in inputs), key=CLASSIFICATIONS.index, default="public")
    return Situation(
        on=on,
        residents=Residents(
            id=np.array([row[0] for row in communities], dtype=np.int64),
            class_=np.array([row[1] for row in communities], dtype=object),
            lon=_figures(communities, 2),
            lat=_figures(communities, 3),
            population=_figures(communities, 4),
            population_60=_figures(communities, 5),
            population_80=_figures(communities, 6),
            households=_figures(communities, 7),
            dates=tuple(sorted({row[8] for row in communities if row[8] is not None})),
            estimated=sum(row[9] is not None for row in communities),
            sources=tuple(sorted({row[9] for row in communities if row[9] is not None})),
        ),
        sites=Sites(
            id=np.array([row[0] for row in facilities], dtype=np.int64),
            type=np.array([row[1] for row in facilities], dtype=object),
            lon=_figures(facilities, 2),
            lat=_figures(facilities, 3),
            beds=_figures(facilities, 4),
            nursing_beds=_figures(facilities, 5),
            area_m2=_figures(facilities, 6),
            township=np.array([-1 if row[7] is None else row[7] for row in facilities], dtype=np.int64),
            undated=np.array([row[8] for row in facilities], dtype=bool),
        ),
        townships=frozenset(row[0] for row in townships),
        belonging_m=belonging_m,
        classification=classification,
        published=classification == "public" and all(row[1] for row in inputs),
        schematic=any(row[2] for row in inputs),
    )


def _rows(connection: Connection, query: str, on: date, *, public_only: bool, table: str) -> list[tuple[Any, ...]]:
    parts = {
        "in_force": _IN_FORCE.format(table),
        "shown": _PUBLIC.format(table) if public_only else "true",
        "people_shown": "p.published" if public_only else "true",
        "unit_in_force": _IN_FORCE.format("v"),
        "unit_shown": _PUBLIC.format("v") if public_only else "true",
    }
    return [tuple(row) for row in connection.execute(text(query.format(**parts)), {"on": on})]


def _figures(rows: Sequence[tuple[Any, ...]], column: int) -> NDArray[np.float64]:
    return np.array([np.nan if row[column] is None else float(row[column]) for row in rows], dtype=np.float64)
