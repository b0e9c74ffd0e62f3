"""What bears the name of a place, and would have to be changed with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from geoservice.database.filters import containing
from geoservice.names.places import place

NEAR_M = 3000
MOST_NAMED = 20
SHORTEST_TERM = 2
# Half a degree of latitude is 55 km: the box is cut in degrees first, which the index answers, and measured after.
_NEAR = """
    t.geom && st_expand(w.geom, :degrees) and st_dwithin(t.geom::geography, w.geom::geography, :near)
"""
_PARTS = {
    "roads": ("road", "t.name = :name", "st_length(t.geom::geography)"),
    "facilities": (
        "facility",
        "(t.name like :whole or t.address like :whole) and (t.closed_on is null or t.closed_on > :day)",
        "cast(null as float)",
    ),
    "communities": ("community", "t.name like :term and (t.valid_to is null or t.valid_to > :day)", "t.population"),
    "places": (
        "(select p.id, p.geom, n.name, n.valid_to from place p join place_name n on n.place_id = p.id and n.kind = 'standard')",
        "t.name like :term and t.id <> :place and (t.valid_to is null or t.valid_to > :day)",
        "cast(null as float)",
    ),
}
_OPEN_CASES = """
    select c.id, c.title as name from naming_case c
    where c.state <> all(array['refused', 'withdrawn', 'entered'])
      and exists (select from case_name n where n.case_id = c.id and n.place_id = :place) order by c.id
"""


def bearers(connection: Connection, place_id: int, *, day: date) -> dict[str, Any] | None:
    """Roads, facilities, communities and places near a place that carry its name, and open cases about it.

    Roads carry the whole name; facilities hold it in their names or addresses; communities and other places hold its
    specific term, where that has two characters or more. Only what lies within `NEAR_M` of it: elsewhere the same name is
    another's.

    Returns
    -------
    `name`, `specific`, `near_m`, `since`, and of each of `roads`, `facilities`, `communities`, `places` a dictionary with
    `count`, `total` (metres of roads, people of communities, else null) and `items`, the first `MOST_NAMED`; `cases`.
    None where there is no such place, or none of its names may be seen.
    """
    found = place(connection, place_id, day=day)
    if found is None or found["standard_name"] is None:
        return None
    name = found["standard_name"]
    row = connection.execute(
        text(
            "select specific, valid_from from place_name where place_id = :place and name = :name and kind = 'standard'"
            " order by valid_from desc nulls last limit 1"
        ),
        {"place": place_id, "name": name},
    ).one()
    specific = row.specific or name
    term = specific if len(specific) >= SHORTEST_TERM else name
    given = {
        "place": place_id,
        "name": name,
        "whole": containing(name),
        "term": containing(term),
        "day": day,
        "near": NEAR_M,
        "degrees": 0.06,
        "most": MOST_NAMED,
    }
    parts = {part: _part(connection, part, given) for part in _PARTS}
    cases = [dict(one) for one in connection.execute(text(_OPEN_CASES), given).mappings()]
    return {"name": name, "specific": specific, "near_m": NEAR_M, "since": row.valid_from, **parts, "cases": cases}


def _part(connection: Connection, part: str, given: dict[str, Any]) -> dict[str, Any]:
    table, condition, measure = _PARTS[part]
    statement = f"""
        with w as (select geom from place where id = :place),
        found as (
            select t.id, t.name, {measure} as measure, st_pointonsurface(t.geom) as at
            from {table} t, w where {condition} and {_NEAR}
        )
        select (select count(*) from found) as count, (select sum(measure) from found) as total,
               id, name, st_x(at) as lon, st_y(at) as lat
        from found order by name, id limit :most
    """  # noqa: S608 - tables and conditions of our own
    rows = connection.execute(text(statement), given).mappings().all()
    items = [{key: row[key] for key in ("id", "name", "lon", "lat")} for row in rows]
    total = float(rows[0]["total"]) if rows and rows[0]["total"] is not None else None
    return {"count": rows[0]["count"] if rows else 0, "total": total, "items": items}
