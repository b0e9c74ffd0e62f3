"""The whole service against its own description: nothing fails, no status that is not declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as how
from starlette.testclient import TestClient

from geoservice.access.roles import GRANTS, Permission, Role
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import add_person, hold_session

# These would end the session that asks.
LEFT_OUT = {("delete", "/api/session"), ("put", "/api/session/password"), ("post", "/api/session")}
# Answers that take seconds each.
DEAR = ("/api/coverage/", "/report", "/indicators")
BASE = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def app(
    sample_database: Database, new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> FastAPI:
    return create_app(settings, catalog=catalog, database=new_database(sample_database))


def declared(operation: Any) -> set[str]:
    return {str(status).upper() for status in operation.definition.raw["responses"]}


def _may(operation: Any, who: str) -> bool:
    asked = Permission(operation.definition.raw["x-permission"])
    if asked == Permission.PUBLIC or who == "public":
        return asked == Permission.PUBLIC
    return asked == Permission.SIGNED_IN or asked in GRANTS[Role(who)]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["public", Role.VIEWER, Role.ADMINISTRATOR])
def test_nothing_fails_and_every_status_is_declared(app: FastAPI, who: str) -> None:
    database = app.state.services.database
    held = {} if who == "public" else hold_session(database, add_person(database, str(who), str(who))).headers
    web = TestClient(app, base_url=BASE, follow_redirects=False, raise_server_exceptions=False)
    described = schemathesis.openapi.from_dict(app.openapi())
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 40
    answered = {}
    for operation in operations:
        if (operation.method.lower(), operation.path) not in LEFT_OUT:
            answered[operation.label] = _ask(web, operation, held)
    # It is no contract with a wall: many resources that are open to who asks have answered with something.
    open_ = [
        answered[operation.label] for operation in operations if operation.label in answered and _may(operation, who)
    ]
    assert sum(200 in found for found in open_) > len(open_) / 3, answered


def _ask(web: TestClient, operation: Any, held: dict[str, str]) -> set[int]:
    """Asks an operation in many ways; the statuses of its answers."""
    met: set[int] = set()
    statuses = declared(operation)

    @how(
        max_examples=2 if any(part in operation.path for part in DEAR) else 10,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def asked(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=BASE)
        names = ("params", "json", "data", "content")
        body = {name: sent[name] for name in names if sent.get(name) is not None}
        if isinstance(body.get("data"), (str, bytes)):
            body["content"] = body.pop("data")
        headers = {name: value for name, value in dict(sent.get("headers") or {}).items() if name.lower() != "cookie"}
        answer = web.request(sent["method"], sent["url"], headers={**headers, **held}, **body)
        met.add(answer.status_code)
        told = f"{operation.label} {answer.status_code} {answer.text[:300]}"
        assert answer.status_code < 500, told
        assert {str(answer.status_code), f"{answer.status_code // 100}XX", "DEFAULT"} & statuses, told

    asked()
    return met
