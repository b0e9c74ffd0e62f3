"""geoservice quality: what is doubtful in the records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from geoservice.catalog import Catalog
from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table

if TYPE_CHECKING:
    from geoservice.editing.quality.running import Result

app = typer.Typer()


@app.command("quality")
@reporting
def quality(
    check: Annotated[
        list[str] | None, typer.Option(help="检查编号，如 units.overlap，可重复 · id of a check, may be repeated")
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="哪一天的数据，默认今天 · as of, today by default")
    ] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="每项最多列出几处 · findings told of each")] = 20,
    json_: Json = False,
) -> int:
    """检查数据：界线、位置、重复、代码、路网；有错误时退出码为 1 · what is doubtful; exit code 1 where there are errors"""
    from geoservice.database.filters import today
    from geoservice.editing.quality.checks import CHECKS
    from geoservice.editing.quality.running import check_named, run_check

    asked = [check_named(name) for name in check] if check else CHECKS
    day = on.date() if on else today()
    with ready() as (settings, catalog, database), database.connect(actor=at_the_shell()) as connection:
        within_s = settings.database.statement_timeout_s
        results = [
            run_check(connection, one, catalog=catalog, day=day, whole=True, within_s=within_s, most=most)
            for one in asked
        ]
    if json_:
        print_json({"on": day, "items": [_as_dict(one, catalog) for one in results]})
    else:
        _print(results, catalog, told=check is not None)
    return int(any(one.check.severity == "error" and one.count != 0 for one in results))


def _as_dict(result: Result, catalog: Catalog) -> dict[str, Any]:
    from geoservice.editing.quality.running import mend
    from geoservice.editing.quality.wording import what

    check = result.check
    findings = [
        {**asdict(one), "what": what(check, one, catalog), "mend": [mend(check, record) for record in one.ids]}
        for one in result.findings
    ]
    given = {"id": check.id, "layer": check.layer, "severity": check.severity, "state": result.state}
    return {**given, "count": result.count, "findings": findings}


def _print(results: Sequence[Result], catalog: Catalog, *, told: bool) -> None:
    from geoservice.editing.quality.wording import title, what

    heads = [translate(f"quality.head.{name}") for name in ("severity", "id", "check", "count")]
    rows = [
        [
            translate(f"quality.{one.check.severity}"),
            one.check.id,
            title(one.check, catalog),
            one.count if one.state == "counted" else translate(f"quality.{one.state}"),
        ]
        for one in results
        if one.count != 0 or told
    ]
    if not rows:
        notes.print(translate("quality.clear", checks=len(results)), markup=False)
        return
    print_table(translate("quality.report"), heads, rows)
    for one in results if told else ():
        heads = [translate(f"quality.head.{name}") for name in ("records", "what", "place")]
        listed = [
            ["、".join(found.names), what(one.check, found, catalog), _place(found.lon, found.lat)]
            for found in one.findings
        ]
        if listed:
            print_table(title(one.check, catalog), heads, listed)


def _place(lon: float | None, lat: float | None) -> str | None:
    return None if lon is None or lat is None else f"{lon:.6f}, {lat:.6f}"
