"""Search for place names: what is found, in which order, and by which index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Subquery, Text, and_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR

from geoservice.database.engine import Database, Role
from geoservice.database.filters import BBox
from geoservice.database.models.places import BEGINNING
from geoservice.database.paging import Page
from geoservice.ingest.name_keys import SEPARATORS, SearchKeys, folded, search_keys
from geoservice.names import ranking
from geoservice.names.matching import answering
from geoservice.names.query import NameQuery
from geoservice.names.ranking import Asked, by_index
from geoservice.names.search import search_places
from geoservice.names.within import Area
from tests import builders_api as make

DAY = date(2026, 7, 1)


def find(connection: Connection, typed: str, **options: Any) -> Page:
    return search_places(connection, NameQuery.parse(typed), today=DAY, **{"limit": 20, **options})


def names(connection: Connection, typed: str, **options: Any) -> list[str]:
    return [item["name"] for item in find(connection, typed, **options).items]


@contextmanager
def rolled_back(database: Database, role: Role = "owner") -> Iterator[Connection]:
    with database.engine(role).connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture(scope="module")
def places(new_database: Callable[[], Database]) -> Database:
    database = new_database()
    with database.connect("owner") as connection:
        for name, rank in (
            ("天门市", 1),
            ("干驿镇", 3),
            ("佛子山镇", 3),
            ("天门河", 4),
            ("北天门村", 5),
            ("曾家台", 6),
            ("吕家湾", 6),
            ("𣲗源口", 6),
            ("长港", 6),
            ("Sant Julià de Lòria", 3),
            ("Bjørnøya", 6),
            ("100%_村", 6),
        ):
            make.make_place(connection, name, rank=rank)
        renamed = make.make_place(connection, "竟陵街道", 113.1, 30.65)
        make.make_name(connection, renamed, "城关镇", kind="former", valid_to=date(1987, 1, 1))
        make.make_name(connection, renamed, "竟陵", kind="abbreviation")
        hidden = make.make_place(connection, "内部村", published=False)
        make.make_name(connection, hidden, "秘密村")
    return database


@pytest.fixture(params=["sorted", "walked", "walked in vain", "by groups"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However a search is answered, the answer is the same."""
    if request.param != "sorted":
        for limit in ("FEW", "FEW_WITHIN"):
            monkeypatch.setattr(ranking, limit, -1)
    if request.param == "walked":
        monkeypatch.setattr(ranking, "SPARE", 0)
    if request.param == "by groups":
        monkeypatch.setattr(ranking, "SPARE", 10**9)
    if request.param == "walked in vain":
        monkeypatch.setattr(ranking, "WALK", 2)
        monkeypatch.setattr(ranking, "SPARE", 0)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("天门", ["天门市", "天门河", "北天门村"]),
        ("天门市", ["天门市"]),
        ("门", ["天门市", "天门河", "北天门村"]),
        ("干", ["干驿镇"]),
        ("干 驿", ["干驿镇"]),
        ("tianmen", ["天门市", "天门河", "北天门村"]),
        ("TianMen Shi", ["天门市"]),
        ("tiān mén", ["天门市", "天门河", "北天门村"]),
        ("tian1men2he2", ["天门河"]),
        ("tiān mèn", []),
        ("tian1 menhe", ["天门河"]),
        ("tms", ["天门市"]),
        ("TM", ["天门市", "天门河"]),
        ("ganyi", ["干驿镇"]),
        ("fózǐ", ["佛子山镇"]),
        ("fuzishan", ["佛子山镇"]),
        ("zengjiatai", ["曾家台"]),
        ("cengjia", ["曾家台"]),
        ("cjt", ["曾家台"]),
        ("lvjia", ["吕家湾"]),
        ("lu jia wan", ["吕家湾"]),
        ("lǚjiāwān", ["吕家湾"]),
        ("吕家塆", ["吕家湾"]),
        ("zg", ["长港"]),
        ("𣲗", ["𣲗源口"]),
        ("julia", ["Sant Julià de Lòria"]),
        ("Julià", ["Sant Julià de Lòria"]),
        ("ørn", ["Bjørnøya"]),
        ("100%_", ["100%_村"]),
        ("%", []),
        ("_", []),
        ("'; drop table place; --", []),
        ("内部", []),
        ("秘密村", []),
        ("ianmen", []),
        ("天men", ["天门市", "天门河", "北天门村"]),
        ("t门", ["天门市", "天门河", "北天门村"]),
        ("天mén市", ["天门市"]),
        ("天ms", ["天门市"]),
        ("天me", ["天门市", "天门河", "北天门村"]),
        ("gan驿", ["干驿镇"]),
        ("k门", []),
        ("门t", []),
    ],
)
def test_finds(places: Database, typed: str, expected: list[str]) -> None:
    with places.connect("owner") as connection:
        assert names(connection, typed) == expected


