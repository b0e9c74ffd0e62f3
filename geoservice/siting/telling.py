"""Answers as a person reads them at the shell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from geoservice.language import translate
from geoservice.siting.problem import Problem
from geoservice.siting.solve import State, Watch
from geoservice.siting.told import in_units
from geoservice.terminal import notes, percent, print_table, print_text

_MOST_NUMBERS = 40


@contextmanager
def watching(problem: Problem) -> Iterator[Watch]:
    """A line on standard error with value, bound and gap as they are known."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=notes, transient=True) as bars:
        task = bars.add_task("")

        def watch(state: State) -> None:
            told = {name: figure(in_units(problem, getattr(state, name))) for name in ("value", "bound")}
            bars.update(task, description=translate("siting.progress", value=told["value"], bound=told["bound"]))

        yield watch


def print_answer(told: dict[str, Any]) -> None:
    """What was found and what is proven."""
    if told["unreachable"]:
        print_text(
            translate("siting.told.unreachable", count=len(told["unreachable"]), points=_numbers(told["unreachable"]))
        )
    print_value(told)
    if told["sites"]:
        print_text(translate("siting.told.sites", count=told["new_sites"], sites=_numbers(told["sites"])))
        if told["closed"]:
            print_text(translate("siting.told.closed", count=len(told["closed"]), sites=_numbers(told["closed"])))
        print_text(
            translate(
                "siting.told.worth",
                share=percent(told["covered_share"]) or "—",
                mean=figure(told["mean_time"]),
                worst=figure(told["worst_time"]),
            )
        )
    if told["phases"]:
        print_phases(told["phases"])
    print_run(told)


def print_value(told: dict[str, Any]) -> None:
    """Status, value, bound and gap."""
    print_text(
        translate("siting.told.status", model=told["model_text"], status=told["status_text"], ended=told["ended_text"])
    )
    if told["detail"]:
        print_text(translate("siting.told.detail", detail=told["detail"]))
    for reason in told["reasons"]:
        print_text(f"· {reason}")
    gap = percent(told["gap"]) if told["gap"] is None or told["gap"] >= 0.001 or told["gap"] == 0 else "< 0.1 %"
    print_text(translate("siting.told.value", value=figure(told["value"]), bound=figure(told["bound"]), gap=gap or "—"))


def print_run(told: dict[str, Any]) -> None:
    """How it was found, with the bound of ties."""
    if told["mean_time_bound"] is not None:
        print_text(translate("siting.told.ties", bound=figure(told["mean_time_bound"])))
    print_text(
        translate(
            "siting.told.run",
            solver=told["solver"] or "—",
            seed=told["seed"],
            seconds=f"{told['seconds']:.1f}",
            first=figure(told["first_value"]),
            first_s="—" if told["first_s"] is None else f"{told['first_s']:.2f}",
        )
    )


def print_phases(phases: list[dict[str, Any]]) -> None:
    """Years of a plan in phases."""
    names = ["p", "value", "alone_value", "price", "opens"]
    rows = [
        [
            one["p"],
            *(figure(one[name]) for name in ("value", "alone_value", "price")),
            _named(one.get("opens", one["sites"])),
        ]
        for one in phases
    ]
    if any(one.get("closes") for one in phases):
        names.append("closes")
        rows = [[*row, _given_up(one)] for row, one in zip(rows, phases, strict=True)]
    print_table(translate("siting.phases"), [translate(f"siting.phases.{name}") for name in names], rows)


def _given_up(year: dict[str, Any]) -> str:
    named = _named(year["closes"])
    return translate("siting.phases.moved", sites=named, count=year["moved"]) if year.get("moved") else named


def _named(sites: list[Any]) -> str:
    """Sites by name, or by number where they have none."""
    return _numbers([one["name"] if isinstance(one, dict) else one for one in sites]) or "—"


def print_explained(told: dict[str, Any]) -> None:
    """Reasons for a choice."""
    rows = [
        [one["site"], figure(one["without"]), figure(one["alone"]), _swaps(one["runners_up"]), one["tied"]]
        for one in told["sites"]
    ]
    heads = [translate(f"siting.why.{name}") for name in ("site", "without", "alone", "runners_up", "tied")]
    print_table(translate("siting.why", value=figure(told["value"])), heads, rows)
    print_text(translate("siting.why.next", swaps=_swaps(told["next"])))
    if told["left"]:
        heads = [translate(f"siting.left.{name}") for name in ("point", "people", "by")]
        rows = [[one["point"], figure(one["people"]), _swaps(one["by"])] for one in told["left"]]
        print_table(translate("siting.left"), heads, rows)


def _swaps(swaps: list[dict[str, Any]]) -> str:
    return "; ".join(f"{one['site']} ({_signed(one['change'])})" for one in swaps) or "—"


def _signed(value: float) -> str:
    return f"+{figure(value)}" if value > 0 else figure(value)


def print_check(told: dict[str, Any]) -> None:
    """Whether an answer holds."""
    key = "siting.check.agrees" if told["agrees"] else "siting.check.differs"
    print_text(translate(key, value=figure(told["value"]), told=figure(told["value_in_file"])))
    print_years(told["years"])
    if not told["same_file"]:
        print_text(translate("siting.check.other-file"))
    for broken in told["broken"]:
        print_text("· " + translate(f"siting.broken.{broken}"))
    print_text(translate("siting.told.sites", count=told["new"], sites=_numbers(told["sites"])))


def print_years(years: list[dict[str, Any]]) -> None:
    """What does not hold of single years."""
    for year in years:
        if year["agrees"]:
            continue
        told = {"year": year["year"], "value": figure(year["value"]), "told": figure(year["value_in_file"])}
        print_text(translate("siting.check.year", **told))
        for broken in year["broken"]:
            print_text("· " + translate(f"siting.broken.{broken}"))
    if years and all(year["agrees"] for year in years):
        print_text(translate("siting.check.years", count=len(years)))


def _numbers(numbers: list[int] | list[str]) -> str:
    shown = ", ".join(str(number) for number in numbers[:_MOST_NUMBERS])
    return shown if len(numbers) <= _MOST_NUMBERS else f"{shown} …"


def figure(value: float | None) -> str:
    """A number as it is shown; a dash where there is none."""
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3f}".rstrip("0").rstrip(".")
