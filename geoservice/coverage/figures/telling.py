"""Figures of runs and of drawn areas in the shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoservice.catalog import Catalog
from geoservice.language import current_language, translate
from geoservice.terminal import notes, percent, print_table, print_text

FIGURES = ("facilities", "communities_covered", "communities", "population_covered", "population")
Row = Mapping[str, Any]


def print_units(title: str, rows: Sequence[Row]) -> None:
    """A line a unit; a column that nothing is known of is left out."""
    more = [name for name in ("population_backed_up", "population_by_neighbour") if any(row.get(name) for row in rows)]
    heads = [translate(f"coverage.{name}") for name in ("unit", *FIGURES, "covered_population_share", *more)]
    lines = [
        [row["name"], *[row[name] for name in FIGURES], _share(row), *[row[name] for name in more]] for row in rows
    ]
    print_table(title, heads, lines)


def print_assumptions(limits: Mapping[str, Row]) -> None:
    """By which limit each class is judged, and where it comes from."""
    for kind, limit in limits.items():
        mode, minutes, source = translate(f"mode.{limit['mode']}"), limit["minutes"], limit["source"]
        if source == "request":
            source = translate("figures.by-request")
        print_text(translate(f"figures.judged.{kind}", mode=mode, minutes=minutes, source=source))


def print_edge(total: Row, outside_km: Mapping[str, float]) -> None:
    """What lies beyond the edge of the county; nothing where nothing does."""
    if total["facilities_outside"] is None:
        notes.print(translate("figures.no-outline"), markup=False)
        return
    if total["facilities_outside"] or total["communities_by_neighbour"]:
        print_text(
            translate(
                "figures.edge",
                facilities=total["facilities_outside"],
                communities=total["communities_by_neighbour"],
                people=total["population_by_neighbour"],
            )
        )
    for mode, km in outside_km.items():
        if km:
            print_text(translate("figures.outside-km", mode=translate(f"mode.{mode}"), km=f"{km:.1f}"))


def print_estimated(found: Row) -> None:
    """How much of the people is estimated and from what; nothing where all is official."""
    if not found or not found["communities"]:
        return
    sources = ", ".join(
        f"{source['name']} ({source['on']})" if source["on"] else source["name"] for source in found["sources"]
    )
    people = f"{found['population']:,}"
    print_text(
        translate("population.estimated", None, communities=found["communities"], population=people, sources=sources)
    )
    if found["stale"]:
        notes.print(translate("population.estimates-stale"), style="yellow", markup=False)


def print_stale(found: Row) -> None:
    """That inputs have changed since a run, and which."""
    if found["stale"]:
        layers = ", ".join(found["changed"])
        notes.print(translate("figures.stale", run=found["id"], layers=layers), style="yellow", markup=False)


def print_run(found: Row, service: str, type_: str, units: Sequence[Row], catalog: Catalog) -> None:
    """A stored run: its assumptions, its units, and whether it is stale."""
    print_text(translate("figures.run", run=found["id"], on=found["on_date"], finished=found["finished_at"]))
    print_stale(found)
    print_estimated(found["parameters"].get("population_estimated", {}))
    told = found["parameters"].get("services", {}).get(service, {})
    print_assumptions(told.get("limits", {}))
    total = [row for row in units if row["is_total"]]
    if total:
        sums = {**total[0], "name": translate("figures.total")}
        print_units(
            case_title(catalog, service, type_), [*(r for r in units if not r["is_total"] and not r["is_county"]), sums]
        )
        print_edge(sums, found["network_outside_km"])
    if found["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)


def print_inequality(whole: Row, names: Mapping[int, str]) -> None:
    """Gini coefficient of reach time and the worst off; nothing where the run told none."""
    if not whole:
        return
    if whole["gini_time"] is not None:
        gini, without = f"{whole['gini_time']:.3f}", whole["people_without_time"]
        print_text(translate("figures.gini", gini=gini, people=whole["people_with_time"], without=without))
    heads = [translate(f"figures.{name}") for name in ("community", "minutes", "people")]
    rows = [
        [
            names.get(one["community_id"]),
            translate(f"coverage.reason.{one['reason']}") if one["time_ds"] is None else f"{one['time_ds'] / 600:.1f}",
            one["population"],
        ]
        for one in whole["worst"]
    ]
    print_table(translate("figures.worst"), heads, rows)


def print_area(found: Row, catalog: Catalog) -> None:
    """A drawn area: sums, and whether the run is stale."""
    title = f"{case_title(catalog, found['service'], found['type'])} · {found['area_km2']:.3f} km²"
    print_units(title, [{**found, "name": translate("figures.area")}])
    if found["stale"]:
        notes.print(translate("figures.stale-area", run=found["run"]), style="yellow", markup=False)
    if found["communities_estimated"]:
        notes.print(translate("population.estimated-here", None, count=found["communities_estimated"]), markup=False)
    if found["communities_without_population"]:
        count = found["communities_without_population"]
        notes.print(translate("coverage.without-population", count=count), markup=False)
    if found["schematic"]:
        notes.print(translate("notice.schematic"), markup=False)


def case_title(catalog: Catalog, service: str, type_: str) -> str:
    """Standard and facility type, as they are called; their ids where they are no longer declared."""
    types = {entry.code: entry.title for entry in catalog.codes["facility_types"].entries}
    standards = {name: one.title for name, one in catalog.services.items()}
    found = [(standards.get(service), service), (types.get(type_), type_)]
    return " · ".join(getattr(title, current_language.get()) if title else code for title, code in found)


def _share(row: Row) -> str | None:
    return percent(row["population_covered"] / row["population"] if row["population"] else None)
