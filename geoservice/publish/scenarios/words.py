"""Words that every form of a scenario's report shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from geoservice.coverage.indicators import words as indicator_words
from geoservice.coverage.indicators.counting import Value
from geoservice.coverage.indicators.declared import Target
from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.state import State
from geoservice.language import current_language, translate
from geoservice.publish.reports.words import estimated_words, limit_words, mode_words, number
from geoservice.publish.scenarios.content import Content, Plan

FIGURES = (
    "facilities",
    "communities",
    "communities_covered",
    "communities_backed_up",
    "population",
    "population_covered",
    "population_backed_up",
    "population_60",
    "population_60_covered",
    "population_80",
    "population_80_covered",
)


def heads(content: Content) -> tuple[str, str]:
    """What the figures before and after are of."""
    before = content.plans[0].row.name if len(content.plans) > 1 else translate("scenario.present")
    return before, content.plans[-1].row.name


def changes_told(plan: Plan) -> list[str]:
    """The changes of a scenario in their order, a sentence each; those that can no longer be made say so."""
    faults = {fault.number: str(fault.error) for fault in plan.faults}
    lines, sites = [], 0
    for place, change in enumerate(plan.row.changes, start=1):
        sites += change.kind == "add"
        line = change_words(plan.state, change, sites)
        lines.append(f"{line} {translate('scenario.fault', None, why=faults[place])}" if place in faults else line)
    return lines


def change_words(state: State, change: Change, sites: int) -> str:
    """One change.

    Parameters
    ----------
    sites
        How many facilities the changes have added by then.
    """
    told = {name: value for name, value in change.as_dict().items() if name not in ("kind", "name")}
    at = "" if change.lon is None else f"{change.lon:.6f}, {change.lat:.6f}"
    if change.path is not None:
        at = f"{change.path[0][0]:.6f}, {change.path[0][1]:.6f} – {change.path[-1][0]:.6f}, {change.path[-1][1]:.6f}"
    dates = " – ".join(day or "…" for day in (change.opened_on, change.closed_on))
    parts = [translate(f"scenario.change.{change.kind}", None, name=_named(state, change, sites), at=at, dates=dates)]
    parts += [
        translate(f"scenario.change.{name.replace('_', '-')}", None, value=told[name])
        for name in ("places", "nursing_places", "road_class", "speed_kmh")
        if name in told
    ]
    return translate("indicators.list").join(parts)


def _named(state: State, change: Change, sites: int) -> str:
    if change.kind in ("add_road", "close_road"):
        return change.name or ("" if change.road is None else f"#{change.road}")
    site = sites if change.kind == "add" else change.site
    if site is not None:
        given = state.added[site - 1] if site <= len(state.added) else None
        return given or change.name or translate("scenario.site", None, number=site)
    known = state.ground.number_of.get(change.facility or 0)
    return f"#{change.facility}" if known is None else state.ground.register[known].name


def assumptions(content: Content) -> list[str]:
    """Standard, modes, method and what is estimated, a sentence each, with their sources."""
    limits = zip(("urban", "rural"), content.ground.case.limits, strict=True)
    lines = []
    for kind, limit in limits:
        told = limit_words(limit.model_dump(mode="json"), content.modes)
        lines.append(translate(f"report.judged.{kind}", None, limit=told, source=limit.source))
    lines += [f"{mode_words(mode)} {mode.source}" for mode in content.used_modes]
    lines += [translate("report.method"), translate("scenario.report.method")]
    if content.ground.rule is not None:
        lines.append(content.ground.rule.source)
    estimated = content.ground.inputs.estimated.as_dict()
    if estimated["communities"]:
        lines.append(estimated_words(estimated))
    unclassified = int(content.ground.inputs.communities.unclassified.sum())
    if unclassified:
        lines.append(translate("report.unclassified", None, count=unclassified))
    return lines


def texts_applied(content: Content) -> list[str]:
    """The texts that the figures apply, each once: the standard's, the rule of places, the plan."""
    rule = content.ground.rule
    found = [content.ground.case.service.source, content.ground.measured.declared.plan.source]
    found += [] if rule is None else [rule.source]
    return list(dict.fromkeys(found))


def rules(content: Content) -> list[str]:
    """What exclusion rules say, each line with what it is about."""
    return [translate("siting.lawful.line", told=one) for one in content.lawful.lines()]


def dates(content: Content) -> list[str]:
    """Days and revisions that the figures hold for."""
    people = ", ".join(day.isoformat() for day in content.population_dates) or "—"
    revisions = ", ".join(f"{layer_words(name)} {held}" for name, held in content.ground.revisions.items())
    lines = [
        translate("report.on", None, day=content.on.isoformat()),
        translate("report.population", None, dates=people),
        translate("scenario.report.made", None, moment=f"{content.made_at:%Y-%m-%d %H:%M}", revisions=revisions),
    ]
    for plan in content.plans:
        if plan.stale:
            layers = translate("indicators.list").join(layer_words(one) for one in plan.stale)
            lines.append(translate("scenario.report.stale", None, name=plan.row.name, layers=layers))
    return lines


def sources(content: Content) -> list[str]:
    """File, day and count of the newest import of each layer."""
    return [
        translate(
            "report.source",
            None,
            layer=layer_words(one["layer"]),
            file=one["source_name"],
            day=one["imported_at"].date().isoformat(),
            count=number(one["held"]),
        )
        for one in content.sources
    ]


def layer_words(layer: str) -> str:
    """A layer's title."""
    return translate(f"layer.{layer}")


def indicator_values(row: Mapping[str, Any], on: date) -> tuple[Value, Value]:
    """The values before and after of an indicator as it is told."""
    before, after = (Value(on=on, **row[name]) for name in ("before", "after"))
    return before, after


def indicator_line(row: Mapping[str, Any], on: date) -> list[str]:
    """Title with unit, before, after, target, verdict before, verdict after."""
    before, after = indicator_values(row, on)
    language = current_language.get()
    target = None if row["target"] is None else Target.model_validate(row["target"])
    return [
        f"{row['title'][language]}（{row['unit'][language]}）",
        indicator_words.value_words(before),
        indicator_words.value_words(after),
        indicator_words.target_words(target),
        indicator_words.verdict_words(before),
        indicator_words.verdict_words(after),
    ]


def fate_words(fate: str) -> str:
    """What a community becomes."""
    return translate(f"scenario.fate.{fate.replace('_', '-')}")


def status_words(status: str) -> str:
    """What a scenario does with a facility."""
    return translate(f"scenario.status.{status}")


def signed(value: int) -> str:
    """A difference with its sign; nothing where there is none."""
    return "" if not value else f"{value:+,}".replace("-", "−")


def names(rows: Sequence[Mapping[str, Any]]) -> str:
    """Names in one line."""
    return "、".join(str(row["name"]) for row in rows)
