"""Every route asks for a permission, and lets those through who have it: read from the service's own description."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from geoservice.access.roles import GRANTS, Permission, Role
from geoservice.api.app import create_app, routes
from geoservice.api.permits import permission_of
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

METHODS = ("get", "post", "put", "patch", "delete")
AUDIENCES = ["public", *Role]


@pytest.fixture(scope="module")
def app(
    sample_database: Database, new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> FastAPI:
    return create_app(settings, catalog=catalog, database=new_database(sample_database))


@pytest.fixture(scope="module")
def clients(app: FastAPI) -> dict[str, TestClient]:
    def made() -> TestClient:
        # As the operator: measurements are for addresses, not for accounts.
        return TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 50000))

    database = app.state.services.database
    return {"public": made()} | {role.value: signed_in(made(), database, role.value, name=role.value) for role in Role}


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    described = app.openapi()["paths"]
    return [
        (method, path, operation)
        for path, methods in described.items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_every_route_says_what_it_asks_for(app: FastAPI) -> None:
    assert len(routes()) > 40
    for route in routes():
        assert permission_of(route) is not None, route.path
    for method, path, operation in operations(app):
        assert operation["x-permission"] in set(Permission), f"{method} {path} declares no permission"


def test_nobody_chooses_how_a_change_is_looked_at(app: FastAPI) -> None:
    named = {one["name"] for _, _, operation in operations(app) for one in operation.get("parameters", [])}
    assert "limit" in named
    assert not named & {"media_type", "media_types", "permission"}


def test_changes_are_for_somebody_who_is_known(app: FastAPI) -> None:
    open_ = {
        (method, path) for method, path, one in operations(app) if method != "get" and one["x-permission"] == "public"
    }
    # A question about a polygon is sent as a body, and changes nothing.
    assert open_ == {("post", "/api/session"), ("delete", "/api/session"), ("post", "/api/runs/{run_id}/polygon")}


def allowed(audience: str, permission: Permission) -> bool:
    """By the table of roles, written out once more."""
    if permission == Permission.PUBLIC:
        return True
    if audience == "public":
        return False
    return permission == Permission.SIGNED_IN or permission in GRANTS[Role(audience)]


@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_audience_passes_where_it_may_and_nowhere_else(
    app: FastAPI, clients: dict[str, TestClient], audience: str
) -> None:
    web = clients[audience]
    for method, path, operation in operations(app):
        if path == "/api/session" and method != "get":
            continue
        concrete = path
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "path":
                concrete = concrete.replace("{" + parameter["name"] + "}", "1")
        body = {} if method == "get" else {"json": {"nonsense": 1}}
        status = web.request(method, concrete, **body).status_code  # type: ignore[arg-type]
        permission = Permission(operation["x-permission"])
        refused = 401 if audience == "public" else 403
        if allowed(audience, permission):
            assert status not in (401, 403), f"{method} {path} refuses {audience}"
        else:
            assert status == refused, f"{method} {path} answers {audience} with {status}"
        assert status < 500, f"{method} {path} fails for {audience}"


def test_the_description_names_the_statuses_of_refusals(app: FastAPI) -> None:
    for method, path, operation in operations(app):
        assert "4XX" in operation["responses"], f"{method} {path}"
