"""Records changed, made and taken out: all of them together or none, each from the version that it was read in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geoservice.catalog import Catalog
from geoservice.database.actor import Extent
from geoservice.database.models import SRID, Unit
from geoservice.database.prepare import bump_revision
from geoservice.database.tables import table_name
from geoservice.database.trail import give_reason
from geoservice.editing.checking import Checked, FieldFault, Given, Refused, checked, told
from geoservice.editing.kept import Kept
from geoservice.editing.parts import delete_parts, write_parts
from geoservice.editing.reading import Record, Row, record, with_ids
from geoservice.editing.road_nodes import node_ids
from geoservice.errors import BadRequest, Changed, Conflict, Forbidden
from geoservice.ingest.values import ValueRefusedError

MOST_CHANGES = 5000
_HOLDER = text("""
    select v.unit_id from unit_version v
    where v.level = 'township' and v.valid_to is null and v.geom && st_setsrid(st_geomfromwkb(:shape), 4490)
      and st_intersects(v.geom, st_pointonsurface(st_setsrid(st_geomfromwkb(:shape), 4490)))
    order by v.unit_id limit 1
""")
# A unit without a version is seen by nobody: its number cannot be returned.
_NEXT_UNIT = text("select nextval(pg_get_serial_sequence('geoservice.unit', 'id'))")


@dataclass(frozen=True)
class Change:
    """What becomes of one record; what is not given stays.

    Attributes
    ----------
    id
        None for a new record.
    version
        That the change starts from; for a new record it counts nothing.
    values
        Declared field to what was typed.
    geometry
        GeoJSON, longitude first, degrees of EPSG:4490; counts where `drawn`.
    unit_id
        Counts where `assigned`; else a drawn record of a township belongs where it lies.
    published
        Whether it goes to the public from now on, or no longer; None leaves it.
    """

    id: int | None = None
    version: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, Any] | None = None
    drawn: bool = False
    unit_id: int | None = None
    assigned: bool = False
    published: bool | None = None


def apply(
    connection: Connection,
    catalog: Catalog,
    kept: Kept,
    changes: Sequence[Change],
    *,
    reason: str | None,
    publishes: Extent,
    max_vertices: int,
) -> list[Record]:
    """Does all changes in the transaction of the connection; the records as they are then.

    Parameters
    ----------
    publishes
        Where whoever acts decides what is published: new records elsewhere are internal.

    Raises
    ------
    Refused
        With a fault beside each field.
    Changed
        ``records.changed`` where somebody has changed one meanwhile.
    NotFound, Conflict
        ``records.no-record``; ``records.taken`` where its key is another's.
    """
    present = _begin(connection, kept, [(one.id, one.version) for one in changes if one.id is not None], reason)
    typed = _checked(kept, catalog, changes, present, max_vertices)
    writer = _Writer(connection, kept, publishes)
    try:
        ids = [
            writer.write(change, None if change.id is None else present[change.id], values, shape)
            for change, values, shape in zip(changes, typed.values, typed.shapes, strict=True)
        ]
    except IntegrityError as error:
        raise refused(kept, error) from error
    bump_revision(connection, kept.layer.id)
    after = with_ids(connection, kept, ids)
    # Whoever moves a record out of sight does not see it afterwards.
    return [after[one] for one in ids if one in after]


def remove(
    connection: Connection, kept: Kept, named: Sequence[tuple[int, int | None]], *, reason: str | None
) -> list[Record]:
    """Takes records out, each by id and version; as they were.

    Raises
    ------
    Changed, NotFound
        As `apply`.
    Conflict
        ``records.in-use`` where others refer to one.
    """
    present = _begin(connection, kept, named, reason)
    try:
        for record_id in present:
            _take_out(connection, kept, record_id)
    except IntegrityError as error:
        raise refused(kept, error) from error
    bump_revision(connection, kept.layer.id)
    return list(present.values())


def _begin(
    connection: Connection, kept: Kept, named: Sequence[tuple[int, int | None]], reason: str | None
) -> dict[int, Record]:
    """The records as they are, locked, if each has the version that its change starts from."""
    if len(named) > MOST_CHANGES:
        raise BadRequest("records.too-many", count=len(named), most=MOST_CHANGES)
    if len({one for one, _ in named}) != len(named):
        raise BadRequest("records.twice")
    give_reason(connection, reason)
    found = with_ids(connection, kept, [one for one, _ in named], lock=True)
    for record_id, version in named:
        if record_id not in found:
            # Only what one may change can be locked; where it is not to be seen either, it is told so.
            record(connection, kept, record_id)
            raise Forbidden("access.not-allowed")
        if found[record_id].version != version:
            raise Changed("records.changed", id=record_id, name=found[record_id].values.get("name") or f"#{record_id}")
    return found


def _checked(
    kept: Kept, catalog: Catalog, changes: Sequence[Change], present: Mapping[int, Record], max_vertices: int
) -> Checked:
    faults = [fault for at, change in enumerate(changes) for fault in _unfit(kept, at, change, present)]
    shapes = []
    for at, change in enumerate(changes):
        shape, fault = _shape(change, None if change.id is None else present[change.id])
        shapes.append(shape)
        if fault is not None:
            faults.append(told(at, "geometry", fault))
    values = [{**({} if one.id is None else present[one.id].values), **one.values} for one in changes]
    drawn = [one.drawn or one.id is None for one in changes]
    return checked(kept, catalog, Given(values, shapes, drawn, faults), max_vertices=max_vertices)


def _unfit(kept: Kept, at: int, change: Change, present: Mapping[int, Record]) -> list[FieldFault]:
    """Fields that there are not, and those that a record keeps for life."""
    known = [one.name for one in kept.fields]
    faults = []
    for name, value in change.values.items():
        if name not in known:
            faults.append(told(at, name[:60], ValueRefusedError("records.no-field", known="、".join(known))))
        elif change.id is not None and name in kept.identity and value != present[change.id].values[name]:
            faults.append(told(at, name, ValueRefusedError("records.for-life")))
    return faults


def _shape(change: Change, before: Record | None) -> tuple[Any, ValueRefusedError | None]:
    given = change.geometry if change.drawn or before is None else before.geometry
    if given is None:
        return None, None
    try:
        shape = shapely.geometry.shape(dict(given))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is no geometry
        return None, ValueRefusedError("records.no-geometry")
    return (None, ValueRefusedError("import.not-finite")) if _infinite(shape) else (shape, None)


def _infinite(shape: Any) -> bool:
    return not bool(np.isfinite(shapely.get_coordinates(shape)).all())


class _Writer:
    """Writes one record and its parts."""

    def __init__(self, connection: Connection, kept: Kept, publishes: Extent) -> None:
        self._connection = connection
        self._kept = kept
        self._publishes = publishes

    def write(self, change: Change, before: Record | None, values: Mapping[str, Any], shape: Any) -> int:
        """Makes a record or changes it; its id."""
        kept = self._kept
        row = {name: values[name] for name in kept.own}
        if change.drawn or before is None:
            row["geom"] = None if shape is None else from_shape(shape, srid=SRID)
        if kept.unit is not None:
            row |= self._unit(change, before, shape)
        if kept.layer.id == "roads" and ("geom" in row or before is None or values["level"] != before.values["level"]):
            row["node_ids"] = node_ids(self._connection, shape, values["level"] or 0, own=change.id)
        row |= self._marks(change, before, row.get(kept.unit or ""))
        owner = self._insert(row) if before is None else self._update(before.id, row)
        write_parts(self._connection, kept, owner, values, {name: owner[name] for name in _MARKS})
        return int(owner["id"])

    def _unit(self, change: Change, before: Record | None, shape: Any) -> dict[str, int | None]:
        """The unit that a record names: as chosen, else where it lies now if it lay in its unit before."""
        kept = self._kept
        assert kept.unit is not None
        if change.assigned:
            return {kept.unit: change.unit_id}
        if kept.unit != "unit_id" or shape is None or not (change.drawn or before is None):
            return {} if before is not None else {kept.unit: None}
        if before is not None and before.unit_id is not None and before.geometry is not None:
            lay_in = self._holder(shapely.geometry.shape(before.geometry))
            if lay_in != before.unit_id:
                return {}
        return {kept.unit: self._holder(shape)}

    def _holder(self, shape: Any) -> int | None:
        found = self._connection.execute(_HOLDER, {"shape": shapely.to_wkb(shape)}).scalar()
        return None if found is None else int(found)

    def _marks(self, change: Change, before: Record | None, unit: int | None) -> dict[str, Any]:
        """Level and publication: a new record goes to the public only where whoever acts decides that."""
        if before is not None:
            if change.published is None:
                return {}
            return {"published": change.published, "classification": "public" if change.published else "internal"}
        declared = self._kept.layer.publication
        wished = declared.published if change.published is None else change.published
        may = self._publishes.everywhere or (unit is not None and unit in self._publishes.units)
        public = wished and may
        return {
            "published": public,
            "classification": "public" if public else "internal",
            "schematic": self._schematic(),
        }

    def _schematic(self) -> bool:
        """What is made among schematic records (示意数据) is schematic: they are never mixed with real ones."""
        held = select(self._kept.table.c.id).where(self._kept.table.c.schematic)
        return bool(self._connection.execute(select(held.exists())).scalar_one())

    def _insert(self, row: dict[str, Any]) -> Row:
        kept = self._kept
        if "key" in row and row["key"] is None:
            row["key"] = f"desk.{token_hex(8)}"
        if kept.layer.id == "units":
            row["unit_id"] = self._connection.execute(_NEXT_UNIT).scalar_one()
            self._connection.execute(insert(Unit).values(id=row["unit_id"]))
            row["source"] = row["source"] or "desk"
        if kept.layer.id == "places" and row["rank"] is None:
            row["rank"] = kept.layer.field("rank").default
        return self._connection.execute(insert(kept.table).values(row).returning(*_columns(kept))).mappings().one()

    def _update(self, record_id: int, row: Mapping[str, Any]) -> Row:
        kept = self._kept
        statement = update(kept.table).where(kept.table.c.id == record_id).values(row).returning(*_columns(kept))
        found = self._connection.execute(statement).mappings().first()
        if found is None:
            raise Forbidden("access.not-allowed")
        return found


_MARKS = ("classification", "published", "schematic")


def _columns(kept: Kept) -> list[Any]:
    return [kept.table.c[name] for name in ("id", *_MARKS, *(part.of for part in kept.parts if part.of != "id"))]


_UNIT_USED = text("""
    select used from unit_version v cross join lateral (
        select 'facility' as used from facility r where r.unit_id = v.unit_id
        union all select 'community' from community r where r.unit_id = v.unit_id
        union all select 'place' from place r where r.unit_id = v.unit_id
        union all select 'unit_version' from unit_version r where r.parent_id = v.unit_id
        union all select 'naming_case' from naming_case r where r.unit_id = v.unit_id
    ) u where v.id = :id and not exists (select from unit_version o where o.unit_id = v.unit_id and o.id <> v.id) limit 1
