"""Names without keys, and names whose keys an earlier edition of the rules has made, get theirs in pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.alike import alike, alike_keys
from geoservice.ingest.name_keys import KEYS_EDITION, VARIANTS, search_keys
from geoservice.ingest.readings import POLYPHONES, surnames
from geoservice.names.keeping import outdated, rekey_missing, rekey_outdated
from geoservice.settings import Settings
from tests.builders_api import make_place
from tests.case_builders import Desk, hold_staff, make_county, open_desk


def test_names_without_keys_are_keyed_in_pages(database: Database) -> None:
    names = ["陆羽大道", "红山路", "李家塆", "曾家台", "汪场镇"]
    with database.connect("owner") as connection:
        for at, name in enumerate(names):
            make_place(connection, name, 113.0 + at / 10)
        connection.execute(text("update place_name set alike_keys = array['kept'] where name = '汪场镇'"))
    told: list[int] = []
    assert rekey_missing(database, told.append, page=3) == 4
    assert told == [3, 4]
    with database.connect("owner") as connection:
        keys = {row.name: row.alike_keys for row in connection.execute(text("select name, alike_keys from place_name"))}
    assert keys.pop("汪场镇") == ["kept"]
    assert {name: sorted(found) for name, found in keys.items()} == {
        name: sorted(alike_keys(name, "21")) for name in names[:4]
    }
    assert rekey_missing(database, told.append) == 0


@pytest.fixture
def desk(new_database: Callable[..., Database], settings: Settings, catalog: Catalog) -> Iterator[Desk]:
    database = new_database()
    with database.connect("owner") as connection:
        ids = make_county(connection)
    yield open_desk(create_app(settings, catalog=catalog, database=database), database, ids, hold_staff(database, ids))
    database.dispose()


EDITION = text("select edition from name_keys_edition")
KEPT = text("select name, pinyin, tones, initials, grams, alike_keys, specific, generic from place_name order by id")


def test_keys_of_an_earlier_edition_are_made_anew_in_pages(desk: Desk) -> None:
    database = desk.database
    case = desk.new(names=[{"name": "清泉路"}, {"name": "洪山路"}])
    # Of a name that was approved otherwise, the approved one is keyed.
    spoil = """
        update place_name set alike_keys = array['old'], pinyin = 'old', grams = array['old'], specific = 'old';
        update case_name set alike_keys = array['old'];
        update case_name set approved_name = '碧泉路' where name = '清泉路';
        update name_keys_edition set edition = 0;
    """
    with database.connect("owner") as connection:
        before = connection.execute(KEPT).all()
        connection.connection.cursor().execute(spoil)
        entries = connection.execute(text("select count(*) from audit_entry")).scalar_one()
    assert outdated(database)
    told: list[int] = []
    begun: list[tuple[int, int]] = []

    def broken_off(done: int) -> None:
        told.append(done)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rekey_outdated(database, broken_off, begins=lambda *given: begun.append(given), page=2)
    with database.connect("owner") as connection:
        assert connection.execute(EDITION).scalar_one() == 0
        assert connection.execute(text("select count(*) from place_name where pinyin = 'old'")).scalar_one() == 1
    assert rekey_outdated(database, told.append, begins=lambda *given: begun.append(given), page=2) == 5
    assert not outdated(database)
    assert told == [2, 2, 3, 5]
    assert begun == [(0, KEYS_EDITION)] * 2
    with database.connect("owner") as connection:
        assert connection.execute(KEPT).all() == before
        asked = {row.name: row.alike_keys for row in connection.execute(text("select name, alike_keys from case_name"))}
        assert connection.execute(EDITION).scalar_one() == KEYS_EDITION
        assert connection.execute(text("select count(*) from audit_entry")).scalar_one() == entries
    assert asked == {"清泉路": list(alike_keys("碧泉路", "23")), "洪山路": list(alike_keys("洪山路", "23"))}
    assert desk.read(case)["names"]


def test_keys_of_this_edition_or_a_later_one_are_left_alone(database: Database) -> None:
    def never(*_: int) -> None:
        raise AssertionError

    with database.connect("owner") as connection:
        make_place(connection, "陆羽大道", 113.0)
        connection.execute(text("update place_name set alike_keys = array['kept']"))
    for edition in (KEYS_EDITION, KEYS_EDITION + 1):
        with database.connect("owner") as connection:
            connection.execute(text("update name_keys_edition set edition = :edition"), {"edition": edition})
        assert rekey_outdated(database, never, begins=never) == 0
        with database.connect("owner") as connection:
            assert connection.execute(EDITION).scalar_one() == edition
            assert connection.execute(text("select alike_keys from place_name")).scalar_one() == ["kept"]


def test_an_empty_registry_takes_the_edition_without_a_word(database: Database) -> None:
    def never(*_: int) -> None:
        raise AssertionError

    with database.connect("owner") as connection:
        connection.execute(text("update name_keys_edition set edition = 0"))
    assert not outdated(database)
    assert rekey_outdated(database, never, begins=never) == 0
    with database.connect("owner") as connection:
        assert connection.execute(EDITION).scalar_one() == KEYS_EDITION


def test_a_change_of_the_keys_needs_another_edition() -> None:
    """What fails here has changed the keys of names: raise KEYS_EDITION, and write down what stands here now."""
    characters = sorted({*POLYPHONES, *surnames(), *VARIANTS, *"".join(alike().near_forms.groups)})
    names = [name for one in characters for name in (f"{one}家湾", f"东{one}路", f"{one}泉湖")]
    keys = [(name, search_keys(name), alike_keys(name, "23"), alike_keys(name, "21")) for name in names]
    made = hashlib.sha256(repr(keys).encode()).hexdigest()[:16]
    assert (KEYS_EDITION, made) == (1, "567d2362561173fd")
