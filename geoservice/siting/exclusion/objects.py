"""The objects that a rule looks at, as whoever acts sees them; what a layer does not hold is told, never passed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.database.models import CLASSIFICATIONS
from geoservice.network.arrays import Int64s
from geoservice.siting.exclusion.declared import Selection

# One row an object: id, name, class, geometry, and what of it counts on a day. The conditions are bound below.
_DATED = "(valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)"
_OPEN = "(opened_on is null or opened_on <= :on) and (closed_on is null or closed_on > :on)"
_SOURCES: Mapping[str, tuple[str, str, str]] = {
    "roads": ("road", "class", "not tunnel"),
    "railways": ("railway", "class", "true"),
    "water": ("water", "class", "class not in ('underground', 'elevated')"),
    "built_up": ("built_up_area", "class", _DATED),
    "controls": ("control", "class", "true"),
    "facilities": ("facility", "type", f"geom is not null and {_OPEN}"),
}
LAYERS = tuple(_SOURCES)
# Its classes come from different offices: what one brings says nothing of the others.
_BY_CLASS = "controls"
State = Literal["loaded", "none", "not_loaded"]
_NO_SHAPES: NDArray[Any] = np.empty(0, dtype=object)


@dataclass(frozen=True)
class Objects:
    """Objects of one selection around some places.

    Attributes
    ----------
    state
        ``not_loaded``: the layer is empty, or there is no such layer; ``none``: it holds nothing of these classes.
    count
        In the whole layer, not only around the places.
    shape
        Degrees, EPSG:4490.
    classification
        The highest level of those around the places; None where there are none.
    """

    selection: Selection
    state: State
    count: int
    id: Int64s
    name: NDArray[Any]
    class_: NDArray[Any]
    shape: NDArray[Any]
    schematic: bool = False
    classification: str | None = None


@dataclass(frozen=True)
class Around:
    """A box in degrees, EPSG:4490, that objects have to meet."""

    west: float
    south: float
    east: float
    north: float


def sources_of(
    connection: Connection, selections: Sequence[Selection], on: date, around: Around
) -> tuple[Objects, ...]:
    """What a rule looks at, each class of controlled land for itself."""
    parts = [
        part
        for one in selections
        for part in (
            [one.model_copy(update={"classes": (class_,)}) for class_ in one.classes]
            if one.layer == _BY_CLASS
            else [one]
        )
    ]
    return tuple(read_objects(connection, one, on, around) for one in parts)


def read_objects(connection: Connection, selection: Selection, on: date, around: Around) -> Objects:
    """What a selection means on a day, near some places."""
    if selection.layer not in _SOURCES:
        return _without(selection, "not_loaded")
    table, column, condition = _SOURCES[selection.layer]
    chosen = "true"
    if selection.classes:
        chosen = f'"{column}" = any(:classes)'
    elif selection.but:
        chosen = f'"{column}" <> all(:classes)'
    values = {"on": on, "classes": list(selection.classes or selection.but)}
    used = {name: value for name, value in values.items() if f":{name}" in chosen + condition}
    # Names of tables and columns are those above.
    count = connection.execute(text(f"select count(*) from {table} where {condition} and {chosen}"), used).scalar_one()  # noqa: S608
    if not count and selection.layer == _BY_CLASS:
        return _without(selection, "not_loaded")
    if not count:
        any_ = connection.execute(text(f"select exists(select from {table})")).scalar_one()  # noqa: S608
        return _without(selection, "none" if any_ else "not_loaded")
    rows = connection.execute(
        text(
            f'select id, name, "{column}", st_asbinary(geom), schematic, classification from {table}'  # noqa: S608
            f" where geom && st_makeenvelope(:west, :south, :east, :north, 4490) and {condition} and {chosen} order by id"
        ),
        used | vars(around),
    ).all()
    if not rows:
        return _without(selection, "loaded", count)
    return Objects(
        selection=selection,
        state="loaded",
        count=count,
        id=np.array([row[0] for row in rows], dtype=np.int64),
        name=np.array([row[1] for row in rows], dtype=object),
        class_=np.array([row[2] for row in rows], dtype=object),
        shape=np.asarray(shapely.from_wkb([bytes(row[3]) for row in rows]), dtype=object),
        schematic=any(row[4] for row in rows),
        classification=max((row[5] for row in rows), key=CLASSIFICATIONS.index),
    )


def _without(selection: Selection, state: State, count: int = 0) -> Objects:
    nobody = np.empty(0, dtype=np.int64)
    return Objects(selection, state, count, nobody, _NO_SHAPES, _NO_SHAPES, _NO_SHAPES)
