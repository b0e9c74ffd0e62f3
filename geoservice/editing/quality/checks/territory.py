"""Units: outlines that overlap, leave gaps, lack, or reach beyond the unit above; codes and parents that do not fit."""

from __future__ import annotations

from geoservice.editing.quality.checks.sql import area, finding, first, records, single, spans
from geoservice.editing.quality.declared import Check

_POLYGONS = "st_collectionextract(st_intersection(a.geom, b.geom), 3)"


def _overlaps() -> str:
    """The land that two units of one level both claim, a finding a pair.

    The pair is sought by the index of the second: the first stands alone outside the lateral subquery.
    """
    other = (
        f"(select b.id, b.name, b.geom from unit_version b where b.geom && a.geom and b.id > a.id"
        f" and b.unit_id <> a.unit_id and b.level = a.level and {spans('b')} and st_intersects(b.geom, a.geom) offset 0) b"
    )
    source = (
        f"from {records('units', 'a')} cross join lateral {other}"
        f" cross join lateral (select st_collect(p.geom) as geom, sum({area('p.geom')}) as size, count(*) as pieces"
        f" from st_dump({_POLYGONS}) p where {area('p.geom')} >= :gap_m2) p where p.pieces > 0"
    )
    return finding(
        source,
        ids="array[a.id, b.id]",
        names="array[a.name, b.name]",
        shape="p.geom",
        area_m2="p.size",
        pieces="p.pieces",
    )


_CHILDREN = f"(select st_union(t.geom) from unit_version t where t.parent_id = c.unit_id and {spans('t')})"
# Of a unit with an outline what none of the units below it claims; of one without, what they enclose between them.
_GAPS = f"""
    parents as (
        select c.unit_id, c.geom, {_CHILDREN} as filled from {records("units", "c")} where c.unit_id in
            (select t.parent_id from unit_version t where t.geom is not null and {spans("t")})
    ),
    gaps as (
        select p.unit_id, d.geom from parents p
            cross join lateral st_dump(st_collectionextract(st_difference(p.geom, p.filled), 3)) d
            where p.geom is not null
        union all
        select p.unit_id, st_makepolygon(st_exteriorring(g.geom)) from parents p
            cross join lateral st_dump(p.filled) d cross join lateral st_dumprings(d.geom) g
            where p.geom is null and g.path[1] > 0
    ),
    beside as (
        select g.unit_id, g.geom, {area("g.geom")} as size, n.ids, n.names from gaps g
            cross join lateral (
                select array_agg(t.id order by t.id) as ids, array_agg(t.name order by t.id) as names from (
                    select t.id, t.name from unit_version t where t.geom && g.geom and t.parent_id = g.unit_id
                        and {spans("t")} and st_intersects(t.geom, g.geom) offset 0) t
            ) n
            where {area("g.geom")} >= :gap_m2
    )
"""


def _gaps() -> str:
    """The land that no unit claims, a finding for each set of neighbours; with none the unit above is named."""
    above = f"(select c.{{}} from unit_version c where c.unit_id = b.unit_id and {spans('c')} limit 1)"
    body = finding(
        "from beside b group by b.unit_id, b.ids, b.names",
        ids=f"coalesce(b.ids, array[{above.format('id')}])",
        names=f"coalesce(b.names, array[{above.format('name')}])",
        shape="st_collect(b.geom)",
        area_m2="sum(b.size)",
        pieces="count(*)",
    )
    return f"with {_GAPS} {body}"


_PARENT = f"join unit_version u on u.unit_id = r.parent_id and {spans('u')}"
_BEYOND = "st_collectionextract(st_difference(r.geom, u.geom), 3)"
_RANK = "array_position(array['province', 'prefecture', 'county', 'township'], {}.level)"
_CODE = "join unit_code k on k.unit_id = r.unit_id and k.system in ('mca', 'nbs')"
_DIGITS = "case r.level when 'township' then '^[0-9]{9}([0-9]{3})?$' else '^[0-9]{6}([0-9]{3})?([0-9]{3})?$' end"
_ABOVE_CODE = (
    "join unit_code l on l.unit_id = r.parent_id and l.system = k.system and l.edition = k.edition"
    " and length(l.code) >= 6"
)


CHECKS: tuple[Check, ...] = (
    Check("overlap", "units", "error", "geometry", _overlaps(), limit="gap_m2"),
    Check("gap", "units", "error", "geometry", _gaps(), limit="gap_m2", whole=True),
    Check(
        "beyond-parent", "units", "warning", "geometry",
        single("units", f"r.geom && u.geom and not st_coveredby(r.geom, u.geom) and {area('d.geom')} >= :gap_m2",
               joins=f"{_PARENT} cross join lateral (select {_BEYOND} as geom) d",
               shape="d.geom", area_m2=area("d.geom"), other="u.name")
        + " union all "
        + single("units", "not r.geom && u.geom", joins=_PARENT, area_m2=area("r.geom"), other="u.name"),
        limit="gap_m2",
    ),
    Check(
        "too-large", "units", "warning", "geometry",
        single("units", f"r.level = 'township' and {area('r.geom')} > :large_unit_km2 * 1e6", area_m2=area("r.geom")),
        limit="large_unit_km2",
    ),
    Check("no-outline", "units", "hint", "geometry", single("units", "r.geom is null")),
    Check(
        "no-parent", "units", "warning", "unit",
        single("units", "r.level = 'township' and r.parent_id is null"),
    ),
    Check(
        "ended-parent", "units", "error", "unit",
        single("units", "r.parent_id is not null and not exists"
               f" (select from unit_version u where u.unit_id = r.parent_id and {spans('u')})"),
        whole=True,
    ),
    Check(
        "wrong-level", "units", "error", "unit",
        single("units", f"{_RANK.format('u')} >= {_RANK.format('r')}", joins=_PARENT, value="r.level", other="u.name"),
    ),
    Check(
        "code-form", "units", "warning", "code",
        single("units", f"k.code !~ ({_DIGITS})", joins=_CODE, value="k.code"),
    ),
    Check(
        "code-parent", "units", "warning", "unit",
        single("units", "r.level = 'township' and left(k.code, 6) <> left(l.code, 6)",
               joins=f"{_CODE} {_ABOVE_CODE}", value="k.code", other="l.code"),
    ),
    Check(
        "same-name", "units", "warning", "name",
        finding(f"from {records('units')} group by r.name, r.level, r.parent_id having count(*) > 1",
                ids=first("r.id", "r.id"), names=first("r.name", "r.id"), shape="st_collect(r.geom)", pieces="count(*)"),
    ),
)  # fmt: skip
