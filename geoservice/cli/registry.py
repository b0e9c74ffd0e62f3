"""geoservice names: what is kept in the registry, and what of it does not agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table

app = typer.Typer()


@app.command("doubles")
@reporting
def doubles(
    link: Annotated[bool, typer.Option("--link", help="把没有疑问的都关联起来 · link all that leave no doubt")] = False,
    apart: Annotated[
        int | None, typer.Option(min=1, help="这个组织登记（地名号）不是它所关联的政区 · this record is not its unit")
    ] = None,
    same: Annotated[int | None, typer.Option(min=1, help="这个组织登记（地名号）· record of an organisation")] = None,
    unit: Annotated[int | None, typer.Option(min=1, help="与 --same 是同一实体的政区登记 · its unit")] = None,
    json_: Json = False,
) -> int:
    """行政村（社区）与村（居）委会的重复登记：列出、关联、拆开 · villages registered twice: list, link, part"""
    from geoservice.database.filters import today
    from geoservice.errors import BadRequest
    from geoservice.names.twice import decide, link_all
    from geoservice.names.twice import doubles as listed

    if (same is None) != (unit is None):
        raise BadRequest("names.half-double")
    with ready() as (_, catalog, database), database.connect("owner", actor=at_the_shell()) as connection:
        if apart is not None:
            decide(connection, catalog, apart, None)
        if same is not None:
            decide(connection, catalog, same, unit)
        count = link_all(connection, catalog, today()) if link else 0
        found = listed(connection, catalog, today())
    if json_:
        print_json({"linked_now": count, "items": found})
        return 0
    if link:
        notes.print(translate("names.doubles.linked-now", count=count), markup=False)
    heads = [translate(f"names.head.{name}") for name in ("double-state", "double-unit", "double-body", "distance")]
    rows = [
        [
            translate(f"names.double.{one['state']}"),
            *(f"{one[side]['name']} #{one[side]['place_id']} {one[side]['code'] or ''}" for side in ("unit", "body")),
            "" if one["distance_m"] is None else f"{one['distance_m']} m",
        ]
        for one in found
    ]
    print_table(translate("names.doubles", count=len(found)), heads, rows)
    return 0


@app.command("spellings")
@reporting
def spellings(
    unit: Annotated[str | None, typer.Option(help="只看某个区划：代码或名称 · code or name of a unit")] = None,
    json_: Json = False,
) -> int:
    """一地多写：同一地方在各资料中的不同写法 · one place under several spellings"""
    from geoservice.database.filters import today
    from geoservice.names.clashes.scopes import units_below
    from geoservice.names.clashes.spellings import spellings as found_spellings
    from geoservice.names.units import unit_by_name

    with ready() as (_, _, database), database.connect("reader") as connection:
        units = None if unit is None else units_below(connection, unit_by_name(connection, unit))
        found, cut = found_spellings(connection, today(), units=units)
    if json_:
        told = [
            {"how": one.how, "spellings": one.spellings, "records": [asdict(each) for each in one.records]}
            for one in found
        ]
        print_json({"cut": cut, "items": told})
        return 0
    heads = [translate(f"names.head.{name}") for name in ("spelling", "unit", "source", "how")]
    rows = [
        [
            each.name,
            each.unit_name or "",
            f"{each.source or '-'} {each.code or ''}",
            translate(f"names.spelt.{one.how}"),
        ]
        for one in found
        for each in one.records
    ]
    print_table(translate("names.spellings", count=len(found)), heads, rows)
    return 0
