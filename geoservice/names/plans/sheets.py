"""The sheet of a plan as it came, each row marked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from geoservice.language import current_language, translate
from geoservice.names import telling
from geoservice.names.plans.reading import Line, Mark, Plan

_FILLS = {
    Mark.VIOLATES: "F4C7B8",
    Mark.ARGUE: "FBE3B5",
    Mark.HINT: "E3E9F7",
    Mark.PASSES: "FFFFFF",
    Mark.MISSING: "E6DDF0",
    Mark.UNREAD: "DDDDDD",
}
_WIDTHS = (14, 48, 48, 48)


def write_plan(plan: Plan, path: Path) -> None:
    """The sheet of a plan as it came, each row with its verdict, the reasons with their sources, and what it clashes with."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = translate("names.sheet")
    added = [translate(f"names.column.{name}") for name in ("verdict", "reasons", "clashes", "inside")]
    sheet.append([*plan.raw.headers, *added])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    by_row = {line.row: line for line in plan.lines}
    for position, number in enumerate(plan.raw.rows.tolist()):
        line = by_row.get(number)
        cells = [_cell(column[position]) for column in plan.raw.cells]
        sheet.append([*cells, *(_told(line) if line else [""] * len(added))])
        if line is not None:
            fill = PatternFill("solid", fgColor=_FILLS[line.mark])
            for cell in sheet[sheet.max_row][len(cells) :]:
                cell.fill = fill
    sheet.freeze_panes = "A2"
    for at, width in enumerate(_WIDTHS, start=len(plan.raw.headers) + 1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    book.save(path)


def _told(line: Line) -> list[str]:
    verdict = translate(f"names.verdict.{line.mark.value}")
    notes = [notice.message for notice in line.notes]
    if line.outcome is None:
        return [verdict, _text([line.fault or translate("names.no-name"), *notes]), "", ""]
    language = current_language.get()
    reasons = [
        f"{getattr(one.rule.title, language)}：{getattr(one.reason, language)}（{one.source}）"
        for one in line.outcome.rulings
        if one.reason is not None
    ]
    clashes = [] if line.outcome.found is None else line.outcome.found.clashes
    return [
        verdict,
        _text([*reasons, *notes]),
        _text([f"{one.name}：{telling.why(one)}" for one in clashes]),
        _text(_inside(line)),
    ]


def _inside(line: Line) -> Sequence[str]:
    more = [translate("names.inside-more")] if line.inside_cut else []
    return [*(translate("names.inside", None, row=one.row, name=one.name) for one in line.inside), *more]


def _text(parts: Sequence[str]) -> str:
    """One cell; a text that a spreadsheet would take for a formula is none."""
    return str(_cell("；".join(parts)))


def _cell(value: object) -> Any:
    if value is None or isinstance(value, (int, float, date)):
        return value
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
