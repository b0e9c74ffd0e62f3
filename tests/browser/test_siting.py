"""The siting desk in a browser: a pin is put, dragged and moved by keys, plans are kept and compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.people import add_person, hold_session

pytestmark = pytest.mark.browser
Office = tuple[str, Database]
HOMES = "/siting?service=elder_circle&type=nursing_home&on=2026-01-01"
SINCE = (
    "() => performance.getEntriesByName('siting:figures').at(-1).startTime"
    " - performance.getEntriesByName('siting:dropped').at(-1).startTime"
)


def opened(
    open_desk: Callable[..., Desk],
    office: Office,
    name: str,
    path: str = HOMES,
    *,
    allowed: Sequence[str] = (),
    **context: object,
) -> Page:
    """The desk in the name of a new planner; `allowed` are parts of console errors that a test brings about itself."""
    address, database = office
    who = hold_session(database, add_person(database, name, "planner"))
    desk = open_desk(None, base=address, who=who, **context)
    desk.watch.allowed.extend(allowed)
    page = desk.page
    page.goto(f"{address}{path}")
    page.on("dialog", lambda dialog: dialog.accept())
    settled(page)
    return page


def settled(page: Page) -> None:
    page.wait_for_selector("#outcome[aria-busy=false]", state="attached")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")


def figures_after(page: Page, act: Callable[[], object]) -> None:
    """Waits for the next figures after something was done."""
    before = page.evaluate("performance.getEntriesByName('siting:figures').length")
    act()
    page.wait_for_function("count => performance.getEntriesByName('siting:figures').length > count", arg=before)


def covered(page: Page) -> str:
    return page.locator("#outcome .facts dd").first.inner_text()


def test_a_pin_is_put_dragged_moved_by_keys_and_taken_back(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "li")
    start = covered(page)
    page.click("#add")
    canvas = page.locator("#map").bounding_box()
    assert canvas is not None
    middle = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    figures_after(page, lambda: page.mouse.click(*middle))
    pin = page.locator(".pin")
    expect(pin).to_have_count(1)
    waits = []
    for turn in range(5):
        box = pin.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 9):
            page.mouse.move(x + (6 if turn % 2 else -6) * step, y)
        figures_after(page, page.mouse.up)
        waits.append(page.evaluate(SINCE))
    print(f"\nend of a drag to new figures, ms: {[round(one) for one in waits]}")
    # A drag is one change however far it goes.
    expect(page.locator("#changes li")).to_have_count(1)
    place = page.locator("#chosen dd").first.inner_text()
    pin.focus()
    figures_after(page, lambda: page.keyboard.press("ArrowRight"))
    expect(page.locator("#chosen dd").first).not_to_have_text(place)
    page.screenshot(path=artefacts / "siting.png")
    figures_after(page, lambda: page.click("#undo"))
    expect(pin).to_have_count(0)
    assert covered(page) == start


def test_a_facility_is_closed_and_two_plans_are_kept_and_compared(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path
) -> None:
    page = opened(open_desk, office, "wang")
    page.click("#costs summary")
    dearest = page.locator("#costs tbody tr").first
    people = dearest.locator("td").first.inner_text()
    dearest.locator("button").click()
    figures_after(page, lambda: page.click("#chosen .button"))
    expect(page.locator("details.lost summary")).to_contain_text(people)
    page.fill("#name", "关闭一处")
    page.click("#save")
    expect(page.locator("#kept")).to_contain_text("关闭一处")
    figures_after(page, lambda: page.click("#fresh"))
    page.fill("#name", "现状")
    page.click("#save")
    expect(page.locator("#scenarios li")).to_have_count(2)
    page.locator("#scenarios .button").click()
    expect(page.locator("dialog.beside table")).to_have_count(3)
    expect(page.locator("dialog.beside")).to_contain_text(people)
    page.screenshot(path=artefacts / "siting-compare.png")
    page.get_by_role("button", name="关闭窗口").click()
    expect(page.locator("dialog.beside")).to_be_hidden()
    figures_after(page, lambda: page.locator("#scenarios").get_by_role("button", name="关闭一处").click())
    expect(page.locator("#changes li")).to_contain_text("关闭")
    page.click("#discard")
    expect(page.locator("#scenarios li")).to_have_count(1)


def test_on_a_phone_and_in_english(open_desk: Callable[..., Desk], office: Office, artefacts: Path) -> None:
    page = opened(open_desk, office, "zhao", f"{HOMES}&lang=en", width=390, height=844, locale="en-GB")
    expect(page.locator("#add")).to_have_text("Add on the map")
    page.screenshot(path=artefacts / "siting-phone.png")
    page.click("button[data-part=outcome]")
    expect(page.locator("#outcome")).to_contain_text("Share of people covered")
    page.click("button[data-part=place]")
    expect(page.locator("#map")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_who_may_not_compute_is_asked_to_sign_in(open_desk: Callable[..., Desk], office: Office) -> None:
    address, _ = office
    page = open_desk(None, base=address).page
    page.goto(f"{address}/siting")
    assert page.url.endswith("/sign-in?next=/siting")
