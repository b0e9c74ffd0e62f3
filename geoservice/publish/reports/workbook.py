"""The report as a workbook: method, all cases by unit and by community, the chosen case's facilities, indicators."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

from openpyxl import Workbook

from geoservice.coverage.indicators import words as indicator_words
from geoservice.coverage.indicators.report import IndicatorReport
from geoservice.language import translate
from geoservice.publish.reports import words
from geoservice.publish.reports.content import Case, Content, title_of
from geoservice.publish.reports.sheets import MINUTES, SHARE, WHOLE, cell, sheet_of, table


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
    sheet = sheet_of(book, "report.sheet.about", [100])
    sheet.append([cell(sheet, words.titled(title_of(content)), bold=True)])
    for line in (*replace(content.release, drawn=False).words(), *words.dates(content), *words.assumptions(content)):
        sheet.append([cell(sheet, line, wrap=True)])
    for source in content.sources:
        line = translate(
            "report.source",
            None,
            layer=translate(f"layer.{source['layer']}"),
            file=source["source_name"],
            day=source["imported_at"].date().isoformat(),
            count=source["held"],
        )
        sheet.append([cell(sheet, line, wrap=True)])
    for line in content.attributions:
        sheet.append([cell(sheet, line, wrap=True)])


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
    table(book, "report.sheet.cases", heads, [28, 22, 34], rows)


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
    table(book, "report.sheet.units", heads, [28, 22, 16], rows)


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
    table(book, "report.sheet.communities", heads, [28, 22, 16, 14, 10, 8, 10, 10, 26, 24], rows)


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
    table(book, "report.sheet.indicators", heads, [34, 14, *[12] * len(report.days), 18, 22, 60], rows)


def _case_heads() -> list[str]:
    return [translate("report.service"), translate("report.type")]


def _figure_heads(columns: Sequence[str]) -> list[str]:
    return [translate(f"report.figure.{name}") for name in columns]


def _case(case: Case) -> list[str]:
    return [words.titled(case.service.title), words.titled(case.type.title)]
