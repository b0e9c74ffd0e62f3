"""The registry as its staff read it: names of any day, and what is registered under two spellings or twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportRequest, import_file
from geoservice.settings import Settings
from tests.browser.conftest import Desk
from tests.builders import record_set, square
from tests.conftest import serving
from tests.integration.test_load import run
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

HEADERS = "编号,标准名称,类别,命名时间,曾用名,普通话读音,含义,来历,空间形态,东经,北纬,至东经,至北纬"
PLACES = (
    "road,陆羽大道,23,2001-05-01,城北路（标准名称1980-05-01至2001-05-01）,lù yǔ dà dào,纪念茶圣陆羽,因陆羽得名,线,113.05,30.62,113.25,30.64",
    "重名,曾家重村,21610,,,,曾姓聚居之地,,,113.0,30.6,,",
    "湾,李家湾,22200,,,,,,,113.03,30.61,,",
    "塆,李家塆,22200,,,,,,,113.0305,30.61,,",
    "甲,王场村,21610,,,,,,,113.1,30.6,,",
    "乙,王场村民委员会,27610,,,,,,,113.1001,30.6,,",
    "丙,周台村,21610,,,,,,,113.15,30.6,,",
    "丁,周台村委会,27610,,,,,,,113.1501,30.6,,",
)


@pytest.fixture(scope="module")
def office(
    new_database: Callable[..., Database],
    catalog: Catalog,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Database, dict[str, Held]]]:
    """侯口 of the ministry against 候口 of the bureau, a renamed road, villages with their committees."""
    database = new_database()
    for system, edition, name in (("mca", "2025", "侯口街道"), ("nbs", "2023", "候口街道")):
        row = {"code": "429006002", "name": name, "level": "township", "code_system": system, "code_edition": edition}
        run(database, catalog, record_set("units", [row | {"geom": square(113.0, 30.6, 0.1)}], f"{system}.csv"))
    neighbour = {"code": "429006101", "name": "干驿镇", "level": "township", "geom": square(113.2, 30.6, 0.1)}
    run(database, catalog, record_set("units", [neighbour]))
    path = tmp_path_factory.mktemp("places") / "地名.csv"
    path.write_text("\n".join((HEADERS, *PLACES)), encoding="utf-8")
    outcome = import_file(database, catalog, settings, ImportRequest("places", path, "test"), lambda *_: None)
    assert outcome.state == "loaded"
    with database.connect("owner") as connection:
        # One pair is left for a person.
        connection.execute(text("update place set same_as_id = null where key = '丁'"))
    staff = {
        name: hold_session(database, add_person(database, name, role, units=[]))
        for name, role in {"admin": "administrator", "kan": "viewer"}.items()
    }
    with serving(database, catalog, settings) as address:
        yield address, database, staff
    database.dispose()


@pytest.fixture
def at(open_desk: Callable[..., Desk], office: tuple[str, Database, dict[str, Held]]) -> Callable[..., Page]:
    def make(path: str, who: str = "admin", **given: object) -> Page:
        desk = open_desk(None, base=office[0], who=office[2][who], **given)
        desk.page.goto(f"{office[0]}{path}")
        return desk.page

    return make


def place_id(office: tuple[str, Database, dict[str, Held]], key: str) -> int:
    with office[1].connect("owner") as connection:
        return int(connection.execute(text("select id from place where key = :key"), {"key": key}).scalar_one())


def test_a_place_tells_its_story_and_its_names_of_a_day(
    at: Callable[..., Page], office: tuple[str, Database, dict[str, Held]], artefacts: Path
) -> None:
    page = at(f"/names/registry?place={place_id(office, 'road')}&on=1996-01-01")
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="城北路")).to_be_visible()
    expect(panel).to_contain_text("1996年1月1日时的名称")
    for words in ("纪念茶圣陆羽", "因陆羽得名", "干驿镇（", "公里）", "陆羽大道", "读音出处：资料写明"):
        expect(panel).to_contain_text(words)
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.screenshot(path=artefacts / "registry-1996.png")
    page.fill("#on", "2010-01-01")
    expect(panel.get_by_role("heading", name="陆羽大道")).to_be_visible()
    page.fill("#on", "1970-01-01")
    expect(panel).to_contain_text("时没有标准名称")
    page.fill("#on", "")
    expect(panel.get_by_role("heading", name="陆羽大道")).to_be_visible()


def test_a_guessed_reading_is_told_syllable_by_syllable(
    at: Callable[..., Page], office: tuple[str, Database, dict[str, Held]], artefacts: Path
) -> None:
    page = at(f"/names/registry?place={place_id(office, '重名')}", who="kan", width=390, height=844, locale="en-GB")
    panel = page.locator("#panel")
    summary = panel.get_by_text("Source of each syllable")
    expect(summary).to_be_visible()
    expect(summary).to_contain_text("not confirmed")
    summary.focus()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("listitem").filter(has_text=re.compile(r"^曾 zēng surname$"))).to_be_visible()
    page.screenshot(path=artefacts / "registry-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_spellings_and_what_is_registered_twice(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/inventory?kind=village")
    spelt = page.locator("#spellings")
    expect(spelt.locator("li")).to_have_count(2)
    for words in ("侯口街道", "候口街道", "mca 2025", "nbs 2023", "李家湾", "李家塆"):
        expect(spelt).to_contain_text(words)
    expect(page.locator("#doubles-told")).to_contain_text("1")
    twice = page.locator("#doubles li")
    expect(twice).to_have_count(2)
    open_one = twice.filter(has_text="周台村")
    expect(open_one).to_contain_text("10 m")
    page.locator("#spellings-head").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "inventory-spellings.png", full_page=True)
    # The pair is linked, parted, said to be two, and linked again.
    open_one.get_by_role("button", name="关联", exact=True).click()
    expect(twice.get_by_role("button", name="拆开")).to_have_count(2)
    twice.filter(has_text="周台村").get_by_role("button", name="拆开").click()
    expect(twice.filter(has_text="周台村").get_by_role("button", name="拆开")).to_have_count(0)
    page.screenshot(path=artefacts / "inventory-doubles.png", full_page=True)


def test_who_may_only_read_decides_nothing(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/inventory?kind=village", who="kan", width=390, height=844, locale="en-GB")
    expect(page.locator("#doubles li").first).to_be_visible()
    expect(page.locator("#doubles button")).to_have_count(0)
    page.locator("#spellings li button").first.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "inventory-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
