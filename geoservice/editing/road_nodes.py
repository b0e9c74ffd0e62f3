"""Node ids of a road that is drawn: it joins the roads whose vertices it shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, text

from geoservice.ingest.noding.identity import PER_DEGREE, own_numbers

# Roads at the line; those on another storey cross without joining.
_NEAR = text("""
    select r.node_ids, st_asbinary(r.geom) as shape from road r
    where r.geom && st_setsrid(st_geomfromwkb(:shape), 4490) and r.level = :level and r.id is distinct from :own
      and st_intersects(r.geom, st_setsrid(st_geomfromwkb(:shape), 4490))
""")
_OWN = text("select node_ids, st_asbinary(geom) as shape from road where id = :own")
Place = tuple[int, int]


def node_ids(connection: Connection, line: Any, level: int, *, own: int | None) -> list[int]:
    """An id a vertex: that of another road's vertex at the same place and level, else its own of before, else a new one.

    Parameters
    ----------
    line
        LineString, EPSG:4490, longitude first.
    own
        Id of the road, where it is one already.
    """
    near = {"shape": shapely.to_wkb(line), "level": level, "own": own}
    known: dict[Place, int] = {}
    for row in [*connection.execute(_OWN, {"own": own}), *connection.execute(_NEAR, near)]:
        known |= zip(_places(shapely.from_wkb(bytes(row.shape))), row.node_ids, strict=True)
    made = own_numbers(shapely.get_coordinates(line), level).tolist()
    return [known.get(place, number) for place, number in zip(_places(line), made, strict=True)]


def _places(line: Any) -> list[Place]:
    return [(int(x), int(y)) for x, y in np.rint(shapely.get_coordinates(line) * PER_DEGREE)]
