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

# What of each layer bars the way. Streams, ditches and trams are crossed everywhere; what lies underground bars nothing.
_BARRIERS = {
    "water": "select st_asbinary(geom) from water where class <> 'underground'"
    " and (st_dimension(geom) = 2 or class in ('river', 'canal'))",
    "railways": "select st_asbinary(geom) from railway where class not in ('underground', 'tram')",
    "built_up": "select st_asbinary(geom) from built_up_area",
}
INPUT_LAYERS = ("communities", "facilities", "roads", "units", "water", "railways")
_INPUT_TABLES = ("community", "facility", "road")

_COMMUNITIES = text("""
    select m.id, m.class, m.unit_id, m.population, m.population_60, m.population_80,
           st_x(m.geom) as lon, st_y(m.geom) as lat, m.name
    from community m
    where (m.valid_from is null or m.valid_from <= :on) and (m.valid_to is null or m.valid_to > :on)
    order by m.id
""")

_FACILITIES = text("""
    select f.id, f.type, f.unit_id, st_x(f.geom) as lon, st_y(f.geom) as lat, f.name
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
    """Demand points; missing figures are -1, a missing place is NaN."""

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

    def __len__(self) -> int:
        return self.id.size


@dataclass(frozen=True)
class Facilities:
    """Facilities open on the day; the unit is -1 where it is not known."""

    id: NDArray[np.int64]
    type: NDArray[np.object_]
    unit_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    name: NDArray[np.object_]

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
    )


def read_units(connection: Connection, on: date) -> dict[int, UnitRow]:
    """Units in force on a day by their id."""
    rows = connection.execute(_UNITS, {"on": on})
    return {unit_id: UnitRow(name, level, parent) for unit_id, name, level, parent in rows}


def read_barriers(connection: Connection, layers: Iterable[str]) -> Barriers:
    """What straight legs may not cross."""
    shapes = [bytes(row[0]) for layer in layers for row in connection.execute(text(_BARRIERS[layer]))]
    return Barriers.of(shapely.from_wkb(shapes))


def read_publication(connection: Connection) -> Publication:
    """What a result from all communities, facilities and roads may be."""
    levels: set[str] = set()
    published = True
    schematic = False
    for table in _INPUT_TABLES:
        row = connection.execute(
            text(
                "select coalesce(array_agg(distinct classification), '{}'), coalesce(bool_and(published), true),"  # noqa: S608 - one of _INPUT_TABLES
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
