"""Walls keep straight legs from what lies behind them, but for their openings; circles do as they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geoservice.catalog import Catalog
from geoservice.coverage.circles import circles
from geoservice.coverage.reach import evaluate, field_of
from geoservice.ingest.osm import read_osm
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.join import Joined, join
from tests.unit.network_builders import WALK, at, road, table
from tests.unit.osm_builders import node, osm_file, way


def walls(catalog: Catalog, path: Path, *objects: str, opening_m: float = 4.0) -> Barriers:
    records = {one.layer: one for one in read_osm(osm_file(path, *objects), catalog, wall_opening_m=opening_m)}
    return Barriers.of(records["walls"].records.geometry)


def compound(**gate: str) -> list[str]:
    """A walled square of 200 m with a node in the middle of its south side, 20 m north of a street."""
    corners = [(-100, 20), (0, 20), (100, 20), (100, 220), (-100, 220)]
    nodes = [node(k + 1, *at(*place), **(gate if k == 1 else {})) for k, place in enumerate(corners)]
    return [*nodes, way(10, [1, 2, 3, 4, 5, 1], {"barrier": "wall"})]


def test_the_gate_lets_those_in_whose_way_leads_through_it(catalog: Catalog, tmp_path: Path) -> None:
    graph = build_graph(table(road(1, [1, 2], [(-500, 0), (500, 0)])), WALK)
    places = np.array([at(0, 60), at(50, 60), at(0.5, 30), at(0, 10), at(0, -60)])
    shut = join(graph, places[:, 0], places[:, 1], WALK, walls(catalog, tmp_path / "a.osm", *compound()))
    gated = join(graph, places[:, 0], places[:, 1], WALK, walls(catalog, tmp_path / "b.osm", *compound(barrier="gate")))
    blocked, joined = int(Joined.BLOCKED), int(Joined.JOINED)
    assert shut.status.tolist() == [blocked, blocked, blocked, joined, joined]
    assert gated.status.tolist() == [joined, blocked, joined, joined, joined]


@pytest.mark.parametrize("gate", [{}, {"barrier": "gate"}])
def test_a_circle_holds_what_the_legs_reach(catalog: Catalog, tmp_path: Path, gate: dict[str, str]) -> None:
    graph = build_graph(table(road(1, [1, 2], [(-500, 0), (500, 0)])), WALK)
    barriers = walls(catalog, tmp_path / "map.osm", *compound(**gate), opening_m=30.0)
    here = np.array([at(-300, 0)])
    field = field_of(graph, join(graph, here[:, 0], here[:, 1], WALK, barriers), 6000)
    (circle,) = circles(field, WALK, [6000], barriers, min_hole_m2=0.0)
    spots = np.random.default_rng(2).uniform((-200, -150), (200, 250), (2000, 2))
    lon, lat = np.array([at(float(x), float(y)) for x, y in spots]).T
    reached = evaluate(field, join(graph, lon, lat, WALK, barriers)).within(6000)
    inside = shapely.contains_xy(circle.geometry, lon, lat)
    assert inside[reached].all()
    border = shapely.distance(shapely.boundary(circle.geometry), shapely.points(lon, lat)) * 100_000
    assert np.array_equal(inside[border > 10], reached[border > 10])
    behind = (np.abs(spots[:, 0]) < 100) & (spots[:, 1] > 20) & (spots[:, 1] < 220)
    assert bool(reached[behind].any()) == bool(gate)


def test_no_shipped_mode_heeds_walls_unless_an_officer_says_so(catalog: Catalog) -> None:
    assert all("walls" not in mode.barriers for mode in catalog.modes.values())
