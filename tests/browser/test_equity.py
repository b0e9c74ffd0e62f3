"""Beds, unequal access and the reports on the map desk."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Desk

pytestmark = pytest.mark.browser

BEDS = {"service": "elder_circle", "type": "nursing_home"}
NO_BEDS = {"service": "life_circle", "type": "community_service_centre"}


def opened(desk: Desk) -> None:
    desk.page.locator("#access > summary").click()
    expect(desk.page.locator("#worst li")).to_have_count(10)


def fragment(choice: dict[str, str]) -> str:
    return "#" + "&".join(f"{name}={value}" for name, value in choice.items())


@pytest.mark.parametrize(("width", "height"), [(1280, 760), (390, 844)])
def test_beds_and_the_worst_off_are_those_of_the_server(
    open_desk: Callable[..., Desk], artefacts: Path, width: int, height: int
) -> None:
    desk = open_desk(fragment(BEDS), width=width, height=height)
    if width < 600:
        desk.page.locator("[data-sheet=figures]").click()
    opened(desk)
    run = desk.get("/api/map")["latest_run"]
    sums = desk.get(f"/api/runs/{run}/capacity", **BEDS)["places"]
    told = desk.page.locator("#access").inner_text()
    for number in (1000 * sums["capacity"], sums["asked_milli"], sums["given_at_best_milli"]):
        assert f"{number / 1000:,.0f} 张" in told
    unequal = desk.get(f"/api/runs/{run}/inequality", **BEDS)
    assert f"{unequal['gini_time']:.2f}" in told
    names = [item["name"] for item in unequal["worst"]]
    assert desk.page.locator("#worst button").all_inner_texts() == names
    desk.page.locator("#access > summary").scroll_into_view_if_needed()
    desk.page.locator("#worst").scroll_into_view_if_needed()
    desk.page.screenshot(path=artefacts / f"access-{width}.png")
    before = desk.page.url
    desk.page.locator("#worst button").first.click()
    expect(desk.page.locator("#details-name")).to_have_text(names[0])
    expect(desk.page).to_have_url(re.compile(f"sel=community:{unequal['worst'][0]['community_id']}"))
    expect(desk.page).to_have_url(re.compile("map="))
    assert desk.page.url != before


def test_a_type_without_beds_says_so(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(fragment(NO_BEDS))
    opened(desk)
    expect(desk.page.locator("#no-places")).to_contain_text("没有登记床位")


def test_the_reports_are_those_of_the_run_in_sight(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(fragment(BEDS))
    links = desk.page.locator("#reports a")
    expect(links).to_have_count(3)
    kinds = []
    for link in links.all():
        address = str(link.get_attribute("href"))
        assert f"/api/runs/{desk.page.input_value('#run')}/report?" in address
        answer = desk.page.request.get(desk.base + address)
        assert answer.ok, answer.text()
        kinds.append(answer.headers["content-type"].partition(";")[0])
    assert kinds == [
        "text/html",
        "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
