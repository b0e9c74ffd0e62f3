"""The quality page: counted, chosen, flown to, and mended on the page of records; by mouse, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.browser.conftest import Desk
from tests.conftest import serving
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

Opened = Callable[..., Desk]

# One township grows by a strip of 200 m over its neighbours and out of the county; a home loses its township's ground.
DAMAGE = """
    update unit_version set geom = st_multi(st_buffer(geom, 0.002, 'join=mitre')) where id = :unit;
    update facility set geom = st_setsrid(st_makepoint(st_x(geom) + 3, st_y(geom)), 4490) where id = :home;
    update community set population = null, population_60 = null, population_80 = null where id = :village
"""


@pytest.fixture(scope="module")
def damaged(
    new_database: Callable[..., Database], sample_database: Database, catalog: Catalog, settings: Settings
) -> Iterator[tuple[str, Database, dict[str, int]]]:
    database = new_database(sample_database)
    with database.connect("owner") as connection:
        ids = {
            "unit": connection.execute(text("select id from unit_version where name = '竟陵街道'")).scalar_one(),
            "home": connection.execute(text("select min(id) from facility")).scalar_one(),
            "village": connection.execute(text("select min(id) from community")).scalar_one(),
        }
        for statement in DAMAGE.split(";"):
            connection.execute(text(statement), ids)
    with serving(database, catalog, settings) as address:
        yield address, database, ids
    database.dispose()


@pytest.fixture(scope="module")
def clerk(damaged: tuple[str, Database, dict[str, int]]) -> Held:
    return hold_session(damaged[1], add_person(damaged[1], "zhang", "clerk"))


@pytest.fixture
def open_quality(open_desk: Opened, damaged: tuple[str, Database, dict[str, int]]) -> Opened:
    def make(query: str = "", *, who: Held, **given: object) -> Desk:
        desk = open_desk(None, base=damaged[0], who=who, **given)
        desk.page.goto(f"{damaged[0]}/data/quality{query}")
        counted(desk.page)
        return desk

    return make


def counted(page: Page) -> None:
    page.wait_for_selector("#list[aria-busy=false]", state="attached")
    page.wait_for_selector("#findings[aria-busy=false]", state="attached")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")


def test_a_place_is_chosen_flown_to_and_opened_to_mend(
    open_quality: Opened, damaged: tuple[str, Database, dict[str, int]], clerk: Held, artefacts: Path
) -> None:
    page = open_quality(who=clerk).page
    expect(page.locator("#told")).to_contain_text("项检查")
    page.screenshot(path=artefacts / "quality.png")
    page.locator('[data-check="units.overlap"]').click()
    counted(page)
    expect(page.locator("#findings h2")).to_have_text("行政区划：界线重叠")
    rows = page.locator("tr[data-finding]")
    assert rows.count() >= 2
    rows.first.click()
    expect(rows.first).to_have_attribute("aria-current", "true")
    expect(page.locator("#told")).to_contain_text("第 1 处")
    assert "finding=1" in page.url
    page.wait_for_timeout(800)
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.screenshot(path=artefacts / "quality-overlap.png")
    rows.first.get_by_role("link", name="修改").click()
    page.wait_for_url("**/data?layer=units&record=*&edit=geometry")
    page.go_back()
    counted(page)
    expect(page.locator("#findings h2")).to_have_text("行政区划：界线重叠")


def test_columns_sort_and_rows_export(open_quality: Opened, clerk: Held) -> None:
    page = open_quality("?check=units.overlap", who=clerk).page
    areas = page.locator("tr[data-finding] td.number")
    expect(areas.first).to_be_visible()
    page.locator('[data-column="area_m2"]').click()
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)
    page.locator('[data-column="area_m2"]').click()
    figures = [float(one.replace(",", "")) for one in areas.all_inner_texts()]
    assert figures == sorted(figures)
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="导出表格").click()
    lines = Path(downloaded.value.path()).read_text("utf-8-sig").splitlines()
    assert lines[0].startswith("图层,记录,问题,面积")
    assert len(lines) == 1 + len(figures)
    assert "/data?layer=units&record=" in lines[1]


def test_everything_by_keyboard(open_quality: Opened, clerk: Held) -> None:
    page = open_quality(who=clerk).page
    page.locator('[data-check="communities.no-people"]').focus()
    page.keyboard.press("Enter")
    counted(page)
    page.locator("tr[data-finding]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tr[data-finding]").first).to_have_attribute("aria-current", "true")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/data?layer=communities&record=*&edit=values&field=population")
    expect(page.locator("#f-population")).to_be_focused()


def test_a_viewer_is_led_to_the_record_and_not_to_its_mending(
    open_quality: Opened, damaged: tuple[str, Database, dict[str, int]], artefacts: Path
) -> None:
    viewer = hold_session(damaged[1], add_person(damaged[1], "sun", "viewer"))
    page = open_quality("?check=facilities.outside-county", who=viewer, locale="en-GB").page
    link = page.locator("tr[data-finding] a")
    expect(link).to_have_text("View")
    assert "edit" not in str(link.get_attribute("href"))
    page.screenshot(path=artefacts / "quality-en.png")


def test_a_check_without_findings_says_so(open_quality: Opened, clerk: Held) -> None:
    page = open_quality("?check=units.no-outline", who=clerk).page
    expect(page.locator("#findings")).to_contain_text("这一项没有发现问题")


def test_on_a_phone_one_part_is_in_sight(open_quality: Opened, clerk: Held, artefacts: Path) -> None:
    page = open_quality(who=clerk, width=390, height=760).page
    page.screenshot(path=artefacts / "quality-phone.png")
    page.locator('[data-check="units.overlap"]').click()
    counted(page)
    expect(page.locator(".checks")).to_be_hidden()
    page.screenshot(path=artefacts / "quality-phone-findings.png")
    page.locator("tr[data-finding]").first.click()
    page.locator('button[data-part="place"]').click()
    expect(page.locator("#findings")).to_be_hidden()
    page.wait_for_timeout(800)
    page.screenshot(path=artefacts / "quality-phone-map.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_public_is_asked_to_sign_in(open_desk: Opened, damaged: tuple[str, Database, dict[str, int]]) -> None:
    page = open_desk(None, base=damaged[0]).page
    page.goto(f"{damaged[0]}/data/quality")
    assert page.url.endswith("/sign-in?next=/data/quality")
