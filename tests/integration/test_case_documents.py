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
from geoservice.names.clashes.searching import codes_of
from geoservice.names.keeping import rekey
from geoservice.settings import Settings
from tests.builders_api import make_place
from tests.case_builders import AREA, IN_TOWN, Desk, hold_staff, make_county, open_desk, told

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


ALL = ("application", "examination", "consultation", "public_notice", "reply", "filing", "announcement")
NASTY = "<b>清泉</b>&\U000232d7路"


def of_kind(desk: Desk, kind: str) -> dict[str, Any]:
    """A case of a kind that is approved."""
    name: dict[str, Any] = {"name": "清泉路", "reading": "qīng quán lù", "geometry": IN_TOWN}
    if kind != "naming":
        name["place_id"] = desk.ids["road"]
    if kind in ("retirement", "extent"):
        name |= {"name": "陆羽大道", "reading": "lù yǔ dà dào"}
    if kind == "retirement":
        del name["geometry"]
    return desk.bring_to(desk.new(kind=kind, names=[name], applicant="东城镇人民政府"), "approved")


@pytest.mark.parametrize("kind", ["naming", "renaming", "retirement", "extent"])
def test_every_paper_of_every_kind(desk: Desk, kind: str) -> None:
    case = of_kind(desk, kind)
    lines = listed(desk, case)
    assert set(lines) == set(ALL)
    for one in ALL:
        assert lines[one]["open"], lines[one]
        answer = file_of(desk.as_("clerk"), case, one, "html")
        assert answer.status_code == 200, answer.text
        page = Page(answer.text)
        whole = "".join(text for tag, texts in page.said.items() if tag != "style" for text in texts)
        assert "{" not in whole
        assert "}" not in whole
        assert ("陆羽大道" if kind in ("retirement", "extent") else "清泉路") in whole
        word = word_of(desk, case, one)
        assert page.said["h1"][0] in [paragraph.text for paragraph in word.paragraphs]
        rows = [[cell.text for cell in row.cells] for table in word.tables for row in table.rows]
        assert len(rows) == len(page.rows)
        if kind == "renaming":
            assert "陆羽大道" in whole


CLASSES = {
    "village": ("清泉村", "qīng quán cūn", {"type": "Point", "coordinates": [113.5, 30.005]}),
    "estate": ("清泉花园", "qīng quán huā yuán", AREA),
    "water": ("清泉湖", "qīng quán hú", AREA),
}


@pytest.mark.slow
@pytest.mark.parametrize("name_kind", CLASSES)
def test_every_paper_of_every_class(desk: Desk, name_kind: str) -> None:
    title, reading, shape = CLASSES[name_kind]
    names = [{"name": title, "reading": reading, "geometry": shape}]
    case = desk.bring_to(desk.new(name_kind=name_kind, names=names, applicant="东城镇人民政府"), "approved")
    lines = listed(desk, case)
    assert set(lines) == set(ALL)
    for one in ALL:
        page = page_of(desk, case, one)
        whole = "".join(text for tag, texts in page.said.items() if tag != "style" for text in texts)
        assert "{" not in whole
        assert title in whole
        assert page.said["h1"][0] in [paragraph.text for paragraph in word_of(desk, case, one).paragraphs]
        if name_kind != "estate":
            # Who approves these is told by no text that is in hand: a blank, and no office of a street.
            assert "天门市人民政府" not in page.said["h1"][0]


STANDING = {
    "village": ("碧泉村", "bì quán cūn", {"type": "Point", "coordinates": [113.5, 30.005]}),
    "estate": ("碧泉花园", "bì quán huā yuán", AREA),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["renaming", "retirement", "extent"])
@pytest.mark.parametrize("name_kind", STANDING)
def test_every_paper_of_what_has_a_name(desk: Desk, catalog: Catalog, name_kind: str, kind: str) -> None:
    old, old_reading, shape = STANDING[name_kind]
    new, reading, _ = CLASSES[name_kind]
    with desk.database.connect("owner") as connection:
        code = codes_of(catalog, name_kind)[0]
        place = make_place(connection, old, 113.5, 30.005, class_code=code, unit_id=desk.ids["town"])
        rekey(connection, lambda _: None)
    name: dict[str, Any] = {"name": new, "reading": reading, "geometry": shape, "place_id": place}
    if kind != "renaming":
        name |= {"name": old, "reading": old_reading}
    if kind == "retirement":
        del name["geometry"]
    papers_of(desk, desk.new(kind=kind, name_kind=name_kind, names=[name], applicant="东城镇人民政府"), ALL, old)


