"""KML: placemarks with their names, extended data and folders.

GDAL's reader turns every Chinese name of extended data into underscores, so that columns are lost.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.errors import ShapelyError

from geoservice.errors import BadInput
from geoservice.ingest.readers.raw import RawTable, object_array
from geoservice.ingest.readers.text import decode, read_bytes

_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_GEOMETRIES = ("Point", "LineString", "LinearRing", "Polygon", "MultiGeometry", "Track", "MultiTrack")
_LINES = ("LineString", "LinearRing")
# Parts of parts deeper than this are made to exhaust a reader, not to draw a map.
_DEEPEST = 50


def read_kml(path: Path, *, part: str | None = None) -> RawTable:
    """Reads the placemarks of a KML file, longitude first.

    Parameters
    ----------
    part
        Name of the folder to read; all by default.

    Raises
    ------
    BadInput
        ``import.broken-file``, ``import.xml-doctype``, ``import.layer-unknown`` or ``import.empty-file``.
    """
    text, used = decode(read_bytes(path), None, file=path.name)
    if re.search(r"<!(DOCTYPE|ENTITY)", text):
        raise BadInput("import.xml-doctype", file=path.name, member=path.name)
    try:
        root = ET.fromstring(_DECLARATION.sub("", text))  # nosec B314 # noqa: S314  no document type, so no entities
    except ET.ParseError as error:
        raise BadInput("import.broken-file", file=path.name, reason=error) from None
    found = list(_placemarks(root, ""))
    folders = list(dict.fromkeys(folder for folder, _ in found))
    if part is not None and part not in folders:
        raise BadInput("import.layer-unknown", file=path.name, layer=part, layers="、".join(folders) or "-")
    marks = [(folder, mark) for folder, mark in found if part in (None, folder)]
    if not marks:
        raise BadInput("import.empty-file", file=path.name)
    return _table(marks, used, part)


def _table(marks: list[tuple[str, ET.Element]], encoding: str, part: str | None) -> RawTable:
    records = [{**_properties(mark), "folder": folder or None} for folder, mark in marks]
    headers = list(dict.fromkeys(name for record in records for name in record))
    shapes: list[Any] = []
    unreadable: dict[int, str] = {}
    for position, (_, mark) in enumerate(marks):
        try:
            shapes.append(_geometry_of(mark))
        except (ValueError, ShapelyError) as error:
            shapes.append(None)
            unreadable[position] = str(error)[:80]
    return RawTable(
        format="KML",
        headers=headers,
        cells=[object_array([record.get(name) for record in records]) for name in headers],
        rows=np.arange(1, len(records) + 1),
        geometry=object_array(shapes),
        crs="EPSG:4326",
        encoding=encoding,
        unit="feature",
        part=part,
        unreadable=unreadable,
    )


def _tag(element: ET.Element) -> str:
    return str(element.tag).rsplit("}", maxsplit=1)[-1]


def _placemarks(element: ET.Element, folder: str) -> Iterator[tuple[str, ET.Element]]:
    """Each placemark with the name of the nearest folder or document around it."""
    pending = [(element, folder)]
    while pending:
        current, within = pending.pop()
        if _tag(current) == "Placemark":
            yield within, current
            continue
        inner = next((child.text for child in current if _tag(child) == "name" and child.text), None)
        name = inner.strip() if inner else within
        pending.extend((child, name) for child in reversed(current))


def _properties(mark: ET.Element) -> dict[str, str | None]:
    """Name, description and address, and the extended data under their own names."""
    record: dict[str, str | None] = {}
    for child in mark:
        if _tag(child) in ("name", "description", "address", "phoneNumber"):
            record[_tag(child)] = child.text
        elif _tag(child) == "ExtendedData":
            for item in child.iter():
                name = item.get("name")
                if name and _tag(item) == "Data":
                    record[name] = next((one.text for one in item if _tag(one) == "value"), None)
                elif name and _tag(item) == "SimpleData":
                    record[name] = item.text
    return {name: value if value and value.strip() else None for name, value in record.items()}


def _geometry_of(mark: ET.Element) -> Any:
    drawn = [child for child in mark if _tag(child) in _GEOMETRIES]
    return _shape(drawn[0]) if drawn else None


def _shape(element: ET.Element, depth: int = 0) -> Any:
    kind = _tag(element)
    if depth > _DEEPEST:
        raise ValueError(f"{kind} x {depth}")
    if kind == "Point":
        return shapely.Point(_coordinates(element)[0])
    if kind in _LINES:
        return shapely.LineString(_coordinates(element))
    if kind == "Track":
        return shapely.LineString([_numbers((one.text or "").split())[:2] for one in element if _tag(one) == "coord"])
    if kind == "Polygon":
        rings = {
            name: [r for b in element if _tag(b) == name for r in b] for name in ("outerBoundaryIs", "innerBoundaryIs")
        }
        outer = [_coordinates(ring) for ring in rings["outerBoundaryIs"]]
        if not outer:
            raise ValueError("Polygon: outerBoundaryIs")
        return shapely.Polygon(outer[0], [_coordinates(ring) for ring in rings["innerBoundaryIs"]])
    return shapely.GeometryCollection([_shape(child, depth + 1) for child in element if _tag(child) in _GEOMETRIES])


def _coordinates(element: ET.Element) -> list[tuple[float, ...]]:
    text = next((child.text or "" for child in element if _tag(child) == "coordinates"), "")
    found = [_numbers(one.split(",")) for one in re.sub(r"\s*,\s*", ",", text).split()]
    if not found:
        raise ValueError(f"{_tag(element)}: coordinates")
    dimensions = min(len(one) for one in found)
    return [one[:dimensions] for one in found]


def _numbers(parts: list[str]) -> tuple[float, ...]:
    """Longitude, latitude and, where it is given, the height."""
    if len(parts) < 2:
        raise ValueError(",".join(parts))
    return tuple(float(part) for part in parts[:3] if part)
