"""A workbook: one sheet of records with a point for each and its WKT, one that says what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES, ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._writer import ALL_TEMP_FILES, WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from geoservice.errors import BadRequest
from geoservice.language import translate
from geoservice.publish.formats.content import Content, plain
from geoservice.publish.formats.dated_zip import DatedZip
from geoservice.publish.formats.form import Format, pieces
from geoservice.publish.formats.told import lines

MOST_ROWS = 1_048_575
MOST_CHARACTERS = 32_767
_HEAD = Font(bold=True)


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """Written to the end before its first byte goes out; sheets are put together in the folder, not in memory.

    Raises
    ------
    BadRequest
        ``export.xlsx-too-long`` for more records than a sheet has rows.
    """
    if content.facts.count > MOST_ROWS:
        raise BadRequest("export.xlsx-too-long", count=content.facts.count, most=MOST_ROWS)
    book = Workbook(write_only=True)
    book.properties.creator = "geoservice"
    book.properties.title = content.collection.layer.title.zh
    book.properties.description = "\n".join(lines(content))
    book.properties.created = book.properties.modified = content.facts.changed_at.replace(tzinfo=None)
    about, records = (book.create_sheet(name) for name in ("说明 About", "数据 Records"))
    path = folder / "export.xlsx"
    try:
        left_out = _records(content, records, folder)
        _about(content, about, folder, left_out)
        ExcelWriter(book, DatedZip(path, content.facts.changed_at)).save()
    finally:
        for one in (about, records):
            if (folder / f"{one.title}.xml").exists() and not one.closed:
                # Left open, its stream would fail when it is thrown away.
                one.close()
        for path_ in map(str, folder.glob("*.xml")):
            if path_ in ALL_TEMP_FILES:
                ALL_TEMP_FILES.remove(path_)
    return pieces(path)


def _records(content: Content, sheet: Any, folder: Path) -> int:
    """Writes the rows; how many outlines and texts were too long for a cell."""
    first, second = _axes(content)
    heads = ["id", *(content.heads[one.name] for one in content.properties), first, second, "geometry_wkt"]
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{content.facts.count + 1}"
    _into(sheet, folder)
    sheet.append([_bold(sheet, head) for head in heads])
    left_out = 0
    for batch in content.records():
        shapes = content.system.shapes([row[1] for row in batch])
        points = shapely.get_coordinates(_points(shapes)).round(content.system.digits).tolist()
        texts = shapely.to_wkt(shapes, rounding_precision=content.system.digits, trim=True)
        for row, point, text in zip(batch, points, texts, strict=True):
            values = [_cell(sheet, value) for value in row[2:]]
            placed = [None, None] if text is None else point
            fits = text is None or len(text) <= MOST_CHARACTERS
            left_out += not fits
            left_out += sum(isinstance(value, str) and len(value) > MOST_CHARACTERS for value in row[2:])
            sheet.append([row[0], *values, *placed, text if fits else None])
    return left_out


def _points(shapes: Any) -> Any:
    """A point of each: itself, or one that lies on it; a stand-in where there is none, so that rows keep their places."""
    points = shapely.point_on_surface(shapes)
    points[shapely.is_missing(points) | shapely.is_empty(points)] = shapely.Point(0, 0)
    return points


def _axes(content: Content) -> tuple[str, str]:
    return ("东 East (m)", "北 North (m)") if content.system.crs.metric else ("经度 Longitude", "纬度 Latitude")


def _about(content: Content, sheet: Any, folder: Path, left_out: int) -> None:
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 90
    _into(sheet, folder)
    for line in lines(content):
        sheet.append(["", _cell(sheet, line)])
    if left_out:
        told = " · ".join(translate("export.told.too-long", language, count=left_out) for language in ("zh", "en"))
        sheet.append(["", told])
    sheet.append([])
    sheet.append([_bold(sheet, "列 Column"), _bold(sheet, "名称 Title")])
    for one in content.properties:
        sheet.append(
            [content.heads[one.name], f"{one.title.zh} · {one.title.en}" + (f" ({one.unit})" if one.unit else "")]
        )


def _into(sheet: Any, folder: Path) -> None:
    """Lets a sheet be written to a file of ours: openpyxl's own would outlive an export that breaks off."""
    path = str(folder / f"{sheet.title}.xml")
    writer = WorksheetWriter(sheet, path)
    ALL_TEMP_FILES.append(path)
    sheet._writer = writer  # noqa: SLF001 - a write-only sheet knows no other way
    writer.write_top()


def _bold(sheet: Any, value: str) -> Any:
    cell = _text(sheet, value)
    cell.font = _HEAD
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    """A value; text is never taken for a formula or an error."""
    value = plain(value)
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub("", value)[:MOST_CHARACTERS]
    return _text(sheet, value) if value[:1] == "=" or value in ERROR_CODES else value


def _text(sheet: Any, value: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


XLSX = Format("xlsx", (".xlsx",), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write)
