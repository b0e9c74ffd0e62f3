"""An answer about the county as a person reads it at the shell."""

from __future__ import annotations

from typing import Any

from geoservice.language import translate
from geoservice.siting.exclusion.telling import print_applied, print_prices
from geoservice.siting.problem import Model
from geoservice.siting.telling import figure, print_phases, print_run, print_value, print_years
from geoservice.terminal import print_table, print_text

_MOST_NAMED = 40


def print_county(told: dict[str, Any]) -> None:
    """Whom no candidate reaches, what was found, and who is newly covered."""
    if told["notice"]:
        print_text(told["notice"])
    if told["unreachable"]:
        _print_unreachable(told["unreachable"])
    print_value(told)
    if told["value"] is not None:
        print_text(translate("siting.county.value", unit=unit_text(told)))
        _print_sites(told["sites"])
        if told["close"] or told["move"]:
            _print_closed(told)
        _print_gains(told)
    if told["phases"]:
        print_phases(told["phases"])
    if told["candidates_left_out"]:
        left = told["candidates_left_out"]
        print_text(translate("siting.county.left_out", count=len(left), names=_names(left)))
    for site in told["sites"]:
        if site.get("outside_share"):
            share = f"{100 * site['outside_share']:.1f}"
            print_text(translate("siting.outside.partly", name=site["name"], share=share))
    if told["exclusions"]:
        _print_exclusions(told)
    print_run(told)
    revisions = ", ".join(f"{layer} {number}" for layer, number in told["input_revisions"].items())
    print_text(translate("siting.county.data", on=told["on"], revisions=revisions))


def unit_text(told: dict[str, Any]) -> str:
    """What the value of an answer counts."""
    all_of = "_all" if told["model"] == Model.LSCP and told["move"] else ""
    return translate(f"siting.county.unit.{told['model']}{all_of}")


def print_check(told: dict[str, Any]) -> None:
    """Whether a kept answer holds."""
    key = "siting.check.agrees" if told["agrees"] else "siting.check.differs"
    print_text(translate(key, value=figure(told["value"]), told=figure(told["value_in_file"])))
    if told["value_by_what_if"] is not None:
        print_text(translate("siting.county.what_if", value=figure(told["value_by_what_if"])))
    print_years(told["years"])
    if told["changed_layers"]:
        print_text(translate("siting.county.changed", layers=", ".join(told["changed_layers"])))
    for broken in told["broken"]:
        print_text("· " + translate(f"siting.broken.{broken}"))
    print_text(translate("siting.county.kept", count=told["new"], names=_names(told["sites"])))


def _print_unreachable(left: list[dict[str, Any]]) -> None:
    people = sum(one["people"] for one in left)
    print_text(translate("siting.county.unreachable", count=len(left), people=people))
    for reason in sorted({one["reason"] for one in left}):
        names = [one["name"] for one in left if one["reason"] == reason]
        text = translate(f"siting.county.reason.{reason}")
        print_text(f"· {text} {len(names)}: {_names(names)}")


def _print_sites(sites: list[dict[str, Any]]) -> None:
    heads = [translate(f"siting.county.head.{name}") for name in ("site", "community", "township", "lon", "lat")]
    rows = [
        [one["name"], one["community"] or "—", one["township"] or "—", f"{one['lon']:.6f}", f"{one['lat']:.6f}"]
        for one in sites
    ]
    print_table(translate("siting.county.sites", count=len(sites)), heads, rows)


def _print_closed(told: dict[str, Any]) -> None:
    """What is given up, and who loses cover by the plan as a whole."""
    heads = [translate(f"siting.county.head.{name}") for name in ("facility", "township", "lon", "lat")]
    rows = [[one["name"], one["township"] or "—", f"{one['lon']:.6f}", f"{one['lat']:.6f}"] for one in told["closed"]]
    print_table(translate("siting.county.closed", count=len(rows)), heads, rows)
    lost = told["lost"]
    if lost["count"]:
        names = _names([one["name"] for one in lost["items"]])
        print_text(translate("siting.county.lost", count=lost["count"], people=lost["population"], names=names))


def _print_exclusions(told: dict[str, Any]) -> None:
    print_applied(told["exclusions"])
    for one in told["rejected"][:_MOST_NAMED]:
        print_text(f"× {one['name']}: " + "; ".join(breach["message"] for breach in one["breaks"]))
    more = told["rejected_count"] - min(len(told["rejected"]), _MOST_NAMED)
    if more:
        print_text(translate("siting.exclusion.more", count=more))
    for site in told["sites"]:
        for hint in site["hints"]:
            print_text(f"△ {site['name']}: {hint['message']}")
    if told.get("prices"):
        print_prices(told["prices"], told["exclusions"], unit_text(told))


def _print_gains(told: dict[str, Any]) -> None:
    group = translate(f"figures.group.{told['group']}")
    covered = told["people_covered"]
    print_text(
        translate(
            "siting.county.covered",
            group=group,
            before=covered["before"],
            after=covered["after"],
            people=told["people"],
            communities=told["gained"]["count"],
        )
    )
    heads = [translate(f"siting.county.head.{name}") for name in ("township", "before", "after", "people", "gained")]
    rows = [
        [one["name"] or "—", one["before"], one["after"], one["people"], one["communities_gained"]]
        for one in told["townships"]
    ]
    if rows:
        print_table(translate("siting.county.townships", group=group), heads, rows)
    if told["model"] == Model.BACKUP:
        second = told["backed_up"]
        print_text(translate("siting.county.backed_up", count=second["count"], people=second["population"]))
    if told["value_by_what_if"] is not None:
        print_text(translate("siting.county.what_if", value=figure(told["value_by_what_if"])))


def _names(names: list[str]) -> str:
    return "、".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
