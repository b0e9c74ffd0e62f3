"""What a coverage run reads: communities, facilities open on a day, barriers, and how secret all that is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from geoservice.database.models import CLASSIFICATIONS
from geoservice.network.barriers import Barriers

# What of each layer bars the way. Streams, ditches and trams are crossed everywhere; what lies underground or on a
# bridge bars nothing.
_BARRIERS = {
    "water": "select st_asbinary(geom) from water where class not in ('underground', 'elevated')"
    " and (st_dimension(geom) = 2 or class in ('river', 'canal'))",
    "railways": "select st_asbinary(geom) from railway where class not in ('underground', 'elevated', 'tram')",
    "built_up": "select st_asbinary(geom) from built_up_area",
    "walls": "select st_asbinary(geom) from wall",
}
INPUT_LAYERS = ("communities", "population", "facilities", "roads", "units", "water", "railways", "built_up", "walls")

_COMMUNITIES = text("""
    select m.id, m.class, m.unit_id, p.population, p.population_60, p.population_80,
           st_x(m.geom) as lon, st_y(m.geom) as lat, m.name, m.households
    from community m join community_people p on p.community_id = m.id
    where (m.valid_from is null or m.valid_from <= :on) and (m.valid_to is null or m.valid_to > :on)
    order by m.id
""")

_FACILITIES = text("""
    select f.id, f.type, f.unit_id, st_x(f.geom) as lon, st_y(f.geom) as lat, f.name, f.beds, f.nursing_beds
    from facility f
    where (f.opened_on is null or f.opened_on <= :on) and (f.closed_on is null or f.closed_on > :on)
    order by f.id
""")

_UNITS = text("""
    select v.unit_id, v.name, v.level, v.parent_id from unit_version v
    where (v.valid_from is null or v.valid_from <= :on) and (v.valid_to is null or v.valid_to > :on)
""")


@dataclass(frozen=True)
class Communities:
    """Demand points; missing figures are -1, a missing place is NaN.

    People are official counts, or estimates from sources of population where there are none.
    """

    id: NDArray[np.int64]
    urban: NDArray[np.bool_]
    unclassified: NDArray[np.bool_]
    unit_id: NDArray[np.int64]
    population: NDArray[np.int64]
    population_60: NDArray[np.int64]
    population_80: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    name: NDArray[np.object_]
    households: NDArray[np.int64]

    def __len__(self) -> int:
        return self.id.size


@dataclass(frozen=True)
class Facilities:
    """Facilities open on the day; unit and beds are -1 where they are not known."""

    id: NDArray[np.int64]
    type: NDArray[np.object_]
    unit_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    name: NDArray[np.object_]
    beds: NDArray[np.int64]
    nursing_beds: NDArray[np.int64]

    def __len__(self) -> int:
        return self.id.size


@dataclass(frozen=True)
class UnitRow:
    """A unit as it is on the day."""

    name: str
    level: str
    parent_id: int | None


@dataclass(frozen=True)
class Publication:
    """What a result made from all inputs may be: the highest classification, the least publication of any."""

    classification: str
    published: bool
    schematic: bool


def read_communities(connection: Connection, on: date) -> Communities:
    """Communities in force on a day, by id."""
    rows = connection.execute(_COMMUNITIES, {"on": on}).all()
    classes = [row[1] for row in rows]
    return Communities(
        id=_integers(rows, 0),
        urban=np.array([name == "urban" for name in classes], dtype=bool),
        unclassified=np.array([name is None for name in classes], dtype=bool),
        unit_id=_integers(rows, 2),
        population=_integers(rows, 3),
        population_60=_integers(rows, 4),
        population_80=_integers(rows, 5),
        lon=_degrees(rows, 6),
        lat=_degrees(rows, 7),
        name=np.array([row[8] for row in rows], dtype=object),
        households=_integers(rows, 9),
    )


def read_facilities(connection: Connection, on: date) -> Facilities:
    """Facilities open on a day, by id."""
    rows = connection.execute(_FACILITIES, {"on": on}).all()
    return Facilities(
        id=_integers(rows, 0),
        type=np.array([row[1] for row in rows], dtype=object),
        unit_id=_integers(rows, 2),
        lon=_degrees(rows, 3),
        lat=_degrees(rows, 4),
        name=np.array([row[5] for row in rows], dtype=object),
        beds=_integers(rows, 6),
        nursing_beds=_integers(rows, 7),
    )


def read_units(connection: Connection, on: date) -> dict[int, UnitRow]:
    """Units in force on a day by their id."""
    rows = connection.execute(_UNITS, {"on": on})
    return {unit_id: UnitRow(name, level, parent) for unit_id, name, level, parent in rows}


def read_barriers(connection: Connection, layers: Iterable[str]) -> Barriers:
    """What straight legs may not cross."""
    shapes = [bytes(row[0]) for layer in layers for row in connection.execute(text(_BARRIERS[layer]))]
    return Barriers.of(shapely.from_wkb(shapes))


_ESTIMATED = text("""
    with used as (
        select p.community_id, p.population, p.source_ids from community m
        join community_people p on p.community_id = m.id
        where p.estimated
          and (m.valid_from is null or m.valid_from <= :on) and (m.valid_to is null or m.valid_to > :on)
    )
    select (select count(*) from used), (select coalesce(sum(population), 0)::bigint from used),
           s.id, s.name, s.kind, s.on_date,
           exists (select from layer_revision r where s.shared_revisions ? r.layer
                   and (s.shared_revisions ->> r.layer)::bigint <> r.revision)
    from population_source s where s.id in (select unnest(source_ids) from used) order by s.id
