"""Exclusion rules on the siting desk: a pin on refused land says so with the article, and the land can be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from geoservice.database.engine import Database
from tests.browser.conftest import Desk
from tests.browser.test_siting import settled
from tests.people import add_person, hold_session

pytestmark = pytest.mark.browser
Office = tuple[str, Database]
CASE = {"service": "funeral", "type": "cemetery", "on": "2026-11-01"}


@pytest.mark.parametrize("width", [1400, 390])
def test_a_pin_on_refused_land_says_so_and_the_land_is_shown(
    open_desk: Callable[..., Desk], office: Office, artefacts: Path, width: int
) -> None:
    address, database = office
    who = hold_session(database, add_person(database, f"rule{width}", "planner"))
    with database.connect("reader") as connection:
        lon, lat = connection.execute(
            text(
                "select st_x(p), st_y(p) from (select st_pointonsurface(geom) p from built_up_area order by id limit 1) q"
            )
        ).one()
    page = open_desk(None, base=address, who=who, viewport={"width": width, "height": 900}).page
    draft = CASE | {"changes": [{"kind": "add", "lon": lon, "lat": lat, "name": "新公墓"}], "scenario": None}
    page.add_init_script(
        f"sessionStorage.getItem('tried') || sessionStorage.setItem('geoservice-draft:siting', {json.dumps(json.dumps(draft))});"
        "sessionStorage.setItem('tried', '1')"
    )
    page.goto(f"{address}/siting")
    settled(page)
    refused = page.locator("#broken [data-force=hard]")
    expect(refused).to_have_count(1)
    expect(refused).to_contain_text("居民居住区")
    expect(refused).to_contain_text("天门市2019年农村公益性公墓规定")
    expect(page.locator("#broken")).to_contain_text("已被取代：《殡葬管理条例》（1997年）")
    page.locator("#broken details summary").click()
    expect(page.locator("#broken details")).to_contain_text("条文未读到，未能应用")
    page.locator("#land summary").click()
    homes = page.locator("#land-tianmen_2019_homes")
    homes.check()
    expect(page.locator("#land-tianmen_2019_areas")).to_be_disabled()
    page.locator("#lawful").scroll_into_view_if_needed()
    page.screenshot(path=artefacts / f"siting-rules-{width}.png")
    if width < 700:
        page.click("button[data-part=place]")
    page.wait_for_timeout(1500)
    page.screenshot(path=artefacts / f"siting-rules-map-{width}.png")
