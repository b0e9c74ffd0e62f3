"""Each check finds what it is for, and nothing in a sound county; figures against shapely and pyproj."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.database.actor import act, shell_actor
from geoservice.database.engine import Database
from geoservice.editing.quality.checks import CHECKS
from geoservice.editing.quality.checks.sql import TABLES, single
from geoservice.editing.quality.declared import load_thresholds
from geoservice.editing.quality.running import (
    _ASKED,
    Result,
    check_named,
    layers_read,
    mend,
    parameters,
    run_check,
)
from geoservice.editing.quality.wording import explanation, title, what
from geoservice.errors import BadDeclaration, NotFound
from geoservice.language import LANGUAGES
from geoservice.resources import resource
from tests.builders_api import make_unit
from tests.integration.quality_builders import TRIGGERS, run, sound

GRS80 = Geod(ellps="GRS80")
DAY = date(2026, 1, 1)
NAMES = [check.id for check in CHECKS]


@pytest.fixture(scope="module")
def county(new_database: Callable[..., Database]) -> Iterator[tuple[Database, dict[str, int]]]:
    made = new_database()
    with made.connect("owner") as connection:
        ids = sound(connection)
    yield made, ids
    made.dispose()


@contextmanager
def changed(database: Database) -> Iterator[Connection]:
    """Whatever happens in the block is undone."""
    with database.connect("superuser") as connection:
        trial = connection.begin_nested()
        yield connection
        trial.rollback()


def asked(connection: Connection, catalog: Catalog, name: str, day: date = DAY) -> Result:
    """A check in the name of who sees everything, under the policies."""
    connection.execute(text("set local role geoservice_app"))
    act(connection, shell_actor("test"))
    return run_check(connection, check_named(name), catalog=catalog, day=day, whole=True, within_s=30)


def geodesic_m2(shape: BaseGeometry) -> float:
    return abs(GRS80.geometry_area_perimeter(shapely.orient_polygons(shape))[0])


def test_every_check_has_a_trigger_and_an_id_of_its_own() -> None:
    assert set(TRIGGERS) == set(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_found_in_a_sound_county(
    county: tuple[Database, dict[str, int]], catalog: Catalog, name: str
) -> None:
    with changed(county[0]) as connection:
        found = asked(connection, catalog, name)
    assert (found.state, found.count, found.findings) == ("counted", 0, ())


@pytest.mark.parametrize("name", NAMES)
def test_each_check_finds_what_it_is_for(county: tuple[Database, dict[str, int]], catalog: Catalog, name: str) -> None:
    database, ids = county
    check = check_named(name)
    with changed(database) as connection:
        TRIGGERS[name](connection, ids)
        found = asked(connection, catalog, name)
        known = set(connection.execute(text(f"select id from {TABLES[check.layer]}")).scalars())
    assert (found.state, found.count) == ("counted", 1)
    (one,) = found.findings
    assert one.ids
    assert set(one.ids) <= known
    assert len(one.ids) == len(one.names)
    assert (one.geometry is None) == (one.bbox is None) == (one.lon is None)
    for language in LANGUAGES:
        for words in (
            title(check, catalog, language),
            explanation(check, catalog, language),
            what(check, one, catalog, language),
        ):
            assert words
            assert "{" not in words
            assert "quality." not in words


def test_what_is_not_in_force_on_the_day_does_not_count(
    county: tuple[Database, dict[str, int]], catalog: Catalog
) -> None:
    with changed(county[0]) as connection:
        run(connection, "update facility set beds = null, opened_on = '2025-01-01', closed_on = '2025-06-01'")
        assert asked(connection, catalog, "facilities.no-beds", date(2025, 3, 1)).count == 1
        assert asked(connection, catalog, "facilities.no-beds", date(2025, 6, 1)).count == 0


def test_the_distance_to_the_roads_is_that_to_the_nearest_by_metres(
    county: tuple[Database, dict[str, int]], catalog: Catalog
) -> None:
    """A road 0.0040 degrees north is farther than one 0.0045 degrees east of it: degrees of longitude are shorter."""
    with changed(county[0]) as connection:
        run(
            connection,
            "update facility set geom = st_setsrid(st_makepoint(113.0945, 30.65), 4490);"
            "update road set geom = st_setsrid('LINESTRING(113.08 30.654,113.0945 30.654)'::geometry, 4490) where key = 'r2'",
        )
        found = asked(connection, catalog, "facilities.off-road")
    east = GRS80.inv(113.0945, 30.65, 113.09, 30.65)[2]
    assert east < GRS80.inv(113.0945, 30.65, 113.0945, 30.654)[2]
    assert found.findings[0].length_m == pytest.approx(east, abs=0.001)
    assert what(found.check, found.findings[0], catalog, "zh") == f"离最近的步行道路 {east:,.1f} 米，超过 300 米"


def test_many_records_of_one_name_are_one_finding(county: tuple[Database, dict[str, int]], catalog: Catalog) -> None:
    with changed(county[0]) as connection:
        run(
            connection,
            "insert into facility (key, type, name, unit_id, geom, beds, classification, published)"
            " select 'copy' || n, type, name, unit_id, geom, beds, classification, published"
            " from facility, generate_series(1, 500) n",
        )
        found = asked(connection, catalog, "facilities.same-name")
    assert found.count == 1
    assert found.findings[0].pieces == 501
    assert len(found.findings[0].ids) == 20


def test_gaps_without_an_outline_of_the_county_are_what_its_townships_enclose(
    county: tuple[Database, dict[str, int]], catalog: Catalog
) -> None:
    hole = shapely.box(113.05, 30.64, 113.06, 30.65)
    ring = shapely.box(113.05, 30.6, 113.1, 30.7) - hole
    with changed(county[0]) as connection:
        run(
            connection,
            "update unit_version set geom = null where level = 'county';"
            f"update unit_version set geom = st_multi(st_geomfromtext('{ring.wkt}', 4490)) where name = '干驿镇'",
        )
        found = asked(connection, catalog, "units.gap")
    assert found.count == 1
    assert found.findings[0].names == ("竟陵街道", "干驿镇")
    assert found.findings[0].area_m2 == pytest.approx(geodesic_m2(hole), rel=1e-6)


@pytest.fixture(scope="module")
def renshou(shared_data: Path) -> dict[str, BaseGeometry]:
    """Real townships with one border moved: the first took 0.001 degrees of its neighbour, the last gave up a strip."""
    frame = gpd.read_file(shared_data / "boundaries" / "renshou_townships_wgs84.geojson")
    shapes = {f"{number}": shape for number, shape in enumerate(frame.geometry)}
    first, other = next(
        (a, b) for a, b in itertools.combinations(shapes, 2) if shapes[a].intersection(shapes[b]).length > 0.02
    )
    last = next(name for name in reversed(shapes) if shapes[name].disjoint(shapes[first].union(shapes[other])))
    strip = shapes[other].intersection(shapes[first].buffer(0.001))
    shapes["county"] = shapely.union_all(list(shapes.values()))
    shapes[first] = shapes[first].union(strip)
    shapes[last] -= shapes[last].boundary.buffer(0.0005)
    return shapes


def polygons(shape: BaseGeometry, least_m2: float) -> list[BaseGeometry]:
    parts = shapely.get_parts(shapely.get_parts(shape)).tolist()
    return [part for part in parts if part.geom_type == "Polygon" and geodesic_m2(part) >= least_m2]


def test_areas_of_overlaps_and_gaps_are_those_on_the_ellipsoid(
    renshou: dict[str, BaseGeometry], database: Database, catalog: Catalog
) -> None:
    least = load_thresholds(catalog).gap_m2.value
    towns = {name: shape for name, shape in renshou.items() if name != "county"}
    with database.connect("owner") as connection:
        parent = make_unit(
            connection,
            "仁寿县",
            shapely.multipolygons([renshou["county"]]).wkt
            if renshou["county"].geom_type == "Polygon"
            else renshou["county"].wkt,
            level="county",
        )
        for name, shape in towns.items():
            given = shape.wkt if shape.geom_type == "MultiPolygon" else shapely.MultiPolygon([shape]).wkt
            make_unit(connection, name, given, parent_id=parent)
    expected = {}
    for a, b in itertools.combinations(towns, 2):
        parts = polygons(towns[a].intersection(towns[b]), least)
        if parts:
            expected[frozenset((a, b))] = (len(parts), sum(map(geodesic_m2, parts)))
    assert expected
    with changed(database) as connection:
        overlaps = asked(connection, catalog, "units.overlap")
        gaps = asked(connection, catalog, "units.gap")
    found = {frozenset(one.names): (one.pieces, one.area_m2) for one in overlaps.findings}
    assert found.keys() == expected.keys()
    for pair, (pieces, size) in expected.items():
        assert found[pair][0] == pieces
        assert found[pair][1] == pytest.approx(size, rel=1e-6)
    left = polygons(renshou["county"] - shapely.union_all(list(towns.values())), least)
    assert sum(one.pieces for one in gaps.findings) == len(left)
    assert sum(one.area_m2 or 0 for one in gaps.findings) == pytest.approx(sum(map(geodesic_m2, left)), rel=1e-6)
    assert all(len(one.names) >= 1 for one in gaps.findings)


def test_a_check_that_takes_too_long_says_so_and_the_next_one_stands(
    county: tuple[Database, dict[str, int]], catalog: Catalog
) -> None:
    with county[0].connect(actor=shell_actor("test"), timeout_s=7) as connection:
        slow = replace(check_named("units.no-outline"), sql=single("units", "pg_sleep(20) is not null"))
        found = run_check(connection, slow, catalog=catalog, day=DAY, whole=True, within_s=0.05)
        assert (found.state, found.count) == ("too-long", None)
        assert asked_plainly(connection, catalog).state == "counted"
        assert connection.execute(text("show statement_timeout")).scalar_one() == "7s"


def asked_plainly(connection: Connection, catalog: Catalog) -> Result:
    return run_check(connection, check_named("units.overlap"), catalog=catalog, day=DAY, whole=True, within_s=5)


def test_who_sees_a_part_is_not_told_of_gaps(county: tuple[Database, dict[str, int]], catalog: Catalog) -> None:
    with county[0].connect(actor=shell_actor("test")) as connection:
        found = run_check(connection, check_named("units.gap"), catalog=catalog, day=DAY, whole=False, within_s=5)
    assert (found.state, found.count) == ("not-yours", None)


def test_an_id_that_is_no_check() -> None:
    with pytest.raises(NotFound):
        check_named("units.nonsense")


def test_links_and_layers_are_known(catalog: Catalog) -> None:
    for check in CHECKS:
        layer = catalog.layers[check.layer]
        assert check.layer in layers_read(check)
        assert check.mend in {"geometry", "unit", *(field.name for field in layer.fields)}, check.id
        assert mend(check, 1).startswith(f"/data?layer={check.layer}&record=1&edit=")


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ('mode = "walk"', 'mode = "fly"'),
        ("value = 0.8", "value = nan"),
        ("value = 0.8", "value = -1"),
        ('types = ["nursing_home"', 'types = ["nonsense"'),
        ("[near_m]", "[near_km]"),
    ],
)
def test_wrong_thresholds_are_refused(tmp_path: Path, catalog: Catalog, given: str, instead: str) -> None:
    content = resource("layers", "standards", "quality.toml").read_text("utf-8")
    assert given in content
    file = tmp_path / "quality.toml"
    file.write_text(content.replace(given, instead), encoding="utf-8")
    with pytest.raises(BadDeclaration):
        load_thresholds(catalog, file)


HOT = {
    "facilities.off-road": "ix_road_geom",
    "communities.off-road": "ix_road_geom",
    "roads.loose-end": "ix_road_geom",
    "facilities.twin": "ix_facility_geom",
    "units.overlap": "ix_unit_version_geom",
    "facilities.other-township": "ix_unit_version",
    "facilities.outside-county": "ix_unit_version_geom",
    "units.gap": "ix_unit_version_geom",
}


@pytest.fixture(scope="module")
def crowd(county: tuple[Database, dict[str, int]], new_database: Callable[..., Database]) -> Iterator[Database]:
    """Five thousand roads, facilities of one name and type, and units."""
    made = new_database(county[0])
    spot = "113 + (n % 70) * 0.01, 30 + (n / 70) * 0.01"
    with made.connect("owner") as connection:
        run(
            connection,
            "insert into road (key, class, geom, modes, node_ids, classification, published)"
            f" select 'x' || n, 'residential', st_setsrid(st_makeline(st_makepoint({spot}), st_makepoint(113.005 + (n % 70) * 0.01,"
            " 30.005 + (n / 70) * 0.01)), 4490), '{walk}', array[10 * n, 10 * n + 1], 'public', true"
            " from generate_series(1, 5000) n;"
            "insert into facility (key, type, name, geom, classification, published)"
            f" select 'x' || n, 'cemetery', '公墓', st_setsrid(st_makepoint({spot}), 4490), 'public', true"
            " from generate_series(1, 5000) n;"
            "insert into unit select from generate_series(1, 5000);"
            "insert into unit_version (unit_id, level, name, source, geom, classification, published)"
            f" select id, case id % 50 when 0 then 'county' else 'township' end, 'x' || id, 'test',"
            f" st_multi(st_expand(st_setsrid(st_makepoint({spot.replace('n ', 'id ')}), 4490), 0.005)), 'public', true"
            " from unit where id not in (select unit_id from unit_version)",
        )
    with made.connect("superuser") as connection:
        connection.execute(text("analyze"))
    yield made
    made.dispose()


@pytest.mark.parametrize("name", HOT)
def test_hot_checks_search_an_index_as_the_application_role(crowd: Database, catalog: Catalog, name: str) -> None:
    check = check_named(name)
    given = {**parameters(catalog, DAY), "most": 10, "longest": 100}
    with crowd.connect(actor=shell_actor("test")) as connection:
        plan = connection.execute(text("explain " + _ASKED.format(sql=check.sql)), given).scalars().all()
    scans = [line for line in plan if "Scan" in line]
    assert any(HOT[name] in line for line in scans), "\n".join(plan)


def test_a_box_far_away_is_never_looked_at(crowd: Database, catalog: Catalog) -> None:
    """Of five thousand by five thousand pairs of one name only neighbours are compared."""
    given = {**parameters(catalog, DAY), "most": 10, "longest": 100}
    with crowd.connect(actor=shell_actor("test")) as connection:
        asked_plan = "explain (analyze, format json, timing off) " + _ASKED.format(
            sql=check_named("facilities.twin").sql
        )
        plan = connection.execute(text(asked_plan), given).scalar_one()
    often = {node.get("Index Name") for node in nodes(plan[0]["Plan"]) if node.get("Actual Loops", 1) > 1}  # type: ignore[operator]
    assert often <= {None, "ix_facility_geom"}
    read = [
        (node.get("Actual Rows", 0) + node.get("Rows Removed by Filter", 0)) * node.get("Actual Loops", 1)
        for node in nodes(plan[0]["Plan"])
        if node.get("Relation Name") == "facility"
    ]
    assert read
    assert max(read) <= 3 * 5001


def nodes(plan: dict[str, object]) -> Iterator[dict[str, object]]:
    yield plan
    for inner in plan.get("Plans", []):  # type: ignore[attr-defined]
        yield from nodes(inner)
