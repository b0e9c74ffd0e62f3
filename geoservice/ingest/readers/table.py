"""CSV and XLSX tables."""

from __future__ import annotations

import csv
import io
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import numpy as np
import openpyxl
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from geoservice.errors import BadInput
from geoservice.ingest.readers.raw import RawTable, object_array
from geoservice.ingest.readers.sheet_marks import SheetMarks, refuse_doctype, sheet_marks
from geoservice.ingest.readers.text import decode, read_bytes
from geoservice.ingest.records import Notice
from geoservice.ingest.values import BadCell
from geoservice.ingest.zips import BROKEN, check_zip

Score = Callable[[Sequence[str]], int]
Row = tuple[int, list[Any]]

DELIMITERS = (",", ";", "\t")
_HEADER_WITHIN = 15  # rows in which the headers are looked for, below titles
_LONGEST_CELL = 2**26
_EXACT_DIGITS = 10**15
_ERRORS = frozenset({"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#GETTING_DATA"})


def read_csv(path: Path, score: Score, *, encoding: str | None = None) -> RawTable:
    """Reads a CSV file; the delimiter is a comma, a semicolon or a tab.

    Parameters
    ----------
    score
        How many known headers a row holds; the best of the first rows is the row of headers.
    encoding
        The only encoding to try; see `decode`.

    Raises
    ------
    BadInput
        ``import.empty-file``, ``import.csv-broken`` with the line, or ``import.encoding-*``.
    """
    text, used = decode(read_bytes(path), encoding, file=path.name)
    if not text.strip():
        raise BadInput("import.empty-file", file=path.name)
    table = _table("CSV", list(_csv_rows(path, text)), score, path)
    table.encoding = used
    if encoding is None and not used.startswith("utf-8"):
        table.notices.append(Notice(None, "import.encoding-detected", {"encoding": used}))
    return table


def _csv_rows(path: Path, text: str) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [_plain(cell) for cell in cells]
    except csv.Error as error:
        raise BadInput("import.csv-broken", file=path.name, row=reader.line_num, reason=error) from None


def _plain(cell: str) -> str | None:
    """A cell; a quote that keeps a spreadsheet from taking a text for a formula is none of it."""
    if cell.startswith(("'=", "'+", "'-", "'@")):
        return cell[1:]
    return cell if cell.strip() else None


def _delimiter(text: str) -> str:
    """The delimiter that the first rows use most; a comma where none is used."""
    counts = Counter(letter for letter in "\n".join(text.split("\n", _HEADER_WITHIN)[:-1] or [text]))
    return max(DELIMITERS, key=lambda one: counts[one])