""")
# A code goes with the last version of its unit, so that it can be given again.
_UNIT_CODES = text("""
    delete from unit_code c using unit_version v where v.id = :id and c.unit_id = v.unit_id
      and not exists (select from unit_version o where o.unit_id = v.unit_id and o.id <> v.id)
""")


def _take_out(connection: Connection, kept: Kept, record_id: int) -> None:
    if kept.layer.id == "units":
        used = connection.execute(_UNIT_USED, {"id": record_id}).scalar()
        if used is not None:
            raise _in_use(used)
        connection.execute(_UNIT_CODES, {"id": record_id})
    delete_parts(connection, kept, record_id)
    gone = connection.execute(delete(kept.table).where(kept.table.c.id == record_id))
    if not gone.rowcount:
        raise Forbidden("access.not-allowed")


def _in_use(table: str) -> Conflict:
    return Conflict("records.in-use", what=table_name(table))


def refused(kept: Kept, error: IntegrityError) -> Exception:
    """What the database refuses, in words."""
    state = getattr(error.orig, "sqlstate", None)
    diagnosis = getattr(error.orig, "diag", None)
    constraint = str(getattr(diagnosis, "constraint_name", None) or "-")
    if state == "23503":
        return _in_use(str(getattr(diagnosis, "table_name", None) or "-"))
    if state in ("23505", "23P01"):
        return Conflict("records.taken", fields="、".join(kept.identity), constraint=constraint)
    return Refused([told(0, "", ValueRefusedError("records.constraint", constraint=constraint))])
