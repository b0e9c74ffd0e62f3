"""Heights in the database: taken at the roads, part of the networks of walkers, gone when they are taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rasterio.transform import Affine
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.inputs import read_publication
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest
from geoservice.ingest.dem import clear_heights
from geoservice.ingest.importing import ImportOutcome, ImportRequest, PopulationWishes, import_file
from geoservice.network.networks import build_networks, read_heights, read_roads
from geoservice.settings import Settings, StateSettings
from tests.unit.osm_builders import node, osm_file, way
from tests.unit.test_dem import dem_file

# Three roads along a parallel; the second is a bridge over a valley.
PLACES = [node(n, 113.0 + 0.001 * n, 30.0) for n in range(1, 8)]
ROADS = [
    way(10, [1, 2, 3], {"highway": "residential"}),
    way(11, [3, 4, 5], {"highway": "residential", "bridge": "yes"}),
    way(12, [5, 6, 7], {"highway": "residential"}),
]


def quiet(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class Office:
    def __init__(self, database: Database, catalog: Catalog, folder: Path) -> None:
        self.database, self.catalog, self.folder = database, catalog, folder
        self.settings = Settings(state=StateSettings(home=folder))

    def take(self, layer: str, path: Path, **options: Any) -> ImportOutcome:
        request = ImportRequest(layer=layer, path=path, actor="test", **options)
        return import_file(self.database, self.catalog, self.settings, request, quiet)

    def roads(self, *objects: str) -> None:
        self.take("osm", osm_file(self.folder / "map.osm", *PLACES, *objects))

    def build(self, *modes: str) -> list[dict[str, Any]]:
        return build_networks(self.database, self.catalog, self.settings, modes, quiet)

    def heights(self) -> list[float] | None:
        with self.database.connect("reader") as connection:
            found = read_heights(connection, read_roads(connection))
        return None if found is None else found.tolist()


@pytest.fixture
def office(database: Database, catalog: Catalog, tmp_path: Path) -> Office:
    return Office(database, catalog, tmp_path)


def plane(path: Path, *, west: float = 112.99, columns: int = 300, per_degree: float = 1e5, **profile: Any) -> Path:
    """Heights that rise to the east, with a valley below the bridge."""
    lon = west + (np.arange(columns) + 0.5) * 1e-4
    row = per_degree * (lon - 113.0)
    row[(lon > 113.0031) & (lon < 113.0049)] -= 500.0
    heights = np.tile(row, (40, 1))
    return dem_file(path, heights, transform=Affine(1e-4, 0, west, 0, -1e-4, 30.002), **profile)


def test_roads_take_heights_and_bridges_stay_above_the_valley(office: Office) -> None:
    office.roads(*ROADS)
    outcome = office.take("dem", plane(office.folder / "dem.tif"))
    (report,) = outcome.reports
    assert (report.read, report.loaded, report.changed, report.unchanged) == (3, 3, 0, 0)
    assert report.details["with_height"] == report.details["vertices"] == 9
    assert office.heights() == pytest.approx([100, 200, 300, 300, 400, 500, 500, 600, 700], abs=0.5)
    again = office.take("dem", office.folder / "dem.tif")
    assert (again.reports[0].loaded, again.reports[0].unchanged) == (0, 3)


def test_walkers_are_slower_uphill_and_cars_as_before(office: Office) -> None:
    office.roads(*ROADS)
    walk, slow, car = office.build("walk", "walk_slow", "car")
    office.take("dem", plane(office.folder / "dem.tif"))
    hilly, hilly_slow, same = office.build("walk", "walk_slow", "car")
    assert same == car
    for before, after in ((walk, hilly), (slow, hilly_slow)):
        assert after["revision"] != before["revision"]
        assert {name: after[name] for name in ("nodes", "edges", "components")} == {
            name: before[name] for name in ("nodes", "edges", "components")
        }
        assert after["slope"] == {"vertices": 9, "without_height": 0, "edges": 3, "doubled": 3}
        assert "slope" not in before
    with office.database.connect("owner") as connection:
        assert clear_heights(connection) == 3
    assert office.build("walk", "walk_slow", "car") == [walk, slow, car]


def test_a_road_that_is_drawn_anew_has_no_height_until_the_next_import(office: Office) -> None:
    office.roads(*ROADS)
    office.take("dem", plane(office.folder / "dem.tif"))
    office.roads(way(10, [1, 3], {"highway": "residential"}), *ROADS[1:])
    found = office.heights()
    assert found is not None
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2:]).all()
    office.take("dem", office.folder / "dem.tif")
    assert office.heights() == pytest.approx([100, 300, 300, 400, 500, 500, 600, 700], abs=0.5)


def test_sheets_are_added_one_by_one(office: Office) -> None:
    office.roads(*ROADS)
    office.take("dem", plane(office.folder / "west.tif", columns=125))
    found = office.heights()
    assert found is not None
    assert np.isfinite(found).tolist() == [True, True] + [False] * 7
    office.take("dem", plane(office.folder / "east.tif", west=113.0024, columns=200))
    assert office.heights() == pytest.approx([100, 200, 300, 300, 400, 500, 500, 600, 700], abs=0.5)


def test_heights_are_internal_unless_somebody_publishes_them(office: Office) -> None:
    office.roads(*ROADS)
    office.take("dem", plane(office.folder / "dem.tif"))
    with office.database.connect("reader") as connection:
        assert read_publication(connection).classification == "internal"
    office.take("dem", office.folder / "dem.tif", publish=True)
    with office.database.connect("reader") as connection:
        found = read_publication(connection)
    assert (found.classification, found.published) == ("public", True)


def test_a_dry_run_keeps_nothing(office: Office) -> None:
    office.roads(*ROADS)
    assert office.take("dem", plane(office.folder / "dem.tif"), dry_run=True).state == "checked"
    assert office.heights() is None


@pytest.mark.parametrize(
    ("code", "west", "profile"),
    [("dem.elsewhere", 114.0, {}), ("dem.no-heights", 112.99, {"nodata": 0.0, "per_degree": 0.0})],
)
def test_a_raster_of_no_use_is_refused(office: Office, code: str, west: float, profile: dict[str, Any]) -> None:
    office.roads(*ROADS)
    file = plane(office.folder / "dem.tif", west=west, **profile)
    with pytest.raises(BadInput) as caught:
        office.take("dem", file)
    assert caught.value.code == code
    assert office.heights() is None


def test_without_roads_and_with_options_of_others_it_is_refused(office: Office) -> None:
    file = plane(office.folder / "dem.tif")
    with pytest.raises(BadInput) as caught:
        office.take("dem", file)
    assert caught.value.code == "dem.no-roads"
    for options in ({"mapping": {"a": "b"}}, {"skip_bad": True}, {"population": PopulationWishes(replace=True)}):
        with pytest.raises(BadRequest) as refused:
            office.take("dem", file, **options)
        assert refused.value.code == "dem.options"
    with office.database.connect("reader") as connection:
        assert connection.execute(text("select count(*) from road_height")).scalar_one() == 0
