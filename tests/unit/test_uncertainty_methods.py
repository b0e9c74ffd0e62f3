"""Straight lines and shares of land against brute force and closed forms; walkers' modes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from geoservice.catalog import load_catalog
from geoservice.coverage.uncertainty.areas import lands_of
from geoservice.coverage.uncertainty.declared import load_uncertainty
from geoservice.coverage.uncertainty.lines import nearest_by_line
from geoservice.coverage.uncertainty.methods import radius_m
from geoservice.coverage.uncertainty.walkers import walker
from geoservice.errors import BadDeclaration
from geoservice.network.build import build_graph
from geoservice.resources import resource
from tests.unit.network_builders import at, grid

CATALOG = load_catalog()


@pytest.mark.parametrize("centre", [(113.16, 30.66), (1.6, 42.5), (25.0, 60.2), (-70.0, -33.4)])
def test_the_nearest_by_line_equals_brute_force_on_the_ellipsoid(centre: tuple[float, float]) -> None:
    rng = np.random.default_rng(2)
    lon, lat = (rng.uniform(value - 0.3, value + 0.3, 300) for value in centre)
    to_lon, to_lat = (rng.uniform(value - 0.3, value + 0.3, 40) for value in centre)
    metres, number = nearest_by_line(lon, lat, to_lon, to_lat)
    geod = Geod(ellps="GRS80")
    every = np.array(
        [[geod.inv(x, y, u, v)[2] for u, v in zip(to_lon, to_lat, strict=True)] for x, y in zip(lon, lat, strict=True)]
    )
    assert np.array_equal(number, every.argmin(axis=1))
    assert metres == pytest.approx(every.min(axis=1), abs=1e-6)


def test_a_place_that_is_missing_is_near_nothing() -> None:
    one, nowhere = np.array([113.16]), np.array([np.nan])
    assert nearest_by_line(nowhere, nowhere, one, one)[0].tolist() == [np.inf]
    none = np.empty(0)
    assert nearest_by_line(one, one / 4, none, none)[1].tolist() == [-1]


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle in metres, as longitude and latitude."""
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return shapely.Polygon([at(*corner) for corner in corners])


def test_shares_are_of_built_up_land_where_there_is_any() -> None:
    units = {1: box(0, 0, 4000, 4000), 2: box(4000, 0, 8000, 4000), 3: box(0, 4000, 4000, 8000)}
    # The town of 1 reaches into 2 by a hundredth of its size; 3 has none.
    towns = [box(1000, 1000, 2000, 2000), box(3900, 0, 4100, 100)]
    lands = lands_of(units, towns)
    assert {unit: land.kind for unit, land in lands.units.items()} == {1: "built_up", 2: "built_up", 3: "land"}
    found = lands.shares(box(1500, 1500, 9000, 5000), [1, 2, 3, 99])
    assert found == pytest.approx({1: 250_000 / 1_010_000, 2: 0.0, 3: 2_500_000 / 16_000_000}, abs=1e-4)
    assert lands.shares(shapely.MultiPolygon(), [1, 3]) == {1: 0.0, 3: 0.0}
    assert lands.shares(box(-9000, -9000, 9000, 9000), [1, 2, 3]) == pytest.approx({1: 1.0, 2: 1.0, 3: 1.0})


def test_no_territory_has_no_share() -> None:
    lands = lands_of({}, [box(0, 0, 1, 1)])
    assert lands.shares(box(0, 0, 9, 9), [1]) == {}
    assert lands_of({1: box(0, 0, 9, 9)}, []).units[1].kind == "land"


def test_overlapping_built_up_areas_count_once() -> None:
    lands = lands_of(
        {1: box(0, 0, 4000, 4000)}, [box(0, 0, 1000, 1000), box(0, 0, 1000, 1000), box(500, 0, 1500, 1000)]
    )
    assert shapely.area(lands.units[1].shape) == pytest.approx(1_500_000, rel=1e-3)


def test_the_radius_of_a_quarter_of_an_hour_on_foot_is_that_of_the_guide_books() -> None:
    limit = CATALOG.headline.limits.urban
    assert 800 <= radius_m(CATALOG.modes["walk"], limit) <= 1000


def test_a_walker_changes_all_speeds_in_proportion() -> None:
    walk = CATALOG.modes["walk"]
    roads = grid(5, 5, 173.0)
    base = build_graph(roads, walk)
    for speed in load_uncertainty(CATALOG).walkers.speeds:
        mode = walker(walk, speed)
        assert mode.off_network_kmh / mode.speed_kmh == pytest.approx(walk.off_network_kmh / walk.speed_kmh)
        assert mode.class_speed_kmh("motorway") == 0
        graph = build_graph(roads, mode)
        expected = np.maximum(np.floor(base.edge_length_m * 10 / speed.speed_ms + 0.5), 1)
        assert graph.edge_weight.tolist() == expected.tolist()


def test_wrong_declarations_are_named(tmp_path: Path) -> None:
    good = resource("layers", "standards", "uncertainty.toml").read_text("utf-8")
    for number, (old, new, key) in enumerate(
        [
            ("count = 100", "count = 0", "draws.count"),
            ("count = 100", "count = 2000", "draws"),
            ("speed_share = 0.2", "speed_share = 1.0", "draws.speed_share"),
            ("speed_ms = 0.6", "speed_ms = 0", "walkers.speeds"),
            ('mode = "walk"', 'mode = "fly"', "walkers.mode"),
            ('id = "walk_60"', 'id = "walk"', "walkers.speeds"),
        ]
    ):
        file = tmp_path / f"{number}.toml"
        file.write_text(good.replace(old, new), encoding="utf-8")
        with pytest.raises(BadDeclaration) as caught:
            load_uncertainty(CATALOG, file)
        assert key in str(caught.value)
