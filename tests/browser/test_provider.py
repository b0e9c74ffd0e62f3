"""Signing in through the identity provider, as people do: another site in between, a link that leads back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import ProviderSettings, Settings
from tests.browser.conftest import Desk
from tests.conftest import serving
from tests.identity_provider import CLIENT, SECRET, IdentityProvider, identity_provider
from tests.people import PASSWORD, add_person

pytestmark = pytest.mark.browser


@pytest.fixture
def there() -> Iterator[IdentityProvider]:
    with identity_provider() as provider:
        provider.asks = True
        yield provider


@pytest.fixture
def office(database: Database, catalog: Catalog, settings: Settings, there: IdentityProvider) -> Iterator[str]:
    provider = ProviderSettings(oidc_issuer=there.issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET)
    given = Settings(settings.state, server=settings.server, audit=settings.audit, provider=provider)
    with serving(database, catalog, given) as address:
        yield address


def test_an_administrator_lets_somebody_in_through_the_provider(
    open_desk: Callable[..., Desk], office: str, database: Database, there: IdentityProvider, artefacts: Path
) -> None:
    add_person(database, "chief", "administrator")
    add_person(database, "li", "planner")
    chief, li = open_desk(None, base=office), open_desk(None, base=office)
    page = li.page
    page.goto(f"{office}/sign-in?next=/account")
    expect(page.locator("#provider")).to_have_text("统一身份认证登录")
    expect(page.locator("#sign-in button")).to_be_enabled()
    page.screenshot(path=artefacts / "provider-sign-in.png")
    page.click("#provider")
    page.click("#yes")
    expect(page.locator("#said")).to_contain_text("请联系本单位管理员")
    page.screenshot(path=artefacts / "provider-refused.png")

    chief.page.goto(f"{office}/sign-in?next=/accounts")
    chief.page.fill("#name", "chief")
    chief.page.fill("#password", PASSWORD)
    expect(chief.page.locator("#sign-in button")).to_be_enabled()
    chief.page.keyboard.press("Enter")
    row = chief.page.locator("#accounts tr", has_text="Li")
    row.get_by_role("button", name="允许统一身份认证").click()
    expect(row).to_contain_text("待首次登录")

    page.click("#provider")
    page.click("#yes")
    expect(page).to_have_url(f"{office}/account")
    expect(page.locator("main")).to_contain_text("这里没有可用的口令")
    assert page.locator("#change").count() == 0
    expect(page.locator("#token button")).to_be_enabled()
    page.screenshot(path=artefacts / "provider-account.png", full_page=True)

    chief.page.reload()
    expect(row).to_contain_text(there.subject)
    chief.page.screenshot(path=artefacts / "provider-accounts.png")
    chief.page.set_viewport_size({"width": 390, "height": 844})
    chief.page.screenshot(path=artefacts / "provider-accounts-phone.png", full_page=True)
    assert chief.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    chief.page.once("dialog", lambda dialog: dialog.accept())
    row.get_by_role("button", name="解除统一身份认证").click()
    expect(row).to_contain_text("—")
    page.reload()
    expect(page).to_have_url(f"{office}/sign-in?next=/account")

    # The provider is the only other host, and only pages are asked for there.
    assert {url.split("?")[0] for url in li.watch.outside} == {f"{there.issuer}/authorize"}
    li.watch.outside.clear()
