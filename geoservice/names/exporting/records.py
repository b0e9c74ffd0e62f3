"""Places with all their names as the rows that an import takes, by the headers of the census."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from geoservice.access.release import PUBLIC, Release
from geoservice.catalog import Catalog, FieldDeclaration
from geoservice.database.filters import in_force
from geoservice.database.models import Place, PlaceName, UnitCode, UnitVersion
from geoservice.database.models.base import Classified
from geoservice.ingest.dated_names import dated_name
from geoservice.ingest.load.places import OTHER_KINDS

INTERNAL = "internal"
# Who registered a place, and what was noted for the office, is nobody else's business.
OFFICE_ONLY = frozenset({"remark", "registered_on", "registered_by", "registered_office"})
# Where the census says it in another word than the declaration.
CENSUS_HEADS = {"class_code": "类别", "valid_from": "命名时间"}
_OF_THE_NAME = ("name", "reading", "reading_source", "romanisation", "valid_from", "valid_to")
_COLUMNS = {name for name in Place.__table__.columns.keys() if name not in ("id", "version", "geom_3857")}  # noqa: SIM118


@dataclass(frozen=True)
class Exported:
    """What leaves.

    Attributes
    ----------
    heads
        Names of declared fields to their headers.
    rows
        One a place, by the names of fields, with ``classification`` and ``published``.
    shapes
        Their geometries (EPSG:4490, longitude first); None where nobody has drawn the place.
    left_out
        Places that may be told but have no standard name that may.
    torn
        Names that hold a separator, such as A/B: an import takes them for several.
    """

    heads: dict[str, str]
    rows: list[dict[str, Any]]
    shapes: list[Any]
    left_out: int
    torn: tuple[str, ...]
    release: Release


def export_places(
    connection: Connection, catalog: Catalog, *, day: date, internal: bool = False, units: Sequence[int] | None = None
) -> Exported:
    """The places of the registry, each a row.

    Parameters
    ----------
    day
        The day that the standard name and the unit hold for.
    internal
        Whether what is for the office only goes out too; without it nothing does but what is public and published.
    units
        Only places of these units; all by default.
    """
    fields = [one for one in catalog.layers["places"].fields if internal or one.name not in OFFICE_ONLY]
    names = _names(connection, internal=internal)
    places = _places(connection, day, internal=internal, units=units)
    told = [(place, named) for place in places if (named := _standard(names.get(place["id"], []), day))]
    rows = [_row(place, named, names[place["id"]], fields, catalog) for place, named in told]
    classified = INTERNAL if any(row["classification"] != PUBLIC for row in rows) else PUBLIC
    schematic = any(place["schematic"] for place, _ in told)
    torn = [one["name"] for place, named in told for one in _others(names[place["id"]], named) if _is_torn(one)]
    return Exported(
        {one.name: CENSUS_HEADS.get(one.name, one.title.zh) for one in fields},
        rows,
        [None if place["shape"] is None else shapely.from_wkb(bytes(place["shape"])) for place, _ in told],
        len(places) - len(told),
        tuple(dict.fromkeys(torn)),
        Release(day, classified, schematic, drawn=False),
    )


def _places(connection: Connection, day: date, *, internal: bool, units: Sequence[int] | None) -> list[Any]:
    code = (
        select(UnitCode.code)
        .join(UnitVersion, UnitVersion.unit_id == UnitCode.unit_id)
        .where(UnitVersion.unit_id == Place.unit_id, UnitVersion.level == "township", in_force(UnitVersion, day))
        .where(UnitCode.system == "mca", in_force(UnitCode, day), _may_leave(UnitVersion, internal=internal))
        .order_by(UnitCode.code)
        .limit(1)
        .scalar_subquery()
    )
    columns = [getattr(Place, name) for name in sorted(_COLUMNS - {"geom"})]
    statement = (
        select(
            Place.id,
            Place.schematic,
            *columns,
            code.label("township_code"),
            func.ST_AsBinary(Place.geom).label("shape"),
        )
        .where(_may_leave(Place, internal=internal), true() if units is None else Place.unit_id.in_(units))
        .order_by(Place.id)
    )
    return list(connection.execute(statement).mappings())


def _names(connection: Connection, *, internal: bool) -> dict[int, list[Any]]:
    statement = (
        select(
            PlaceName.place_id,
            PlaceName.kind,
            PlaceName.classification,
            PlaceName.published,
            *(getattr(PlaceName, name) for name in _OF_THE_NAME),
        )
        .where(_may_leave(PlaceName, internal=internal))
        .order_by(PlaceName.place_id, PlaceName.id)
    )
    found: dict[int, list[Any]] = {}
    for row in connection.execute(statement).mappings():
        found.setdefault(row["place_id"], []).append(row)
    return found


def _may_leave(table: type[Classified], *, internal: bool) -> ColumnElement[bool]:
    if internal:
        return table.classification.in_((PUBLIC, INTERNAL))
    return and_(table.published, table.classification == PUBLIC)


def _standard(names: Sequence[Any], day: date) -> Any:
    """The standard name in force, else the one that was the last; None where there is none."""
    standard = [one for one in names if one["kind"] == "standard"]

    def late(one: Any) -> tuple[bool, date, date]:
        end = one["valid_to"] or date.max
        start = one["valid_from"] or date.min
        return start <= day < end, end, start

    return max(standard, key=late, default=None)


def _others(names: Sequence[Any], standard: Any) -> list[Any]:
    return [one for one in names if one is not standard]


def _is_torn(name: Any) -> bool:
    return any(mark in name["name"] for mark in ";；、,，|/")


def _row(
    place: Any, standard: Any, names: Sequence[Any], fields: Sequence[FieldDeclaration], catalog: Catalog
) -> dict[str, Any]:
    values = {**place, **{name: standard[name] for name in _OF_THE_NAME}}
    others = _others(names, standard)
    for field, kind in OTHER_KINDS.items():
        here = [dated_name(one) for one in others if one["kind"] == kind]
        earlier = [dated_name(one) for one in others if one["kind"] == "standard"] if kind == "former" else []
        values[field] = "；".join([*earlier, *here]) or None
    records = (place, standard, *others)
    inside = any(one["classification"] != PUBLIC for one in records)
    return {
        **{one.name: _told(values.get(one.name), one, catalog) for one in fields},
        "classification": INTERNAL if inside else PUBLIC,
        "published": all(one["published"] for one in records),
    }


def _told(value: Any, field: FieldDeclaration, catalog: Catalog) -> Any:
    """A code by its Chinese word, but for the class, which people sort by its number."""
    if value is None or field.codes is None or field.name == "class_code":
        return value.isoformat() if isinstance(value, date) else value
    entry = next((one for one in catalog.codes[field.codes].entries if one.code == value), None)
    return value if entry is None else entry.title.zh
