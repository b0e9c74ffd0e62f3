"""A real county from its file to a border that is moved: loaded, mended, drawn, and checked for gaps and overlaps."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shapely
from playwright.sync_api import Page, expect
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings, StateSettings
from geoservice.worker import Worker
from tests.browser.conftest import Desk
from tests.browser.test_drawing import begin, finish
from tests.browser.test_import import check, choose, load
from tests.conftest import serving
from tests.people import Held, add_person, hold_session

pytestmark = pytest.mark.browser

Opened = Callable[..., Desk]
Bureau = tuple[str, Database]


@pytest.fixture(scope="module")
def bureau(
    new_database: Callable[..., Database],
    catalog: Catalog,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bureau]:
    """A service that holds nothing yet, with a worker."""
    database = new_database()
    own = Settings(
        state=StateSettings(home=tmp_path_factory.mktemp("home")), server=settings.server, audit=settings.audit
    )
    worker = Worker(own, catalog, database).start()
    with serving(database, catalog, own) as address:
        yield address, database
    worker.stop()
    database.dispose()


@pytest.fixture(scope="module")
def clerk(bureau: Bureau) -> Held:
    return hold_session(bureau[1], add_person(bureau[1], "zhang", "clerk", "approver"))


def shapes(bureau: Bureau) -> dict[int, shapely.Geometry]:
    statement = "select id, st_asbinary(geom) as geom from unit_version where level = 'township'"
    with bureau[1].connect("owner") as connection:
        return {row.id: shapely.from_wkb(bytes(row.geom)) for row in connection.execute(text(statement))}


def territory(desk: Desk) -> dict[str, int]:
    """Findings of the checks that tell gaps and overlaps, as the page counts them."""
    desk.page.goto(f"{desk.base}/data/quality")
    desk.page.wait_for_selector("#list[aria-busy=false]", state="attached")
    items = desk.get("/api/quality")["items"]
    return {one["id"]: one["count"] for one in items if one["id"] in ("units.overlap", "units.gap")}


def as_geojson(features: list[dict[str, object]]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def set_constant(page: Page, field: str, value: str) -> None:
    """One value for all rows."""
    row = page.locator("tr", has=page.locator(f"#map-{field}"))
    if not row.is_visible():
        page.locator("details", has=row).locator("summary").click()
    row.locator(f"#map-{field}").select_option("固定值")
    given = page.locator(f"#constant-{field}")
    if given.evaluate("one => one.matches('select')"):
        given.select_option(value)
    else:
        given.fill(value)
        given.press("Tab")
    expect(row.locator("select").first).to_have_value("\u0000constant")
    page.wait_for_selector("#look[aria-busy=false]")


def upload(page: Page, name: str, content: bytes, **constants: str) -> None:
    choose(page, name, content)
    expect(page.locator("#look")).to_be_visible()
    page.locator("#wish-layer").select_option("units")
    expect(page.locator("#map-level")).to_be_attached()
    for field, value in constants.items():
        set_constant(page, field, value)


@pytest.fixture(scope="module")
def files(shared_data: Path) -> dict[str, bytes]:
    """The townships as they came, the one of them that was refused with its key mended, and their county."""
    content = (shared_data / "boundaries" / "renshou_townships_wgs84.geojson").read_bytes()
    features = json.loads(content)["features"]
    whole = shapely.union_all([shapely.geometry.shape(one["geometry"]) for one in features])
    mended = [json.loads(json.dumps(one).replace("na me", "name")) for one in features if "na me" in one["properties"]]
    county = {"type": "Feature", "properties": {"name": "仁寿县"}, "geometry": shapely.geometry.mapping(whole)}
    return {"towns": content, "mended": as_geojson(mended), "county": as_geojson([county])}


def test_townships_are_uploaded_mended_and_one_border_is_moved(
    open_desk: Opened, bureau: Bureau, clerk: Held, files: dict[str, bytes], artefacts: Path
) -> None:
    base, _ = bureau
    desk = open_desk(None, base=base, who=clerk)
    page = desk.page
    page.goto(f"{base}/data/import")
    page.wait_for_selector("body[data-ready]")
    upload(page, "仁寿县.geojson", files["county"], level="county", code="511421")
    check(page, "检查通过")
    load(page)

    page.get_by_role("button", name="再导入一份").click()
    upload(page, "仁寿乡镇.geojson", files["towns"], level="township", parent_code="511421")
    page.screenshot(path=artefacts / "renshou-look.png")
    check(page, "有 1 行不能导入")
    expect(page.locator("#refused")).to_contain_text("na me")
    page.get_by_role("button", name="只导入没有错的 59 行").click()
    page.locator("dialog").get_by_role("button", name="导入", exact=True).click()
    expect(page.locator("#conclusion")).to_contain_text("已导入")
    assert len(shapes(bureau)) == 59
    # The township that was refused is missing in its county.
    assert territory(desk) == {"units.overlap": 0, "units.gap": 1}
    page.screenshot(path=artefacts / "renshou-gap.png")

    page.goto(f"{base}/data/import")
    page.wait_for_selector("body[data-ready]")
    upload(page, "改好.geojson", files["mended"], level="township", parent_code="511421")
    check(page, "检查通过")
    load(page)
    before = shapes(bureau)
    assert len(before) == 60
    assert territory(desk) == {"units.overlap": 0, "units.gap": 0}

    page.goto(f"{base}/data?layer=units&q=禾加镇")
    page.wait_for_selector("#table[aria-busy=false]")
    page.wait_for_selector("#map[aria-busy=false]", state="attached")
    page.locator("tbody tr[data-id]").click()
    record = int(str(page.locator("tbody tr[aria-current]").get_attribute("data-id")))
    page.wait_for_selector("#f-draw")
    begin(page)
    others = shapely.union_all([shape for number, shape in before.items() if number != record])
    inner = shared_vertex(before[record], others)
    for _ in range(inner + 1):
        page.keyboard.press("]")
    page.wait_for_timeout(600)
    page.screenshot(path=artefacts / "renshou-border.png")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.screenshot(path=artefacts / "renshou-moved.png")
    finish(page)

    after = shapes(bureau)
    changed = {number for number, shape in after.items() if not shape.equals_exact(before[number], 0)}
    assert record in changed
    assert len(changed) > 1
    assert territory(desk) == {"units.overlap": 0, "units.gap": 0}
    page.screenshot(path=artefacts / "renshou-quality.png")
    page.goto(f"{base}/data?layer=units&record={record}")
    page.locator("#tab-versions").click()
    expect(page.locator(".versions li")).to_have_count(2)
    page.wait_for_timeout(800)
    page.screenshot(path=artefacts / "renshou-versions.png")


def shared_vertex(shape: shapely.Geometry, others: shapely.Geometry) -> int:
    """Number of a vertex that lies on the border with others and not on the outline of the county."""
    county = shapely.union_all([shape, others]).boundary
    ring = shapely.get_coordinates(shape.geoms[0].exterior)
    inside = [at for at, place in enumerate(shapely.points(ring[:-1])) if place.distance(county) > 1e-4]
    return inside[len(inside) // 2]
