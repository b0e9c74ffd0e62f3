"""Rows of the registry in a file: a sheet (CSV, XLSX) or a map file (GeoJSON, GeoPackage)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from geoservice.crs import SRID
from geoservice.errors import BadInput
from geoservice.language import translate
from geoservice.names.exporting.records import Exported

MOST_ROWS = 1_048_575  # of a sheet, below its headers
_LEVELS = {"public": "公开", "internal": "内部"}
_SYSTEM = "2000国家大地坐标系"
_SHEET = "地名"


def write_places(found: Exported, path: Path) -> None:
    """Writes a file in the form that its ending says.

    Raises
    ------
    BadInput
        ``names.unknown-format``, ``names.cannot-write`` or ``names.too-many-rows``.
    """
    write = writer_of(path)
    try:
        write(found, path)
    except OSError as error:
        raise BadInput("names.cannot-write", file=path, reason=error.strerror or error) from None


def writer_of(path: Path) -> Callable[[Exported, Path], None]:
    """What writes a file of this ending.

    Raises
    ------
    BadInput
        ``names.unknown-format``.
    """
    try:
        return WRITERS[path.suffix.lower()]
    except KeyError:
        raise BadInput("names.unknown-format", file=path, known="、".join(WRITERS)) from None


def _records(found: Exported) -> list[dict[str, Any]]:
    """Rows by their headers, with what stands on everything that leaves."""
    day, schematic = found.release.data_date.isoformat(), "是" if found.release.schematic else "否"
    return [
        {
            **{head: row[name] for name, head in found.heads.items()},
            "密级": _LEVELS[row["classification"]],
            "是否公开": "是" if row["published"] else "否",
            "坐标系": _SYSTEM,
            "数据日期": day,
            "示意数据": schematic,
        }
        for row in found.rows
    ]


def _table(found: Exported) -> tuple[list[str], list[list[Any]]]:
    """Heads and rows of a sheet; points by their degrees, as soon as anything else is drawn all of it as WKT."""
    points = all(shape is None or shape.geom_type == "Point" for shape in found.shapes)
    records = _records(found)
    heads = list(records[0]) if records else [*found.heads.values(), "密级", "是否公开"]
    place = _degrees if points else _written
    return [*heads, *(("东经", "北纬") if points else ("几何",))], [
        [*record.values(), *place(shape)] for record, shape in zip(records, found.shapes, strict=True)
    ]


def _degrees(shape: Any) -> list[Any]:
    return [None, None] if shape is None else [shape.x, shape.y]


def _written(shape: Any) -> list[Any]:
    return [None if shape is None else shapely.to_wkt(shape, rounding_precision=-1)]


def _csv(found: Exported, path: Path) -> None:
    heads, rows = _table(found)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(heads)
        writer.writerows([list(map(_plain, row)) for row in rows])


def _plain(value: Any) -> Any:
    """A cell; a text that a spreadsheet would take for a formula is none. An import takes the mark off again."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@") else value


def _xlsx(found: Exported, path: Path) -> None:
    heads, rows = _table(found)
    if len(rows) > MOST_ROWS:
        raise BadInput("names.too-many-rows", count=len(rows), most=MOST_ROWS)
    book = Workbook(write_only=True)
    book.properties.description = "；".join(found.release.words())
    sheet = book.create_sheet(_SHEET)
    sheet.freeze_panes = "A2"
    for row in (heads, *rows):
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
    return cell


def _geojson(found: Exported, path: Path) -> None:
    features = [
        {
            "type": "Feature",
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
            "properties": record,
        }
        for record, shape in zip(_records(found), found.shapes, strict=True)
    ]
    whole = {
        "type": "FeatureCollection",
        "release": found.release.as_dict(),
        "notice": translate("notice.schematic") if found.release.schematic else None,
        "features": features,
    }
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")


def _geopackage(found: Exported, path: Path) -> None:
    frame = gpd.GeoDataFrame(_records(found), geometry=list(found.shapes), crs=f"EPSG:{SRID}")
    path.unlink(missing_ok=True)
    frame.to_file(path, layer=_SHEET, driver="GPKG", engine="pyogrio", geometry_type=_kind(found.shapes))


def _kind(shapes: Sequence[Any]) -> str:
    kinds = {shape.geom_type for shape in shapes if shape is not None}
    return kinds.pop() if len(kinds) == 1 else "Unknown"


WRITERS: dict[str, Callable[[Exported, Path], None]] = {
    ".csv": _csv,
    ".xlsx": _xlsx,
    ".geojson": _geojson,
    ".json": _geojson,
    ".gpkg": _geopackage,
}
