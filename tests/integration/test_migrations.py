"""Migrations go up and down, match the models, and leave PostGIS's own tables alone."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import alembic_config, current_revision, head_revision, migrate, prepare
from geoservice.errors import Conflict


def test_up_down_and_up_again(database: Database) -> None:
    with database.connect("owner") as connection:
        command.downgrade(alembic_config(connection), "base")
        left = connection.execute(text("select count(*) from pg_tables where schemaname = 'geoservice'")).scalar_one()
        assert left == 1  # Alembic's own
        assert connection.execute(text("select count(*) from spatial_ref_sys")).scalar_one() > 8000
    migrate(database)
    with database.connect("owner") as connection:
        assert current_revision(connection) == head_revision()


def test_models_and_migrations_agree(database: Database) -> None:
    with database.connect("owner") as connection:
        command.check(alembic_config(connection))


def test_a_newer_database_is_refused(database: Database) -> None:
    with database.connect("owner") as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(Conflict):
        migrate(database)


def test_preparing_twice_changes_nothing(database: Database, catalog: Catalog) -> None:
    def state() -> list[tuple[object, ...]]:
        with database.connect("reader") as connection:
            statement = "select 'type', code from facility_type union all select 'service', id from service_standard"
            return sorted(tuple(row) for row in connection.execute(text(statement)))

    before = state()
    prepare(database, catalog)
    assert state() == before
    assert ("type", "nursing_home") in before


@pytest.mark.parametrize(
    ("role", "statement", "allowed"),
    [
        ("reader", "select count(*) from facility", True),
        ("reader", "delete from facility", False),
        ("application", "delete from coverage_run", False),
        ("application", "delete from import_batch", False),
        ("application", "delete from session", True),
        ("application", "drop table facility", False),
        ("application", "alter table facility add column x int", False),
        ("application", "update alembic_version set version_num = 'x'", False),
        ("owner", "alter table facility add column x int", True),
    ],
)
def test_roles_have_their_rights_and_no_more(database: Database, role: str, statement: str, allowed: bool) -> None:
    from geoservice.errors import Unavailable

    def run() -> None:
        with database.connect(role) as connection:  # type: ignore[arg-type]
            connection.execute(text(statement))

    if allowed:
        run()
    else:
        with pytest.raises(Unavailable, match=r"must be owner|permission denied|read-only"):
            run()


BAD_ROWS = [
    (
        "unit_code",
        "(unit_id, system, edition, code) values (1, 'mca', 'x', '1'), (1, 'mca', 'y', '../etc')",
        "code_form",
    ),
    (
        "unit_version",
        (
            "(unit_id, level, name, source, valid_from, valid_to) values"
            " (1, 'county', '天门县', 's', null, '1987-01-01'), (1, 'county', '天门市', 's', '1986-01-01', null)"
        ),
        "ex_unit_version_validity",
    ),
    ("unit_version", "(unit_id, level, name, source) values (1, 'village', '村', 's')", "level_known"),
    ("unit_version", "(unit_id, level, name, source) values (1, 'county', ' 天门', 's')", "name_given"),
    (
        "unit_version",
        "(unit_id, level, name, source, classification, published) values (1, 'county', 'a', 's', 'internal', true)",
        "published_is_public",
    ),
    (
        "facility",
        "(key, type, name, geom) values ('a', 'nursing_home', 'a', 'SRID=4490;POINT(200 30)')",
        "geom_on_earth",
    ),
    ("facility", "(key, type, name, geom) values ('a', 'nothing', 'a', 'SRID=4490;POINT(113 30)')", "fk_facility_type"),
    (
        "population_cell",
        "(source_id, key, population, geom) values (1, 'a', 1, 'SRID=4490;MULTIPOLYGON(((0 0,1 1,1 0,0 1,0 0)))')",
        "geom_valid",
    ),
    ("community", "(name, class) values ('村', 'city')", "class_known"),
    ("community", "(name, population, population_60) values ('村', 10, 11)", "ages_within"),
    (
        "road",
        (
            "(key, class, modes, oneway, node_ids, geom) values"
            " ('r', 'x', '{walk}', 'maybe', '{1,2}', 'SRID=4490;LINESTRING(0 0,1 1)')"
        ),
        "oneway_known",
    ),
]


@pytest.mark.parametrize(("table", "values", "constraint"), BAD_ROWS)
def test_the_database_itself_refuses(database: Database, table: str, values: str, constraint: str) -> None:
    from sqlalchemy.exc import IntegrityError

    with database.connect("owner") as connection:
        connection.execute(text("insert into unit (id) values (1)"))
    with pytest.raises(IntegrityError, match=constraint), database.connect("owner") as connection:
        connection.execute(text(f"insert into {table} {values}"))


def test_geometry_of_another_system_is_refused(database: Database) -> None:
    from sqlalchemy.exc import DBAPIError

    statement = "insert into facility (key, type, name, geom) values ('a', 'nursing_home', 'a', 'SRID=4326;POINT(1 1)')"
    with pytest.raises(DBAPIError, match="SRID"), database.connect("owner") as connection:
        connection.execute(text(statement))
