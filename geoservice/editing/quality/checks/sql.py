"""Pieces of SQL that the checks share.

Who asks sees by the policies, under which only a leakproof operator is answered from an index: every join by place
begins with ``&&``. Its inner side stands in a lateral subquery with ``offset 0``, which the planner leaves as it is:
one search of the index a record, whatever it believes of the numbers.
"""

from __future__ import annotations

# Ids and names of one finding that are told; `pieces` counts all.
SHOWN = 20

TABLES = {
    "facilities": "facility",
    "communities": "community",
    "places": "place",
    "units": "unit_version",
    "roads": "road",
    "railways": "railway",
    "water": "water",
    "walls": "wall",
    "controls": "control",
    "built_up": "built_up_area",
}
_STANDARD = (
    "coalesce((select n.name from place_name n where n.place_id = {a}.id and n.kind = 'standard'"
    " order by n.valid_to desc nulls first, n.valid_from desc nulls last limit 1), {a}.key)"
)
_NAMES = {"facilities": "{a}.name", "communities": "{a}.name", "units": "{a}.name", "places": _STANDARD}
_DATES = {
    "facilities": ("opened_on", "closed_on"),
    "communities": ("valid_from", "valid_to"),
    "units": ("valid_from", "valid_to"),
    "built_up": ("valid_from", "valid_to"),
}


def name(layer: str, alias: str = "r") -> str:
    """What a record is called."""
    return _NAMES.get(layer, "coalesce({a}.name, {a}.key)").format(a=alias)


def spans(alias: str, start: str = "valid_from", end: str = "valid_to") -> str:
    """Whether the day lies between two dates of a record, an open one left out."""
    return f"({alias}.{start} is null or {alias}.{start} <= :day) and ({alias}.{end} is null or {alias}.{end} > :day)"


def counts(layer: str, alias: str = "r") -> str:
    """Whether a record is in force, or open, on the day."""
    return spans(alias, *_DATES[layer]) if layer in _DATES else "true"


def records(layer: str, alias: str = "r") -> str:
    """The records of a layer that count, as a table."""
    return f"(select * from {TABLES[layer]} {alias} where {counts(layer, alias)}) {alias}"


def around(geom: str, metres: str) -> str:
    """A box that holds everything nearer than so many metres, below 85 degrees north."""
    narrow = f"cos(radians(least(greatest(abs(st_ymax({geom})), abs(st_ymin({geom}))) + 0.1, 85)))"
    return f"st_expand({geom}, {metres} / (110000.0 * {narrow}), {metres} / 110000.0)"


def boxed(source: str, metres: str, alias: str = "r") -> str:
    """A table with a column `box` around `geom`: the index answers for a column, and not for what is worked out of one."""
    return f"(select {alias}.*, {around(f'{alias}.geom', metres)} as box from {source} offset 0) {alias}"


def within(alias: str, other: str, metres: str) -> str:
    """Whether a record is nearer than so many metres to one of a `boxed` table."""
    return f"{alias}.geom && {other}.box and {near_by(alias, other, metres)}"


def near_by(alias: str, other: str, metres: str) -> str:
    """The same, where the box is asked already."""
    return f"st_dwithin({alias}.geom::geography, {other}.geom::geography, {metres})"


def metres(geom: str, other: str) -> str:
    """Distance on the ellipsoid."""
    return f"st_distance({geom}::geography, {other}::geography)"


def area(geom: str) -> str:
    """Area on the ellipsoid in square metres."""
    return f"st_area({geom}::geography)"


def first(column: str, order: str) -> str:
    """The first values of a group, in order."""
    return f"(array_agg({column} order by {order}))[1:{SHOWN}]"


def finding(  # noqa: PLR0913 - one argument a column
    source: str,
    *,
    ids: str,
    names: str,
    shape: str,
    area_m2: str = "null",
    length_m: str = "null",
    value: str = "null",
    other: str = "null",
    pieces: str = "1",
) -> str:
    """A query of findings.

    Parameters
    ----------
    source
        ``from`` and what follows.
    ids, names
        Arrays: the records that it is about, the one to be mended first.
    shape
        Where it is, in EPSG:4490; null where the record has no place.
    value, other
        What is wrong, and with what, as the texts name it.
    pieces
        How many there are in one finding.
    """
    return (
        f"select {ids} as ids, {names} as names, {shape} as shape, ({area_m2})::float8 as area_m2,"
        f" ({length_m})::float8 as length_m, ({value})::text as value, ({other})::text as other,"
        f" ({pieces})::int as pieces {source}"
    )


def single(layer: str, condition: str, *, shape: str = "r.geom", joins: str = "", **told: str) -> str:
    """A query of single records, each a finding of its own."""
    source = f"from {records(layer)} {joins} where {condition}"
    return finding(source, ids="array[r.id]", names=f"array[{name(layer)}]", shape=shape, **told)
