"""Records that lie where they should not: outside the county, in another township, off the roads, twice in one spot."""

from __future__ import annotations

from geoservice.editing.quality.checks.sql import (
    boxed,
    counts,
    finding,
    first,
    metres,
    name,
    near_by,
    records,
    single,
    spans,
    within,
)
from geoservice.editing.quality.declared import Check
from geoservice.ingest.load.registered_twice import PAIRS

POINTS = ("facilities", "communities", "places")
STANDING = ("facilities", "communities")
_COUNTY = f"from unit_version c where c.level = 'county' and {spans('c')}"


def _outside(layer: str) -> str:
    inside = f"select {_COUNTY} and c.geom && r.geom and st_intersects(c.geom, r.geom)"
    return single(
        layer, f"r.geom is not null and exists (select {_COUNTY} and c.geom is not null) and not exists ({inside})"
    )


def _elsewhere(layer: str) -> str:
    """Records whose unit is not the one they lie in; of a line or an area a point on it counts."""
    spotted = (
        f"(select r.id, r.unit_id, {name(layer)} as name, case st_dimension(r.geom) when 0 then r.geom"
        f" else st_pointonsurface(r.geom) end as spot from {records(layer)} where r.geom is not null offset 0) r"
    )
    here = (
        "left join lateral (select w.name from unit_version w where w.geom && r.spot and w.level = v.level"
        f" and {spans('w')} and w.unit_id <> v.unit_id and st_intersects(w.geom, r.spot)"
        " order by w.id limit 1) h on true"
    )
    return finding(
        f"from {spotted} join unit_version v on v.unit_id = r.unit_id and v.level = 'township' and {spans('v')} {here}"
        " where v.geom is not null and not (v.geom && r.spot and st_intersects(v.geom, r.spot))",
        ids="array[r.id]",
        names="array[r.name]",
        shape="r.spot",
        value="v.name",
        other="h.name",
    )


_USABLE = ":access = any(d.modes) and d.class <> all(:barred)"


def _off_road(layer: str) -> str:
    """Away from every road that the mode may use.

    The nearest by degrees is not always the nearest by metres, but bounds it: of what lies within its distance the
    least counts.
    """
    # A degree is never longer than 112 km: near in the plane is near, and that is told in no time.
    close = f"st_dwithin(d.geom, r.geom, :off_road_m / 112000.0) or {near_by('d', 'r', ':off_road_m')}"
    near = f"select from road d where d.geom && r.box and {_USABLE} and ({close}) offset 0"
    standing = boxed(f"{records(layer)} where r.geom is not null", ":off_road_m")
    lonely = (
        "(select r.id, r.name, r.geom, (select st_distance(d.geom::geography, r.geom::geography) from road d"
        f" where {_USABLE} order by d.geom <-> r.geom limit 1) as most"
        f" from (select r.* from {standing} where not exists ({near}) offset 0) r offset 0) r"
    )
    away = (
        f"cross join lateral (select min({metres('d.geom', 'r.geom')}) as m from road d"
        f" where d.geom && r.box and {_USABLE} offset 0) a"
    )
    return finding(
        f"from {boxed(lonely, '(r.most + 1)')} {away} where a.m > :off_road_m",
        ids="array[r.id]",
        names=f"array[{name(layer)}]",
        shape="r.geom",
        length_m="a.m",
    )


def _same_name(layer: str) -> str:
    """One name several times in one township."""
    return finding(
        f"from {records(layer)} where r.unit_id is not null group by r.name, r.unit_id having count(*) > 1",
        ids=first("r.id", "r.id"),
        names=first("r.name", "r.id"),
        shape="st_collect(r.geom)",
        pieces="count(*)",
    )


def _twins() -> str:
    """One name and type close by, under two townships or none.

    The type is written so that its index does not serve: it would be read for each record, as a whole.
    """
    other = (
        f"(select o.id, o.name, o.geom from facility o where {within('o', 'r', ':near_m')} and o.id > r.id"
        " and o.name = r.name and o.type || '' = r.type and (o.unit_id is null or o.unit_id is distinct from r.unit_id)"
        f" and {counts('facilities', 'o')} offset 0) o"
    )
    # Most names are given once: only the others are sought around.
    standing = (
        f"{records('facilities')} join (select o.name, o.type from facility o group by o.name, o.type having count(*) > 1) d"
        " on d.name = r.name and d.type = r.type"
    )
    return finding(
        f"from {boxed(standing, ':near_m')} cross join lateral {other}",
        ids="array[r.id, o.id]",
        names="array[r.name, o.name]",
        shape="st_collect(r.geom, o.geom)",
        length_m=metres("r.geom", "o.geom"),
    )


def _same_spot(layer: str) -> str:
    kind = {"facilities": ", r.type", "places": ", r.class_code"}.get(layer, "")
    return finding(
        f"from {records(layer)} where r.geom is not null and st_dimension(r.geom) = 0"
        f" group by r.geom{kind} having count(*) > 1",
        ids=first("r.id", "r.id"),
        names=first(name(layer), "r.id"),
        shape="r.geom",
        pieces="count(*)",
    )


def _registered_twice() -> str:
    """A village and its organisation that nobody has linked."""
    return finding(
        f"from ({PAIRS}) t join place r on r.id = t.body_id join place o on o.id = t.unit_id where not t.linked",
        ids="array[r.id, o.id]",
        names=f"array[{name('places')}, {name('places', 'o')}]",
        shape="st_collect(r.geom, o.geom)",
        length_m="t.distance_m",
        value=name("places", "o"),
    )


def _ended_unit(layer: str) -> str:
    present = f"select from unit_version v where v.unit_id = r.unit_id and {spans('v')}"
    return single(layer, f"r.unit_id is not null and not exists ({present})")


CHECKS: tuple[Check, ...] = (
    *(
        Check("outside-county", layer, "error" if layer in STANDING else "warning", "geometry", _outside(layer))
        for layer in POINTS
    ),
    *(
        Check("other-township", layer, "warning" if layer in STANDING else "hint", "unit", _elsewhere(layer))
        for layer in POINTS
    ),
    *(Check("off-road", layer, "warning", "geometry", _off_road(layer), limit="off_road_m") for layer in STANDING),
    *(Check("same-name", layer, "warning", "name", _same_name(layer)) for layer in STANDING),
    Check("registered-twice", "places", "hint", "code", _registered_twice()),
    Check("twin", "facilities", "warning", "name", _twins(), limit="near_m"),
    *(Check("same-spot", layer, "hint", "geometry", _same_spot(layer)) for layer in POINTS),
    *(Check("ended-unit", layer, "warning", "unit", _ended_unit(layer), whole=True) for layer in POINTS),
    *(Check("no-unit", layer, "warning", "unit", single(layer, "r.unit_id is null")) for layer in STANDING),
)
