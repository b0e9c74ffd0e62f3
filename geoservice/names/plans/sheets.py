"""The file of a plan as it came, each row marked, and a summary: a workbook, a table of text, or a map file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import shapely
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, WriteOnlyCell
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from geoservice.language import translate
from geoservice.names.plans.marking import MarkedPlan, marked_plan
from geoservice.names.plans.reading import Mark, Plan

_FILLS = {
    Mark.VIOLATES: "F4C7B8",
    Mark.ARGUE: "FBE3B5",
    Mark.HINT: "E3E9F7",
    Mark.PASSES: "FFFFFF",
    Mark.MISSING: "E6DDF0",
    Mark.UNREAD: "DDDDDD",
}
_WIDTHS = (14, 48, 48, 48, 24)
XLSX, CSV, GEOJSON = "xlsx", "csv", "geojson"
MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        CSV: "text/csv; charset=utf-8",
        GEOJSON: "application/geo+json",
    }
)
_SAME_BACK = {".csv": CSV, ".tsv": CSV, ".txt": CSV, ".geojson": GEOJSON, ".json": GEOJSON}


def format_of(file: str) -> str:
    """The format that a file is handed back in: its own where that can be, a workbook otherwise.

    Examples
    --------
    >>> format_of("路名.csv"), format_of("路.geojson"), format_of("规划路.dxf")
    ('csv', 'geojson', 'xlsx')
    """
    return _SAME_BACK.get(Path(file).suffix.lower(), XLSX)


def sheet_of(plan: MarkedPlan, format_: str) -> bytes:
    """The marked plan as a file of a format of `MEDIA_TYPES`."""
    return _WRITERS[format_](plan)


def write_plan(plan: Plan, path: Path, file: str) -> None:
    """Writes a plan that was just checked: as text or as a map file by the name of what is written, else as a workbook."""
    path.write_bytes(sheet_of(marked_plan(plan, file), format_of(path.name)))


def _workbook(plan: MarkedPlan) -> bytes:
    """Written row by row: cells with a fill are made once a verdict and filled anew, for making them costs most."""
    book = Workbook(write_only=True)
    sheet, width = book.create_sheet(translate("names.sheet")), len(plan.headers)
    sheet.freeze_panes = "A2"
    for at, wide in enumerate(_WIDTHS, start=width + 1):
        sheet.column_dimensions[get_column_letter(at)].width = wide
    heads = _styled(sheet, width + len(plan.added), font=Font(bold=True))
    sheet.append(_with(heads, (*plan.headers, *plan.added)))
    marks = {
        mark: _styled(sheet, len(plan.added), fill=PatternFill("solid", fgColor=color))
        for mark, color in _FILLS.items()
    }
    for line in plan.lines:
        cells = [*map(_cell, line.cells), *[None] * (width - len(line.cells))]
        sheet.append([*cells, *_with(marks[line.mark], line.told)])
    summary = book.create_sheet(translate("names.summary"))
    for column in ("A", "B"):
        summary.column_dimensions[column].width = 60
    for title, value in plan.summary:
        summary.append([_cell(title), _cell(value)])
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _styled(sheet: Any, count: int, **style: Any) -> list[Any]:
    cells = [WriteOnlyCell(sheet) for _ in range(count)]
    for cell in cells:
        for name, value in style.items():
            setattr(cell, name, value)
    return cells


def _with(cells: Sequence[Any], values: Sequence[object]) -> Sequence[Any]:
    for cell, value in zip(cells, values, strict=True):
        cell.value = _cell(value)
    return cells


def _table(plan: MarkedPlan) -> bytes:
    """With a mark of the byte order, so that a spreadsheet reads it as UTF-8."""
    kept = io.StringIO(newline="")
    writer = csv.writer(kept)
    writer.writerow([_cell(one) for one in (*plan.headers, *plan.added)])
    for line in plan.lines:
        cells = [*line.cells, *[None] * (len(plan.headers) - len(line.cells))]
        writer.writerow([_cell(one) for one in (*cells, *line.told)])
    return kept.getvalue().encode("utf-8-sig", "replace")


def _map_file(plan: MarkedPlan) -> bytes:
    """RFC 7946, CRS84; the summary stands beside the features."""
    titles = _titles(plan.headers)
    features = [
        {
            "type": "Feature",
            "geometry": None if line.shape is None else json.loads(shapely.to_geojson(line.shape)),
            "properties": {
                **dict(zip(titles, line.cells, strict=False)),
                **dict(zip(plan.added, line.told, strict=True)),
            },
        }
        for line in plan.lines
    ]
    summary = [{"title": title, "value": value} for title, value in plan.summary]
    told = {"type": "FeatureCollection", "features": features, "summary": summary}
    return json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _titles(headers: Sequence[str]) -> list[str]:
    """Headers as keys: none empty, none twice.

    Examples
    --------
    >>> _titles(["路名", "", "路名"])
    ['路名', '#2', '路名 #3']
    """
    found: list[str] = []
    for at, header in enumerate(headers, start=1):
        found.append(f"{header} #{at}".strip() if not header or header in found else header)
    return found


def _cell(value: object) -> Any:
    """A cell that a spreadsheet takes; a text that it would take for a formula is none."""
    if value is None or isinstance(value, (int, float, date)):
        return value
    text = ILLEGAL_CHARACTERS_RE.sub("", str(value))
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


_WRITERS: Mapping[str, Callable[[MarkedPlan], bytes]] = MappingProxyType(
    {XLSX: _workbook, CSV: _table, GEOJSON: _map_file}
)
