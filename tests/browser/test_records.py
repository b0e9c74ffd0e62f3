"""The page of records as a clerk uses it, by mouse, by keyboard and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def clerk(office: tuple[str, Database]) -> Held:
    return hold_session(office[1], add_person(office[1], "zhang", "clerk", "approver"))


@pytest.fixture(scope="module")
def other(office: tuple[str, Database]) -> Held:
    return hold_session(office[1], add_person(office[1], "wang", "clerk"))


Opened = Callable[..., Desk]


@pytest.fixture
def open_records(open_desk: Opened, office: tuple[str, Database]) -> Opened:
    def make(query: str = "", *, who: Held, **given: object) -> Desk:
        desk = open_desk(None, base=office[0], who=who, **given)
        desk.page.goto(f"{office[0]}/data{query}")
        settle(desk.page)
        return desk

    return make


def settle(page: Page) -> None:
    page.wait_for_selector("#table[aria-busy=false]")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")


def one_of(office: tuple[str, Database], statement: str) -> int:
    with office[1].connect("owner") as connection:
        found: int = connection.execute(text(statement)).scalar_one()
        return found


def kept(desk: Desk, record: int, layer: str = "facilities") -> dict[str, object]:
    answer: dict[str, object] = desk.get(f"/api/records/{layer}/{record}")["values"]
    return answer


def saved(page: Page, words: str = "已保存") -> None:
    expect(page.locator("#said")).to_contain_text(words)


def press_save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()


def test_a_record_is_mended_saved_and_undone(
    open_records: Opened, office: tuple[str, Database], clerk: Held, artefacts: Path
) -> None:
    desk = open_records("?layer=facilities", who=clerk)
    page = desk.page
    page.fill("#q", "净潭乡养老服务中心")
    expect(page.locator("#told")).to_contain_text("1 条（共 1 条）")
    page.locator("tbody tr[data-id]").click()
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    before = kept(desk, record)
    page.fill("#f-beds", "20")
    page.fill("#f-nursing_beds", "30")
    page.fill("#f-name", " ")
    desk.watch.allowed.append("422")
    press_save(page)
    expect(page.locator(".note.error")).to_contain_text("有 2 处需要改正")
    expect(page.locator("[data-field=name] .fault")).to_be_visible()
    expect(page.locator("#f-nursing_beds")).to_have_attribute("aria-invalid", "true")
    page.screenshot(path=artefacts / "records-faults.png")
    page.locator(".note.error a", has_text="设施名称").click()
    expect(page.locator("#f-name")).to_be_focused()
    page.fill("#f-name", "净潭乡中心福利院")
    page.fill("#f-nursing_beds", "10")
    page.fill("#f-reason", "更名")
    press_save(page)
    saved(page)
    assert kept(desk, record) == {**before, "name": "净潭乡中心福利院", "beds": 20, "nursing_beds": 10}
    page.locator("#said button", has_text="撤销").click()
    saved(page, "已撤销")
    assert kept(desk, record) == before
    page.get_by_role("tab", name="历史版本").click()
    expect(page.locator(".versions li")).to_have_count(3)
    expect(page.locator(".versions")).to_contain_text("更名")
    page.locator(".versions li").nth(1).get_by_role("button", name="恢复到此版本").click()
    expect(page.locator("#f-name")).to_have_value("净潭乡中心福利院")
    press_save(page)
    saved(page)
    assert kept(desk, record)["beds"] == 20


def test_two_clerks_at_once_see_both_versions(
    open_records: Opened, office: tuple[str, Database], clerk: Held, other: Held, artefacts: Path
) -> None:
    record = one_of(office, "select max(id) from facility")
    desks = [open_records(f"?layer=facilities&record={record}", who=who) for who in (clerk, other)]
    mine, theirs = (desk.page for desk in desks)
    for page in (mine, theirs):
        page.wait_for_selector("#f-address")
    theirs.fill("#f-address", "后街2号")
    theirs.fill("#f-beds", "7")
    press_save(theirs)
    saved(theirs)
    mine.fill("#f-name", "我改的名称")
    mine.fill("#f-beds", "8")
    desks[0].watch.allowed.append("412")
    press_save(mine)
    dialog = mine.locator("dialog")
    expect(dialog).to_contain_text("刚被别人改过")
    rows = dialog.locator("tbody tr")
    expect(rows).to_have_count(3)
    mine.screenshot(path=artefacts / "records-conflict.png")
    rows.filter(has_text="床位数").locator("input[value=theirs]").check()
    dialog.get_by_role("button", name="用所选内容").click()
    press_save(mine)
    saved(mine)
    found = kept(desks[0], record)
    assert (found["name"], found["address"], found["beds"]) == ("我改的名称", "后街2号", 7)


def test_what_was_typed_outlives_connection_and_session(
    open_records: Opened, office: tuple[str, Database], clerk: Held
) -> None:
    record = one_of(office, "select min(id) from facility where beds > 0") + 1
    desk = open_records(f"?layer=facilities&record={record}", who=clerk)
    page = desk.page
    desk.watch.allowed += ["ERR_", "401"]

    def lose(route: Route) -> None:
        route.abort("connectionfailed")

    page.route("**/api/records/facilities/*", lose)
    page.fill("#f-address", "断线时填的地址")
    press_save(page)
    expect(page.locator(".note.error")).to_contain_text("连接断了")
    page.unroute("**/api/records/facilities/*")
    page.reload()
    expect(page.locator(".draft")).to_contain_text("没保存的修改")
    page.get_by_role("button", name="继续修改").click()
    expect(page.locator("#f-address")).to_have_value("断线时填的地址")
    with office[1].connect("owner") as connection:
        connection.execute(text("delete from session"))
    press_save(page)
    expect(page.locator(".note.error")).to_contain_text("登录已过期")
    link = page.locator(".note.error a")
    expect(link).to_have_attribute("href", re.compile(rf"/sign-in\?next=%2Fdata%3F.*{record}"))
    again = hold_session(office[1], one_of(office, "select id from account where name = 'zhang'"))
    page.context.add_cookies([{"name": "geoservice_session", "value": again.cookie, "url": office[0]}])
    page.reload()
    page.get_by_role("button", name="继续修改").click()
    press_save(page)
    saved(page)
    assert kept(desk, record)["address"] == "断线时填的地址"
    page.reload()
    page.wait_for_selector("#f-address")
    expect(page.locator(".draft")).to_have_count(0)


@pytest.fixture
def person(office: tuple[str, Database]) -> Held:
    """A session of its own: others may have been ended."""
    return hold_session(office[1], one_of(office, "select id from account where name = 'zhang'"))


@pytest.mark.usefixtures("clerk")
def test_many_records_are_changed_taken_out_and_brought_back(
    open_records: Opened, office: tuple[str, Database], person: Held, artefacts: Path
) -> None:
    desk = open_records("?layer=walls", who=person)
    page = desk.page
    made = [
        desk.page.evaluate(
            """async (k) => {
              const who = await (await fetch("/api/session")).json();
              const headers = { "Content-Type": "application/json", "X-Form-Key": who.form_key };
              const geometry = { type: "LineString", coordinates: [[113.1, 30.6 + k / 1000], [113.11, 30.6 + k / 1000]] };
              const body = JSON.stringify({ values: { name: `围墙${k}`, class: "wall" }, geometry });
              return (await fetch("/api/records/walls", { method: "POST", headers, body })).status;
            }""",
            number,
        )
        for number in range(5)
    ]
    assert made == [201] * 5
    page.reload()
    settle(page)
    page.fill("#q", "围墙")
    expect(page.locator("#told")).to_contain_text("5 条（共 5 条）")
    page.locator("thead input").check()
    expect(page.locator("#many")).to_contain_text("已选 5 条")
    page.get_by_role("button", name="批量修改").click()
    page.select_option("#bulk-field", "name")
    page.fill("dialog #f-name", "围墙改")
    expect(page.locator("dialog")).to_contain_text("5 条中有 5 条会改变")
    page.screenshot(path=artefacts / "records-bulk.png")
    page.get_by_role("button", name="修改这 5 条").click()
    saved(page, "已保存 5 条")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出所选").click()
    sheet = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert sheet[0].startswith("编号,名称,类别")
    assert len(sheet) == 6
    assert "围墙改" in sheet[1]
    page.locator("#many").get_by_role("button", name="删除").click()
    page.locator("dialog").get_by_role("button", name="删除").click()
    saved(page, "已删除 5 条")
    assert desk.get("/api/records/walls", q="围墙")["total"] == 0
    page.locator("#said button", has_text="撤销").click()
    saved(page, "已找回 5 条")
    assert desk.get("/api/records/walls", q="围墙")["total"] == 5


@pytest.mark.usefixtures("clerk")
def test_what_was_taken_out_earlier_is_found_and_brought_back(
    open_records: Opened, person: Held, artefacts: Path
) -> None:
    desk = open_records("?layer=places", who=person)
    page = desk.page
    page.fill("#q", "汪场")
    expect(page.locator("#told")).to_contain_text("2 条（共 2 条）")
    page.locator("thead input").check()
    page.locator("#many").get_by_role("button", name="删除").click()
    page.fill("#remove-reason", "重复登记")
    page.locator("dialog").get_by_role("button", name="删除").click()
    saved(page, "已删除 2 条")
    page.reload()
    settle(page)
    page.click("#gone")
    lines = page.locator(".removed li")
    expect(lines).to_have_count(2)
    expect(lines.first).to_contain_text("由 zhang 删除：重复登记")
    lines.first.locator("input").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="找回 1 条")).to_be_enabled()
    page.wait_for_timeout(800)
    page.screenshot(path=artefacts / "records-removed.png")
    lines.last.locator("input").check()
    page.get_by_role("button", name="找回 2 条").click()
    saved(page, "已找回 2 条")
    assert desk.get("/api/records/places", q="汪场")["total"] == 2
    page.click("#gone")
    expect(page.locator("#panel")).to_contain_text("这里没有您可以找回的记录")


@pytest.mark.usefixtures("clerk")
def test_a_road_says_who_may_use_it_in_words(open_records: Opened, person: Held) -> None:
    desk = open_records("?layer=roads", who=person)
    page = desk.page
    page.locator("tbody tr[data-id]").first.click()
    page.wait_for_selector("#f-draw")
    expect(page.locator("[data-field=oneway]")).to_contain_text("沿绘制方向指从线的起点到终点")
    page.select_option("#f-oneway", label="单行（沿绘制方向）")
    page.locator("[data-field=modes] label", has_text="步行").locator("input").uncheck()
    press_save(page)
    saved(page)
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    values = kept(desk, record, "roads")
    assert (values["oneway"], values["modes"]) == ("forward", ["bicycle", "car"])
    expect(page.locator("tbody tr[aria-current]")).to_contain_text("非机动车、机动车")


@pytest.mark.usefixtures("clerk")
def test_a_box_on_the_map_chooses_what_lies_in_it(open_records: Opened, person: Held, artefacts: Path) -> None:
    desk = open_records("?layer=communities", who=person)
    page = desk.page
    page.locator("#by-box").click()
    area = page.locator("#map").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] * 0.3, area["y"] + area["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, area["y"] + area["height"] * 0.6, steps=4)
    page.screenshot(path=artefacts / "records-box.png")
    page.mouse.up()
    expect(page.locator("#many")).to_contain_text("已选")
    marked = int(re.findall(r"\d+", page.locator("#many strong").inner_text())[0])
    assert 0 < marked < 633


@pytest.mark.usefixtures("clerk")
def test_the_keyboard_is_enough_for_a_form(open_records: Opened, person: Held) -> None:
    desk = open_records("?layer=communities", who=person)
    page = desk.page
    page.locator("tbody tr[data-id]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    record = int(str(page.evaluate("document.activeElement.dataset.id")))
    page.keyboard.press(" ")
    expect(page.locator("#many")).to_contain_text("已选 1 条")
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "f-class":
            break
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    chosen = page.input_value("#f-class")
    page.locator("#f-population").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("9999")
    page.keyboard.press("Enter")
    saved(page)
    found = kept(desk, record, "communities")
    assert (found["class"], found["population"]) == (chosen, 9999)


@pytest.mark.usefixtures("clerk")
def test_a_phone_corrects_an_attribute(open_records: Opened, person: Held, artefacts: Path) -> None:
    desk = open_records("?layer=facilities", who=person, width=390, height=800, has_touch=True, is_mobile=True)
    page = desk.page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("tbody tr[data-id]").nth(4).click()
    page.wait_for_selector("#f-address", state="visible")
    page.fill("#f-address", "手机上改的地址")
    page.screenshot(path=artefacts / "records-phone.png")
    press_save(page)
    saved(page)
    page.locator("[data-part=lines]").click()
    expect(page.locator("tbody tr[aria-current]")).to_contain_text("手机上改的地址")


def test_a_viewer_looks_and_is_offered_no_more(
    open_records: Opened, open_desk: Opened, office: tuple[str, Database], artefacts: Path
) -> None:
    viewer = hold_session(office[1], add_person(office[1], "kan", "viewer"))
    desk = open_records("?layer=facilities", who=viewer)
    page = desk.page
    expect(page.locator("#told")).not_to_contain_text("新建")
    page.locator("tbody tr[data-id]").first.click()
    expect(page.locator("#f-name")).to_be_disabled()
    expect(page.locator("#panel")).to_contain_text("您的角色只能查看")
    for words in ("保存", "删除", "公布", "在地图上修改"):
        expect(page.locator("#panel").get_by_role("button", name=words, exact=True)).to_have_count(0)
    page.screenshot(path=artefacts / "records-viewer.png")
    stranger = open_desk(None, base=office[0])
    stranger.page.goto(f"{office[0]}/data")
    expect(stranger.page).to_have_url(re.compile(r"/sign-in\?next=/data"))
    stranger.page.goto(office[0])
    stranger.settle()
    expect(stranger.page.locator("#desk-data")).to_be_hidden()


@pytest.mark.usefixtures("clerk")
def test_the_page_speaks_english_too(open_records: Opened, person: Held) -> None:
    desk = open_records("?layer=units&lang=en", who=person, locale="en-GB")
    page = desk.page
    expect(page.locator("#told")).to_contain_text("records")
    page.locator("tbody tr[data-id]").first.click()
    page.wait_for_selector("#f-name")
    words = page.locator("main").inner_text()
    assert not re.search(r"\bdesk\.|\bmap\.", words)
