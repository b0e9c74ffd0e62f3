"""Reference systems that features go out in and boxes come in, with the axis order that their definition states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pyproj import CRS
from sqlalchemy import ColumnElement, Text, func

from geoservice.crs import SRID, Crs, gauss_kruger_zone
from geoservice.errors import BadRequest

CRS84_URI = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG_URI = "http://www.opengis.net/def/crs/EPSG/0/"
STORAGE_URI = f"{_EPSG_URI}{SRID}"
MERCATOR = 3857
# About a centimetre, and a millimetre.
DEGREE_DIGITS, METRE_DIGITS = 7, 3
_ZONES = range(4534, 4555)


@dataclass(frozen=True)
class OgcCrs:
    """One of them.

    Attributes
    ----------
    epsg
        None for CRS84.
    north_first
        Whether the first axis points north.
    metric
        Whether coordinates are metres.
    """

    uri: str
    epsg: int | None
    north_first: bool
    metric: bool

    @property
    def digits(self) -> int:
        """Decimals that coordinates are rounded to."""
        return METRE_DIGITS if self.metric else DEGREE_DIGITS

    @property
    def header(self) -> str:
        """As the header Content-Crs names it."""
        return f"<{self.uri}>"

    def written(self, table: Any, *, areal: bool) -> ColumnElement[Any]:
        """The geometry of a record as GeoJSON text in this system; null where there is none.

        Parameters
        ----------
        table
            With `geom` in EPSG:4490, longitude first, and its copy `geom_3857`.
        areal
            Whether it may be an area: outer rings then go counter-clockwise.
        """
        geom = table.geom
        if self.epsg == MERCATOR:
            geom = table.geom_3857
        elif self.metric:
            geom = func.ST_Transform(geom, self.epsg)
        if areal:
            geom = func.ST_ForcePolygonCCW(geom)
        if self.north_first:
            geom = func.ST_FlipCoordinates(geom)
        return func.ST_AsGeoJSON(geom, self.digits, 0, type_=Text)

    @property
    def inner(self) -> Crs:
        """The same for transformations, x (east) first."""
        return Crs.parse("CRS84" if self.epsg is None else f"EPSG:{self.epsg}")


CRS84 = OgcCrs(CRS84_URI, None, north_first=False, metric=False)


@cache
def by_epsg(code: int) -> OgcCrs:
    """The system of an EPSG code.

    Examples
    --------
    >>> by_epsg(4547).north_first, by_epsg(3857).north_first, by_epsg(4490).metric
    (True, False, False)
    """
    known = CRS.from_epsg(code)
    return OgcCrs(
        f"{_EPSG_URI}{code}", code, north_first=known.axis_info[0].direction == "north", metric=known.is_projected
    )


def offered(extent: Sequence[float] | None) -> tuple[OgcCrs, ...]:
    """Systems for what lies in an extent: degrees, web maps, and the 3-degree zones of the place with their neighbours.

    Parameters
    ----------
    extent
        West, south, east, north in degrees; None where nothing lies anywhere.

    Examples
    --------
    >>> [one.epsg for one in offered((112.6, 30.3, 113.5, 30.9))]
    [None, 4490, 4326, 3857, 4546, 4547, 4548]
    >>> [one.epsg for one in offered(None)]
    [None, 4490, 4326, 3857]
    """
    zones: list[int] = []
    if extent is not None:
        west, east = gauss_kruger_zone(extent[0]), gauss_kruger_zone(extent[2])
        if west in _ZONES and east in _ZONES:
            zones = [zone for zone in range(west - 1, east + 2) if zone in _ZONES]
    return (CRS84, *(by_epsg(code) for code in (SRID, 4326, MERCATOR, *zones)))


def chosen(name: str, uri: str | None, known: Sequence[OgcCrs]) -> OgcCrs:
    """The system that a parameter asks for; CRS84 where it is absent.

    Raises
    ------
    BadRequest
        ``ogc.unknown-crs`` for any that the collection does not list.
    """
    if uri in (None, CRS84_URI):
        return CRS84
    for one in known:
        if one.uri == uri:
            return one
    raise BadRequest("ogc.unknown-crs", name=name, value=str(uri)[:120], allowed=", ".join(one.uri for one in known))
