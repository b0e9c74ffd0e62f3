"""Where no superuser marks the operators, the public reads views: the same rows, through indexes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, select, text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import PUBLIC
from geoservice.database.engine import PUBLISHED, Database
from geoservice.database.leakproof import LEAKPROOF, mark
from geoservice.database.models import Base, Facility
from geoservice.database.prepare import prepare
from geoservice.database.published import prepare_views
from geoservice.settings import DatabaseSettings, Settings
from tests.integration.test_policies import HOT
from tests.people import signed_in

HIDE = (
    "update facility set published = false, classification = 'internal' where id % 3 = 0",
    "update place set published = false where id % 5 = 0",
    "update community set published = false, classification = 'internal' where id % 7 = 0",
    "update road set published = false where id % 11 = 0",
    "update unit_version set published = false where id % 4 = 0 and level = 'township'",
)
ADDRESSES = (
    "/api/map",
    "/api/units?level=township",
    "/api/facilities?limit=10000",
    "/api/communities?limit=10000",
    "/api/place-names?q=天门",
    "/api/runs",
    "/api/runs/1/units?service=life_circle&type=community_service_centre",
    "/api/runs/1/communities?service=life_circle&type=community_service_centre",
    "/api/runs/1/circles?service=life_circle&type=community_service_centre",
    "/tiles/facilities/8/208/105.mvt",
    "/tiles/roads/10/834/421.mvt",
    "/api/indicators",
    "/api/coverage/forms?form=rings&service=life_circle&type=community_service_centre",
    "/ogc/collections/places/items/2",
    "/ogc/collections/communities/items/2",
    "/readyz",
)


@pytest.fixture(scope="module")
def plain(sample_database: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    """The sample with hidden records, in a database whose operators nobody has marked."""
    made = new_database(sample_database)
    with made.connect("owner") as connection:
        for statement in HIDE:
            connection.execute(text(statement))
    yield made
    made.dispose()


def unmark(database: Database) -> None:
    with database.connect("superuser") as connection:
        for function in LEAKPROOF:
            connection.execute(text(f"alter function {function} not leakproof"))
    prepare_views(database)


def counted(database: Database, schema: str) -> dict[str, int | None]:
    """Rows that the public sees of each table; None where it may not even ask."""
    found: dict[str, int | None] = {}
    for table in Base.metadata.tables.values():
        with database.connect("application") as connection:
            may = connection.execute(
                text("select has_table_privilege(:name, 'select')"), {"name": f"geoservice.{table.name}"}
            ).scalar_one()
            count = text(f"select count(*) from {schema}.{table.name}")
            found[table.name] = connection.execute(count).scalar_one() if may else None
    return found


def test_answers_are_the_same_in_both_forms(plain: Database, settings: Settings, catalog: Catalog) -> None:
    def asked() -> dict[str, tuple[int, bytes]]:
        web = TestClient(create_app(settings, catalog=catalog, database=plain), base_url="http://127.0.0.1:8000")
        answers = {address: web.get(address) for address in ADDRESSES}
        assert {one.status_code for one in answers.values()} == {200}
        assert answers["/readyz"].json()["policies"]["form"] == form
        return {address: (one.status_code, one.content) for address, one in answers.items() if address != "/readyz"}

    form = "marked"
    before, rows = asked(), counted(plain, "geoservice")
    unmark(plain)
    form = "views"
    assert asked() == before
    assert counted(plain, PUBLISHED) == counted(plain, "geoservice") == rows
    staff = signed_in(
        TestClient(create_app(settings, catalog=catalog, database=plain), base_url="http://127.0.0.1:8000"),
        plain,
        "viewer",
    )
    with plain.connect("owner") as connection:
        hidden = connection.execute(text("select min(id) from facility where not published")).scalar_one()
    assert staff.get(f"/api/facilities/{hidden}").status_code == 200


@pytest.mark.parametrize("question", HOT)
def test_the_public_has_its_indexes(plain: Database, question: str) -> None:
    unmark(plain)
    with plain.connect(actor=PUBLIC) as connection:
        connection.execute(text("set local enable_seqscan = off"))
        plan = "\n".join(connection.execute(text(f"explain {HOT[question]}")).scalars())
    hot = HOT[question].split(" from ")[1].split()[0]
    assert f"Seq Scan on {hot}" not in plan, plan
    assert "Index" in plan


def test_a_login_that_is_no_superuser_prepares_a_database(
    template: Database, settings: Settings, catalog: Catalog
) -> None:
    """Another server's administrator gives a database, extensions and a login, and no more."""
    maintenance = create_engine(template.url("superuser").set(database="postgres"), isolation_level="AUTOCOMMIT")
    with maintenance.connect() as connection:
        for statement in (
            "create role civil login password 'long enough' nosuperuser",
            "grant geoservice_owner, geoservice_app, geoservice_reader to civil",
            "create database given owner civil",
        ):
            connection.execute(text(statement))
    extended = create_engine(template.url("superuser").set(database="given"))
    with extended.begin() as connection:
        for extension in ("postgis", "pg_trgm", "btree_gist"):
            connection.execute(text(f"create extension {extension}"))
    extended.dispose()
    url = template.url("superuser").set(database="given", username="civil", password="long enough")
    given = DatabaseSettings(database_url=url.set(drivername="postgresql").render_as_string(hide_password=False))
    database = Database(Settings(settings.state, given, settings.server, settings.imports, settings.audit))
    try:
        for _ in range(2):
            prepare(database, catalog)
        web = TestClient(create_app(database.settings, catalog=catalog, database=database))
        assert web.get("/readyz").json()["policies"] == {"form": "views", "indexed": False}
        assert web.get("/api/facilities").json()["items"] == []
        signed_in(web, database, "viewer")
        assert web.get("/api/facilities").json()["items"] == []
    finally:
        database.dispose()
        with maintenance.connect() as connection:
            connection.execute(text("drop database given with (force)"))
            connection.execute(text("drop role civil"))
        maintenance.dispose()


def test_nobody_writes_through_the_views(plain: Database) -> None:
    unmark(plain)
    with plain.connect("owner") as connection:
        names = connection.execute(
            text(
                "select table_name from information_schema.role_table_grants where table_schema = :schema"
                " and grantee = 'geoservice_app' and privilege_type <> 'SELECT'"
            ),
            {"schema": PUBLISHED},
        ).all()
    assert names == []


def test_the_views_go_when_the_operators_are_marked(plain: Database) -> None:
    unmark(plain)
    with plain.connect("application") as connection:
        assert PUBLISHED in str(connection.execute(text("select current_setting('search_path')")).scalar_one())
        assert connection.execute(select(Facility.id).limit(1)).scalar_one()
    mark(plain)
    prepare_views(plain)
    with plain.connect("application") as connection:
        assert PUBLISHED not in str(connection.execute(text("select current_setting('search_path')")).scalar_one())
        assert connection.execute(text(f"select to_regnamespace('{PUBLISHED}')")).scalar_one() is None
