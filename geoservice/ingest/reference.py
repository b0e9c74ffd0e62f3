"""Reference geometry of known position, from what is loaded: the schematic sample never counts."""

from __future__ import annotations

import shapely
from sqlalchemy import Connection, text

from geoservice.ingest.readers.raw import object_array
from geoservice.ingest.shift import Reference

STATEMENTS = {
    "units": """
        select c.code, v.name, st_asbinary(v.geom) from unit_version v
        left join unit_code c using (unit_id) where not schematic and geom is not null and v.valid_to is null
    """,
    "communities": """
        select c.code, m.name, st_asbinary(m.geom) from community m
        left join community_code c on c.community_id = m.id where not schematic and geom is not null
    """,
    "facilities": "select key, name, st_asbinary(geom) from facility where not schematic and geom is not null",
    "places": """
        select coalesce(p.code, p.key), n.name, st_asbinary(st_pointonsurface(p.geom)) from place p
        join place_name n on n.place_id = p.id
        where not p.schematic and p.geom is not null and n.valid_to is null
    """,
    "roads": "select key, name, st_asbinary(geom) from road where not schematic and geom is not null",
}
# Named points of every kind help to place a file of points.
POINTS = ("communities", "facilities", "places")


def reference_for(connection: Connection, layer: str) -> Reference | None:
    """The loaded records that a file of a layer can be held against; None where there are none."""
    if layer in POINTS:
        sources: tuple[str, ...] = (layer, *(other for other in POINTS if other != layer))
    else:
        sources = (layer,) if layer in STATEMENTS else ()
    rows = [row for source in sources for row in connection.execute(text(STATEMENTS[source]))]
    if not rows:
        return None
    codes, names, shapes = zip(*rows, strict=True)
    return Reference(object_array(list(shapely.from_wkb([bytes(shape) for shape in shapes]))), codes, names)
