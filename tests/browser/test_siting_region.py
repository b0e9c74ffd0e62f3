"""A real country on the desk: a cemetery for Liechtenstein on the land that rules leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.worker import Worker
from tests.acceptance.helpers import Desk as Commands
from tests.browser.conftest import Desk
from tests.conftest import serving
from tests.people import add_person, hold_session

pytestmark = [pytest.mark.browser, pytest.mark.slow]
CEMETERIES = "/siting?service=funeral&type=cemetery&on=2026-11-01"


@pytest.fixture(scope="module")
def country(
    shared_data: Path, new_database: Callable[[], Database], catalog: Catalog, settings: Settings
) -> Iterator[tuple[str, Database]]:
    database = new_database()
    Commands(database, catalog, settings).load("osm", shared_data / "osm" / "liechtenstein.osm.pbf")
    worker = Worker(settings, catalog, database).start()
    with serving(database, catalog, settings) as address:
        yield address, database
    worker.stop()
    database.dispose()


@pytest.fixture
def page(open_desk: Callable[..., Desk], country: tuple[str, Database]) -> Page:
    address, database = country
    who = hold_session(database, add_person(database, "shi", "planner"))
    page = open_desk(None, base=address, who=who, width=1400, height=900).page
    page.set_default_timeout(120_000)
    page.goto(f"{address}{CEMETERIES}")
    page.wait_for_selector("#outcome[aria-busy=false]", state="attached")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.wait_for_selector("body[data-mode]")
    return page


def test_a_cemetery_for_a_country_on_allowed_land(page: Page, artefacts: Path) -> None:
    page.click("button[data-mode=solve]")
    page.select_option("#ask-model", "pmedian")
    page.fill("#ask-p", "1")
    page.select_option("#ask-candidates", "grid")
    page.fill("#ask-grid", "1500")
    page.click("#ask-more > summary")
    page.fill("#ask-seconds", "300")
    page.click("#ask-start")
    page.wait_for_function("() => performance.getEntriesByName('siting:answered').length > 0", timeout=300_000)
    answer = page.locator("#answer")
    expect(answer.locator(".verdict")).to_contain_text("已证明最优")
    expect(answer.locator(".sites tbody tr")).to_have_count(1)
    expect(page.locator(".site-mark")).to_have_count(1)
    # Hospitals and cemeteries of a real place are no made-up data.
    expect(page.locator("body")).not_to_contain_text("示意数据")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.screenshot(path=artefacts / "siting-country.png")
    rules = answer.locator("#ruled")
    rules.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-country-rules.png")
    page.click("#answer-check")
    expect(page.locator("#answer-checked")).to_have_class("note good")
