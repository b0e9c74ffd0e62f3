"""geoservice siting rules and land: where a facility may stand, by which text."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting, write_file
from geoservice.terminal import print_json

Type = Annotated[str | None, typer.Option("--type", help="设施类型 · code of the facility type")]
On = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")]


@reporting
def siting_rules_listed(type_: Type = None, on: On = None, json_: Json = False) -> int:
    """选址规则、条款与例子 · siting rules with article and examples"""
    from geoservice.database.filters import today
    from geoservice.siting.exclusion.listed import rules_listed
    from geoservice.siting.exclusion.telling import print_rules

    told = rules_listed(type_, on.date() if on else today())
    if json_:
        print_json(told)
    else:
        print_rules(told)
    return 0


@reporting
def siting_land(
    type_: Annotated[str, typer.Option("--type", help="设施类型 · code of the facility type")],
    on: On = None,
    rules: Annotated[str, typer.Option(help="on | off | 编号,编号 · exclusion rules that hold")] = "on",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="GeoJSON 写入文件 · writes GeoJSON to a file")
    ] = None,
    json_: Json = False,
) -> int:
    """县内还可用的土地，以及各规则占去的部分 · what land remains, and what each rule takes"""
    from geoservice.database.filters import today
    from geoservice.siting.exclusion.asked import Asked
    from geoservice.siting.exclusion.land import land_left, land_told
    from geoservice.siting.exclusion.listed import refuse_unknown
    from geoservice.siting.exclusion.telling import print_land

    refuse_unknown(type_)
    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        told = land_told(land_left(connection, Asked.parse(type_, on.date() if on else today(), rules)))
    if output is not None:
        write_file(output, json.dumps(told, ensure_ascii=False) + "\n")
    if json_:
        print_json(told)
    else:
        print_land(told)
    return 0


def add_to(app: typer.Typer) -> None:
    """Gives a group of commands these."""
    app.command("rules")(siting_rules_listed)
    app.command("land")(siting_land)
