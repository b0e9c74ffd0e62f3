"""The map desk in a real browser: drawn, searched, clicked, shared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk
from tests.browser.pictures import compare, map_picture

pytestmark = pytest.mark.browser

MOST_BYTES = 1_500_000


def test_the_map_is_drawn(desk: Desk, artefacts: Path) -> None:
    picture = map_picture(desk.page)
    desk.page.screenshot(path=artefacts / "map.png")
    assert compare(desk.page, picture)["colours"] > 200
    expect(desk.page.locator("#share")).to_have_text(re.compile(r"^\d{1,3}\.\d%$"))
    expect(desk.page.locator("#notice")).to_have_text("示意数据，非测绘成果")
    assert desk.page.title().startswith("地图")
    assert not re.search(r"\bmap\.[a-z]", desk.page.locator("body").inner_text()), "a key shows through"


def test_the_page_forbids_foreign_and_inline_content(desk: Desk) -> None:
    policy = desk.page.request.get(desk.base).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy


def test_circles_are_shown_and_can_be_hidden(desk: Desk) -> None:
    rings = desk.page.locator("#rings input")
    assert rings.count() > 0
    with_circles = map_picture(desk.page)
    for index in range(rings.count()):
        rings.nth(index).uncheck()
    desk.page.wait_for_timeout(300)
    without = map_picture(desk.page)
    assert compare(desk.page, with_circles, without)["differing"] > 0.01
    assert "ringsoff=" in desk.page.url


def test_figures_are_those_of_the_server(desk: Desk) -> None:
    offer = desk.get("/api/map")
    service, kind = desk.page.input_value("#service"), desk.page.input_value("#type")
    total = desk.get(f"/api/runs/{offer['latest_run']}/units", service=service, type=kind)["total"]
    share = total["population_covered"] / total["population"]
    assert float(desk.page.inner_text("#share").rstrip("%")) == pytest.approx(100 * share, abs=0.051)
    figures = desk.page.inner_text("#view-figures")
    assert f"{total['population_covered']:,} / {total['population']:,}" in figures
    assert "计算口径" in figures


def test_another_type_loads_its_own_figures(desk: Desk) -> None:
    service = next(item for item in desk.get("/api/map")["services"] if len(item["types"]) > 1)
    desk.page.select_option("#service", service["id"])
    desk.page.select_option("#type", service["types"][1])
    desk.settle()
    expect(desk.page.locator("#view-figures h2").first).to_contain_text(service["title"]["zh"])
    assert f"service={service['id']}&type={service['types'][1]}" in desk.page.url


def test_search_finds_a_place_and_goes_there(desk: Desk, artefacts: Path) -> None:
    name = desk.get("/api/units", level="township")["items"][5]["name"]
    desk.page.fill("#search", name)
    expect(desk.page.locator("#hit-0")).to_contain_text(name)
    desk.page.screenshot(path=artefacts / "search.png")
    desk.page.keyboard.press("ArrowDown")
    expect(desk.page.locator("#hit-0")).to_have_attribute("aria-selected", "true")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#details-name")).to_have_text(name)
    expect(desk.page.locator("#hits")).to_be_hidden()
    expect(desk.page).to_have_url(re.compile("map="))
    assert f":{name}" in unquote(desk.page.url)


def test_search_for_nothing_says_what_to_try(desk: Desk) -> None:
    desk.page.fill("#search", "没有这个名字")
    expect(desk.page.locator("#hits")).to_contain_text("没有找到")
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#hits")).to_be_hidden()


def test_a_click_opens_the_details_of_a_facility(desk: Desk, artefacts: Path) -> None:
    kind = desk.page.input_value("#type")
    facility = desk.get("/api/facilities", type=kind, limit=1)["items"][0]
    desk.go(f"#map=16/{facility['lat']}/{facility['lon']}")
    desk.page.locator("#map canvas").click()
    expect(desk.page.locator("#details-name")).to_have_text(facility["name"])
    expect(desk.page.locator("#view-details")).to_contain_text("位置")
    assert f"sel=facility:{facility['id']}" in desk.page.url
    desk.settle()
    desk.page.screenshot(path=artefacts / "details.png")


def test_the_way_of_a_community_is_shown_and_adds_up(desk: Desk, artefacts: Path) -> None:
    run = desk.get("/api/map")["latest_run"]
    chosen = {"service": desk.page.input_value("#service"), "type": desk.page.input_value("#type")}
    items = desk.get(f"/api/runs/{run}/communities", **chosen)["items"]
    community = next(item for item in items if item["time_s"] and not item["covered"])
    desk.go(f"#map=14/{community['lat']}/{community['lon']}&sel=community:{community['community_id']}")
    way = desk.page.locator("#view-details .evidence")
    expect(way).to_contain_text("合计")
    expect(way).to_contain_text("超出时限")
    seconds = [float(text.split()[0]) for text in way.locator("td:last-child").all_inner_texts()[:-1]]
    assert abs(sum(seconds) - community["time_s"]) < 0.05
    desk.settle()
    desk.page.screenshot(path=artefacts / "evidence.png")


def test_details_of_a_community_tell_its_reach(desk: Desk) -> None:
    run, service, kind = (
        desk.get("/api/map")["latest_run"],
        desk.page.input_value("#service"),
        desk.page.input_value("#type"),
    )
    items = desk.get(f"/api/runs/{run}/communities", service=service, type=kind)["items"]
    community = next(item for item in items if item["facility_id"] is not None)
    desk.go(f"#sel=community:{community['community_id']}")
    expect(desk.page.locator("#details-name")).to_have_text(community["name"])
    expect(desk.page.locator("#view-details")).to_contain_text("到最近设施的时间")


def test_a_row_finds_its_township_and_the_other_way_round(desk: Desk) -> None:
    row = desk.page.locator("tr[data-unit]").nth(3)
    unit = row.get_attribute("data-unit")
    row.locator("button").press("Enter")
    expect(row).to_have_attribute("aria-current", "true")
    expect(desk.page).to_have_url(re.compile("map="))
    assert f"sel=unit:{unit}" in desk.page.url
    desk.settle()
    other = desk.page.locator("tr[data-unit]").nth(8)
    desk.go(f"#sel=unit:{other.get_attribute('data-unit')}")
    desk.page.click("#tab-figures")
    expect(desk.page.locator("tr[data-unit]").nth(8)).to_have_attribute("aria-current", "true")


def test_the_table_sorts(desk: Desk) -> None:
    header = desk.page.locator("[data-column=share]")
    header.click()
    expect(desk.page.locator("th[aria-sort=descending]")).to_contain_text("覆盖率")
    shares = [
        float(text.rstrip("%")) for text in desk.page.locator("tbody td:nth-child(3)").all_inner_texts() if text != "—"
    ]
    assert shares == sorted(shares, reverse=True)
    with desk.page.expect_download() as download:
        desk.page.get_by_text("下载 CSV").click()
    sheet = Path(download.value.path()).read_text("utf-8-sig")
    assert len(sheet.splitlines()) == desk.page.locator("tr[data-unit]").count() + 2


def test_the_language_switches_without_losing_the_place(desk: Desk, artefacts: Path) -> None:
    desk.go("#map=11.5/30.6/113.1")
    desk.page.click("#language")
    expect(desk.page.locator("#tab-figures")).to_have_text("Coverage")
    expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    assert "map=11.5/30.6/113.1" in desk.page.url
    assert "lang=en" in desk.page.url
    assert not re.search(r"\bmap\.[a-z]", desk.page.locator("body").inner_text())
    desk.settle()
    desk.page.screenshot(path=artefacts / "english.png")


def test_a_shared_link_shows_the_same(desk: Desk) -> None:
    service = next(item for item in desk.get("/api/map")["services"] if len(item["types"]) > 1)
    unit = desk.get("/api/units", level="township")["items"][2]
    fragment = f"#map=12.25/30.65/113.1&service={service['id']}&type={service['types'][1]}&sel=unit:{unit['id']}&layers=units,water&lang=en"
    desk.go(fragment)
    page = desk.page
    assert (page.input_value("#service"), page.input_value("#type")) == (service["id"], service["types"][1])
    assert page.is_checked("#layer-water")
    assert not page.is_checked("#layer-roads")
    expect(page.locator("#details-name")).to_have_text(unit["name"])
    expect(page.locator("#tab-list")).to_have_text("List")
    assert page.url.endswith(fragment)


def test_back_returns_to_what_was_shown(desk: Desk) -> None:
    first, second = desk.get("/api/facilities", limit=2)["items"]
    desk.go(f"#sel=facility:{first['id']}")
    desk.page.fill("#search", second["name"])
    desk.page.locator("#hits [role=option]", has_text=second["name"]).last.click()
    expect(desk.page.locator("#details-name")).to_have_text(second["name"])
    desk.page.go_back()
    expect(desk.page.locator("#details-name")).to_have_text(first["name"])


def test_a_phone_shows_one_sheet(open_desk: Callable[..., Desk], artefacts: Path) -> None:
    desk = open_desk(width=390, height=844, has_touch=True, is_mobile=True)
    desk.page.screenshot(path=artefacts / "phone.png")
    expect(desk.page.locator("#panel-left")).to_be_hidden()
    expect(desk.page.locator("#panel-right")).to_be_hidden()
    desk.page.tap("[data-sheet=figures]")
    expect(desk.page.locator("#share")).to_be_visible()
    assert desk.page.evaluate("document.querySelector('#view-figures').scrollWidth <= innerWidth")
    desk.page.screenshot(path=artefacts / "phone-figures.png")
    desk.page.tap("[data-sheet=layers]")
    expect(desk.page.locator("#panel-right")).to_be_hidden()
    expect(desk.page.locator("#service")).to_be_visible()
    desk.page.tap("[data-sheet=layers]")
    expect(desk.page.locator("#panel-left")).to_be_hidden()


def test_first_view_is_light(open_desk: Callable[..., Desk], artefacts: Path) -> None:
    """Cold cache each time; how long it took is written down, and judged by people."""
    found: list[dict[str, float]] = []
    for _ in range(2):
        desk = open_desk(None)
        desk.page.goto(desk.base)
        desk.settle()
        marks = desk.page.evaluate(
            "Object.fromEntries(performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime]))"
        )
        figures_s, drawn_s = marks["figures"] / 1000, marks["map"] / 1000
        sizes = [request.sizes() for request in desk.watch.finished if request.url.startswith(desk.base)]
        weight = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        found.append(
            {"bytes": weight, "requests": len(sizes), "figures_s": round(figures_s, 2), "drawn_s": round(drawn_s, 2)}
        )
    (artefacts / "first_view.json").write_text(json.dumps(found, indent=1))
    assert max(run["bytes"] for run in found) < MOST_BYTES
