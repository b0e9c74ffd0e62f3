"""The loader against a real PostGIS: stable keys, history, townships, refusals."""

from __future__ import annotations

from datetime import date

import pytest
from shapely.geometry import LineString, Point
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.ingest.load import ImportReport, LoadOptions, load
from geoservice.ingest.records import RecordSet, Refusal
from tests.builders import OPTIONS, record_set, square


def run(database: Database, catalog: Catalog, records: RecordSet, options: LoadOptions = OPTIONS) -> ImportReport:
    with database.connect("owner") as connection:
        return load(connection, catalog, records, options)


def rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    with database.connect("reader") as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    return report.loaded, report.changed, report.unchanged, report.refused


def towns() -> RecordSet:
    return record_set(
        "units",
        [
            {"code": "429006", "name": "天门市", "level": "county", "geom": square(113.0, 30.5, 0.4)},
            {"code": "429006112", "name": "干驿镇", "parent_code": "429006", "geom": square(113.0, 30.5)},
            {"code": "429006002", "name": "侯口街道", "parent_code": "429006", "geom": square(113.1, 30.5)},
        ],
    )


def test_a_second_import_changes_nothing(database: Database, catalog: Catalog) -> None:
    assert counts(run(database, catalog, towns())) == (3, 0, 0, 0)
    assert counts(run(database, catalog, towns())) == (0, 0, 3, 0)
    assert rows(database, "select level, count(*) from unit_version group by 1 order by 1") == [
        ("county", 1),
        ("township", 2),
    ]
    assert rows(database, "select count(*) from unit_version where parent_id is not null") == [(2,)]
    assert rows(database, "select revision from layer_revision where layer = 'units'") == [(1,)]


def test_a_list_without_territories_keeps_them(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns())
    bare = record_set("units", [{"code": "429006112", "name": "干驿镇", "kind": "镇"}], "list.csv")
    assert counts(run(database, catalog, bare)) == (0, 1, 0, 0)
    found = rows(database, "select kind, geom is not null, source from unit_version where name = '干驿镇'")
    assert found == [("镇", True, "test.geojson")]


def test_a_later_name_ends_the_one_before(database: Database, catalog: Catalog) -> None:
    run(database, catalog, record_set("units", [{"code": "429006", "name": "天门县", "valid_from": date(1726, 1, 1)}]))
    run(database, catalog, record_set("units", [{"code": "429006", "name": "天门市", "valid_from": date(1987, 8, 3)}]))
    found = rows(database, "select name, valid_from, valid_to from unit_version order by valid_from")
    assert found == [
        ("天门县", date(1726, 1, 1), date(1987, 8, 3)),
        ("天门市", date(1987, 8, 3), None),
    ]
    assert rows(database, "select count(*) from unit") == [(1,)]


def test_codes_of_two_systems_are_two_units(database: Database, catalog: Catalog) -> None:
    run(database, catalog, record_set("units", [{"code": "420112014", "name": "新沟镇街道", "code_system": "nbs"}]))
    run(database, catalog, record_set("units", [{"code": "420112014", "name": "金银湖街道", "code_system": "mca"}]))
    assert rows(database, "select count(*) from unit") == [(2,)]


def test_communities_find_their_township(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns())
    records = record_set(
        "communities",
        [
            {"code": "1", "name": "甲村", "township_code": "429006112", "township_name": "干驿镇"},
            {"code": "2", "name": "乙村", "township_code": "429006002", "township_name": "候口街道"},
            {"code": "3", "name": "丙村", "township_code": "429006450", "township_name": "蒋湖农场"},
            {"code": "4", "name": "丁村", "geom": Point(113.05, 30.55)},
        ],
    )
    report = run(database, catalog, records)
    assert counts(report) == (4, 0, 0, 0)
    found = rows(
        database,
        'select c.name, v.name from community c left join unit_version v using (unit_id) order by c.name collate "C"',
    )
    assert dict(found) == {"甲村": "干驿镇", "乙村": "侯口街道", "丙村": None, "丁村": "干驿镇"}
    assert [notice.code for notice in report.notices] == ["import.township-near-name", "import.township-unknown"]
    again = record_set(
        "communities", [{"code": "1", "name": "甲村", "population": 10, "class": "rural", "geom": Point(113.05, 30.55)}]
    )
    assert counts(run(database, catalog, again)) == (0, 1, 0, 0)