""")


@dataclass(frozen=True)
class Estimated:
    """How much of the people is estimated, and from what.

    Attributes
    ----------
    communities, population
        Communities whose count is an estimate, and the people in them.
    sources
        Number, name, kind and day of each source that is used.
    stale
        Whether communities or units have changed since one of them was shared.
    """

    communities: int
    population: int
    sources: Sequence[dict[str, Any]]
    stale: bool

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {
            "communities": self.communities,
            "population": self.population,
            "sources": [dict(source) for source in self.sources],
            "stale": self.stale,
        }


def read_estimated(connection: Connection, on: date) -> Estimated:
    """What of the people of a day's communities is estimated."""
    rows = connection.execute(_ESTIMATED, {"on": on}).all()
    sources = [
        {"id": row[2], "name": row[3], "kind": row[4], "on": row[5].isoformat() if row[5] else None} for row in rows
    ]
    communities, population = rows[0][:2] if rows else (0, 0)
    return Estimated(communities, population, sources, stale=any(row[6] for row in rows))


NO_ESTIMATES = Estimated(0, 0, (), stale=False)


_SOURCES_USED = (
    "(select s.* from population_source s where s.id in"
    " (select unnest(source_ids) from community_people where estimated)) sources"
)


def read_publication(connection: Connection) -> Publication:
    """What a result from all communities, sources of people that count, facilities, roads and their heights may be."""
    levels: set[str] = set()
    published = True
    schematic = False
    for table in ("community", "facility", "road", "road_height", _SOURCES_USED):
        row = connection.execute(
            text(
                "select coalesce(array_agg(distinct classification), '{}'), coalesce(bool_and(published), true),"  # noqa: S608 - named above
                f" coalesce(bool_or(schematic), false) from {table}"
            )
        ).one()
        levels |= set(row[0])
        published &= row[1]
        schematic |= row[2]
    classification = max(levels, key=CLASSIFICATIONS.index, default="public")
    return Publication(classification, published and classification == "public", schematic)


def _integers(rows: Sequence[Row[Any]], column: int) -> NDArray[np.int64]:
    return np.array([-1 if row[column] is None else row[column] for row in rows], dtype=np.int64)


def _degrees(rows: Sequence[Row[Any]], column: int) -> NDArray[np.float64]:
    return np.array([np.nan if row[column] is None else row[column] for row in rows], dtype=np.float64)
