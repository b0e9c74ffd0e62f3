"""Every route of a record x every role x own and other township x published and not, read from the description."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.roles import Role
from geoservice.access.sealing import sealing
from geoservice.access.verifying import Finding, verify
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

# Parameters of paths that name a record of a township, with its table; and those that name no such record.
RECORDS = {
    "facility_id": ("facility", "id", "unit_id"),
    "community_id": ("community", "id", "unit_id"),
    "place_id": ("place", "id", "unit_id"),
    "unit_id": ("unit_version", "unit_id", "unit_id"),
}
OTHERS = {
    "run_id",
    "job_id",
    "token_id",
    "name",
    "lang",
    "layer",
    "z",
    "x",
    "y",
    "table",
    "upload_id",
    "plan_id",
    "batch_id",
    "check",
    "case_id",
    "name_id",
    "opinion_id",
    "material",
    "document",
    "collection_id",
    "feature_id",
    "set_id",
    "matrix",
    "row",
    "column",
    "scenario_id",
    "answer_id",
    "process_id",
}
# The history of any of them.
HISTORY = "/api/history/{table}/{record_id}"
FOR_STAFF = {HISTORY, "/api/names/bearers/{place_id}"}
ROLES = [role.value for role in Role if role != Role.ADMINISTRATOR]


@pytest.fixture(scope="module")
def own(county: Database) -> int:
    with county.connect("owner") as connection:
        return connection.execute(
            text("select unit_id from place where unit_id is not null order by unit_id limit 1")
        ).scalar_one()


@pytest.fixture(scope="module")
def records(county: Database, own: int) -> dict[str, dict[tuple[bool, bool], int]]:
    """Of each kind four records, by whether they lie in the own township and whether they are published."""
    found: dict[str, dict[tuple[bool, bool], int]] = {}
    with county.connect("owner") as connection:
        for name, (table, key, unit) in RECORDS.items():
            found[name] = {}
            for mine in (True, False):
                where = (
                    f"{unit} {'=' if mine else '<>'} :own and level = 'township'" if table == "unit_version" else None
                )
                where = where or f"{unit} {'=' if mine else '<>'} :own"
                ids = connection.execute(
                    text(f"select {key} from {table} where {where} order by {key} limit 2"), {"own": own}
                ).scalars()
                pair = list(ids)
                found[name] |= {(mine, True): pair[0], (mine, False): pair[-1]}
            for (mine, published), number in found[name].items():
                # A township is one record: its own is hidden, the other is not.
                if table == "unit_version" and mine and published:
                    continue
                level = "public" if published else "internal"
                connection.execute(
                    text(f"update {table} set published = :p, classification = :c where {key} = :id"),
                    {"p": published, "c": level, "id": number},
                )
    return found


@pytest.fixture(scope="module")
def app(county: Database, records: object, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def clients(app: FastAPI, county: Database, own: int) -> dict[str, TestClient]:
    def made() -> TestClient:
        return TestClient(app, base_url="http://127.0.0.1:8000")

    found = {"public": made()}
    for role in ROLES:
        found[role] = signed_in(made(), county, role, name=role)
        found[f"{role} of one"] = signed_in(made(), county, role, name=f"{role}.one", units=[own])
    return found


def paths(app: FastAPI) -> list[str]:
    return [path for path, methods in app.openapi()["paths"].items() if "get" in methods and "{" in path]


def test_no_route_of_records_is_forgotten(app: FastAPI) -> None:
    named = {name for path in app.openapi()["paths"] for name in re.findall(r"{(\w+)}", path)}
    assert named == set(RECORDS) | OTHERS | {"record_id"}


@pytest.mark.parametrize("who", ["public", *(f"{role}{part}" for role in ROLES for part in ("", " of one"))])
def test_each_sees_what_it_may(
    app: FastAPI, clients: dict[str, TestClient], records: dict[str, dict[tuple[bool, bool], int]], who: str
) -> None:
    web = clients[who]
    asked = 0
    for path in paths(app):
        (last, *more) = reversed(re.findall(r"{(\w+)}", path))
        kinds = list(RECORDS) if path == HISTORY else [last]
        if (more and path != HISTORY) or not set(kinds) <= set(RECORDS):
            continue
        for kind in kinds:
            table = RECORDS[kind][0]
            if path == HISTORY and table == "unit_version":
                continue
            for (mine, published), number in records[kind].items():
                if kind == "unit_id" and mine and published:
                    continue
                seen = published or (who != "public" and (mine or not who.endswith("of one")))
                concrete = path.replace("{table}", table).replace("{" + last + "}", str(number))
                status = web.get(concrete).status_code
                expected = 401 if path in FOR_STAFF and who == "public" else 200 if seen else 404
                assert status == expected, (who, concrete, mine, published)
                asked += 1
    assert asked > 20


def test_two_hundred_changes_of_the_same_accounts_land_once_or_are_told(
    app: FastAPI, county: Database, settings: Settings, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each starts from the version that it has read; whoever lands raises it by one, everybody else is told 412."""
    heads = tmp_path_factory.mktemp("audit") / "heads.jsonl"
    address = "http://127.0.0.1:8000"
    manager = signed_in(TestClient(app, base_url=address), county, "administrator", name="manager")
    names = [f"target{number}" for number in range(4)]
    for name in names:
        assert manager.post("/api/accounts", json={"name": name, "grants": ["viewer"]}).status_code == 201
    begun = {name: manager.get(f"/api/accounts/{name}").json()["version"] for name in names}
    headers = dict(manager.headers)

    def change(number: int) -> tuple[str, int]:
        name = names[number % len(names)]
        web = TestClient(app, base_url=address, headers=headers)
        tag = web.get(f"/api/accounts/{name}").headers["etag"]
        role = ("viewer", "clerk", "reviewer")[number % 3]
        return name, web.patch(f"/api/accounts/{name}", json={"grants": [role]}, headers={"If-Match": tag}).status_code

    with sealing(county, heads, 0.05), ThreadPoolExecutor(16) as pool:
        done = list(pool.map(change, range(200)))
    assert {status for _, status in done} == {200, 412}
    landed = {name: sum(status == 200 for one, status in done if one == name) for name in names}
    for name in names:
        assert manager.get(f"/api/accounts/{name}").json()["version"] - begun[name] == landed[name]
    told: list[Finding] = []
    with county.connect("owner") as connection:
        verify(connection, heads, lambda *_: None, told.append)
    assert told == []
