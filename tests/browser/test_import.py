"""The page of imports as a clerk uses it: by mouse, by keyboard and on a phone."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings, StateSettings
from geoservice.worker import Worker
from tests.browser.conftest import Desk
from tests.conftest import serving
from tests.integration.test_uploads import BAD, GOOD, sheet
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

Office = tuple[str, Database]
Opened = Callable[..., Desk]


@pytest.fixture(scope="module")
def office(
    new_database: Callable[..., Database],
    sample_database: Database,
    catalog: Catalog,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Office]:
    """A service of its own over the sample county, with a worker."""
    database = new_database(sample_database)
    home = tmp_path_factory.mktemp("home")
    own = Settings(state=StateSettings(home=home), server=settings.server, audit=settings.audit)
    worker = Worker(own, catalog, database).start()
    with serving(database, catalog, own) as address:
        yield address, database
    worker.stop()
    database.dispose()


@pytest.fixture(scope="module")
def clerk(office: Office) -> Held:
    return hold_session(office[1], add_person(office[1], "zhang", "clerk", "approver"))


@pytest.fixture
def open_import(open_desk: Opened, office: Office) -> Opened:
    def make(query: str = "", *, who: Held, **given: object) -> Desk:
        desk = open_desk(None, base=office[0], who=who, **given)
        desk.page.goto(f"{office[0]}/data/import{query}")
        desk.page.wait_for_selector("body[data-ready]")
        return desk

    return make


def facilities(office: Office) -> int:
    with office[1].connect("owner") as connection:
        found: int = connection.execute(text("select count(*) from facility")).scalar_one()
        return found


def choose(page: Page, name: str, content: bytes, mime: str = "application/octet-stream") -> None:
    page.set_input_files("#files", {"name": name, "mimeType": mime, "buffer": content})


def check(page: Page, words: str) -> None:
    page.locator("#check").click()
    expect(page.locator("#conclusion")).to_contain_text(words)


def load(page: Page) -> None:
    page.locator("#told").get_by_role("button", name="导入", exact=True).click()
    page.locator("dialog").get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("#conclusion")).to_contain_text("已导入")


def test_a_sheet_with_bad_rows_is_refused_mended_loaded_and_undone(
    open_import: Opened, office: Office, clerk: Held, tmp_path: Path
) -> None:
    desk = open_import(who=clerk)
    page = desk.page
    before = facilities(office)
    choose(page, "养老设施.xlsx", sheet(GOOD + BAD))
    expect(page.locator("#wish-layer")).to_have_value("facilities")
    expect(page.locator("#map-name")).to_have_value("设施名称")
    expect(page.locator("#counted")).to_contain_text("3 行会被拒绝")
    expect(page.locator("#rows tbody tr")).to_have_count(5)
    # What stands in a cell is a text and nothing else.
    expect(page.locator("#rows")).to_contain_text("<script>alert(1)</script>")
    page.wait_for_selector("#map[aria-busy=false]")
    assert "upload=" in page.url

    check(page, "有 3 行不能导入")
    lines = page.locator("#refused tbody tr")
    expect(lines).to_have_count(3)
    expect(lines.nth(2)).to_contain_text("床位数")
    expect(lines.nth(2)).to_contain_text("不是整数")
    assert facilities(office) == before
    # The page can be left and found again by its address.
    page.reload()
    expect(page.locator("#refused tbody tr")).to_have_count(3)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载被拒绝的行（CSV）").click()
    saved = tmp_path / "refused.csv"
    download.value.save_as(saved)

    page.get_by_role("button", name="只导入没有错的 2 行").click()
    page.locator("dialog").get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("#conclusion")).to_contain_text("已导入")
    assert facilities(office) == before + 2

    rows = list(csv.DictReader(io.StringIO(saved.read_text("utf-8-sig"))))
    for row, patch in zip(rows, ({"设施名称": "新院"}, {"设施类型": "公墓"}, {"床位数": "7"}), strict=True):
        row.update(patch)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    page.get_by_role("button", name="再导入一份").click()
    choose(page, "改好.csv", out.getvalue().encode())
    check(page, "检查通过")
    load(page)
    assert facilities(office) == before + 5
    expect(page.get_by_role("link", name="查看记录")).to_have_attribute("href", "/data?layer=facilities")

    page.locator("#told").get_by_role("button", name="撤销这次导入").click()
    page.locator("dialog").get_by_role("button", name="撤销这次导入").click()
    expect(page.locator("#undone")).to_contain_text("删去 3 行")
    assert facilities(office) == before + 2
    page.locator("#batches tr", has_text="养老设施.xlsx").get_by_role("button").click()
    page.locator("dialog").get_by_role("button", name="撤销这次导入").click()
    expect(page.locator("#undone")).to_contain_text("删去 2 行")
    assert facilities(office) == before


def test_a_column_is_chosen_and_a_value_is_set_for_all(open_import: Opened, office: Office, clerk: Held) -> None:
    page = open_import(who=clerk).page
    choose(page, "养老.csv", "叫什么,经度,纬度\n南湾院,113.1,30.6\n".encode())
    expect(page.locator("#look")).to_be_visible()
    page.locator("#wish-layer").select_option("facilities")
    expect(page.locator("#wish-layer")).to_have_value("facilities")
    page.locator("#map-name").select_option("叫什么")
    expect(page.locator("tr", has=page.locator("#map-name"))).to_contain_text("南湾院")
    row = page.locator("tr", has=page.locator("#map-type"))
    row.locator("select").first.select_option("固定值")
    row.locator("select").nth(1).select_option("公墓")
    expect(page.locator("#counted")).not_to_contain_text("拒绝")
    check(page, "检查通过")
    load(page)
    with office[1].connect("owner") as connection:
        assert connection.execute(text("select type from facility where name = '南湾院'")).scalar_one() == "cemetery"


def test_fifty_megabytes_show_progress_and_can_be_stopped(
    open_import: Opened, office: Office, clerk: Held, tmp_path: Path
) -> None:
    desk = open_import(who=clerk)
    page = desk.page
    desk.watch.allowed.append("ERR_ABORTED")
    big = tmp_path / "大表.csv"
    big.write_bytes(("设施名称,设施类型,经度,纬度\n" + "院,公墓,113,30.6\n" * 2_700_000).encode())
    assert big.stat().st_size > 50 * 2**20
    cdp = page.context.new_cdp_session(page)
    # As fast as a village is connected.
    cdp.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 4 * 2**20},
    )
    page.set_input_files("#files", str(big))
    bar = page.locator("#sent progress")
    expect(bar).to_be_visible()
    page.wait_for_function("() => document.querySelector('#sent progress').value > 2 ** 20")
    assert bar.evaluate("one => one.value < one.max")
    expect(page.locator("#sent")).to_contain_text("%")
    page.locator("#stop").click()
    expect(page.locator("#said")).to_contain_text("上传已取消")
    expect(page.locator("#choose")).to_be_visible()
    page.wait_for_function(
        "async () => (await (await fetch('/api/uploads')).json()).items.every(({ files }) => files[0].name !== '大表.csv')"
    )


def test_wrong_files_are_told_before_they_are_sent(open_import: Opened, clerk: Held) -> None:
    page = open_import(who=clerk).page
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.method))
    choose(page, "报告.docx", b"x")
    expect(page.locator("#said")).to_contain_text("不能读这种文件：报告.docx")
    page.evaluate(
        "() => { const file = new File(['x'], '大.csv'); Object.defineProperty(file, 'size', { value: 2 ** 40 });"
        " import('/static/js/import/choosing.js').then(({ wrongWith }) => {"
        "  document.body.dataset.told = wrongWith([file], { suffixes: ['.csv'], sidecars: [], max_bytes: 2 ** 20, max_files: 3 }); }); }"
    )
    expect(page.locator("body")).to_have_attribute("data-told", "文件共 1048576 MB，超过上限 1 MB，没有上传。")
    assert "POST" not in asked


def test_a_lost_connection_is_told(open_import: Opened, clerk: Held) -> None:
    desk = open_import(who=clerk)
    desk.watch.allowed.append("ERR_FAILED")

    def lose(route: Route) -> None:
        route.abort()

    desk.page.route("**/api/uploads/*/files/*", lose)
    choose(desk.page, "养老.xlsx", sheet(GOOD))
    expect(desk.page.locator("#said")).to_contain_text("连接断开")
    expect(desk.page.locator("#choose")).to_be_visible()


def test_with_the_keyboard_alone_on_a_phone(open_import: Opened, office: Office, clerk: Held) -> None:
    page = open_import(who=clerk, width=390, height=800).page
    page.locator("#files").focus()
    choose(page, "养老.xlsx", sheet([["k1", "键盘院", "公墓", None, 113.1, 30.6]]))
    expect(page.locator("#look")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    page.locator("#check").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#conclusion")).to_contain_text("检查通过")
    page.locator("#told").get_by_role("button", name="导入", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).not_to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#conclusion")).to_contain_text("已导入")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_a_viewer_is_not_offered_it_and_is_refused(open_desk: Opened, office: Office) -> None:
    held = hold_session(office[1], add_person(office[1], "viewer", "viewer"))
    desk = open_desk(None, base=office[0], who=held)
    desk.page.goto(f"{office[0]}/data")
    expect(desk.page.locator(".rooms")).not_to_contain_text("导入")
    desk.page.goto(f"{office[0]}/data/import")
    expect(desk.page.locator("#no-permission")).to_contain_text("不能导入")
    answer = desk.page.request.post(
        f"{office[0]}/api/uploads", data={"files": []}, headers={"X-Form-Key": held.form_key}
    )
    assert answer.status == 403


def test_in_english_no_key_shows(open_import: Opened, clerk: Held) -> None:
    page = open_import("?lang=en", who=clerk, locale="en").page
    choose(page, "homes.xlsx", sheet(GOOD + BAD))
    expect(page.locator("#look")).to_be_visible()
    page.locator("#check").click()
    expect(page.locator("#conclusion")).to_contain_text("3 rows cannot be loaded")
    assert "imp." not in page.locator("main").inner_text()
