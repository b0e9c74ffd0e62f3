"""Accounts tied to an identity at the provider: by an administrator's mark and in no other way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access import accounts, linking, sessions
from geoservice.access.links import link_of
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.errors import BadInput, Conflict, NotFound
from geoservice.settings import ProviderSettings, Settings
from tests.people import PASSWORD, add_person, hold_session, signed_in

ISSUER = "https://id.example.gov.cn/realms/minzheng"


@pytest.fixture
def web(database: Database, settings: Settings, catalog: Catalog) -> Callable[[bool], TestClient]:
    def made(offered: bool) -> TestClient:
        provider = ProviderSettings(oidc_issuer=ISSUER, oidc_client_id="geoservice") if offered else None
        given = Settings(settings.state, settings.database, settings.server, audit=settings.audit, provider=provider)
        app = create_app(given, catalog=catalog, database=database)
        return TestClient(app, base_url="http://127.0.0.1:8000")

    return made


def test_an_account_is_linked_once_by_its_name_where_it_was_marked(database: Database) -> None:
    li, wang = add_person(database, "li"), add_person(database, "wang")
    held = hold_session(database, li)
    with database.connect(actor=SYSTEM) as connection:
        assert linking.account_of(connection, ISSUER, "s-1", "li") is None
        linking.link(connection, li, ISSUER)
        assert sessions.find(connection, held.cookie) is None
        found = link_of(connection, li)
        assert found is not None
        assert (found.state, found.subject) == ("waiting", None)
        for issuer, name in (("https://other.example", "li"), (ISSUER, "wang"), (ISSUER, "ｌｉ"), (ISSUER, None)):
            assert linking.account_of(connection, issuer, "s-1", name) is None
        assert linking.account_of(connection, ISSUER, "s-1", "LI") == li
        # From now on the subject decides, whatever its name and whoever else has that name.
        assert linking.account_of(connection, ISSUER, "s-1", "wang") == li
        assert linking.account_of(connection, ISSUER, "s-2", "li") is None
        linking.link(connection, wang, ISSUER)
        assert linking.account_of(connection, ISSUER, "s-1", "wang") == li
        with pytest.raises(Conflict) as caught:
            linking.link(connection, li, ISSUER, "s-3")
        assert caught.value.code == "access.already-linked"
        with pytest.raises(Conflict) as caught:
            linking.link(connection, wang, ISSUER, "s-1")
        assert caught.value.code == "access.subject-taken"


def test_a_mark_lapses(database: Database) -> None:
    li = add_person(database, "li")
    with database.connect(actor=SYSTEM) as connection:
        linking.link(connection, li, ISSUER)
    with database.connect("owner") as connection:
        connection.execute(text("update account_link set marked_at = now() - interval '31 days'"))
    with database.connect(actor=SYSTEM) as connection:
        assert linking.account_of(connection, ISSUER, "s-1", "li") is None
        found = link_of(connection, li)
        assert found is not None
        assert found.state == "lapsed"
        linking.link(connection, li, ISSUER)
        assert linking.account_of(connection, ISSUER, "s-1", "li") == li


def test_an_account_that_is_not_let_in_is_neither_found_nor_linked(database: Database) -> None:
    li = add_person(database, "li")
    with database.connect(actor=SYSTEM) as connection:
        linking.link(connection, li, ISSUER)
        accounts.set_active(connection, li, active=False)
        assert linking.account_of(connection, ISSUER, "s-1", "li") is None
        accounts.set_active(connection, li, active=True)
        assert linking.account_of(connection, ISSUER, "s-1", "li") == li
        accounts.set_active(connection, li, active=False)
        assert linking.account_of(connection, ISSUER, "s-1", "li") is None


def test_a_linked_account_has_no_password_until_it_is_set_free(database: Database) -> None:
    li = add_person(database, "li")
    with database.connect(actor=SYSTEM) as connection:
        linking.link(connection, li, ISSUER)
        # Only marked, it comes in as before.
        assert accounts.authenticate(connection, "li", PASSWORD) == li
        assert linking.account_of(connection, ISSUER, "s-1", "li") == li
        assert accounts.authenticate(connection, "li", PASSWORD) is None
        for refused in (
            lambda: accounts.reset_password(connection, li),
            lambda: accounts.change_password(connection, li, PASSWORD, "some other long words"),
        ):
            with pytest.raises(Conflict) as caught:
                refused()
            assert caught.value.code == "access.linked"
        linking.unlink(connection, li)
        assert accounts.authenticate(connection, "li", PASSWORD) == li
        with pytest.raises(NotFound):
            linking.unlink(connection, li)


def test_who_the_provider_knows_need_not_choose_a_password(database: Database) -> None:
    with database.connect(actor=SYSTEM) as connection:
        accounts.add(connection, "li")
        li = accounts.account(connection, "li").id
        assert accounts.must_change(connection, li)
        linking.link(connection, li, ISSUER, "s-1")
        assert not accounts.must_change(connection, li)
        linking.unlink(connection, li)
        assert accounts.must_change(connection, li)


@pytest.mark.parametrize("subject", ["", " ", "x" * 256, "a\nb", " a"])
def test_what_is_no_subject_is_refused(database: Database, subject: str) -> None:
    li = add_person(database, "li")
    with database.connect(actor=SYSTEM) as connection, pytest.raises(BadInput):
        linking.link(connection, li, ISSUER, subject)


def test_administrators_link_and_set_free_over_http(database: Database, web: Callable[[bool], TestClient]) -> None:
    chief = signed_in(web(True), database, "administrator", name="chief")
    add_person(database, "li")
    tag = chief.get("/api/accounts/li").headers["etag"]
    assert chief.put("/api/accounts/li/link", json={}).status_code == 428
    marked = chief.put("/api/accounts/li/link", json={}, headers={"If-Match": tag})
    assert (marked.status_code, marked.json()["link"]["state"]) == (200, "waiting")
    assert chief.put("/api/accounts/li/link", json={}, headers={"If-Match": tag}).status_code == 412
    tag = marked.headers["etag"]
    linked = chief.put("/api/accounts/li/link", json={"subject": "f:1:li"}, headers={"If-Match": tag})
    assert (linked.json()["link"]["state"], linked.json()["link"]["subject"]) == ("linked", "f:1:li")
    tag = linked.headers["etag"]
    reset = chief.post("/api/accounts/li/password", json={}, headers={"If-Match": tag})
    assert (reset.status_code, reset.json()["code"]) == (409, "access.linked")
    freed = chief.request("DELETE", "/api/accounts/li/link", json={}, headers={"If-Match": tag})
    assert (freed.status_code, freed.json()["link"]) == (200, None)
    with database.connect("owner") as connection:
        trail = connection.execute(
            text("select actor, action from audit_entry where table_name = 'account_link' order by id")
        ).all()
    assert trail == [("chief", "insert"), ("chief", "update"), ("chief", "delete")]


def test_without_a_provider_nothing_is_linked(database: Database, web: Callable[[bool], TestClient]) -> None:
    chief = signed_in(web(False), database, "administrator", name="chief")
    answer = chief.put("/api/accounts/chief/link", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "access.no-provider")


def test_a_sign_in_is_recorded_in_the_name_of_the_account(
    database: Database, web: Callable[[bool], TestClient]
) -> None:
    add_person(database, "li")
    assert web(False).post("/api/session", json={"name": "li", "password": PASSWORD}).status_code == 200
    with database.connect("owner") as connection:
        entry = connection.execute(text("select actor, after from audit_entry where action = 'login'")).one()
    assert entry == ("li", {"account": "li", "how": "password"})
