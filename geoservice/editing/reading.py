"""Records as their layer declares them, put together from their rows."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, cast, false, func, or_, select
from sqlalchemy.types import Text

from geoservice.database.filters import BBox, containing
from geoservice.database.models import UnitVersion
from geoservice.database.paging import Key, page
from geoservice.editing.kept import CODE_FIELDS, NAME_FIELDS, NAME_KINDS, Kept
from geoservice.errors import NotFound

Row = Mapping[Any, Any]
MARKS = ("classification", "published", "schematic", "batch_id")
DIGITS = 9
JOINED = "；"


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes
    ----------
    version
        Another one after each change of the record or of a part of it.
    values
        Declared field to value.
    unit_id
        The township that it belongs to; of a unit the one above it.
    geometry
        GeoJSON, EPSG:4490, longitude first; None where there is none or it was not asked for.
    lon, lat
        A point on it.
    """

    id: int
    version: int
    values: dict[str, Any]
    unit_id: int | None
    unit_name: str | None
    marks: dict[str, Any]
    lon: float | None
    lat: float | None
    geometry: dict[str, Any] | None = None


@dataclass(frozen=True)
class Wanted:
    """Which records of a layer: conditions hold together.

    Attributes
    ----------
    q
        Part of a name or a key.
    equal
        Declared field of the record's own row to its value as text; empty for none.
    unit
        Id of the unit that they name.
    """

    q: str | None = None
    equal: Mapping[str, str] | None = None
    unit: int | None = None
    bbox: BBox | None = None
    ids: Sequence[int] | None = None


def records(
    connection: Connection, kept: Kept, wanted: Wanted, *, limit: int, after: str | None = None
) -> tuple[list[Record], str | None]:
    """Records by id, as far as whoever asks may see them, without their geometry.

    Returns
    -------
    The records, and the token of the next page, None at the end.
    """
    statement = _rows(kept, geometry=False).where(*_conditions(kept, wanted))
    found = page(connection, statement, [Key("id", kept.table.c.id, int)], limit=limit, after=after)
    return _records(connection, kept, found.items), found.next


def with_geometry(connection: Connection, kept: Kept, wanted: Wanted, *, limit: int) -> list[Record]:
    """Some of the records that fit, by id, with their geometry."""
    statement = _rows(kept, geometry=True).where(*_conditions(kept, wanted)).order_by(kept.table.c.id).limit(limit)
    return _records(connection, kept, connection.execute(statement).mappings().all())


def counted(connection: Connection, kept: Kept, wanted: Wanted) -> int:
    """How many there are."""
    return int(
        connection.execute(select(func.count()).select_from(kept.table).where(*_conditions(kept, wanted))).scalar_one()
    )


def record(connection: Connection, kept: Kept, record_id: int) -> Record:
    """One record with its geometry.

    Raises
    ------
    NotFound
        ``records.no-record``
    """
    found = with_ids(connection, kept, [record_id])
    if not found:
        raise NotFound("records.no-record", layer=kept.layer.id, id=record_id)
    return found[record_id]


def with_ids(connection: Connection, kept: Kept, ids: Sequence[int], *, lock: bool = False) -> dict[int, Record]:
    """Those of the records that whoever asks may see, with their geometry; locked until the transaction ends."""
    statement = _rows(kept, geometry=True).where(kept.table.c.id.in_(ids)).order_by(kept.table.c.id)
    if lock:
        statement = statement.with_for_update(of=kept.table)
    rows = connection.execute(statement).mappings().all()
    return {one.id: one for one in _records(connection, kept, rows)}


def _rows(kept: Kept, *, geometry: bool) -> Select[Any]:
    columns = [column for column in kept.table.c if column.name not in ("geom", "geom_3857", "node_ids")]
    point = func.ST_PointOnSurface(kept.table.c.geom)
    shape = [func.ST_AsGeoJSON(kept.table.c.geom, DIGITS + 6).label("geometry")] if geometry else []
    return select(*columns, func.ST_X(point).label("lon"), func.ST_Y(point).label("lat"), *shape)


def _conditions(kept: Kept, wanted: Wanted) -> list[ColumnElement[bool]]:
    columns = kept.table.c
    found: list[ColumnElement[bool]] = []
    if wanted.q:
        found.append(or_(*_worded(kept, containing(wanted.q))))
    for name, value in (wanted.equal or {}).items():
        given = cast(columns[name], Text)
        found.append(columns[name].is_(None) if value == "" else given == value)
    if wanted.unit is not None:
        found.append(columns[kept.unit] == wanted.unit if kept.unit else false())
    if wanted.bbox is not None:
        found.append(wanted.bbox.touches(columns.geom))
    if wanted.ids is not None:
        found.append(columns.id.in_(wanted.ids))
    return found


