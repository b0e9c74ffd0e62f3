"""Geometries drawn and mended on the map: by mouse, by keyboard, by typed coordinates, by finger."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page, expect
from pyproj import Transformer

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser
Opened = Callable[..., Desk]


@pytest.fixture(scope="module")
def clerk(office: tuple[str, Database]) -> Held:
    return hold_session(office[1], add_person(office[1], "zhang", "clerk", "approver"))


@pytest.fixture
def open_records(open_desk: Opened, office: tuple[str, Database], clerk: Held) -> Opened:
    def make(query: str, **given: Any) -> Desk:
        desk = open_desk(None, base=office[0], who=clerk, **given)
        desk.page.goto(f"{office[0]}/data{query}")
        desk.page.wait_for_selector("#table[aria-busy=false]")
        desk.page.wait_for_selector("#map[aria-busy=false]", state="attached")
        return desk

    return make


def begin(page: Page) -> None:
    page.click("#f-draw")
    expect(page.locator("#drawing")).to_be_visible()
    page.locator("#map canvas").focus()


def finish(page: Page) -> None:
    page.get_by_role("button", name="画好了").click()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已")
    expect(page.locator("#f-draw")).to_be_enabled()


def middle(page: Page) -> tuple[float, float]:
    area = page.locator("#map canvas").bounding_box()
    assert area is not None
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def townships(desk: Desk) -> dict[int, shapely.Geometry]:
    items = desk.get("/api/records/units/near", bbox="110,28,116,33", limit=500)["items"]
    return {one["id"]: shapely.geometry.shape(one["geometry"]) for one in items if one["values"]["level"] == "township"}


def test_a_border_that_two_townships_share_moves_for_both(open_records: Opened, artefacts: Path) -> None:
    desk = open_records("?layer=units")
    page = desk.page
    before = townships(desk)
    page.fill("#q", "汪场镇")
    expect(page.locator("#told")).to_contain_text("1 条（共 1 条）")
    page.locator("tbody tr[data-id]").click()
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    page.wait_for_selector("#f-draw")
    begin(page)
    page.keyboard.press("]")
    page.wait_for_timeout(500)
    x, y = middle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 10, steps=5)
    page.screenshot(path=artefacts / "drawing-border.png")
    page.mouse.up()
    expect(page.get_by_role("button", name="撤销").first).to_be_enabled()
    finish(page)
    after = townships(desk)
    changed = {number for number, shape in after.items() if not shape.equals_exact(before[number], 0)}
    assert record in changed
    assert len(changed) > 1
    whole = shapely.union_all(list(after.values()))
    assert sum(shape.area for shape in after.values()) == pytest.approx(whole.area, rel=1e-12)
    parts = shapely.get_parts(whole)
    assert sum(len(part.interiors) for part in parts) == 0


def test_a_township_is_cut_in_two_and_joined_again(open_records: Opened, artefacts: Path) -> None:
    desk = open_records("?layer=units")
    page = desk.page
    before = townships(desk)
    page.fill("#q", "蒋场镇")
    expect(page.locator("#told")).to_contain_text("1 条（共 1 条）")
    page.locator("tbody tr[data-id]").click()
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    page.wait_for_selector("#f-draw")
    begin(page)
    page.wait_for_timeout(1200)
    page.locator("#drawing button", has_text="切开").click()
    page.locator("#map canvas").focus()
    area = page.locator("#map canvas").bounding_box()
    assert area is not None
    for share in (0.03, 0.97):
        page.mouse.click(area["x"] + area["width"] * share, area["y"] + area["height"] * 0.55)
        page.wait_for_timeout(150)
    page.keyboard.press("Enter")
    expect(page.locator("#drawing button", has_text="切开")).to_have_attribute("aria-pressed", "false")
    page.screenshot(path=artefacts / "drawing-cut.png")
    page.get_by_role("button", name="画好了").click()
    expect(page.locator("#said")).to_contain_text("1 条分出的")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已保存")
    cut = townships(desk)
    (fresh,) = cut.keys() - before.keys()
    assert cut[record].area + cut[fresh].area == pytest.approx(before[record].area, rel=1e-12)
    assert cut[record].intersection(cut[fresh]).area == 0
    whole = shapely.union_all(list(cut.values()))
    assert sum(shape.area for shape in cut.values()) == pytest.approx(whole.area, rel=1e-12)
    assert sum(len(part.interiors) for part in shapely.get_parts(whole)) == 0
    begin(page)
    page.wait_for_timeout(1200)
    page.locator("#drawing button", has_text="合并").click()
    area = page.locator("#map canvas").bounding_box()
    assert area is not None
    for height in (0.35, 0.75):
        if page.locator("#drawing button", has_text="合并").get_attribute("aria-pressed") == "true":
            page.mouse.click(area["x"] + area["width"] * 0.5, area["y"] + area["height"] * height)
            page.wait_for_timeout(900)
    page.get_by_role("button", name="画好了").click()
    expect(page.locator("#said")).to_contain_text("合并去掉 1 条")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#said")).to_contain_text("已保存")
    after = townships(desk)
    assert len(after) == len(before)
    assert sum(shape.area for shape in after.values()) == pytest.approx(
        sum(shape.area for shape in before.values()), rel=1e-12
    )


def test_steps_are_taken_back_and_done_again(open_records: Opened) -> None:
    desk = open_records("?layer=units")
    page = desk.page
    page.locator("tbody tr[data-id]").nth(5).click()
    page.wait_for_selector("#f-draw")
    begin(page)
    undo, redo = (page.locator("#drawing button", has_text=name) for name in ("撤销", "重做"))
    expect(undo).to_be_disabled()
    told = page.locator("#drawing [role=status]")
    first = told.inner_text()
    page.keyboard.press("]")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    moved = told.inner_text()
    assert moved != first
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    undo.click()
    assert told.inner_text() == first
    expect(undo).to_be_disabled()
    for _ in range(3):
        redo.click()
    assert told.inner_text() == moved
    page.get_by_role("button", name="放弃修改").click()
    expect(page.locator("#drawing")).to_be_hidden()


def test_a_facility_is_moved_by_survey_coordinates(open_records: Opened, artefacts: Path) -> None:
    desk = open_records("?layer=facilities")
    page = desk.page
    page.locator("tbody tr[data-id]").nth(7).click()
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    page.wait_for_selector("#f-draw")
    begin(page)
    page.keyboard.press("]")
    page.locator("#drawing summary").click()
    wanted = (113.123456, 30.654321)
    east, north = Transformer.from_crs(4490, 4547, always_xy=True).transform(*wanted)
    page.fill("#draw-north", f"{east:.3f}")
    page.fill("#draw-east", f"{north:.3f}")
    page.get_by_role("button", name="移到此测量坐标").click()
    expect(page.locator("#drawing")).to_contain_text("填反了")
    page.fill("#draw-north", f"{north:.3f}")
    page.fill("#draw-east", f"38{east:.3f}")
    page.get_by_role("button", name="移到此测量坐标").click()
    expect(page.locator("#draw-lon")).to_have_value("113.12345600")
    page.screenshot(path=artefacts / "drawing-typed.png")
    finish(page)
    found = desk.get(f"/api/records/facilities/{record}")["geometry"]["coordinates"]
    assert found == pytest.approx(wanted, abs=2e-8)


def test_a_new_road_is_drawn_click_by_click(open_records: Opened, artefacts: Path) -> None:
    desk = open_records("?layer=roads")
    page = desk.page
    page.get_by_role("button", name="新建").click()
    page.fill("#f-name", "新画的路")
    page.select_option("#f-class", "residential")
    begin(page)
    x, y = middle(page)
    for dx in (-60, 0, 60):
        page.mouse.click(x + dx, y + 40)
        page.wait_for_timeout(120)
    page.keyboard.press("Enter")
    expect(page.locator("#drawing [role=status]")).to_contain_text("长")
    page.screenshot(path=artefacts / "drawing-road.png")
    page.locator("#drawing button", has_text="反向").click()
    finish(page)
    (made,) = desk.get("/api/records/roads", q="新画的路")["items"]
    line = desk.get(f"/api/records/roads/{made['id']}")["geometry"]["coordinates"]
    assert len(line) == 3
    assert line[0][0] > line[2][0]


def test_a_line_that_crosses_itself_is_told_while_it_is_drawn(open_records: Opened) -> None:
    desk = open_records("?layer=built_up")
    page = desk.page
    page.get_by_role("button", name="新建").click()
    begin(page)
    x, y = middle(page)
    for dx, dy in ((-50, -50), (50, 50), (50, -50), (-50, 50)):
        page.mouse.click(x + dx, y + dy)
        page.wait_for_timeout(120)
    page.keyboard.press("Enter")
    expect(page.locator("#drawing .fault").first).to_contain_text("自己相交")
    page.get_by_role("button", name="画好了").click()
    desk.watch.allowed.append("422")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("[data-field=geometry] .fault")).to_contain_text("边线自己相交")


def test_a_finger_moves_a_point_on_a_phone(open_records: Opened, artefacts: Path) -> None:
    desk = open_records("?layer=facilities", width=390, height=800, has_touch=True, is_mobile=True)
    page = desk.page
    page.locator("tbody tr[data-id]").nth(9).click()
    page.wait_for_selector("#f-draw", state="visible")
    record = int(page.url.split("record=")[1].split("&")[0])
    before = desk.get(f"/api/records/facilities/{record}")["geometry"]["coordinates"]
    page.locator("#f-draw").tap()
    expect(page.locator("#drawing")).to_be_visible()
    page.wait_for_timeout(1500)
    area = page.locator("#map canvas").bounding_box()
    assert area is not None
    page.touchscreen.tap(area["x"] + area["width"] * 0.4, area["y"] + area["height"] * 0.85)
    page.wait_for_timeout(300)
    page.screenshot(path=artefacts / "drawing-phone.png")
    finish(page)
    assert desk.get(f"/api/records/facilities/{record}")["geometry"]["coordinates"] != before
