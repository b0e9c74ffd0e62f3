"""Roads that do not join: ends just short of another road, pieces that join nothing, one-way streets without a way out."""

from __future__ import annotations

from geoservice.editing.quality.checks.sql import boxed, finding, first, metres, name, within
from geoservice.editing.quality.declared import Check
from geoservice.editing.quality.pieces import islands, traps

_ENDS = """
    (select r.id, r.level, coalesce(r.name, r.key) as name, e.node, e.geom from road r cross join lateral (values
        (r.node_ids[1], st_startpoint(r.geom)), (r.node_ids[cardinality(r.node_ids)], st_endpoint(r.geom))
    ) as e(node, geom) offset 0) e
"""
# Nodes that two roads share, counted once for all: the work is linear.
_SHARED = (
    "(select n.node from road r cross join lateral unnest(r.node_ids) as n(node)"
    " group by n.node having min(r.id) <> max(r.id)) s"
)
_LOOSE = f"(select e.* from {_ENDS} left join {_SHARED} on s.node = e.node where s.node is null offset 0) e"


def _loose_ends() -> str:
    """Ends that lie by another road of their level, and that no road joins."""
    near = (
        f"(select o.id, {name('roads', 'o')} as name, {metres('o.geom', 'e.geom')} as m from road o"
        f" where {within('o', 'e', ':loose_end_m')} and o.id <> e.id and o.level = e.level"
        " and not e.node = any(o.node_ids) order by 3, o.id limit 1) n"
    )
    return finding(
        f"from {boxed(_LOOSE, ':loose_end_m', 'e')} cross join lateral {near}",
        ids="array[e.id, n.id]",
        names="array[e.name, n.name]",
        shape="e.geom",
        length_m="n.m",
    )


# Roads by the piece that they belong to, worked out beforehand.
_PIECES = finding(
    "from unnest(cast(:roads as bigint[]), cast(:pieces as int[])) as p(road, piece) join road r on r.id = p.road"
    " group by p.piece",
    ids=first("r.id", "r.id"),
    names=first(name("roads"), "r.id"),
    shape="st_collect(r.geom order by r.id)",
    length_m="sum(st_length(r.geom::geography))",
    pieces="count(*)",
)

CHECKS: tuple[Check, ...] = (
    Check("loose-end", "roads", "warning", "geometry", _loose_ends(), limit="loose_end_m"),
    Check("island", "roads", "warning", "geometry", _PIECES, limit="island_roads", prepare=islands),
    Check("trap", "roads", "warning", "oneway", _PIECES, prepare=traps),
)