def _worded(kept: Kept, pattern: str) -> list[ColumnElement[bool]]:
    columns = kept.table.c
    worded: list[ColumnElement[bool]] = [
        columns[name].ilike(pattern) for name in ("name", "key", "address") if name in columns
    ]
    for part in kept.parts:
        holder = columns[part.of]
        name = "name" if "name" in part.table.c else "code"
        worded.append(holder.in_(select(part.table.c[part.owner]).where(part.table.c[name].ilike(pattern))))
    return worded


def _records(connection: Connection, kept: Kept, rows: Iterable[Row]) -> list[Record]:
    rows = list(rows)
    parts = [_parts(connection, part, rows) for part in kept.parts]
    names = _unit_names(connection, {row[kept.unit] for row in rows} - {None}) if kept.unit else {}
    made = []
    for row in rows:
        own = [found[row[part.of]] for part, found in zip(kept.parts, parts, strict=True)]
        unit = row[kept.unit] if kept.unit else None
        made.append(
            Record(
                id=row["id"],
                version=_version(row, [one for found in own for one in found]),
                values=values_of(kept, row, [one for found in own for one in found]),
                unit_id=unit,
                unit_name=None if unit is None else names.get(unit),
                marks={name: row[name] for name in MARKS},
                lon=row["lon"],
                lat=row["lat"],
                geometry=json.loads(row["geometry"]) if row.get("geometry") else None,
            )
        )
    return made


def _version(row: Row, parts: Sequence[Row]) -> int:
    """A number for the state of a record: its row's version, with parts a digest of all their versions (48 bits)."""
    if not parts:
        return int(row["version"])
    states = [row["version"], *sorted((one["id"], one["version"]) for one in parts)]
    return int.from_bytes(hashlib.blake2b(repr(states).encode(), digest_size=6).digest())


def _parts(connection: Connection, part: Any, rows: Sequence[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    owner = part.table.c[part.owner]
    ids = {row[part.of] for row in rows}
    statement = select(part.table).where(owner.in_(ids)).order_by(part.table.c.id)
    for one in connection.execute(statement).mappings():
        found[one[part.owner]].append(one)
    return found


def _unit_names(connection: Connection, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    statement = (
        select(UnitVersion.unit_id, UnitVersion.name)
        .where(UnitVersion.unit_id.in_(ids))
        .order_by(UnitVersion.valid_from.asc().nulls_first())
    )
    return {row.unit_id: row.name for row in connection.execute(statement)}


def values_of(kept: Kept, row: Row, parts: Sequence[Row]) -> dict[str, Any]:
    """The declared fields from the rows of a record, fit for JSON."""
    found = {name: plain(row.get(name)) for name in kept.own}
    if "name" in kept.elsewhere:
        found |= _names(parts)
    if "code" in kept.elsewhere:
        found |= _code(kept, parts)
    return {one.name: found.get(one.name) for one in kept.fields}


def standard_name(names: Sequence[Row]) -> Row | None:
    """Of the names of a place the standard one in force; where none is, the last."""
    standard = [one for one in names if one["kind"] == "standard"]
    return max(standard, key=lambda one: (one["valid_to"] is None, str(one["valid_from"] or "")), default=None)


def main_code(kept: Kept, codes: Sequence[Row]) -> Row | None:
    """Of the codes of a record the one that it is told by: the newest of the system that the layer declares."""
    system = kept.layer.field("code_system").default
    return max(codes, key=lambda one: (one["system"] == system, one["edition"], one["id"]), default=None)


def _names(names: Sequence[Row]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, kind in NAME_KINDS.items():
        told = [one["name"] for one in names if one["kind"] == kind and (kind == "former" or one["valid_to"] is None)]
        found[name] = JOINED.join(told) or None
    standard = standard_name(names)
    if standard is not None:
        found["name"] = standard["name"]
        found |= {name: plain(standard.get(name)) for name in NAME_FIELDS}
    return found


def _code(kept: Kept, codes: Sequence[Row]) -> dict[str, Any]:
    code = main_code(kept, codes)
    return {name: code[column] if code else None for name, column in CODE_FIELDS.items()}


def plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if isinstance(value, date) else value
