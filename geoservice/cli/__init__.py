"""The command geoservice: a file a group of commands, one command a task, a few lines each."""

from __future__ import annotations

import logging
import sys

import typer

from geoservice.cli import (
    account,
    audit,
    coverage,
    db,
    explaining,
    exporting,
    figures,
    forms,
    importing,
    indicators,
    jobs,
    names,
    network,
    population,
    quality,
    reports,
    scenario,
    search,
    serving,
    siting,
    uncertainty,
)

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="地名、区划与服务圈 · place names, boundaries, circles"
)
for alone in (importing, exporting, quality, search, serving):
    app.add_typer(alone.app)
app.add_typer(audit.app, name="audit")
app.add_typer(db.app, name="db")
app.add_typer(account.app, name="account")
app.add_typer(names.app, name="names")
app.add_typer(network.app, name="network")
app.add_typer(population.app, name="population")
app.add_typer(coverage.app, name="coverage")
coverage.app.add_typer(explaining.app)
coverage.app.add_typer(figures.app)
coverage.app.add_typer(forms.app)
coverage.app.add_typer(reports.app)
coverage.app.add_typer(uncertainty.app)
app.add_typer(indicators.app, name="indicators")
app.add_typer(siting.app, name="siting")
app.add_typer(jobs.app, name="jobs")
app.add_typer(scenario.app, name="scenario")


def main() -> None:
    """Runs the command; the exit code is 0 done, 1 finding or failure, 2 bad input."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    app()
