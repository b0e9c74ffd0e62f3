"""Demand points and outlines of a day, from the database."""

from __future__ import annotations

from datetime import date

import numpy as np
import shapely
from sqlalchemy import Connection, text

from geoservice.crs import metric_crs
from geoservice.errors import Conflict
from geoservice.ingest.population.territories import DemandPoint, Outline, Territories, make_territories

_IN_FORCE = "(valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)"
_POINTS = text(f"""
    select id, unit_id, st_x(geom) as lon, st_y(geom) as lat from community
    where geom is not null and {_IN_FORCE} order by id
""")  # noqa: S608 - a constant
_OUTLINES = text(f"""
    select unit_id, level, name, st_asbinary(geom) as area from unit_version
    where geom is not null and {_IN_FORCE} order by unit_id
""")  # noqa: S608 - a constant


def read_territories(connection: Connection, on: date, within_m: int) -> Territories:
    """The territories of the communities in force on a day.

    Parameters
    ----------
    within_m
        How far a community that lies in no outline reaches, in metres.

    Raises
    ------
    Conflict
        ``population.no-communities`` if no community has a place.
    """
    rows = connection.execute(_POINTS, {"on": on}).all()
    if not rows:
        raise Conflict("population.no-communities", on=on.isoformat())
    lon, lat = (np.array([row[column] for row in rows], dtype=np.float64) for column in (2, 3))
    local = metric_crs(float(lon.mean()), float(lat.mean()))
    x, y = local.project(lon, lat)
    points = [
        DemandPoint(row.id, east, north, row.unit_id)
        for row, east, north in zip(rows, x.tolist(), y.tolist(), strict=True)
    ]
    outlines = connection.execute(_OUTLINES, {"on": on}).all()
    areas = local.to_metres(shapely.from_wkb([bytes(row.area) for row in outlines]))
    listed = [
        Outline(row.unit_id, row.level, row.name, shapely.make_valid(area))
        for row, area in zip(outlines, areas, strict=True)
    ]
    return make_territories(points, listed, local, within_m)
