"""The page of whole plans as a clerk uses it: a file, its check, its rows on list and map, the sheet, and a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, Route, expect

from geoservice.catalog import Catalog
from geoservice.crs import metric_crs
from geoservice.database.engine import Database
from geoservice.settings import Settings, StateSettings
from geoservice.worker import Worker
from tests.browser.conftest import Desk
from tests.case_builders import make_county
from tests.conftest import serving
from tests.dxf_builders import Drawn
from tests.integration.test_plans_api import HEADS, ROWS, names, sheet
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

Opened = Callable[..., Desk]
Bureau = tuple[str, Database, dict[str, Held]]
SIGNS = "东南西北中山水云天地春夏秋冬红黄蓝白青紫"


@pytest.fixture(scope="module")
def bureau(
    new_database: Callable[..., Database],
    catalog: Catalog,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bureau]:
    """A county with a town and its streets, staff, and a worker."""
    database = new_database()
    with database.connect("owner") as connection:
        make_county(connection)
    staff = {
        name: hold_session(database, add_person(database, name, role))
        for name, role in {"li": "clerk", "kan": "viewer", "wang": "clerk"}.items()
    }
    home = tmp_path_factory.mktemp("home")
    own = Settings(state=StateSettings(home=home), server=settings.server, audit=settings.audit)
    worker = Worker(own, catalog, database).start()
    with serving(database, catalog, own) as address:
        yield address, database, staff
    worker.stop()
    database.dispose()


@pytest.fixture
def at(open_desk: Opened, bureau: Bureau) -> Callable[..., Page]:
    def make(query: str = "", who: str = "li", allowed: str | None = None, **given: object) -> Page:
        desk = open_desk(None, base=bureau[0], who=bureau[2][who], **given)
        desk.watch.allowed += [] if allowed is None else [allowed]
        desk.page.goto(f"{bureau[0]}/names/batch{query}")
        desk.page.wait_for_selector("body[data-ready]")
        return desk.page

    return make


def choose(page: Page, name: str, content: bytes) -> None:
    page.set_input_files("#file", {"name": name, "mimeType": "application/octet-stream", "buffer": content})


def check(page: Page) -> None:
    page.locator("#check").click()
    expect(page.locator("#chips")).to_be_visible()
    page.wait_for_selector("#list[aria-busy=false]", state="attached")


def drawing(folder: Path) -> bytes:
    east, north = metric_crs(113.5, 30.0).project(113.5, 30.0)
    drawn = Drawn(origin=(float(east), float(north)))
    for at, name in enumerate(["陆羽大道", "洪山路", "清泉路", "青泉路", "梧桐路", "银杏路"]):
        drawn.road(name, 300.0 * at, length=1200)
    drawn.line((0, 2100), (600, 2101), (1200, 2100)).text("孤路", (0, 2600))
    return drawn.save(folder / "plan.dxf").read_bytes()


def test_a_drawing_goes_from_the_file_to_a_case(at: Callable[..., Page], tmp_path: Path, artefacts: Path) -> None:
    page = at(width=1440, height=900)
    expect(page.locator("#earlier")).to_contain_text("还没有批次")
    choose(page, "规划路.dxf", drawing(tmp_path))
    # A drawing knows no system: it has to be chosen before anything can be checked.
    expect(page.locator("#problem")).to_contain_text("坐标系")
    expect(page.locator("#check")).to_be_disabled()
    expect(page.locator("#wish-crs")).to_be_focused()
    page.screenshot(path=artefacts / "batch-look.png")
    page.locator("#wish-crs").select_option("EPSG:4547")
    expect(page.locator("#problem .note")).to_have_count(0)
    expect(page.locator("#rows")).to_contain_text("梧桐路")
    check(page)
    assert "plan=" in page.url

    chips = page.locator("#chips")
    expect(chips.locator("[data-mark=violates] .figure")).to_have_text("1")
    expect(chips.locator("[data-mark=argue] .figure")).to_have_text("3")
    expect(page.locator("#lines tr")).to_have_count(8)
    first = page.locator("#lines tr.violates")
    expect(first).to_contain_text("Lùyǔ Dàdào")
    expect(first).to_contain_text("第九条")
    expect(page.locator("#lines tr", has_text="青泉路").last).to_contain_text("清泉路")
    page.wait_for_selector("#map[aria-busy=false]")
    page.screenshot(path=artefacts / "batch-result.png")

    chips.locator("[data-mark=argue]").click()
    expect(page.locator("#lines tr")).to_have_count(3)
    chips.locator("[data-mark=violates]").click()
    expect(page.locator("#lines tr")).to_have_count(4)
    assert "verdict=argue%2Cviolates" in page.url
    page.reload()
    expect(page.locator("#lines tr")).to_have_count(4)
    expect(chips.locator("[data-mark=argue]")).to_have_attribute("aria-pressed", "true")
    page.locator("#lines tr.violates summary").first.click()
    expect(page.locator("#lines tr.violates .clashes")).to_contain_text("陆羽大道")

    page.locator("#lines tr.violates .number button").click()
    expect(page.locator("#lines tr.picked")).to_have_count(1)
    page.wait_for_selector("#map[aria-busy=false]")
    page.wait_for_timeout(1200)
    page.screenshot(path=artefacts / "batch-row.png")
    with page.expect_download() as download:
        page.locator("#sheet").click()
    download.value.save_as(tmp_path / "marked.xlsx")
    assert download.value.suggested_filename == "规划路.批注.xlsx"
    book = openpyxl.load_workbook(tmp_path / "marked.xlsx")
    assert "结论" in [cell.value for cell in book["检查结果"][1]]
    assert ("违反", 1) in list(book["汇总"].iter_rows(max_col=2, values_only=True))

    chips.locator("[data-mark=all]").click()
    expect(page.locator("#apply")).to_be_disabled()
    page.locator("#choose-passing").click()
    expect(page.locator("#chosen")).to_contain_text("已选 2 行")
    page.get_by_label("选第").and_(page.locator("tr.argue input")).first.check()
    expect(page.locator("#chosen")).to_contain_text("已选 3 行")
    page.locator("#apply").click()
    dialog = page.locator("dialog")
    expect(dialog).to_contain_text("1 行需论证")
    dialog.get_by_role("button", name="立案").click()
    expect(dialog.locator(".note.error")).to_be_visible()
    expect(page.locator("#case-unit")).to_be_focused()
    page.locator("#case-unit").select_option(label="东城镇")
    page.locator("#case-title").fill("规划路第一批")
    page.screenshot(path=artefacts / "batch-case.png")
    dialog.get_by_role("button", name="立案").click()
    expect(page.locator("#made")).to_contain_text("已立案（3 个名称）")
    expect(page.locator("#lines").get_by_role("link", name="已立案")).to_have_count(3)
    expect(page.locator("#apply")).to_be_disabled()
    page.locator("#made a").click()
    page.wait_for_url("**/names/case?id=*")
    expect(page.locator("body")).to_contain_text("规划路第一批")
    for name in ("梧桐路", "银杏路"):
        expect(page.locator("body")).to_contain_text(name)


def test_a_row_is_found_from_the_map(at: Callable[..., Page], tmp_path: Path) -> None:
    page = at(width=1440, height=900)
    choose(page, "规划路.dxf", drawing(tmp_path))
    page.locator("#wish-crs").select_option("EPSG:4547")
    expect(page.locator("#problem .note")).to_have_count(0)
    check(page)
    page.locator("#chips [data-mark=violates]").click()
    expect(page.locator("#lines tr")).to_have_count(1)
    page.locator("#lines .number button").click()
    page.wait_for_selector("#map[aria-busy=false]")
    page.wait_for_timeout(1500)
    page.locator("#chips [data-mark=violates]").click()
    expect(page.locator("#lines tr")).to_have_count(8)
    page.locator("#lines tr.picked").wait_for(state="detached")
    box = page.locator("#map canvas").bounding_box()
    assert box is not None
    # The road of that row lies in the middle of the map, beside the point of its clash.
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    expect(page.locator("#lines tr.picked")).to_have_count(1)


def test_a_check_is_watched_cancelled_and_done_again(at: Callable[..., Page], artefacts: Path) -> None:
    page = at()
    many = names(*[f"{a}{b}{c}路" for a in SIGNS for b in SIGNS for c in SIGNS[:10]][:4000])
    choose(page, "大批.csv", many)
    expect(page.locator("#map-name")).to_have_value("路名")
    page.locator("#check").click()
    expect(page.locator("#working")).to_be_visible()
    expect(page.locator("#progress")).to_contain_text("/4,000")
    page.screenshot(path=artefacts / "batch-progress.png")
    page.locator("#cancel").click()
    expect(page.locator("#ended")).to_contain_text("已取消")
    expect(page.locator("#chips")).to_be_hidden()
    expect(page.locator("#lines tr")).to_have_count(100)
    expect(page.locator("#lines tr").first).to_contain_text("未检查")
    page.locator("#away").click()
    page.locator("dialog").get_by_role("button", name="删除这一批").click()
    expect(page.locator("#choose")).to_be_visible()
    expect(page.locator("#earlier")).not_to_contain_text("大批.csv")

    choose(page, "小批.csv", names("清泉路", "梧桐路"))
    check(page)
    page.locator("#again").click()
    expect(page.locator("#chips [data-mark=passes] .figure")).to_have_text("2")
    page.goto(page.url.partition("?")[0])
    expect(page.locator("#earlier")).to_contain_text("小批.csv")


def test_what_is_wrong_with_a_file_is_said_and_can_be_mended(at: Callable[..., Page]) -> None:
    page = at(allowed="422")
    choose(page, "说明.docx", b"x")
    expect(page.locator("#said")).to_contain_text("说明.docx")
    choose(page, "空.csv", b"")
    expect(page.locator("#said")).to_contain_text("空.csv")
    choose(page, "名录（机密）.csv", names("清泉路"))
    expect(page.locator("#said")).to_contain_text("机密")
    expect(page.locator("#choose")).to_be_visible()
    choose(page, "表.xlsx", sheet([["清泉路", "x"]], ["拟用", "备注"]))
    expect(page.locator("#problem")).to_contain_text("没有找到写名称的列")
    expect(page.locator("#map-name")).to_be_focused()
    page.locator("#map-name").select_option("拟用")
    expect(page.locator("#problem .note")).to_have_count(0)
    check(page)
    expect(page.locator("#lines")).to_contain_text("清泉路")
    page.locator("#actions").get_by_role("link", name="另交一批").click()
    page.wait_for_selector("body[data-ready]")
    choose(page, "多.csv", names(*(f"路{n}路" for n in range(5001))))
    expect(page.locator("#problem")).to_contain_text("5001")
    expect(page.locator("#check")).to_be_disabled()


def test_a_plan_of_another_is_not_there_and_a_lost_server_is_waited_for(
    at: Callable[..., Page], bureau: Bureau
) -> None:
    page = at(allowed="ERR_FAILED")
    choose(page, "小批.csv", names("清泉路"))
    check(page)
    query = "?" + page.url.partition("?")[2]
    other = at(query, who="wang", allowed="404")
    expect(other.locator("#said")).to_contain_text("不是您的")
    expect(other.locator("#choose")).to_be_visible()

    def gone(route: Route) -> None:
        route.abort()

    page.route("**/api/names/plans/*/rows*", gone, times=1)
    page.locator("#chips [data-mark=passes]").click()
    expect(page.locator("#lines tr")).to_have_count(1)


def test_a_viewer_checks_and_makes_no_case(at: Callable[..., Page]) -> None:
    page = at(who="kan")
    choose(page, "小批.csv", names("清泉路"))
    check(page)
    expect(page.locator("#lines tr")).to_have_count(1)
    expect(page.locator("#chosen")).to_be_hidden()
    expect(page.locator("#lines input")).to_have_count(0)


def test_by_keyboard_on_a_phone_and_in_english(at: Callable[..., Page], artefacts: Path) -> None:
    page = at(width=390, height=844, locale="en-GB", has_touch=True)
    choose(page, "拟用路名.xlsx", sheet(ROWS, HEADS))
    expect(page.locator("#rows")).to_contain_text("文学泉路")
    expect(page.locator("#check")).to_be_enabled()
    page.locator("#check").focus()
    page.screenshot(path=artefacts / "batch-phone-look.png")
    page.keyboard.press("Enter")
    expect(page.locator("#chips")).to_be_visible()
    expect(page.locator("#result")).to_contain_text("violates")
    chip = page.locator("#chips [data-mark=violates]")
    chip.focus()
    page.keyboard.press("Space")
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(chip).to_be_focused()
    expect(page.locator("#lines tr")).to_have_count(4)
    page.screenshot(path=artefacts / "batch-phone.png")
    tick = page.locator("#lines input").first
    tick.focus()
    page.keyboard.press("Space")
    expect(page.locator("#chosen")).to_contain_text("Rows chosen: 1")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#lines .number button").first.click()
    expect(page.locator("#map canvas")).to_be_visible()
    page.wait_for_selector("#map[aria-busy=false]")
    page.screenshot(path=artefacts / "batch-phone-map.png")
    # No key of a text shows through.
    assert "batch." not in page.locator("#content").inner_text()
