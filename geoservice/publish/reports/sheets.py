"""Sheets of a workbook: widths, a fixed head with a filter, numbers in their format, text that is never a formula."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geoservice.language import translate

SHARE, WHOLE, MINUTES = "0.0%", "#,##0", "0.0"
_HEAD = Font(bold=True)
_SHADE = PatternFill("solid", fgColor="ECEBE6")


def sheet_of(book: Workbook, key: str, widths: Sequence[float]) -> Any:
    """A new sheet, named by the key of its title."""
    # Its type declares less than a sheet has.
    sheet: Any = book.create_sheet(translate(key))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    return sheet


def table(
    book: Workbook, key: str, heads: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[Any]]
) -> None:
    """A sheet with a fixed head and a filter; a value is plain, or (value, number format)."""
    sheet = sheet_of(book, key, [*widths, *[12] * (len(heads) - len(widths))])
    sheet.freeze_panes = "A2"
    sheet.append([cell(sheet, head, bold=True, wrap=True) for head in heads])
    count = 1
    for row in rows:
        sheet.append([cell(sheet, *value) if isinstance(value, tuple) else cell(sheet, value) for value in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count}"


def cell(sheet: Any, value: Any, form: str | None = None, *, bold: bool = False, wrap: bool = False) -> Any:
    """A cell; text from data is never a formula."""
    made = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        made.data_type = "s"
    if form is not None:
        made.number_format = form
    if bold:
        made.font, made.fill = _HEAD, _SHADE
    if wrap:
        made.alignment = Alignment(wrap_text=True, vertical="top")
    return made
