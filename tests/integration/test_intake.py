"""What a request may bring and how often: size and time of a body, requests a minute, whom a proxy speaks for."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.api.identity import COOKIE
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import ServerSettings, Settings
from tests.conftest import serving
from tests.people import PASSWORD, add_person, hold_session


def client(
    settings: Settings, catalog: Catalog, database: Database, host: str = "192.0.2.7", **server: object
) -> TestClient:
    given = Settings(settings.state, settings.database, ServerSettings(**server), settings.imports, settings.audit)
    app = create_app(given, catalog=catalog, database=database)
    return TestClient(app, base_url="http://127.0.0.1:8000", client=(host, 50000))


# -- bodies -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def strict(database: Database, catalog: Catalog, settings: Settings) -> Iterator[tuple[str, int]]:
    """Address and port of a service that takes 4 KB within half a second."""
    server = ServerSettings(body_max_kb=4, body_timeout_s=0.5)
    given = Settings(settings.state, settings.database, server, settings.imports, settings.audit)
    with serving(database, catalog, given) as address:
        parts = urlsplit(address)
        assert parts.hostname
        assert parts.port
        yield parts.hostname, parts.port


HEAD = "POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def talk(address: tuple[str, int], *sent: bytes) -> tuple[int, dict[str, object], str]:
    """Sends pieces as they are; status, body and headers of the answer."""
    with socket.create_connection(address, timeout=20) as connection:
        for piece in sent:
            connection.sendall(piece)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
            head, _, body = answer.partition(b"\r\n\r\n")
            if body.endswith(b"}"):
                break
    return int(head.split()[1]), json.loads(body), head.decode().lower()


def test_a_body_that_says_it_is_too_large_is_not_read(strict: tuple[str, int]) -> None:
    status, body, head = talk(strict, f"{HEAD}Content-Length: 5000000000\r\n\r\n".encode(), b'{"name"')
    assert (status, body["code"]) == (413, "api.body-too-large")
    assert "connection: close" in head
    assert "x-request-id" in head


def test_a_body_that_turns_out_too_large_is_cut_off(strict: tuple[str, int]) -> None:
    piece = b"400\r\n" + b" " * 1024 + b"\r\n"
    status, body, _ = talk(strict, f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode(), *[piece] * 5)
    assert (status, body["code"]) == (413, "api.body-too-large")


def test_a_body_that_does_not_come_is_not_waited_for(strict: tuple[str, int]) -> None:
    status, body, _ = talk(strict, f"{HEAD}Content-Length: 100\r\n\r\n".encode(), b'{"name":')
    assert (status, body["code"]) == (408, "api.body-too-slow")


def test_a_body_within_the_limits_is_read(strict: tuple[str, int]) -> None:
    given = json.dumps({"name": "x" * 100, "password": "y" * 900}).encode()
    status, body, _ = talk(strict, f"{HEAD}Content-Length: {len(given)}\r\n\r\n".encode(), given[:500], given[500:])
    assert (status, body["code"]) == (401, "access.wrong")


# -- how often --------------------------------------------------------------------------------------------------------


def test_an_address_may_ask_so_often(settings: Settings, catalog: Catalog, database: Database) -> None:
    web = client(settings, catalog, database, address_requests_min=5)
    statuses = [web.get("/api/session").status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    refused = web.get("/api/session", headers={"X-Forwarded-For": "198.51.100.9"})
    assert refused.status_code == 429
    assert refused.json()["code"] == "access.too-many-requests"
    assert int(refused.headers["retry-after"]) > 0
    assert web.get("/static/css/tokens.css").status_code == 200


def test_wrong_tokens_count_too(settings: Settings, catalog: Catalog, database: Database) -> None:
    web = client(settings, catalog, database, address_requests_min=3)
    statuses = [web.get("/api/session", headers={"Authorization": f"Bearer gs_{n}"}).status_code for n in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_an_account_counts_for_itself_wherever_it_is(settings: Settings, catalog: Catalog, database: Database) -> None:
    people = [add_person(database, name) for name in ("li", "wang")]
    web = client(settings, catalog, database, address_requests_min=2, account_requests_min=4)
    for account in people:
        web.cookies.set(COOKIE, hold_session(database, account).cookie)
        assert [web.get("/api/session").status_code for _ in range(5)] == [200] * 4 + [429]
        web.cookies.clear()


# -- whom a proxy speaks for ------------------------------------------------------------------------------------------


def test_only_a_trusted_proxy_is_believed(settings: Settings, catalog: Catalog, database: Database) -> None:
    """Each address has its own count only where the one that names it is trusted."""

    def statuses(host: str) -> list[int]:
        web = client(settings, catalog, database, host, address_requests_min=1, trusted_proxies="10.0.0.0/8, 192.0.2.1")
        return [
            web.get("/api/session", headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code
            for number in range(3)
        ]

    assert statuses("192.0.2.1") == statuses("10.3.2.1") == [200, 200, 200]
    assert statuses("192.0.2.2") == [200, 429, 429]


def test_what_a_visitor_writes_before_the_proxy_is_not_believed(
    settings: Settings, catalog: Catalog, database: Database
) -> None:
    web = client(settings, catalog, database, "10.0.0.1", address_requests_min=1, trusted_proxies="10.0.0.1")
    statuses = [
        web.get("/api/session", headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.5"}).status_code
        for number in range(2)
    ]
    assert statuses == [200, 429]


@pytest.mark.parametrize(("host", "secure"), [("10.0.0.1", True), ("192.0.2.2", False)])
def test_https_at_the_proxy_makes_the_cookie_secure(
    settings: Settings, catalog: Catalog, database: Database, host: str, *, secure: bool
) -> None:
    add_person(database, "li")
    web = client(settings, catalog, database, host, trusted_proxies="10.0.0.1")
    answer = web.post("/api/session", json={"name": "li", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200
    assert ("Secure" in answer.headers["set-cookie"]) is secure
