"""Papers of a case over HTTP: who may have them, when, what stands in them, as HTML and as DOCX."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import pytest
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.case_builders import IN_TOWN, Desk, hold_staff, make_county, open_desk, told

SIX = ["标准名称", "罗马字母拼写", "所属政区", "位置描述", "批准机关", "批准时间"]
FORMS = ("html", "docx")


class Page(HTMLParser):
    """What a page says: its text by element, its rows, and whatever it would fetch or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.said: dict[str, list[str]] = {}
        self.outside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "iframe", "object", "img"):
            self.outside.append(tag)
        self.outside += [
            str(value) for name, value in attrs if name in ("src", "href") and not str(value).startswith("#")
        ]
        self.outside += [name for name in given if name.startswith("on")]
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        tag = self.open[-1] if self.open else ""
        self.said.setdefault(tag, []).append(data)
        if tag in ("td", "th"):
            self.rows[-1][-1] += data


@pytest.fixture(scope="module")
def county(new_database: Callable[..., Database]) -> tuple[Database, dict[str, int], dict[str, dict[str, str]]]:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make_county(connection)
    return database, ids, hold_staff(database, ids)


@pytest.fixture
def desk(county: Any, new_database: Callable[..., Database], settings: Settings, catalog: Catalog) -> Iterator[Desk]:
    source, ids, held = county
    database = new_database(source)
    yield open_desk(create_app(settings, catalog=catalog, database=database), database, ids, held)
    database.dispose()


def listed(desk: Desk, case: dict[str, Any], who: str = "clerk", lang: str = "zh") -> dict[str, dict[str, Any]]:
    items = told(
        desk.as_(who).get(f"/api/cases/{case['id']}/documents", params={"lang": lang} if lang != "zh" else None)
    )["items"]
    return {one["id"]: one for one in items}


def file_of(client: TestClient, case: dict[str, Any], document: str, form: str) -> Any:
    return client.get(f"/api/cases/{case['id']}/documents/{document}", params={"format": form})


def page_of(desk: Desk, case: dict[str, Any], document: str, who: str = "clerk") -> Page:
    answer = file_of(desk.as_(who), case, document, "html")
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def word_of(desk: Desk, case: dict[str, Any], document: str, who: str = "clerk") -> Any:
    answer = file_of(desk.as_(who), case, document, "docx")
    assert answer.status_code == 200, answer.text
    return docx.Document(io.BytesIO(answer.content))


def test_the_announcement_tells_its_six_fields(desk: Desk, artefacts: Path) -> None:
    name = {"name": "清泉路", "reading": "qīng quán lù", "location": "东起陆羽大道，西至红山路", "geometry": IN_TOWN}
    case = desk.new(names=[name])
    desk.bring_to(case, "checked")
    assert file_of(desk.as_("clerk"), case, "announcement", "html").status_code == 409
    found = desk.move(
        case,
        "approved",
        who="approver",
        document="天政函〔2026〕18号",
        passed_over={"visited": "图上已定", "reviewed": "无争议", "consulted": "规划已公示"},
    )
    day = found["steps"][5]["on"]
    year, month, date = (int(part) for part in day.split("-"))
    expected = [
        "清泉路",
        "Qīngquán Lù",
        "东县东城镇",
        "东起陆羽大道，西至红山路",
        "天门市人民政府",
        f"{year}年{month}月{date}日",
    ]

    page = page_of(desk, case, "announcement")
    assert page.rows[0][1:] == SIX
    assert page.rows[1][1:] == expected
    assert page.outside == []
    assert page.said["h1"] == ["天门市民政局关于清泉路命名的公告"]
    assert "密级：内部，不得对外提供" in page.said["span"]
    assert "代拟稿" in page.said["span"]

    word = word_of(desk, case, "announcement")
    (table,) = word.tables
    assert [cell.text for cell in table.rows[0].cells][1:] == SIX
    assert [cell.text for cell in table.rows[1].cells][1:] == expected
    assert len(word.inline_shapes) == 1
    answer = file_of(desk.as_("clerk"), case, "announcement", "html")
    (artefacts / "announcement.html").write_text(answer.text, "utf-8")
    (artefacts / "announcement.docx").write_bytes(file_of(desk.as_("clerk"), case, "announcement", "docx").content)
