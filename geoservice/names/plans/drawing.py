"""Where the rows of a plan lie, and where the names lie that they may be taken for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from geoservice.names.plans.keeping import Row, shape_of

MOST_CLASHES = 2000
_MOST_VERTICES = 100_000


def bounds_of(row: Row) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees; None where nobody said where it lies."""
    if row["geom"] is None:
        return None
    west, south, east, north = shapely.bounds(shape_of(row["geom"])).tolist()
    return west, south, east, north


def features_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """GeoJSON of the rows that lie somewhere; EPSG:4490 is CRS84 but for some centimetres."""
    placed = [row for row in rows if row["geom"] is not None]
    if not placed:
        return []
    shapes = np.array([shape_of(row["geom"]) for row in placed], dtype=object)
    if shapely.get_num_coordinates(shapes).sum() > _MOST_VERTICES:
        west, _, east, _ = shapely.total_bounds(shapes).tolist()
        shapes = shapely.simplify(shapes, (east - west) / 5000)
    return [
        {
            "type": "Feature",
            "id": row["row"],
            "properties": {"row": row["row"], "name": row["name"], "verdict": row["mark"]},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for row, shape in zip(placed, shapes, strict=True)
    ]


def clashes_of(rows: Sequence[Row], language: str) -> tuple[list[dict[str, Any]], bool]:
    """Each name once that rows may be taken for and that lies somewhere; and whether there were more."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, clash in _clashes(rows, language):
        key = tuple(clash[name] for name in ("name_id", "place_id", "case_id", "name", "lon", "lat"))
        if key not in found and len(found) >= MOST_CLASHES:
            return list(found.values()), True
        told = {name: clash[name] for name in ("name", "state", "tier", "why", "lon", "lat")}
        found.setdefault(key, {**told, "rows": []})["rows"].append(number)
    return list(found.values()), False


def _clashes(rows: Sequence[Row], language: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row in rows:
        for clash in (row["checked"] or {}).get(language, {}).get("clashes", ()):
            if clash["lon"] is not None:
                yield row["row"], clash
