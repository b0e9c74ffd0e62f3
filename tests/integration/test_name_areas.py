"""Where names lie roughly: what the database writes beside a name, and searches in areas held against all names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from geoservice.database.engine import Database
from geoservice.database.filters import BBox
from geoservice.names import ranking
from geoservice.names.cells import cells
from geoservice.names.query import NameQuery
from geoservice.names.search import search_places
from tests import builders_api as make

DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def empty(new_database: Callable[[], Database]) -> Database:
    return new_database()


@pytest.fixture
def connection(empty: Database) -> Iterator[Connection]:
    with empty.engine("owner").connect() as connection:
        yield connection
        connection.rollback()


def names(connection: Connection, typed: str, *, unit: int | None = None, bbox: BBox | None = None) -> list[str]:
    page = search_places(connection, NameQuery.parse(typed), today=DAY, unit=unit, bbox=bbox, limit=50)
    return [item["name"] for item in page.items]


degree = st.floats(-60, 60, allow_nan=False)
side = st.sampled_from([0.0, 1e-9, 0.01, 0.05, 0.4, 1.0])


@given(
    lon=degree,
    lat=degree,
    width=side,
    height=side,
    span=st.sampled_from([0.001, 0.1, 0.7, 2.0, 15.0]),
)
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
def test_what_meets_a_window_has_one_of_its_cells(
    empty: Database, lon: float, lat: float, width: float, height: float, span: float
) -> None:
    shape = "st_makeenvelope(:w, :s, :e, :n, 4490)"
    given = {"w": lon, "s": lat, "e": lon + width, "n": lat + height}
    window = BBox(lon - span, lat - span, lon + width * 0.5, lat + height * 0.5)
    with empty.connect("owner") as connection:
        for stated in (True, False):
            row = connection.execute(text(f"select cell_keys({shape}, {stated}) as keys"), given).one()
            assert set(row.keys) & set(cells(window) or ())
            assert bool(set(row.keys) & set(cells(window, unstated=True) or ())) is not stated


def test_far_away_has_none_of_them(empty: Database) -> None:
    with empty.connect("owner") as connection:
        keys = connection.execute(text("select cell_keys(st_point(120, 30, 4490), false)")).scalar_one()
    assert not set(keys) & set(cells(BBox(113.0, 30.5, 113.1, 30.6)) or ())


@pytest.mark.parametrize("few", [-1, 6000])
def test_areas_find_what_lies_there(connection: Connection, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranking, "FEW_WITHIN", few)
    county = make.make_unit(connection, "甲县", make.square(113.0, 30.5, 0.2), level="county")
    town = make.make_unit(connection, "乙镇", make.square(113.1, 30.5, 0.05), parent_id=county)
    other = make.make_unit(connection, "丙县", make.square(114.0, 30.5, 0.2), level="county")
    make.make_place(connection, "石河村", 113.1, 30.5, unit_id=town)
    make.make_place(connection, "石河湾", 113.1, 30.5)
    make.make_place(connection, "石河寨", 113.1, 30.5, unit_id=other)  # counted to another county
    make.make_place(connection, "石河台", 120.0, 40.0, unit_id=county)
    make.make_place(connection, "石河口", 113.25, 30.5)  # in the cells, not in the county
    long = make.make_place(connection, "石河道", 113.1, 30.5)
    outline = text("update place set geom = st_geomfromtext('LINESTRING(112 30.5, 119 30.6)', 4490) where id = :id")
    connection.execute(outline, {"id": long})
    assert sorted(names(connection, "石河", unit=county)) == sorted(["石河村", "石河湾", "石河台", "石河道"])
    assert sorted(names(connection, "石河", unit=town)) == sorted(["石河村", "石河湾", "石河道"])
    assert set(names(connection, "石河", unit=other)) == {"石河寨", "石河道"}
    near = BBox(113.09, 30.49, 113.11, 30.52)
    assert set(names(connection, "shihe", bbox=near)) == {"石河村", "石河湾", "石河寨", "石河道"}
    assert set(names(connection, "石he", unit=county, bbox=near)) == {"石河村", "石河湾", "石河道"}
    assert set(names(connection, "", unit=county)) == {"石河村", "石河湾", "石河台", "石河道"}
    assert len(names(connection, "石河", bbox=BBox(-180, -85, 180, 85))) == 6


def test_a_name_moves_with_its_place_and_its_units(connection: Connection) -> None:
    province = make.make_unit(connection, "某省", make.square(100.0, 20.0, 1.0), level="province")
    county = make.make_unit(connection, "甲县", make.square(113.0, 30.5, 0.2), level="county")
    place = make.make_place(connection, "白湖村", 113.0, 30.5, unit_id=county)
    assert names(connection, "白湖", unit=province) == []
    connection.execute(text("update unit_version set parent_id = :p where unit_id = :c"), {"p": province, "c": county})
    assert names(connection, "白湖", unit=province) == ["白湖村"]
    connection.execute(text("update place set unit_id = :p where id = :id"), {"p": province, "id": place})
    assert names(connection, "白湖", unit=county) == []
    connection.execute(text("update place set geom = st_point(120, 40, 4490) where id = :id"), {"id": place})
    assert names(connection, "白湖", bbox=BBox(119.9, 39.9, 120.1, 40.1)) == ["白湖村"]
    assert names(connection, "白湖", bbox=BBox(112.9, 30.4, 113.1, 30.6)) == []
    kept = connection.execute(text("select version, areas from place_name where place_id = :id"), {"id": place}).one()
    assert kept.version == 1
    connection.execute(text("update place_name set areas = '{}' where place_id = :id"), {"id": place})
    assert (
        connection.execute(text("select areas from place_name where place_id = :id"), {"id": place}).scalar()
        == kept.areas
    )
