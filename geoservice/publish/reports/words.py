"""Words, figures and assumptions that every form of a report shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from geoservice.catalog import Catalog, Mode, load_catalog
from geoservice.language import current_language, translate
from geoservice.publish.reports.content import Case, Content

# Columns of the tables of figures; those that a run does not have are left out.
FIGURES = (
    "facilities",
    "communities",
    "communities_covered",
    "communities_backed_up",
    "communities_unjoined",
    "communities_without_population",
    "population",
    "population_covered",
    "population_backed_up",
    "population_60",
    "population_60_covered",
    "population_80",
    "population_80_covered",
    "households",
    "households_covered",
)


def titled(text: Any) -> str:
    """A declared text in the language of the report."""
    return str(getattr(text, current_language.get()))


def figures_of(case: Case) -> list[str]:
    """The columns of `FIGURES` that a case has."""
    return [name for name in FIGURES if name in case.total]


def share(row: Mapping[str, Any], part: str = "population_covered", whole: str = "population") -> float | None:
    """A part of the whole, 0 to 1; None where nothing is known."""
    return row[part] / row[whole] if row.get(whole) else None


def percent(value: float | None) -> str:
    """A share with one decimal; a dash where there is none."""
    return "—" if value is None else f"{100 * value:.1f} %"


def number(value: Any) -> str:
    """Thousands separated; a dash where nothing is known."""
    if value is None:
        return "—"
    return f"{value:,}" if isinstance(value, int) else str(value)


def minutes(seconds: float | None) -> str:
    """Seconds as minutes with one decimal, rounded up so that what is beyond a limit never looks within it."""
    return "—" if seconds is None else f"{-(-seconds // 6) / 10:.1f}"


def limit_words(limit: Mapping[str, Any], modes: Mapping[str, Mode]) -> str:
    """Minutes and mode of a limit."""
    mode = modes.get(limit["mode"])
    name = titled(mode.title) if mode else limit["mode"]
    return translate("report.limit", None, minutes=limit["minutes"], mode=name)


def mode_words(mode: Mode) -> str:
    """Speeds, legs off the network and what they may not cross."""
    speeds = translate("indicators.list").join(_speed_words(name, speed) for name, speed in mode.speeds.items())
    return translate(
        "report.mode",
        None,
        name=titled(mode.title),
        speed=f"{mode.speed_kmh:g}",
        off_speed=f"{mode.off_network_kmh:g}",
        off_m=f"{mode.off_network_m:g}",
        barriers=translate("indicators.list").join(translate(f"layer.{name}") for name in mode.barriers) or "—",
        speeds=speeds or "—",
    )


def _speed_words(road_class: str, speed_kmh: float) -> str:
    """What a mode does on a class of road, by the title of the class."""
    entry = _declared().codes["road_classes"].find(road_class)
    name = road_class if entry is None else titled(entry.title)
    return translate("report.mode.speed" if speed_kmh else "report.mode.none", None, name=name, speed=f"{speed_kmh:g}")


@cache
def _declared() -> Catalog:
    return load_catalog()


def assumptions(content: Content) -> list[str]:
    """All that the figures rest on, a sentence each."""
    case = content.chosen
    lines = [
        translate(f"report.judged.{kind}", None, limit=limit_words(limit, content.modes), source=limit["source"])
        for kind, limit in case.limits.items()
    ]
    lines += [f"{mode_words(mode)} {mode.source}" for mode in content.used_modes()]
    lines.append(translate("report.method"))
    if content.estimated.get("communities"):
        lines.append(estimated_words(content.estimated))
    if content.unclassified:
        lines.append(translate("report.unclassified", None, count=content.unclassified))
    return lines


def estimated_words(estimated: Mapping[str, Any]) -> str:
    """How much of the people is estimated, and from what."""
    sources = ", ".join(
        f"{source['name']} ({source['on']})" if source["on"] else source["name"] for source in estimated["sources"]
    )
    count, people = estimated["communities"], number(estimated["population"])
    return translate("population.estimated", None, communities=count, population=people, sources=sources)


def people_of(row: Mapping[str, Any]) -> str:
    """The people of a community, an estimate marked as one."""
    told = number(row["population"])
    return translate("population.about", None, count=told) if row["population_estimated"] else told


def dates(content: Content) -> list[str]:
    """Days and revisions that the figures hold for."""
    people = ", ".join(day.isoformat() for day in content.population_dates) or "—"
    lines = [
        translate("report.on", None, day=content.on.isoformat()),
        translate("report.population", None, dates=people),
        translate(
            "report.run",
            None,
            run=content.run_id,
            moment=f"{content.started_at:%Y-%m-%d %H:%M}",
            revision=content.revision,
        ),
    ]
    if content.stale:
        lines.append(translate("report.stale"))
    return lines


def today_words(day: date) -> str:
    """A day as it is written."""
    return f"{day.year}年{day.month}月{day.day}日" if current_language.get() == "zh" else day.isoformat()
