"""Plans of names over HTTP: handed in, checked in the background, filtered, marked, made a case of; and all that is refused."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.accounts import actor_by_name
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.crs import metric_crs
from geoservice.database.actor import SYSTEM, Actor
from geoservice.database.engine import Database
from geoservice.jobs.board import cancel
from geoservice.jobs.work import Workplace, perform
from geoservice.names.keeping import rekey
from geoservice.names.plans import background
from geoservice.names.plans.store import clean
from geoservice.settings import ImportSettings, Settings, UploadSettings
from tests.builders_api import make_place, make_unit, square
from tests.dxf_builders import Drawn
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
PLANS = "/api/names/plans"
HEADS = ["序号", "路名", "经度", "纬度", "宽度"]
ROWS: list[list[Any]] = [
    ["r1", "陆羽大道", 113.5, 30.0, 40],
    ["r2", "洪山路", 113.5, 30.0, 12],
    ["r3", "东湖路", 113.5, 30.0, 12],
    ["r4", "冬湖路", 113.5, 30.0, 12],
    ["r5", "东湖路", 113.5, 30.0, 12],
    ["r6", "", 113.5, 30.0, 12],
    ["r7", "CBD路", 113.5, 30.0, 12],
    ["r8", "文学泉路", 113.5, 30.0, 12],
    ["r9", "=1+1", 113.5, 30.0, 12],
]
MARKS = ["violates", "argue", "violates", "argue", "violates", "missing", "violates", "passes", "unread"]
COUNTS = {"violates": 4, "argue": 2, "hint": 0, "passes": 1, "missing": 1, "unread": 1}


def sheet(rows: list[list[Any]] = ROWS, heads: list[str] = HEADS) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (heads, *rows):
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def names(*given: str) -> bytes:
    return ("路名\n" + "\n".join(given)).encode()


@pytest.fixture
def county(database: Database) -> int:
    with database.connect("owner") as connection:
        made = make_unit(connection, "东县", square(113.5, 30, 0.5), level="county")
        make_place(connection, "陆羽大道", 113.5, 30.0, class_code="23", unit_id=made)
        make_place(connection, "红山路", 113.5, 30.0, class_code="23", unit_id=made)
        rekey(connection, lambda _: None)
    return made


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Settings:
    own = Settings(
        state=settings.state.model_copy(update={"home": tmp_path}),
        server=settings.server,
        uploads=UploadSettings(upload_max_mb=1, upload_account_mb=2),
        imports=ImportSettings(),
    )
    own.audit = settings.audit
    return own


@pytest.fixture
def app(database: Database, county: int, home: Settings, catalog: Catalog) -> FastAPI:
    return create_app(home, catalog=catalog, database=database)


@pytest.fixture
def office(app: FastAPI, database: Database) -> Callable[..., TestClient]:
    def make(*roles: str, name: str = "li", units: tuple[int, ...] = ()) -> TestClient:
        return signed_in(
            TestClient(app, base_url=BASE, raise_server_exceptions=False), database, *roles, name=name, units=units
        )

    return make


@pytest.fixture
def clerk(office: Callable[..., TestClient]) -> TestClient:
    return office("clerk")


@pytest.fixture
def place(database: Database, home: Settings, catalog: Catalog) -> Workplace:
    def submitter(name: str) -> Actor:
        with database.connect(actor=SYSTEM) as connection:
            found = actor_by_name(connection, name)
        assert found is not None
        return found

    return Workplace(home, catalog, database, submitter)


@pytest.fixture
def work(place: Workplace) -> Callable[[], None]:
    """Does the jobs that wait, as the worker does."""

    def do() -> None:
        with place.database.connect(actor=SYSTEM) as connection:
            jobs = connection.execute(text("select id from job where state = 'queued' order by id")).scalars().all()
        for job in jobs:
            perform(place, job, lambda told, step, database: background.run(place, told, step, database))

    return do


def send(web: TestClient, file: str, content: bytes, *, path: str = PLANS, **given: Any) -> Any:
    asked = {"file": file, "kind": "street", **given}
    return web.post(path, params=asked, content=content, headers={"Content-Type": "application/octet-stream"})


def handed_in(web: TestClient, file: str, content: bytes, **given: Any) -> int:
    answer = send(web, file, content, **given)
    assert answer.status_code == 202, answer.text
    assert answer.json()["job"]["state"] == "queued"
    made: int = answer.json()["id"]
    return made


def rows_of(web: TestClient, plan: int, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = web.get(f"{PLANS}/{plan}/rows", params={"limit": 500, **asked}).json()["items"]
    return found


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_sheet_is_checked_filtered_paged_drawn_and_handed_back(
    clerk: TestClient, work: Callable[[], None], county: int
) -> None:
    plan = handed_in(clerk, "拟用路名.xlsx", sheet(), mapping=json.dumps({"name": "路名"}))
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert (told["counts"], told["rows"], told["sheet"]) == (None, len(ROWS), "xlsx")
    assert [row["verdict"] for row in rows_of(clerk, plan)] == [None] * len(ROWS)
    assert code_of(clerk.get(f"{PLANS}/{plan}/sheet")) == (409, "names.plan-unchecked")
    work()
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert (told["job"]["state"], told["counts"]) == ("succeeded", COUNTS)
    assert told["checked_on"]
    assert told["reading"]["columns"]["name"] == "路名"
    assert clerk.get(PLANS).json()["items"][0]["id"] == plan

    rows = rows_of(clerk, plan)
    assert [row["verdict"] for row in rows] == MARKS
    assert [row["row"] for row in rows] == list(range(2, 11))
    assert {one["row"] for one in rows[2]["inside"]} == {5, 6}
    assert rows[0]["spelling"] == "Lùyǔ Dàdào"
    assert rows[0]["check"]["clashes"][0]["name"] == "陆羽大道"
    assert any("第九条" in one["source"] for one in rows[0]["check"]["verdicts"])
    assert rows[0]["check"]["scope"]["names"] == ["东县"]
    assert rows[0]["bounds"] == [113.5, 30.0, 113.5, 30.0]
    assert rows[8]["check"] is None
    assert rows[8]["fault"]
    english = clerk.get(f"{PLANS}/{plan}/rows", headers={"Accept-Language": "en"}).json()["items"]
    assert english[0]["check"]["verdicts"][0]["title"] != rows[0]["check"]["verdicts"][0]["title"]
    assert english[8]["fault"] != rows[8]["fault"]

    assert [row["row"] for row in rows_of(clerk, plan, verdict="passes")] == [9]
    assert [row["row"] for row in rows_of(clerk, plan, verdict="argue,missing")] == [3, 5, 7]
    first = clerk.get(f"{PLANS}/{plan}/rows", params={"limit": 4, "verdict": "violates,argue"}).json()
    rest = clerk.get(f"{PLANS}/{plan}/rows", params={"limit": 4, "verdict": "violates,argue", "after": first["next"]})
    assert [row["row"] for row in first["items"] + rest.json()["items"]] == [2, 3, 4, 5, 6, 8]
    assert rest.json()["next"] is None

    drawn = clerk.get(f"{PLANS}/{plan}/features").json()
    assert [one["properties"]["verdict"] for one in drawn["features"]] == MARKS[:8]
    assert {one["name"]: one["rows"] for one in drawn["clashes"]} == {"陆羽大道": [2], "红山路": [3]}

    answer = clerk.get(f"{PLANS}/{plan}/sheet")
    assert "%E6%8B%9F%E7%94%A8%E8%B7%AF%E5%90%8D.%E6%89%B9%E6%B3%A8.xlsx" in answer.headers["content-disposition"]
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    marked = list(book["检查结果"].iter_rows(values_only=True))
    assert [row[:5] for row in marked[1:6]] == [tuple(row) for row in ROWS[:5]]
    assert marked[1][5] == "违反"
    assert "第九条" in str(marked[1][6])
    summary = dict(book["汇总"].iter_rows(max_col=2, values_only=True))
    assert (summary["违反"], summary["读不出"], summary["文件"]) == (4, 1, "拟用路名.xlsx")
    table = clerk.get(f"{PLANS}/{plan}/sheet", params={"format": "csv"})
    assert list(csv.reader(io.StringIO(table.content.decode("utf-8-sig"))))[1][5] == "违反"


def test_a_map_and_a_table_come_back_as_what_they_were(clerk: TestClient, work: Callable[[], None]) -> None:
    line = {"type": "LineString", "coordinates": [[113.49, 30.0], [113.51, 30.0]]}
    features = [{"type": "Feature", "properties": {"名称": "红山路", "备注": None}, "geometry": line}]
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    mapped, table = handed_in(clerk, "规划.geojson", content), handed_in(clerk, "名单.csv", names("东湖路", "=2+2路"))
    work()
    back = clerk.get(f"{PLANS}/{mapped}/sheet").json()
    assert back["features"][0]["geometry"] == line
    assert {"名称": "红山路", "备注": None, "结论": "违反"}.items() <= back["features"][0]["properties"].items()
    assert {"title": "违反", "value": 1} in back["summary"]
    rows = list(csv.reader(io.StringIO(clerk.get(f"{PLANS}/{table}/sheet").content.decode("utf-8-sig"))))
    assert rows[0] == ["路名", "结论", "理由和依据", "与已有地名", "与本批其他名称", "罗马字母拼写"]
    assert rows[1][:2] == ["东湖路", "通过"]
    assert rows[2][0] == "'=2+2路"
    assert clerk.get(f"{PLANS}/{mapped}").json()["sheet"] == "geojson"


def test_a_drawing_wants_its_system_and_lists_what_is_unclear(
    clerk: TestClient, work: Callable[[], None], tmp_path: Path
) -> None:
    east, north = metric_crs(113.5, 30.0).project(113.5, 30.0)
    drawn = Drawn(origin=(float(east), float(north))).road("陆羽大道", 0).road("东湖路", 300).text("孤路", (0, 900))
    drawn.line((0, 600), (200, 601), (400, 600))
    content = drawn.save(tmp_path / "plan.dxf").read_bytes()
    answer = send(clerk, "规划路.dxf", content)
    assert code_of(answer) == (422, "import.dxf-crs")
    assert "EPSG:4547" in answer.json()["remedy"]
    seen = send(clerk, "规划路.dxf", content, path=f"{PLANS}/inspection")
    assert seen.status_code == 200
    assert seen.json()["problem"]["code"] == "import.dxf-crs"
    assert seen.json()["parts"] == ["道路"]
    assert clerk.get(PLANS).json()["items"] == []
    assert code_of(send(clerk, "规划路.dxf", content, crs="EPSG:4547", within_m=0)) == (400, "names.bad-distance")
    assert send(clerk, "规划路.dxf", content, crs="EPSG:4547", part="没有").status_code == 422
    assert send(clerk, "规划路.dxf", content, crs="EPSG:999999").status_code in (400, 422)
    plan = handed_in(clerk, "规划路.dxf", content, crs="EPSG:4547", within_m=20)
    work()
    found = {row["name"]: row for row in rows_of(clerk, plan)}
    assert {name: row["verdict"] for name, row in found.items()} == {
        "陆羽大道": "violates",
        "东湖路": "passes",
        "孤路": "hint",
        "": "missing",
    }
    assert found["东湖路"]["length_m"] == pytest.approx(400, abs=1)
    assert "20 米以内" in found["孤路"]["notes"][0]
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert (told["sheet"], told["reading"]["crs"]) == ("xlsx", "EPSG:4547")
    assert any("道路（文字 3，线 3）" in one for one in told["reading"]["notices"])


def test_what_is_in_a_file_is_told_before_it_is_kept(clerk: TestClient) -> None:
    rows = [["拟名甲", "东湖路", "dong1 hu2 lu4"]]
    seen = send(clerk, "表.xlsx", sheet(rows, ["编号", "拟名", "拼法"]), path=f"{PLANS}/inspection").json()
    assert seen["problem"]["code"] == "names.plan-no-column"
    assert "拟名" in seen["problem"]["message"]
    assert [one["header"] for one in seen["columns"]] == ["编号", "拟名", "拼法"]
    asked = json.dumps({"name": "拟名", "reading": "拼法"})
    seen = send(
        clerk, "表.xlsx", sheet(rows, ["编号", "拟名", "拼法"]), path=f"{PLANS}/inspection", mapping=asked
    ).json()
    assert seen["problem"] is None
    assert {one["header"]: one["field"] for one in seen["columns"]}["拼法"] == "reading"
    assert seen["rows"]["first"] == [rows[0]]
    assert send(clerk, "坏.xlsx", b"PK\x03\x04no", path=f"{PLANS}/inspection").json()["problem"]["code"]
    assert clerk.get(PLANS).json()["items"] == []


HARM: dict[str, tuple[str, bytes, dict[str, Any], int, str]] = {
    "a path": ("../a.csv", names("东湖路"), {}, 400, "uploads.bad-name"),
    "a hidden file": (".a.csv", names("东湖路"), {}, 400, "uploads.bad-name"),
    "another kind of file": ("名单.docx", names("东湖路"), {}, 422, "import.format-unknown"),
    "a drawing of AutoCAD": ("路.dwg", b"AC1032", {}, 422, "import.dwg"),
    "nothing in it": ("a.csv", b"", {}, 422, "import.empty-file"),
    "no rows": ("a.csv", "路名\n".encode(), {}, 422, "import.header-only"),
    "no column of names": ("a.csv", "编号,备注\n1,x\n".encode(), {}, 422, "names.plan-no-column"),
    "a column that is not there": ("a.csv", names("东湖路"), {"mapping": '{"name": "没有"}'}, 422, "import.map-column"),
    "a field that is not there": ("a.csv", names("东湖路"), {"mapping": '{"x9": "路名"}'}, 422, "import.map-field"),
    "columns that are no JSON": ("a.csv", names("东湖路"), {"mapping": "[" * 3000}, 400, "names.bad-mapping"),
    "columns that are no object": ("a.csv", names("东湖路"), {"mapping": "[1]"}, 400, "names.bad-mapping"),
    "an unknown kind": ("a.csv", names("东湖路"), {"kind": "planet"}, 400, "api.bad-parameter"),
    "an unknown unit": ("a.csv", names("东湖路"), {"unit_id": 999}, 422, "cases.no-unit"),
    "an unknown parameter": ("a.csv", names("东湖路"), {"colour": "red"}, 400, "api.unknown-parameter"),
    "too many rows": ("a.csv", names(*(f"路{n}路" for n in range(5001))), {}, 422, "names.plan-too-large"),
    "too many bytes": ("a.csv", b"x" * (2**20 + 1), {}, 413, "api.body-too-large"),
    "a workbook that is none": ("a.xlsx", b"PK\x03\x04nonsense", {}, 422, ""),
    "a drawing that is none": ("a.dxf", b"nonsense", {"crs": "EPSG:4547"}, 422, ""),
    "a map that is none": ("a.geojson", b"{", {}, 422, ""),
    "a secret name": ("名录（机密）.csv", names("东湖路"), {}, 422, "import.secret-file"),
    "a secret row": ("a.csv", "路名,密级\n东湖路,秘密★5年\n".encode(), {}, 422, "import.secret"),
}


@pytest.mark.parametrize("what", HARM)
def test_a_bad_file_is_refused_with_the_reason_and_nothing_is_kept(clerk: TestClient, what: str, county: int) -> None:
    file, content, given, status, code = HARM[what]
    answer = send(clerk, file, content, **given)
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == code or not code
    assert answer.json()["detail"] != f"error.{answer.json()['code']}"
    assert clerk.get(PLANS).json()["items"] == []


# The reader takes the space of no width out: then 东湖路 and 東湖路 sound alike.
ODD = {
    "   ": "missing",
    "Broad Street": "violates",
    "12345": "violates",
    "东湖😀路": "violates",
    "東湖路": "argue",
    "𣲗源口路": "passes",
    "东\u200b湖路": "argue",
    "字" * 100: "violates",
    "字" * 10_000: "unread",
    "<script>alert(1)</script>": "violates",
    "东湖": "violates",
}


def test_odd_names_each_get_a_verdict_or_a_reason(clerk: TestClient, work: Callable[[], None]) -> None:
    content = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {"名称": name}, "geometry": None} for name in ODD],
        }
    ).encode()
    plan = handed_in(clerk, "怪.geojson", content)
    work()
    found = rows_of(clerk, plan)
    assert len(found) == len(ODD)
    assert [row["verdict"] for row in found] == list(ODD.values())
    for row in found:
        if row["verdict"] == "unread":
            assert row["fault"]
        elif row["verdict"] not in ("missing", "passes"):
            assert row["inside"] or any(one["reason"] for one in row["check"]["verdicts"]), row
    for form in ("xlsx", "csv", "geojson"):
        assert clerk.get(f"{PLANS}/{plan}/sheet", params={"format": form}).status_code == 200


def test_a_position_outside_of_the_county_is_told_where_it_was_looked(
    clerk: TestClient, work: Callable[[], None]
) -> None:
    plan = handed_in(clerk, "外.csv", "路名,经度,纬度\n东湖路,100.5,30.0\n".encode())
    work()
    scope = rows_of(clerk, plan)[0]["check"]["scope"]
    assert (scope["scope"], scope["applied"]) == ("built_up", "all")


def test_a_reading_that_does_not_fit_is_noticed_and_one_that_does_is_used(
    clerk: TestClient, work: Callable[[], None]
) -> None:
    plan = handed_in(clerk, "读.csv", "路名,读音\n干驿路,Gānyì Lù\n东湖路,xi1 hu2\n".encode())
    work()
    good, bad = rows_of(clerk, plan)
    assert (good["spelling"], good["notes"]) == ("Gānyì Lù", [])
    assert bad["verdict"] == "hint"
    assert "xi1 hu2" in bad["notes"][0]
    assert bad["spelling"] == "Dōnghú Lù"


def test_a_check_is_cancelled_while_it_waits_and_while_it_runs_and_begun_anew(
    clerk: TestClient, work: Callable[[], None], place: Workplace
) -> None:
    plan = handed_in(clerk, "a.csv", names(*(f"路{n}路" for n in range(30))))
    busy = {"Content-Type": "application/json"}
    assert code_of(clerk.post(f"{PLANS}/{plan}/check", json={})) == (409, "names.plan-busy")
    assert code_of(clerk.delete(f"{PLANS}/{plan}", headers=busy)) == (409, "names.plan-busy")
    assert clerk.post(f"{PLANS}/{plan}/cancel", json={}).json()["job"]["state"] == "cancelled"
    work()
    assert clerk.get(f"{PLANS}/{plan}").json()["counts"] is None

    told = clerk.post(f"{PLANS}/{plan}/check", json={}).json()["job"]
    met: list[tuple[str, int, int]] = []

    def watched(told: Any, step: Any, database: Database) -> None:
        def tell(key: str, done: int, total: int) -> None:
            met.append((key, done, total))
            if done == 10:
                with place.database.connect(actor=SYSTEM) as connection:
                    cancel(connection, job)
            step(key, done, total)

        background.run(place, told, tell, database)

    job = told["id"]
    perform(place, job, watched)
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert (told["job"]["state"], told["counts"]) == ("cancelled", None)
    assert met[0] == ("names.step.check", 1, 30)
    assert {row["verdict"] for row in rows_of(clerk, plan)} == {None}
    assert code_of(clerk.get(f"{PLANS}/{plan}/sheet")) == (409, "names.plan-unchecked")
    assert code_of(clerk.post(f"{PLANS}/{plan}/case", json={"title": "x", "unit_id": 1, "rows": [2]})) == (
        409,
        "names.plan-unchecked",
    )

    clerk.post(f"{PLANS}/{plan}/check", json={})
    work()
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert told["job"]["state"] == "succeeded"
    assert sum(told["counts"].values()) == 30
    assert code_of(clerk.post(f"{PLANS}/{plan}/cancel", json={})) == (409, "jobs.ended")
    assert clerk.delete(f"{PLANS}/{plan}", headers=busy).status_code == 200
    assert code_of(clerk.get(f"{PLANS}/{plan}")) == (404, "names.no-plan")


def test_who_may_and_whose_a_plan_is(office: Callable[..., TestClient], app: FastAPI, work: Callable[[], None]) -> None:
    viewer, other, chief = office("viewer"), office("clerk", name="wang"), office("administrator", name="zhao")
    assert send(TestClient(app, base_url=BASE), "a.csv", names("东湖路")).status_code == 401
    plan = handed_in(viewer, "a.csv", names("东湖路"))
    work()
    assert viewer.get(f"{PLANS}/{plan}").json()["counts"]["passes"] == 1
    for path in ("", "/rows", "/features", "/sheet"):
        assert code_of(other.get(f"{PLANS}/{plan}{path}")) == (404, "names.no-plan")
        assert chief.get(f"{PLANS}/{plan}{path}").status_code == 200
    assert code_of(other.post(f"{PLANS}/{plan}/check", json={})) == (404, "names.no-plan")
    assert code_of(other.post(f"{PLANS}/{plan}/cancel", json={})) == (404, "names.no-plan")
    assert code_of(chief.post(f"{PLANS}/{plan}/check", json={})) == (409, "names.plan-of-another")
    assert other.get(PLANS).json()["items"] == []
    made = {"title": "新路", "unit_id": 1, "rows": [2]}
    assert viewer.post(f"{PLANS}/{plan}/case", json=made).status_code == 403
    assert code_of(send(viewer, "a.csv", names("东湖路"), path=f"{PLANS}/{plan}")) == (405, "api.method-not-allowed")
    plain = viewer.post(PLANS, params={"file": "a.csv", "kind": "street"}, json={})
    assert code_of(plain) == (400, "access.not-bytes")


def test_a_check_sees_what_its_submitter_sees(
    office: Callable[..., TestClient], work: Callable[[], None], database: Database, county: int
) -> None:
    with database.connect("owner") as connection:
        far = make_unit(connection, "西县", square(111.5, 30, 0.5), level="county")
        connection.execute(text("update place set published = false, classification = 'internal'"))
        connection.execute(text("update place_name set published = false, classification = 'internal'"))
    inside, outside = office("viewer", name="zhang", units=(county,)), office("viewer", name="chen", units=(far,))
    content = "路名,经度,纬度\n陆羽大道,113.5,30.0\n".encode()
    plans = {web: handed_in(web, "a.csv", content) for web in (inside, outside)}
    work()
    assert [rows_of(web, plan)[0]["verdict"] for web, plan in plans.items()] == ["violates", "passes"]
    later = handed_in(inside, "b.csv", content)
    with database.connect("owner") as connection:
        connection.execute(
            text("delete from account_role where account_id = (select id from account where name = 'zhang')")
        )
    work()
    with database.connect("owner") as connection:
        asked = text(
            "select j.state, j.error ->> 'code' from name_plan p join job j on j.id = p.job_id where p.id = :id"
        )
        assert connection.execute(asked, {"id": later}).one() == ("failed", "access.not-allowed")


def test_rows_become_a_case_once(clerk: TestClient, work: Callable[[], None], county: int) -> None:
    plan = handed_in(clerk, "拟用路名.xlsx", sheet())
    work()
    address, given = f"{PLANS}/{plan}/case", {"title": "第一批路名", "unit_id": county}
    assert code_of(clerk.post(address, json={**given, "rows": [3, 7]})) == (422, "names.plan-rows-unfit")
    assert code_of(clerk.post(address, json={**given, "rows": [3, 99]})) == (404, "names.plan-no-row")
    assert clerk.post(address, json={**given, "rows": []}).status_code == 400
    assert clerk.post(address, json={**given, "rows": list(range(1, 502))}).status_code == 400
    assert code_of(clerk.post(address, json={**given, "unit_id": 999, "rows": [9]})) == (422, "cases.no-unit")
    made = clerk.post(address, json={**given, "rows": [9, 3]})
    assert made.status_code == 201, made.text
    case = made.json()
    assert (case["state"], case["name_kind"], case["title"]) == ("draft", "street", "第一批路名")
    assert [one["name"] for one in case["names"]] == ["洪山路", "文学泉路"]
    assert case["names"][0]["width_m"] == 12
    assert case["names"][0]["geometry"]["coordinates"] == [113.5, 30.0]
    assert {row["row"]: row["case_id"] for row in rows_of(clerk, plan) if row["case_id"]} == {
        3: case["id"],
        9: case["id"],
    }
    assert code_of(clerk.post(address, json={**given, "rows": [9]})) == (409, "names.plan-rows-in-case")
    clerk.delete(f"{PLANS}/{plan}", headers={"Content-Type": "application/json"})
    assert clerk.get(f"/api/cases/{case['id']}").status_code == 200


def test_plans_have_their_limits_and_go_after_their_time(
    clerk: TestClient, database: Database, home: Settings, work: Callable[[], None]
) -> None:
    heavy = "路名,备注\n东湖路,".encode() + b"x" * (900 * 1024)
    for _ in range(2):
        handed_in(clerk, "a.csv", heavy)
    assert code_of(send(clerk, "a.csv", heavy)) == (413, "uploads.account-full")
    for _ in range(3):
        handed_in(clerk, "b.csv", names("东湖路"))
    assert code_of(send(clerk, "b.csv", names("东湖路"))) == (409, "jobs.too-many")
    work()
    for _ in range(3):
        for _ in range(5):
            handed_in(clerk, "b.csv", names("东湖路"))
        work()
    assert code_of(send(clerk, "b.csv", names("东湖路"))) == (409, "names.too-many-plans")
    with database.connect("owner") as connection:
        oldest = "(select id from name_plan order by id limit 10)"
        connection.execute(text(f"update name_plan set created_at = now() - interval '73 hours' where id in {oldest}"))
        connection.execute(text("update job set state = 'running' where id = (select min(job_id) from name_plan)"))
    with database.connect(actor=SYSTEM) as connection:
        assert clean(connection, home) == 9
    assert len(clerk.get(PLANS).json()["items"]) == 11


@pytest.mark.slow
def test_five_thousand_names_are_checked(clerk: TestClient, work: Callable[[], None]) -> None:
    signs = "东南西北中山水云天地春夏秋冬红黄蓝白青紫"
    all_ = [f"{a}{b}{c}路" for a in signs for b in signs for c in signs[:13]][:5000]
    plan = handed_in(clerk, "a.csv", names(*all_))
    work()
    told = clerk.get(f"{PLANS}/{plan}").json()
    assert sum(told["counts"].values()) == 5000
    assert told["job"]["done"] == told["job"]["total"]
    assert clerk.get(f"{PLANS}/{plan}/sheet").status_code == 200
