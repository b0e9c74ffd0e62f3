"""Figures of an area on the map desk, shading by facilities within reach, and how sure the coverage is."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser


def chosen(desk: Desk) -> dict[str, str]:
    return {"service": desk.page.input_value("#service"), "type": desk.page.input_value("#type")}


def figures_of(desk: Desk) -> Any:
    """What the server says of the area in the address."""
    given = parse_qs(urlsplit(desk.page.url).fragment)["area"][0]
    ring = [[float(value) for value in pair.split(",")] for pair in given.split("~")]
    answer = desk.page.request.post(
        f"{desk.base}/api/runs/{desk.page.input_value('#run')}/polygon",
        params=chosen(desk),
        data={"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
    )
    assert answer.ok, answer.text()
    return answer.json()


def test_a_drawn_area_and_the_window_have_their_figures(desk: Desk, artefacts: Path) -> None:
    page = desk.page
    page.click("#area-draw")
    box = page.locator("#map canvas").bounding_box()
    assert box is not None
    for x, y in ((0.35, 0.4), (0.6, 0.4), (0.6, 0.6), (0.35, 0.6), (0.35, 0.4)):
        page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        page.wait_for_timeout(350)  # else two clicks are a double click
    told = page.locator("#area-told")
    expect(told).to_contain_text("面积")
    drawn = figures_of(desk)
    assert drawn["communities"] > 0
    expect(told).to_contain_text(f"{drawn['population_covered']:,} / {drawn['population']:,} 人")
    desk.settle()
    page.screenshot(path=artefacts / "area.png")
    # Without a pointer: the window.
    page.locator("#area-window").focus()
    page.keyboard.press("Enter")
    expect(told).not_to_contain_text(f"{drawn['population_covered']:,} / {drawn['population']:,} 人")
    expect(told).to_contain_text("面积")
    window = figures_of(desk)
    assert window["communities"] > drawn["communities"]
    expect(told).to_contain_text(f"{window['population']:,} 人")
    page.reload()
    expect(told).to_contain_text(f"{window['population']:,} 人")
    page.click("#area-clear")
    expect(told).to_be_empty()
    assert "area=" not in page.url


def test_an_area_that_crosses_itself_is_refused_in_words(desk: Desk) -> None:
    desk.watch.allowed.append("422")
    desk.go("#area=113,30.5~113.2,30.7~113.2,30.5~113,30.7")
    expect(desk.page.locator("#area-told [role=alert]")).to_be_visible()


def test_communities_are_shaded_by_facilities_within_reach(desk: Desk, artefacts: Path) -> None:
    items = desk.get(f"/api/runs/{desk.page.input_value('#run')}/communities", **chosen(desk))["items"]
    numbers = [min(3, item["facilities_within"]) for item in items if item["covered"]]
    desk.page.check("#overlap")
    keys = desk.page.locator("#reach .key")
    for index, words in enumerate(("覆盖一次", "覆盖两次", "覆盖三次及以上"), start=1):
        expect(keys.nth(index - 1)).to_have_text(f"{words} {numbers.count(index):,}")
    assert "overlap=1" in desk.page.url
    desk.settle()
    desk.page.screenshot(path=artefacts / "overlap.png")


def test_what_is_not_sure_is_named(desk: Desk, artefacts: Path) -> None:
    desk.page.locator("#sure summary").click()
    expect(desk.page.locator("#sure table")).to_contain_text("每次都覆盖")
    on = desk.get("/api/runs")["items"][0]["on_date"]
    found = desk.get("/api/coverage/uncertainty", **chosen(desk), on=on)
    for row, told in zip(desk.page.locator("#sure tbody tr").all(), found["by_certainty"], strict=True):
        expect(row).to_contain_text(f"{told['population']:,}")
    unsure = [item["name"] for item in found["communities"] if item["certainty"] in ("likely", "marginal")]
    assert desk.page.locator("#sure .names button").all_inner_texts() == unsure[:100]
    desk.settle()
    desk.page.screenshot(path=artefacts / "sure.png")
