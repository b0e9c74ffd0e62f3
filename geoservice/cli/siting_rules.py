"""geoservice siting rules and land: where a facility may stand, by which text."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from geoservice.cli.frame import Json, reporting
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


def add_to(app: typer.Typer) -> None:
    """Gives a group of commands these."""
    app.command("rules")(siting_rules_listed)
