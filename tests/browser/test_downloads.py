"""Downloads as people take them: from the page of a layer, from the data desk, in both languages and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyogrio
import pytest
from playwright.sync_api import expect

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.people import add_person, hold_session

pytestmark = pytest.mark.browser


def test_a_visitor_takes_a_layer(
    open_desk: Callable[..., Desk], live_server: str, tmp_path: Path, artefacts: Path
) -> None:
    desk = open_desk(None)
    desk.page.goto(f"{live_server}/ogc/collections/facilities?f=html")
    desk.page.get_by_role("link", name="下载", exact=True).click()
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("下载：民政设施")
    expect(desk.page.get_by_role("note")).to_contain_text("示意数据")
    expect(desk.page.get_by_text("密级：公开")).to_be_visible()
    # By keyboard: the form is reached and sent without a mouse.
    desk.page.get_by_label("格式", exact=True).first.focus()
    desk.page.get_by_label("列名").select_option("zh")
    desk.page.get_by_label("范围").fill("112.5,30.3,113.5,30.9")
    with desk.page.expect_download() as taken:
        desk.page.get_by_label("范围").press("Enter")
    assert taken.value.suggested_filename == "民政设施.gpkg"
    taken.value.save_as(tmp_path / "a.gpkg")
    assert "设施名称" in pyogrio.read_info(tmp_path / "a.gpkg")["fields"]
    with desk.page.expect_download() as taken:
        desk.page.get_by_role("link", name=".xlsx").click()
    assert taken.value.suggested_filename == "民政设施.xlsx"
    desk.page.screenshot(path=artefacts / "download-zh.png", full_page=True)


def test_on_a_phone_in_english(open_desk: Callable[..., Desk], live_server: str, artefacts: Path) -> None:
    desk = open_desk(None, width=390, height=844)
    desk.page.goto(f"{live_server}/ogc/collections/units/download?f=html&lang=en")
    expect(desk.page.get_by_role("heading", level=1)).to_have_text("Download: Administrative units")
    expect(desk.page.get_by_role("button", name="Download the file")).to_be_visible()
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 390
    desk.page.screenshot(path=artefacts / "download-phone.png", full_page=True)


def test_from_the_data_desk(
    open_desk: Callable[..., Desk], office: tuple[str, Database], tmp_path: Path, artefacts: Path
) -> None:
    address, database = office
    desk = open_desk(None, base=address, who=hold_session(database, add_person(database, "exporter", "clerk")))
    desk.page.goto(f"{address}/data?layer=facilities")
    desk.page.wait_for_selector("#table[aria-busy=false]")
    desk.page.screenshot(path=artefacts / "download-desk.png")
    desk.page.get_by_role("link", name="下载整个图层").click()
    expect(desk.page.get_by_role("note").filter(has_text="不得对外提供")).to_be_visible()
    # What goes out unless one asks for more is public.
    expect(desk.page.get_by_label("密级", exact=True)).to_have_value("public")
    desk.page.get_by_label("格式", exact=True).first.select_option("geojson")
    with desk.page.expect_download() as taken:
        desk.page.get_by_role("button", name="下载文件").click()
    taken.value.save_as(tmp_path / "a.geojson")
    assert '"classification": "public"' in (tmp_path / "a.geojson").read_text("utf-8")[:2000]
    desk.page.screenshot(path=artefacts / "download-staff.png", full_page=True)
