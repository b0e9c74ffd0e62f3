"""Uploads over HTTP: sent, looked into, checked, loaded, undone; and everything that is refused on the way."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import rasterio
from fastapi import FastAPI
from rasterio.transform import Affine
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.accounts import actor_by_name
from geoservice.access.roles import Role
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM, Actor
from geoservice.database.engine import Database
from geoservice.ingest.uploads import background
from geoservice.ingest.uploads.store import clean
from geoservice.jobs.work import Workplace, perform
from geoservice.settings import Settings, UploadSettings
from tests.builders_api import a_county, make_facility
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
HEADS = ["设施编号", "设施名称", "设施类型", "床位数", "经度", "纬度"]
GOOD = [["f1", "岳口福利院", "养老机构", 50, 113.01, 30.6], ["f2", "干驿公墓", "公墓", None, 113.15, 30.61]]
BAD = [
    ["f3", None, "养老机构", 5, 113.0, 30.6],
    ["f4", "<script>alert(1)</script>", "没有这种", 5, 113.0, 30.6],
    ["f5", "远院", "养老机构", "很多", 113.0, 30.6],
]


def sheet(rows: list[list[Any]], heads: list[str] = HEADS) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "名录"
    book.active.append(heads)
    for row in rows:
        book.active.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.fixture
def county(database: Database) -> dict[str, int]:
    with database.connect("owner") as connection:
        return a_county(connection)


@pytest.fixture
def home(settings: Settings, tmp_path: Path) -> Settings:
    """The settings of the session with files of their own."""
    own = Settings(
        state=settings.state.model_copy(update={"home": tmp_path}),
        server=settings.server,
        uploads=UploadSettings(upload_max_mb=2, upload_account_mb=3),
    )
    own.audit = settings.audit
    return own


@pytest.fixture
def app(database: Database, county: dict[str, int], home: Settings, catalog: Catalog) -> FastAPI:
    return create_app(home, catalog=catalog, database=database)


@pytest.fixture
def office(app: FastAPI, database: Database) -> Callable[..., TestClient]:
    def make(*roles: str, name: str = "li", units: tuple[int, ...] = ()) -> TestClient:
        web = TestClient(app, base_url=BASE, raise_server_exceptions=False)
        return signed_in(web, database, *roles, name=name, units=units)

    return make


@pytest.fixture
def clerk(office: Callable[..., TestClient]) -> TestClient:
    return office("clerk")


@pytest.fixture
def work(database: Database, home: Settings, catalog: Catalog) -> Callable[[], None]:
    """Does the jobs that wait, as the worker does."""

    def submitter(name: str) -> Actor:
        with database.connect(actor=SYSTEM) as connection:
            found = actor_by_name(connection, name)
        assert found is not None
        return found

    place = Workplace(home, catalog, database, submitter)

    def do() -> None:
        with database.connect(actor=SYSTEM) as connection:
            jobs = connection.execute(text("select id, kind from job where state = 'queued' order by id")).all()
        for job, kind in jobs:
            action = kind.rpartition(":")[2]
            perform(
                place, job, lambda told, step, _, job=job, action=action: background.run(place, job, action, told, step)
            )

    return do


def put(web: TestClient, upload: int, name: str, content: bytes, **headers: str) -> Any:
    return web.put(
        f"/api/uploads/{upload}/files/{name}",
        content=content,
        headers={"Content-Type": "application/octet-stream", **headers},
    )


def send(web: TestClient, **files: bytes) -> int:
    """Announces and sends; names carry their point as two underscores."""
    named = {name.replace("__", "."): content for name, content in files.items()}
    begun = web.post("/api/uploads", json={"files": [{"name": n, "size": len(c)} for n, c in named.items()]})
    assert begun.status_code == 201, begun.text
    upload: int = begun.json()["id"]
    for name, content in named.items():
        assert put(web, upload, name, content).status_code == 200
    return upload


def post(web: TestClient, path: str, body: Any = None) -> Any:
    answer = web.post(path, json=body or {})
    assert answer.status_code < 300, answer.text
    return answer.json()


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def count(database: Database, statement: str) -> int:
    with database.connect("owner") as connection:
        found: int = connection.execute(text(statement)).scalar_one()
        return found


def test_a_sheet_is_sent_looked_into_checked_refused_mended_loaded_and_undone(
    database: Database, office: Callable[..., TestClient], work: Callable[[], None]
) -> None:
    web = office("clerk", "approver")
    before = count(database, "select count(*) from facility")
    upload = send(web, 设施__xlsx=sheet(GOOD + BAD))
    told = post(web, f"/api/uploads/{upload}/inspection")["inspection"]
    assert (told["layer"], told["part"], told["rows"]["total"], told["rows"]["refused"]) == ("facilities", "名录", 5, 3)
    assert {one["header"]: one["field"] for one in told["columns"]}["设施名称"] == "name"
    assert told["rows"]["first"][0][:3] == ["f1", "岳口福利院", "养老机构"]
    assert [one["properties"]["row"] for one in told["features"]["features"]] == [2, 3]
    assert told["undo"]

    post(web, f"/api/uploads/{upload}/check")
    assert code_of(web.post(f"/api/uploads/{upload}/load", json={})) == (409, "uploads.busy")
    assert code_of(web.delete(f"/api/uploads/{upload}", headers={"Content-Type": "application/json"})) == (
        409,
        "uploads.busy",
    )
    work()
    told = web.get(f"/api/uploads/{upload}").json()
    assert (told["job"]["state"], told["outcome"]["state"], told["outcome"]["refused"]) == ("succeeded", "refused", 3)
    reasons = {one["row"]: one for one in told["outcome"]["layers"][0]["refusals"]}
    assert set(reasons) == {4, 5, 6}
    assert (reasons[6]["field"], reasons[6]["value"]) == ("床位数", "很多")
    assert all(one["message"] for one in reasons.values())
    assert count(database, "select count(*) from facility") == before

    csv = web.get(f"/api/uploads/{upload}/refused.csv")
    assert csv.status_code == 200
    lines = csv.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    mended = "\n".join(lines).replace("f3,,", "f3,新院,").replace("没有这种", "养老机构").replace("很多", "7")
    post(web, f"/api/uploads/{upload}/inspection", {"skip_bad": True})
    post(web, f"/api/uploads/{upload}/load")
    work()
    told = web.get(f"/api/uploads/{upload}").json()["outcome"]
    assert (told["state"], told["loaded"], told["refused"]) == ("loaded", 2, 3)
    second = send(web, 设施__refused__csv=mended.encode("utf-8-sig"))
    post(web, f"/api/uploads/{second}/inspection")
    post(web, f"/api/uploads/{second}/load")
    work()
    told = web.get(f"/api/uploads/{second}").json()["outcome"]
    assert (told["state"], told["loaded"], told["refused"]) == ("loaded", 3, 0)
    assert count(database, "select count(*) from facility where published") >= before + 4

    batches = web.get("/api/batches").json()["items"]
    assert [(one["source"], one["loaded"], one["mine"], one["hindrance"]) for one in batches] == [
        ("设施.refused.csv", 3, True, None),
        ("设施.xlsx", 2, True, None),
    ]
    assert batches[0]["actor"] == "li"
    with database.connect("owner") as connection:
        entries = (
            connection.execute(text("select actor from audit_entry where action = 'import' order by id"))
            .scalars()
            .all()
        )
    assert list(entries) == ["li", "li"]
    for one in batches:
        post(web, f"/api/batches/{one['id']}/undo")
    assert count(database, "select count(*) from facility") == before
    assert code_of(web.post(f"/api/batches/{batches[0]['id']}/undo", json={})) == (409, "undo.done")
    assert web.get("/api/batches").json()["items"][0]["undone_by"] == "li"


def test_an_extract_of_openstreetmap_is_uploaded(
    office: Callable[..., TestClient], database: Database, work: Callable[[], None], shared_data: Path
) -> None:
    web = office("clerk", "approver")
    before = count(database, "select count(*) from road")
    upload = send(web, guixi__osm=(shared_data / "osm" / "guixi.osm").read_bytes())
    told = post(web, f"/api/uploads/{upload}/inspection")["inspection"]
    assert (told["layer"], told["problem"]) == ("osm", None)
    post(web, f"/api/uploads/{upload}/check")
    work()
    told = web.get(f"/api/uploads/{upload}").json()
    assert (told["job"]["state"], told["outcome"]["state"]) == ("succeeded", "checked"), told
    assert count(database, "select count(*) from road") == before
    post(web, f"/api/uploads/{upload}/load")
    work()
    outcome = web.get(f"/api/uploads/{upload}").json()["outcome"]
    assert outcome["state"] == "loaded"
    loaded = {one["layer"]: one["loaded"] for one in outcome["layers"]}
    assert loaded["roads"] == count(database, "select count(*) from road") - before > 100
    batches = {one["layer"]: one["id"] for one in web.get("/api/batches").json()["items"]}
    for layer in ("places", "roads"):
        assert web.post(f"/api/batches/{batches[layer]}/undo", json={}).status_code == 200
    assert count(database, "select count(*) from road") == before


def test_a_raster_of_people_is_uploaded(
    office: Callable[..., TestClient], database: Database, work: Callable[[], None], tmp_path: Path
) -> None:
    west, north = 112.9, 30.8
    people = np.full((40, 50), 3.0, dtype=np.float32)
    path = tmp_path / "people.tif"
    given = {"driver": "GTiff", "height": 40, "width": 50, "count": 1, "crs": "EPSG:4490", "dtype": "float32"}
    with rasterio.open(path, "w", **given, transform=Affine(0.01, 0, west, 0, -0.01, north)) as file:
        file.write(people, 1)
    web = office("clerk", "approver")
    upload = send(web, people__tif=path.read_bytes())
    told = post(web, f"/api/uploads/{upload}/inspection", {"layer": "population"})
    assert told["inspection"]["problem"] is None, told
    post(web, f"/api/uploads/{upload}/load")
    work()
    told = web.get(f"/api/uploads/{upload}").json()
    assert (told["job"]["state"], told["outcome"]["state"]) == ("succeeded", "loaded"), told
    assert count(database, "select count(*) from population_source") == 1
    (batch,) = web.get("/api/batches").json()["items"]
    assert batch["hindrance"] is None
    post(web, f"/api/batches/{batch['id']}/undo")
    assert count(database, "select count(*) from population_source") == 0


def test_what_is_chosen_counts(clerk: TestClient, database: Database, work: Callable[[], None]) -> None:
    csv = "名字,哪一类,X,Y\n新村福利院,养老机构,3388000,38500000\n".encode("gbk")
    upload = send(clerk, 表__csv=csv)
    first = post(clerk, f"/api/uploads/{upload}/inspection", {"layer": "facilities"})["inspection"]
    assert first["problem"] is not None or first["rows"]["refused"] == 1
    wishes = {
        "layer": "facilities",
        "mapping": {"name": "名字", "type": "哪一类"},
        "constants": {"beds": "9"},
        "crs": "EPSG:4526",
        "encoding": "gbk",
    }
    told = post(clerk, f"/api/uploads/{upload}/inspection", wishes)
    assert told["inspection"]["problem"] is None, told
    assert (told["inspection"]["crs"], told["inspection"]["crs_reason"]) == ("EPSG:4526", "given")
    assert told["wishes"]["constants"] == {"beds": "9"}
    post(clerk, f"/api/uploads/{upload}/load")
    work()
    with database.connect("owner") as connection:
        row = connection.execute(text("select beds, published from facility where name = '新村福利院'")).one()
    # A clerk does not decide what is published.
    assert tuple(row) == (9, False)
    assert code_of(clerk.post(f"/api/uploads/{upload}/inspection", json={"layer": "nonsense"})) == (
        400,
        "import.unknown-layer",
    )
    post(clerk, f"/api/uploads/{upload}/inspection", {**wishes, "publish": True})
    assert code_of(clerk.post(f"/api/uploads/{upload}/load", json={})) == (403, "uploads.may-not-publish")


def test_a_clerk_of_a_township_stays_in_it(
    office: Callable[..., TestClient], county: dict[str, int], database: Database, work: Callable[[], None]
) -> None:
    web = office("clerk", name="town", units=(county["town"],))
    heads = [*HEADS, "所属乡镇"]
    inside = ["f1", "岳口福利院", "养老机构", 50, 113.01, 30.6, "竟陵街道"]
    other = ["f2", "干驿福利院", "养老机构", 50, 113.15, 30.6, "干驿镇"]
    with database.connect("owner") as connection:
        make_facility(connection, "moved", 113.15, 30.6, unit_id=county["east"])
    moved = ["moved", "搬来的院", "养老机构", 50, 113.01, 30.6, "竟陵街道"]
    upload = send(web, 设施__xlsx=sheet([inside, other, moved], heads))
    post(web, f"/api/uploads/{upload}/inspection")
    post(web, f"/api/uploads/{upload}/load")
    work()
    told = web.get(f"/api/uploads/{upload}").json()["outcome"]
    refusals = told["layers"][0]["refusals"]
    assert (told["state"], told["loaded"]) == ("refused", 0)
    assert [(one["row"], one["code"]) for one in refusals] == [
        (3, "import.outside-own-units"),
        (4, "import.outside-own-units"),
    ]
    assert count(database, "select count(*) from facility where key in ('f1', 'f2') or name = '搬来的院'") == 0
    upload = send(web, 设施__xlsx=sheet([inside], heads))
    post(web, f"/api/uploads/{upload}/inspection")
    post(web, f"/api/uploads/{upload}/load")
    work()
    assert web.get(f"/api/uploads/{upload}").json()["outcome"]["loaded"] == 1
    (batch,) = web.get("/api/batches").json()["items"]
    colleague = office("clerk", name="colleague")
    assert code_of(colleague.post(f"/api/batches/{batch['id']}/undo", json={})) == (403, "undo.not-yours")
    assert post(web, f"/api/batches/{batch['id']}/undo")["removed"] == 1
    line = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"class":"river"},"geometry":{"type":"LineString","coordinates":[[113,30.6],[113.01,30.6]]}}]}'
    upload = send(web, 水系__geojson=line)
    post(web, f"/api/uploads/{upload}/inspection", {"layer": "water"})
    assert code_of(web.post(f"/api/uploads/{upload}/load", json={})) == (403, "uploads.not-in-townships")


ORDERS = {
    "nothing": ([], 400, "uploads.no-files"),
    "another kind": ([("报告.docx", 9)], 422, "uploads.wrong-type"),
    "too large": ([("a.csv", 3 * 2**20)], 413, "uploads.too-large"),
    "empty": ([("a.csv", 0)], 422, "uploads.empty"),
    "a path": ([("../a.csv", 9)], 400, "uploads.bad-name"),
    "a path of windows": ([("..\\a.csv", 9)], 400, "uploads.bad-name"),
    "an absolute path": ([("/etc/passwd.csv", 9)], 400, "uploads.bad-name"),
    "a hidden file": ([(".a.csv", 9)], 400, "uploads.bad-name"),
    "a NUL": ([("a\x00.csv", 9)], 400, "uploads.bad-name"),
    "two sources": ([("a.csv", 9), ("b.csv", 9)], 422, "uploads.one-source"),
    "twice": ([("a.csv", 9), ("A.csv", 9)], 400, "uploads.twice"),
    "a shapefile alone": ([("a.shp", 9), ("a.prj", 9)], 422, "uploads.shapefile-part"),
    "too many": ([(f"{n}.csv", 9) for n in range(13)], 400, "uploads.too-many-files"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_files_are_refused_before_they_are_sent(clerk: TestClient, name: str) -> None:
    files, status, code = ORDERS[name]
    answer = clerk.post("/api/uploads", json={"files": [{"name": n, "size": s} for n, s in files]})
    assert code_of(answer) == (status, code)
    assert answer.json()["detail"]
    assert clerk.get("/api/uploads").json()["items"] == []


def test_bytes_are_refused_that_were_not_announced(
    clerk: TestClient, office: Callable[..., TestClient], home: Settings
) -> None:
    upload = clerk.post("/api/uploads", json={"files": [{"name": "a.csv", "size": 10}]}).json()["id"]
    folder = home.home / "uploads" / str(upload)
    assert code_of(put(clerk, upload, "b.csv", b"x" * 10)) == (404, "uploads.no-file")
    assert put(clerk, upload, "..%2F..%2Fa.csv", b"x" * 10).status_code == 404
    assert code_of(put(clerk, upload, "a.csv", b"x" * 9)) == (400, "uploads.other-size")
    assert code_of(put(clerk, upload, "a.csv", b"x" * 11)) == (400, "uploads.other-size")
    assert code_of(
        clerk.put(
            f"/api/uploads/{upload}/files/a.csv",
            content=iter([b"x" * 10]),
            headers={"Content-Type": "application/octet-stream"},
        )
    ) == (400, "uploads.no-length")
    assert code_of(clerk.put(f"/api/uploads/{upload}/files/a.csv", json={})) == (400, "access.not-bytes")
    assert code_of(put(clerk, upload, "a.csv", b"x" * 10, Origin="http://evil.example")) == (403, "access.other-site")
    assert code_of(put(clerk, upload, "a.csv", b"x" * 10, **{"X-Form-Key": "wrong"})) == (403, "access.form-key")
    assert code_of(put(clerk, 999, "a.csv", b"x" * 10)) == (404, "uploads.no-upload")
    assert code_of(put(office("clerk", name="wang"), upload, "a.csv", b"x" * 10)) == (404, "uploads.no-upload")
    assert code_of(clerk.post(f"/api/uploads/{upload}/inspection", json={})) == (400, "uploads.not-whole")
    assert not list(folder.rglob("*.*"))
    assert put(clerk, upload, "a.csv", b"x" * 10).status_code == 200
    assert code_of(put(clerk, upload, "a.csv", b"x" * 10)) == (409, "uploads.there-already")
    assert [one.name for one in folder.rglob("*") if one.is_file()] == ["a.csv"]


def test_a_lost_connection_leaves_nothing(clerk: TestClient, home: Settings, app: FastAPI) -> None:
    upload = clerk.post("/api/uploads", json={"files": [{"name": "a.csv", "size": 10}]}).json()["id"]

    def lost() -> Iterator[bytes]:
        yield b"x" * 5

    answer = clerk.put(
        f"/api/uploads/{upload}/files/a.csv",
        content=lost(),
        headers={"Content-Type": "application/octet-stream", "Content-Length": "10"},
    )
    assert answer.status_code == 400
    assert not [one for one in (home.home / "uploads").rglob("*") if one.is_file()]
    assert clerk.get(f"/api/uploads/{upload}").json()["files"][0]["whole"] is False


def zipped(*members: tuple[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped(("../../a.csv", b"x")), "import.zip-path"),
        (zipped(("a.csv", b"0" * (300 * 2**20))), "import.zip-bomb"),
        (b"PK\x03\x04 nonsense", "import.zip-broken"),
        (zipped(("a.txt.exe", b"x")), "import.zip-nothing"),
    ],
    ids=["path", "bomb", "broken", "nothing"],
)
def test_archives_that_do_harm_are_told(
    clerk: TestClient, home: Settings, content: bytes, code: str, work: Callable[[], None]
) -> None:
    upload = send(clerk, a__zip=content)
    told = post(clerk, f"/api/uploads/{upload}/inspection", {"layer": "facilities"})
    assert told["inspection"]["problem"]["code"] == code
    post(clerk, f"/api/uploads/{upload}/check")
    work()
    told = clerk.get(f"/api/uploads/{upload}").json()
    assert (told["job"]["state"], told["job"]["error"]["code"]) == ("failed", code)
    assert [one.name for one in (home.home / "uploads").rglob("*") if one.is_file()] == ["a.zip"]


def test_a_long_table_is_looked_into_by_its_first_rows(clerk: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoservice.ingest.uploads.inspection.MOST_READ", 2)
    upload = send(clerk, 设施__xlsx=sheet(GOOD + BAD))
    told = post(clerk, f"/api/uploads/{upload}/inspection")["inspection"]
    assert (told["rows"]["total"], told["rows"]["refused"], len(told["rows"]["first"])) == (5, None, 5)
    upload = send(clerk, 设施__xlsx=sheet([*[[*one, ""] for one in GOOD], [*GOOD[0], "秘密"]], [*HEADS, "密级"]))
    assert code_of(clerk.post(f"/api/uploads/{upload}/inspection", json={})) == (422, "import.secret")


def test_parts_of_an_archive_are_chosen(clerk: TestClient) -> None:
    members = [
        ("一.csv", "设施名称,设施类型,经度,纬度\n甲,公墓,113,30.6\n".encode()),
        ("二.csv", "设施名称,设施类型,经度,纬度\n乙,公墓,113,30.6\n".encode()),
    ]
    upload = send(clerk, a__zip=zipped(*members))
    told = post(clerk, f"/api/uploads/{upload}/inspection")["inspection"]
    assert (told["parts"], told["rows"]["first"][0][0]) == (["一.csv", "二.csv"], "甲")
    told = post(clerk, f"/api/uploads/{upload}/inspection", {"part": "二.csv"})["inspection"]
    assert told["rows"]["first"][0][0] == "乙"


@pytest.mark.parametrize("heads", [[*HEADS, "密级"], ["设施名称", *HEADS[1:], "密级"]], ids=["plain", "not understood"])
def test_what_is_secret_is_thrown_away(clerk: TestClient, home: Settings, heads: list[str]) -> None:
    upload = send(clerk, 设施__xlsx=sheet([[*GOOD[0], "机密"]], heads))
    answer = clerk.post(f"/api/uploads/{upload}/inspection", json={})
    assert code_of(answer) == (422, "import.secret")
    assert "岳口" not in answer.text
    assert clerk.get(f"/api/uploads/{upload}").status_code == 404
    assert not [one for one in (home.home / "uploads").rglob("*") if one.is_file()]


def test_one_sees_ones_own_uploads_and_an_administrator_all(
    office: Callable[..., TestClient], clerk: TestClient
) -> None:
    upload = send(clerk, a__csv=b"x,y\n1,2\n")
    other, manager = office("clerk", name="wang"), office("administrator", name="manager")
    for path in ("", "/refused.csv"):
        assert other.get(f"/api/uploads/{upload}{path}").status_code == 404
    for action in ("inspection", "check", "load", "cancel"):
        assert other.post(f"/api/uploads/{upload}/{action}", json={}).status_code == 404
    assert manager.get(f"/api/uploads/{upload}").json()["owner"] == "li"
    assert code_of(manager.post(f"/api/uploads/{upload}/load", json={})) == (409, "uploads.of-another")
    assert other.get("/api/uploads").json()["items"] == []
    assert manager.request("DELETE", f"/api/uploads/{upload}", json={}).status_code == 200


ROUTES = [
    ("GET", "/api/uploads", None),
    ("POST", "/api/uploads", {"files": []}),
    ("PUT", "/api/uploads/1/files/a.csv", None),
    ("GET", "/api/uploads/1", None),
    ("POST", "/api/uploads/1/inspection", {}),
    ("POST", "/api/uploads/1/check", {}),
    ("POST", "/api/uploads/1/load", {}),
    ("POST", "/api/uploads/1/cancel", {}),
    ("GET", "/api/uploads/1/refused.csv", None),
    ("DELETE", "/api/uploads/1", {}),
    ("GET", "/api/batches", None),
    ("POST", "/api/batches/1/undo", {}),
]


@pytest.mark.parametrize("role", ["public", *Role])
def test_only_those_who_edit_pass(app: FastAPI, office: Callable[..., TestClient], role: str) -> None:
    web = (
        TestClient(app, base_url=BASE, raise_server_exceptions=False) if role == "public" else office(role, name="one")
    )
    for method, path, body in ROUTES:
        status = web.request(method, path, json=body).status_code
        if role in (Role.CLERK, Role.ADMINISTRATOR):
            assert status not in (401, 403, 500), (method, path)
        else:
            assert status == (401 if role == "public" else 403), (method, path)


def test_a_job_is_cancelled_before_it_begins_and_between_its_steps(
    clerk: TestClient, database: Database, home: Settings, catalog: Catalog, work: Callable[[], None]
) -> None:
    upload = send(clerk, 设施__xlsx=sheet(GOOD))
    post(clerk, f"/api/uploads/{upload}/inspection")
    assert code_of(clerk.post(f"/api/uploads/{upload}/cancel", json={})) == (409, "uploads.no-job")
    post(clerk, f"/api/uploads/{upload}/load")
    assert post(clerk, f"/api/uploads/{upload}/cancel")["job"]["state"] == "cancelled"
    before = count(database, "select count(*) from facility")
    job = post(clerk, f"/api/uploads/{upload}/load")["job"]["id"]
    with database.connect(actor=SYSTEM) as connection:
        actor = actor_by_name(connection, "li")
    assert actor is not None
    place = Workplace(home, catalog, database, lambda _: actor)

    def do(told: Any, step: Any, _: Database) -> None:
        post(clerk, f"/api/uploads/{upload}/cancel")
        background.run(place, job, "load", told, step)

    perform(place, job, do)
    assert clerk.get(f"/api/uploads/{upload}").json()["job"]["state"] == "cancelled"
    assert count(database, "select count(*) from facility") == before
    # It can be tried again; runs of coverage are no business of a clerk.
    post(clerk, f"/api/uploads/{upload}/load")
    work()
    assert count(database, "select count(*) from facility") == before + 2
    assert clerk.post("/api/jobs/coverage-run", json={}).status_code == 403


def test_old_uploads_are_thrown_away(clerk: TestClient, database: Database, home: Settings) -> None:
    old, young = send(clerk, a__csv=b"x,y\n1,2\n"), send(clerk, a__csv=b"x,y\n1,2\n")
    with database.connect("owner") as connection:
        connection.execute(text("update upload set created_at = now() - interval '4 days' where id = :id"), {"id": old})
    (home.home / "uploads" / "1000000").mkdir()
    with database.connect(actor=SYSTEM) as connection:
        assert clean(connection, home) == 1
    assert [one["id"] for one in clerk.get("/api/uploads").json()["items"]] == [young]
    assert not (home.home / "uploads" / str(old)).exists()


def test_an_account_has_so_much_room(clerk: TestClient) -> None:
    send(clerk, a__csv=b"x" * (2 * 2**20))
    order = {"files": [{"name": "b.csv", "size": 2 * 2**20}]}
    assert code_of(clerk.post("/api/uploads", json=order)) == (413, "uploads.account-full")


def test_a_shapefile_comes_in_several_files(
    clerk: TestClient, tmp_path: Path, database: Database, work: Callable[[], None]
) -> None:
    import geopandas as gpd
    from shapely.geometry import LineString

    frame = gpd.GeoDataFrame(
        {"name": ["沉湖"], "class": ["river"]}, geometry=[LineString([(113, 30.6), (113.1, 30.6)])], crs=4490
    )
    frame.to_file(tmp_path / "w.shp", encoding="utf-8")
    files = {f"水系__{one.suffix[1:]}": one.read_bytes() for one in tmp_path.glob("w.*")}
    upload = send(clerk, **files)
    told = post(clerk, f"/api/uploads/{upload}/inspection", {"layer": "water"})["inspection"]
    assert told["problem"] is None, told
    assert (told["format"], told["crs_reason"]) == ("Shapefile", "stated")
    assert told["features"]["features"][0]["geometry"]["type"] in ("LineString", "MultiLineString")
    post(clerk, f"/api/uploads/{upload}/load")
    work()
    assert clerk.get(f"/api/uploads/{upload}").json()["outcome"]["loaded"] == 1
    assert count(database, "select count(*) from water where not published") == 1


NONSENSE: list[Any] = [
    {"crs": "x"}, {"crs": "EPSG:99999999"}, {"encoding": "x"}, {"mapping": {"name": "\x00"}}, {"part": "\ud800"},
    {"constants": {"name": "\x00"}}, {"population": {"band": 3}}, {"layer": "population"}, {"layer": "osm"},
    {"layer": "dem"}, {"mapping": {"x" * 200: "y"}}, {"publish": False}, {"unknown": 1}, {"crs": "\x00"},
]  # fmt: skip


@pytest.mark.parametrize("wishes", NONSENSE, ids=ascii)
def test_no_wish_fails(clerk: TestClient, wishes: Any, work: Callable[[], None]) -> None:
    upload = send(clerk, 设施__xlsx=sheet(GOOD))
    body = json.dumps(wishes).encode()
    headers = {"Content-Type": "application/json"}
    answer = clerk.post(f"/api/uploads/{upload}/inspection", content=body, headers=headers)
    assert answer.status_code < 500, answer.text
    if answer.status_code == 200:
        for action in ("check", "load"):
            asked = clerk.post(f"/api/uploads/{upload}/{action}", json={})
            assert asked.status_code < 500, asked.text
            work()
        job = clerk.get(f"/api/uploads/{upload}").json()["job"]
        assert job is None or job["error"] is None or job["error"]["code"] != "jobs.internal"
