"""Files, conflicts, tables and openings of the siting desk in a browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import text

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.browser.test_siting import Office, figures_after, opened, pytestmark, settled

__all__ = ["pytestmark"]


def close_dearest(page: Page) -> None:
    if page.locator("#costs").get_attribute("open") is None:
        page.click("#costs summary")
    page.locator("#costs tbody tr button").first.click()
    figures_after(page, lambda: page.locator("#chosen").get_by_role("button", name="关闭", exact=True).click())


def test_a_plan_goes_out_as_files(
    open_desk: Callable[..., Desk], office: Office, tmp_path: Path, artefacts: Path
) -> None:
    page = opened(open_desk, office, "sun")
    close_dearest(page)
    page.click(".indicators-fold summary")
    expect(page.locator("[data-indicator=beds_per_1000_elders]")).to_have_class("changed")
    page.fill("#name", "下载")
    page.click("#save")
    for name in ("可打印的报告", "离线地图", "工作簿", "GeoPackage"):
        with page.expect_download() as got:
            page.locator("#files").get_by_role("link", name=name).click()
        got.value.save_as(tmp_path / got.value.suggested_filename)
    page.screenshot(path=artefacts / "siting-files.png")
    made = sorted(path.name.partition(".")[2] for path in tmp_path.iterdir())
    assert made == ["gpkg", "html", "map.html", "xlsx"]
    opens_offline(page.context, tmp_path, artefacts)


def opens_offline(context: BrowserContext, folder: Path, artefacts: Path) -> None:
    assert context.browser is not None
    offline = context.browser.new_context(offline=True, viewport={"width": 1400, "height": 900})
    for path in folder.glob("*.html"):
        page = offline.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error, faults=faults: faults.append(str(error)))
        page.goto(path.as_uri())
        expect(page.locator("body")).to_contain_text("示意数据，非测绘成果")
        if path.name.endswith(".map.html"):
            expect(page.locator(".leaflet-container canvas")).to_have_count(1)
            page.screenshot(path=artefacts / "siting-file-map.png")
        assert faults == []
    offline.close()


def test_who_saves_what_was_saved_elsewhere_is_told(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "qian", allowed=["412"])
    page.fill("#name", "两人同改")
    page.click("#save")
    expect(page.locator("#kept")).to_contain_text("两人同改")
    other = page.context.new_page()
    other.on("dialog", lambda dialog: dialog.accept())
    other.goto(page.url)
    settled(other)
    close_dearest(other)
    other.click("#save")
    expect(other.locator("#kept")).to_contain_text("两人同改")
    page.click("#add")
    box = page.locator("#map").bounding_box()
    assert box is not None
    figures_after(page, lambda: page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2))
    page.click("#save")
    expect(page.locator(".conflict")).to_contain_text("1 项改动")
    page.screenshot(path=artefacts / "siting-conflict.png")
    # Nothing that was done here is lost.
    expect(page.locator("#changes li")).to_contain_text("新增")
    page.locator(".conflict").get_by_role("button", name="两份都留").click()
    expect(page.locator("#scenarios li")).to_have_count(2)
    expect(page.locator("#name")).to_have_value("两人同改（我的）")
    # And once more, this time in place of the other's.
    figures_after(page, lambda: page.locator("#scenarios").get_by_role("button", name="两人同改", exact=True).click())
    figures_after(other, lambda: other.click("#undo"))
    other.click("#save")
    expect(other.locator("#kept")).to_contain_text("已保存")
    figures_after(page, lambda: page.click("#add-here"))
    page.click("#save")
    page.locator(".conflict").get_by_role("button", name="替换").click()
    expect(page.locator("#kept")).to_contain_text("已保存")
    expect(page.locator(".conflict")).to_have_count(0)


def test_tables_sort_and_stay_sorted(open_desk: Callable[..., Desk], office: Office) -> None:
    page = opened(open_desk, office, "zhou")
    head = page.locator(".bars thead th").nth(2)
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    shares = [float(one.rstrip("%")) for one in page.locator(".bars tbody td:nth-child(3)").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    close_dearest(page)
    expect(page.locator(".bars thead th").nth(2)).to_have_attribute("aria-sort", "descending")
    page.locator(".bars thead th button").first.click()
    expect(page.locator(".bars thead th").first).to_have_attribute("aria-sort", "ascending")


def set_closed(database: Database, number: int, on: str | None) -> None:
    with database.connect("owner") as connection:
        connection.execute(
            text("update facility set closed_on = :on where id = :id"),
            {"on": None if on is None else date.fromisoformat(on), "id": number},
        )
        connection.execute(text("update layer_revision set revision = revision + 1 where layer = 'facilities'"))


def test_a_facility_is_opened_again(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    _, database = office
    with database.connect("owner") as connection:
        query = "select id from facility where type = 'nursing_home' order by id limit 1"
        number = connection.execute(text(query)).scalar_one()
    set_closed(database, number, "2025-01-01")
    page = opened(open_desk, office, "wu")
    page.click("#idle summary")
    page.locator("#idle button").first.click()
    figures_after(page, lambda: page.click("#reopen"))
    expect(page.locator("#changes li")).to_contain_text("开放时间")
    expect(page.locator(".pin")).to_have_count(1)
    page.locator("#chosen .dates summary").click()
    page.fill("#opened-on", "2027-01-01")
    page.screenshot(path=artefacts / "siting-opening.png")
    figures_after(page, lambda: page.locator("#chosen .dates button").click())
    expect(page.locator("#changes li")).to_have_count(2)
    expect(page.locator(".pin")).to_have_count(0)
    set_closed(database, number, None)
