"""The bureau's own roads: words of its fields, and the network that its lines make."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoservice.ingest.parsers import parser_for
from geoservice.ingest.records import RecordSet
from geoservice.ingest.roads import read_roads
from geoservice.ingest.values import parse_column
from geoservice.language import catalogue

EAST = 1 / (111_320.0 * np.cos(np.radians(30)))
NORTH = 1 / 110_950.0


def line(*positions):
    return shapely.LineString([(113 + x * EAST, 30 + y * NORTH) for x, y in positions])


def road(key, geom, **fields):
    return {
        "key": key,
        "name": None,
        "class": "tertiary",
        "oneway": "no",
        "modes": None,
        "level": 0,
        "bridge": False,
        "tunnel": False,
        "speed_kmh": None,
        **fields,
        "geom": geom,
    }


def record_set(*roads):
    rows = [{**fields, "source_row": number} for number, fields in enumerate(roads, start=1)]
    frame = gpd.GeoDataFrame(rows, geometry="geom", crs="EPSG:4490")
    return RecordSet("roads", frame, rows_read=len(rows), source_crs="EPSG:4547", source="道路.gpkg")


CROSS = (road("a", line((0, 0), (100, 0))), road("b", line((50, -50), (50, 50))))


def by_key(records):
    return {row["key"]: row for row in records.records.to_dict("records")}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (None, "no"),
        ("", "no"),
        ("双向", "no"),
        ("否", "no"),
        (0, "no"),
        ("B", "no"),
        ("单行", "forward"),
        ("是", "forward"),
        (True, "forward"),
        (1.0, "forward"),
        ("ＦＴ", "forward"),
        ("F", "forward"),
        ("逆向", "backward"),
        ("-1", "backward"),
        (-1, "backward"),
        ("TF", "backward"),
        ("T", "backward"),
        ("不详", None),
    ],
)
def test_words_of_directions(catalog, word, expected):
    parser = parser_for(catalog.layers["roads"].field("oneway"), catalog.codes)
    column = parse_column([word], parser)
    assert (None if column.refused else column.values[0] or "no") == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("步行", ["walk"]),
        ("机动车", ["car"]),
        ("EBIKE", ["bicycle"]),
        ("car，步行", ["walk", "car"]),
        ("步行、马", None),
    ],
)
def test_words_of_modes(catalog, word, expected):
    column = parse_column([word], parser_for(catalog.layers["roads"].field("modes"), catalog.codes))
    assert (None if column.refused else column.values[0]) == expected


def test_a_network_with_node_ids(catalog):
    found = read_roads(record_set(*CROSS), catalog, 1.0)
    roads = by_key(found)
    assert len(set(roads["a"]["node_ids"]) & set(roads["b"]["node_ids"])) == 1
    for row in roads.values():
        assert len(row["node_ids"]) == shapely.get_num_coordinates(row["geom"]) == 3
        assert all(isinstance(number, int) and 0 < number < 1 << 63 for number in row["node_ids"])
        assert row["modes"] == ["walk", "bicycle", "car"]
    assert (found.rows_read, found.source_crs, found.source) == (2, "EPSG:4547", "道路.gpkg")
    network = found.report["network"]
    assert (network["components"], network["crossings"], network["dead_ends"]) == (1, 2, 4)


def test_texts_of_notices(catalog):
    found = read_roads(record_set(*CROSS, road("c", line((103, -20), (103, 90)))), catalog, 1.0)
    assert {notice.code for notice in found.notices} == {"import.roads-noded", "import.roads-near-misses"}
    for notice in found.notices:
        for language in ("zh", "en"):
            assert f"notice.{notice.code}" in catalogue(language)
        assert "{" not in notice.message
    (miss,) = found.report["network"]["near_miss_list"]
    assert (miss["key"], miss["other"]) == ("a", "c")
    assert miss["gap_m"] == pytest.approx(3.0, abs=0.02)


def test_a_second_import_changes_nothing(catalog):
    roads = (*CROSS, road("c", line((100.4, 0.3), (100, 60))), road("d", line((20, 0.5), (20, 60)), level=1))
    once = read_roads(record_set(*roads), catalog, 1.0).records
    again = read_roads(record_set(*roads), catalog, 1.0).records
    assert once["node_ids"].tolist() == again["node_ids"].tolist()
    assert once.geometry.to_wkb().tolist() == again.geometry.to_wkb().tolist()
    back = read_roads(record_set(*once.drop(columns="source_row").to_dict("records")), catalog, 1.0).records
    assert back["node_ids"].tolist() == once["node_ids"].tolist()
    assert back.geometry.to_wkb().tolist() == once.geometry.to_wkb().tolist()


def test_the_order_of_the_roads_does_not_matter(catalog):
    roads = (*CROSS, road("c", line((100.4, 0.3), (100, 60))), road("d", line((20, 0.5), (20, 60))))
    one = by_key(read_roads(record_set(*roads), catalog, 1.0))
    other = by_key(read_roads(record_set(*reversed(roads)), catalog, 1.0))
    for key, row in one.items():
        assert row["node_ids"] == other[key]["node_ids"]
        assert row["geom"].equals(other[key]["geom"])


def test_modes_of_the_class_and_of_the_record(catalog):
    roads = by_key(
        read_roads(
            record_set(
                road("a", line((0, 0), (100, 0)), **{"class": "motorway"}),
                road("b", line((0, 50), (100, 50)), modes=["walk", "car"]),
                road("c", line((0, 90), (100, 90)), **{"class": "footway"}),
            ),
            catalog,
            1.0,
        )
    )
    assert {key: row["modes"] for key, row in roads.items()} == {"a": ["car"], "b": ["walk", "car"], "c": ["walk"]}


def test_nothing_crosses_a_motorway_at_its_level(catalog):
    first, second = CROSS
    roads = by_key(read_roads(record_set({**first, "class": "motorway"}, second), catalog, 1.0))
    assert not set(roads["a"]["node_ids"]) & set(roads["b"]["node_ids"])


def test_a_line_that_shrinks_to_a_point_is_left_out(catalog):
    roads = (
        road("a", line((0, 0), (100, 0))),
        road("b", line((100.2, 0), (100.6, 0))),
        road("c", line((100.6, 0.3), (100, 60))),
    )
    found = read_roads(record_set(*roads), catalog, 1.0)
    assert sorted(by_key(found)) == ["a", "c"]
    assert [notice.values["count"] for notice in found.notices if notice.code == "import.roads-too-short"] == [1]
    assert found.report["network"]["components"] == 1


def test_progress_is_told(catalog):
    told = []
    read_roads(record_set(*CROSS), catalog, 1.0, progress=lambda *step: told.append(step))
    assert told == [("import.step.noding", 0, 2), ("import.step.noding", 1, 2), ("import.step.noding", 2, 2)]
