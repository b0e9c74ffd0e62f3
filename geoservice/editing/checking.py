"""What is typed or drawn, checked by the rules of the loader; each fault stands beside its field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geoservice.catalog import Catalog
from geoservice.editing.kept import Kept
from geoservice.errors import BadInput
from geoservice.ingest.fields import Matched
from geoservice.ingest.geometry import clean
from geoservice.ingest.readers.raw import RawTable, object_array
from geoservice.ingest.roads import modes_of
from geoservice.ingest.validate import check_fields, check_order, label_of
from geoservice.ingest.values import ValueRefusedError
from geoservice.language import catalogue, current_language, translate

GEOMETRY = "geometry"
MOST_FAULTS = 200


@dataclass(frozen=True)
class FieldFault:
    """Why a record may not be kept so.

    Attributes
    ----------
    index
        Which of the given records.
    field
        Declared name, or ``geometry``.
    at
        Where a geometry is wrong, longitude and latitude.
    """

    index: int
    field: str
    code: str
    reason: str
    remedy: str | None = None
    at: tuple[float, float] | None = None


class Refused(BadInput):
    """Records that may not be kept as they were given; `faults` says why, beside the fields."""

    def __init__(self, faults: Sequence[FieldFault]) -> None:
        first = faults[0]
        super().__init__("records.refused", count=len(faults), field=first.field, reason=first.reason)
        self.faults = list(faults)[:MOST_FAULTS]


@dataclass
class Given:
    """Records as they were typed and drawn, one after the other.

    Attributes
    ----------
    values
        Declared field to what was typed: texts, numbers or typed values.
    shapes
        EPSG:4490, longitude first; None where there is none.
    drawn
        Whether the geometry of a record is new.
    """

    values: list[dict[str, Any]]
    shapes: list[Any]
    drawn: list[bool]
    faults: list[FieldFault] = field(default_factory=list)


@dataclass(frozen=True)
class Checked:
    """The same, typed: declared field to value, and geometries that the layer may hold."""

    values: list[dict[str, Any]]
    shapes: list[Any]


def checked(kept: Kept, catalog: Catalog, given: Given, *, max_vertices: int) -> Checked:
    """Types, lengths, ranges, code lists, required fields, rules between fields, and geometry.

    Raises
    ------
    Refused
        With every fault of every record.
    """
    columns, faults = _fields(kept, catalog, given)
    shapes, wrong = _geometry(kept, given, max_vertices)
    faults = [*given.faults, *faults, *wrong]
    if faults:
        raise Refused(sorted(faults, key=lambda one: one.index))
    rows = [{name: column[at] for name, column in columns.items()} for at in range(len(given.values))]
    if kept.layer.id == "roads":
        rows = [{**row, "modes": modes_of(row, catalog)} for row in rows]
    return Checked(rows, shapes)


def _fields(kept: Kept, catalog: Catalog, given: Given) -> tuple[dict[str, list[Any]], list[FieldFault]]:
    layer = kept.layer.model_copy(update={"fields": kept.fields})
    names = [one.name for one in layer.fields]
    cells = [object_array([_cell(one.get(name)) for one in given.values]) for name in names]
    raw = RawTable("form", names, cells, np.arange(len(given.values), dtype=np.int64))
    matched = Matched({name: at for at, name in enumerate(names)})
    found = check_fields(raw, matched, layer, catalog, constants={}, file="")
    check_order(found, layer)
    by_label = {label: one.name for one in layer.fields for label in (label_of(one), label_of(one, one.name))}
    faults = [told(one.position, by_label[one.label or ""], one.reason, value=one.shown) for one in found.faults]
    return found.columns, faults


def _cell(value: Any) -> Any:
    """A cell as a sheet has it: an empty text holds nothing, a list is one text."""
    if isinstance(value, list):
        return "、".join(map(str, value)) or None
    return None if isinstance(value, str) and not value.strip() else value


def told(
    index: int,
    name: str,
    reason: ValueRefusedError,
    *,
    value: object = None,
    at: tuple[float, float] | None = None,
) -> FieldFault:
    """A fault with its reason in words."""
    shown = "" if value is None else value
    values: dict[str, object] = {"file": "", "row": index + 1, "field": name, "value": shown, **reason.details}
    remedy = f"remedy.{reason.code}"
    known = remedy in catalogue(current_language.get())
    return FieldFault(
        index,
        name,
        reason.code,
        translate(f"error.{reason.code}", None, **values),
        translate(remedy, None, **values) if known else None,
        at,
    )


def _geometry(kept: Kept, given: Given, max_vertices: int) -> tuple[list[Any], list[FieldFault]]:
    prepared = clean(object_array(given.shapes), kept.layer, max_vertices)
    faults = [told(at, GEOMETRY, reason) for at, reason in prepared.refused.items() if given.drawn[at]]
    known = {fault.index for fault in [*faults, *given.faults] if fault.field == GEOMETRY}
    for at, shape in enumerate(prepared.geometry):
        if not given.drawn[at] or at in known:
            continue
        fault = _wrong(shape, required=kept.layer.geometry_required)
        if fault is not None:
            faults.append(told(at, GEOMETRY, fault[0], at=fault[1]))
    return list(prepared.geometry), faults


def _wrong(shape: Any, *, required: bool) -> tuple[ValueRefusedError, tuple[float, float] | None] | None:
    """What is wrong with a drawn geometry, and where; nothing is mended unasked."""
    if shape is None:
        return (ValueRefusedError("import.geometry-missing"), None) if required else None
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
        return ValueRefusedError("import.not-on-earth", lon=f"{west:.7g}", lat=f"{south:.7g}", most=85), None
    if shape.geom_type.endswith("LineString") and not shape.length:
        return ValueRefusedError("records.no-length"), (west, south)
    if not shapely.is_valid(shape):
        reason, _, place = shapely.is_valid_reason(shape).partition("[")
        lon, lat = (float(part) for part in place.rstrip("]").split()[:2]) if place else (west, south)
        return ValueRefusedError("records.invalid-shape", fault=_fault_word(reason)), (lon, lat)
    return None


def _fault_word(reason: str) -> str:
    key = "records.shape." + reason.strip().lower().replace(" ", "-")
    return translate(key) if key in catalogue(current_language.get()) else reason.strip()
