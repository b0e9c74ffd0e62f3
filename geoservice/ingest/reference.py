"""Reference geometry of known position, from what is loaded: the schematic sample never counts."""

from __future__ import annotations

from sqlalchemy import Connection, text

REAL = "not schematic and geom is not null"

STATEMENTS = {
    "units": f"""
        select coalesce(c.code, ''), v.name, st_asbinary(v.geom) from unit_version v
        left join unit_code c using (unit_id) where {REAL} and v.valid_to is null
    """,
    "communities": f"""
        select coalesce(c.code, ''), m.name, st_asbinary(m.geom) from community m
        left join community_code c on c.community_id = m.id where {REAL}
    """,
    "facilities": f"select key, name, st_asbinary(geom) from facility where {REAL}",
    "places": f"""
        select coalesce(p.code, p.key), n.name, st_asbinary(st_pointonsurface(p.geom)) from place p
        join place_name n on n.place_id = p.id
        where not p.schematic and p.geom is not null and n.valid_to is null
    """,
    "roads": f"select key, coalesce(name, ''), st_asbinary(geom) from road where {REAL}",
}
# Named points of every kind help to place a file of points.
POINTS = ("communities", "facilities", "places")


def reference_rows(connection: Connection, layer: str) -> list[tuple[str, str, bytes]]:
    """Code or key, name and WKB (EPSG:4490, longitude first) of the records that a file of `layer` can be held against."""
    if layer in POINTS:
        sources: tuple[str, ...] = (layer, *(other for other in POINTS if other != layer))
    else:
        sources = (layer,) if layer in STATEMENTS else ()
    rows: list[tuple[str, str, bytes]] = []
    for source in sources:
        rows += [(code, name, bytes(wkb)) for code, name, wkb in connection.execute(text(STATEMENTS[source]))]
    return rows
