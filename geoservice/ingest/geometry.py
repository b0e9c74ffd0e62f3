"""Geometries of a source to geometries that a layer may hold, in EPSG:4490, longitude first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.catalog import LayerDeclaration
from geoservice.crs import ELLIPSOID, Crs
from geoservice.errors import BadInput
from geoservice.ingest.readers.raw import Cells, object_array
from geoservice.ingest.values import ValueRefusedError

MAX_LATITUDE = 85.0
_POINT, _LINE, _RING, _POLYGON, _MULTIPOINT, _MULTILINE, _MULTIPOLYGON, _COLLECTION = range(8)
_TYPES = {
    "Point": _POINT,
    "LineString": _LINE,
    "Polygon": _POLYGON,
    "MultiPoint": _MULTIPOINT,
    "MultiLineString": _MULTILINE,
    "MultiPolygon": _MULTIPOLYGON,
}
_NAMES = {number: name for name, number in _TYPES.items()} | {_RING: "LinearRing", _COLLECTION: "GeometryCollection"}
_SINGLE_OF = {_MULTIPOINT: _POINT, _MULTILINE: _LINE, _MULTIPOLYGON: _POLYGON}
_MULTI_OF = {single: multi for multi, single in _SINGLE_OF.items()}
# Projected coordinates this far outside the area that their system is made for are taken for a wrong system.
_AREA_MARGIN_DEG = 2.0


@dataclass
class Prepared:
    """Geometries ready for a layer.

    Attributes
    ----------
    geometry
        EPSG:4490, 2-D, valid, of an allowed type; None where there is none or it was refused.
    refused
        Position to reason.
    repaired
        Position to the values of the notice ``import.repaired``.
    flattened
        Number of geometries whose heights were dropped.
    """

    geometry: Cells
    refused: dict[int, ValueRefusedError] = field(default_factory=dict)
    repaired: dict[int, dict[str, object]] = field(default_factory=dict)
    flattened: int = 0


def clean(geometry: Cells, layer: LayerDeclaration, max_vertices: int) -> Prepared:
    """Checks what can be checked in the system of the source: size, numbers, type; drops heights.

    Refusals: ``import.too-many-vertices``, ``import.not-finite``, ``import.geometry-type``,
    ``import.geometry-missing``.
    """
    prepared = Prepared(geometry.copy())
    shapes = prepared.geometry
    shapes[shapely.is_empty(shapes)] = None
    counts = shapely.get_num_coordinates(shapes)
    for position in np.flatnonzero(counts > max_vertices).tolist():
        _refuse(prepared, position, "import.too-many-vertices", count=int(counts[position]), most=max_vertices)
    flat = shapely.has_z(shapes) | shapely.has_m(shapes)
    prepared.flattened = int(np.count_nonzero(flat))
    shapes[flat] = shapely.force_2d(shapes[flat])
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    for position in np.unique(owner[~np.isfinite(coordinates).all(axis=1)]).tolist():
        _refuse(prepared, position, "import.not-finite")
    _fit_types(prepared, layer)
    return prepared


def _refuse(prepared: Prepared, position: int, code: str, **values: object) -> None:
    prepared.refused[position] = ValueRefusedError(code, **values)
    prepared.geometry[position] = None


def allowed_types(layer: LayerDeclaration) -> tuple[str, ...]:
    """Names of the geometry types that a layer may hold; empty for any."""
    if layer.geometry_types:
        return layer.geometry_types
    return () if layer.geometry == "Geometry" else (layer.geometry,)


def _fit_types(prepared: Prepared, layer: LayerDeclaration) -> None:
    """Single to multi, multi of one to single, collections of one kind to multi; the rest is refused."""
    names = allowed_types(layer) or tuple(_TYPES)
    allowed = {_TYPES[name] for name in names}
    shapes = prepared.geometry
    types = shapely.get_type_id(shapes)
    for position in np.flatnonzero(types == _COLLECTION).tolist():
        shapes[position] = _one_kind(shapes[position])
    for position in np.flatnonzero(types == _RING).tolist():
        shapes[position] = shapely.LineString(shapes[position].coords)
    types = shapely.get_type_id(shapes)
    for single, multi in _MULTI_OF.items():
        # A layer of polygons holds multipolygons throughout; points and lines stay single where they may.
        promote = (types == single) & (multi in allowed and (single not in allowed or single == _POLYGON))
        for position in np.flatnonzero(promote).tolist():
            shapes[position] = _multi(multi, [shapes[position]])
        of_one = (types == multi) & (multi not in allowed) & (single in allowed)
        of_one &= shapely.get_num_geometries(shapes) == 1
        shapes[of_one] = shapely.get_geometry(shapes[of_one], 0)
    types = shapely.get_type_id(shapes)
    for position in np.flatnonzero((types >= 0) & ~np.isin(types, list(allowed))).tolist():
        parts = int(shapely.get_num_geometries(shapes[position]))
        _refuse(
            prepared, position, "import.geometry-type", found=_NAMES[int(types[position])], parts=parts,
            wanted="、".join(names),
        )  # fmt: skip


def _multi(multi: int, parts: list[Any]) -> Any:
    make: Any = {_MULTIPOINT: shapely.multipoints, _MULTILINE: shapely.multilinestrings}.get(
        multi, shapely.multipolygons
    )
    return make(parts)


def _one_kind(collection: Any) -> Any:
    """A multi-geometry of the parts of a collection where they are of one kind, else the collection itself."""
    parts = shapely.get_parts(collection)
    parts = np.concatenate([shapely.get_parts(part) for part in parts]) if len(parts) else parts
    kinds = {int(kind) for kind in shapely.get_type_id(parts)}
    if len(kinds) != 1 or not kinds <= set(_MULTI_OF):
        return collection
    return _multi(_MULTI_OF[kinds.pop()], list(parts))


def refuse_swapped(geometry: Cells, *, file: str) -> None:
    """Refuses degrees whose latitudes stand first.

    Raises
    ------
    BadInput
        ``import.swapped-geometry`` or ``import.not-degrees``.
    """
    coordinates = shapely.get_coordinates(geometry)
    if not len(coordinates):
        return
    x, y = np.abs(coordinates[:, 0]), np.abs(coordinates[:, 1])
    value = f"{coordinates[0, 0]:.15g}, {coordinates[0, 1]:.15g}"
    if np.mean((y > 90) & (y <= 180) & (x <= 90)) > 0.5:
        raise BadInput("import.swapped-geometry", file=file, value=value)
    if np.mean((x > 360) | (y > 360)) > 0.5:
        raise BadInput("import.not-degrees", file=file, headers="geometry", value=value, crs="EPSG:4490")


def to_lonlat(prepared: Prepared, crs: Crs) -> None:
    """Transforms to EPSG:4490 and refuses what does not come out on earth, or far from where the system is used.

    Refusals: ``import.not-on-earth``, ``import.outside-area``.
    """
    shapes = prepared.geometry
    prepared.geometry = shapes = np.asarray(crs.to_lonlat(shapes), dtype=object)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    with np.errstate(invalid="ignore"):
        lost = ~np.isfinite(coordinates).all(axis=1) | (np.abs(coordinates[:, 0]) > 180)
        lost |= np.abs(coordinates[:, 1]) > MAX_LATITUDE
    for position in np.unique(owner[lost]).tolist():
        lon, lat = coordinates[(owner == position) & lost][0]
        _refuse(prepared, position, "import.not-on-earth", lon=f"{lon:.7g}", lat=f"{lat:.7g}", most=MAX_LATITUDE)
    if crs.geographic or crs.bounds is None:
        return
    outside = _outside(coordinates, crs.bounds) & ~lost
    for position in np.unique(owner[outside]).tolist():
        if position not in prepared.refused:
            lon, lat = coordinates[(owner == position) & outside][0]
            _refuse(prepared, position, "import.outside-area", lon=f"{lon:.7g}", lat=f"{lat:.7g}", crs=crs.name)


def _outside(coordinates: NDArray[np.float64], bounds: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    west, south, east, north = bounds
    lon, lat, margin = coordinates[:, 0], coordinates[:, 1], _AREA_MARGIN_DEG
    return (lon < west - margin) | (lon > east + margin) | (lat < south - margin) | (lat > north + margin)


def repair(prepared: Prepared) -> None:
    """Makes invalid polygons valid and keeps their areas; refuses what collapses.

    Refusal: ``import.geometry-collapsed``. The notice names the fault, and the area before and after in km2 on the
    ellipsoid.
    """
    shapes = prepared.geometry
    invalid = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for position in np.flatnonzero(invalid).tolist():
        broken = shapes[position]
        fault = shapely.is_valid_reason(broken)
        mended = polygons_of(shapely.make_valid(broken)) if broken.geom_type.endswith("Polygon") else None
        if mended is None:
            _refuse(prepared, position, "import.geometry-collapsed", fault=fault)
            continue
        before, after = area_km2(broken), area_km2(mended)
        shapes[position] = mended
        change = 100.0 * (after - before) / before if before else float("inf")
        prepared.repaired[position] = {
            "fault": fault,
            "before_km2": f"{before:.4f}",
            "after_km2": f"{after:.4f}",
            "change_percent": f"{round(change, 4) + 0.0:+.4f}",
        }


def polygons_of(geometry: Any) -> Any:
    """The polygons of a geometry as one multipolygon; None where there are none."""
    parts = shapely.get_parts(geometry)
    parts = np.concatenate([shapely.get_parts(part) for part in parts]) if len(parts) else parts
    polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    if not polygons:
        return None
    return shapely.multipolygons(object_array(polygons))


def area_km2(geometry: Any) -> float:
    """Area on the ellipsoid in square kilometres, never negative, of a geometry in degrees."""
    area, _ = ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(geometry))
    return abs(float(area)) / 1e6
