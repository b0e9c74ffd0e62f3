"""GCJ-02 and BD-09 found by comparison, or left undecided."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.affinity import rotate, scale, translate

from geoservice.crs import Crs
from geoservice.ingest.readers.raw import object_array
from geoservice.ingest.shift import Reference, detect_shift
from geoservice.settings import ImportSettings
from tests.unit.ingest_builders import csv_file, geojson, notices, read

RNG = np.random.default_rng(7)
SYSTEMS = ["declared", "GCJ02", "BD09"]


def moved(geometry, system):
    return geometry if system == "declared" else Crs.parse(system).from_lonlat(geometry)


def named_points(count=12):
    return object_array([shapely.Point(*RNG.uniform((112.6, 30.4), (113.4, 30.8))) for _ in range(count)])


def townships():
    """A net of 5 by 5 cells of about 100 km2."""
    return object_array(
        [shapely.box(112.6 + x / 10, 30.4 + y / 10, 112.7 + x / 10, 30.5 + y / 10) for x in range(5) for y in range(5)]
    )


def streets(step=0.005):
    rows = np.arange(0, 0.1, step)
    lines = [shapely.LineString([(113.1, 30.6 + row), (113.2, 30.6 + row)]) for row in rows]
    lines += [shapely.LineString([(113.1 + row, 30.6), (113.1 + row, 30.7)]) for row in rows]
    return object_array([shapely.segmentize(line, 0.002) for line in lines])


def names(count):
    return [f"地名{number}" for number in range(count)]


@pytest.mark.parametrize("system", SYSTEMS)
def test_points_by_name(system):
    truth = named_points()
    report = detect_shift(moved(truth, system), Reference(truth, names=names(12)), names=names(12))
    assert (report.verdict, report.reason, report.measure, report.matched) == (system, "decided", "distance_m", 12)
    assert report.scores[system] < 1
    assert set(report.scores) == set(SYSTEMS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_points_by_code_with_some_noise(system):
    truth = named_points(40)
    rough = object_array([translate(point, *RNG.normal(0, 0.0008, 2)) for point in truth])
    report = detect_shift(moved(rough, system), Reference(truth, codes=names(40)), codes=names(40))
    assert report.verdict == system


@pytest.mark.parametrize("system", SYSTEMS)
def test_areas_by_code(system):
    truth = townships()
    drawn = object_array([rotate(scale(unit, 1.01, 0.99), 1) for unit in truth])
    report = detect_shift(moved(drawn, system), Reference(truth, codes=names(25)), codes=names(25))
    assert (report.verdict, report.measure) == (system, "iou")
    assert report.scores[system] == max(report.scores.values())


@pytest.mark.parametrize("system", SYSTEMS)
def test_roads_by_distance(system):
    truth = streets()
    drawn = object_array([translate(line, 3e-5, -2e-5) for line in truth[::2]])
    report = detect_shift(moved(drawn, system), Reference(truth))
    assert (report.verdict, report.measure) == (system, "distance_m")


def test_seats_and_label_points_do_not_separate():
    truth = named_points(28)
    labels = object_array([translate(point, *RNG.normal(0, 0.02, 2)) for point in truth])
    report = detect_shift(moved(labels, "GCJ02"), Reference(truth, names=names(28)), names=names(28))
    assert report.verdict is None
    assert report.reason in ("not-separated", "not-similar")


def test_what_cannot_be_compared_is_not_decided():
    truth = named_points(12)
    reference = Reference(truth, names=names(12))
    assert detect_shift(truth, None).reason == "no-reference"
    assert detect_shift(truth, Reference(object_array([]))).reason == "no-reference"
    assert detect_shift(truth, reference).reason == "no-match"
    assert detect_shift(truth, reference, names=["x"] * 12).reason == "no-match"
    assert detect_shift(truth[:2], reference, names=names(2)).reason == "too-few"
    assert detect_shift(townships(), reference, names=names(25)).reason == "no-match"
    assert detect_shift(object_array([None]), reference, names=["x"]).reason == "outside-region"
    assert detect_shift(object_array([shapely.Point(1.5, 42.5)]), reference, names=["x"]).reason == "outside-region"
    assert detect_shift(streets()[:1], Reference(streets()[:1])).reason in ("decided", "not-separated", "too-few")


def test_other_areas_of_the_same_name_are_not_similar():
    far = object_array([translate(unit, 1, 0.4) for unit in townships()])
    report = detect_shift(far, Reference(townships(), names=names(25)), names=names(25))
    assert (report.verdict, report.reason) == (None, "not-similar")


def test_names_that_occur_twice_are_left_out():
    truth = named_points(12)
    doubled = [*names(11), "地名0"]
    report = detect_shift(truth, Reference(truth, names=names(12)), names=doubled)
    assert report.matched == 10
    # One unit that is listed with two codes is one unit.
    twice = Reference(object_array([*truth, *truth]), codes=[*names(12), *["x"] * 12], names=names(12) * 2)
    assert detect_shift(truth, twice, names=names(12)).matched == 12


def test_a_found_shift_is_undone_and_said(tmp_path):
    truth = named_points(8)
    reference = Reference(truth, names=names(8))
    rows = [f"{name},养老机构,{point.x},{point.y}" for name, point in zip(names(8), moved(truth, "BD09"), strict=True)]
    path = csv_file(tmp_path, "\n".join(["名称,类型,经度,纬度", *rows]))
    records = read(path, reference=reference)
    assert (records.source_crs, records.report["crs_reason"]) == ("BD09", "shift")
    assert "import.shift-found" in notices(records)
    assert max(a.distance(b) for a, b in zip(records.records["geom"], truth, strict=True)) < 1e-7
    assert records.report["shift"]["scores"]["BD09"] < 1

    stated = read(path, reference=reference, crs="4490")
    assert stated.source_crs == "EPSG:4490"
    assert "import.shift-contradicts" in notices(stated)
    right = read(path, reference=reference, crs="BD09")
    assert notices(right).isdisjoint({"import.shift-contradicts", "import.shift-undecidable"})


def test_an_undecided_shift_asks_for_the_system(tmp_path):
    path = geojson(
        tmp_path, [(point, {"name": f"甲{n}", "type": "养老机构"}) for n, point in enumerate(named_points(5))]
    )
    records = read(path)
    notice = next(one for one in records.notices if one.code == "import.shift-undecidable")
    assert "不能判定" in notice.message
    assert "--crs" in notice.message
    assert "import.shift-undecidable" not in notices(read(path, crs="4490"))


def real_counties(folder):
    import geopandas as gpd

    table = gpd.read_file(folder / "boundaries" / "tianmen_xiantao_qianjiang_wgs84.geojson")
    shapes = object_array(table.geometry.tolist())
    return Reference(shapes, table["Code_County"].tolist(), table["Name_County"].tolist())


def test_tianmen_is_found_to_be_gcj02_and_repaired(shared_data):
    reference = real_counties(shared_data)
    path = shared_data / "boundaries" / "tianmen_county_gcj02_invalid.geojson"
    records = read(path, "units", reference=reference, constants={"level": "county"}, limits=ImportSettings())
    assert not records.refusals
    assert records.source_crs == "GCJ02"
    assert records.report["shift"]["scores"]["declared"] == pytest.approx(0.952, abs=0.001)
    repaired = [one for one in records.notices if one.code == "import.repaired"]
    assert [one.row for one in repaired] == [1]
    county = records.records["geom"].iloc[0]
    assert county.is_valid
    known = reference.geometry[list(reference.names).index("天门市")]
    assert county.intersection(known).area / county.union(known).area >= 0.98


def test_label_points_of_tianmen_cannot_be_decided(shared_data):
    path = shared_data / "boundaries" / "tianmen_township_centers_gcj02.geojson"
    for reference in (None, real_counties(shared_data)):
        records = read(path, "communities", reference=reference)
        assert len(records.records) == 28
        assert records.report["shift"]["verdict"] is None
        assert records.report["shift"]["reason"] in ("no-reference", "no-match")
        assert "import.shift-undecidable" in notices(records)