def test_former_name_is_shown_with_the_standard_name(places: Database) -> None:
    with places.connect("owner") as connection:
        (item,) = find(connection, "城关").items
        assert (item["name"], item["standard_name"], item["match"]) == ("城关镇", "竟陵街道", "former")
        assert names(connection, "chengguan", on=date(2026, 1, 1)) == []
        assert names(connection, "chengguan", on=date(1980, 1, 1)) == ["城关镇"]


def test_a_place_is_found_once_by_its_best_name(places: Database) -> None:
    with places.connect("owner") as connection:
        assert names(connection, "竟陵") == ["竟陵"]
        assert names(connection, "jingling街") == ["竟陵街道"]


def test_pages_follow_each_other_without_gap(places: Database) -> None:
    with places.connect("owner") as connection:
        everything = names(connection, "")
        collected: list[str] = []
        token = None
        while True:
            page = find(connection, "", limit=2, after=token)
            collected += [item["name"] for item in page.items]
            token = page.next
            if token is None:
                break
    assert collected == everything
    assert len(set(collected)) == 13


def test_filters_by_unit_and_box(places: Database) -> None:
    with rolled_back(places) as connection:
        county = make.make_unit(connection, "天门市", make.square(113.0, 30.6, 0.3), level="county")
        town = make.make_unit(connection, "竟陵街道", make.square(113.1, 30.65, 0.01), parent_id=county)
        assert names(connection, "竟陵", unit=town) == ["竟陵"]
        assert names(connection, "竟陵", unit=county) == ["竟陵"]
        assert names(connection, "天门", unit=town) == []
        assert names(connection, "jl", bbox=BBox(113.05, 30.6, 113.2, 30.7)) == ["竟陵街道"]
        assert names(connection, "jl", bbox=BBox(112.0, 30.0, 112.1, 30.1)) == []
        assert find(connection, "竟陵街道").items[0]["unit_name"] == "竟陵街道"


def test_pages_of_a_query_follow_each_other(places: Database) -> None:
    with places.connect("owner") as connection:
        whole = names(connection, "m")
        collected: list[str] = []
        token = None
        while True:
            page = find(connection, "m", limit=1, after=token)
            collected += [item["name"] for item in page.items]
            token = page.next
            if token is None:
                break
        assert collected == whole
        assert names(connection, "men", limit=2) == names(connection, "men")[:2]


def test_what_ended_or_will_end_is_ranked_by_the_day(places: Database) -> None:
    with rolled_back(places) as connection:
        ends = make.make_place(connection, "石桥村", rank=6)
        make.make_name(connection, ends, "石桥寨", valid_to=date(2030, 1, 1))
        make.make_name(connection, ends, "石桥集", valid_to=date(2000, 1, 1))
        make.make_place(connection, "石桥湾", rank=6)
        make.make_place(connection, "石桥" + "台" * 200, rank=1)  # too long for the ordered index
        found = names(connection, "石桥")
        assert found[0].startswith("石桥台台")
        assert found[1:] == ["石桥村", "石桥湾"]
        assert find(connection, "石桥寨").items[0]["match"] == "han"
        assert find(connection, "石桥集").items[0]["match"] == "former"
        assert names(connection, "石桥集", on=date(1999, 1, 1)) == ["石桥集"]
        assert names(connection, "石桥寨", on=date(2031, 1, 1)) == []


def test_a_name_is_as_important_as_its_place(places: Database) -> None:
    with rolled_back(places) as connection:
        first, second = (make.make_place(connection, name, rank=6) for name in ("白湖村", "白湖湾"))
        assert names(connection, "白湖") == ["白湖村", "白湖湾"]
        connection.execute(text("update geoservice.place set rank = 2 where id = :id"), {"id": second})
        assert names(connection, "白湖") == ["白湖湾", "白湖村"]
        kept = text("select version, place_rank from geoservice.place_name where place_id = :id")
        assert connection.execute(kept, {"id": second}).one() == (1, 2)
        connection.execute(text("update geoservice.place_name set place_rank = 1 where place_id = :id"), {"id": first})
        assert connection.execute(kept, {"id": first}).one()[1] == 6


