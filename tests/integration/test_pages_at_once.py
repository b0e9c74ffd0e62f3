"""Pages of many features read what belongs to them at once, small ones for each: both tell the same, to everybody."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests import builders_api as make
from tests.people import add_person, hold_session

PLACES = 120
KINDS = ("standard", "alias", "abbreviation", "former", "map")
TODAY = date.today()  # noqa: DTZ011 - around it, at any hour
LAYERS = ("places", "facilities", "communities")


@pytest.fixture
def database(new_database: Callable[[], Database]) -> Iterator[Database]:
    database = new_database()
    yield database
    database.dispose()


def _days(chance: random.Random) -> dict[str, Any]:
    start = chance.choice((None, TODAY - timedelta(chance.choice((2000, 400)))))
    end = chance.choice((None, None, TODAY + timedelta(chance.choice((-300, -2, 2, 700)))))
    return {"valid_from": start, "valid_to": end}


def _seen(chance: random.Random) -> dict[str, Any]:
    return chance.choice((
        {}, {}, {}, {"published": False}, {"published": False, "classification": "internal"},
    ))  # fmt: skip


def _units(connection: Connection, chance: random.Random) -> list[int]:
    found = []
    for number in range(8):
        unit = make.make_unit(connection, f"镇{number}", make.square(112 + number * 0.2, 30.6), **_seen(chance))
        for system, edition in chance.sample([("mca", "2020"), ("mca", "2023"), ("nbs", "2024")], number % 4):
            connection.execute(
                text("insert into unit_code (unit_id, system, edition, code) values (:unit, :system, :edition, :code)"),
                {"unit": unit, "system": system, "edition": edition, "code": f"4290{chance.randrange(10**8):08}"},
            )
        found.append(unit)
    return found


def _records(connection: Connection, chance: random.Random, units: list[int]) -> None:
    for number in range(PLACES):
        given = {"unit_id": chance.choice((None, *units)), **_seen(chance)}
        at = 112 + number * 0.012
        place = make.make_place(connection, f'村"{number}\\', at, meaning=chance.choice((None, "天门")), **given)
        for more in range(chance.randrange(5)):
            spare = f"名{number}-{more}"
            # No two standard names hold on one day: those beside the first have ended.
            kind = chance.choice(KINDS[1:])
            make.make_name(connection, place, spare, kind=kind, **_days(chance), **_seen(chance))
        make.make_facility(connection, f"院{number}", at, **given)
        make.make_community(connection, f"社区{number}", at, **given)
    # Standard names of before and of later, and places whose standard name is not for all.
    for place in range(1, PLACES, 3):
        row = {"id": place, "day": TODAY - timedelta(place), "seen": place % 2 == 0}
        connection.execute(
            text("update place_name set valid_from = :day where place_id = :id and kind = 'standard'"), row
        )
        make.make_name(connection, place, f"旧名{place}", valid_to=row["day"])
        if place % 4 == 0:
            connection.execute(
                text("update place_name set published = false where place_id = :id and kind = 'standard'"), row
            )


def test_both_forms_tell_the_same(database: Database, settings: Settings, catalog: Catalog) -> None:
    chance = random.Random(11)
    with database.connect("owner") as connection:
        units = _units(connection, chance)
        _records(connection, chance, units)
    people: dict[str, Any] = {"public": {}}
    for name, held in (("viewer", None), ("of one", units[:1]), ("of some", units[2:5])):
        account = add_person(database, name.replace(" ", ""), "viewer", **({"units": held} if held else {}))
        people[name] = hold_session(database, account).headers
    server = settings.server.model_copy(update={"page_cache_mb": 0})
    app = create_app(
        Settings(state=settings.state, server=server, audit=settings.audit), catalog=catalog, database=database
    )
    client = TestClient(app, base_url="http://127.0.0.1:8000")
    told: dict[tuple[str, str], str] = {}
    for turn in range(3):
        for layer in LAYERS:
            for who, headers in people.items():
                at = f"/ogc/collections/{layer}/items"
                together = client.get(f"{at}?limit=1000", headers=headers).json()
                each: list[Any] = []
                page: Any = client.get(f"{at}?limit=90", headers=headers).json()
                each += page["features"]
                while rest := [one["href"] for one in page["links"] if one["rel"] == "next"]:
                    page = client.get(rest[0], headers=headers).json()
                    each += page["features"]
                assert together["features"] == each, (turn, layer, who)
                # One more or one less than there are: the row behind the page is never told, and never lost.
                for limit in {max(101, len(each) - 1), max(101, len(each)), len(each) + 101}:
                    part = client.get(f"{at}?limit={limit}", headers=headers).json()
                    assert part["features"] == each[:limit], (layer, who, limit)
                    assert any(one["rel"] == "next" for one in part["links"]) == (limit < len(each))
                told[layer, who] = repr(each)
        with database.connect("owner") as connection:
            connection.execute(
                text("update place_name set published = not published, classification = 'public' where id % 7 = :turn"),
                {"turn": turn},
            )
            connection.execute(text("update unit_version set name = name || '乡' where id % 3 = :turn"), {"turn": turn})
            connection.execute(
                text("update place set published = false, classification = 'internal' where id % 11 = :turn"),
                {"turn": turn},
            )
    # The audiences do see different things, and each of the properties is told of somebody.
    assert len({told["places", who] for who in people}) == len(people)
    for name in ("alias", "abbreviation", "former_name", "map_name", "township_code"):
        assert any(one.get("properties", {}).get(name) for one in each_of(client, "places", people["viewer"])), name


def each_of(client: TestClient, layer: str, headers: dict[str, str]) -> list[Any]:
    """All features of a layer."""
    found: list[Any] = client.get(f"/ogc/collections/{layer}/items?limit=1000", headers=headers).json()["features"]
    return found
