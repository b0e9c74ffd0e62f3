"""geoservice population: what the sources of people give to the communities."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table, print_text, progress_bar

app = typer.Typer(no_args_is_help=True, help="人口来源与分摊 · sources of people and their sharing")


@app.command("show")
@reporting
def population_show(json_: Json = False) -> int:
    """各来源的人数、分摊结果与范围外人数 · sources, what they give, and what lies outside"""
    from geoservice.ingest.population.telling import by_unit, sources

    with ready() as (_, _, database), database.connect("reader") as connection:
        found = {"sources": sources(connection), "by_unit": by_unit(connection)}
    if json_:
        print_json(found)
    else:
        _print_sources(found["sources"])
        _print_units(found["by_unit"])
    return 0


@app.command("share")
@reporting
def population_share(
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """把已入库的人口重新分摊到村（社区） · share the stored cells over the communities anew"""
    from geoservice.database.filters import today
    from geoservice.ingest.population.resharing import share_all

    with ready() as (_, _, database), progress_bar() as progress:
        found = share_all(database, on.date() if on else today(), progress)
    if json_:
        print_json({"sources": list(found.shared), "not_kept": found.not_kept})
    else:
        print_shared(list(found.shared))
        for name in found.not_kept:
            notes.print(translate("population.raster-again", None, name=name), markup=False)
    return 0


@app.command("clear")
@reporting
def population_clear(
    source: Annotated[str, typer.Option("--source", help="来源编号或名称，见 population show · number or name")],
    json_: Json = False,
) -> int:
    """撤去一个来源及其分摊结果 · take out a source and all that it gave"""
    from geoservice.ingest.population.sources import clear_source

    with ready() as (_, _, database), database.connect("owner") as connection:
        number, name = clear_source(connection, source)
    if json_:
        print_json({"removed": number, "name": name})
    else:
        print_text(translate("population.cleared", None, id=number, name=name))
    return 0


def print_shared(found: list[dict[str, Any]]) -> None:
    """One sentence a source, and where its people stayed without a community."""
    for one in found:
        if not one.get("shared", True):
            continue
        print_text(
            translate(
                "population.shared",
                None,
                name=one["name"],
                population=f"{one['population']:,}",
                given=f"{one['given']:,}",
                communities=one["communities"],
                outside=f"{one['outside']:,}",
            )
        )
        if one["given"] != one["used"]:
            behind = f"{one['given'] - one['used']:,}"
            notes.print(translate("population.behind", None, behind=behind), markup=False)
        for unit in one["unserved"]:
            if unit["population"]:
                name, count = unit["name"] or "-", f"{unit['population']:,}"
                notes.print(translate("population.unserved", None, name=name, count=count), markup=False)
        if one["used"] and not one["published"]:
            notes.print(translate("population.internal", None, name=one["name"]), markup=False)


def _print_sources(found: list[dict[str, Any]]) -> None:
    if not found:
        print_text(translate("population.none-yet"))
        return
    names = ("id", "name", "kind", "date", "population", "given", "used", "outside")
    rows = [
        [
            one["id"],
            f"{one['name']} [{one['band']}]" if one["band"] else one["name"],
            translate(f"population.kind.{one['kind']}"),
            one["on_date"] and one["on_date"].isoformat(),
            one["population"],
            one["given"] if one["shared"] else None,
            one["used"] if one["shared"] else None,
            one["outside"],
        ]
        for one in found
    ]
    print_table(translate("population.sources"), [translate(f"population.head.{name}") for name in names], rows)
    for one in found:
        if not one["shared"]:
            notes.print(translate("population.unshared", None, name=one["name"]), markup=False)
        elif one["stale"]:
            key = "population.stale-raster" if one["kind"] == "raster" else "population.stale"
            notes.print(translate(key, None, name=one["name"]), markup=False)


def _print_units(found: list[dict[str, Any]]) -> None:
    names = ("unit", "communities", "official", "estimated", "communities_estimated", "communities_unknown")
    rows = [
        [
            one["name"] or translate("report.no-unit"),
            *[one[name] for name in ("communities", "official", "estimated")],
            *[one[name] for name in ("communities_estimated", "communities_unknown")],
        ]
        for one in found
    ]
    if rows:
        print_table(translate("population.by-unit"), [translate(f"population.head.{name}") for name in names], rows)
