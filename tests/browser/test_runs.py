"""Runs on the map desk: chosen, started with other assumptions, cancelled; what closing a facility costs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.worker import Worker
from tests.browser.conftest import Desk
from tests.conftest import serving
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

# Until the first frame that holds the circles; the page forbids the evaluation that a wait of Playwright needs.
DRAWN = """() => new Promise((done) => {
  const look = () => (performance.getEntriesByName("circles").length ? done() : setTimeout(look, 20));
  look();
})"""


@pytest.fixture(scope="module")
def own_county(new_database: Callable[..., Database], sample_database: Database) -> Iterator[Database]:
    database = new_database(sample_database)
    yield database
    database.dispose()


@pytest.fixture(scope="module")
def working_county(own_county: Database, catalog: Catalog, settings: Settings) -> Iterator[str]:
    """Address of a service over a sample county of its own, with a worker."""
    worker = Worker(settings, catalog, own_county).start()
    with serving(own_county, catalog, settings) as address:
        yield address
    worker.stop()


@pytest.fixture(scope="module")
def planner(own_county: Database) -> Held:
    """A signed-in planner."""
    return hold_session(own_county, add_person(own_county, "li", "planner"))


def test_other_assumptions_are_tried_and_hide_nothing(
    open_desk: Callable[..., Desk], working_county: str, planner: Held, artefacts: Path
) -> None:
    desk = open_desk("#service=elder_circle&type=day_care_centre", base=working_county, who=planner)
    page = desk.page
    declared = page.inner_text("#share")
    page.locator("#try summary").click()
    page.fill("#try-minutes", "25")
    page.select_option("#try-mode", "ebike")
    page.screenshot(path=artefacts / "try.png")
    page.locator("#try-minutes").press("Enter")
    expect(page.locator("#job")).to_contain_text("计算完成")
    desk.settle()
    expect(page).to_have_url(re.compile(r"run=\d+"))
    expect(page.locator("#view-figures")).to_contain_text("电动自行车")
    expect(page.locator("#share")).not_to_have_text(declared)
    tried = page.inner_text("#share")
    page.screenshot(path=artefacts / "tried.png")
    page.reload()
    desk.settle()
    expect(page.locator("#share")).to_have_text(tried)
    # Whoever has not asked for it sees what the standard says.
    desk.go("#service=elder_circle&type=day_care_centre")
    expect(page.locator("#share")).to_have_text(declared)
    runs = page.locator("#run option")
    expect(runs).to_have_count(2)
    expect(runs.nth(0)).to_contain_text("电动自行车 25 分钟")
    expect(runs.nth(1)).to_contain_text("按标准")
    page.select_option("#run", index=0)
    expect(page.locator("#share")).to_have_text(tried)


def test_a_long_run_is_found_again_and_cancelled(
    open_desk: Callable[..., Desk], working_county: str, own_county: Database, planner: Held, artefacts: Path
) -> None:
    desk = open_desk(None, base=working_county, who=planner)
    before = desk.get("/api/runs")["items"]
    order = {"services": [], "types": [], "on": "2026-01-01"}
    assert (
        desk.page.request.post(
            f"{desk.base}/api/jobs/coverage-run", data=order, headers={"X-Form-Key": planner.form_key}
        ).status
        == 202
    )
    # However fast the machine is, nothing can be stored until the page has asked to end it.
    with own_county.connect("owner") as holding:
        holding.execute(text("lock table coverage_run in exclusive mode"))
        desk.go()
        expect(desk.page.locator("#job progress[value]")).to_be_visible()
        desk.page.screenshot(path=artefacts / "progress.png")
        desk.page.reload()
        with desk.page.expect_response(lambda one: "/api/jobs/" in one.url and one.request.method != "GET") as asked:
            desk.page.locator("#job-cancel").click()
        assert asked.value.ok
    expect(desk.page.locator("#job")).to_contain_text("已取消", timeout=60_000)
    desk.page.screenshot(path=artefacts / "cancelled.png")
    assert desk.get("/api/runs")["items"] == before
    desk.page.locator("#job-close").click()
    expect(desk.page.locator("#job")).to_be_hidden()


@pytest.mark.slow
def test_a_case_that_no_run_holds_is_computed_from_the_page(
    open_desk: Callable[..., Desk], working_county: str, planner: Held
) -> None:
    desk = open_desk(None, base=working_county, who=planner)
    desk.page.route(
        "**/api/runs?*service=funeral*", lambda route: route.fulfill(json={"items": [], "next": None}), times=1
    )
    desk.go("#service=funeral&type=cemetery")
    desk.page.locator("#run-now").click()
    expect(desk.page.locator("#job")).to_contain_text("计算完成")
    expect(desk.page.locator("#share")).to_be_visible()


def test_where_runs_may_not_be_started_nothing_offers_to(open_desk: Callable[..., Desk]) -> None:
    desk = open_desk(None)
    desk.page.route("**/api/jobs", lambda route: route.fulfill(json={"items": [], "allowed": False, "workers": 0}))
    desk.go()
    expect(desk.page.locator("#try")).to_be_hidden()
    expect(desk.page.locator("#job")).to_be_hidden()


def test_a_facility_tells_who_loses_cover_if_it_closes(desk: Desk, artefacts: Path) -> None:
    chosen = {"service": desk.page.input_value("#service"), "type": desk.page.input_value("#type")}
    run = desk.page.input_value("#run")
    dearest = desk.get(f"/api/runs/{run}/losses", **chosen)["items"][0]
    desk.page.locator("#closing-table summary").click()
    desk.page.locator("#closing-table tbody button").first.click()
    expect(desk.page.locator("#details-name")).to_have_text(dearest["name"])
    section = desk.page.locator("#view-details .closing")
    expect(section).to_contain_text(f"{dearest['lost_population']:,} 人，{dearest['lost_communities']} 个村（社区）")
    if dearest["lost_communities"]:
        section.locator("summary").click()
        expect(section.locator("li")).to_have_count(min(40, dearest["lost_communities"]))
    desk.settle()
    desk.page.screenshot(path=artefacts / "closing.png")


def test_the_way_of_a_community_is_a_file(desk: Desk) -> None:
    chosen = {"service": desk.page.input_value("#service"), "type": desk.page.input_value("#type")}
    items = desk.get(f"/api/runs/{desk.page.input_value('#run')}/communities", **chosen)["items"]
    community = next(item for item in items if item["covered"])
    desk.go(f"#sel=community:{community['community_id']}")
    with desk.page.expect_download() as download:
        desk.page.get_by_text("下载路程").click()
    way = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert way["type"] == "Feature"
    told = way["properties"]
    parts = [told["access"], *told["steps"], told["egress"]]
    assert sum(part["time_ds"] for part in parts) == told["time_ds"] == round(community["time_s"] * 10)


@pytest.mark.slow
def test_from_choice_to_figures_and_circles(desk: Desk, artefacts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for service in [item["id"] for item in desk.get("/api/map")["services"]] * 2:
        if service == desk.page.input_value("#service"):
            continue
        desk.page.evaluate("performance.clearMarks()")
        desk.page.select_option("#service", service)
        desk.page.evaluate(DRAWN)
        desk.settle()
        marks = desk.page.evaluate("performance.getEntriesByType('mark').map((mark) => [mark.name, mark.startTime])")
        last = dict(marks)
        assert last["chosen"] < last["figures"]
        assert last["chosen"] < last["circles"]
        found.append(
            {
                "service": service,
                "figures_ms": round(last["figures"] - last["chosen"]),
                "circles_ms": round(last["circles"] - last["chosen"]),
                "still_ms": round(last["map"] - last["chosen"]),
            }
        )
    (artefacts / "choice.json").write_text(json.dumps(found, indent=1))
    with capsys.disabled():
        print("\nfrom choice to figures and to circles drawn, ms:", found)


def test_the_circle_is_drawn_in_other_forms(open_desk: Callable[..., Desk], artefacts: Path) -> None:
    desk = open_desk("#service=elder_circle&type=nursing_home")
    page = desk.page
    page.locator("#forms summary").click()
    words = {"rings": "15 分钟内", "overlap": "至少 2 个", "nearest": "养老", "lines": "道路"}
    for form, word in words.items():
        page.check(f"#forms input[value={form}]")
        expect(page.locator("#forms")).to_contain_text("按现在的数据绘制", timeout=60_000)
        expect(page.locator("#forms .legend, #forms .names")).to_contain_text(word)
        desk.settle()
        page.screenshot(path=artefacts / f"form-{form}.png")
    page.locator("#forms .legend .key").first.wait_for()
    page.check("#forms input[value='']")
    expect(page.locator("#forms .legend")).to_have_count(0)
