"""geoservice indicators: the plan's indicators."""

from __future__ import annotations

import getpass
from datetime import datetime
from typing import Annotated

import typer

from geoservice.catalog import Catalog
from geoservice.cli.frame import Json, ready, reporting
from geoservice.coverage.indicators.report import IndicatorReport
from geoservice.language import current_language, translate
from geoservice.terminal import notes, print_json, print_table, print_text

app = typer.Typer(no_args_is_help=True, help="规划指标 · the plan's indicators")

Days = Annotated[
    list[datetime] | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天，可重复 · on which day, may be repeated")
]


@app.command("show")
@reporting
def show(on: Days = None, json_: Json = False) -> int:
    """各评估日的指标值、目标与规划自述 · values, targets and what the plan states"""
    from geoservice.coverage.indicators.query import indicators_on

    with ready() as (_, catalog, database), database.connect("reader") as connection:
        found = indicators_on(connection, catalog, [day.date() for day in on or ()], public_only=False)
    if json_:
        print_json(found.as_dict())
    else:
        print_report(found, catalog)
    return 0


@app.command("enter")
@reporting
def enter(
    indicator: Annotated[str, typer.Argument(help="指标编号或名称 · id or title")],
    value: Annotated[float, typer.Argument(help="数值 · the figure")],
    on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="截至哪一天 · as of")],
    source: Annotated[str, typer.Option(help="出处 · where it comes from")],
    publish: Annotated[
        bool, typer.Option("--publish/--internal", help="公开，或仅供内部 · public or internal")
    ] = False,
    json_: Json = False,
) -> int:
    """录入不能由库内数据算出的指标值 · enter a figure that cannot be counted"""
    from geoservice.coverage.indicators.declared import load_indicators
    from geoservice.coverage.indicators.entries import enter as store

    with ready() as (_, catalog, database), database.connect("owner") as connection:
        store(
            connection,
            load_indicators(catalog),
            indicator=indicator,
            value=value,
            on=on.date(),
            source=source,
            actor=getpass.getuser(),
            publish=publish,
        )
    if json_:
        print_json({"indicator": indicator, "on": on.date().isoformat(), "value": value, "source": source})
    else:
        print_text(translate("indicators.stored", None, name=indicator, value=f"{value:g}", on=on.date().isoformat()))
    return 0


def print_report(found: IndicatorReport, catalog: Catalog) -> None:
    """A table of values, then formulae, contradictions and what the plan's figures imply."""
    from geoservice.coverage.indicators.words import (
        formula_words,
        remarks,
        stated_words,
        target_words,
        value_words,
        verdict_words,
    )

    language = current_language.get()
    heads = [translate("indicators.name"), translate("indicators.unit"), *[day.isoformat() for day in found.days]]
    heads += [translate(f"indicators.{name}") for name in ("target", "verdict", "plan")]
    rows: list[list[object]] = [
        [
            getattr(row.indicator.title, language),
            getattr(row.indicator.unit, language),
            *[value_words(value) for value in row.values],
            target_words(row.indicator.target),
            verdict_words(row.values[-1]),
            stated_words(row.indicator.stated),
        ]
        for row in found.rows
    ]
    print_table(getattr(found.declared.plan.title, language), heads, rows)
    for row in found.rows:
        title = getattr(row.indicator.title, language)
        notes.print(f"{title}: {formula_words(row.indicator, catalog)}", markup=False)
        for remark in remarks(row.contradictions):
            notes.print(f"! {title}: {remark}", markup=False)
        for one in row.implied:
            mark = "·" if one.implied == one.loaded else "!"
            notes.print(
                f"{mark} {title}: "
                + translate("indicators.implied", None, place=one.place, implied=one.implied, loaded=one.loaded),
                markup=False,
            )
    for estimates in found.estimated:
        values = {"on": estimates.on.isoformat(), "count": estimates.communities, "sources": estimates.sources}
        notes.print(translate("indicators.estimated", None, **values), markup=False)
    if found.schematic:
        notes.print(translate("notice.schematic"), markup=False)
