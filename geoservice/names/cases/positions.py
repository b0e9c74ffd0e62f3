"""Where the names of a case lie, and the places that they are about."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.errors import BadInput
from geoservice.names.clashes.searching import codes_of

# The county of the unit, where its outline is known; else the unit itself.
_OUTSIDE = text("""
    with recursive above as (
        select v.unit_id, v.parent_id, v.level, v.name, v.geom from unit_version v
        where v.unit_id = :unit and v.valid_to is null
        union all
        select v.unit_id, v.parent_id, v.level, v.name, v.geom from above a join unit_version v on v.unit_id = a.parent_id
        where v.valid_to is null
    )
    select name, not (geom && cast(:shape as geometry) and st_intersects(geom, cast(:shape as geometry))) as outside
    from above where geom is not null
    order by array_position(array['county', 'township', 'prefecture', 'province'], level) limit 1
""")
_PLACE = text("""
    with recursive below as (
        select cast(:unit as bigint) as unit_id
        union select v.unit_id from below b join unit_version v on v.parent_id = b.unit_id
    )
    select p.class_code, n.name, (p.unit_id is null or p.unit_id in (select unit_id from below)) as here
    from place p left join place_name n on n.place_id = p.id and n.kind = 'standard' and n.valid_to is null
    where p.id = :place order by n.valid_from desc nulls last, n.id limit 1
""")
_UNIT = text("select 1 from unit_version where unit_id = :unit limit 1")


@dataclass(frozen=True)
class Standing:
    """A place that there is: its class and its standard name in force."""

    class_code: str
    name: str


def refuse_unknown_unit(connection: Connection, unit_id: int) -> None:
    """Refuses a unit that there is not.

    Raises
    ------
    BadInput
        ``cases.no-unit``
    """
    if connection.execute(_UNIT, {"unit": unit_id}).first() is None:
        raise BadInput("cases.no-unit", id=unit_id)


def refuse_outside(connection: Connection, unit_id: int, shape: str | None, name: str) -> None:
    """Refuses a position outside of the county that a case belongs to.

    Parameters
    ----------
    shape
        Hexadecimal EWKB, EPSG:4490; None passes, and so does any where no outline is known.

    Raises
    ------
    BadInput
        ``cases.outside``
    """
    if shape is None:
        return
    row = connection.execute(_OUTSIDE, {"unit": unit_id, "shape": shape}).first()
    if row is not None and row.outside:
        raise BadInput("cases.outside", name=name, unit=row.name)


def standing_place(
    connection: Connection, catalog: Catalog, place_id: int, *, unit_id: int, name_kind: str
) -> Standing:
    """A place that a case may be about.

    Raises
    ------
    BadInput
        ``cases.no-place`` where it is not seen or has no standard name in force, ``cases.place-elsewhere`` where it
        lies in another unit, ``cases.place-of-other-kind`` where its names are of another kind.
    """
    row = connection.execute(_PLACE, {"place": place_id, "unit": unit_id}).first()
    if row is None or row.name is None:
        raise BadInput("cases.no-place", id=place_id)
    if not row.here:
        raise BadInput("cases.place-elsewhere", name=row.name)
    known = codes_of(catalog, name_kind)
    if row.class_code not in known:
        raise BadInput("cases.place-of-other-kind", name=row.name, code=row.class_code, known="、".join(known))
    return Standing(row.class_code, row.name)


def class_code_of(catalog: Catalog, name_kind: str, given: str | None) -> str:
    """The class of a new place: as given, else the usual one of its kind.

    Raises
    ------
    BadInput
        ``cases.no-class``
    """
    known = codes_of(catalog, name_kind)
    if given is not None and given not in known:
        raise BadInput("cases.no-class", code=given, known="、".join(known))
    return given or known[0]
