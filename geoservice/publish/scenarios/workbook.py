"""A scenario as a workbook: method, changes, totals, indicators, townships, communities, facilities."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from openpyxl import Workbook

from geoservice.language import translate
from geoservice.publish.reports.sheets import MINUTES, SHARE, WHOLE, cell, sheet_of, table
from geoservice.publish.reports.words import share, titled
from geoservice.publish.scenarios import words
from geoservice.publish.scenarios.content import Content


def workbook(content: Content) -> bytes:
    """The workbook as the bytes of an XLSX file; every figure is a number, times are in minutes."""
    book = Workbook(write_only=True)
    _about(book, content)
    _changes(book, content)
    _totals(book, content)
    _indicators(book, content)
    _units(book, content)
    _communities(book, content)
    _facilities(book, content)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _about(book: Workbook, content: Content) -> None:
    sheet = sheet_of(book, "report.sheet.about", [100])
    sheet.append([cell(sheet, titled(content.title), bold=True)])
    lines = [
        *replace(content.release, drawn=False).words(),
        *words.dates(content),
        *words.assumptions(content),
        *(translate("scenario.report.text", None, text=one) for one in words.texts_applied(content)),
        *words.rules(content),
        *words.sources(content),
        *content.attributions,
    ]
    for line in lines:
        sheet.append([cell(sheet, line, wrap=True)])


def _changes(book: Workbook, content: Content) -> None:
    heads = [translate(f"scenario.head.{name}") for name in ("name", "number", "change")]
    rows = [
        [plan.row.name, number, line]
        for plan in content.plans
        for number, line in enumerate(words.changes_told(plan), start=1)
    ]
    table(book, "scenario.sheet.changes", heads, [24, 8, 80], rows)


def _totals(book: Workbook, content: Content) -> None:
    before, after = content.told["total"]["before"], content.told["total"]["after"]
    rows: list[list[Any]] = [
        [
            translate(f"report.figure.{name}"),
            (before[name], WHOLE),
            (after[name], WHOLE),
            (after[name] - before[name], WHOLE),
        ]
        for name in words.FIGURES
    ]
    rows.append([translate("report.population_share"), (share(before), SHARE), (share(after), SHARE), None])
    table(
        book,
        "scenario.sheet.totals",
        ["", *words.heads(content), translate("scenario.head.by")],
        [30, 18, 18, 14],
        rows,
    )


def _indicators(book: Workbook, content: Content) -> None:
    keys = ("target", "verdict", "verdict", "plan")
    heads = [translate("indicators.name"), *words.heads(content), *(translate(f"indicators.{key}") for key in keys)]
    table(book, "report.sheet.indicators", heads, [40, 16, 16, 18, 22, 22, 50], _indicator_rows(content))


def _indicator_rows(content: Content) -> Iterable[list[Any]]:
    for row in content.told["indicators"]:
        told: list[Any] = [*words.indicator_line(row, content.on), row["source"]]
        for column, value in enumerate(words.indicator_values(row, content.on), start=1):
            if value.value is not None:
                told[column] = (value.value, "0.0##")
        yield told


def _units(book: Workbook, content: Content) -> None:
    before, after = words.heads(content)
    names = ("facilities", "communities_covered", "population", "population_covered", "population_60_covered")
    heads = [translate("report.unit")]
    for name in names:
        heads += [f"{translate(f'scenario.unit.{name}')}（{one}）" for one in (before, after)]
    heads += [f"{translate('report.population_share')}（{one}）" for one in (before, after)]
    rows = (
        [
            row["name"] or translate("report.no-unit"),
            *[(row[state][name], WHOLE) for name in names for state in ("before", "after")],
            *[(share(row[state]), SHARE) for state in ("before", "after")],
        ]
        for row in content.told["units"]
    )
    table(book, "report.sheet.units", heads, [18], rows)


def _communities(book: Workbook, content: Content) -> None:
    before, after = words.heads(content)
    keys = (
        "report.community",
        "report.unit",
        "scenario.head.fate",
        "report.figure.population",
        "report.figure.population_60",
    )
    heads = [translate(key) for key in keys]
    heads += [f"{translate('scenario.head.within')}（{one}）" for one in (before, after)]
    heads += [translate(key) for key in ("report.time", "report.nearest", "scenario.head.lon", "scenario.head.lat")]
    rows = (
        [
            row["name"],
            row["unit"],
            words.fate_words(row["fate"]),
            (row["population"], WHOLE),
            (row["population_60"], WHOLE),
            row["within_before"],
            row["within"],
            (None if row["time_s"] is None else row["time_s"] / 60, MINUTES),
            None if row["nearest"] is None else name_of(row["nearest"]),
            row["lon"],
            row["lat"],
        ]
        for row in content.communities
    )
    table(book, "report.sheet.communities", heads, [18, 16, 14, 10, 12, 12, 12, 12, 26], rows)


def _facilities(book: Workbook, content: Content) -> None:
    keys = (
        "facility",
        "status",
        "places",
        "opened_on",
        "closed_on",
        "lost_population",
        "single_population",
        "lon",
        "lat",
    )
    heads = [translate(f"scenario.head.{key.replace('_', '-')}") for key in keys]
    rows = (
        [
            name_of(row),
            words.status_words(row["status"]),
            (row["places"], WHOLE),
            row["opened_on"],
            row["closed_on"],
            (row.get("lost_population"), WHOLE),
            (row.get("single_population"), WHOLE),
            row["lon"],
            row["lat"],
        ]
        for row in content.facilities
    )
    table(book, "scenario.sheet.facilities", heads, [28, 12, 10, 12, 12, 14, 14], rows)


def name_of(row: Any) -> str:
    """A facility's name, or which of those that the scenario adds it is."""
    return row["name"] or translate("scenario.site", None, number=row["site"])
