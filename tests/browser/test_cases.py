"""The approval desk as its staff use it: a street and an estate from the application to the registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.browser.conftest import Desk
from tests.case_builders import make_county
from tests.conftest import serving
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

Opened = Callable[..., Desk]


@pytest.fixture(scope="module")
def bureau(
    new_database: Callable[..., Database], catalog: Catalog, settings: Settings
) -> Iterator[tuple[str, Database, dict[str, Held]]]:
    """A county with a town, its streets, and one of each role."""
    database = new_database()
    with database.connect("owner") as connection:
        town = make_county(connection)["town"]
    roles = {"li": "clerk", "wang": "approver", "chen": "reviewer", "kan": "viewer"}
    staff = {
        name: hold_session(database, add_person(database, name, role, units=[] if role == "viewer" else [town]))
        for name, role in roles.items()
    }
    draft = {
        "kind": "naming",
        "name_kind": "street",
        "title": "梧桐路命名",
        "unit_id": town,
        "names": [{"name": "梧桐路"}],
    }
    clerk = TestClient(create_app(settings, catalog=catalog, database=database), base_url="http://127.0.0.1:8000")
    assert clerk.post("/api/cases", json=draft, headers=staff["li"].headers).json()["id"] == 1
    with serving(database, catalog, settings) as address:
        yield address, database, staff
    database.dispose()


@pytest.fixture
def at(open_desk: Opened, bureau: tuple[str, Database, dict[str, Held]]) -> Callable[..., Page]:
    def make(path: str, who: str | None = "li", allowed: str | None = None, **given: object) -> Page:
        desk = open_desk(None, base=bureau[0], who=None if who is None else bureau[2][who], **given)
        desk.watch.allowed += [] if allowed is None else [allowed]
        desk.page.goto(f"{bureau[0]}{path}")
        return desk.page

    return make


def ready(page: Page) -> None:
    page.wait_for_selector("#map[aria-busy=false]", state="attached")


def draw(page: Page, *shares: tuple[float, float]) -> None:
    page.get_by_role("button", name="在地图上画").click()
    expect(page.locator("#drawing")).to_be_visible()
    page.wait_for_timeout(800)
    area = page.locator("#map canvas").bounding_box()
    assert area is not None
    for x, y in shares:
        page.mouse.click(area["x"] + area["width"] * x, area["y"] + area["height"] * y)
        page.wait_for_timeout(200)
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="画好了").click()
    expect(page.locator("#n-where")).to_contain_text("个点")


def paper(page: Page, *ids: str) -> None:
    for one in ids:
        page.locator(f"[data-material={one}]").check()
        expect(page.locator(f"[data-material={one}]")).to_be_checked()
        page.wait_for_load_state("networkidle")


def move(page: Page, to: str, **fields: str) -> None:
    page.locator(f"[data-to={to}]").click()
    over = page.locator("dialog input[name^=over-]")
    for number in range(over.count()):
        over.nth(number).fill("普通道路，规划已公示")
    for name, value in fields.items():
        page.fill(f"dialog [name={name}]", value)
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog")).not_to_be_visible()


def test_a_street_from_the_application_to_the_registry(
    at: Callable[..., Page], bureau: tuple[str, Database, dict[str, Held]], artefacts: Path
) -> None:
    page = at("/names/new")
    ready(page)
    page.select_option("#unit", label="东城镇")
    page.fill("#n-name", "陆羽大道")
    expect(page.locator(".check .answer")).to_contain_text("违反")
    expect(page.locator(".clashes")).to_contain_text("陆羽大道")
    expect(page.locator(".check")).to_contain_text("第九条第八项")
    page.wait_for_timeout(1200)
    page.screenshot(path=artefacts / "case-clash.png")
    page.fill("#n-name", "清泉路")
    expect(page.locator(".check .answer")).to_contain_text("通过")
    expect(page.locator(".check .spelling")).to_have_text("Qīngquán Lù")
    draw(page, (0.45, 0.5), (0.55, 0.52))
    page.fill("#n-reading", "qīng quán lù")
    page.fill("#n-location", "东起陆羽大道，西至红山路")
    page.fill("#n-meaning", "取文学泉清冽之意")
    page.fill("#applicant", "东城镇人民政府")
    # What was typed outlives the page.
    page.reload()
    expect(page.locator("#restored")).to_be_visible()
    expect(page.locator("#n-name")).to_have_value("清泉路")
    expect(page.locator("#n-where")).to_contain_text("个点")
    page.screenshot(path=artefacts / "case-new.png")
    page.locator("#send").click()
    page.wait_for_url("**/names/case?id=*")
    expect(page.locator("h1")).to_contain_text("清泉路命名")
    expect(page.locator("[data-to=registered]")).to_be_disabled()
    expect(page.locator(".moves")).to_contain_text("缺材料：申请书")
    # A name stays open in its form, as typed, while two papers beside it are ticked one upon the other.
    page.get_by_role("button", name="修改").first.click()
    page.fill("#n-origin", "因路旁文学泉得名")
    page.evaluate(
        "for (const id of ['application', 'assessment']) document.querySelector(`[data-material=${id}]`).click()"
    )
    for one in ("application", "assessment"):
        expect(page.locator(f"[data-material={one}]")).to_be_checked()
    expect(page.locator("#n-origin")).to_have_value("因路旁文学泉得名")
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".card")).to_contain_text("因路旁文学泉得名")
    expect(page.locator(".card")).to_contain_text("Qīngquán Lù")
    move(page, "registered")
    move(page, "checked")
    expect(page.locator(".card summary")).to_contain_text("通过")
    expect(page.locator("[data-to=approved]")).to_be_disabled()
    ready(page)
    page.wait_for_timeout(1000)
    page.screenshot(path=artefacts / "case-checked.png")
    number = page.url.partition("?")[2]

    leader = at("/names", who="wang")
    expect(leader.locator("#lines")).to_contain_text("清泉路命名")
    leader.screenshot(path=artefacts / "case-list.png")
    leader.get_by_role("link", name="清泉路命名").click()
    leader.wait_for_url(f"**/names/case?{number}")
    move(leader, "approved", document="天政函〔2026〕18号")
    expect(leader.locator(".steps")).to_contain_text("剩 15 天")
    expect(leader.locator(".timeline")).to_contain_text("天政函〔2026〕18号")

    page.reload()
    expect(page.locator(".state")).to_have_text("批准")
    move(page, "filed", document="备案表")
    leader.reload()
    move(leader, "announced", note="天门市人民政府网站")
    page.reload()
    move(page, "entered")
    expect(page.locator(".moves")).to_have_count(0)
    expect(page.locator(".panel-form")).to_contain_text("案件已办结")
    page.wait_for_timeout(800)
    page.screenshot(path=artefacts / "case-entered.png")
    with bureau[1].connect("owner") as connection:
        kept = connection.execute(text("select romanisation, published from place_name where name = '清泉路'")).one()
    assert tuple(kept) == ("Qīngquán Lù", True)


def test_an_estate_asks_first_and_two_at_once_are_told(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/new", allowed="412")
    ready(page)
    page.select_option("#name_kind", "estate")
    page.select_option("#unit", label="东城镇")
    page.fill("#n-name", "云锦花园")
    draw(page, (0.45, 0.45), (0.55, 0.45), (0.55, 0.55), (0.45, 0.55))
    page.locator("#send").click()
    page.wait_for_url("**/names/case?id=*")
    paper(page, "application", "assessment", "opinions")
    move(page, "registered")
    move(page, "checked")
    expect(page.locator("[data-to=consulted]")).to_be_disabled()
    page.get_by_role("button", name="登记征求对象").click()
    page.fill("#f-asked", "天门市民政局")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator(".opinions")).to_contain_text("未答复")
    move(page, "consulted")
    page.get_by_role("button", name="登记答复").click()
    page.select_option("#f-stance", "comments")
    page.fill("#f-opinion", "建议用“云锦苑”")
    page.select_option("#f-outcome", "declined")
    page.fill("#f-answer", "无重名，维持原名")
    page.screenshot(path=artefacts / "case-opinion.png")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator(".opinions")).to_contain_text("不采纳：无重名，维持原名")
    page.locator("[data-name]").get_by_role("button", name="审查意见").click()
    page.select_option("#f-decision", "approved")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator(".card summary")).to_contain_text("同意")

    leader = at(f"/names/case?{page.url.partition('?')[2]}", who="wang")
    # Somebody else moves it meanwhile: the second is told.
    page.locator("[data-to=draft]").click()
    page.fill("#f-why", "材料有误")
    expect(leader.locator("[data-to=approved]")).to_be_enabled()
    move(leader, "approved", document="天住建函〔2026〕2号")
    page.locator("dialog button[type=submit]").click()
    expect(page.locator("dialog .note.error")).to_be_visible()
    expect(page.locator("#f-why")).to_have_value("材料有误")


def test_the_papers_of_a_case_are_taken_along(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/case?id=1")
    ready(page)
    papers = page.get_by_role("region", name="文书")
    expect(papers.locator("[data-document]")).to_have_count(7)
    expect(papers.locator("[data-document=announcement]")).to_contain_text("以后才能出")
    expect(papers.locator("[data-document=announcement] a")).to_have_count(0)
    papers.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "case-papers.png")
    with page.expect_download() as taken:
        papers.get_by_role("link", name="下载 DOCX 申请书").click()
    assert taken.value.suggested_filename.endswith(".docx")
    assert taken.value.path().read_bytes().startswith(b"PK")
    with page.expect_popup() as opened:
        papers.get_by_role("link", name="预览 申请书").click()
    expect(opened.value.locator("h1")).to_have_text("地名命名申请书")
    opened.value.screenshot(path=artefacts / "case-application.png")


def test_a_viewer_looks_and_nobody_else_comes_in(at: Callable[..., Page]) -> None:
    page = at("/names?view=all", who="kan")
    expect(page.locator("#list[aria-busy=false]")).to_be_attached()
    expect(page.locator(".rooms")).not_to_contain_text("新申请")
    page.goto(page.url.replace("/names?view=all", "/names/case?id=1"))
    expect(page.locator("h1")).to_be_visible()
    buttons = page.locator(".moves button").all()
    assert buttons
    for button in buttons:
        expect(button).to_be_disabled()
    stranger = at("/names", who=None)
    stranger.wait_for_url("**/sign-in?next=/names")


def test_the_registry_leads_to_a_renaming(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/registry")
    ready(page)
    page.fill("#q", "hongshan")
    page.locator("#hits button", has_text="红山路").click()
    expect(page.locator("#panel")).to_contain_text("历来名称")
    expect(page.locator("#panel .timeline")).to_contain_text("标准名称")
    page.locator("#panel .bearers summary").click()
    expect(page.locator("#panel .bearers")).to_contain_text("红山路")
    expect(page.locator("#panel .bearers")).to_contain_text("公里以内")
    page.wait_for_timeout(800)
    page.screenshot(path=artefacts / "registry.png")
    page.get_by_role("link", name="更名").click()
    page.wait_for_url("**/names/new?kind=renaming&place=*")
    expect(page.locator("#kind")).to_have_value("renaming")
    expect(page.locator(".name-form")).to_contain_text("红山路")
    page.select_option("#unit", label="东城镇")
    page.fill("#n-name", "霞光路")
    expect(page.locator(".check .answer")).to_contain_text("通过")
    page.locator("#send").click()
    page.wait_for_url("**/names/case?id=*")
    expect(page.locator("h1")).to_contain_text("霞光路更名")
    expect(page.locator(".card")).to_contain_text("红山路")


def test_the_inventory_and_the_rules_are_read(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/inventory?kind=street")
    expect(page.locator("#told")).to_contain_text("比较了")
    page.select_option("#kind", "township")
    expect(page.locator("#told")).to_contain_text("没有相同或同音的")
    page.goto(page.url.partition("/names/")[0] + "/names/rules")
    expect(page.locator("#rules tr").first).to_contain_text("条例")
    assert "|" not in page.locator("#rules").inner_text()
    page.screenshot(path=artefacts / "name-rules.png")


def test_on_a_phone_and_in_english(at: Callable[..., Page], artefacts: Path) -> None:
    page = at("/names/case?id=1&lang=en", width=390, height=800, locale="en")
    expect(page.locator("h1")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=artefacts / "case-phone.png")
    page.locator("button[data-part=panel]").click()
    expect(page.locator("#panel")).to_contain_text("Steps and terms")
    page.screenshot(path=artefacts / "case-phone-panel.png")
    papers = page.get_by_role("region", name="Documents")
    expect(papers.locator("[data-document]")).to_have_count(7)
    papers.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "case-papers-phone.png")
    assert "case." not in page.locator("main").inner_text()
    page.goto(page.url.partition("/names/")[0] + "/names/new?lang=en")
    expect(page.locator("#n-name")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert "case." not in page.locator("main").inner_text()
