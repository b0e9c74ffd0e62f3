"""The circle of one place alone: a picture of whom a facility there would serve."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

from geoservice.coverage.circles import circles
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.reach import field_of
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.scenarios.telling import case_told
from geoservice.coverage.uncertainty.query import Case

# As in the circles of runs.
_TOLERANCE_DEGREES = 5e-5
_DIGITS = 6


def circle_at(inputs: Prepared, case: Case, lon: float, lat: float) -> dict[str, Any]:
    """A GeoJSON FeatureCollection (RFC 7946): one circle a way and time of the standard, the widest first.

    Parameters
    ----------
    inputs
        Networks and barriers.
    lon, lat
        Degrees, EPSG:4490.

    Returns
    -------
    Without features where the place is not on the network.
    """
    at = np.array([lon]), np.array([lat])
    features = []
    for mode, minutes in dict.fromkeys((limit.mode, limit.minutes) for limit in case.limits):
        declared = inputs.modes[mode]
        feet = inputs.join(mode, *at)
        if not feet.joined.any():
            continue
        field = field_of(inputs.graphs[mode], feet, 600 * minutes)
        (drawn,) = circles(field, declared, [600 * minutes], inputs.barriers[declared.barriers])
        features.append((drawn.area_km2, mode, minutes, _thinned(drawn.geometry)))
    features.sort(key=lambda one: -one[0])
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"mode": mode, "minutes": minutes, "area_km2": round(area, 6)},
                "geometry": json.loads(shapely.to_geojson(shape)),
            }
            for area, mode, minutes, shape in features
        ],
    }


def circle_told(ground: Ground, lon: float, lat: float) -> dict[str, Any]:
    """The same with what it rests on, under ``about``, for whoever gets nothing but this."""
    return {**circle_at(ground.inputs, ground.case, lon, lat), "about": {"lon": lon, "lat": lat} | case_told(ground)}


def _thinned(shape: shapely.MultiPolygon) -> shapely.MultiPolygon:
    thin = shapely.simplify(shape, _TOLERANCE_DEGREES, preserve_topology=True)
    return shapely.transform(thin, lambda at: np.round(at, _DIGITS))
