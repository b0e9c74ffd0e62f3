"""Turn restrictions beside the roads in the database: loaded, renewed, taken out, and part of the network's revision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportRequest, import_file
from geoservice.network.networks import build_networks, networks_for, read_turns
from geoservice.network.turns import TurnRow
from geoservice.settings import Settings, StateSettings
from tests.unit.osm_builders import node, osm_file, relation, way

PLACES = [node(n, 113.0 + lon, 30.0 + lat) for n, lon, lat in ((1, 0, -0.01), (2, -0.01, 0), (3, 0, 0.01), (5, 0, 0))]
WAYS = [way(10 + n, [n, 5], {"highway": "tertiary"}) for n in (1, 2, 3)]


def restriction(id_: int, kind: str, start: int, stop: int, **tags: str) -> str:
    members = [("way", 10 + start, "from"), ("node", 5, "via"), ("way", 10 + stop, "to")]
    return relation(id_, members, {"type": "restriction", "restriction": kind, **tags})


def quiet(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


Load = Callable[..., dict[str, Any]]


@pytest.fixture
def take(database: Database, catalog: Catalog, tmp_path: Path) -> Load:
    def take_in(*relations: str, ways: list[str] = WAYS) -> dict[str, Any]:
        file = osm_file(tmp_path / "map.osm", *PLACES, *ways, *relations)
        outcome = import_file(
            database,
            catalog,
            Settings(state=StateSettings(home=tmp_path)),
            ImportRequest(layer="osm", path=file, actor="test"),
            quiet,
        )
        report = next(one for one in outcome.reports if one.layer == "roads")
        told: dict[str, Any] = report.as_dict()["turn_restrictions"]
        return told

    return take_in


def known(database: Database) -> list[TurnRow]:
    with database.connect("reader") as connection:
        return read_turns(connection)


def revision(database: Database) -> int:
    with database.connect("reader") as connection:
        found: int = connection.execute(text("select revision from layer_revision where layer = 'roads'")).scalar_one()
        return found


def test_restrictions_come_stay_change_and_go_with_their_file(database: Database, take: Load) -> None:
    first, second = restriction(1, "no_left_turn", 1, 2), restriction(2, "no_u_turn", 3, 3)
    assert take(first, second) == {"read": 2, "loaded": 2, "changed": 0, "unchanged": 0, "removed": 0}
    assert [(row.key, row.kind) for row in known(database)] == [
        ("osm:relation/1", "no_left_turn"),
        ("osm:relation/2", "no_u_turn"),
    ]
    before = revision(database)
    assert take(first, second) == {"read": 2, "loaded": 0, "changed": 0, "unchanged": 2, "removed": 0}
    assert revision(database) == before
    changed = restriction(1, "no_entry", 1, 2)
    assert take(changed) == {"read": 1, "loaded": 0, "changed": 1, "unchanged": 0, "removed": 1}
    assert revision(database) == before + 1
    assert [(row.key, row.kind) for row in known(database)] == [("osm:relation/1", "no_entry")]


def test_a_file_of_other_ways_takes_nothing_away(database: Database, take: Load) -> None:
    take(restriction(1, "no_left_turn", 1, 2))
    assert take(ways=[way(99, [1, 2], {"highway": "tertiary"})])["removed"] == 0
    assert len(known(database)) == 1


def test_the_network_of_a_car_keeps_them_and_that_of_a_walker_does_not_change(
    database: Database, catalog: Catalog, take: Load, tmp_path: Path
) -> None:
    settings = Settings(state=StateSettings(home=tmp_path))
    take()
    walk, car = build_networks(database, catalog, settings, ["walk", "car"], quiet)
    assert car["turn_bans"] == {}
    assert "turn_bans" not in walk
    take(restriction(1, "no_left_turn", 1, 2), restriction(2, "no_right_turn", 3, 2, **{"except": "motorcar"}))
    again_walk, again = build_networks(database, catalog, settings, ["walk", "car"], quiet)
    assert again_walk == walk
    assert again["turn_bans"] == {"applied": 1, "exempt": 1}
    assert again["revision"] != car["revision"]
    assert {**again, "turn_bans": {}, "revision": car["revision"]} == car
    with database.connect("reader") as connection:
        graph = networks_for(connection, catalog, settings, ["car"], database.name)["car"]
    assert graph.revision == again["revision"]
    assert graph.state is not None
    assert graph.turns == again["turn_bans"]


def test_a_way_that_the_extract_cuts_is_found_by_its_parts(database: Database, take: Load) -> None:
    cut = way(11, [1, 98, 2, 5], {"highway": "tertiary"})
    take(restriction(1, "no_left_turn", 1, 2), ways=[cut, *WAYS[1:]])
    (row,) = known(database)
    assert [len(one) for one in row.from_ways] == [1]
    assert row.via_nodes == (5,)
