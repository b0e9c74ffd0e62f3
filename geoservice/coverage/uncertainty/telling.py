"""The three answers in the shell: short tables, then what they assume."""

from __future__ import annotations

from typing import Any

from geoservice.catalog import Catalog
from geoservice.coverage.figures.telling import print_estimated
from geoservice.coverage.uncertainty.methods import DISAGREEMENTS
from geoservice.coverage.uncertainty.rows import GROUPS
from geoservice.language import current_language, translate
from geoservice.terminal import notes, percent, print_table, print_text

MOST_COMMUNITIES = 30


def print_certainty(found: dict[str, Any], catalog: Catalog) -> None:
    """People by certainty, by township, and the communities that hang in the balance."""
    heads = [_word(name) for name in ("certainty", "communities", *GROUPS)]
    rows: list[list[object]] = [
        [_word(f"certainty.{one['certainty']}"), one["communities"], *[one[group] for group in GROUPS]]
        for one in found["by_certainty"]
    ]
    print_table(_title(found, catalog), heads, rows)
    names = ("population", "population_covered", "population_certain", "population_likely", "population_possible")
    heads = [translate("coverage.unit"), *[_word(name) for name in names]]
    rows = [[unit["name"], *[unit[name] for name in names]] for unit in [*found["by_unit"], _county(found)]]
    print_table(_word("by_unit"), heads, rows)
    _print_balance([one for one in found["communities"] if one["certainty"] in ("likely", "marginal")])
    assumed = found["assumptions"]
    shares = {name: f"{100 * assumed[f'{name}_share']:g}" for name in ("speed", "off_network", "open", "likely")}
    notes.print(translate("uncertainty.assumed", **shares, source=assumed["source"]), markup=False)
    _notices(found)
    total = found["total"]
    low, *_, high = (f"{value:,}" for value in total["population_covered_quantiles"].values())
    print_text(
        translate(
            "uncertainty.sum",
            draws=found["draws"],
            seed=found["seed"],
            certain=f"{total['population_certain']:,}",
            possible=f"{total['population_possible']:,}",
            low=low,
            high=high,
        )
    )


def _print_balance(listed: list[dict[str, Any]]) -> None:
    """Communities that are covered in some draws, the least certain first."""
    listed.sort(key=lambda one: (one["draws_covered"], one["community_id"]))
    heads = [_word(name) for name in ("community", "certainty", "draws_covered", "time_s", "low", "middle", "high")]
    rows = [
        [
            one["name"],
            _word(f"certainty.{one['certainty']}"),
            one["draws_covered"],
            _seconds(one["time_s"]),
            *[_seconds(value) for value in one["time_s_quantiles"].values()],
        ]
        for one in listed[:MOST_COMMUNITIES]
    ]
    print_table(_word("in_the_balance"), heads, rows)
    _more(listed)


def print_methods(found: dict[str, Any], catalog: Catalog) -> None:
    """People by method and township, and the communities where the method decides."""
    names = ("population", *[f"population_{name}" for name in _METHODS])
    heads = [translate("coverage.unit"), *[_word(name) for name in names]]
    rows = [[unit["name"], *[unit[name] for name in names]] for unit in [*found["by_unit"], _county(found)]]
    print_table(_title(found, catalog), heads, rows)
    _print_disagreements([one for one in found["communities"] if one["disagreement"] is not None])
    urban, rural = (f"{found['radius_m'][name]:,.0f}" for name in ("urban", "rural"))
    assumed = found["assumptions"]
    share = f"{100 * assumed['areal_share']:g}"
    told = translate("uncertainty.methods_assumed", urban=urban, rural=rural, share=share, source=assumed["source"])
    notes.print(told, markup=False)
    _notices(found)
    total = found["total"]
    print_text(
        translate(
            "uncertainty.methods_sum",
            network=f"{total['population_network']:,}",
            line=f"{total['population_line']:,}",
            area=f"{total['population_by_area']:,}",
            line_only=f"{total['population_line_only']:,}",
            network_only=f"{total['population_network_only']:,}",
            communities=total["communities_method_decides"],
        )
    )


def _print_disagreements(apart: list[dict[str, Any]]) -> None:
    """Communities where the method decides, by kind, those with most people first."""
    apart.sort(key=lambda one: (DISAGREEMENTS.index(one["disagreement"]), -(one["population"] or 0)))
    heads = [_word(name) for name in ("community", "disagreement", "population", "time_s", "line_m", "area_share")]
    rows = [
        [
            one["name"],
            _word(one["disagreement"]),
            one["population"],
            _reason(one),
            _seconds(one["line_m"]),
            percent(one["area_share"]),
        ]
        for one in apart[:MOST_COMMUNITIES]
    ]
    print_table(_word("disagreements"), heads, rows)
    _more(apart)


def print_walkers(found: dict[str, Any], catalog: Catalog) -> None:
    """Shares covered by speed and age, and people by township."""
    language = current_language.get()
    titles = {speed["id"]: speed["title"][language] for speed in found["speeds"]}
    total = found["total"]
    heads = [_word("speed"), *[_word(name) for name in ("communities", *GROUPS)]]
    heads += [f"{_word(name)} %" for name in GROUPS]
    rows: list[list[object]] = [
        [
            titles[speed["id"]],
            total[f"communities_{speed['id']}"],
            *[total[f"{group}_{speed['id']}"] for group in GROUPS],
            *[percent(speed[f"covered_{group}_share"]) for group in GROUPS],
        ]
        for speed in found["speeds"]
    ]
    print_table(_title(found, catalog), heads, rows)
    for group in ("population", "population_80"):
        heads = [translate("coverage.unit"), _word(group), *titles.values()]
        rows = [
            [unit["name"], unit[group], *[unit[f"{group}_{name}"] for name in titles]]
            for unit in [*found["by_unit"], _county(found)]
        ]
        print_table(_word(f"by_speed_{group}"), heads, rows)
    mode = getattr(catalog.modes[found["mode"]].title, language)
    told = translate("uncertainty.walkers_assumed", mode=mode, sources=_sources(found["speeds"]))
    notes.print(told, markup=False)
    _notices(found)


_METHODS = ("network", "line", "by_area", "line_only", "network_only")


def _county(found: dict[str, Any]) -> dict[str, Any]:
    return {"name": _word("all"), **found["total"]}


def _sources(speeds: list[dict[str, Any]]) -> str:
    return "；".join(dict.fromkeys(speed["source"] for speed in speeds))


def _reason(one: dict[str, Any]) -> str | None:
    return translate(f"coverage.reason.{one['reason']}") if one["time_s"] is None else _seconds(one["time_s"])


def _more(listed: list[dict[str, Any]]) -> None:
    if len(listed) > MOST_COMMUNITIES:
        notes.print(translate("import.more", count=len(listed) - MOST_COMMUNITIES), markup=False)


def _title(found: dict[str, Any], catalog: Catalog) -> str:
    language = current_language.get()
    types = {entry.code: entry.title for entry in catalog.codes["facility_types"].entries}
    names = (catalog.services[found["service"]].title, types[found["type"]])
    return " · ".join(getattr(name, language) for name in names)


def _word(name: str) -> str:
    return translate(f"uncertainty.{name}")


def _seconds(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"


def _notices(found: dict[str, Any]) -> None:
    without = found["total"]["communities_without_population"]
    if without:
        notes.print(translate("coverage.without-population", count=without), markup=False)
    print_estimated(found["population_estimated"])
    if found["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)