def read_xlsx(path: Path, score: Score, *, part: str | None = None, max_unpacked_mb: int) -> RawTable:
    """Reads one sheet of a workbook: the cached values of formulas, merged cells filled.

    Parameters
    ----------
    score
        As in `read_csv`.
    part
        Name of the sheet; by default the first that is not empty.
    max_unpacked_mb
        Largest unpacked size of the workbook in MiB.

    Raises
    ------
    BadInput
        ``import.zip-*``, ``import.broken-file``, ``import.sheet-unknown`` or ``import.empty-file``.
    """
    check_zip(path, max_unpacked_mb)
    try:
        refuse_doctype(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # styles and validations that openpyxl does not know
            title, others, rows = _sheet(path, part)
        marks = sheet_marks(path, title)
    except (*BROKEN, InvalidFileException, ParseError, KeyError, ValueError, TypeError, OSError) as error:
        raise BadInput("import.broken-file", file=path.name, reason=str(error)[:300]) from None
    filled = _fill_merged(rows, marks)
    table = _table("XLSX", _mark_formulas(rows, marks), score, path)
    table.part = title
    if others:
        table.notices.append(Notice(None, "import.sheets-left", {"sheet": title, "others": "、".join(others)}))
    if filled:
        table.notices.append(Notice(None, "import.merged-filled", {"count": filled, "ranges": marks.shown()}))
    return table


def _sheet(path: Path, part: str | None) -> tuple[str, list[str], list[Row]]:
    """Name of the sheet, names of others that hold something, and its rows."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        titles = [sheet.title for sheet in book.worksheets]
        if part is not None and part not in titles:
            raise BadInput("import.sheet-unknown", file=path.name, sheet=part, sheets="、".join(titles))
        found: tuple[str, list[Row]] | None = None
        others = []
        for sheet in book.worksheets:
            if part is not None and sheet.title != part:
                continue
            sheet.reset_dimensions()
            values = sheet.iter_rows(values_only=True)
            if found is None:
                rows = [(number, [_cell(cell) for cell in row]) for number, row in enumerate(values, start=1)]
                if any(cell is not None for _, row in rows for cell in row):
                    found = (sheet.title, rows)
            elif any(cell is not None for row in values for cell in row):
                others.append(sheet.title)
    finally:
        book.close()
    if found is None:
        raise BadInput("import.empty-file", file=path.name)
    return found[0], others, found[1]


def _cell(cell: Any) -> Any:
    if isinstance(cell, str):
        if cell in _ERRORS:
            return BadCell(cell, "import.cell-error", {"error": cell})
        return cell if cell.strip() else None
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= _EXACT_DIGITS:
        return float(cell)  # a spreadsheet keeps 15 digits: let it be seen as inexact
    return cell


def _fill_merged(rows: list[Row], marks: SheetMarks) -> int:
    """Writes the value of merged cells into each of them; the number of cells filled below the first row of a merge."""
    by_number = dict(rows)
    filled = 0
    for merged in marks.merged:
        left, top, right, bottom = (int(bound or 0) for bound in range_boundaries(merged))
        first = by_number.get(top)
        if first is None or left > len(first) or first[left - 1] is None:
            continue
        for number in range(top, bottom + 1):
            row = by_number.get(number)
            if row is None:
                continue
            row.extend([None] * (right - len(row)))
            for column in range(left, right + 1):
                if row[column - 1] is None:
                    row[column - 1] = first[left - 1]
                    filled += number > top
    return filled


def _mark_formulas(rows: list[Row], marks: SheetMarks) -> list[Row]:
    by_number = dict(rows)
    for (number, column), formula in marks.empty_formulas.items():
        row = by_number.get(number)
        if row is None:
            continue
        row.extend([None] * (column - len(row)))
        if row[column - 1] is None:
            cell = f"{get_column_letter(column)}{number}"
            row[column - 1] = BadCell(f"={formula}", "import.formula-without-value", {"cell": cell})
    return rows


def _table(name: str, rows: list[Row], score: Score, path: Path) -> RawTable:
    """The row of headers found, blank rows left out, short rows filled, long rows cut with a mark."""
    filled = [(number, row) for number, row in rows if any(cell is not None for cell in row)]
    if not filled:
        raise BadInput("import.empty-file", file=path.name)
    head = _header_index([row for _, row in filled[:_HEADER_WITHIN]], score)
    headers = ["" if cell is None else str(cell).strip() for cell in filled[head][1]]
    while headers and not headers[-1]:
        headers.pop()
    body = filled[head + 1 :]
    if not body:
        raise BadInput("import.header-only", file=path.name, headers="、".join(one for one in headers if one))
    table = RawTable(
        format=name,
        headers=headers,
        cells=[object_array(column) for column in _columns([row for _, row in body], len(headers))],
        rows=np.array([number for number, _ in body], dtype=np.int64),
    )
    _check_widths(body, headers, path)
    return table


def _columns(rows: list[list[Any]], width: int) -> Iterable[list[Any]]:
    for column in range(width):
        yield [row[column] if column < len(row) else None for row in rows]


def _check_widths(body: list[Row], headers: list[str], path: Path) -> None:
    for number, row in body:
        extra = next((cell for cell in row[len(headers) :] if cell is not None), None)
        if extra is not None:
            raise BadInput(
                "import.too-many-cells", file=path.name, row=number, value=str(extra)[:80], columns=len(headers)
            )


def _header_index(rows: list[list[Any]], score: Score) -> int:
    scores = [score(["" if cell is None else str(cell) for cell in row]) for row in rows]
    best = max(scores)
    return scores.index(best) if best > 0 else 0