def test_places_keep_all_their_names(database: Database, catalog: Catalog) -> None:
    def village(**more: object) -> RecordSet:
        base = {"key": "p1", "name": "干驿", "class_code": "22200", "geom": Point(113.4, 30.5)}
        return record_set("places", [base | more])

    run(database, catalog, village(alias="乾驿；乾镇驿", former_name="乾滩"))
    found = rows(database, "select kind, name, pinyin from place_name order by kind, name")
    assert ("standard", "干驿", "ganyi") in found
    assert {(kind, name) for kind, name, _ in found} == {
        ("standard", "干驿"),
        ("alias", "乾驿"),
        ("alias", "乾镇驿"),
        ("former", "乾滩"),
    }
    assert counts(run(database, catalog, village(alias="乾驿；乾镇驿", former_name="乾滩"))) == (0, 0, 1, 0)
    run(database, catalog, village(name="新干驿", valid_from=date(2020, 1, 1)))
    found = rows(database, "select name, valid_to from place_name where kind = 'standard' order by name")
    assert sorted(found, key=str) == sorted([("干驿", date(2020, 1, 1)), ("新干驿", None)], key=str)


def test_facilities_without_a_number_get_a_stable_key(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns())
    home = {"type": "nursing_home", "name": "干驿镇福利院", "beds": 80, "area_m2": 1234.5, "geom": Point(113.05, 30.55)}
    assert counts(run(database, catalog, record_set("facilities", [home]))) == (1, 0, 0, 0)
    assert counts(run(database, catalog, record_set("facilities", [home]))) == (0, 0, 1, 0)
    assert counts(run(database, catalog, record_set("facilities", [home | {"beds": 90}]))) == (0, 1, 0, 0)
    assert rows(database, "select beds, published, classification from facility") == [(90, True, "public")]


def test_a_key_that_stands_twice_is_refused_with_both_rows(database: Database, catalog: Catalog) -> None:
    home = {"key": "A1", "type": "nursing_home", "name": "甲", "geom": Point(113.05, 30.55)}
    report = run(database, catalog, record_set("facilities", [home, home | {"name": "乙"}]))
    assert counts(report) == (0, 0, 0, 1)
    assert "第 2 行" in report.refusals[0].message
    assert "第 1 行" in report.refusals[0].message
    assert rows(database, "select count(*) from facility") == [(0,)]


def test_refused_rows_stop_the_load_unless_skipped(database: Database, catalog: Catalog) -> None:
    def sheet() -> RecordSet:
        home = {"key": "A1", "type": "nursing_home", "name": "甲", "geom": Point(113.05, 30.55)}
        records = record_set("facilities", [home])
        records.rows_read = 2
        records.refusals.append(Refusal(2, "设施类型", "食堂", "import.duplicate-key", {"first": 1, "file": "f"}))
        return records

    assert counts(run(database, catalog, sheet())) == (0, 0, 0, 1)
    assert rows(database, "select count(*) from facility") == [(0,)]
    skipping = LoadOptions(actor="test", sha256="0" * 64, skip_bad=True)
    assert counts(run(database, catalog, sheet(), skipping)) == (1, 0, 0, 1)


def test_what_the_database_refuses_is_told_and_undone(database: Database, catalog: Catalog) -> None:
    homes = [
        {"key": "A1", "type": "nursing_home", "name": "甲", "beds": 5, "nursing_beds": 2, "geom": Point(113.0, 30.5)},
        {"key": "A2", "type": "nursing_home", "name": "乙", "beds": 5, "nursing_beds": 9, "geom": Point(113.0, 30.5)},
    ]
    with pytest.raises(BadInput, match="nursing_beds_within_beds"):
        run(database, catalog, record_set("facilities", homes))
    assert rows(database, "select (select count(*) from facility), (select count(*) from import_batch)") == [(0, 0)]


