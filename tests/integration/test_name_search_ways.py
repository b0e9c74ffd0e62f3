"""A search is answered in several ways; each gives what sorting all names gives."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, text

from geoservice.database.engine import Database
from geoservice.database.filters import BBox
from geoservice.names import ranking
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from tests import builders_api as make

DAY = date(2026, 7, 1)
TYPED = ("大", "大道", "天门", "d", "dadao", "tm", "men", "大dao", "")
PAGES = 6
WAYS = {
    "walked": {"FEW": -1, "FEW_WITHIN": -1, "SPARE": 0},
    "walked in vain": {"FEW": -1, "FEW_WITHIN": -1, "SPARE": 0, "WALK": 7},
    "by groups": {"FEW": -1, "FEW_WITHIN": -1, "SPARE": 10**9},
}


@pytest.fixture(scope="module")
def registry(new_database: Callable[[], Database]) -> Database:
    """Two hundred places of a few characters, so that every question has many answers of each standing and date."""
    chance = random.Random(38)  # nosec B311 - choices, no secret
    database = new_database()

    def word() -> str:
        return "".join(chance.choices("天门大道石", k=chance.randint(1, 3))) + chance.choice(
            ("村", "路", "大道", "河", "")
        )

    with database.connect("owner") as connection:
        county = make.make_unit(connection, "天门市", make.square(113.0, 30.6, 0.05), level="county")
        for number in range(200):
            lon = 112.9 + chance.random() * 0.2
            given = {"unit_id": county} if number % 5 == 0 else {}
            place = make.make_place(
                connection, word(), lon, 30.6, rank=chance.randint(1, 6), key=f"way-{number}", **given
            )
            for _ in range(chance.randint(0, 2)):
                _another(connection, chance, place, word())
        connection.execute(text("analyze geoservice.place_name"))
    return database


def _another(connection: Connection, chance: random.Random, place: int, name: str) -> None:
    kind = chance.choice(("alias", "former", "abbreviation"))
    begins = date(1950 + chance.randint(0, 40), 1, 1) if chance.random() < 0.5 else None
    ends = date(2000 + chance.randint(0, 60), 1, 1) if chance.random() < 0.5 else None
    make.make_name(connection, place, name, kind=kind, valid_from=begins, valid_to=ends)


def _answer(connection: Connection, typed: str, **options: Any) -> list[list[int]]:
    """The first pages, by the ids of names."""
    pages: list[list[int]] = []
    after = None
    while len(pages) < PAGES:
        page = search_places(connection, NameQuery.parse(typed), today=DAY, limit=5, after=after, **options)
        pages.append([item["id"] for item in page.items])
        after = page.next
        if after is None:
            break
    return pages


@pytest.fixture(scope="module")
def answers(registry: Database) -> list[tuple[str, dict[str, Any], list[list[int]]]]:
    """What is asked, where and when, with what sorting all that is found gives."""
    with registry.connect("owner") as connection, pytest.MonkeyPatch.context() as patched:
        county = connection.execute(text("select id from geoservice.unit")).scalar_one()
        wheres: list[dict[str, Any]] = [
            {},
            {"on": date(1990, 1, 1)},
            {"unit": county},
            {"bbox": BBox(112.95, 30.5, 113.0, 30.7), "on": DAY},
        ]
        patched.setattr(ranking, "FEW", 10**9)
        patched.setattr(ranking, "FEW_WITHIN", 10**9)
        asked = [(typed, where) for typed in TYPED for where in wheres]
        found = [(typed, where, _answer(connection, typed, **where)) for typed, where in asked]
    assert sum(len(pages) == PAGES for _, _, pages in found) > len(found) / 3
    return found


@pytest.mark.parametrize("way", WAYS)
def test_every_way_gives_the_same(
    registry: Database,
    answers: list[tuple[str, dict[str, Any], list[list[int]]]],
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    for name, value in WAYS[way].items():
        monkeypatch.setattr(ranking, name, value)
    with registry.connect("owner") as connection:
        for typed, where, right in answers:
            assert _answer(connection, typed, **where) == right, (typed, where)
