"""Signing in through an identity provider, and what must fail: lies of others, things used twice, names without a mark."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access import accounts, linking
from geoservice.access.links import link_of
from geoservice.api.app import create_app
from geoservice.api.identity import COOKIE
from geoservice.api.routers.provider import ATTEMPT
from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.errors import BadSetting
from geoservice.settings import ProviderSettings, ServerSettings, Settings
from tests.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider, new_key, shared_secret
from tests.people import PASSWORD, add_person, hold_session

BASE = "http://127.0.0.1:8000"
Browser = Callable[..., TestClient]


@pytest.fixture
def there() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        yield provider


@pytest.fixture
def browser(database: Database, settings: Settings, catalog: Catalog, there: IdentityProvider) -> Browser:
    """Makes a client with cookies of its own, all of one server."""
    given = ProviderSettings(oidc_issuer=there.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
    app = create_app(with_provider(settings, given), catalog=catalog, database=database)
    return lambda base=BASE: TestClient(app, base_url=base, follow_redirects=False)


@pytest.fixture
def li(database: Database, there: IdentityProvider) -> int:
    """An account that is marked."""
    account = add_person(database, "li", "planner")
    mark(database, account, there)
    return account


def with_provider(settings: Settings, provider: ProviderSettings, server: ServerSettings | None = None) -> Settings:
    return Settings(settings.state, server=server or settings.server, audit=settings.audit, provider=provider)


def mark(database: Database, account: int, there: IdentityProvider) -> None:
    with database.connect(actor=SYSTEM) as connection:
        linking.link(connection, account, there.issuer)


def go(web: TestClient, goes_on: str = "/account") -> str:
    """Begins and signs in at the provider: the address that it sends the browser back to."""
    begun = web.get("/sign-in/provider", params={"next": goes_on})
    assert begun.status_code == 303, begun.text
    returned = httpx2.get(begun.headers["location"], trust_env=False)
    assert returned.status_code == 302
    return returned.headers["location"]


def said(answer: httpx2.Response) -> str:
    """Why the way led back to the sign-in page."""
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["location"])
    assert (parts.netloc, parts.path) == ("", "/sign-in")
    assert COOKIE not in answer.cookies
    (found,) = parse_qs(parts.query)["said"]
    return found


def who(web: TestClient) -> str | None:
    found: str | None = web.get("/api/session").json()["account"]
    return found


def test_one_signs_in_and_is_linked(database: Database, browser: Browser, there: IdentityProvider, li: int) -> None:
    web = browser()
    page = web.get("/sign-in?next=/account").text
    assert 'href="/sign-in/provider?next=/account"' in page
    assert "统一身份认证登录" in page
    assert "Single sign-on" in web.get("/sign-in?lang=en").text
    returned = go(web)
    assert returned.startswith(f"{BASE}/sign-in/callback?code=")
    answer = web.get(returned)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert answer.headers["cache-control"] == "no-store"
    assert who(web) == "li"
    with database.connect(actor=SYSTEM) as connection:
        found = link_of(connection, li)
        assert found is not None
        assert (found.state, found.subject, found.issuer) == ("linked", there.subject, there.issuer)
        assert accounts.authenticate(connection, "li", PASSWORD) is None
        assert accounts.account(connection, "li").signed_in_at is not None
    with database.connect("owner") as connection:
        entries = connection.execute(text("select actor, after from audit_entry where action = 'login'")).all()
        left = connection.execute(text("select count(*) from sign_in_attempt")).scalar_one()
    assert entries == [("li", {"account": "li", "how": "provider"})]
    assert left == 0
    # The link holds whatever the name there is now.
    there.name = "somebody else"
    again = browser()
    again.get(go(again))
    assert who(again) == "li"


def test_what_goes_round_is_kept_from_scripts_and_soon_over(browser: Browser, li: int) -> None:
    web = browser("https://127.0.0.1:8000")
    begun = web.get("/sign-in/provider")
    given = begun.headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=lax", "Secure", "Path=/sign-in", "Max-Age=600"):
        assert part in given
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["redirect_uri"] == ["https://127.0.0.1:8000/sign-in/callback"]
    assert asked["scope"] == ["openid profile"]
    assert len({asked[name][0] for name in ("state", "nonce", "code_challenge")}) == 3
    assert min(len(asked[name][0]) for name in ("state", "nonce", "code_challenge")) >= 43
    answer = web.get(httpx2.get(begun.headers["location"], trust_env=False).headers["location"])
    assert all("Secure" in one for one in answer.headers.get_list("set-cookie") if one.startswith(COOKIE))


def test_nothing_shows_without_a_provider(database: Database, settings: Settings, catalog: Catalog) -> None:
    app = create_app(settings, catalog=catalog, database=database)
    web = TestClient(app, base_url=BASE, follow_redirects=False)
    assert "provider" not in web.get("/sign-in").text
    for path in ("/sign-in/provider", "/sign-in/callback?code=x&state=y"):
        assert (web.get(path).status_code, web.get(path).json()["code"]) == (404, "api.no-resource")


def test_a_wrong_state_and_another_browser_are_refused(browser: Browser, li: int) -> None:
    web, other = browser(), browser()
    returned = go(web)
    state = parse_qs(urlsplit(returned).query)["state"][0]
    assert said(web.get(returned.replace(state, "x" * len(state)))) == "provider-expired"
    # Who lures another browser to the end of his own way signs nobody in.
    assert said(other.get(returned)) == "provider-expired"
    go(other)
    assert said(other.get(returned)) == "provider-expired"
    assert who(other) is None


def test_a_way_back_is_used_once(browser: Browser, there: IdentityProvider, li: int) -> None:
    web = browser()
    returned = go(web)
    cookie = web.cookies[ATTEMPT]
    assert web.get(returned).headers["location"] == "/account"
    web.cookies.clear()
    web.cookies.set(ATTEMPT, cookie)
    asked = there.log.count("/token")
    assert said(web.get(returned)) == "provider-expired"
    assert there.log.count("/token") == asked


def test_a_way_back_is_over_after_ten_minutes(database: Database, browser: Browser, li: int) -> None:
    web = browser()
    returned = go(web)
    with database.connect("owner") as connection:
        connection.execute(text("update sign_in_attempt set ends_at = ends_at - interval '10 minutes'"))
    assert said(web.get(returned)) == "provider-expired"
    go(web)
    with database.connect("owner") as connection:
        assert connection.execute(text("select count(*) from sign_in_attempt")).scalar_one() == 1


HOUR = 3600
LIES = {
    "nonce of another attempt": {"nonce": "x"},
    "no nonce": {"nonce": None},
    "several nonces": {"nonce": lambda nonce: [nonce, "x"]},
    "issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "audience": {"aud": "another"},
    "no audience": {"aud": None},
    "several audiences, made for another": {"aud": [CLIENT, "another"], "azp": "another"},
    "several audiences, made for nobody": {"aud": [CLIENT, "another"], "azp": None},
    "made for another": {"azp": "another"},
    "expired": {"exp": -HOUR},
    "no end": {"exp": None},
    "an end that is none": {"exp": "never"},
    "of tomorrow": {"iat": 24 * HOUR},
    "of yesterday": {"iat": -24 * HOUR},
    "not yet": {"nbf": HOUR},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject that is none": {"sub": 7},
    "hash of another access token": {"at_hash": "bm90IGl0IGF0IGFsbA"},
}


def test_a_token_that_is_wrong_signs_nobody_in(
    database: Database, browser: Browser, there: IdentityProvider, li: int
) -> None:
    web = browser()
    for lie, claims in LIES.items():
        there.claims = {
            name: int(time.time()) + value if name in ("exp", "iat", "nbf") and isinstance(value, int) else value
            for name, value in claims.items()
        }
        assert said(web.get(go(web))) == "provider-refused", lie
        assert who(web) is None, lie
    with database.connect(actor=SYSTEM) as connection:
        found = link_of(connection, li)
        assert found is not None
        assert found.state == "waiting"


def test_a_token_for_several_that_was_made_for_us_is_taken(browser: Browser, there: IdentityProvider, li: int) -> None:
    there.claims = {"aud": ["another", CLIENT]}
    web = browser()
    web.get(go(web))
    assert who(web) == "li"


def test_a_signature_that_is_not_the_providers_signs_nobody_in(
    browser: Browser, there: IdentityProvider, li: int
) -> None:
    second = new_key("second")
    forged = {
        "none": ({"alg": "none"}, None),
        "another key": ({"kid": "second"}, second),
        "another key under the name of the right one": ({}, second),
        "the public key taken for a secret": ({"alg": "HS256"}, shared_secret(there.key)),
    }
    web = browser()
    for how, (header, signing) in forged.items():
        there.header, there.signing = header, signing
        assert said(web.get(go(web))) == "provider-refused", how
        assert who(web) is None, how


def test_a_new_key_of_the_provider_is_fetched(browser: Browser, there: IdentityProvider, li: int) -> None:
    web = browser()
    web.get(go(web))
    there.key = new_key("next")
    again = browser()
    again.get(go(again))
    assert who(again) == "li"
    assert there.log.count("/jwks") == 2
    assert there.log.count("/.well-known/openid-configuration") == 1


def test_no_way_leads_to_another_site(browser: Browser, li: int) -> None:
    web = browser()
    for wanted in (
        "//evil.example",
        "https://evil.example/",
        r"/\evil.example",
        "/\t/evil.example",
        "javascript:x",
        "",
    ):
        assert web.get(go(web, wanted)).headers["location"] == "/"
        refused = web.get("/sign-in/callback", params={"state": "x", "next": wanted})
        assert refused.headers["location"] == "/sign-in?next=%2F&said=provider-expired"


def test_a_session_cannot_be_fixed_beforehand(database: Database, browser: Browser, li: int) -> None:
    planted = hold_session(database, add_person(database, "mallory"))
    for cookie in ("chosen by somebody else", planted.cookie):
        web = browser()
        returned = go(web)
        answer = web.get(returned, headers={"Cookie": f"{ATTEMPT}={web.cookies[ATTEMPT]}; {COOKIE}={cookie}"})
        assert answer.cookies[COOKIE] not in ("", cookie)
    other = browser()
    other.cookies.set(COOKIE, planted.cookie)
    assert who(other) is None


def test_a_name_alone_signs_nobody_in(database: Database, browser: Browser, there: IdentityProvider) -> None:
    """Unmarked, unknown, let in no longer, of another provider: told alike."""
    chief, gone = add_person(database, "chief", "administrator"), add_person(database, "gone")
    elsewhere = add_person(database, "elsewhere")
    mark(database, gone, there)
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_active(connection, gone, active=False)
        linking.link(connection, elsewhere, "https://other.example")
    answers = set()
    for name in ("chief", "nobody", "gone", "elsewhere", "ｇｏｎｅ", ""):
        there.name, there.subject = name, f"s-{name}"
        web = browser()
        answer = web.get(go(web))
        answers.add((said(answer), answer.headers["location"], str(sorted(answer.headers.keys()))))
        assert who(web) is None
    assert {found[0] for found in answers} == {"provider-unknown"}
    assert len(answers) == 1
    with database.connect(actor=SYSTEM) as connection:
        assert link_of(connection, chief) is None


def test_a_linked_account_that_is_disabled_stays_out(
    database: Database, browser: Browser, there: IdentityProvider, li: int
) -> None:
    web = browser()
    web.get(go(web))
    with database.connect(actor=SYSTEM) as connection:
        accounts.set_active(connection, li, active=False)
    assert who(web) is None
    assert said(web.get(go(web))) == "provider-unknown"


@pytest.mark.parametrize("broken", ["/.well-known/openid-configuration", "/jwks", "/token"])
def test_a_provider_that_is_down_is_said_in_words(
    browser: Browser, there: IdentityProvider, li: int, broken: str
) -> None:
    there.broken = {broken}
    web = browser()
    if broken.endswith("configuration"):
        assert said(web.get("/sign-in/provider", params={"next": "/account"})) == "provider-down"
    else:
        assert said(web.get(go(web))) == "provider-down"
    there.broken = set()
    web.get(go(web))
    assert who(web) == "li"


@pytest.mark.parametrize("slow", ["/jwks", "/token"])
def test_a_provider_that_is_slow_is_not_waited_for(
    browser: Browser, there: IdentityProvider, li: int, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    monkeypatch.setattr("geoservice.access.provider.TIMEOUT_S", 0.2)
    there.slow = {slow}
    web = browser()
    assert said(web.get(go(web))) == "provider-down"
    assert who(web) is None


def test_no_transaction_is_open_while_the_provider_is_asked(
    database: Database, browser: Browser, there: IdentityProvider, li: int
) -> None:
    seen: list[str | None] = []

    def look() -> None:
        with database.connect("superuser") as connection:
            others = "datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'"
            seen.extend(connection.execute(text(f"select state from pg_stat_activity where {others}")).scalars())

    there.meanwhile = look
    web = browser()
    web.get(go(web))
    assert who(web) == "li"
    assert set(seen) == {"idle"}


def test_what_comes_back_is_any_text(browser: Browser, there: IdentityProvider, li: int) -> None:
    for code in ("中文 &=+%", "\x7f", "x" * 4096):
        web = browser()
        begun = web.get("/sign-in/provider")
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        assert said(web.get("/sign-in/callback", params={"state": state, "code": code})) == "provider-refused"
    for name in ("l\x00i", "l\ud800i", "x" * 300, 7, ["li"], None):
        there.claims = {"preferred_username": name}
        web = browser()
        assert said(web.get(go(web))) == "provider-unknown"


LIARS = [
    {"issuer": "https://other.example"},
    {"token_endpoint": "http://id.example.gov.cn/token"},
    {"jwks_uri": None},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"id_token_signing_alg_values_supported": ["HS256", "none"]},
]


def test_a_description_that_is_not_the_providers_is_refused(browser: Browser, there: IdentityProvider) -> None:
    web = browser()
    for description in LIARS:
        there.description = description
        assert said(web.get("/sign-in/provider")) == "provider-down", description


def test_what_the_provider_says_against_it_is_told_in_our_words(browser: Browser, there: IdentityProvider) -> None:
    for sent in ({"error": "access_denied", "error_description": "<b>x</b>"}, {"code": "guessed"}, {}):
        web = browser()
        begun = web.get("/sign-in/provider")
        state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
        assert said(web.get("/sign-in/callback", params={"state": state, **sent})) == "provider-refused"
    web = browser()
    returned = go(web).replace(f"iss={httpx2.QueryParams({'x': there.issuer})['x']}", "")
    mixed = httpx2.URL(returned).copy_set_param("iss", "https://other.example")
    assert said(web.get(str(mixed))) == "provider-refused"
    page = web.get("/sign-in?said=provider-refused&lang=en").text
    assert "did not confirm who you are" in page
    assert "note error" not in web.get("/sign-in?said=guessed").text


def test_another_sites_page_begins_nothing(database: Database, browser: Browser) -> None:
    for site in ("cross-site", "same-site"):
        answer = browser().get("/sign-in/provider?next=/account", headers={"Sec-Fetch-Site": site})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Faccount")
    with database.connect("owner") as connection:
        assert connection.execute(text("select count(*) from sign_in_attempt")).scalar_one() == 0


def test_an_address_begins_so_often_and_no_more(browser: Browser) -> None:
    web = browser()
    answers = [web.get("/sign-in/provider").headers["location"] for _ in range(61)]
    assert all("/authorize?" in one for one in answers[:60])
    assert answers[60] == "/sign-in?next=%2F&said=too-many"


def test_secrets_and_codes_are_not_logged(
    browser: Browser, there: IdentityProvider, li: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    there.claims = {"nonce": "x"}
    web = browser()
    returned = go(web)
    web.get(returned)
    query = parse_qs(urlsplit(returned).query)
    ours = [r for r in caplog.records if r.name.startswith("geoservice")]
    told = "\n".join(f"{record.getMessage()} {vars(record)}" for record in ours)
    assert "an ID token was refused" in told
    for secret in (SECRET, query["code"][0], query["state"][0]):
        assert secret not in told


def test_certificates_that_are_none_stop_the_service(settings: Settings, catalog: Catalog, tmp_path) -> None:
    for file in (tmp_path / "absent.pem", tmp_path / "empty.pem"):
        if file.name == "empty.pem":
            file.write_text("none", "ascii")
        given = ProviderSettings(oidc_issuer="https://id.example", oidc_client_id="x", oidc_ca_file=file)
        with pytest.raises(BadSetting, match="GEOSERVICE_OIDC_CA_FILE"):
            create_app(with_provider(settings, given), catalog=catalog)
