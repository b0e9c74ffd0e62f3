"""Roads of the siting desk in a browser: one is drawn, one is closed, the best link is found and taken."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Desk
from tests.browser.test_siting import Office, covered, figures_after, opened, pytestmark

__all__ = ["pytestmark"]
CENTRES = "/siting?service=life_circle&type=community_service_centre&on=2026-01-01"

SCALE = ".maplibregl-ctrl-scale"


def closer(page: Page) -> None:
    """Zooms in on the middle of the map by four steps, each waited for, where roads are wide enough to be meant."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    for _ in range(4):
        before = page.inner_text(SCALE)
        page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.locator(SCALE)).not_to_have_text(before)
        at_rest(page)


def at_rest(page: Page) -> None:
    """Until the scale has stood still for most of a second."""
    still, last = 0, ""
    while still < 3:
        page.wait_for_timeout(300)
        now = page.inner_text(SCALE) + str(page.locator(SCALE).bounding_box())
        still, last = (still + 1 if now == last else 0), now


def test_a_road_is_drawn_and_one_closed(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    page = opened(open_desk, office, "he", CENTRES)
    start = covered(page)
    box = page.locator("#map").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    closer(page)
    page.click("#draw-road")
    page.select_option("#road-class", "secondary")
    page.fill("#road-name", "连接线")
    page.mouse.click(middle[0] - 60, middle[1] - 20)
    page.mouse.click(middle[0], middle[1] + 30)
    page.mouse.click(middle[0] + 60, middle[1])
    expect(page.locator("#road-corners")).to_contain_text("3")
    page.click("#road-back")
    expect(page.locator("#road-corners")).to_contain_text("2")
    page.screenshot(path=artefacts / "siting-road-drawn.png")
    figures_after(page, lambda: page.click("#road-finish"))
    expect(page.locator("#changes li")).to_contain_text("新建道路 连接线")
    expect(page.locator("#changes li")).to_contain_text(re.compile("米|公里"))
    page.click("#pick-road")
    page.mouse.click(*middle)
    close = page.get_by_role("button", name="封整条路")
    expect(close).to_be_visible()
    figures_after(page, close.click)
    expect(page.locator("#changes li")).to_have_count(2)
    expect(page.locator("#pick-road")).to_have_attribute("aria-pressed", "false")
    page.screenshot(path=artefacts / "siting-roads.png")
    page.fill("#name", "道路方案")
    page.click("#save")
    expect(page.locator("#kept")).to_contain_text("道路方案")
    figures_after(page, lambda: page.click("#undo"))
    figures_after(page, lambda: page.click("#undo"))
    assert covered(page) == start
    expect(page.locator("#changes")).not_to_contain_text("道路")
    # Escape ends drawing without a change.
    page.click("#draw-road")
    page.mouse.click(*middle)
    page.keyboard.press("Escape")
    expect(page.locator("#draw-road")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#road-finish")).to_have_count(0)


def test_the_best_link_is_found_and_taken(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    page = opened(open_desk, office, "lu", CENTRES)
    page.click("#links summary")
    page.fill("#links-longest", "1000")
    page.locator("#links-form").get_by_role("button", name="查找").click()
    expect(page.locator("#links-step")).to_contain_text("试算了最好的", timeout=90_000)
    rows = page.locator("table.road-links tbody tr")
    people = [
        int(one.replace(",", "")) for one in page.locator("table.road-links tbody td:first-child").all_inner_texts()
    ]
    assert people == sorted(people, reverse=True)
    assert people[0] > 0
    rows.first.locator("button.link").click()
    page.screenshot(path=artefacts / "siting-links.png")
    figures_after(page, lambda: rows.first.get_by_role("button", name="加入").click())
    expect(page.locator("#changes li")).to_contain_text("新建道路")
    expect(page.locator("details.gained summary")).to_contain_text(f"{people[0]:,}")


def test_roads_on_a_phone(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    page = opened(open_desk, office, "jin", f"{CENTRES}&lang=en", width=390, height=844, locale="en-GB")
    page.click("button[data-part=place]")
    closer(page)
    page.click("button[data-part=plan]")
    page.click("#pick-road")
    page.click("button[data-part=plan]")
    page.get_by_role("button", name="Take the middle of the map").click()
    close = page.get_by_role("button", name="Close this piece")
    expect(close).to_be_visible()
    page.screenshot(path=artefacts / "siting-roads-phone.png")
    figures_after(page, close.click)
    expect(page.locator("#changes li")).to_contain_text("Close a piece")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
