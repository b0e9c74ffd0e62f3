"""Coordinate reference systems: EPSG codes, GCJ-02 and BD-09, and the metric projection of a place.

Everything inside the program is longitude, latitude in EPSG:4490. WGS 84 and CGCS2000 differ by less than a metre
and are taken as the same numbers. GCJ-02 and BD-09 exist only at the door.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from geoservice.errors import BadInput

Floats = NDArray[np.float64]
Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

SRID = 4490
# Distances and areas are those on the ellipsoid of CGCS2000.
ELLIPSOID = Geod(ellps="GRS80")
GCJ02 = "GCJ02"
BD09 = "BD09"

# Geographic systems whose numbers are taken as CGCS2000: CGCS2000 and WGS 84, two- and three-dimensional, CRS84.
_SAME_NUMBERS = frozenset({"EPSG:4490", "EPSG:4480", "EPSG:4326", "EPSG:4979", "OGC:CRS84", "OGC:CRS84H"})
_NAMES = {
    "CGCS2000": "EPSG:4490",
    "WGS84": "EPSG:4326",
    "CRS84": "OGC:CRS84",
    "GCJ02": GCJ02,
    "GCJ2": GCJ02,
    "AMAP": GCJ02,
    "BD09": BD09,
    "BD09LL": BD09,
}
# Beijing 1954, Xian 1980, New Beijing: what is published for them holds offshore or to tens of metres only.
_LOCAL_PARAMETERS = frozenset({"EPSG:4214", "EPSG:4610", "EPSG:4555"})
# A transformation worse than this would be seen on a map of a town.
_WORST_ACCURACY_M = 10.0

# Gauss-Kruger, CGCS2000, 3-degree zones without prefix: EPSG:4534 (central meridian 75) to 4554 (135).
_GK_WEST, _GK_EAST = 73.5, 136.5
_GK_3_OFFSET = 4509
_GK_3_PREFIX_OFFSET = 4488
# Codes of both families and of the 6-degree zones (4491 to 4501 with a prefix, 4502 to 4512 without).
_GK_CODES = range(4491, 4555)

# The obfuscation is defined on the Krassovsky ellipsoid and applies in this rectangle only.
_AXIS, _FLATTENING = 6378245.0, 0.00669342162296594323
_BOX = (72.004, 0.8293, 137.8347, 55.8271)
_BD_PI = np.pi * 3000.0 / 180.0


@dataclass(frozen=True)
class Crs:
    """A reference system that coordinates may come in, or go out in.

    Attributes
    ----------
    name
        ``EPSG:4547``, ``GCJ02``, ``BD09`` or the name of a system that has no code.
    definition
        What pyproj reads: an authority code or WKT; EPSG:4326 for GCJ02 and BD09, whose numbers look like it.
    """

    name: str
    definition: str

    @property
    def epsg(self) -> int | None:
        """EPSG code; None for GCJ02, BD09 and systems without a code."""
        return int(self.name[5:]) if self.name.startswith("EPSG:") else None

    @property
    def shifted(self) -> bool:
        """Whether the coordinates are obfuscated."""
        return self.name in (GCJ02, BD09)

    @property
    def geographic(self) -> bool:
        """Whether coordinates are degrees of longitude and latitude."""
        return bool(_pyproj(self.definition).is_geographic)

    @property
    def plain_degrees(self) -> bool:
        """Whether its numbers are taken as CGCS2000 longitudes and latitudes as they stand."""
        return self.name in _SAME_NUMBERS

    @property
    def gauss_kruger(self) -> bool:
        """Whether it is a Gauss-Kruger zone of CGCS2000."""
        return self.epsg in _GK_CODES

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north of the area of use in degrees; None where unknown."""
        area = _pyproj(self.definition).area_of_use
        return None if area is None else (area.west, area.south, area.east, area.north)

    @classmethod
    def parse(cls, text: str) -> Crs:
        """A reference system from what a person or a file says.

        Parameters
        ----------
        text
            ``EPSG:4547``, ``4547``, ``CGCS2000``, ``WGS84``, ``GCJ02``, ``BD09`` or WKT.

        Raises
        ------
        BadInput
            ``crs.unknown``, ``crs.not-horizontal``, or ``crs.no-transformation`` where no transformation to
            CGCS2000 better than 10 m is known (Beijing 1954, Xian 1980).

        Examples
        --------
        >>> Crs.parse("4547").name
        'EPSG:4547'
        >>> Crs.parse("gcj-02").name
        'GCJ02'
        >>> Crs.parse("")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        geoservice.errors.BadInput: ...
        """
        stripped = text.strip()
        folded = re.sub(r"[\s_-]", "", stripped).upper()
        named = _NAMES.get(folded, stripped)
        if named in (GCJ02, BD09):
            return cls(named, "EPSG:4326")
        if re.fullmatch(r"(EPSG:+)?\d{4,6}", folded):
            named = "EPSG:" + folded.rsplit(":", maxsplit=1)[-1]
        return _parsed(named, shown=stripped[:80])

    def to_lonlat(self, geometries: Any) -> Any:
        """Geometries in EPSG:4490, longitude first, from geometries in this system, x (east) first; 2-D.

        None stays None. Coordinates outside the domain of the projection come out as infinite.
        """
        return _apply(geometries, self._forward())

    def from_lonlat(self, geometries: Any) -> Any:
        """Geometries in this system, x (east) first, from geometries in EPSG:4490, longitude first; 2-D."""
        return _apply(geometries, self._backward())

    def project(self, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        """Coordinates in this system, x (east) first, of arrays of longitudes and latitudes in EPSG:4490."""
        x, y = self._backward()(lon, lat)
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def _forward(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        if self.name == GCJ02:
            return gcj02_to_wgs84
        if self.name == BD09:
            return bd09_to_wgs84
        return _transform(self.definition, inverse=False)

    def _backward(self) -> Callable[[Any, Any], tuple[Any, Any]]:
        if self.name == GCJ02:
            return wgs84_to_gcj02
        if self.name == BD09:
            return wgs84_to_bd09
        return _transform(self.definition, inverse=True)


@dataclass(frozen=True)
class MetricCrs:
    """The projection in metres for the surroundings of a place.

    Examples
    --------
    >>> import shapely
    >>> local = metric_crs(113.16, 30.66)
    >>> local.epsg
    4547
    >>> point = local.to_metres(shapely.Point(113.16, 30.66))
    >>> round(point.x), round(point.y)
    (419492, 3393581)
    >>> local.to_lonlat(point).distance(shapely.Point(113.16, 30.66)) < 1e-9
    True
    """

    epsg: int

    def to_metres(self, geometry: Any) -> Any:
        """A geometry or an array of them, from longitude, latitude to east, north in metres."""
        return _apply(geometry, _transform(f"EPSG:{self.epsg}", inverse=True))

    def to_lonlat(self, geometry: Any) -> Any:
        """A geometry or an array of them, from east, north in metres to longitude, latitude."""
        return _apply(geometry, _transform(f"EPSG:{self.epsg}", inverse=False))

    def project(self, lon: Any, lat: Any) -> tuple[Floats, Floats]:
        """East and north in metres of arrays of longitudes and latitudes."""
        return _transform(f"EPSG:{self.epsg}", inverse=True)(lon, lat)

    def unproject(self, east: Any, north: Any) -> tuple[Floats, Floats]:
        """Longitudes and latitudes of arrays of east and north in metres."""
        return _transform(f"EPSG:{self.epsg}", inverse=False)(east, north)


def gauss_kruger_zone(lon: float, lat: float = 0.0) -> int:
    """EPSG code of the metric projection of a place.

    From 73.5 to 136.5 degrees east the CGCS2000 3-degree Gauss-Kruger zone without prefix (EPSG:4534 to 4554),
    elsewhere the WGS 84 / UTM zone.

    Examples
    --------
    >>> gauss_kruger_zone(113.16), gauss_kruger_zone(112.49), gauss_kruger_zone(1.5, 42.5)
    (4547, 4546, 32631)
    """
    if _GK_WEST <= lon < _GK_EAST:
        return _GK_3_OFFSET + int((lon + 1.5) // 3)
    zone = int((lon + 180.0) // 6) % 60 + 1
    return (32600 if lat >= 0 else 32700) + zone


def metric_crs(lon: float, lat: float) -> MetricCrs:
    """The projection in metres for the surroundings of a longitude and latitude in degrees."""
    return MetricCrs(gauss_kruger_zone(lon, lat))


def survey_zone(prefix: int) -> Crs | None:
    """The CGCS2000 zone that the first two digits of an 8-digit east coordinate name; None where there is none.

    25 to 45 are 3-degree zones (EPSG:4513 to 4533), 13 to 23 are 6-degree zones (EPSG:4491 to 4501).

    Examples
    --------
    >>> survey_zone(38).name
    'EPSG:4526'
    >>> survey_zone(99) is None
    True
    """
    if 25 <= prefix <= 45:
        return Crs.parse(f"EPSG:{_GK_3_PREFIX_OFFSET + prefix}")
    if 13 <= prefix <= 23:
        return Crs.parse(f"EPSG:{4478 + prefix}")
    return None


def has_prefix(epsg: int) -> bool:
    """Whether east coordinates of a Gauss-Kruger code carry the zone number.

    Examples
    --------
    >>> has_prefix(4526), has_prefix(4547)
    (True, False)
    """
    return 4491 <= epsg <= 4501 or 4513 <= epsg <= 4533


def wgs84_to_gcj02(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """GCJ-02 longitudes and latitudes; the same numbers outside the rectangle where the obfuscation applies.

    Examples
    --------
    >>> lon, lat = wgs84_to_gcj02(113.16, 30.66)
    >>> round(float(lon), 5), round(float(lat), 5)
    (113.16603, 30.65767)
    """
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    east, north = _offset(lon, lat)
    inside = _inside(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def gcj02_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Exact inverse of `wgs84_to_gcj02`, to better than a millimetre."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def wgs84_to_bd09(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """BD-09 longitudes and latitudes; the same numbers outside the rectangle where GCJ-02 applies."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = wgs84_to_gcj02(lon, lat)
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BD_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD_PI)
    inside = _inside(lon, lat)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


def bd09_to_wgs84(lon: Any, lat: Any) -> tuple[Floats, Floats]:
    """Exact inverse of `wgs84_to_bd09`, to better than a millimetre."""
    return _inverse(wgs84_to_bd09, lon, lat)


def in_shifted_region(lon: Any, lat: Any) -> NDArray[np.bool_]:
    """Whether GCJ-02 and BD-09 differ from WGS 84 there."""
    return _inside(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))


def _apply(geometries: Any, function: Any) -> Any:
    return shapely.transform(geometries, function, interleaved=False)


def _inside(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    west, south, east, north = _BOX
    return (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)


def _offset(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """The GCJ-02 offset in degrees at a true position: the usual published series."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    short = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    w2 = 1.0 - _FLATTENING * np.sin(phi) ** 2
    w = np.sqrt(w2)
    meridian = _AXIS * (1.0 - _FLATTENING) / (w2 * w)
    return np.degrees(east / (_AXIS / w * np.cos(phi))), np.degrees(north / meridian)


def _inverse(forward: Shift, lon: Any, lat: Any, rounds: int = 12) -> tuple[Floats, Floats]:
    """Solve forward(x) = given by fixed-point iteration; each round gains about two digits."""
    lon, lat = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    x, y = lon, lat
    for _ in range(rounds):
        east, north = forward(x, y)
        step_x, step_y = lon - east, lat - north
        x, y = x + step_x, y + step_y
        if not np.any(np.abs(step_x) + np.abs(step_y) > 1e-12):
            break
    return x, y


@cache
def _pyproj(definition: str) -> CRS:
    return CRS.from_user_input(definition)


@cache
def _parsed(text: str, shown: str) -> Crs:
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise BadInput("crs.unknown", value=shown) from None
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if not (crs.is_geographic or crs.is_projected):
        raise BadInput("crs.not-horizontal", value=shown, name=crs.name)
    authority = _authority(crs)
    definition = authority or crs.to_wkt()
    _transform(definition, inverse=False)
    return Crs(authority or crs.name, definition)


@cache
def _transform(definition: str, *, inverse: bool) -> Callable[[Any, Any], tuple[Any, Any]]:
    crs = _pyproj(definition)
    base = crs.geodetic_crs
    if base is None:
        raise BadInput("crs.unknown", value=crs.name)
    target = base if _authority(base) in _SAME_NUMBERS else None
    if target is not None and crs.is_geographic:
        return lambda x, y: (np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
    if crs.is_bound:
        transformer = _stated_parameters(crs)
    else:
        transformer = _accurate(crs) if target is None else Transformer.from_crs(crs, target, always_xy=True)
    direction = "INVERSE" if inverse else "FORWARD"
    return lambda x, y: transformer.transform(x, y, direction=direction)


def _authority(crs: CRS | None) -> str | None:
    authority = None if crs is None else crs.to_authority(min_confidence=70)
    return None if authority is None else ":".join(authority)


def _stated_parameters(crs: CRS) -> Transformer:
    """By the parameters that the definition itself brings; zeros on another ellipsoid only mean unknown."""
    operation, ellipsoid = crs.coordinate_operation, crs.ellipsoid
    known = operation is not None and any(operation.towgs84)
    if not known and (ellipsoid is None or abs(ellipsoid.semi_major_metre - 6378137.0) > 1.0):
        raise BadInput("crs.no-transformation", value=crs.name)
    return Transformer.from_crs(crs, CRS.from_epsg(4326), always_xy=True)


def _accurate(crs: CRS) -> Transformer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a better grid that is not installed; the accuracy is checked
        group = TransformerGroup(crs, CRS.from_epsg(4326), always_xy=True)
    known = [one for one in group.transformers if 0 <= one.accuracy <= _WORST_ACCURACY_M]
    if not known or _authority(crs.geodetic_crs) in _LOCAL_PARAMETERS:
        raise BadInput("crs.no-transformation", value=crs.name)
    return known[0]
