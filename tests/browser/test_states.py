"""What the map desk does when things are missing, gone, hostile, or looked at in another way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect
from pyproj import Transformer

from tests.browser.conftest import Desk
from tests.browser.pictures import compare, map_picture

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>=cmd|养老院𬒈"


def altered(**changes: Any) -> Callable[[Route], None]:
    """Answers as the server does, but with other values."""

    def answer(route: Route) -> None:
        body = route.fetch().json()
        route.fulfill(json={**body, **changes})

    return answer


def test_without_data_the_page_says_what_to_do(open_desk: Callable[..., Desk], artefacts: Path) -> None:
    desk = open_desk(None)
    desk.page.route("**/api/map", altered(bounds=None, latest_run=None))
    desk.page.goto(desk.base)
    expect(desk.page.locator("#blank")).to_contain_text("还没有数据")
    expect(desk.page.locator("#blank")).to_contain_text("geoservice sample --load")
    desk.page.screenshot(path=artefacts / "empty.png")


def test_without_a_run_the_page_says_what_to_do(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(None)
    desk.page.route("**/api/map", altered(latest_run=None))
    desk.go()
    expect(desk.page.locator("#view-figures")).to_contain_text("geoservice coverage run")
    expect(desk.page.locator("#rings")).to_be_hidden()


def test_a_stale_run_is_called_stale(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(None)
    stale = [{**run, "stale": True} for run in desk.get("/api/runs")["items"]]
    desk.page.route("**/api/runs?*", altered(items=stale))
    desk.go()
    expect(desk.page.locator("#view-figures .warn")).to_contain_text("数据在计算之后有变动")


def test_a_refusal_is_shown_in_the_words_of_the_server(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(None)
    desk.watch.allowed.append("404")
    desk.go("#sel=facility:2000000000")
    expect(desk.page.locator("#view-details [role=alert]")).to_be_visible()


def test_a_server_that_is_gone_is_waited_for(desk: Desk, artefacts: Path) -> None:
    desk.watch.allowed.append("net::ERR_CONNECTION_REFUSED")
    services = desk.get("/api/map")["services"]
    other = next(item["id"] for item in services if item["id"] != desk.page.input_value("#service"))

    there = [False]

    # The route stays to the end: one that is taken away may leave a request hanging that nobody answers.
    def answer(route: Route) -> None:
        route.continue_() if there[0] else route.abort("connectionrefused")

    desk.page.route("**/*", answer)
    desk.page.select_option("#service", other)
    expect(desk.page.locator("#banner")).to_contain_text("服务器没有回应")
    desk.page.screenshot(path=artefacts / "gone.png")
    there[0] = True
    expect(desk.page.locator("#banner")).to_be_hidden()
    desk.settle()
    expect(desk.page.locator("#share")).to_be_visible()


def test_names_are_never_markup(desk: Desk) -> None:
    item = {**desk.get("/api/facilities", limit=1)["items"][0], "name": HOSTILE}
    desk.page.route("**/api/facilities?*", lambda route: route.fulfill(json={"items": [item], "next": None}))
    desk.page.route("**/api/facilities/*", lambda route: route.fulfill(json=item))
    desk.page.fill("#search", "养老院")
    hit = desk.page.locator("#hits [role=option]", has_text="onerror").first
    expect(hit).to_contain_text(HOSTILE)
    hit.click()
    expect(desk.page.locator("#details-name")).to_have_text(HOSTILE)
    desk.page.click("#tab-list")
    expect(desk.page.locator("#view-list li").first).to_contain_text(HOSTILE)
    assert desk.page.locator("img[src=x]").count() == 0


def test_a_senseless_address_is_read_as_far_as_it_makes_sense(desk: Desk) -> None:
    desk.go("#map=NaN/1e999/x&service=<b>&type=%00&sel=facility:1 or 1=1&layers=,,&hide=<i>&lang=xx&other=1")
    expect(desk.page.locator("#share")).to_be_visible()
    expect(desk.page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_light_and_dark(open_desk: Callable[..., Desk], artefacts: Path) -> None:
    desk = open_desk(color_scheme="dark")
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = map_picture(desk.page)
    desk.page.screenshot(path=artefacts / "dark.png")
    desk.page.click("#theme")
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "light")
    desk.page.wait_for_timeout(300)
    assert compare(desk.page, dark, map_picture(desk.page))["differing"] > 0.9


def test_the_map_is_also_a_list(desk: Desk) -> None:
    desk.page.click("#tab-list")
    first = desk.page.locator("#view-list li button").first
    name = first.locator("span").first.inner_text()
    first.press("Enter")
    expect(desk.page.locator("#details-name")).to_have_text(name)


def test_everything_is_reached_by_keyboard(desk: Desk) -> None:
    seen = set()
    desk.page.keyboard.press("Tab")
    for _ in range(120):
        name = desk.page.evaluate(
            "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
        )
        seen.add(name)
        outline = desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or name == "BODY", name
        desk.page.keyboard.press("Tab")
    assert {"search", "language", "theme", "service", "type", "layer-roads", "maplibregl-canvas", "tab-figures"} <= seen


def test_every_control_has_a_name(desk: Desk) -> None:
    nameless = desk.page.evaluate(
        """[...document.querySelectorAll('button, input, select, [role=img], [role=tab], nav, aside, main')]
        .filter((node) => node.offsetParent !== null || node.tagName === 'MAIN')
        .filter((node) => !(node.ariaLabel || node.labels?.length || node.textContent.trim() || node.getAttribute('aria-labelledby')))
        .map((node) => node.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_paper_is_light_and_complete(desk: Desk, artefacts: Path) -> None:
    desk.page.click("#theme")
    desk.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    desk.page.emulate_media(media="print")
    picture = desk.page.locator("#paper-map")
    expect(picture).to_be_visible()
    assert desk.page.evaluate("document.querySelector('#paper-map').src.length") > 20_000
    for shown in ("#paper-scale", "#paper-release", "#notice", "#rings", "#share", ".units-table"):
        expect(desk.page.locator(shown)).to_be_visible()
    for absent in ("#try", "#area", "#closing-table", "#sure", "#overlap"):
        expect(desk.page.locator(absent)).to_be_hidden()
    share, table = (desk.page.locator(one).bounding_box() for one in ("#share", ".units-table"))
    assert share is not None
    assert table is not None
    assert table["x"] > share["x"] + share["width"], "the table stands beside the figures"
    desk.page.evaluate("dispatchEvent(new Event('afterprint'))")
    desk.page.emulate_media(media="screen")
    expect(desk.page.locator("html")).to_have_attribute("data-theme", "dark")
    desk.page.pdf(path=artefacts / "paper.pdf", prefer_css_page_size=True)


def test_plane_coordinates_agree_with_proj(open_desk: Callable[..., Desk]) -> None:
    places = [
        (113.165432, 30.654321, 4526, "38"),
        (112.4999999, 30.2, 4525, "37"),
        (112.5, 30.2, 4526, "38"),
        (114.0, 0.0, 4526, "38"),
        (75.2, 39.5, 4513, "25"),
        (136.4, 53.5, 4533, "45"),
        (1.52, 42.51, 32631, "31N"),
        (-70.6, -33.4, 32719, "19S"),
    ]
    script = """async (places) => {
      const { planeCoordinates } = await import("/static/js/coords.js");
      return places.map(([lon, lat]) => planeCoordinates(lon, lat));
    }"""
    for (lon, lat, epsg, zone), answer in zip(places, open_desk(None).module(script, places), strict=True):
        source = "EPSG:4490" if epsg < 5000 else "EPSG:4326"
        east, north = Transformer.from_crs(source, f"EPSG:{epsg}", always_xy=True).transform(lon, lat)
        assert answer["zone"] == zone
        assert (answer["east"], answer["north"]) == pytest.approx((east, north), abs=0.001)


def test_the_address_survives_its_own_reading(open_desk: Callable[..., Desk]) -> None:
    state = {
        "view": {"zoom": 12.25, "lat": 30.65, "lon": 113.1},
        "service": "a_b-c",
        "type": "t",
        "run": 12,
        "area": "113,30.5~113.2,-0.7~-113.25,30.5",
        "overlap": True,
        "layers": ["roads"],
        "hide": ["x", "y"],
        "ringsOff": ["walk-15"],
        "sel": "place:12:王家+湾&100%,/:#村",
        "lang": "en",
    }
    script = """async (state) => {
      const { encode, decode } = await import("/static/js/state.js");
      return decode(encode(state));
    }"""
    assert open_desk(None).module(script, state) == state
