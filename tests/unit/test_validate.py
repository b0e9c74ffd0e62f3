"""Rules of rows: fields, coordinates, geometry."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path
from string import Formatter

import numpy as np
import pytest
import shapely

from geoservice.errors import BadInput
from geoservice.ingest.geometry import area_km2
from geoservice.language import catalogue, current_language
from geoservice.settings import ImportSettings
from tests.unit.ingest_builders import CATALOG, HOME, csv_file, geojson, notices, read, refusals

INGEST = Path(__file__).resolve().parents[2] / "geoservice"
FACILITY = {"name": "甲", "type": "养老机构"}
SQUARE = shapely.box(113.1, 30.6, 113.2, 30.7)
BOW_TIE = shapely.Polygon([(113.1, 30.6), (113.2, 30.7), (113.2, 30.6), (113.1, 30.7)])


def fails(path, code, layer="facilities", **options):
    with pytest.raises(BadInput) as caught:
        read(path, layer, **options)
    assert caught.value.code == code
    assert caught.value.remedy
    assert "{" not in str(caught.value)
    return caught.value


def points(folder, *rows, head="名称,类型,经度,纬度"):
    return csv_file(folder, "\n".join([head, *rows]) + "\n")


# -- fields -----------------------------------------------------------------------------------------------------------


def test_each_rule_names_row_field_value_and_remedy(tmp_path):
    path = points(
        tmp_path,
        "甲,养老机构,113.16,30.66,120,100,2025-01-01,2024-01-01",
        ",养老机构,113.16,30.66,,,,",
        "丙,加油站,113.16,30.66,,,,",
        "丁,养老机构,113.16,30.66,很多,,,",
        "戊,养老机构,113.16,30.66,-1,,,",
        "己,养老机构,113.16,30.66,10,12,,",
        "庚,养老机构,113.16,30.66,,,2025-02-30,",
        f"{'长' * 101},养老机构,113.16,30.66,,,,",
        "壬\x07,养老机构,113.16,30.66,,,,",
        "癸,养老机构,113.16,30.66,,,2025,2026",
        head="名称,类型,经度,纬度,床位数,护理型床位数,启用日期,停用日期",
    )
    records = read(path)
    assert refusals(records) == [
        (2, "import.not-in-order"),
        (3, "import.missing-value"),
        (4, "import.unknown-code"),
        (5, "import.not-an-integer"),
        (6, "import.out-of-range"),
        (7, "import.not-in-order"),
        (8, "import.not-a-date"),
        (9, "import.too-long"),
        (10, "import.control-character"),
    ]
    assert list(records.records["name"]) == ["癸"]
    assert records.refused == 9
    for language in ("zh", "en"):
        token = current_language.set(language)
        for refusal in records.refusals:
            assert path.name in refusal.message
            assert str(refusal.row) in refusal.message
            assert refusal.field
            assert refusal.field in refusal.message
            assert refusal.remedy
            assert "{" not in refusal.message + refusal.remedy
            assert refusal.as_dict()["reason"] == refusal.reason
        current_language.reset(token)
    assert [refusal.value for refusal in records.refusals[:5]] == ["2025-01-01", None, "加油站", "很多", "-1"]
    assert len(records.rejected) == 9
    assert records.rejected["reason"].str.len().min() > 5


def test_ages_within_the_population(tmp_path):
    head = "村代码,名称,人口,60岁以上,80岁以上"
    records = read(points(tmp_path, "a,甲,100,20,5", "b,乙,100,120,5", "c,丙,100,20,30", head=head), "communities")
    assert refusals(records) == [(3, "import.not-in-order"), (4, "import.not-in-order")]


def test_defaults_fill_what_is_missing(tmp_path):
    records = read(points(tmp_path, "429006,天门市,", "429005,潜江市,nbs", head="代码,名称,代码体系"), "units")
    assert list(records.records["code_system"]) == ["mca", "nbs"]
    assert records.records["geom"].isna().all()
    assert records.source_crs is None


def test_levels_of_the_ministry(tmp_path):
    text = (
        "code,name,level,type,parent_code\n42,湖北省,1,省,\n4201,武汉市,2.0,地级市,42\n429006100.0,多宝镇,4,镇,429006\n"
    )
    records = read(csv_file(tmp_path, text), "units")
    assert list(records.records["level"]) == ["province", "prefecture", "township"]
    assert list(records.records["code"]) == ["42", "4201", "429006100"]
    assert list(records.records["kind"]) == ["省", "地级市", "镇"]


def test_harmless_text_stays_text(tmp_path):
    names = ["<b>天门</b>", "'; DROP TABLE facility; --", "=HYPERLINK(1)", "𣲗源口", "小\ue123村"]
    records = read(points(tmp_path, *[f'"{name}",养老机构,113.16,30.66' for name in names]))
    assert list(records.records["name"]) == names
    assert "import.private-use" in notices(records)


# -- coordinates of tables --------------------------------------------------------------------------------------------


def test_longitudes_and_latitudes(tmp_path):
    records = read(points(tmp_path, "甲,养老机构,113°09'36\"E,30°39'36\"N", "乙,养老机构,１１３.１６,30.66"))
    assert all(point.distance(HOME) < 1e-9 for point in records.records["geom"])
    assert (records.source_crs, records.report["crs_reason"]) == ("EPSG:4490", "assumed")


@pytest.mark.parametrize(
    "head", ["名称,类型,x,y", "名称,类型,X坐标,Y坐标", "名称,类型,lng,lat", "名称,类型,longitude,latitude"]
)
def test_headers_of_coordinates(tmp_path, head):
    assert read(points(tmp_path, "甲,养老机构,113.16,30.66", head=head)).records["geom"].iloc[0].equals(HOME)


def test_both_coordinates_in_one_column(tmp_path):
    records = read(points(tmp_path, '甲,养老机构,"113.16,30.66"', "乙,养老机构,113.16", head="名称,类型,经纬度"))
    assert records.records["geom"].iloc[0].equals(HOME)
    assert refusals(records)[0] == (3, "import.not-an-angle")


def test_coordinates_that_are_refused(tmp_path):
    rows = [
        "甲,养老机构,NaN,30.66",
        "乙,养老机构,113.16,inf",
        "丙,养老机构,113.16,",
        "丁,养老机构,,",
        "戊,养老机构,东边,30.66",
        "己,养老机构,113.16,88.5",
        "庚,养老机构,1131.6,30.66",
        "辛,养老机构,113°60'00\",30.66",
        "壬,养老机构,113.16,30.66",
    ]
    records = read(points(tmp_path, *rows))
    found = dict(refusals(records))
    assert found == {
        2: "import.not-finite",
        3: "import.not-finite",
        4: "import.coordinate-missing",
        5: "import.geometry-missing",
        6: "import.not-a-number",
        7: "import.not-on-earth",
        8: "import.not-on-earth",
        9: "import.not-an-angle",
    }
    assert list(records.records["name"]) == ["壬"]


def test_rows_without_a_place_are_kept_where_a_place_is_optional(tmp_path):
    records = read(points(tmp_path, "a,甲,113.16,30.66", "b,乙,,", head="代码,名称,经度,纬度"), "communities")
    assert not records.refusals
    assert records.records["geom"].isna().tolist() == [False, True]


def test_swapped_degrees_are_refused(tmp_path):
    error = fails(points(tmp_path, "甲,养老机构,30.66,113.16", "乙,养老机构,30.67,113.17"), "import.swapped-lonlat")
    assert "--map lon=纬度 --map lat=经度" in error.remedy
    records = read(points(tmp_path, "甲,养老机构,30.66,113.16"), mapping={"lon": "纬度", "lat": "经度"})
    assert records.records["geom"].iloc[0].equals(HOME)


def test_swapped_degrees_are_seen_by_the_county_where_the_numbers_do_not_tell(tmp_path):
    from geoservice.ingest.shift import Reference

    andorra = Reference(np.array([shapely.box(1.4, 42.4, 1.8, 42.7)], dtype=object))
    path = points(tmp_path, "甲,养老机构,42.5,1.5")
    fails(path, "import.swapped-lonlat", reference=andorra)
    assert len(read(path).records) == 1
    fails(geojson(tmp_path, [(shapely.Point(42.5, 1.5), FACILITY)]), "import.swapped-geometry", reference=andorra)


@pytest.mark.parametrize(
    "head", ["名称,类型,X,Y", "名称,类型,北坐标,东坐标", "名称,类型,纵坐标(X),横坐标(Y)", "名称,类型,坐标(X),坐标（Y）"]
)
@pytest.mark.parametrize(
    ("east", "crs", "found"),
    [(419491.805, "4547", "4547"), (38419491.805, None, "4526"), (38419491.805, "4526", "4526")],
)
def test_survey_coordinates(tmp_path, head, east, crs, found):
    records = read(points(tmp_path, f"甲,养老机构,3393580.656,{east}", head=head), crs=crs)
    assert records.records["geom"].iloc[0].distance(HOME) < 1e-7
    assert records.source_crs == f"EPSG:{found}"


@pytest.mark.parametrize("east", ["419491.805", "38419491.805"])
@pytest.mark.parametrize("crs", [None, "4547"])
def test_swapped_survey_coordinates_are_refused(tmp_path, east, crs):
    path = points(tmp_path, f"甲,养老机构,{east},3393580.656", head="名称,类型,X,Y")
    error = fails(path, "import.swapped-survey", crs=crs)
    assert "--map north=Y --map east=X" in error.remedy
    crs = "4547" if east.startswith("4") else "4526"
    records = read(path, crs=crs, mapping={"north": "Y", "east": "X"})
    assert records.records["geom"].iloc[0].distance(HOME) < 1e-7


def test_survey_zones_that_do_not_fit(tmp_path):
    head = "名称,类型,X,Y"
    bare, zoned = "甲,养老机构,3393580.656,419491.805", "甲,养老机构,3393580.656,38419491.805"
    assert "--crs EPSG:4547" in fails(points(tmp_path, bare, head=head), "import.zone-unknown").remedy
    assert "EPSG:4526" in fails(points(tmp_path, zoned, head=head), "import.zone-contradicts", crs="4547").remedy
    assert "EPSG:4526" in fails(points(tmp_path, zoned, head=head), "import.zone-contradicts", crs="4525").remedy
    fails(points(tmp_path, bare, head=head), "import.zone-contradicts", crs="4526")
    fails(points(tmp_path, zoned, "乙,养老机构,3393580,37500000", head=head), "import.zones-mixed")
    fails(points(tmp_path, "甲,养老机构,12345,67890", head=head), "import.survey-implausible")
    fails(points(tmp_path, "甲,养老机构,113.16,30.66"), "import.not-degrees", crs="4547")
    fails(points(tmp_path, "甲,养老机构,113.16,30.66", head=head), "import.not-metres", crs="4547")
    fails(points(tmp_path, "甲,养老机构,3393580,419491"), "import.not-degrees")
    fails(points(tmp_path, "甲,养老机构,113.16", head="名称,类型,经度"), "import.position-half")


def test_one_survey_row_that_does_not_fit(tmp_path):
    rows = [f"甲{number},养老机构,3393580,{38419491 + number}" for number in range(5)]
    records = read(points(tmp_path, *rows, "乙,养老机构,339358,38419491", head="名称,类型,X,Y"))
    assert refusals(records) == [(7, "import.coordinate-implausible")]


def test_other_projections_have_x_to_the_east(tmp_path):
    from geoservice.crs import Crs

    for code in ("3857", "32649"):
        point = Crs.parse(code).from_lonlat(np.array([HOME], dtype=object))[0]
        records = read(points(tmp_path, f"甲,养老机构,{point.x},{point.y}", head="名称,类型,x,y"), crs=code)
        assert records.records["geom"].iloc[0].distance(HOME) < 1e-7


def test_degrees_that_look_like_minutes_and_seconds_are_noticed(tmp_path):
    rows = [f"甲{n},养老机构,113.{n + 10:02d}{58 - n:02d},30.{n + 20:02d}{49 - n:02d}" for n in range(20)]
    assert "import.coordinates-look-like-dms" in notices(read(points(tmp_path, *rows)))
    rows = [f"甲{n},养老机构,113.{n + 1:02d}97,30.{n + 20:02d}49" for n in range(20)]
    assert "import.coordinates-look-like-dms" not in notices(read(points(tmp_path, *rows)))


# -- geometry ---------------------------------------------------------------------------------------------------------


def test_types_and_promotions(tmp_path):
    shapes = [
        HOME, shapely.MultiPoint([HOME]), shapely.MultiPoint([(113, 30), (114, 31)]), SQUARE,
        shapely.LineString([(113, 30), (114, 31)]), shapely.GeometryCollection([HOME]), shapely.Point(),
    ]  # fmt: skip
    records = read(geojson(tmp_path, [(shape, FACILITY) for shape in shapes]))
    assert list(records.records["source_row"]) == [1, 2, 6]
    assert set(records.records["geom"].geom_type) == {"Point"}
    assert [(row, code) for row, code in refusals(records)] == [
        (3, "import.geometry-type"),
        (4, "import.geometry-type"),
        (5, "import.geometry-type"),
        (7, "import.geometry-missing"),
    ]
    assert "Polygon" in records.refusals[1].message


def test_polygons_become_multipolygons(tmp_path):
    both = shapely.GeometryCollection([SQUARE, shapely.box(114, 30, 114.1, 30.1)])
    mixed = shapely.GeometryCollection([SQUARE, HOME])
    cells = [(shape, {"key": number, "population": 5}) for number, shape in enumerate([SQUARE, both, mixed, HOME])]
    records = read(geojson(tmp_path, cells), "population")
    # People are given by areas or by points.
    assert list(records.records["geom"].geom_type) == ["MultiPolygon", "MultiPolygon", "Point"]
    assert refusals(records) == [(3, "import.geometry-type")]
    water = read(geojson(tmp_path, [(SQUARE, {}), (shapely.LineString(SQUARE.exterior), {})]), "water")
    assert list(water.records["geom"].geom_type) == ["MultiPolygon", "LineString"]


def test_lines_of_several_parts_are_split(tmp_path):
    parts = shapely.MultiLineString([[(113, 30), (113.1, 30)], [(113.2, 30), (113.3, 30)]])
    one = shapely.MultiLineString([[(113, 31), (113.1, 31)]])
    bad = shapely.MultiLineString([[(113, 30), (113.1, 30)], [(113.2, 88), (113.3, 89)]])
    roads = [(parts, "a"), (one, "b"), (bad, "c")]
    path = geojson(tmp_path, [(shape, {"id": key, "class": "primary"}) for shape, key in roads])
    records = read(path, "roads")
    assert list(records.records["key"]) == ["a", "a/2", "b"]
    assert list(records.records["source_row"]) == [1, 1, 2]
    assert set(records.records["geom"].geom_type) == {"LineString"}
    assert "import.lines-split" in notices(records)
    # A line is loaded with all its parts or not at all.
    assert refusals(records) == [(3, "import.not-on-earth")]
    assert records.rows_read == 3


def test_a_broken_polygon_is_repaired_and_the_change_stated(tmp_path):
    records = read(geojson(tmp_path, [(BOW_TIE, {"key": "a", "population": 5})]), "population")
    mended = records.records["geom"].iloc[0]
    assert mended.is_valid
    assert mended.geom_type == "MultiPolygon"
    assert area_km2(mended) == pytest.approx(area_km2(SQUARE) / 2, rel=0.01)
    notice = next(one for one in records.notices if one.code == "import.repaired")
    assert notice.row == 1
    assert "km" in notice.message or "平方千米" in notice.message


def test_what_collapses_is_refused(tmp_path):
    flat = shapely.Polygon([(113, 30), (113.1, 30), (113.2, 30), (113, 30)])
    records = read(geojson(tmp_path, [(flat, {"key": "a", "population": 5})]), "population")
    assert refusals(records) == [(1, "import.geometry-collapsed")]
    short = shapely.LineString([(113, 30), (113, 30)])
    records = read(geojson(tmp_path, [(short, {"id": "a", "class": "primary"})]), "roads")
    assert refusals(records) == [(1, "import.geometry-collapsed")]


def test_too_many_vertices(tmp_path):
    angles = np.linspace(0, 2 * np.pi, 2_000_001)
    ring = np.column_stack([113 + 0.1 * np.cos(angles), 30 + 0.1 * np.sin(angles)])
    huge = shapely.Polygon(ring)
    path = tmp_path / "a.fgb"
    import geopandas as gpd

    gpd.GeoDataFrame({"key": ["a"], "population": [1]}, geometry=[huge], crs=4490).to_file(path, driver="FlatGeobuf")
    records = read(path, "population", limits=ImportSettings())
    assert refusals(records) == [(1, "import.too-many-vertices")]
    assert "2000001" in records.refusals[0].message
    assert "1000000" in records.refusals[0].message


def test_swapped_and_unlabelled_geometry(tmp_path):
    fails(geojson(tmp_path, [(shapely.Point(30.66, 113.16), FACILITY)]), "import.swapped-geometry")
    fails(geojson(tmp_path, [(shapely.Point(419491.8, 3393580.6), FACILITY)]), "import.not-degrees")
    records = read(geojson(tmp_path, [(shapely.Point(419491.805, 3393580.656), FACILITY)]), crs="4547")
    assert records.records["geom"].iloc[0].distance(HOME) < 1e-7


def test_a_wrong_projection_is_seen_by_where_it_leads(tmp_path):
    path = geojson(tmp_path, [(shapely.Point(419491.805, 3393580.656), FACILITY)])
    assert refusals(read(path, crs="3857")) == []
    # East of zone 39 read in UTM metres of zone 10: the same point, far away but where the zone is used.
    point = shapely.Point(38419491.805, 3393580.656)
    assert refusals(read(geojson(tmp_path, [(point, FACILITY)]), crs="4547"))[0][1] in (
        "import.outside-area",
        "import.not-on-earth",
    )


# -- the whole --------------------------------------------------------------------------------------------------------


def test_progress_is_told_and_report_is_complete(tmp_path):
    told = []
    records = read(points(tmp_path, "甲,养老机构,113.16,30.66"), progress=lambda *step: told.append(step))
    assert [done for _, done, _ in told] == [1, 2, 3, 4]
    assert all(key in catalogue("zh") for key, _, _ in told)
    assert records.report["columns"] == {"name": "名称", "type": "类型", "lon": "经度", "lat": "纬度"}
    assert records.report["shift"]["reason"] == "no-reference"


def test_columns_of_the_frame(tmp_path):
    records = read(points(tmp_path, "甲,养老机构,113.16,30.66"))
    declared = [field.name for field in CATALOG.layers["facilities"].fields]
    assert list(records.records.columns) == [*declared, "source_row", "geom"]
    assert records.records.crs.to_epsg() == 4490
    assert records.records.iloc[0]["beds"] is None


def test_a_hundred_thousand_rows_take_seconds(tmp_path):
    rows = [
        f"设施{number},养老机构,{113 + number / 1e6:.6f},30.66,{number % 500},2025年1月{number % 28 + 1}日"
        for number in range(100_000)
    ]
    path = points(tmp_path, *rows, head="名称,类型,经度,纬度,床位数,启用日期")
    start = time.process_time()
    records = read(path)
    assert len(records.records) == 100_000
    assert time.process_time() - start < 20


def codes_in_source():
    """Codes and names of values of each refusal of a cell, a geometry or a whole file in the rooms that read files."""
    for path in sorted([*(INGEST / "ingest").rglob("*.py"), INGEST / "crs.py"]):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            position = {"ValueRefusedError": 0, "_refuse": 2, "BadCell": 1, "Noted": 1}.get(name)
            if position is None or len(node.args) <= position or not isinstance(node.args[position], ast.Constant):
                continue
            kind = "notice" if name == "Noted" else "error"
            given = {keyword.arg for keyword in node.keywords}
            if name == "BadCell" and len(node.args) > 2:
                given = {key.value for key in node.args[2].keys}
            yield f"{kind}.{node.args[position].value}", given, name


@pytest.mark.parametrize(("key", "given", "name"), list(codes_in_source()))
def test_texts_of_cells_and_geometries_exist(key, given, name):
    if not re.match(r"(error|notice)\.(import|crs)\.", key):
        pytest.skip("another room's refusal")
    for language in ("zh", "en"):
        texts = catalogue(language)
        assert key in texts
        named = {part for _, part, _, _ in Formatter().parse(texts[key] + texts.get(f"remedy{key[5:]}", "")) if part}
        if name != "Noted":
            assert named <= given | {"row", "field", "value"}
