"""Signing in and what must fail: guessing, fixation, forged changes, replayed tokens, accounts that are gone."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from geoservice.access import accounts, passwords
from geoservice.access.accounts import MOST_FAILURES
from geoservice.access.roles import Role
from geoservice.api.app import create_app
from geoservice.api.identity import COOKIE
from geoservice.api.logs import JsonLines
from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.database.models.access import ROLES
from geoservice.errors import BadInput, Conflict
from geoservice.settings import ServerSettings, Settings
from tests.people import PASSWORD, add_person, hold_session, signed_in

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def browser(database: Database, settings: Settings, catalog: Catalog) -> Callable[[], TestClient]:
    """Makes a client with cookies of its own, all of one server."""
    app = create_app(settings, catalog=catalog, database=database)
    return lambda: TestClient(app, base_url=BASE)


def sign_in(web: TestClient, name: str = "li", password: str = PASSWORD) -> dict[str, object]:
    answer = web.post("/api/session", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    web.headers["X-Form-Key"] = str(found["form_key"])
    return found


def test_roles_of_tables_and_program_are_the_same() -> None:
    assert set(ROLES) == set(Role)


def test_one_signs_in_and_out(database, browser):
    add_person(database, "li", "planner")
    web = browser()
    assert web.get("/api/session").json()["account"] is None
    found = sign_in(web, " LI ")
    assert (found["account"], found["roles"], found["must_change"]) == ("li", ["planner"], False)
    assert found["may"] == ["public", "signed-in", "read", "compute"]
    cookie = web.cookies[COOKIE]
    assert web.request("DELETE", "/api/session", json={}).json()["account"] is None
    web.cookies.set(COOKIE, cookie)
    assert web.get("/api/session").json()["account"] is None


def test_the_cookie_is_kept_from_scripts_and_other_sites(database, browser, settings, catalog):
    add_person(database, "li")
    given = browser().post("/api/session", json={"name": "li", "password": PASSWORD}).headers["set-cookie"]
    assert "HttpOnly" in given
    assert "SameSite=lax" in given
    assert "Secure" not in given
    behind = Settings(settings.state, settings.database, ServerSettings(behind_tls=True), settings.imports)
    web = TestClient(create_app(behind, catalog=catalog, database=database), base_url="https://127.0.0.1")
    assert "Secure" in web.post("/api/session", json={"name": "li", "password": PASSWORD}).headers["set-cookie"]


def test_nothing_tells_whether_an_account_exists(database, browser):
    add_person(database, "li")
    gone = add_person(database, "gone")
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_active(connection, gone, active=False)
    said = set()
    for name, password in (("li", "wrong wrong wrong"), ("nobody", "wrong wrong wrong"), ("gone", PASSWORD)):
        answer = browser().post("/api/session", json={"name": name, "password": password})
        body = answer.json()
        body.pop("request_id")
        said.add((answer.status_code, str(body), "set-cookie" in answer.headers))
    assert len(said) == 1
    assert next(iter(said))[0] == 401


def test_an_unknown_name_costs_the_same_work(monkeypatch):
    """Counted, not timed: each refusal checks one hash of the same form."""
    checked = []

    class Watched:
        def verify(self, hashed: str, _password: str) -> bool:
            checked.append(hashed.rsplit("$", 2)[0])
            raise passwords.VerificationError

    hashed = passwords.hash_password(PASSWORD)
    nobody = passwords._nobodys()
    monkeypatch.setattr(passwords, "_hasher", Watched())
    assert not passwords.is_password(hashed, "x")
    assert not passwords.is_password(None, "x")
    assert checked[0] == checked[1] == nobody.rsplit("$", 2)[0]


def test_guessing_locks_the_account_in_the_same_words(database, browser):
    add_person(database, "li")
    with database.connect(actor=SYSTEM) as connection:
        tries = [accounts.authenticate(connection, "li", f"wrong wrong {n}") for n in range(MOST_FAILURES)]
        assert tries == [None] * MOST_FAILURES
        assert accounts.authenticate(connection, "li", PASSWORD) is None
        assert accounts.account(connection, "li").locked
    refused = browser().post("/api/session", json={"name": "li", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "access.wrong")
    with database.connect("owner") as connection:
        connection.execute(text("update credential set locked_until = now() - interval '1 second'"))
    sign_in(browser())


def test_wrong_tries_are_counted_though_they_are_refused(database, browser):
    add_person(database, "li")
    for _ in range(MOST_FAILURES):
        browser().post("/api/session", json={"name": "li", "password": "wrong wrong wrong"})
    with database.connect(actor=SYSTEM) as connection:
        assert accounts.account(connection, "li").locked


def test_an_address_is_slowed_down_whatever_it_claims_to_be(browser):
    web = browser()
    answers = [
        web.post(
            "/api/session",
            json={"name": f"n{n}", "password": "wrong wrong wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"},
        )
        for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert answers[-1].json()["code"] == "access.too-many"
    assert answers[-1].json()["detail"]


def test_a_session_cannot_be_fixed_beforehand(database, browser):
    li = add_person(database, "li")
    add_person(database, "wang")
    web = browser()
    planted = hold_session(database, li)
    for cookie in ("chosen by somebody else", planted.cookie):
        given = web.post(
            "/api/session",
            json={"name": "wang", "password": PASSWORD},
            headers={"Cookie": f"{COOKIE}={cookie}", "X-Form-Key": planted.form_key},
        )
        assert given.status_code == 200
        assert given.cookies[COOKIE] != cookie
        web.cookies.clear()
    other = browser()
    other.cookies.set(COOKIE, planted.cookie)
    assert other.get("/api/session").json()["account"] is None


@pytest.mark.parametrize("column", ["ends_at = now()", "seen_at = now() - interval '31 minutes'"])
def test_sessions_end_by_age_and_by_idleness(database, browser, column):
    add_person(database, "li")
    web = browser()
    sign_in(web)
    with database.connect("owner") as connection:
        connection.execute(text(f"update session set {column}"))
    assert web.get("/api/session").json()["account"] is None
    assert web.get("/api/session/tokens").status_code == 401


def test_what_an_account_may_no_longer_ends_at_once(database, browser):
    li = add_person(database, "li", "administrator")
    add_person(database, "wang", "administrator")
    web = browser()
    sign_in(web)
    made = web.post("/api/session/tokens", json={"title": "t", "scope": "write"}).json()["token"]
    program = {"Authorization": f"Bearer {made}"}
    assert browser().get("/api/accounts", headers=program).status_code == 200
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_grants(connection, li, [])
    assert web.get("/api/accounts").status_code == 401
    assert browser().get("/api/accounts", headers=program).status_code == 403
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_active(connection, li, active=False)
    assert browser().get("/api/accounts", headers=program).status_code == 401


def test_tokens_are_shown_once_have_a_scope_and_end(database, browser):
    add_person(database, "li", "administrator")
    web = browser()
    sign_in(web)
    made = web.post("/api/session/tokens", json={"title": "每日同步", "days": 30})
    assert made.status_code == 201
    token = made.json()["token"]
    assert [item["token"] for item in web.get("/api/session/tokens").json()["items"]] == [None]
    with database.connect("owner") as connection:
        stored = str(connection.execute(text("select * from api_token")).one())
    assert token not in stored
    program = browser()
    program.headers["Authorization"] = f"Bearer {token}"
    found = program.get("/api/session").json()
    assert (found["account"], found["may"]) == ("li", ["public", "signed-in", "read"])
    # It reads: managing accounts is beyond its scope.
    assert program.get("/api/accounts").status_code == 403
    number = made.json()["id"]
    web.request("DELETE", f"/api/session/tokens/{number}", json={})
    replayed = program.get("/api/session")
    assert (replayed.status_code, replayed.json()["code"]) == (401, "access.bad-token")
    second = web.post("/api/session/tokens", json={"title": "x", "days": 1}).json()["token"]
    with database.connect("owner") as connection:
        connection.execute(text("update api_token set ends_at = now()"))
    assert program.get("/api/session", headers={"Authorization": f"Bearer {second}"}).status_code == 401


@pytest.mark.parametrize(
    "given", ["Basic bGk6eA==", "Bearer", "Bearer ", "Bearer gs_guessed", "Bearer \x00", "x" * 5000]
)
def test_a_header_that_is_no_token_is_refused(browser, given):
    answer = browser().get("/api/units", headers={"Authorization": given.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "access.bad-token")


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_token_makes_no_other_and_changes_no_password(database, browser, scope):
    add_person(database, "li", "administrator")
    web = browser()
    sign_in(web)
    token = web.post("/api/session/tokens", json={"title": "x", "scope": scope}).json()["token"]
    program = browser()
    program.headers["Authorization"] = f"Bearer {token}"
    for method, path, body in (
        ("POST", "/api/session/tokens", {"title": "y", "scope": "write"}),
        ("GET", "/api/session/tokens", None),
        ("DELETE", "/api/session/tokens/1", {}),
        ("PUT", "/api/session/password", {"old": PASSWORD, "new": "some other long words"}),
    ):
        refused = program.request(method, path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "access.not-by-token"), path
    assert len(web.get("/api/session/tokens").json()["items"]) == 1


def test_a_limit_that_is_left_empty_is_no_role_everywhere(database):
    with database.connect(actor=SYSTEM) as connection:
        for given in ("clerk@", "clerk@ "):
            with pytest.raises(BadInput):
                accounts.parse_grant(connection, given)


def test_a_stranger_cannot_end_anothers_token(database, browser):
    add_person(database, "li")
    add_person(database, "wang")
    mine, other = browser(), browser()
    sign_in(mine)
    sign_in(other, "wang")
    number = mine.post("/api/session/tokens", json={"title": "x"}).json()["id"]
    assert other.request("DELETE", f"/api/session/tokens/{number}", json={}).status_code == 404
    assert mine.get("/api/session/tokens").json()["items"][0]["revoked_at"] is None


FORGED = [
    ({"Origin": "http://evil.example"}, 403, "access.other-site"),
    ({"Sec-Fetch-Site": "cross-site"}, 403, "access.other-site"),
    ({"Sec-Fetch-Site": "same-site"}, 403, "access.other-site"),
    ({"Content-Type": "text/plain"}, 400, "access.not-json"),
    ({"X-Form-Key": "guessed"}, 403, "access.form-key"),
]


@pytest.mark.parametrize(("headers", "status", "code"), FORGED)
def test_another_sites_page_changes_nothing(database, browser, headers, status, code):
    add_person(database, "li", "administrator")
    web = browser()
    sign_in(web)
    body = b'{"name": "mallory", "grants": ["administrator"]}'
    answer = web.post("/api/accounts", content=body, headers={"Content-Type": "application/json"} | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    with database.connect(actor=SYSTEM) as connection:
        assert [row.name for row in accounts.accounts(connection)] == ["li"]


@pytest.mark.parametrize(("headers", "status", "code"), FORGED[:-1])
def test_another_sites_page_signs_nobody_in_or_out(database, browser, headers, status, code):
    add_person(database, "li")
    web = browser()
    body = json.dumps({"name": "li", "password": PASSWORD})
    answer = web.post("/api/session", content=body, headers={"Content-Type": "application/json"} | headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    sign_in(web)
    web.request("DELETE", "/api/session", content="{}", headers={"Content-Type": "application/json"} | headers)
    assert web.get("/api/session").json()["account"] == "li"


def test_a_given_password_has_to_be_changed_before_anything_else(database, browser):
    with database.connect(actor=SYSTEM) as connection:
        once = accounts.first_administrator(connection)
        assert accounts.first_administrator(connection) is None
    assert once is not None
    web = browser()
    found = sign_in(web, "admin", once)
    assert (found["must_change"], found["may"]) == (True, ["public", "signed-in"])
    refused = web.get("/api/accounts")
    assert (refused.status_code, refused.json()["code"]) == (403, "access.choose-password")
    before = web.cookies[COOKIE]
    for new, code in (
        ("short", "access.password-length"),
        ("aaaaaaaaaaaaaaaa", "access.password-simple"),
        ("I am the ADMIN here", "access.password-name"),
        (once, "access.same-password"),
    ):
        weak = web.put("/api/session/password", json={"old": once, "new": new})
        assert (weak.status_code, weak.json()["code"]) == (422, code)
    changed = web.put("/api/session/password", json={"old": once, "new": "天门市 地名 与 服务圈 2026"})
    assert changed.status_code == 200
    assert web.cookies[COOKIE] != before
    web.headers["X-Form-Key"] = changed.json()["form_key"]
    assert web.get("/api/accounts").json()["items"][0]["name"] == "admin"


def test_accounts_are_managed_with_versions(database, browser):
    add_person(database, "li", "administrator")
    web = browser()
    sign_in(web)
    made = web.post("/api/accounts", json={"name": "Wang", "title": "王", "grants": ["viewer"]})
    assert made.status_code == 201
    assert made.json()["password"]
    tag = made.headers["etag"]
    assert web.patch("/api/accounts/wang", json={"active": False}).status_code == 428
    changed = web.patch("/api/accounts/wang", json={"grants": ["planner", "clerk"]}, headers={"If-Match": tag})
    assert [grant["role"] for grant in changed.json()["grants"]] == ["clerk", "planner"]
    stale = web.patch("/api/accounts/wang", json={"active": False}, headers={"If-Match": tag})
    assert (stale.status_code, stale.json()["code"]) == (412, "api.changed")
    reset = web.post("/api/accounts/wang/password", json={}, headers={"If-Match": changed.headers["etag"]})
    assert reset.json()["password"] != made.json()["password"]
    for body, status, code in (
        ({"name": "wang"}, 409, "access.name-taken"),
        ({"name": "public"}, 422, "access.bad-name"),
        ({"name": "a b"}, 422, "access.bad-name"),
        ({"name": "x\u0000y"}, 422, "access.bad-name"),
        ({"name": "zhao", "grants": ["king"]}, 422, "access.bad-role"),
        ({"name": "zhao", "grants": ["clerk@nowhere"]}, 422, "access.bad-unit"),
    ):
        answer = web.post("/api/accounts", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    mine = web.get("/api/accounts/li").headers["etag"]
    for body in ({"active": False}, {"grants": ["viewer"]}):
        last = web.patch("/api/accounts/li", json=body, headers={"If-Match": mine})
        assert (last.status_code, last.json()["code"]) == (409, "access.last-administrator")


def test_roles_of_a_unit_hold_below_it(database, catalog, browser):
    with database.connect("owner") as connection:
        connection.execute(text("insert into unit (id) values (1), (2), (3)"))
        connection.execute(
            text(
                "insert into unit_version (unit_id, parent_id, level, name, source) values"
                " (1, null, 'county', '天门市', 'none'), (2, 1, 'township', '干驿镇', 'none'),"
                " (3, null, 'county', '京山市', 'none')"
            )
        )
        connection.execute(
            text("insert into unit_code (unit_id, system, edition, code) values (1, 'mca', '2024', '429006')")
        )
    with database.connect(actor=SYSTEM) as connection:
        grants = [accounts.parse_grant(connection, "clerk@429006"), accounts.parse_grant(connection, "viewer@干驿镇")]
        accounts.add(connection, "li", grants=grants)
        # Names may stand for several units, ids do not.
        assert accounts.parse_grant(connection, "viewer@#2") == accounts.Grant(Role.VIEWER, 2)
        with pytest.raises(BadInput):
            accounts.parse_grant(connection, "viewer@#99")
        actor = accounts.actor_by_name(connection, "li")
        assert actor is not None
        assert (actor.edits.literal, actor.reads.literal) == ("{1,2}", "{1,2}")
        with pytest.raises(BadInput):
            accounts.add(connection, "wang", grants=[accounts.parse_grant(connection, "administrator@429006")])
        with pytest.raises(Conflict):
            accounts.add(connection, "LI")


def test_no_secret_is_logged(database, browser, caplog):
    caplog.set_level(logging.DEBUG)
    add_person(database, "li", "viewer")
    web = browser()
    sign_in(web)
    web.post("/api/session", json={"name": "li", "password": "wrong wrong wrong"})
    token = web.post("/api/session/tokens", json={"title": "x"}).json()["token"]
    assert browser().get("/api/history/facility/1", headers={"Authorization": f"Bearer {token}"}).status_code == 404
    # The worst case: a statement fails with what it was given.
    with database.connect("owner") as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("select 1 / 0 where :given <> ''"), {"given": PASSWORD})
    ours = [record for record in caplog.records if record.name.startswith("geoservice")]
    assert len(ours) >= 4
    written = str(caught.value) + "\n".join(JsonLines().format(record) for record in ours)
    for secret in (PASSWORD, "wrong wrong wrong", token, web.cookies[COOKIE], web.headers["X-Form-Key"]):
        assert secret not in written


def test_a_unit_that_has_moved_is_below_its_new_parent_only(database):
    with database.connect("owner") as connection:
        connection.execute(text("insert into unit (id) values (1), (2), (3), (4)"))
        connection.execute(
            text(
                "insert into unit_version (unit_id, parent_id, level, name, source, valid_from, valid_to) values"
                " (1, null, 'county', '甲县', 'none', null, null), (2, null, 'county', '乙县', 'none', null, null),"
                " (3, 1, 'township', '迁镇', 'none', '1950-01-01', '1987-08-03'),"
                " (3, 2, 'township', '迁镇', 'none', '1987-08-03', null),"
                " (4, 1, 'township', '撤镇', 'none', '1950-01-01', '2001-01-01')"
            )
        )
    with database.connect(actor=SYSTEM) as connection:
        for name in ("1", "2"):
            accounts.add(connection, f"li{name}", grants=[accounts.parse_grant(connection, f"clerk@#{name}")])
        reads = [accounts.actor_by_name(connection, name).reads.literal for name in ("li1", "li2")]
    assert reads == ["{1,4}", "{2,3}"]


def test_pages_are_for_those_they_concern(database, browser):
    public = browser()
    assert public.get("/account", follow_redirects=False).headers["location"] == "/sign-in?next=/account"
    assert public.get("/accounts", follow_redirects=False).status_code == 303
    assert public.get("/sign-in", params={"next": "//evil.example"}).text.count("evil.example") == 0
    assert public.get("/sign-in", params={"next": '"><script>'}).text.count("<script>") == 0
    web = signed_in(browser(), database, "viewer")
    assert web.get("/accounts", follow_redirects=False).status_code == 303
    assert "查看" in web.get("/account").text
    assert "账户" in signed_in(browser(), database, "administrator", name="wang").get("/accounts").text
