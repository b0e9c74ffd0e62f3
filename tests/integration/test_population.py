"""Sources of people in the database: shared once, official counts first, figures of coverage with their mark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely.geometry import LineString, Point, box
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.indicators.situation import read_situation
from geoservice.coverage.inputs import read_communities, read_estimated, read_publication
from geoservice.coverage.run import run_coverage
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest, Conflict, NotFound
from geoservice.ingest.importing import ImportOutcome, ImportRequest, PopulationWishes, import_file
from geoservice.ingest.load import load
from geoservice.ingest.population.resharing import share_all
from geoservice.ingest.population.sources import clear_source
from geoservice.ingest.population.telling import by_unit, sources
from geoservice.publish.queries.communities import communities
from geoservice.settings import Settings
from tests.builders import OPTIONS, record_set, square

DAY = date(2026, 1, 1)
WEST, SOUTH = 113.0, 30.5


def quiet(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


class Desk:
    """Imports of files made on the spot."""

    def __init__(self, database: Database, catalog: Catalog, settings: Settings, folder: Path) -> None:
        self.database, self.catalog, self.settings, self.folder = database, catalog, settings, folder

    def put(self, layer: str, *rows: dict[str, Any]) -> None:
        with self.database.connect("owner") as connection:
            assert not load(connection, self.catalog, record_set(layer, rows), OPTIONS).refused

    def bring(self, path: Path, *, publish: bool | None = None, **wishes: Any) -> ImportOutcome:
        more = {name: wishes.pop(name) for name in ("crs", "dry_run", "skip_bad", "mapping") if name in wishes}
        request = ImportRequest(
            "population", path, "test", publish=publish, population=PopulationWishes(**wishes), **more
        )
        return import_file(self.database, self.catalog, self.settings, request, quiet)

    def grid(self, name: str, cells: list[tuple[Any, int]], **columns: list[Any]) -> Path:
        path = self.folder / name
        data = {"key": [f"c{n}" for n in range(len(cells))], "population": [people for _, people in cells]} | columns
        gpd.GeoDataFrame(data, geometry=[shape for shape, _ in cells], crs=4490).to_file(path)
        return path

    def raster(self, name: str, people: np.ndarray[Any, Any], cell: float = 0.01, **more: Any) -> Path:
        path = self.folder / name
        given = {"driver": "GTiff", "height": people.shape[0], "width": people.shape[1], "count": 1, "crs": "EPSG:4490"}
        grid = Affine(cell, 0, WEST, 0, -cell, SOUTH + cell * people.shape[0])
        with rasterio.open(path, "w", **{**given, "dtype": people.dtype, "transform": grid} | more) as file:
            file.write(people, 1)
        return path

    def people(self) -> dict[str, tuple[Any, ...]]:
        statement = text(
            "select m.name, p.population, p.population_60, p.population_80, p.estimated from community m"
            " join community_people p on p.community_id = m.id"
        )
        with self.database.connect("reader") as connection:
            return {row[0]: tuple(row[1:]) for row in connection.execute(statement)}

    def told(self) -> list[dict[str, Any]]:
        with self.database.connect("reader") as connection:
            return sources(connection)


@pytest.fixture
def desk(database: Database, catalog: Catalog, settings: Settings, tmp_path: Path) -> Desk:
    return Desk(database, catalog, settings, tmp_path)


@pytest.fixture
def towns(desk: Desk) -> Desk:
    """Two townships side by side: one with two villages, one of them counted officially; one with a single village."""
    desk.put(
        "units",
        {"code": "429006112", "name": "干驿镇", "geom": square(WEST, SOUTH)},
        {"code": "429006113", "name": "马湾镇", "geom": square(WEST + 0.1, SOUTH)},
    )
    desk.put(
        "communities",
        {"code": "1", "name": "甲", "geom": Point(WEST + 0.025, SOUTH + 0.05)},
        {"code": "2", "name": "乙", "geom": Point(WEST + 0.075, SOUTH + 0.05), "population": 900, "population_60": 90},
        {"code": "3", "name": "丙", "geom": Point(WEST + 0.101, SOUTH + 0.05)},
    )
    return desk


HALVES = [(box(WEST, SOUTH, WEST + 0.1, SOUTH + 0.1), 1000), (box(WEST + 0.1, SOUTH, WEST + 0.2, SOUTH + 0.1), 501)]


def test_cells_are_shared_at_once_and_official_counts_win(towns: Desk) -> None:
    outcome = towns.bring(towns.grid("grid.gpkg", HALVES, population_60=[100, 50], population_80=[11, 5]))
    assert outcome.state == "loaded"
    # 丙 stands at the line, but nobody crosses it; 乙 keeps its own count.
    assert towns.people() == {
        "甲": (500, 50, 6, True),
        "乙": (900, 90, None, False),
        "丙": (501, 50, 5, True),
    }
    (told,) = towns.told()
    assert (told["population"], told["given"], told["used"], told["outside"]) == (1501, 1501, 1001, 0)
    assert outcome.reports[0].details["population"]["given"] == 1501
    assert not told["stale"]


def test_sharing_twice_gives_the_same_and_changes_nothing(towns: Desk) -> None:
    path = towns.grid("grid.gpkg", HALVES)
    towns.bring(path)
    before, revision = towns.people(), _revision(towns)
    again = towns.bring(path)
    assert (again.as_dict()["unchanged"], again.as_dict()["changed"]) == (2, 0)
    found = share_all(towns.database, DAY, quiet)
    assert [one["changed"] for one in found.shared] == [False]
    assert (towns.people(), _revision(towns)) == (before, revision)


def _revision(desk: Desk) -> Any:
    with desk.database.connect("reader") as connection:
        return connection.execute(text("select revision from layer_revision where layer = 'population'")).scalar_one()


def test_a_second_source_on_the_same_ground_is_refused_by_name(towns: Desk) -> None:
    towns.bring(towns.grid("grid.gpkg", HALVES))
    before = towns.people()
    shifted = towns.grid("newer.gpkg", [(box(WEST, SOUTH, WEST + 0.05, SOUTH + 0.1), 70)])
    with pytest.raises(Conflict) as refused:
        towns.bring(shifted)
    assert "grid.gpkg" in str(refused.value)
    assert "--replace" in str(refused.value)
    raster = towns.raster("people.tif", np.full((10, 20), 3, dtype=np.int16))
    with pytest.raises(Conflict):
        towns.bring(raster)
    assert towns.people() == before
    outcome = towns.bring(raster, replace=True)
    assert "grid.gpkg" in outcome.reports[0].notices[0].message
    assert [one["name"] for one in towns.told()] == ["people.tif"]
    assert towns.people()["丙"] == (300, None, None, True)


def test_sources_that_only_touch_stand_beside_each_other(towns: Desk) -> None:
    towns.bring(towns.grid("west.gpkg", HALVES[:1]))
    towns.bring(towns.raster("east.tif", np.full((10, 10), 5, dtype=np.int16), transform=Affine(0.01, 0, WEST + 0.1, 0, -0.01, SOUTH + 0.1)))  # fmt: skip
    assert {name: row[0] for name, row in towns.people().items()} == {"甲": 500, "乙": 900, "丙": 500}
    assert sum(one["population"] for one in towns.told()) == 1500


def test_overlapping_cells_of_one_file_are_refused_with_both_rows(towns: Desk) -> None:
    double = [*HALVES, (box(WEST + 0.05, SOUTH, WEST + 0.15, SOUTH + 0.1), 9)]
    path = towns.grid("grid.gpkg", double)
    outcome = towns.bring(path)
    assert (outcome.state, outcome.reports[0].refused) == ("refused", 1)
    message = outcome.reports[0].refusals[0].message
    assert "3" in message
    assert "1" in message
    assert towns.told() == []
    assert towns.bring(path, skip_bad=True).state == "loaded"
    assert towns.told()[0]["population"] == 1501


def test_a_new_edition_takes_the_place_of_the_old(towns: Desk) -> None:
    towns.bring(towns.grid("grid.gpkg", HALVES))
    (towns.folder / "grid.gpkg").unlink()
    # Its second cell is gone: its people must not stay.
    outcome = towns.bring(towns.grid("grid.gpkg", [(HALVES[0][0], 2000)]))
    codes = [notice.code for notice in outcome.reports[0].notices]
    assert {"population.new-edition", "population.cells-removed"} <= set(codes)
    assert [one["population"] for one in towns.told()] == [2000]
    assert {name: row[0] for name, row in towns.people().items()} == {"甲": 1000, "乙": 900, "丙": None}


def test_the_same_keys_in_two_files_are_two_sources(towns: Desk) -> None:
    towns.bring(towns.grid("west.gpkg", HALVES[:1]))
    towns.bring(towns.grid("east.gpkg", HALVES[1:]))
    assert [one["population"] for one in towns.told()] == [1000, 501]


def test_points_count_where_they_lie(towns: Desk) -> None:
    houses = [(Point(WEST + 0.03, SOUTH + 0.01), 4), (Point(WEST + 0.09, SOUTH + 0.09), 5), (Point(WEST + 0.19, SOUTH + 0.09), 6)]  # fmt: skip
    towns.bring(towns.grid("houses.geojson", houses))
    assert {name: row[0] for name, row in towns.people().items()} == {"甲": 4, "乙": 900, "丙": 6}
    assert towns.told()[0]["kind"] == "points"
    mixed = towns.grid("mixed.gpkg", [houses[0], (box(114, 31, 114.1, 31.1), 3)])
    with pytest.raises(BadInput, match="点"):
        towns.bring(mixed, replace=True)


def test_what_lies_outside_is_told_as_its_own_figure(towns: Desk) -> None:
    towns.put("units", {"code": "429006114", "name": "空镇", "geom": square(WEST + 0.2, SOUTH)})
    beyond = [(box(WEST + 0.2, SOUTH, WEST + 0.3, SOUTH + 0.1), 40), (box(WEST + 0.1, 31, WEST + 0.2, 31.1), 7)]
    towns.bring(towns.grid("grid.gpkg", [*HALVES, *beyond]))
    (told,) = towns.told()
    assert (told["population"], told["given"], told["outside"]) == (1548, 1501, 47)
    assert [(unit["name"], unit["population"]) for unit in told["unserved"]] == [("空镇", 40)]


def test_groups_with_gaps_are_no_zero(towns: Desk) -> None:
    outcome = towns.bring(towns.grid("grid.gpkg", HALVES, population_60=[100, None]))
    assert "population.group-gaps" in [notice.code for notice in outcome.reports[0].notices]
    assert towns.people()["甲"] == (500, None, None, True)


def test_cells_before_communities_are_kept_and_shared_later(desk: Desk) -> None:
    outcome = desk.bring(desk.grid("grid.gpkg", HALVES))
    assert "population.not-shared" in [notice.code for notice in outcome.reports[0].notices]
    assert not desk.told()[0]["shared"]
    with pytest.raises(Conflict, match="社区"):
        share_all(desk.database, DAY, quiet)
    desk.put("communities", {"code": "1", "name": "甲", "geom": Point(WEST + 0.05, SOUTH + 0.05)})
    share_all(desk.database, DAY, quiet)
    assert desk.people()["甲"][0] > 0
    # Far from it nobody is its own: what its five kilometres do not hold is outside, to the person.
    told = desk.told()[0]
    assert told["given"] + told["outside"] == told["population"] == 1501


def test_later_communities_make_the_shares_stale(towns: Desk) -> None:
    towns.bring(towns.grid("grid.gpkg", HALVES))
    towns.put("communities", {"code": "4", "name": "丁", "geom": Point(WEST + 0.18, SOUTH + 0.05)})
    assert towns.told()[0]["stale"]
    with towns.database.connect("reader") as connection:
        assert read_estimated(connection, DAY).stale
    share_all(towns.database, DAY, quiet)
    assert not towns.told()[0]["stale"]
    found = towns.people()
    assert found["丙"][0] + found["丁"][0] == 501


def test_a_dry_run_leaves_nothing(towns: Desk) -> None:
    for path in (towns.grid("grid.gpkg", HALVES), towns.raster("people.tif", np.full((10, 20), 3, dtype=np.int16))):
        outcome = towns.bring(path, dry_run=True)
        assert outcome.state == "checked"
        assert outcome.reports[0].details["population"]["given"] > 0
        assert towns.told() == []
        assert towns.people()["甲"][0] is None


def test_a_source_is_taken_out_whole(towns: Desk) -> None:
    towns.bring(towns.grid("grid.gpkg", HALVES))
    with towns.database.connect("owner") as connection:
        number = towns.told()[0]["id"]
        assert clear_source(connection, str(number)) == (number, "grid.gpkg")
    assert towns.told() == []
    assert towns.people()["甲"] == (None, None, None, False)
    with towns.database.connect("reader") as connection:
        assert connection.execute(text("select count(*) from population_cell")).scalar_one() == 0
    with pytest.raises(NotFound, match="7"), towns.database.connect("owner") as connection:
        clear_source(connection, "7")
    with pytest.raises(BadInput):
        share_all(towns.database, DAY, quiet)


def test_what_comes_from_internal_people_is_internal(towns: Desk) -> None:
    def seen() -> tuple[list[Any], bool, list[float]]:
        with towns.database.connect("reader") as connection:
            page = communities(connection, day=DAY, limit=10)
            public = read_situation(connection, DAY, 500.0, public_only=True)
            return (
                [(item["population"], item["population_estimated"], item["population_source"]) for item in page.items],
                read_publication(connection).published,
                public.residents.population.tolist(),
            )

    path = towns.grid("grid.gpkg", HALVES)
    towns.bring(path)
    items, published, residents = seen()
    assert items == [(None, False, None), (900, False, None), (None, False, None)]
    assert not published
    assert residents[1] == 900
    assert np.isnan([residents[0], residents[2]]).all()
    towns.bring(path, publish=True)
    items, published, residents = seen()
    assert items == [(500, True, "grid.gpkg"), (900, False, None), (501, True, "grid.gpkg")]
    assert published
    assert residents == [500, 900, 501]


def test_an_estimate_tells_its_own_day_or_none(towns: Desk) -> None:
    def days() -> list[date | None]:
        with towns.database.connect("reader") as connection:
            return [item["population_date"] for item in communities(connection, day=DAY, limit=10).items]

    # The villages without a count still carry the day of some other figure.
    with towns.database.connect("owner") as connection:
        connection.execute(text("update community set population_date = '2019-05-01'"))
    towns.bring(towns.grid("grid.gpkg", HALVES), publish=True)
    assert days() == [None, date(2019, 5, 1), None]
    towns.bring(towns.grid("grid.gpkg", HALVES), on=date(2020, 11, 1), publish=True)
    assert days() == [date(2020, 11, 1), date(2019, 5, 1), date(2020, 11, 1)]


def test_coverage_counts_estimates_and_says_so(towns: Desk) -> None:
    towns.bring(towns.grid("grid.gpkg", HALVES), on=date(2020, 11, 1))
    road = {"key": "r", "class": "residential", "modes": ["walk", "bicycle"], "node_ids": [1, 2]}
    towns.put("roads", road | {"geom": LineString([(WEST, SOUTH + 0.05), (WEST + 0.2, SOUTH + 0.05)])})
    centre = {"key": "c", "type": "community_service_centre", "name": "中心", "geom": Point(WEST + 0.025, SOUTH + 0.05)}
    towns.put("facilities", centre)
    with towns.database.connect("reader") as connection:
        assert read_communities(connection, DAY).population.tolist() == [500, 900, 501]
    request = RunRequest(on=DAY, types=("community_service_centre",), circles=False)
    outcome = run_coverage(towns.database, towns.catalog, towns.settings, request, quiet)
    found = outcome.as_dict()
    assert outcome.headline.coverage.total.population == 1901
    assert found["population_estimated"] == {
        "communities": 2,
        "population": 1001,
        "sources": [{"id": 1, "name": "grid.gpkg", "kind": "polygons", "on": "2020-11-01"}],
        "stale": False,
    }
    with towns.database.connect("reader") as connection:
        row = connection.execute(text("select published, parameters from coverage_run")).one()
        assert (row.published, row.parameters["population_estimated"]) == (False, found["population_estimated"])
        units = {one["name"]: (one["official"], one["estimated"]) for one in by_unit(connection)}
    assert units == {"干驿镇": (900, 500), "马湾镇": (None, 501)}


def test_a_raster_needs_communities_and_ground_in_common(desk: Desk) -> None:
    path = desk.raster("people.tif", np.full((10, 20), 3, dtype=np.int16))
    with pytest.raises(Conflict, match="社区"):
        desk.bring(path)
    desk.put("communities", {"code": "1", "name": "甲", "geom": Point(100, 20)})
    with pytest.raises(BadInput) as refused:
        desk.bring(path)
    assert refused.value.code == "population.elsewhere"
    assert "113.0" in refused.value.message
    with pytest.raises(BadInput) as refused:
        desk.bring(desk.raster("none.tif", np.zeros((3, 3), dtype=np.int16)))
    assert refused.value.code == "population.nobody"


def test_densities_taken_for_counts_are_noticed(towns: Desk) -> None:
    outcome = towns.bring(towns.raster("density.tif", np.full((200, 400), 900, dtype=np.int16), cell=0.0005))
    codes = [notice.code for notice in outcome.reports[0].notices]
    assert codes == ["population.implausible", "population.unlike-official"]


def test_options_of_others_are_refused(towns: Desk) -> None:
    grid, raster = towns.grid("grid.gpkg", HALVES), towns.raster("people.tif", np.ones((10, 20), dtype=np.int16))
    with pytest.raises(BadRequest):
        towns.bring(grid, band=1)
    with pytest.raises(BadRequest):
        towns.bring(raster, skip_bad=True)
    request = ImportRequest("roads", grid, "test", population=PopulationWishes(replace=True))
    with pytest.raises(BadRequest, match="roads"):
        import_file(towns.database, towns.catalog, towns.settings, request, quiet)


def test_bands_are_sources_of_their_own(towns: Desk) -> None:
    path = towns.folder / "two.tif"
    grid = Affine(0.01, 0, WEST, 0, -0.01, SOUTH + 0.1)
    with rasterio.open(path, "w", driver="GTiff", height=10, width=20, count=2, dtype="int16", crs="EPSG:4490", transform=grid) as file:  # fmt: skip
        file.write(np.stack([np.full((10, 20), n, dtype=np.int16) for n in (1, 4)]))
        file.descriptions = ("women", "all")
    with pytest.raises(BadInput, match="women"):
        towns.bring(path)
    towns.bring(path, band=2)
    assert [(one["band"], one["population"]) for one in towns.told()] == [("2", 800)]
    with pytest.raises(Conflict):
        towns.bring(path, band=1)


def test_the_sample_is_taken_out_with_its_people(
    new_database: Callable[..., Database], sample_database: Database
) -> None:
    from geoservice.ingest.sampling import remove_sample

    made = new_database(sample_database)
    assert remove_sample(made) > 0
    with made.connect("reader") as connection:
        for table in ("population_source", "population_cell", "community_estimate", "import_batch"):
            assert connection.execute(text(f"select count(*) from {table}")).scalar_one() == 0
    made.dispose()
