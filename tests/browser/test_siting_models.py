"""Siting models on the desk: asked, followed, explained, made a scenario; cancelled; on a phone and by keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pyproj import Transformer
from shapely import transform
from shapely.geometry import box, mapping
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.worker import Worker
from tests.browser.conftest import Desk
from tests.people import add_person, hold_session

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("_worker")]
Office = tuple[str, Database]
DAY_CARE = "/siting?service=elder_circle&type=day_care_centre&on=2026-01-01"


@pytest.fixture(scope="module")
def _worker(office: Office, settings: Settings, catalog: Catalog) -> Iterator[None]:
    worker = Worker(settings, catalog, office[1]).start()
    yield
    worker.stop()


def opened(open_desk: Callable[..., Desk], office: Office, name: str, path: str = DAY_CARE, **context: object) -> Page:
    address, database = office
    who = hold_session(database, add_person(database, name, "planner"))
    desk = open_desk(None, base=address, who=who, **context)
    # What a test has refused on purpose.
    desk.watch.allowed.append("status of 422")
    page = desk.page
    page.set_default_timeout(90_000)
    page.goto(f"{address}{path}")
    page.on("dialog", lambda dialog: dialog.accept())
    page.wait_for_selector("#outcome[aria-busy=false]", state="attached")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.wait_for_selector("body[data-mode]")
    return page


def answered(page: Page) -> None:
    page.wait_for_function("() => performance.getEntriesByName('siting:answered').length > 0")


def test_sites_are_asked_for_explained_and_made_a_scenario(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "li", width=1400, height=900)
    page.click("button[data-mode=solve]")
    expect(page.locator("#add")).to_be_hidden()
    page.fill("#ask-p", "4")
    page.select_option("#ask-group", "60+")
    expect(page.locator("#ask-unruled")).to_contain_text("没有为“日间照料中心”编入选址规则")
    expect(page.locator("#ask-rules")).to_be_disabled()
    page.screenshot(path=artefacts / "siting-ask.png")
    page.click("#ask-start")
    answered(page)
    answer = page.locator("#answer")
    expect(answer.locator(".verdict")).to_contain_text("已证明最优")
    expect(answer.locator(".sites tbody tr")).to_have_count(4)
    expect(page.locator(".site-mark")).to_have_count(4)
    value = answer.locator(".facts dd").first.inner_text()
    assert answer.locator(".facts dd").nth(1).inner_text() == value
    page.screenshot(path=artefacts / "siting-answer.png")
    expect(page.locator("#ruled")).to_contain_text("编有规则的类型：公墓、加油加气站、养老机构")
    page.locator("#ruled").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-unruled.png")
    page.click("#answer-check")
    expect(page.locator("#answer-checked")).to_contain_text(value)
    page.click("#why summary")
    expect(page.locator("#why .reasons li")).to_have_count(4)
    expect(page.locator("#why .left tbody tr").first).to_be_visible()
    page.locator("#why").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-why.png")
    page.click("#answer-scenario")
    expect(page.locator("#changes li")).to_have_count(4)
    expect(page.locator("#name")).to_have_value("覆盖人数最多，4 处")
    expect(page.locator(".pin")).to_have_count(4)
    expect(page.locator(".site-mark")).to_have_count(0)
    expect(page.locator("#outcome")).to_contain_text(value.replace(" 人", ""))
    # The address opens what is shown; nothing of the table of townships is cut off.
    assert "scenario=" in page.url
    assert "answer=" not in page.url
    wide, room = page.locator("#outcome").evaluate("(node) => [node.scrollWidth, node.clientWidth]")
    assert wide <= room
    page.click("button[data-mode=solve]")
    assert "answer=" in page.url
    expect(page.locator("#answers li")).to_have_count(1)
    page.reload()
    expect(page.locator(".site-mark")).to_have_count(4)
    page.click("#answer-discard")
    expect(page.locator("#answers")).to_contain_text("还没有")


def test_existing_facilities_are_moved_and_closed(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "zheng", width=1400, height=900)
    page.click("button[data-mode=solve]")
    page.fill("#ask-p", "0")
    page.click("#ask-more > summary")
    page.fill("#ask-close", "1")
    page.fill("#ask-move", "2")
    page.click("#ask-closable > summary")
    ticks = page.locator("#ask-closable-list input")
    expect(ticks).not_to_have_count(0)
    number = ticks.count()
    for at in range(0, number, 2):
        ticks.nth(at).check()
    names = {page.locator("#ask-closable-list label").nth(at).inner_text().strip() for at in range(0, number, 2)}
    page.locator("#ask-closable").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-existing-ask.png")
    page.click("#ask-start")
    answered(page)
    answer = page.locator("#answer")
    expect(answer.locator("h2").first).to_have_text("覆盖人数最多，新设 0、关闭 1、迁建 2")
    expect(answer.locator(".verdict")).to_contain_text("已证明最优")
    closed = answer.locator("table.closed tbody tr")
    expect(closed).not_to_have_count(0)
    count = closed.count()
    assert 1 <= count <= 3
    expect(answer.locator(".sites tbody tr")).to_have_count(count - 1)
    assert {text.strip() for text in closed.locator("th").all_inner_texts()} <= names
    page.screenshot(path=artefacts / "siting-existing.png")
    page.click("#answer-check")
    expect(page.locator("#answer-checked")).to_have_class("note good")
    page.click("#answer-scenario")
    expect(page.locator("#changes li")).to_have_count(2 * count - 1)


def test_a_plan_in_phases_closes_and_moves_in_its_year(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "feng", width=1400, height=900)
    page.click("button[data-mode=solve]")
    page.click("#ask-more > summary")
    year = page.locator("#ask-year-field")
    expect(year).to_be_hidden()
    page.fill("#ask-move", "1")
    expect(year).to_be_hidden()
    expect(page.locator("#ask-order-field")).to_be_hidden()
    page.fill("#ask-phases", "1, 2")
    expect(year).to_be_visible()
    help_ = page.locator("#ask-order-help")
    expect(help_).to_contain_text("每一期都在已建成的基础上添最好的点")
    page.select_option("#ask-order", "last")
    expect(help_).to_contain_text("先选定最后一期全部建成时最好的点")
    page.fill("#ask-move", "")
    expect(year).to_be_hidden()
    page.fill("#ask-close", "1")
    page.fill("#ask-move", "1")
    page.fill("#ask-year", "3")
    page.click("#ask-start")
    expect(page.locator("#ask-year-field .fault")).to_contain_text("请填 1 至 2")
    page.locator("#ask-year-field").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-years-ask.png")
    page.fill("#ask-year", "2")
    page.click("#ask-start")
    answered(page)
    table = page.locator("#answer table.years")
    done = table.locator("tr.done")
    expect(done).to_have_count(2)
    expect(done.first).to_contain_text("开设：")
    expect(done.first).not_to_contain_text("关闭")
    expect(done.last).to_contain_text("关闭")
    for name in page.locator("#answer table.closed tbody th").all_inner_texts():
        expect(done.last).to_contain_text(name.strip())
    expect(table.locator("caption")).to_contain_text("先定末期，再排先后")
    kept = page.request.get(f"{office[0]}/api/siting").json()["items"][0]["id"]
    kept = page.request.get(f"{office[0]}/api/siting/{kept}").json()
    assert (kept["question"]["order"], kept["answer"]["phases"][-1]["price"]) == ("last", 0)
    panel = page.locator("#answer").evaluate("(node) => [node.scrollWidth, node.clientWidth]")
    assert panel[0] <= panel[1]
    table.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-years.png")
    page.click("#answer-check")
    expect(page.locator("#answer-checked")).to_contain_text("2 期逐期重新计算，每期的结果和条件都相符")
    page.set_viewport_size({"width": 390, "height": 844})
    table.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-years-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.set_viewport_size({"width": 1400, "height": 900})
    (one,) = page.request.get(f"{office[0]}/api/siting").json()["items"]
    told_without_leave(office[1], one["id"])
    for language, phases in (("zh", CHECKED), ("en", CHECKED_ENGLISH)):
        page.goto(f"{office[0]}{DAY_CARE}&answer={one['id']}&lang={language}")
        page.click("#answer-check")
        checked = page.locator("#answer-checked")
        expect(checked).to_have_class("note warn")
        expect(checked.locator("[data-year]")).to_have_count(2)
        for at, words in enumerate(phases):
            for part in words:
                expect(checked.locator("[data-year]").nth(at)).to_contain_text(part)
        checked.scroll_into_view_if_needed()
        page.screenshot(path=artefacts / f"siting-checked-{language}.png")


CHECKED = [
    ("第 1 期", "条件不满足：有现有设施在约定的那一期之前就关闭了"),
    ("第 2 期", "条件不满足：这一期开设、关闭的与列出的点对不上"),
]
CHECKED_ENGLISH = [
    ("Phase 1", "a condition does not hold: an existing facility is closed before its phase"),
    ("Phase 2", "a condition does not hold: what the phase opens and closes does not fit its sites"),
]


def told_without_leave(database: Database, answer: int) -> None:
    """Has the first phase of a kept answer close what the second may close."""
    early = "jsonb_set(answer::jsonb, '{phases,0,closes}', answer::jsonb #> '{phases,1,closes}')"
    with database.connect("owner") as connection:
        connection.execute(text(f"update siting_answer set answer = {early} where id = :id"), {"id": answer})


def test_a_search_is_cancelled_and_keeps_the_best(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "wang")
    page.click("button[data-mode=solve]")
    page.select_option("#ask-model", "pmedian")
    page.fill("#ask-p", "9")
    page.click("#ask-more summary")
    page.fill("#ask-seconds", "300")
    page.click("#ask-start")
    # The first choice is there while the proof begins.
    page.wait_for_selector("#answer .search")
    page.screenshot(path=artefacts / "siting-search.png")
    page.click("#answer-cancel")
    answered(page)
    expect(page.locator("#answer .verdict")).to_contain_text("已取消，保留当前最好的方案")
    expect(page.locator("#answer .sites tbody tr")).to_have_count(9)


def test_what_is_filled_in_wrongly_is_told_at_its_field(open_desk: Callable[..., Desk], office: Office) -> None:
    page = opened(open_desk, office, "qian")
    page.click("button[data-mode=solve]")
    page.fill("#ask-p", "0")
    page.click("#ask-start")
    expect(page.locator("#ask-faults")).to_contain_text("最多新设几处")
    assert page.evaluate("document.activeElement.id") == "ask-p"
    page.fill("#ask-p", "2")
    page.select_option("#ask-candidates", "points")
    page.fill("#ask-points", "甲，113.16，30.66\n乙，东边，30.66")
    page.click("#ask-start")
    expect(page.locator("#ask-faults")).to_contain_text("第 2 行")
    page.select_option("#ask-candidates", "villages")
    page.click("#ask-more summary")
    page.fill("#ask-budget", "50")
    page.click("#ask-start")
    expect(page.locator("#ask-faults [role=alert]")).to_contain_text("cost")
    expect(page.locator("#answers")).to_contain_text("还没有")


def test_a_township_is_given_a_least_share_of_its_own(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "sun", width=1400, height=900)
    page.click("button[data-mode=solve]")
    page.fill("#ask-p", "3")
    page.click("#ask-more > summary")
    page.select_option("#ask-floor-unit", label=page.locator("#ask-floor-unit option", has_text="拖市镇").inner_text())
    page.click("#ask-floor-add")
    row = page.locator("#ask-floors li", has_text="拖市镇")
    expect(row.locator("input")).to_be_focused()
    expect(page.locator("#ask-floor-unit option", has_text="拖市镇")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(row.locator(".fault")).to_contain_text("0 至 100")
    expect(row.locator("input")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#ask-faults a")).to_have_count(1)
    row.scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-floors.png")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    answered(page)
    expect(page.locator("#ask .fault")).to_have_count(0)
    (one,) = page.request.get(f"{office[0]}/api/siting").json()["items"]
    kept = page.request.get(f"{office[0]}/api/siting/{one['id']}").json()
    (floor,) = kept["question"]["floors"]
    assert floor["share"] == 0.2
    (there,) = [unit for unit in kept["answer"]["townships"] if unit["name"] == "拖市镇"]
    assert there["before"] / there["people"] < 0.2 <= there["after"] / there["people"]
    page.click("#ask-floors button")
    expect(page.locator("#ask-floor-unit")).to_be_focused()
    expect(page.locator("#ask-floor-unit option", has_text="拖市镇")).to_have_count(1)


def test_plots_of_a_file_are_chosen_from(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path, tmp_path: Path
) -> None:
    page = opened(open_desk, office, "zhou", width=1400, height=900)
    page.click("button[data-mode=solve]")
    page.fill("#ask-p", "1")
    page.select_option("#ask-candidates", "plots")
    page.click("#ask-start")
    expect(page.locator("#ask-file-field .fault")).to_have_text("请先选择一个文件。")
    expect(page.locator("#ask-file")).to_be_focused()
    broken = tmp_path / "地块.pdf"
    broken.write_bytes(b"%PDF-1.4")
    page.set_input_files("#ask-file", broken)
    expect(page.locator("#ask-file-said [role=alert]")).to_contain_text("地块.pdf")
    long = "岳口镇健康路与江汉大道交叉口西北侧原粮食储备库腾退国有建设用地（北区）"
    shapes = {"一号地": box(113.1600, 30.6650, 113.1605, 30.6654), long: box(113.1447, 30.4445, 113.1451, 30.4449)}
    shapes["邻县地块"] = box(114.2, 30.8, 114.2008, 30.8005)
    features = [{"type": "Feature", "properties": {"name": k}, "geometry": mapping(v)} for k, v in shapes.items()]
    plots = tmp_path / "天门市拟供养老服务设施建设用地地块（第一批）.geojson"
    plots.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    page.set_input_files("#ask-file", plots)
    ticks = page.locator("#ask-file-said .tick")
    expect(ticks).to_have_count(3)
    expect(page.locator("#ask-file-field .fault")).to_have_count(0)
    # What lies outside the county stands first, and cannot be chosen.
    expect(ticks.nth(0)).to_contain_text("邻县地块")
    expect(ticks.nth(0)).to_contain_text("县外，不能作候选")
    expect(ticks.nth(0).locator("input")).to_be_disabled()
    expect(page.locator("#ask-file-outside")).to_contain_text("县外的候选点 1 个，没有采用：邻县地块")
    expect(ticks.nth(2)).to_contain_text(long)
    expect(page.locator("#ask-file-said [role=status]").first).to_contain_text("参加选择 2 个")
    page.locator("#ask-file-said .link").nth(0).click()
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.wait_for_timeout(1500)
    page.screenshot(path=artefacts / "siting-plots-outside.png")
    page.locator("#ask-file-said .link").nth(2).click()
    page.wait_for_timeout(1500)
    page.screenshot(path=artefacts / "siting-plots-outline.png")
    ticks.nth(1).uncheck()
    expect(page.locator("#ask-file-said [role=status]").first).to_contain_text("参加选择 1 个")
    page.screenshot(path=artefacts / "siting-plots.png")
    page.click("#ask-start")
    answered(page)
    expect(page.locator("#answer .sites tbody tr")).to_have_count(1)
    expect(page.locator("#answer .sites tbody")).to_contain_text(long)
    expect(page.locator("#answer-outside")).to_contain_text("1 个候选点在县外，没有采用")
    expect(page.locator("#answer-outside")).to_contain_text("邻县地块")
    page.click("#answer-check")
    expect(page.locator("#answer-checked")).to_have_class("note good")
    page.screenshot(path=artefacts / "siting-plots-answer.png")


def test_coordinates_of_a_file_are_told_where_it_does_not_say_them(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path, tmp_path: Path
) -> None:
    page = opened(open_desk, office, "chen", DAY_CARE)
    page.click("button[data-mode=solve]")
    page.select_option("#ask-candidates", "plots")
    to_grid = Transformer.from_crs(4490, 4547, always_xy=True).transform
    shape = transform(box(113.1600, 30.6650, 113.1605, 30.6654), to_grid, interleaved=False)
    feature = {"type": "Feature", "properties": {"name": "一号地"}, "geometry": mapping(shape)}
    plots = tmp_path / "地块.geojson"
    plots.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    page.set_input_files("#ask-file", plots)
    expect(page.locator("#ask-file-wishes")).to_have_attribute("open", "")
    expect(page.locator("#ask-file")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#ask-file-said [role=alert]")).to_contain_text("EPSG:4547")
    expect(page.locator("#ask-file-said [role=alert]")).not_to_contain_text("--")
    page.locator("#ask-file-wishes").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-file-refused.png")
    page.select_option("#wish-crs", "EPSG:4547")
    expect(page.locator("#ask-file-said .tick")).to_contain_text("一号地 2,125 平方米")
    expect(page.locator("#wish-crs")).to_have_value("EPSG:4547")
    page.screenshot(path=artefacts / "siting-file-told.png")


def test_floors_and_plots_on_a_phone(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path, tmp_path: Path
) -> None:
    page = opened(open_desk, office, "wu", f"{DAY_CARE}&lang=en", width=390, height=844, locale="en-GB")
    page.click("button[data-mode=solve]")
    page.select_option("#ask-candidates", "file")
    points = tmp_path / "points.csv"
    points.write_text("name,lon,lat,beds\n城西新院,113.05,30.66,100\n皂市新院,113.20,30.83,\n", "utf-8")
    page.set_input_files("#ask-file", points)
    expect(page.locator("#ask-file-said .tick").first).to_contain_text("100 beds")
    page.focus("#ask-more > summary")
    page.keyboard.press("Enter")
    expect(page.locator("#ask-floor-unit")).to_be_enabled()
    page.focus("#ask-floor-unit")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.type("150")
    page.keyboard.press("Enter")
    expect(page.locator("#ask-floors .fault")).to_contain_text("a number from 0 to 100")
    page.screenshot(path=artefacts / "siting-floors-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#ask-file-field").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-plots-phone.png")


def test_on_a_phone_in_english_by_keys(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    page = opened(open_desk, office, "zhao", f"{DAY_CARE}&lang=en", width=390, height=844, locale="en-GB")
    page.focus("button[data-mode=solve]")
    page.keyboard.press("Enter")
    page.focus("#ask-p")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("2")
    page.screenshot(path=artefacts / "siting-ask-phone.png")
    page.keyboard.press("Enter")
    answered(page)
    expect(page.locator("#answer .verdict")).to_contain_text("proven optimal", ignore_case=True)
    page.screenshot(path=artefacts / "siting-answer-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.focus("#why summary")
    page.keyboard.press("Enter")
    expect(page.locator("#why .reasons li")).to_have_count(2)
    page.locator("#why .reasons").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / "siting-why-phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("button[data-part=place]")
    expect(page.locator(".site-mark").first).to_be_visible()
    page.screenshot(path=artefacts / "siting-map-phone.png")