@given(name=st.text(alphabet=st.sampled_from("天门塆坮臺灣垸嘴候aAＡｂéÉøØß①㈱8８" + SEPARATORS), max_size=12))
@example("岳 口·Ａ座")
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
def test_the_database_folds_as_the_program_does(places: Database, name: str) -> None:
    with places.connect("owner") as connection:
        folded_there = connection.execute(text("select geoservice.folded(:name)"), {"name": name}).scalar_one()
    assert folded_there == folded(name)


ODD = "天门吕女绿律重干曾长区略虐3８aAbvü号·-"


@given(name=st.text(alphabet=ODD, min_size=1, max_size=7), data=st.data())
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=150)
def test_the_index_finds_all_that_answers(
    places: Database, request: pytest.FixtureRequest, name: str, data: st.DataObject
) -> None:
    """Whatever answers in a tier is found by what the indexes are asked for that tier, and for all of them."""
    if "[sorted]" not in request.node.name:
        pytest.skip("the index is asked the same whichever way is taken")
    keys = search_keys(name)
    parts = [name, *keys.pinyin.split(), *keys.tones.split(), *keys.initials.split(), "gan3门", "lu", "v"]
    part = data.draw(st.sampled_from(parts))
    start = data.draw(st.integers(0, len(part) - 1)) if part else 0
    typed = part[start : start + data.draw(st.integers(1, 9))]
    asked = answering(NameQuery.parse(typed))
    kept = _kept_as(name, keys)
    with places.connect("owner") as connection:
        for tier in asked.tiers:
            missed = select(kept.c.name).where(tier.check(kept.c), ~and_(*tier.index(kept.c), *asked.index(kept.c)))
            assert connection.execute(missed).all() == [], (name, typed, tier.number)


def _kept_as(name: str, keys: SearchKeys) -> Subquery:
    """A name with the columns that the registry makes of it."""
    pinyin, tones, initials = (literal(text, Text) for text in (keys.pinyin, keys.tones, keys.initials))
    folded_there = func.geoservice.folded(name)
    columns = {
        "name": literal(name, Text),
        "folded": folded_there,
        "beginning": func.left(folded_there, BEGINNING),
        "pinyin": pinyin,
        "tones": tones,
        "initials": initials,
        "grams": literal(list(keys.grams), ARRAY(Text)),
        "sounds": func.geoservice.sound_keys(name, pinyin, tones, initials, type_=TSVECTOR),
        "standing": literal(0),
    }
    return select(*(column.label(label) for label, column in columns.items())).subquery("kept")


def test_every_search_uses_an_index(places: Database, request: pytest.FixtureRequest) -> None:
    if "[sorted]" not in request.node.name:
        pytest.skip("the index is asked the same whichever way is taken")
    with rolled_back(places, "owner") as connection:
        connection.execute(
            text(
                "insert into geoservice.place_name"
                " (place_id, kind, name, pinyin, tones, initials, grams, classification, published)"
                " select 1, 'alias', '村' || n, 'cun' || n, 'cun1' || n, 'c' || n, array['村', n::text], 'public', true"
                " from generate_series(1, 20000) n"
            )
        )
        # What waits for its place in the index is read beside it, which a planner rightly counts.
        connection.execute(text("select gin_clean_pending_list('geoservice.ix_place_name_lookups')"))
        connection.execute(text("analyze geoservice.place_name"))
        for typed in ("天门", "干", "tianmen", "tiān", "tm", "gy", "menhe"):
            plan = _plan(connection, typed)
            assert "Seq Scan on place_name" not in plan, f"{typed}\n{plan}"
        window = Area.of(connection, None, BBox(112.0, 30.0, 112.1, 30.1), DAY)
        for typed in ("天门", "村", "", "cun"):
            plan = _plan(connection, typed, window)
            assert "ix_place_name_lookups" in plan, f"{typed}\n{plan}"


def _plan(connection: Connection, typed: str, area: Area | None = None) -> str:
    compiled = by_index(Asked(answering(NameQuery.parse(typed)), DAY, area=area), 20).compile(
        dialect=connection.dialect, compile_kwargs={"literal_binds": True}
    )
    rows = connection.exec_driver_sql(f"explain {str(compiled).replace('%', '%%')}")
    return "\n".join(row[0] for row in rows)
