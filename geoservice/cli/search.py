"""geoservice search: place names."""

from __future__ import annotations

from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table

app = typer.Typer()


@app.command("search")
@reporting
def search(
    text: Annotated[str, typer.Argument(help="汉字、拼音或声母 · Han, pinyin or initials")],
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
    json_: Json = False,
) -> int:
    """查地名 · search place names"""
    from geoservice.database.filters import today
    from geoservice.names.query import NameQuery
    from geoservice.names.search import search_places

    with ready() as (_, _, database), database.connect("reader") as connection:
        found = search_places(connection, NameQuery.parse(text), today=today(), limit=limit)
    hits = found.items
    if json_:
        print_json({"items": hits})
        return 0 if hits else 1
    if not hits:
        notes.print(translate("search.nothing", text=text), markup=False)
        return 1
    heads = [translate(f"search.{name}") for name in ("name", "kind", "reading", "unit")]
    print_table(text, heads, [[h["name"], translate(f"name.{h['kind']}"), h["reading"], h["unit_name"]] for h in hits])
    return 0
