"""DXF of lines and outlines for CAD, in metres of the place; rings and parts are polylines of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely

from geoservice.errors import BadRequest
from geoservice.publish.formats.content import Content, plain
from geoservice.publish.formats.form import CHUNK, Format
from geoservice.publish.formats.shapefile import cut
from geoservice.publish.formats.told import lines
from geoservice.publish.ogc.model import Collection

# A drawing is put together in memory: measured 3 kB a record and 40 bytes a vertex.
MOST_RECORDS, MOST_VERTICES = 100_000, 3_000_000
_APP = "GEOSERVICE"
_VALUE_BYTES, _ALL_BYTES = 250, 15_000
_METRES = 6
_LINES = frozenset({"LineString", "MultiLineString", "Polygon", "MultiPolygon"})


def takes(one: Collection) -> bool:
    """Whether all its geometries are lines or outlines."""
    return set(one.geometry_types) <= _LINES


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """The drawing: a layer of lines, a layer of names, properties as extended data, what it says of itself as comments.

    Raises
    ------
    BadRequest
        ``export.dxf-too-large``
    """
    import ezdxf
    from ezdxf.filemanagement import new

    if content.facts.count > MOST_RECORDS:
        raise _too_large()
    # Otherwise a drawing holds the moment of writing and a random id.
    ezdxf.options.write_fixed_meta_data_for_testing = True  # type: ignore[attr-defined]
    drawing = new("R2010", units=_METRES)
    title = content.collection.layer.title.zh
    drawing.appids.add(_APP)
    drawing.layers.add(title)
    drawing.layers.add(f"{title}-名称")
    told = lines(content)
    for number, line in enumerate(told, 1):
        drawing.header.custom_vars.append(f"geoservice{number}", line)
    _draw(content, drawing.modelspace(), title)
    path = folder / "export.dxf"
    drawing.saveas(path)
    return _commented(path, told)


def _draw(content: Content, space: Any, title: str) -> None:
    vertices = 0
    names = [content.heads[one.name] for one in content.properties]
    positions = {one.name: position for position, one in enumerate(content.properties)}
    for batch in content.records():
        shapes = content.system.shapes([row[1] for row in batch])
        vertices += int(shapely.get_num_coordinates(shapes).sum())
        if vertices > MOST_VERTICES:
            raise _too_large()
        points = shapely.point_on_surface(shapes)
        for row, shape, point in zip(batch, shapes, points, strict=True):
            if shape is None:
                continue
            data = _data(row, names)
            for path, closed in _paths(shape):
                line = space.add_lwpolyline(path, format="xy", close=closed, dxfattribs={"layer": title})
                line.set_xdata(_APP, data)
            name = row[2 + positions["name"]] if "name" in positions else None
            if name:
                height = _height(shape, content)
                text = space.add_text(name, height=height, dxfattribs={"layer": f"{title}-名称"})
                text.set_placement((point.x, point.y))


def _paths(shape: Any) -> Iterator[tuple[Any, bool]]:
    """Vertices, and whether they close: of every line, and of every ring of every part."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            for ring in (part.exterior, *part.interiors):
                yield shapely.get_coordinates(ring)[:-1], True
        else:
            yield shapely.get_coordinates(part), False


def _height(shape: Any, content: Content) -> float:
    """Of a name, so that it is read at the size of its outline; in the units of the drawing."""
    west, south, east, north = map(float, shape.bounds)
    least = 1.0 if content.system.crs.metric else 1e-5
    return max(max(east - west, north - south) / 40.0, least)


def _data(row: Sequence[Any], names: Sequence[str]) -> list[tuple[int, str]]:
    found, size = [(1000, f"id={row[0]}")], 0
    for name, value in zip(names, row[2:], strict=True):
        if value is None:
            continue
        text = cut(" ".join(f"{name}={plain(value)}".split()), _VALUE_BYTES)
        size += len(text.encode()) + 10
        if size > _ALL_BYTES:
            break
        found.append((1000, text))
    return found


def _commented(path: Path, told: Sequence[str]) -> Iterator[bytes]:
    yield "".join(f"999\n{' '.join(line.split())}\n" for line in told).encode()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def _too_large() -> BadRequest:
    return BadRequest("export.dxf-too-large", records=f"{MOST_RECORDS:,}", vertices=f"{MOST_VERTICES:,}")


DXF = Format("dxf", (".dxf",), "image/vnd.dxf", write, local=True, takes=takes)