def test_roads_keep_a_node_a_vertex(database: Database, catalog: Catalog) -> None:
    road = {
        "key": "r1",
        "class": "village",
        "modes": ["walk", "bicycle"],
        "node_ids": [1, 2],
        "geom": LineString([(113.0, 30.5), (113.01, 30.5)]),
    }
    assert counts(run(database, catalog, record_set("roads", [road]))) == (1, 0, 0, 0)
    assert rows(database, "select oneway, level, modes, node_ids from road") == [("no", 0, ["walk", "bicycle"], [1, 2])]
    with pytest.raises(BadInput, match="node_per_vertex"):
        run(database, catalog, record_set("roads", [road | {"key": "r2", "node_ids": [1, 2, 3]}]))


def test_names_are_data_and_never_statements(database: Database, catalog: Catalog) -> None:
    name = "Robert'); drop table facility;--<script>alert(1)</script>𣲗源"
    home = {"key": "A1", "type": "nursing_home", "name": name, "geom": Point(113.0, 30.5)}
    run(database, catalog, record_set("facilities", [home]))
    assert rows(database, "select name from facility") == [(name,)]


def test_township_lines_stay_internal_until_published(database: Database, catalog: Catalog) -> None:
    report = run(database, catalog, towns())
    assert "import.not-published" in [notice.code for notice in report.notices]
    assert rows(database, "select distinct classification, published from unit_version") == [("internal", False)]
    run(database, catalog, towns(), LoadOptions(actor="test", sha256="0" * 64, publish=True))
    assert rows(database, "select distinct classification, published from unit_version") == [("public", True)]
    run(database, catalog, towns())
    assert rows(database, "select distinct classification, published from unit_version") == [("public", True)]


def test_a_unit_without_a_code_finds_the_one_above_it_by_code(database: Database, catalog: Catalog) -> None:
    county = {"code": "429006", "code_system": "mca", "code_edition": "2023", "name": "天门市", "level": "county"}
    run(database, catalog, record_set("units", [{**county, "geom": square(113.0, 30.5)}]))
    below = [
        {"name": name, "level": "township", "parent_code": code, "geom": square(113.0, 30.5)}
        for name, code in (("干驿镇", "429006"), ("外镇", "999999"))
    ]
    report = run(database, catalog, record_set("units", below))
    named = "select v.name, p.name from unit_version v left join unit_version p on p.unit_id = v.parent_id"
    found = rows(database, f"{named} where v.level = 'township'")
    assert sorted(found) == sorted([("干驿镇", "天门市"), ("外镇", None)])
    told = [(notice.code, notice.values["code"]) for notice in report.notices if notice.row]
    assert told == [("import.unit-no-parent", "999999")]


def test_a_unit_that_may_be_there_under_another_code_is_told(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns())
    again = record_set("units", [{"code": "17", "code_system": "own", "name": "干驿镇", "geom": square(113.0, 30.5)}])
    report = run(database, catalog, again)
    assert [notice.code for notice in report.notices if notice.row] == ["import.unit-twin"]


def test_what_lies_outside_every_unit_is_told(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns())
    home = {"key": "A1", "type": "nursing_home", "name": "甲", "geom": Point(0, 0)}
    report = run(database, catalog, record_set("facilities", [home]))
    assert [notice.code for notice in report.notices] == ["import.outside-all-units"]


def test_what_stays_public_is_told(database: Database, catalog: Catalog) -> None:
    run(database, catalog, towns(), LoadOptions(actor="test", sha256="0" * 64, publish=True))
    assert [notice.code for notice in run(database, catalog, towns()).notices] == ["import.still-published"]
