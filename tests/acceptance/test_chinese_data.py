"""Real Chinese data: roads of two cities, townships, a shifted county, divisions, villages, rare characters."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import geopandas as gpd
import osmium
import pytest
import shapely
from shapely.geometry import shape

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, counts, digest, notices
from tests.acceptance.oracle import ELLIPSOID

DAY = date(2026, 1, 1)
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]")
TIANMEN = "429006"


@pytest.fixture
def desk(database: Database, catalog: Catalog, settings: Settings) -> Desk:
    return Desk(database, catalog, settings)


# -- OpenStreetMap in XML ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "roads", "known"),
    [
        ("guixi.osm", 59, ["雄石路", "建设路", "冶金大道"]),
        ("shenzhen_longgang.osm", 114, ["龙岗大道", "龙翔大道", "大学道"]),
    ],
)
def test_roads_with_chinese_names(desk, shared_data, name, roads, known):
    path = shared_data / "osm" / name
    assert counts(desk.load("osm", path))["refused"] == 0
    kinds = set(desk.catalog.codes["road_classes"].entries[0].osm[0]["highway"])
    for entry in desk.catalog.codes["road_classes"].entries:
        for group in entry.osm:
            stated = group.get("highway", ())
            kinds |= {stated} if isinstance(stated, str) else set(stated)
    expected = {
        f"osm:way/{way.id}": way.tags["name"].strip()
        for way in osmium.FileProcessor(path, osmium.osm.WAY)
        if way.tags.get("highway") in kinds and HAN.search(way.tags.get("name", ""))
    }
    loaded = dict(desk.rows("select regexp_replace(key, '^(osm:way/[0-9]+).*', '\\1'), name from road"))
    assert {key: loaded.get(key) for key in expected} == expected
    assert len(expected) == roads
    for street in known:
        assert desk.one("select count(*) from road where name = :name", name=street) > 0


@pytest.mark.parametrize(
    ("name", "typed", "found"),
    [
        ("guixi.osm", "雄石", "雄石街道"),
        ("guixi.osm", "guixi", "贵溪市"),
        ("guixi.osm", "gxs", "贵溪市"),
        ("shenzhen_longgang.osm", "longgang", "龙岗"),
    ],
)
def test_chinese_places_are_found_by_han_pinyin_and_initials(desk, shared_data, name, typed, found):
    desk.load("osm", shared_data / "osm" / name)
    assert any(found in str(hit["standard_name"]) for hit in search(desk, typed))
    for (own,) in desk.rows("select distinct name from place_name where kind = 'standard'"):
        assert own in {hit["name"] for hit in search(desk, own)}


def search(desk: Desk, typed: str) -> list[dict[str, object]]:
    with desk.database.connect("reader") as connection:
        return [dict(hit) for hit in search_places(connection, NameQuery.parse(typed), today=DAY, limit=200).items]


# -- Renshou: 60 townships ---------------------------------------------------------------------------------------------


def test_the_township_with_the_misnamed_key_is_reported_by_its_number(desk, shared_data, tmp_path):
    path = tmp_path / "仁寿.geojson"
    shutil.copyfile(shared_data / "boundaries" / "renshou_townships_wgs84.geojson", path)
    before = desk.contents()
    refused = desk.load("units", path)
    assert (refused.exit_code, refused.state) == (2, "refused")
    (report,) = refused.reports
    (refusal,) = report.refusals
    assert (refusal.row, report.read, report.refused) == (2, 60, 1)
    for part in ("仁寿.geojson", "第 2 个", "na me", "大化镇"):
        assert part in refusal.message
    assert refusal.remedy
    assert desk.contents() == before

    loaded = desk.load("units", path, skip_bad=True)
    assert (loaded.exit_code, counts(loaded)["loaded"], counts(loaded)["refused"]) == (0, 59, 1)
    assert loaded.refused_file == tmp_path / "仁寿.refused.csv"
    ((header, *_), *_) = rows = list(csv.reader(loaded.refused_file.read_text("utf-8-sig").splitlines()))
    assert header
    assert len(rows) == 2
    assert "大化镇" in ",".join(rows[1])
    area = desk.one("select sum(st_area(geom::geography)) / 1e6 from unit_version")
    whole = sum(geodesic_km2(feature) for feature in features(path) if "na me" not in feature["properties"])
    assert area == pytest.approx(whole, rel=1e-6)
    assert counts(desk.load("units", path, skip_bad=True))["unchanged"] == 59


def features(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text("utf-8"))["features"]
    return found


def geodesic_km2(feature: dict[str, object]) -> float:
    area, _ = ELLIPSOID.geometry_area_perimeter(shapely.orient_polygons(shape(feature["geometry"])))
    return abs(float(area)) / 1e6


# -- Tianmen: a county in GCJ-02 beside the real one ---------------------------------------------------------------------


@pytest.fixture
def beside_real_units(desk, shared_data):
    mapping = {"code": "Code_County", "name": "Name_County"}
    path = shared_data / "boundaries" / "tianmen_xiantao_qianjiang_wgs84.geojson"
    assert counts(desk.load("units", path, mapping=mapping))["loaded"] == 3
    return desk


def test_the_shifted_county_is_found_out_and_mended(beside_real_units, shared_data):
    desk = beside_real_units
    real = shapely.from_wkb(bytes(desk.one("select st_asbinary(geom) from unit_version where name = '天门市'")))
    path = shared_data / "boundaries" / "tianmen_county_gcj02_invalid.geojson"
    outcome = desk.load("units", path, constants={"level": "county"})
    (report,) = outcome.reports
    assert (report.loaded, report.changed, report.refused) == (0, 1, 0)
    shift = report.details["shift"]
    assert (shift["verdict"], shift["measure"]) == ("GCJ02", "iou")
    assert shift["scores"]["declared"] == pytest.approx(0.952, abs=0.001)
    assert shift["scores"]["GCJ02"] > 0.98
    assert report.details["source_crs"] == "GCJ02"
    told = "\n".join(notices(outcome))
    assert "GCJ02" in told
    assert "0.9519" in told
    assert "Self-intersection" in told
    assert "修复" in told
    valid, binary = desk.rows("select st_isvalid(geom), st_asbinary(geom) from unit_version where name = '天门市'")[0]
    mended = shapely.from_wkb(bytes(binary))
    assert valid
    assert mended.intersection(real).area / mended.union(real).area >= 0.98


def test_without_the_level_the_remedy_tells_which_there_are(beside_real_units, shared_data):
    outcome = beside_real_units.load("units", shared_data / "boundaries" / "tianmen_county_gcj02_invalid.geojson")
    (refusal,) = outcome.reports[0].refusals
    assert (outcome.state, refusal.row, refusal.value) == ("refused", 1, "city")
    assert "county" in str(refusal.remedy)


@pytest.mark.parametrize(
    ("layer", "constants", "table"),
    [("places", {"class_code": "21"}, "place"), ("communities", {"class": "urban"}, "community")],
)
def test_label_points_without_anything_to_compare_are_undecidable(
    beside_real_units, shared_data, layer, constants, table
):
    desk = beside_real_units
    path = shared_data / "boundaries" / "tianmen_township_centers_gcj02.geojson"
    asked = desk.load(layer, path, constants=constants, dry_run=True)
    assert asked.reports[0].details["shift"] == {
        "verdict": None, "reason": asked.reports[0].details["shift"]["reason"], "measure": None, "scores": {}, "matched": 0,
    }  # fmt: skip
    (notice,) = [one for one in asked.reports[0].notices if one.code == "import.shift-undecidable"]
    assert "不能判定" in notice.message
    assert "--crs" in notice.message
    assert desk.one(f"select count(*) from {table}") == 0

    told = desk.load(layer, path, constants=constants, crs="GCJ02")
    assert (counts(told)["loaded"], told.reports[0].details["source_crs"]) == (28, "GCJ02")
    raw = {one["properties"]["code"]: shape(one["geometry"]) for one in features(path)}
    county = shapely.from_wkb(bytes(desk.one("select st_asbinary(st_buffer(geom::geography, 1000)::geometry)"
                                             " from unit_version where name = '天门市'")))  # fmt: skip
    stored = {
        "place": "select code, st_asbinary(geom) from place",
        "community": "select code, st_asbinary(geom) from community join community_code on community_id = community.id",
    }
    for code, binary in desk.rows(stored[table]):
        point = shapely.from_wkb(bytes(binary))
        assert county.covers(point)
        # Tianmen's own shift, as it was measured.
        assert raw[code].x - point.x == pytest.approx(0.0059, abs=0.0005)
        assert raw[code].y - point.y == pytest.approx(-0.0024, abs=0.0005)

    # Now there are points of known position: the same file is found out by itself, and nothing is doubled.
    again = desk.load(layer, path, constants=constants)
    assert again.reports[0].details["shift"]["verdict"] == "GCJ02"
    assert (counts(again)["loaded"], counts(again)["unchanged"]) == (0, 28)


# -- divisions and villages ---------------------------------------------------------------------------------------------


def test_villages_find_their_townships(desk, shared_data):
    units = desk.load("units", shared_data / "divisions" / "hubei_divisions_mca_2025.csv")
    assert (counts(units)["loaded"], counts(units)["refused"]) == (1377, 0)
    levels = dict(desk.rows("select level, count(*) from unit_version group by 1"))
    path = shared_data / "divisions" / "hubei_divisions_mca_2025.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    expected = Counter(row["level"] for row in listed)
    names = {"1": "province", "2": "prefecture", "3": "county", "4": "township"}
    assert levels == {names[level]: count for level, count in expected.items()}
    townships = desk.rows(
        "select v.name from unit_version v join unit_code c on c.unit_id = v.parent_id where c.code = :code",
        code=TIANMEN,
    )
    assert len(townships) == 25
    orphans = desk.one("select count(*) from unit_version where parent_id is null")
    assert orphans == sum(not row["parent_code"] for row in listed) == 1

    path = shared_data / "divisions" / "tianmen_villages_nbs2021.csv"
    villages = desk.load("communities", path)
    assert (counts(villages)["read"], counts(villages)["loaded"], counts(villages)["refused"]) == (633, 633, 0)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["town_code"] for row in rows}) == 28
    stored = dict(desk.rows("select code, name from community join community_code on community_id = community.id"))
    assert stored == {row["village_code"]: row["village_name"] for row in rows}

    told = "\n".join(notices(villages))
    for name in ("蒋湖农场", "白茅湖农场", "沉湖管委会", "候口街道", "侯口街道"):
        assert name in told
    homeless = Counter(row["town_name"] for row in rows) & Counter(
        {"蒋湖农场": 1000, "白茅湖农场": 1000, "沉湖管委会": 1000}
    )
    assert desk.one("select count(*) from community where unit_id is null") == homeless.total() == 19
    by_unit = dict(desk.rows("select v.name, count(*) from community m join unit_version v using (unit_id) group by 1"))
    own = Counter({"候口街道": "侯口街道"}.get(row["town_name"], row["town_name"]) for row in rows)
    assert by_unit == {name: count for name, count in own.items() if name not in homeless}
    assert len(by_unit) == 25
    assert counts(desk.load("communities", path))["unchanged"] == 633


def test_the_whole_country_down_to_counties(desk, shared_data):
    path = shared_data / "divisions" / "china_counties_mca_2025.csv"
    outcome = counts(desk.load("units", path))
    assert (outcome["loaded"], outcome["refused"]) == (outcome["read"], 0)
    assert outcome["read"] == 3211
    assert counts(desk.load("units", path))["unchanged"] == 3211


# -- rare characters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [pytest.param("places", marks=pytest.mark.slow), "communities"])
def test_rare_characters_are_kept_and_found(desk, shared_data, tmp_path, layer):
    """All 748 corrected names and the 709 published ones, each found again by its own characters."""
    source = shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv"
    with source.open(encoding="utf-8", newline="") as file:
        listed = list(csv.DictReader(file, delimiter="\t"))
    names = {
        f"{kind}-{number}": row[f"village_{kind}"]
        for number, row in enumerate(listed)
        for kind in ("corrected", "published")
        if row[f"village_{kind}"].strip()
    }
    assert len(listed) == 748
    path = tmp_path / "生僻字.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["编号", "名称"])
        writer.writerows(names.items())
    options = {
        "places": {"constants": {"class_code": "21610"}},
        "communities": {"mapping": {"code": "编号"}},
    }
    outcome = desk.load(layer, path, **options[layer])
    assert (counts(outcome)["loaded"], counts(outcome)["refused"]) == (len(names), 0)
    stored = {
        "places": "select key, name from place join place_name on place_id = place.id",
        "communities": "select code, name from community join community_code on community_id = community.id",
    }
    assert dict(desk.rows(stored[layer])) == {key: name.strip() for key, name in names.items()}
    assert "造字区" in "\n".join(notices(outcome))
    if layer == "places":
        keys = dict(desk.rows("select id, key from place"))
        for key, name in names.items():
            hits = {keys[hit["place_id"]]: hit["name"] for hit in search(desk, name)}
            assert hits.get(key) == name.strip(), name
        again = desk.load(layer, path, **options[layer])
        assert counts(again)["unchanged"] == len(names)


def test_the_list_itself_doubles_eight_codes(desk, shared_data, tmp_path):
    path = tmp_path / "corrections.tsv"
    shutil.copyfile(shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv", path)
    options = {"mapping": {"name": "village_corrected", "code": "code12"}}
    refused = desk.load("communities", path, **options)
    assert (refused.state, counts(refused)["refused"]) == ("refused", 8)
    first = refused.reports[0].refusals[0]
    for part in ("corrections.tsv", "133", "99", "130306102225"):
        assert part in first.message
    assert counts(desk.load("communities", path, skip_bad=True, **options))["loaded"] == 740


# -- population -----------------------------------------------------------------------------------------------------------


def test_the_population_grid_keeps_its_total(desk, shared_data):
    path = shared_data / "population" / "helsinki_population_grid_2020.gpkg"
    before = digest(path)
    outcome = desk.load("population", path, mapping={"population": "population"})
    assert (counts(outcome)["loaded"], counts(outcome)["refused"]) == (92, 0)
    cells, people, least, most = desk.rows(
        "select count(*), sum(population), min(st_area(geom::geography)), max(st_area(geom::geography))"
        " from population_cell"
    )[0]
    assert (cells, people) == (92, 71_724)
    assert 62_000 < least <= most < 63_500
    assert counts(desk.load("population", path))["unchanged"] == 92
    assert digest(path) == before


def test_a_grid_under_its_finnish_header(desk, shared_data, tmp_path):
    path = tmp_path / "ruudukko.gpkg"
    gpd.read_file(shared_data / "population" / "helsinki_population_grid_2020.gpkg").rename(
        columns={"population": "asukkaita", "id": "index"}
    ).to_crs(3067).to_file(path)
    desk.load("population", path)
    assert desk.rows("select count(*), sum(population) from population_cell") == [(92, 71_724)]
