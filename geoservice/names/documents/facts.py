"""What a paper says of the names of a case beyond the case itself: where they lie, how long they are, what the registry holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from geoservice.names.cases.reading import Case

# The townships that a name lies in on a day, after their county.
_UNITS = text("""
    select n.id, string_agg(coalesce(c.name, '') || v.name, '、' order by v.unit_id) as units
    from case_name n left join place p on p.id = n.place_id
    join unit_version v on v.level = 'township' and (v.valid_from is null or v.valid_from <= :day)
        and (v.valid_to is null or v.valid_to > :day)
        and v.geom && coalesce(n.geom, p.geom) and st_intersects(v.geom, coalesce(n.geom, p.geom))
    left join unit_version c on c.unit_id = v.parent_id and c.level = 'county'
        and (c.valid_from is null or c.valid_from <= :day) and (c.valid_to is null or c.valid_to > :day)
    where n.case_id = :case
    group by n.id
""")
# Sizes on the ellipsoid. Once a case is entered its place has the new extent: the one before is no longer told apart.
_SIZES = text("""
    select n.id, n.geom is null as as_the_place, coalesce(p.schematic, false) as schematic, s.romanisation,
        case when not st_equals(n.geom, p.geom) then st_ashexewkb(p.geom) end as before,
        st_dimension(coalesce(n.geom, p.geom)) as dimension,
        st_length(coalesce(n.geom, p.geom)::geography) as length_m, st_area(coalesce(n.geom, p.geom)::geography) as area_m2,
        st_dimension(p.geom) as dimension_before,
        st_length(p.geom::geography) as length_before_m, st_area(p.geom::geography) as area_before_m2,
        array[st_xmin(e.box), st_ymin(e.box), st_xmax(e.box), st_ymax(e.box)] as bounds
    from case_name n left join place p on p.id = n.place_id
    cross join lateral (select st_envelope(coalesce(n.geom, p.geom)) as box) e
    left join lateral (
        select romanisation from place_name s where s.place_id = p.id and s.kind in ('standard', 'former')
            and s.name = coalesce(n.old_name, n.name)
        order by s.kind = 'standard' desc, s.valid_from desc nulls last limit 1
    ) s on true
    where n.case_id = :case
""")
_LEVEL = text("select classification from naming_case where id = :case")


@dataclass(frozen=True)
class Size:
    """How large a name's shape is; a point has no size."""

    length_m: float | None = None
    area_m2: float | None = None


@dataclass(frozen=True)
class NameFacts:
    """Of one name.

    Attributes
    ----------
    units
        Townships that it lies in; empty where none is known.
    registered_spelling
        Of the standard name that there is already.
    before
        Hexadecimal EWKB, EPSG:4490, of where the place lies until now; None where that is the same, or nowhere.
    bounds
        West, south, east, north in degrees.
    """

    units: str = ""
    registered_spelling: str = ""
    before: str | None = None
    size: Size = Size()
    size_before: Size = Size()
    bounds: tuple[float, float, float, float] | None = None
    schematic: bool = False


@dataclass(frozen=True)
class Facts:
    """Of a case: its classification, and of its names by id."""

    classification: str
    names: Mapping[int, NameFacts]


def read_facts(connection: Connection, case: Case, day: date) -> Facts:
    """What is kept of the names of a case, with the units of a day."""
    units = {row.id: row.units for row in connection.execute(_UNITS, {"case": case.id, "day": day})}
    found = {}
    for row in connection.execute(_SIZES, {"case": case.id}):
        bounds = None if None in row.bounds else tuple(row.bounds)
        found[row.id] = NameFacts(
            units=units.get(row.id, ""),
            registered_spelling=row.romanisation or "",
            before=row.before if case.kind == "extent" else None,
            size=_size(row.dimension, row.length_m, row.area_m2),
            size_before=Size()
            if row.before is None
            else _size(row.dimension_before, row.length_before_m, row.area_before_m2),
            bounds=bounds,
            schematic=row.schematic,
        )
    level = connection.execute(_LEVEL, {"case": case.id}).scalar_one()
    return Facts(classification=level, names=found)


def _size(dimension: int | None, length_m: float | None, area_m2: float | None) -> Size:
    return Size(length_m=length_m if dimension == 1 else None, area_m2=area_m2 if dimension == 2 else None)
