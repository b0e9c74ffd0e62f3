"""Columns of a table to points: longitude and latitude, or the north and east of a survey."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.errors import ShapelyError

from geoservice.crs import SRID, Crs, has_prefix, survey_zone
from geoservice.errors import BadInput
from geoservice.ingest.angles import parse_angle, typed_as_dms
from geoservice.ingest.fields import Matched
from geoservice.ingest.readers.raw import Cells, RawTable, object_array
from geoservice.ingest.records import Notice
from geoservice.ingest.values import ValueRefusedError, parse_column, parse_number

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

# China in a Gauss-Kruger zone: metres north of the equator, metres east with the false easting of 500 km.
_NORTH = (1_500_000.0, 6_300_000.0)
_EAST = (100_000.0, 900_000.0)


@dataclass
class Located:
    """Points of a table in their own system, x (east) first.

    Attributes
    ----------
    geometry
        One point a row; None where the cells are empty or refused.
    crs
        The system that they are in.
    reason
        ``given`` on the command line, ``assumed`` for longitudes and latitudes without a statement, ``zone`` from the
        prefix of the east coordinates.
    refused
        Position of a row to the header and the reason.
    """

    geometry: Cells
    crs: Crs
    reason: str
    refused: dict[int, tuple[str, ValueRefusedError]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)


@dataclass
class _Pair:
    """Two columns of numbers with their headers."""

    first: Floats
    second: Floats
    headers: tuple[str, str]
    refused: dict[int, tuple[str, ValueRefusedError]]
    cells: tuple[Cells, Cells]


def locate(
    raw: RawTable, matched: Matched, crs: Crs | None, *, file: str, bounds: Bounds | None = None
) -> Located | None:
    """The points of a table; None where it has no columns with coordinates.

    Parameters
    ----------
    crs
        As given on the command line.
    bounds
        West, south, east, north of known geometry of the county, in degrees: tells swapped columns where the numbers
        alone do not.

    Raises
    ------
    BadInput
        ``import.swapped-lonlat``, ``import.swapped-survey``, ``import.zone-unknown``, ``import.zones-mixed``,
        ``import.zone-contradicts``, ``import.not-degrees``, ``import.not-metres`` or ``import.position-half``.
    """
    held = matched.positions
    for one, other in (("lon", "lat"), ("north", "east"), ("x", "y")):
        if one in held and other in held:
            pair = _pair(raw, held[one], held[other], angles=one != "north")
            return _located(one, pair, crs, file=file, bounds=bounds)
    for one in ("lon", "lat", "north", "east", "x", "y"):
        if one in held:
            raise BadInput("import.position-half", file=file, header=raw.headers[held[one]])
    if "lonlat" in held:
        pair = _split_pair(raw, held["lonlat"])
        return _located("lon", pair, crs, file=file, bounds=bounds)
    if "wkt" in held:
        return _wkt(raw, held["wkt"], crs)
    return None


def _located(kind: str, pair: _Pair, crs: Crs | None, *, file: str, bounds: Bounds | None) -> Located:
    metres = _metres(pair)
    value = f"{pair.first[0]:.15g}, {pair.second[0]:.15g}"
    if kind == "north" or (kind == "x" and (metres or (crs is not None and not crs.geographic))):
        if not metres:
            raise BadInput(
                "import.not-metres",
                file=file,
                headers="、".join(pair.headers),
                value=value,
                crs=crs.name if crs else "-",
            )
        if crs is not None and crs.geographic:
            raise BadInput("import.not-degrees", file=file, headers="、".join(pair.headers), value=value, crs=crs.name)
        return _survey(kind, pair, crs, file=file)
    if metres or (crs is not None and not crs.geographic):
        raise BadInput(
            "import.not-degrees", file=file, headers="、".join(pair.headers), value=value, crs=crs.name if crs else "-"
        )
    return _degrees(pair, crs, file=file, bounds=bounds)


def _metres(pair: _Pair) -> bool:
    values = np.abs(np.concatenate([pair.first, pair.second]))
    values = values[np.isfinite(values)]
    return bool(len(values)) and bool(np.median(values) > 1000.0)


def _pair(raw: RawTable, first: int, second: int, *, angles: bool) -> _Pair:
    headers = (raw.headers[first], raw.headers[second])
    parser = parse_angle if angles else parse_number
    refused: dict[int, tuple[str, ValueRefusedError]] = {}
    numbers = []
    for index, header in zip((first, second), headers, strict=True):
        column = parse_column(raw.cells[index], parser)
        refused |= {position: (header, reason) for position, reason in column.refused.items()}
        numbers.append(np.array([np.nan if one is None else one for one in column.values], dtype=np.float64))
    half = np.isfinite(numbers[0]) != np.isfinite(numbers[1])
    for position in np.flatnonzero(half).tolist():
        empty = headers[0] if np.isnan(numbers[0][position]) else headers[1]
        refused.setdefault(position, (empty, ValueRefusedError("import.coordinate-missing")))
    return _Pair(numbers[0], numbers[1], headers, refused, (raw.cells[first], raw.cells[second]))


def _split_pair(raw: RawTable, index: int) -> _Pair:
    """One column that holds ``113.16,30.66``."""
    firsts, seconds = [], []
    refused: dict[int, tuple[str, ValueRefusedError]] = {}
    header = raw.headers[index]
    for position, cell in enumerate(raw.cells[index]):
        parts = [] if cell is None else str(cell).replace("，", ",").replace(";", ",").split(",")
        firsts.append(parts[0] if len(parts) == 2 else None)
        seconds.append(parts[1] if len(parts) == 2 else None)
        if len(parts) not in (0, 2):
            refused[position] = (header, ValueRefusedError("import.not-an-angle"))
    split = RawTable(raw.format, [header, header], [object_array(firsts), object_array(seconds)], raw.rows)
    pair = _pair(split, 0, 1, angles=True)
    pair.refused |= refused
    return pair


def _degrees(pair: _Pair, crs: Crs | None, *, file: str, bounds: Bounds | None) -> Located:
    lon, lat = pair.first, pair.second
    if _swapped(lon, lat, bounds):
        raise BadInput("import.swapped-lonlat", file=file, lon=pair.headers[0], lat=pair.headers[1])
    located = _points(lon, lat, crs or Crs.parse("EPSG:4490"), "given" if crs else "assumed", pair)
    texts = [str(cell) for cells in pair.cells for cell in cells if cell is not None]
    if typed_as_dms(texts):
        located.notices.append(
            Notice(None, "import.coordinates-look-like-dms", {"headers": "、".join(pair.headers), "example": texts[0]})
        )
    return located


def _swapped(lon: Floats, lat: Floats, bounds: Bounds | None) -> bool:
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return False
    if np.mean((np.abs(lat[known]) > 90) & (np.abs(lon[known]) <= 90)) > 0.5:
        return True
    return bounds is not None and swapped_in(lon[known], lat[known], bounds)


def swapped_in(lon: Floats, lat: Floats, bounds: Bounds) -> bool:
    """Whether most points fall near the bounds only when longitude and latitude change places."""
    west, south, east, north = bounds
    margin = 2.0

    def near(x: Floats, y: Floats) -> float:
        inside = (x > west - margin) & (x < east + margin) & (y > south - margin) & (y < north + margin)
        return float(np.mean(inside))

    return near(lon, lat) < 0.1 and near(lat, lon) > 0.9


def _survey(kind: str, pair: _Pair, crs: Crs | None, *, file: str) -> Located:
    """Metres: in a Gauss-Kruger zone X is north and Y is east, elsewhere x is east."""
    chinese = crs is None or crs.gauss_kruger
    if not chinese:
        east, north = (pair.second, pair.first) if kind == "north" else (pair.first, pair.second)
        return _points(east, north, crs or Crs.parse("EPSG:4490"), "given", pair)
    north, east = pair.first, pair.second
    _refuse_swapped(pair, file)
    plausible = _is_north(north) & _is_east(east)
    zone, reason = _zone(east[plausible], crs, pair.headers[1], file=file)
    located = _points(east, north, zone, reason, pair)
    given = np.isfinite(north) & np.isfinite(east)
    for position in np.flatnonzero(given & ~plausible).tolist():
        header = pair.headers[0] if not _is_north(north)[position] else pair.headers[1]
        located.refused.setdefault(position, (header, ValueRefusedError("import.coordinate-implausible")))
        located.geometry[position] = None
    return located


def fitting_system(x: float, y: float) -> str:
    """The system that coordinates of a drawing are most likely in, x (east) first, for an officer to confirm.

    Examples
    --------
    >>> fitting_system(419492, 3393581), fitting_system(38419492, 3393581), fitting_system(113.16, 30.66)
    ('EPSG:4547', 'EPSG:4526', 'EPSG:4490')
    """
    if abs(x) <= 180 and abs(y) <= 180:
        return f"EPSG:{SRID}"
    zone = survey_zone(int(max(x, y) // 1e6))
    return "EPSG:4547" if zone is None else zone.name


def refuse_unlikely_drawing(geometry: Cells, crs: Crs, *, file: str) -> None:
    """Lets a drawing in a Gauss-Kruger zone through whose x is east and whose zone number, or none, is that of the zone.

    Raises
    ------
    BadInput
        ``import.dxf-swapped``, ``import.dxf-implausible``, ``import.zones-mixed`` or ``import.zone-contradicts``.
    """
    coordinates = shapely.get_coordinates(geometry)
    coordinates = coordinates[np.isfinite(coordinates).all(axis=1)]
    if not crs.gauss_kruger or not len(coordinates):
        return
    x, y = coordinates[:, 0], coordinates[:, 1]
    value = f"{x[0]:.15g}, {y[0]:.15g}"
    as_said = _is_east(x) & _is_north(y)
    if np.count_nonzero(_is_east(y) & _is_north(x)) > np.count_nonzero(as_said):
        raise BadInput("import.dxf-swapped", file=file, value=value)
    if not as_said.any():
        raise BadInput("import.dxf-implausible", file=file, value=value, crs=crs.name, fits=fitting_system(x[0], y[0]))
    _zone(x[as_said], crs, "X", file=file)


def _refuse_swapped(pair: _Pair, file: str) -> None:
    known = np.isfinite(pair.first) & np.isfinite(pair.second)
    first, second = pair.first[known], pair.second[known]
    as_said = np.count_nonzero(_is_north(first) & _is_east(second))
    swapped = np.count_nonzero(_is_north(second) & _is_east(first))
    if swapped > as_said:
        raise BadInput("import.swapped-survey", file=file, north=pair.headers[0], east=pair.headers[1])
    if as_said == 0:
        values = f"{first[0]:.15g}, {second[0]:.15g}" if len(first) else "-"
        raise BadInput("import.survey-implausible", file=file, headers="、".join(pair.headers), value=values)


def _is_north(values: Floats) -> NDArray[np.bool_]:
    return np.asarray((values >= _NORTH[0]) & (values <= _NORTH[1]))


def _is_east(values: Floats) -> NDArray[np.bool_]:
    prefix, rest = np.floor(values / 1e6), values % 1e6
    zoned = (prefix == 0) | ((prefix >= 13) & (prefix <= 45))
    return np.asarray(zoned & (rest >= _EAST[0]) & (rest <= _EAST[1]))


def _zone(east: Floats, crs: Crs | None, header: str, *, file: str) -> tuple[Crs, str]:
    prefixes = sorted({int(one) for one in np.floor(east / 1e6)})
    if len(prefixes) > 1:
        shown = "、".join(str(one) for one in prefixes)
        raise BadInput("import.zones-mixed", file=file, header=header, zones=shown)
    read = survey_zone(prefixes[0]) if prefixes[0] else None
    if crs is None:
        if read is None:
            raise BadInput("import.zone-unknown", file=file, header=header, value=f"{east[0]:.15g}")
        return read, "zone"
    carries = crs.epsg is not None and has_prefix(crs.epsg)
    if carries != (read is not None) or (read is not None and read.epsg != crs.epsg):
        fits = read.name if read is not None else "EPSG:4547"
        raise BadInput(
            "import.zone-contradicts", file=file, header=header, value=f"{east[0]:.15g}", crs=crs.name, fits=fits
        )
    return crs, "given"


def _points(x: Floats, y: Floats, crs: Crs, reason: str, pair: _Pair) -> Located:
    geometry = np.full(len(x), None, dtype=object)
    known = np.isfinite(x) & np.isfinite(y)
    for position in pair.refused:
        known[position] = False
    geometry[known] = shapely.points(x[known], y[known])
    return Located(geometry, crs, reason, dict(pair.refused))


def _wkt(raw: RawTable, index: int, crs: Crs | None) -> Located:
    header = raw.headers[index]
    refused: dict[int, tuple[str, ValueRefusedError]] = {}
    shapes: list[Any] = []
    for position, cell in enumerate(raw.cells[index]):
        try:
            shapes.append(None if cell is None else _written(str(cell).strip()))
        except (ShapelyError, ValueError, TypeError, KeyError):
            shapes.append(None)
            refused[position] = (header, ValueRefusedError("import.not-wkt"))
    return Located(object_array(shapes), crs or Crs.parse("EPSG:4490"), "given" if crs else "assumed", refused)


def _written(text: str) -> Any:
    """A geometry as WKT, or as GeoJSON, whose numbers the national base writes as texts."""
    if not text.startswith("{"):
        return shapely.from_wkt(text)
    given = json.loads(text)
    return shapely.geometry.shape({"type": given["type"], "coordinates": _numbers(given["coordinates"])})


def _numbers(given: Any) -> Any:
    return [_numbers(one) for one in given] if isinstance(given, list) else float(given)


REASONS: Mapping[str, str] = {
    "assumed": "import.crs-assumed",
    "zone": "import.crs-by-zone",
}
