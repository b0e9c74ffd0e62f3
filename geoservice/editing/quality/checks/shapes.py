"""Geometry that is doubtful by itself."""

from __future__ import annotations

from geoservice.editing.quality.checks.sql import area, finding, name, records, single
from geoservice.editing.quality.declared import Check

AREAS = ("units", "built_up")
LINES = ("roads", "railways", "walls")
DRAWN = ("units", "built_up", "water", *LINES)


def _invalid(layer: str) -> str:
    """The tables refuse invalid geometry; a newer GEOS may judge otherwise than the one that let it in."""
    return single(layer, "not st_isvalid(r.geom)", value="st_isvalidreason(r.geom)")


def _touching(layer: str) -> str:
    """Rings that meet themselves or each other; lines that cross themselves."""
    line = "case st_dimension(r.geom) when 2 then st_boundary(r.geom) else r.geom end"
    return single(layer, f"not st_issimple({line})")


def _repeated(layer: str) -> str:
    doubled = "st_npoints(r.geom) - st_npoints(st_removerepeatedpoints(r.geom))"
    return single(layer, f"{doubled} > 0", pieces=doubled)


def _slivers(layer: str) -> str:
    """Parts and holes too small or too thin to be land."""
    rings = (
        f"from (select r.id, {name(layer)} as name, p.geom from {records(layer)}"
        " cross join lateral st_dump(r.geom) d cross join lateral st_dumprings(d.geom) p) r"
    )
    thin = f"2 * {area('r.geom')} / nullif(st_perimeter(r.geom::geography), 0) < :sliver_m"
    return finding(
        f"{rings} where {area('r.geom')} < :sliver_m2 or {thin} group by r.id, r.name",
        ids="array[r.id]",
        names="array[r.name]",
        shape="st_collect(r.geom)",
        area_m2=f"sum({area('r.geom')})",
        pieces="count(*)",
    )


def _spikes(layer: str) -> str:
    """Corners that turn back; a ring's last vertex, which repeats its first, is left out and the ring closed again."""
    rings = (
        f"(select r.id, {name(layer)} as name, (p).path as path, (p).geom as geom,"
        " count(*) over (partition by r.id, (p).path[1], (p).path[2]) as size"
        f" from (select r.*, st_dumppoints(r.geom) as p from {records(layer)}) r) r"
    )
    # East and north to one scale: an angle in degrees of longitude and latitude is another one.
    turned = (
        f"(select r.*, st_scale(r.geom, cos(radians(st_y(r.geom))), 1) as flat from {rings} where r.path[3] < r.size)"
    )
    whole = (
        "(partition by id, path[1], path[2] order by path[3] rows between unbounded preceding and unbounded following)"
    )
    walked = (
        "(select s.*, coalesce(lag(flat) over w, last_value(flat) over e) as before,"
        f" coalesce(lead(flat) over w, first_value(flat) over e) as after from {turned} s"
        f" window w as (partition by id, path[1], path[2] order by path[3]), e as {whole}) s"
    )
    turn = "abs(st_azimuth(s.flat, s.before) - st_azimuth(s.flat, s.after))"
    angle = f"degrees(least({turn}, 2 * pi() - {turn}))"
    return finding(
        f"from {walked} where {angle} < :spike_degrees",
        ids="array[s.id]",
        names="array[s.name]",
        shape="s.geom",
        value=f"round(({angle})::numeric, 3)",
    )


def _short(layer: str) -> str:
    return single(
        layer,
        "st_length(r.geom) < :short_m / 10000.0 and st_length(r.geom::geography) < :short_m",
        length_m="st_length(r.geom::geography)",
    )


def _jumps(layer: str) -> str:
    # A degree is never longer than 112 km: most lines are not looked at closer.
    near = "st_xmax(r.geom) - st_xmin(r.geom) + st_ymax(r.geom) - st_ymin(r.geom) > :jump_m / 112000.0"
    length = "st_length(s.geom::geography)"
    return single(
        layer, f"{near} and {length} > :jump_m", joins="cross join lateral st_dumpsegments(r.geom) s",
        shape="s.geom", length_m=length,
    )  # fmt: skip


def _same(layer: str) -> str:
    """The same line or area twice, whichever way round it was drawn."""
    level = ", r.level" if layer == "roads" else ""
    return finding(
        f"from {records(layer)} where r.geom is not null group by st_asbinary(st_normalize(r.geom)){level}"
        " having count(*) > 1",
        ids="(array_agg(r.id order by r.id))[1:20]",
        names=f"(array_agg({name(layer)} order by r.id))[1:20]",
        shape="(array_agg(r.geom order by r.id))[1]",
        pieces="count(*)",
    )


CHECKS: tuple[Check, ...] = (
    *(Check("invalid", layer, "error", "geometry", _invalid(layer)) for layer in DRAWN),
    *(Check("touching", layer, "hint", "geometry", _touching(layer)) for layer in (*AREAS, *LINES)),
    *(Check("repeated", layer, "hint", "geometry", _repeated(layer)) for layer in (*AREAS, *LINES)),
    *(Check("sliver", layer, "warning", "geometry", _slivers(layer), limit="sliver_m2") for layer in AREAS),
    *(Check("spike", layer, "hint", "geometry", _spikes(layer), limit="spike_degrees") for layer in AREAS),
    *(Check("short", layer, "warning", "geometry", _short(layer), limit="short_m") for layer in LINES),
    *(Check("jump", layer, "warning", "geometry", _jumps(layer), limit="jump_m") for layer in LINES),
    *(Check("same-shape", layer, "warning", "geometry", _same(layer)) for layer in (*AREAS, *LINES)),
)
