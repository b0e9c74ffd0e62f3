"""What a case has come to, written into the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from secrets import token_hex
from types import MappingProxyType
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import Connection, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.exc import IntegrityError

from geoservice.catalog import Catalog
from geoservice.database.models import SRID, CaseName, Place, PlaceName
from geoservice.database.prepare import bump_revision
from geoservice.errors import Conflict, Forbidden
from geoservice.ingest.load.places import name_row
from geoservice.names.cases.announcing import spelling_of
from geoservice.names.cases.reading import Case, Name, Situation
from geoservice.names.cases.steps import DECISION

LAYER = "places"
_TOWNSHIP = text("""
    select case when own.level = 'township' then own.unit_id else coalesce(
        (select v.unit_id from unit_version v
         where v.level = 'township' and v.valid_to is null and v.geom && cast(:shape as geometry)
           and st_intersects(v.geom, st_pointonsurface(cast(:shape as geometry))) order by v.unit_id limit 1),
        own.unit_id) end
    from unit_version own where own.unit_id = :unit order by own.valid_from desc nulls last limit 1
""")
_PUBLISH = text("select geoservice.publish_entered(:case)")


def enter(connection: Connection, catalog: Catalog, found: Situation) -> None:
    """Writes every approved name of a case into the registry, from the day of the approval on.

    A naming makes a place with its standard name; a renaming closes the old standard name, keeps it as a former one
    and begins the new; a retirement closes all names; an extent change draws the place anew. The case is entered
    already: what was announced is published with it.

    Raises
    ------
    Conflict
        ``cases.registry-changed`` where the place is no longer what the case was about.
    Forbidden
        Where whoever acts may not write there.
    """
    day = found.case.taken[DECISION]
    for name in found.kept_names:
        try:
            _ENTRIES[found.case.kind](connection, found.case, name, day)
        except IntegrityError as error:
            raise Conflict("cases.registry-changed", name=name.effective) from error
    if catalog.layers[LAYER].publication.published:
        connection.execute(_PUBLISH, {"case": found.case.id})
    bump_revision(connection, LAYER)


def _name(connection: Connection, case: Case, name: Name, day: date) -> None:
    """A new place."""
    unit = connection.execute(_TOWNSHIP, {"unit": case.unit_id, "shape": name.shape}).scalar_one()
    marks = {"classification": "internal", "published": False, "schematic": _among_schematic(connection)}
    statement = insert(Place).values(
        key=f"case.{case.id}.{name.id}.{token_hex(4)}",
        class_code=name.class_code,
        unit_id=unit,
        rank=5,
        geom=None if name.shape is None else WKBElement(name.shape, srid=SRID, extended=True),
        **marks,
    )
    place_id = connection.execute(statement.returning(Place.id)).scalar_one()
    _standard(connection, case, name, place_id, day, marks)


def _rename(connection: Connection, case: Case, name: Name, day: date) -> None:
    """Another standard name of a place that there is."""
    old = _in_force(connection, name)
    if old["valid_from"] is not None and old["valid_from"] >= day:
        raise Conflict("cases.registry-changed", name=name.old_name)
    connection.execute(update(PlaceName).where(PlaceName.id == old["id"]).values(valid_to=day))
    kept = {column: old[column] for column in _KEPT}
    marks = {"classification": "internal", "published": False, "schematic": old["schematic"]}
    former = {"place_id": name.place_id, "kind": "former", "valid_from": old["valid_from"], "valid_to": day}
    # It may be known as a former name already.
    connection.execute(postgresql_insert(PlaceName).values(**kept, **former, **marks).on_conflict_do_nothing())
    assert name.place_id is not None
    _standard(connection, case, name, name.place_id, day, marks)


def _retire(connection: Connection, _: Case, name: Name, day: date) -> None:
    """No name of the place is in force any longer."""
    _in_force(connection, name)
    statement = update(PlaceName).where(
        PlaceName.place_id == name.place_id, PlaceName.valid_to.is_(None), PlaceName.kind != "former"
    )
    done = connection.execute(
        statement.where(or_(PlaceName.valid_from.is_(None), PlaceName.valid_from < day)).values(valid_to=day)
    )
    if not done.rowcount:
        raise Conflict("cases.registry-changed", name=name.old_name)


def _redraw(connection: Connection, _: Case, name: Name, __: date) -> None:
    """The place lies elsewhere, or reaches further."""
    _in_force(connection, name)
    assert name.shape is not None
    shape = WKBElement(name.shape, srid=SRID, extended=True)
    done = connection.execute(update(Place).where(Place.id == name.place_id).values(geom=shape))
    if not done.rowcount:
        raise Forbidden("access.not-allowed")


_ENTRIES: Mapping[str, Callable[[Connection, Case, Name, date], None]] = MappingProxyType(
    {"naming": _name, "renaming": _rename, "retirement": _retire, "extent": _redraw}
)
_KEPT = (
    "name", "specific", "generic", "reading", "reading_source", "romanisation", "pinyin", "tones", "initials", "grams",
    "alike_keys",
)  # fmt: skip


def _in_force(connection: Connection, name: Name) -> Mapping[Any, Any]:
    """The standard name that the case was about, locked."""
    table = PlaceName.__table__
    statement = (
        select(table)
        .where(PlaceName.place_id == name.place_id, PlaceName.kind == "standard", PlaceName.valid_to.is_(None))
        .with_for_update()
    )
    found = [row for row in connection.execute(statement).mappings() if row["name"] == name.old_name]
    if len(found) != 1:
        raise Conflict("cases.registry-changed", name=name.old_name or name.name)
    return found[0]


def _standard(
    connection: Connection, case: Case, name: Name, place_id: int, day: date, marks: Mapping[str, Any]
) -> None:
    """Begins a standard name; the case remembers it."""
    reading = name.effective_reading
    row = name_row(name.effective, reading, spelling_of(case, name), name.class_code, "approved")
    statement = insert(PlaceName).values(place_id=place_id, kind="standard", valid_from=day, **row, **marks)
    name_id = connection.execute(statement.returning(PlaceName.id)).scalar_one()
    kept = {"place_id": place_id, "entered_name_id": name_id}
    connection.execute(update(CaseName).where(CaseName.id == name.id).values(**kept))


def _among_schematic(connection: Connection) -> bool:
    """What is made among schematic records (示意数据) is schematic."""
    return bool(connection.execute(select(select(Place.id).where(Place.schematic).exists())).scalar_one())
