"""Features written beforehand: a page of them is the page that is made, byte for byte, whatever was changed just before."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from threading import Thread

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import PUBLIC, SYSTEM, acting
from geoservice.database.engine import SEARCH_PATH, Database
from geoservice.database.filters import BBox
from geoservice.errors import Unavailable
from geoservice.publish.ogc import filling, prepared
from geoservice.publish.ogc.area import Area
from geoservice.publish.ogc.crs import by_epsg
from geoservice.publish.ogc.model import Collection, collections
from geoservice.publish.ogc.moments import moments
from geoservice.publish.ogc.prepared import prepare_some, want_outdated
from geoservice.publish.ogc.queries import Asked, _is_prepared, _prepared_page, _statement, features, page_statement
from geoservice.settings import Settings
from tests import builders_api as make
from tests.people import add_person, hold_session

DAY = date(2026, 11, 28)
PLACES = 30
# Stands in whatever is not public.
SECRET = "密"
PLAIN = Asked(DAY, limit=1000)
PAGES = (
    PLAIN,
    replace(PLAIN, limit=1),
    replace(PLAIN, limit=7, after=4),
    replace(PLAIN, limit=PLACES),
    replace(PLAIN, limit=150, after=20),
    replace(PLAIN, limit=150, area=Area((BBox(113.05, 30.0, 113.4, 31.0),))),
    replace(PLAIN, limit=3, after=9, area=Area((BBox(113.05, 30.0, 113.4, 31.0),))),
    replace(PLAIN, today=date(2027, 3, 1)),
    replace(PLAIN, today=date(2019, 3, 1), limit=9),
    # These are made as ever.
    replace(PLAIN, limit=5, crs=by_epsg(4547)),
    replace(PLAIN, limit=5, when=moments("2020-06-01")),
    replace(PLAIN, limit=5, conditions=(lambda found: found.columns["class_code"] == "21",)),
)
EDITS = (
    "update place_name set name = name || '村' where place_id = :id and kind = 'standard'",
    "update place_name set name = name || '里' where place_id = :id and kind <> 'standard'",
    "update place_name set reading = 'cūn', romanisation = 'Cun' where place_id = :id",
    "update place_name set valid_from = date '2019-01-01' + (:id * 100)::int, valid_to = null where place_id = :id",
    "update place_name set valid_to = date '2026-11-28' + (:id - 15)::int where place_id = :id and valid_from is null",
    "update place_name set published = not published, classification = 'public' where place_id = :id and left(name, 1) <> '密'",
    "update place_name set published = false, classification = 'internal' where place_id = :id and kind = 'former'",
    "update place_name set kind = 'map' where place_id = :id and kind = 'alias' and published",
    "update place_name set place_id = 1 + :id % 30 where place_id = :id and kind = 'alias'",
    "delete from place_name where place_id = :id and kind = 'former'",
    "update place set published = not published, classification = 'public' where id = :id and key not like '密%'",
    "update place set published = false, classification = 'internal' where id = :id",
    "update place set geom = ST_Translate(geom, 0.05, 0.01), elevation_m = 33.5 where id = :id",
    "update place set rank = 1 + rank % 8, meaning = '\"' || chr(10) || '天\\门' where id = :id",
    "update place set class_code = '22', code = '42900000000000000001' where id = :id",
    "update place set unit_id = (select id from unit order by id offset :id % 3 limit 1) where id = :id",
    "update place set unit_id = null, history = repeat('史', 3000) where id = :id",
    "update unit_version set name = name || '镇' where unit_id = 1 + :id % 3",
    "update unit_version set published = not published, classification = 'public' where unit_id = 1 + :id % 3",
    "update unit_version set valid_from = date '2026-11-28' - (:id - 3)::int where unit_id = 1 + :id % 3",
    "update unit_code set code = (429007000 + :id * 10 + unit_id)::text where unit_id = 1 + :id % 3",
    "delete from unit_code where unit_id = 1 + :id % 3",
    "insert into unit_code (unit_id, system, edition, code) select 1 + :id % 3, 'mca', (2026 + :id)::text, (429008000 + :id)::text",
    "with gone as (delete from place_name where place_id = 30 and :id % 4 = 0) update place set rank = 3 where id = 29",
    "update place set schematic = not schematic",
)


@pytest.fixture
def places(catalog: Catalog) -> Collection:
    return collections(catalog)["places"]


@pytest.fixture
def registry(new_database: Callable[[], Database]) -> Iterator[Database]:
    """Places of every level with names of every kind and level, in three units."""
    made = new_database()
    with made.connect("owner") as connection:
        units = [
            make.make_unit(connection, f"镇{at}", make.square(113 + at, 30.6), code=f"42900610{at}") for at in range(3)
        ]
        for number in range(PLACES):
            _place(connection, number, units)
    yield made
    made.dispose()


def _place(connection: Connection, number: int, units: list[int]) -> None:
    hidden = {"published": False, "classification": "internal"}
    mine = hidden if number % 7 == 3 else {}
    mark = SECRET if mine else ""
    unit = units[number % 3] if number % 5 else None
    place = make.make_place(
        connection, f"{mark}名{number}", 113 + number * 0.02, unit_id=unit, meaning=mark or None, **mine
    )
    make.make_name(connection, place, f"{mark}别{number}", kind="alias", **mine)
    make.make_name(connection, place, f"{mark}旧{number}", kind="former", valid_to=date(2010, 1, 1), **mine)
    if number % 3 == 0:
        make.make_name(connection, place, f"{SECRET}号{number}", kind="alias", published=False, classification="secret")
        make.make_name(connection, place, f"{SECRET}稿{number}", kind="standard", published=False)
    if number % 4 == 0:
        make.make_name(connection, place, f"{mark}后{number}", kind="alias", valid_from=date(2027, 1, 1), **mine)
    if number == 8:
        connection.execute(
            text(
                "update place set geom = ST_GeomFromText('POLYGON((113 30,113 31,114 31,113 30))', 4490) where id = :id"
            ),
            {"id": place},
        )


def fill(database: Database, one: Collection, *, day: date = DAY, most: int = 500) -> int | None:
    """One batch."""
    with database.connect(actor=SYSTEM) as connection:
        return prepare_some(connection, one, day, most)


def fill_up(database: Database, one: Collection, *, day: date = DAY) -> None:
    while fill(database, one, day=day):
        pass


def lacking(database: Database, one: Collection, asked: Asked = PLAIN) -> int:
    """How many features of a page are not prepared."""
    with database.look(timeout_s=10) as connection:
        row = connection.execute(_statement(_prepared_page, one, asked, count=False), {"after": asked.after or 0}).one()
        return int(row.lacking)


def check(database: Database, one: Collection, pages: tuple[Asked, ...] = PAGES) -> None:
    """What the public is given is what is made for it."""
    for asked in pages:
        with database.look(timeout_s=10) as connection:
            check_one(connection, one, asked)


def check_one(connection: Connection, one: Collection, asked: Asked) -> None:
    given = features(connection, one, asked, count=True)
    made = connection.execute(page_statement(one, asked, count=True), {"after": asked.after or 0}).one()
    assert given.written == (made.features or b""), asked
    assert (given.returned, given.matched, given.mark) == (min(made.found, asked.limit), made.matched, made.mark)
    assert given.last == (made.last if made.found > asked.limit else None)
    assert SECRET not in given.written.decode()


def test_prepared_pages_are_the_pages_that_are_made(registry: Database, places: Collection) -> None:
    assert lacking(registry, places) > 20
    check(registry, places)
    fill_up(registry, places)
    assert [lacking(registry, places, asked) for asked in PAGES[:7]] == [0] * 7
    assert lacking(registry, places, PAGES[7]) > 0, "names begin on 1 January 2027"
    check(registry, places)


@pytest.mark.parametrize("edit", EDITS)
def test_no_edit_leaves_a_stale_feature(registry: Database, places: Collection, edit: str) -> None:
    fill_up(registry, places)
    for number in (4, 13, 29):
        with registry.connect("owner") as connection:
            connection.execute(text(edit), {"id": number})
            # Within the transaction too: what was prepared is gone with the statement.
            check_one(connection, places, PLAIN)
        check(registry, places, PAGES[::2])
    fill_up(registry, places)
    assert lacking(registry, places) == 0
    check(registry, places, PAGES[::2])


def test_random_edits_and_batches(registry: Database, places: Collection) -> None:
    chance = random.Random(8)
    used = 0
    for _ in range(40):
        with registry.connect("owner") as connection:
            for _ in range(chance.randint(1, 3)):
                with connection.begin_nested() as nested:
                    try:
                        connection.execute(text(chance.choice(EDITS)), {"id": chance.randint(1, PLACES)})
                    except DBAPIError:
                        # Two names would be the same.
                        nested.rollback()
        check(registry, places, tuple(chance.sample(PAGES, 3)))
        if chance.random() < 0.7:
            fill(registry, places, most=chance.choice((1, 5, 500)))
            check(registry, places, tuple(chance.sample(PAGES, 3)))
        used += lacking(registry, places) == 0
    assert used > 5


def test_nothing_but_what_is_public_is_written(registry: Database, places: Collection) -> None:
    fill_up(registry, places)
    statement = text(
        "select count(*), count(*) filter (where head || tail like '%' || :secret || '%'),"
        " count(*) filter (where not (p.published and p.classification = 'public'))"
        " from prepared_place f join place p using (id)"
    )
    with registry.connect("owner") as connection:
        assert connection.execute(statement, {"secret": SECRET}).one() == (26, 0, 0)
        assert connection.execute(text("select count(*) from prepared_place")).scalar_one() == 26


def test_whoever_fills_sees_what_the_public_sees(registry: Database, places: Collection) -> None:
    token = acting.set(SYSTEM)
    try:
        fill_up(registry, places)
    finally:
        acting.reset(token)
    check(registry, places)
    test_nothing_but_what_is_public_is_written(registry, places)


@pytest.mark.parametrize(
    "change", ["published = false", "published = false, classification = 'secret'", "published = false, unit_id = null"]
)
def test_a_place_takes_its_feature_with_it_at_once(registry: Database, places: Collection, change: str) -> None:
    fill_up(registry, places)
    with registry.connect("owner") as connection:
        connection.execute(text(f"update place set {change} where id = 2"))
        assert connection.execute(text("select count(*) from prepared_place where id = 2")).scalar_one() == 0
    fill_up(registry, places)
    with registry.connect() as connection:
        assert connection.execute(text("select count(*) from prepared_place where id = 2")).scalar_one() == 0
        assert connection.execute(text("select count(*) from prepared_place")).scalar_one() == 25
    check(registry, places)


def test_staff_are_given_what_they_see(
    registry: Database, settings: Settings, catalog: Catalog, places: Collection
) -> None:
    fill_up(registry, places)
    web = TestClient(create_app(settings, catalog=catalog, database=registry), base_url="http://127.0.0.1:8000")
    headers = hold_session(registry, add_person(registry, "viewer", "viewer")).headers
    seen, public = (
        web.get("/ogc/collections/places/items?limit=1000", headers=one).json()["features"] for one in (headers, {})
    )
    assert (len(public), len(seen)) == (26, PLACES)


def test_a_batch_waits_for_whoever_edits(registry: Database, places: Collection) -> None:
    with registry.connect("owner") as connection:
        connection.execute(text("update place_name set name = name || '湾' where place_id = 5"))
        assert fill(registry, places) is None
        with registry.connect(actor=SYSTEM) as other:
            assert not want_outdated(other, places, DAY)
    fill_up(registry, places)
    assert lacking(registry, places) == 0
    check(registry, places)


def test_an_edit_waits_for_the_batch_and_takes_back_what_it_wrote(registry: Database, places: Collection) -> None:
    def edit() -> None:
        with registry.connect("owner") as connection:
            connection.execute(text("update place_name set name = name || '湾' where place_id = 5"))

    thread = Thread(target=edit)
    with registry.connect(actor=SYSTEM) as connection:
        assert prepare_some(connection, places, DAY, 500) == 26
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(30)
    assert lacking(registry, places) == 1
    check(registry, places)


def test_under_repeatable_read_a_batch_since_the_beginning_is_a_conflict(
    registry: Database, places: Collection
) -> None:
    engine = create_engine(
        registry.url("owner"),
        connect_args={"options": f"-csearch_path={SEARCH_PATH}"},
        isolation_level="REPEATABLE READ",
    )
    statement = text("update place_name set name = name || '湾' where place_id = 5")
    with engine.connect() as late:
        late.execute(text("select count(*) from place"))
        fill_up(registry, places)
        with pytest.raises(OperationalError, match="could not serialize"):
            late.execute(statement)
    with engine.connect() as again:
        again.execute(statement)
        again.commit()
    engine.dispose()
    assert lacking(registry, places) == 1
    check(registry, places)


def test_a_feature_holds_until_a_name_begins_or_ends(registry: Database, places: Collection) -> None:
    fill_up(registry, places)
    eve, new_year = replace(PLAIN, today=date(2026, 12, 31)), replace(PLAIN, today=date(2027, 1, 1))
    assert lacking(registry, places, eve) == 0
    begins = lacking(registry, places, new_year)
    assert begins == 7, "of the eight places with a later name one is not public"
    check(registry, places, (eve, new_year))
    with registry.connect(actor=SYSTEM) as connection:
        assert want_outdated(connection, places, new_year.today)
    assert fill(registry, places, day=new_year.today) == begins
    assert lacking(registry, places, new_year) == 0
    assert lacking(registry, places, eve) == begins
    check(registry, places, (eve, new_year))


def test_another_program_writes_another_form(
    registry: Database, places: Collection, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_up(registry, places)
    monkeypatch.setattr(prepared, "__version__", "another")
    other = collections(catalog)["places"]
    assert lacking(registry, other) == 26
    with registry.connect(actor=SYSTEM) as connection:
        assert want_outdated(connection, other, DAY)
    fill_up(registry, other)
    assert lacking(registry, other) == 0
    assert lacking(registry, places) == 26


def test_who_may_write_features(registry: Database, places: Collection) -> None:
    fill_up(registry, places)
    for statement in (
        "insert into prepared_place values (4, 0, '2020-01-01', '2020-01-01', '', '')",
        "insert into prepared_due (layer, id) values ('places', 1)",
    ):
        for actor in (None, PUBLIC):
            with (
                pytest.raises(Exception, match=r"row-level security|not allowed|不"),
                registry.connect(actor=actor) as connection,
            ):
                connection.execute(text(statement))
    with registry.connect() as connection:
        for statement in (
            "update prepared_place set head = ''",
            "delete from prepared_place",
            "delete from prepared_due",
        ):
            assert connection.execute(text(statement)).rowcount == 0
    with pytest.raises(Unavailable), registry.connect("reader") as connection:
        connection.execute(text("delete from prepared_place"))
    # Not even the program writes one of a place that is not public.
    with registry.connect("owner") as connection:
        hidden = connection.execute(text("select id from place where not published limit 1")).scalar_one()
    written = text("insert into prepared_place values (:id, 0, '2020-01-01', '2020-01-01', '', '')")
    with (
        pytest.raises(Exception, match=r"row-level security|not allowed|不"),
        registry.connect(actor=SYSTEM) as connection,
    ):
        connection.execute(written, {"id": hidden})


def test_records_that_came_in_without_triggers_are_found(
    registry: Database, places: Collection, catalog: Catalog
) -> None:
    with registry.connect("superuser") as connection:
        connection.execute(text("delete from prepared_due"))
    assert lacking(registry, places) == 26
    told: list[int] = []
    assert filling.prepare_all(registry, catalog, told.append) == 26
    assert told[-1] == 26
    check(registry, places)
    assert filling.prepare_all(registry, catalog, told.append) == 0


def test_the_service_prepares_by_itself(
    registry: Database, settings: Settings, catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "IDLE_S", 0.05)
    count = text("select count(*) from prepared_place")

    def kept() -> int:
        with registry.connect("owner") as connection:
            return int(connection.execute(count).scalar_one())

    def wait(wanted: int) -> None:
        deadline = time.monotonic() + 60
        while kept() != wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        assert kept() == wanted

    with TestClient(create_app(settings, catalog=catalog, database=registry, ahead=True)):
        wait(26)
        with registry.connect("owner") as connection:
            connection.execute(text("update place set rank = 2 where id = 1"))
        wait(26)
        with registry.connect("owner") as connection:
            make.make_place(connection, "新名", 113.9)
        wait(27)


def test_only_what_is_watched_is_prepared(catalog: Catalog) -> None:
    found = collections(catalog)
    assert [name for name, one in found.items() if _is_prepared(one, PLAIN)] == ["places"]
    assert not any(_is_prepared(found["places"], asked) for asked in PAGES[-3:])
