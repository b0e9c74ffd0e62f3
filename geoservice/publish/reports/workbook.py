"""The report as a workbook: method, all cases by unit and by community, the chosen case's facilities, indicators."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from geoservice.coverage.indicators import words as indicator_words
from geoservice.coverage.indicators.report import IndicatorReport
from geoservice.language import translate
from geoservice.publish.reports import words
from geoservice.publish.reports.content import Case, Content, title_of

SHARE, WHOLE, MINUTES = "0.0%", "#,##0", "0.0"
_HEAD = Font(bold=True)
_SHADE = PatternFill("solid", fgColor="ECEBE6")


def workbook(content: Content, indicators: IndicatorReport | None = None) -> bytes:
    """The workbook as the bytes of an XLSX file; every figure is a number, times are in minutes."""
    book = Workbook(write_only=True)
    _about(book, content)
    _cases(book, content)
    _units(book, content)
    _communities(book, content)
    if indicators is not None:
        _indicators(book, indicators)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _about(book: Workbook, content: Content) -> None:
    sheet = _sheet(book, "report.sheet.about", [100])
    sheet.append([_cell(sheet, words.titled(title_of(content)), bold=True)])
    for line in (*replace(content.release, drawn=False).words(), *words.dates(content), *words.assumptions(content)):
        sheet.append([_cell(sheet, line, wrap=True)])
    for source in content.sources:
        line = translate(
            "report.source",
            None,
            layer=translate(f"layer.{source['layer']}"),
            file=source["source_name"],
            day=source["imported_at"].date().isoformat(),
            count=source["loaded"],
        )
        sheet.append([_cell(sheet, line, wrap=True)])
    for line in content.attributions:
        sheet.append([_cell(sheet, line, wrap=True)])


def _cases(book: Workbook, content: Content) -> None:
    columns = words.figures_of(content.chosen)
    heads = [*_case_heads(), translate("report.limits"), *_figure_heads(columns), translate("report.population_share")]
    rows = (
        [
            *_case(case),
            "; ".join(words.limit_words(limit, content.modes) for limit in case.limits.values()),
            *[(case.total.get(name), WHOLE) for name in columns],
            (words.share(case.total), SHARE),
        ]
        for case in content.cases
    )
    _table(book, "report.sheet.cases", heads, [28, 22, 34], rows)


def _units(book: Workbook, content: Content) -> None:
    columns = words.figures_of(content.chosen)
    heads = [*_case_heads(), translate("report.unit"), *_figure_heads(columns), translate("report.population_share")]
    rows = (
        [
            *_case(case),
            row["name"] or translate("report.no-unit"),
            *[(row.get(name), WHOLE) for name in columns],
            (words.share(row), SHARE),
        ]
        for case in content.cases
        for row in case.units
    )
    _table(book, "report.sheet.units", heads, [28, 22, 16], rows)


def _communities(book: Workbook, content: Content) -> None:
    keys = ("community", "unit", "class", "figure.communities_covered", "time", "limit_minutes", "nearest", "reason")
    heads = [*_case_heads(), *[translate(f"report.{key}") for key in keys]]
    heads += [translate(f"report.figure.{name}") for name in ("population", "population_60", "population_80")]
    heads.append(translate("report.estimated_from"))
    rows = (
        [
            *_case(case),
            row["name"],
            row["unit"],
            translate(f"report.class.{row['class'] or 'none'}"),
            translate("yes" if row["covered"] else "no"),
            (None if row["time_s"] is None else row["time_s"] / 60, MINUTES),
            (row["limit_s"] / 60, MINUTES),
            row["facility"],
            None if row["reason"] is None else translate(f"coverage.reason.{row['reason']}"),
            *[(row[name], WHOLE) for name in ("population", "population_60", "population_80")],
            row["population_source"] if row["population_estimated"] else None,
        ]
        for case in content.cases
        for row in case.communities
    )
    _table(book, "report.sheet.communities", heads, [28, 22, 16, 14, 10, 8, 10, 10, 26, 24], rows)


def _indicators(book: Workbook, report: IndicatorReport) -> None:
    heads = [translate("indicators.name"), translate("indicators.unit"), *[day.isoformat() for day in report.days]]
    heads += [translate(f"indicators.{key}") for key in ("target", "verdict", "plan")]
    rows = (
        [
            words.titled(row.indicator.title),
            words.titled(row.indicator.unit),
            *[
                (value.value, "0.0##") if value.value is not None else indicator_words.value_words(value)
                for value in row.values
            ],
            indicator_words.target_words(row.indicator.target),
            indicator_words.verdict_words(row.values[-1]),
            " ".join(
                [indicator_words.stated_words(row.indicator.stated), *indicator_words.remarks(row.contradictions)]
            ),
        ]
        for row in report.rows
    )
    _table(book, "report.sheet.indicators", heads, [34, 14, *[12] * len(report.days), 18, 22, 60], rows)


def _case_heads() -> list[str]:
    return [translate("report.service"), translate("report.type")]


def _figure_heads(columns: Sequence[str]) -> list[str]:
    return [translate(f"report.figure.{name}") for name in columns]


def _case(case: Case) -> list[str]:
    return [words.titled(case.service.title), words.titled(case.type.title)]


def _sheet(book: Workbook, key: str, widths: Sequence[float]) -> Any:
    # Its type declares less than a sheet has.
    sheet: Any = book.create_sheet(translate(key))
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    return sheet


def _table(
    book: Workbook, key: str, heads: Sequence[str], widths: Sequence[float], rows: Iterable[Sequence[Any]]
) -> None:
    """A sheet with a fixed head and a filter; a value is plain, or (value, number format)."""
    sheet = _sheet(book, key, [*widths, *[12] * (len(heads) - len(widths))])
    sheet.freeze_panes = "A2"
    sheet.append([_cell(sheet, head, bold=True, wrap=True) for head in heads])
    count = 1
    for row in rows:
        sheet.append([_cell(sheet, *value) if isinstance(value, tuple) else _cell(sheet, value) for value in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count}"


def _cell(sheet: Any, value: Any, form: str | None = None, *, bold: bool = False, wrap: bool = False) -> Any:
    """A cell; text from data is never a formula."""
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
    if form is not None:
        cell.number_format = form
    if bold:
        cell.font, cell.fill = _HEAD, _SHADE
    if wrap:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell
