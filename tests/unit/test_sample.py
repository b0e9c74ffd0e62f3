"""The schematic sample county: the same bytes each time, the stated totals, sound geometry."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Geod
from shapely.geometry import LineString, Point, shape

from geoservice.catalog import load_catalog
from geoservice.errors import BadDeclaration, BadInput
from geoservice.ingest.sample import write_sample
from geoservice.ingest.sample.inputs import read_inputs
from geoservice.ingest.sample.people import apportion
from geoservice.ingest.sample.plane import Dice

DIVISIONS = Path(__file__).resolve().parents[3] / "shared" / "data" / "divisions" / "hubei_divisions_mca_2025.csv"
ELLIPSOID = Geod(ellps="GRS80")
M_PER_DEGREE = 100_000  # near enough to tell metres from kilometres here
ROAD_REACH_M = 300


class Files:
    """The sample as written, read back without the program's readers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths = write_sample(folder, load_catalog())

    def features(self, layer: str) -> list[dict[str, Any]]:
        text = (self.folder / f"{layer}.geojson").read_text(encoding="utf-8")
        found: list[dict[str, Any]] = json.loads(text)["features"]
        return found

    def rows(self, layer: str) -> list[dict[str, str]]:
        with (self.folder / f"{layer}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def units(files: Files) -> dict[str, Any]:
    return {unit["properties"]["code"]: shape(unit["geometry"]) for unit in files.features("units")}


@pytest.fixture(scope="module")
def townships(units: dict[str, Any]) -> dict[str, Any]:
    return {code: unit for code, unit in units.items() if code != "429006"}


def at(row: dict[str, str]) -> Point:
    return Point(float(row["lon"]), float(row["lat"]))


def pieces(roads: list[dict[str, Any]]) -> list[set[tuple[float, float]]]:
    """Vertices of each component, the largest first."""
    parent: dict[tuple[float, float], tuple[float, float]] = {}

    def root(vertex: tuple[float, float]) -> tuple[float, float]:
        parent.setdefault(vertex, vertex)
        while parent[vertex] != vertex:
            parent[vertex] = parent[parent[vertex]]
            vertex = parent[vertex]
        return vertex

    for road in roads:
        for a, b in pairwise(map(tuple, road["geometry"]["coordinates"])):
            parent[root(a)] = root(b)
    found: dict[tuple[float, float], set[tuple[float, float]]] = {}
    for vertex in parent:
        found.setdefault(root(vertex), set()).add(vertex)
    return sorted(found.values(), key=len, reverse=True)


def test_a_second_writing_gives_the_same_bytes(files: Files, tmp_path: Path) -> None:
    again = write_sample(tmp_path, load_catalog())
    assert [path.name for path in again] == [path.name for path in files.paths]
    for first, second in zip(files.paths, again, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_every_record_says_that_it_is_schematic(files: Files) -> None:
    for layer in ("units", "water", "built_up", "railways", "roads", "places"):
        assert {one["properties"]["notice"] for one in files.features(layer)} == {"示意数据，非测绘成果"}
    for layer in ("communities", "facilities"):
        assert {row["notice"] for row in files.rows(layer)} == {"示意数据，非测绘成果"}
    assert "示意数据，非测绘成果" in (files.folder / "NOTICE.txt").read_text(encoding="utf-8")


def test_columns_are_declared_fields(files: Files) -> None:
    catalog = load_catalog()
    for layer in ("units", "water", "built_up", "railways", "roads", "places"):
        declared = {field.name for field in catalog.layers[layer].fields}
        assert set(files.features(layer)[0]["properties"]) - declared == {"notice"}
    for layer in ("communities", "facilities"):
        declared = {field.name for field in catalog.layers[layer].fields}
        assert set(files.rows(layer)[0]) - declared == {"notice", "lon", "lat"}


def test_codes_of_records_are_in_the_code_lists(files: Files) -> None:
    codes = {key: {entry.code for entry in entries.entries} for key, entries in load_catalog().codes.items()}
    assert {row["type"] for row in files.rows("facilities")} == codes["facility_types"]
    assert {row["class"] for row in files.rows("communities")} == codes["urban_rural"]
    assert {road["properties"]["class"] for road in files.features("roads")} <= codes["road_classes"]
    assert {place["properties"]["class_code"] for place in files.features("places")} <= codes["place_classes"]
    assert {unit["properties"]["level"] for unit in files.features("units")} <= codes["unit_levels"]


@pytest.mark.skipif(not DIVISIONS.is_file(), reason="the ministry's list is not at hand")
def test_units_are_those_of_the_ministry(files: Files) -> None:
    with DIVISIONS.open(encoding="utf-8-sig", newline="") as file:
        listed = {row["code"]: row["name"] for row in csv.DictReader(file) if row["code"].startswith("429006")}
    drawn = {unit["properties"]["code"]: unit["properties"]["name"] for unit in files.features("units")}
    assert drawn == listed


def test_units_are_a_county_with_25_townships(files: Files) -> None:
    found = [unit["properties"] for unit in files.features("units")]
    assert Counter(unit["level"] for unit in found) == {"county": 1, "township": 25}
    assert {unit["parent_code"] for unit in found if unit["level"] == "township"} == {"429006"}


def test_townships_tile_the_county(units: dict[str, Any], townships: dict[str, Any]) -> None:
    parts = [part for unit in townships.values() for part in unit.geoms]
    assert len(parts) == 25
    assert shapely.coverage_is_valid(parts)
    county = abs(ELLIPSOID.geometry_area_perimeter(units["429006"])[0])
    summed = sum(abs(ELLIPSOID.geometry_area_perimeter(part)[0]) for part in parts)
    assert summed == pytest.approx(county, abs=1)
    assert county / 1e6 == pytest.approx(2622, rel=0.01)
    assert all(shapely.is_valid(part) for part in parts)


def test_the_county_fills_its_stated_extent(units: dict[str, Any]) -> None:
    assert units["429006"].bounds == (112.5625, 30.375, 113.4375, 30.875)


def test_people_add_up_to_the_official_totals(files: Files) -> None:
    rows = files.rows("communities")
    assert Counter(row["class"] for row in rows) == {"rural": 540, "urban": 93}
    assert sum(int(row["population"]) for row in rows) == 1_158_640
    assert sum(int(row["population_60"]) for row in rows) == 307_057
    for row in rows:
        assert 0 < int(row["population_80"]) < int(row["population_60"]) < int(row["population"])
        assert 0 < int(row["households"]) < int(row["population"])


def test_codes_and_names_of_communities_are_unique_and_of_their_own_system(files: Files) -> None:
    rows = files.rows("communities")
    assert len({row["code"] for row in rows}) == len({row["name"] for row in rows}) == 633
    assert {row["code_system"] for row in rows} == {"sample"}
    assert not any(row["code"].isdigit() for row in rows)


def test_every_community_and_facility_lies_in_its_township(files: Files, townships: dict[str, Any]) -> None:
    for row in (*files.rows("communities"), *files.rows("facilities")):
        assert townships[row["township_code"]].contains(at(row)), row["name"]


def test_nobody_lives_in_water(files: Files) -> None:
    areas = [shape(one["geometry"]) for one in files.features("water")]
    water = shapely.union_all([area for area in areas if area.geom_type == "MultiPolygon"])
    for row in (*files.rows("communities"), *files.rows("facilities")):
        assert not water.intersects(at(row)), row["name"]


def test_facilities_are_as_many_as_the_plan_says(files: Files) -> None:
    rows = files.rows("facilities")
    counts = Counter(row["type"] for row in rows)
    assert sum(int(row["beds"] or 0) for row in rows) == 10_747
    assert sum(int(row["nursing_beds"] or 0) for row in rows) == 3_729
    assert (counts["day_care_centre"], counts["rural_mutual_aid_centre"]) == (88, 417)
    assert (counts["cemetery"], counts["funeral_home"], counts["social_work_station"]) == (92, 3, 25)
    in_villages = [row for row in rows if row["type"] == "community_service_centre" and "村党群" in row["name"]]
    assert len(in_villages) == round(540 * 0.657)
    assert {row["name"] for row in rows if row["type"] == "funeral_home"} >= {"拖市殡仪馆", "麻洋殡仪馆"}
    for row in rows:
        assert int(row["nursing_beds"] or 0) <= int(row["beds"] or 0)
        assert date.fromisoformat(row["opened_on"]) < date(2020, 12, 31)


def test_keys_are_unique(files: Files) -> None:
    for layer in ("water", "built_up", "railways", "roads", "places"):
        keys = [one["properties"]["key"] for one in files.features(layer)]
        assert len(set(keys)) == len(keys), layer
    keys = [row["key"] for row in files.rows("facilities")]
    assert len(set(keys)) == len(keys)


def test_the_network_is_one_piece_but_for_the_villages_apart(files: Files) -> None:
    roads = files.features("roads")
    main, *others = pieces(roads)
    assert 3000 <= len(roads) <= 5000
    assert len(others) == len(read_inputs()[0].apart.islands) + len(read_inputs()[0].apart.across_river)
    assert len(main) > 0.99 * (len(main) + sum(map(len, others)))


def test_roads_cross_rivers_on_bridges_only(files: Files) -> None:
    named = {one["properties"]["name"]: shape(one["geometry"]) for one in files.features("water")}
    rivers = shapely.union_all([named[name] for name in ("天门河", "汉北河", "汉江")])
    for road in files.features("roads"):
        line = shape(road["geometry"])
        if road["properties"]["bridge"]:
            assert road["properties"]["level"] == 1
        else:
            assert line.intersection(rivers).length * M_PER_DEGREE < 1, road["properties"]["key"]


def test_no_road_leads_through_a_lake(files: Files) -> None:
    lakes = [shape(one["geometry"]) for one in files.features("water") if one["properties"]["class"] != "river"]
    water = shapely.union_all([lake for lake in lakes if lake.geom_type == "MultiPolygon"])
    shapely.prepare(water)
    for road in files.features("roads"):
        assert not water.intersects(shape(road["geometry"])), road["properties"]["key"]


def test_some_streets_have_one_direction(files: Files) -> None:
    directions = Counter(road["properties"]["oneway"] for road in files.features("roads"))
    assert min(directions["forward"], directions["backward"]) > 10


def test_all_but_a_handful_of_communities_are_near_the_network(files: Files) -> None:
    roads = files.features("roads")
    main = pieces(roads)[0]
    lines = [
        LineString(road["geometry"]["coordinates"])
        for road in roads
        if tuple(road["geometry"]["coordinates"][0]) in main and road["properties"]["class"] != "motorway"
    ]
    tree = shapely.STRtree(lines)
    far = [
        row["name"]
        for row in files.rows("communities")
        if at(row).distance(lines[tree.nearest(at(row))]) * M_PER_DEGREE > ROAD_REACH_M
    ]
    apart = read_inputs()[0].apart
    assert 4 <= len(far) <= len(apart.off_road) + len(apart.islands) + len(apart.across_river)


def test_readings_of_polyphones_are_given(files: Files) -> None:
    readings = {place["properties"]["name"]: place["properties"]["reading"] for place in files.features("places")}
    assert readings["干驿镇"] == "gān yì zhèn"
    assert readings["佛子山镇"].startswith("fó")
    surnames = {"曾": "zēng", "单": "shàn", "解": "xiè", "仇": "qiú", "查": "zhā", "盖": "gě"}
    villages = [name for name in readings if name[0] in surnames and name[1:2] == "家"]
    assert len(villages) > 10
    assert all(readings[name].split()[0] == surnames[name[0]] for name in villages)
    assert all(len(reading.split()) == len(name) for name, reading in readings.items())


def test_apportioning_meets_total_and_caps() -> None:
    assert apportion(100, [5.0, 3.0, 2.0]) == [50, 30, 20]
    assert apportion(100, [5.0, 3.0, 2.0], [20, 100, 100]) == [20, 45, 35]
    with pytest.raises(ValueError, match="cannot hold"):
        apportion(10, [1.0], [9])


def test_dice_fall_the_same_way_everywhere() -> None:
    dice = Dice(429006)
    first = [dice.unit(), dice.unit()]
    dice = Dice(429006)
    assert [dice.unit(), dice.unit()] == first
    assert sorted(dice.shuffled(range(10))) == list(range(10))
    assert all(0 <= dice.below(3) < 3 for _ in range(100))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadInput) as caught:
        write_sample(tmp_path / "file" / "sample", load_catalog())
    assert caught.value.code == "sample.unwritable"


def test_wrong_inputs_are_refused_with_file_and_key(tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration) as caught:
        read_inputs(tmp_path)
    assert caught.value.code == "sample.missing-input"
    (tmp_path / "county.toml").write_text("seed = 'x'", encoding="utf-8")
    with pytest.raises(BadDeclaration) as caught:
        read_inputs(tmp_path)
    assert (caught.value.code, caught.value.values["file"]) == ("sample.bad-input", tmp_path / "county.toml")