@pytest.mark.parametrize(
    ("name_kind", "title", "reading", "shape", "papers"),
    [
        ("facility", "清泉站", "qīng quán zhàn", {"type": "Point", "coordinates": [113.5, 30.005]}, ALL),
        ("facility", "清泉大桥", "qīng quán dà qiáo", IN_TOWN, ALL),
        # Units are not filed: there is no form.
        ("township", "清泉镇", "qīng quán zhèn", AREA, tuple(one for one in ALL if one != "filing")),
    ],
)
def test_every_paper_of_facilities_and_townships(
    desk: Desk, name_kind: str, title: str, reading: str, shape: dict[str, Any], papers: tuple[str, ...]
) -> None:
    names = [{"name": title, "reading": reading, "geometry": shape}]
    found = papers_of(desk, desk.new(name_kind=name_kind, names=names, applicant="东城镇人民政府"), papers, title)
    # Who approves these is told by no text that is in hand for every case.
    assert "天门市" not in found["reply"].said["h1"][0]


def papers_of(desk: Desk, case: dict[str, Any], papers: tuple[str, ...], title: str) -> dict[str, Page]:
    """The papers of a case that is taken to its approval, each read as HTML and held against its DOCX."""
    case = desk.bring_to(case, "approved")
    lines = listed(desk, case)
    assert [one for one in lines if lines[one]["open"]] == [one for one in lines if one in papers], lines
    found = {}
    for one in papers:
        page, word = page_of(desk, case, one), word_of(desk, case, one)
        whole = "".join(text for tag, texts in page.said.items() if tag != "style" for text in texts)
        assert "{" not in whole
        assert "}" not in whole
        assert "None" not in whole
        assert title in whole, one
        assert page.said["h1"][0] in [paragraph.text for paragraph in word.paragraphs]
        assert sum(len(table.rows) for table in word.tables) == len(page.rows)
        found[one] = page
    return found


def test_who_speaks_in_which_paper(desk: Desk) -> None:
    case = of_kind(desk, "naming")
    reply, filing = page_of(desk, case, "reply"), page_of(desk, case, "filing")
    assert reply.said["h1"] == ["天门市人民政府关于清泉路命名的批复"]
    assert "供誊录，非正式表格" in filing.said["span"]
    assert "供誊录" in "".join(paragraph.text for paragraph in word_of(desk, case, "filing").paragraphs[:1])
    assert ["批准机关", "天门市人民政府"] in filing.rows


def test_the_examination_tells_what_a_rule_objects_to(desk: Desk) -> None:
    case = desk.new(names=[{"name": "陆羽大道", "reading": "lù yǔ dà dào", "geometry": IN_TOWN}])
    desk.bring_to(case, "checked")
    page = page_of(desk, case, "examination")
    heads = next(row for row in page.rows if row[0] == "规则")
    assert heads == ["规则", "结论", "依据", "理由", "例外", "人工认定"]
    objected = [row for row in page.rows if len(row) == len(heads) and row[1] == "违反"]
    assert objected
    assert any("第九条" in row[2] and "陆羽大道" in row[3] for row in objected), objected


def test_what_cannot_be_drawn_yet_says_why(desk: Desk) -> None:
    case = desk.new()
    lines = listed(desk, case)
    assert lines["application"]["open"]
    assert all("以后才能出" in lines[one]["hindrance"]["detail"] for one in ALL if one != "application")
    assert all(file_of(desk.as_("clerk"), case, one, "docx").status_code == 409 for one in ALL if one != "application")
    assert file_of(desk.as_("clerk"), case, "nothing", "docx").status_code == 404
    assert file_of(desk.as_("clerk"), case, "application", "pdf").status_code == 400


def test_no_paper_for_whoever_may_not_see_the_case(desk: Desk) -> None:
    case = desk.new()
    for one in ("viewer", "reviewer", "approver"):
        assert file_of(desk.as_(one), case, "application", "html").status_code == 200, one
    assert file_of(desk.as_("public"), case, "application", "html").status_code in (401, 403, 404)


def test_marks_of_html_and_rare_characters_stay_text(desk: Desk) -> None:
    case = desk.new(names=[{"name": "清泉路"}], applicant=NASTY, contact="{case_no}")
    page = page_of(desk, case, "application")
    assert any(NASTY in text for text in page.said["p"])
    assert "b" not in page.said
    assert any("{case_no}" in text for text in page.said["p"])
    assert any(NASTY in paragraph.text for paragraph in word_of(desk, case, "application").paragraphs)


@pytest.mark.slow
def test_five_hundred_names_with_marks_of_html_are_all_there(desk: Desk) -> None:
    case = desk.new(names=[{"name": f"泉{number}路", "location": f"{NASTY}{number}"} for number in range(500)])
    page = page_of(desk, case, "application")
    assert "b" not in page.said
    told_of = [row for row in page.rows if len(row) == 6 and row[3].startswith(NASTY)]
    assert [row[3] for row in told_of] == [f"{NASTY}{number}" for number in range(500)]
    word = word_of(desk, case, "application")
    assert max(len(table.rows) for table in word.tables) == 501
