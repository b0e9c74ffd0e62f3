"""The audit trail: what leaves an entry, who may write and read it, what an import leaves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from shapely.geometry import Point
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from geoservice.access.history import history
from geoservice.access.roles import Role
from geoservice.access.trail import Wanted, entries
from geoservice.catalog import Catalog
from geoservice.database.actor import EVERYWHERE, Actor, Extent, shell_actor
from geoservice.database.engine import Database
from geoservice.database.models import Base
from geoservice.database.trail import event, one_entry, own_entries
from geoservice.errors import BadRequest, Unavailable
from geoservice.ingest.importing import ImportRequest, PopulationWishes, import_file, store
from geoservice.ingest.load import LoadOptions, load
from geoservice.ingest.population.resharing import share_all
from geoservice.ingest.population.sources import clear_source
from geoservice.ingest.sample import write_sample
from geoservice.ingest.sampling import ORDER, load_sample, remove_sample
from geoservice.settings import Settings
from tests.builders import OPTIONS, record_set, square

SPEAKER = {
    "geoservice.actor": "王芳",
    "geoservice.roles": "clerk,reviewer",
    "geoservice.request_id": "r-1",
    "geoservice.reason": "实地核实",
}
FACILITY = (
    "insert into facility (key, type, name, geom)"
    " values (:key, 'nursing_home', :name, 'SRID=4490;POINT(113.123456789012345 30.6)') returning id"
)

WRITER = shell_actor("test")


def speak(connection: Connection, **given: str) -> None:
    for name, value in {**SPEAKER, **given}.items():
        connection.execute(text("select set_config(:name, :value, true)"), {"name": name, "value": value})


def add_facility(database: Database, key: str = "f", role: str = "application") -> int:
    with database.connect(role, actor=WRITER if role == "application" else None) as connection:  # type: ignore[arg-type]
        speak(connection)
        return connection.execute(text(FACILITY), {"key": key, "name": "干驿镇福利院"}).scalar_one()


def change(database: Database, statement: str, role: str = "application", **values: object) -> int:
    with database.connect(role, actor=WRITER if role == "application" else None) as connection:  # type: ignore[arg-type]
        speak(connection)
        return connection.execute(text(statement), values).rowcount


def trail(database: Database, *tables: str) -> list[dict[str, object]]:
    with database.connect("owner") as connection:
        found = entries(connection, Wanted(limit=10_000))
    return [one for one in found if not tables or one["table_name"] in tables]


def test_insert_update_and_delete_leave_who_what_and_why(database: Database) -> None:
    number = add_facility(database)
    change(database, "update facility set name = '干驿镇养老院', beds = 20 where id = :id", id=number)
    change(database, "delete from facility where id = :id", "owner", id=number)
    added, changed, removed = trail(database, "facility")
    assert [one["action"] for one in (added, changed, removed)] == ["insert", "update", "delete"]
    for one in (added, changed, removed):
        assert (one["actor"], one["roles"], one["request_id"], one["reason"]) == (
            "王芳",
            "clerk,reviewer",
            "r-1",
            "实地核实",
        )
        assert (one["database_user"], one["key"], one["batch_id"]) == (
            "geoservice_owner" if one is removed else "geoservice_app",
            str(number),
            None,
        )
        assert abs((datetime.now(UTC) - one["at"]).total_seconds()) < 60
    assert added["before"] is None
    assert removed["after"] is None
    assert added["after"] == changed["before"]
    assert changed["after"] == removed["before"]
    assert (changed["before"]["name"], changed["after"]["name"]) == ("干驿镇福利院", "干驿镇养老院")
    assert (changed["before"]["beds"], changed["after"]["beds"]) == (None, 20)
    assert (changed["before"]["version"], changed["after"]["version"]) == (1, 2)


def test_geometry_is_kept_to_the_bit_and_what_is_computed_is_not(database: Database) -> None:
    add_facility(database)
    (added,) = trail(database, "facility")
    with database.connect("owner") as connection:
        kept = connection.execute(
            text(
                "select cast(:hex as geometry) = geom, ST_X(cast(:hex as geometry)), ST_SRID(cast(:hex as geometry)) from facility"
            ),
            {"hex": added["after"]["geom"]},
        ).one()
    assert tuple(kept) == (True, 113.123456789012345, 4490)
    assert "geom_3857" not in added["after"]


def test_without_a_name_the_database_user_stands(database: Database) -> None:
    with database.connect(actor=replace(WRITER, name="")) as connection:
        connection.execute(text(FACILITY), {"key": "f", "name": "a"})
    (added,) = trail(database, "facility")
    assert (added["actor"], added["roles"], added["reason"]) == ("geoservice_app", "", None)


def test_what_changes_nothing_leaves_nothing(database: Database) -> None:
    number = add_facility(database)
    assert change(database, "update facility set name = name, geom = geom where id = :id", id=number) == 1
    assert len(trail(database, "facility")) == 1
    with database.connect("reader") as connection:
        assert connection.execute(text("select version from facility")).scalar_one() == 1


def test_a_rollback_leaves_nothing(database: Database) -> None:
    before = head(database)

    def twice() -> None:
        with database.connect(actor=WRITER) as connection:
            connection.execute(text(FACILITY), {"key": "f", "name": "a"})
            connection.execute(text(FACILITY), {"key": "f", "name": "b"})

    with pytest.raises(IntegrityError):
        twice()
    assert trail(database, "facility") == []
    assert head(database) == before


def test_a_savepoint_that_is_given_up_leaves_nothing_and_the_rest_is_chained(database: Database) -> None:
    with database.connect(actor=WRITER) as connection:
        connection.execute(text(FACILITY), {"key": "f", "name": "a"})
        inner = connection.begin_nested()
        connection.execute(text(FACILITY), {"key": "g", "name": "b"})
        inner.rollback()
        connection.execute(text(FACILITY), {"key": "h", "name": "c"})
    assert [one["after"]["key"] for one in trail(database, "facility")] == ["f", "h"]
    assert all(one["seq"] for one in trail(database))


def head(database: Database) -> tuple[int, bytes]:
    with database.connect(actor=WRITER) as connection:
        return tuple(connection.execute(text("select seq, hash from audit_head")).one())


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit_entry (at, actor, roles, database_user, action) values (now(), 'a', '', 'a', 'update')",
        "update audit_entry set actor = 'somebody else'",
        "update audit_entry set seq = null, hash = null, previous = null",
        "delete from audit_entry",
        "truncate audit_entry",
        "drop table audit_entry",
        "alter table audit_entry disable trigger all",
        "alter table facility disable trigger audit",
        "drop trigger audit on facility",
        "update audit_head set seq = 0",
        "insert into audit_head (single, hash) values (false, '')",
        "delete from audit_head",
        "truncate audit_head",
        "select geoservice.audit_write('update', 'facility', '1', null, null)",
        "select geoservice.audited('geoservice.facility')",
        "select geoservice.audit_event('update', 'facility', '1', null)",
        "create or replace function geoservice.audit_row() returns trigger language sql as ''",
        (
            "create temporary table mine (id bigint primary key);"
            " create trigger t after insert on mine for each row execute function geoservice.audit_row()"
        ),
        "set session_replication_role = replica",
        "truncate facility cascade",
    ],
)
def test_the_application_cannot_touch_the_trail(database: Database, statement: str) -> None:
    add_facility(database)
    before = trail(database), head(database)
    with (
        pytest.raises((Unavailable, DBAPIError), match=r"denied|must be owner|triggers alone"),
        database.connect() as connection,
    ):
        connection.execute(text(statement))
    assert (trail(database), head(database)) == before


def test_the_application_cannot_pretend_to_import(database: Database) -> None:
    with database.connect(actor=WRITER) as connection:
        connection.execute(text("select set_config('geoservice.batch', '1', true)"))
        connection.execute(text(FACILITY), {"key": "f", "name": "a"})
    assert [one["action"] for one in trail(database, "facility")] == ["insert"]


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entry set actor = 'somebody else'",
        "delete from audit_entry",
        "truncate audit_entry",
        "delete from audit_head",
    ],
)
def test_the_owner_is_kept_from_mistakes(database: Database, statement: str) -> None:
    add_facility(database)
    with pytest.raises(Unavailable, match="never changed or removed"), database.connect("owner") as connection:
        connection.execute(text(statement))


def test_emptying_a_table_is_told(database: Database) -> None:
    add_facility(database)
    with database.connect("owner") as connection:
        connection.execute(text("truncate facility cascade"))
    last = trail(database, "facility")[-1]
    assert (last["action"], last["before"]) == ("truncate", {"records": 1})


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        (None, set()),
        ("", set()),
        ("public", set()),
        ("viewer", set()),
        ("planner", {"facility"}),
        ("viewer,clerk", {"facility"}),
        ("administrator", {"facility", "login"}),
    ],
)
def test_who_reads_the_trail(database: Database, roles: str | None, seen: set[str]) -> None:
    add_facility(database)
    add_facility(database, "gone")
    change(database, "delete from facility where key = 'gone'", "owner")
    with database.connect(actor=WRITER) as connection:
        event(connection, "login", table="job", key="wang")
    held = tuple((roles or "").split(","))
    sees = EVERYWHERE if set(held) & set(Role) else Extent()
    actor = None if roles is None else Actor("wang", roles=held, reads=sees)
    with database.connect(actor=actor) as connection:
        rows = connection.execute(text("select coalesce(after ->> 'key', before ->> 'key', action) from audit_entry"))
        found = set(rows.scalars())
    assert ("f" in found) == ("facility" in seen)
    assert ("login" in found) == ("login" in seen)
    assert ("gone" in found) == (roles == "administrator")


def test_the_reader_has_no_part_in_it(database: Database) -> None:
    with pytest.raises(Unavailable, match="denied"), database.connect("reader") as connection:
        connection.execute(text("select count(*) from audit_entry"))


def test_secret_columns_are_left_out(database: Database) -> None:
    with database.connect("owner") as connection:
        connection.execute(
            text("create table person (name text primary key, password_hash text, token text, town text)")
        )
        connection.execute(text("select geoservice.audited('geoservice.person', '{password_hash,token}')"))
        connection.execute(text("insert into person values ('wang', 'argon-one', 'token-one', '干驿')"))
        connection.execute(text("update person set password_hash = 'argon-two'"))
        connection.execute(text("update person set password_hash = 'argon-two', town = '岳口'"))
        connection.execute(text("delete from person"))
    told = trail(database, "person")
    assert "argon" not in json.dumps(told, default=str)
    assert "token-" not in json.dumps(told, default=str)
    assert [(one["action"], one["key"], one["before"], one["after"]) for one in told] == [
        ("insert", "wang", None, {"name": "wang", "town": "干驿"}),
        (
            "update",
            "wang",
            {"name": "wang", "town": "干驿"},
            {"name": "wang", "town": "干驿", "password_hash": "(changed)"},
        ),
        ("update", "wang", {"name": "wang", "town": "干驿"}, {"name": "wang", "town": "岳口"}),
        ("delete", "wang", {"name": "wang", "town": "岳口"}, None),
    ]


def test_a_composed_key(database: Database) -> None:
    with database.connect("owner") as connection:
        connection.execute(text("create table pair (a bigint, b text, v int, primary key (b, a))"))
        connection.execute(text("select geoservice.audited('geoservice.pair')"))
        connection.execute(text("insert into pair values (7, 'x', 1)"))
        found = connection.execute(text("select geoservice.audit_current('pair', 'x,7')")).scalar_one()
    assert [one["key"] for one in trail(database, "pair")] == ["x,7"]
    assert found == {"a": 7, "b": "x", "v": 1}


OF_ITS_PLACE = {("place_name", "place_rank"), ("place_name", "areas")}


def test_each_column_of_a_versioned_table_is_watched(database: Database) -> None:
    """A column that a later migration adds without calling `versioned` again is found here."""
    with database.connect("owner") as connection:
        rows = connection.execute(
            text(
                "select c.relname, pg_get_triggerdef(t.oid) as definition from pg_trigger t"
                " join pg_class c on c.oid = t.tgrelid where t.tgname = 'version'"
            )
        ).all()
    versioned = {
        table.name for table in Base.metadata.tables.values() if "version" in table.columns and table.name != "account"
    }
    assert {row.relname for row in rows} == versioned
    for row in rows:
        for column in Base.metadata.tables[f"geoservice.{row.relname}"].columns:
            # What a name has of its place changes with the place, and its own version tells of that.
            if column.computed is None and (row.relname, column.name) not in OF_ITS_PLACE:
                assert (
                    f"new.{column.name}," in row.definition
                    or f"new.{column.name})" in row.definition
                    or (f'new."{column.name}"' in row.definition)
                ), f"{row.relname}.{column.name}"


def test_triggers_come_back_from_a_dump(database: Database) -> None:
    """A dump is restored with an empty search path, in which no operator of PostGIS is found."""
    with database.connect("owner") as connection:
        connection.execute(text("set local search_path = ''"))
        rows = connection.execute(
            text(
                "select t.tgname, t.tgrelid::regclass::text as relation, pg_get_triggerdef(t.oid) as definition"
                " from pg_trigger t join pg_class c on c.oid = t.tgrelid"
                " where c.relnamespace = 'geoservice'::regnamespace and not t.tgisinternal"
            )
        ).all()
        for row in rows:
            connection.exec_driver_sql(f"drop trigger {row.tgname} on {row.relation}")
            connection.exec_driver_sql(row.definition)
        assert len(rows) > 30
    number = add_facility(database)
    change(database, "update facility set geom = 'SRID=4490;POINT(113 30.6)' where id = :id", id=number)
    assert [one["after"]["version"] for one in trail(database, "facility")] == [1, 2]


def test_a_version_counts_changes_and_cannot_be_set(database: Database) -> None:
    number = add_facility(database)
    change(database, "update facility set version = 77 where id = :id", id=number)
    change(database, "update facility set geom = 'SRID=4490;POINT(113 30.6)' where id = :id", id=number)
    assert change(database, "update facility set beds = 1 where id = :id and version = 2", id=number) == 0
    assert change(database, "update facility set beds = 1 where id = :id and version = 3", id=number) == 1
    with database.connect("reader") as connection:
        assert connection.execute(text("select version from facility")).scalar_one() == 4


def homes(*names: str, beds: int = 10) -> object:
    rows = [
        {
            "key": f"k{number}",
            "name": name,
            "type": "nursing_home",
            "beds": beds,
            "geom": Point(113.1 + number / 100, 30.6),
        }
        for number, name in enumerate(names)
    ]
    return record_set("facilities", rows, "homes.geojson")


def bring(database: Database, catalog: Catalog, records: object, options: LoadOptions = OPTIONS) -> int:
    with database.connect("owner") as connection:
        load(connection, catalog, records, options)  # type: ignore[arg-type]
        return connection.execute(text("select max(id) from import_batch")).scalar_one()


def test_an_import_is_one_entry(database: Database, catalog: Catalog) -> None:
    before = len(trail(database))
    batch = bring(database, catalog, homes("甲", "乙", "丙"))
    (entry,) = trail(database)[before:]
    assert (entry["action"], entry["table_name"], entry["key"], entry["batch_id"]) == (
        "import",
        "import_batch",
        str(batch),
        batch,
    )
    assert entry["after"] == {
        "layer": "facilities",
        "file": "homes.geojson",
        "sha256": "0" * 64,
        "crs": "EPSG:4490",
        "actor": "test",
        "schematic": False,
        "read": 3,
        "loaded": 3,
        "changed": 0,
        "unchanged": 0,
        "refused": 0,
    }
    with database.connect("reader") as connection:
        assert connection.execute(text("select array_agg(distinct batch_id) from facility")).scalar_one() == [batch]


def test_an_import_of_the_same_file_is_told_with_nothing_changed(database: Database, catalog: Catalog) -> None:
    bring(database, catalog, homes("甲", "乙"))
    before = len(trail(database))
    bring(database, catalog, homes("甲", "乙"))
    (entry,) = trail(database)[before:]
    counts = {name: entry["after"][name] for name in ("read", "loaded", "changed", "unchanged")}
    assert counts == {"read": 2, "loaded": 0, "changed": 0, "unchanged": 2}
    with database.connect("reader") as connection:
        assert connection.execute(text("select array_agg(distinct version) from facility")).scalar_one() == [1]


def test_an_import_raises_versions_where_it_changes_records(database: Database, catalog: Catalog) -> None:
    bring(database, catalog, homes("甲", "乙"))
    bring(database, catalog, homes("甲", "丁"))
    with database.connect("reader") as connection:
        found = connection.execute(text("select name, version from facility order by key")).all()
    assert [tuple(row) for row in found] == [("甲", 1), ("丁", 2)]


@pytest.mark.parametrize(
    "layer",
    ["units", "communities", "places"],
)
def test_imports_of_several_tables_are_one_entry(database: Database, catalog: Catalog, layer: str) -> None:
    rows = {
        "units": [{"code": "429006", "name": "天门市", "level": "county", "geom": square(113.0, 30.5, 0.4)}],
        "communities": [{"code": "429006112201", "name": "沙嘴村", "class": "rural", "geom": Point(113.05, 30.55)}],
        "places": [
            {"key": "p1", "name": "汉北河", "alias": "北河", "class_code": "11100", "geom": Point(113.05, 30.55)}
        ],
    }
    before = len(trail(database))
    bring(database, catalog, record_set(layer, rows[layer]))
    assert [one["action"] for one in trail(database)[before:]] == ["import"]


def test_after_an_import_rows_leave_entries_again(database: Database, catalog: Catalog) -> None:
    with database.connect("owner") as connection:
        load(connection, catalog, homes("甲"), OPTIONS)  # type: ignore[arg-type]
        connection.execute(text("update facility set beds = 11"))
    assert [one["action"] for one in trail(database, "facility")] == ["update"]


def test_bulk_acts_and_entries_of_their_own_within(database: Database) -> None:
    with database.connect("owner") as connection:
        with one_entry(connection):
            connection.execute(text(FACILITY), {"key": "a", "name": "a"})
            with own_entries(connection):
                connection.execute(text(FACILITY), {"key": "b", "name": "b"})
            connection.execute(text(FACILITY), {"key": "c", "name": "c"})
        connection.execute(text(FACILITY), {"key": "d", "name": "d"})
        with pytest.raises(ValueError, match="undone"), one_entry(connection):
            raise ValueError("undone")
        connection.execute(text(FACILITY), {"key": "e", "name": "e"})
    assert [one["after"]["key"] for one in trail(database, "facility")] == ["b", "d", "e"]


def test_the_history_of_a_record(database: Database, catalog: Catalog) -> None:
    first = bring(database, catalog, homes("甲", beds=10))
    with database.connect("reader") as connection:
        number = connection.execute(text("select id from facility")).scalar_one()
    change(database, "update facility set name = '甲院', address = '人民路1号' where id = :id", id=number)
    second = bring(database, catalog, homes("甲院", beds=30))
    change(database, "update facility set beds = 31 where id = :id", id=number)
    third = bring(database, catalog, homes("甲院", beds=32))
    with database.connect("owner") as connection:
        steps = history(connection, "facility", str(number))
    told = [
        (step.action, step.batch and step.batch.id, {k: v for k, v in step.fields.items() if k != "batch_id"})
        for step in steps
    ]
    assert told[0][:2] == ("import", first)
    assert told[1] == ("update", None, {"name": ("甲", "甲院"), "address": (None, "人民路1号")})
    assert told[2] == ("import", second, {"beds": (10, 30), "address": ("人民路1号", None)})
    assert told[3] == ("update", None, {"beds": (30, 31)})
    assert told[4] == ("import", third, {"beds": (31, 32)})
    assert len(told) == 5
    assert (steps[1].actor, steps[1].reason, steps[1].roles) == ("王芳", "实地核实", "clerk,reviewer")
    assert steps[0].batch is not None
    assert (steps[0].batch.file, steps[0].actor) == ("homes.geojson", "test")


def test_a_history_as_the_application(database: Database, catalog: Catalog) -> None:
    """By whoever may see it, through the index that holds the record, with policies on."""
    bring(database, catalog, homes(*(f"第{number}院" for number in range(1500))))
    change(database, "update facility set beds = 12")
    with database.connect("owner") as connection:
        connection.execute(text("analyze audit_entry"))
        number = connection.execute(text("select min(id) from facility")).scalar_one()
    with database.connect(actor=WRITER) as connection:
        speak(connection)
        assert [step.action for step in history(connection, "facility", str(number))] == ["import", "update"]
        asked = "select * from audit_entry where table_name = 'facility' and key = :key order by id desc limit 200"
        plan = "\n".join(connection.execute(text(f"explain {asked}"), {"key": str(number)}).scalars())
        assert "ix_audit_entry_record" in plan
        assert "Seq Scan" not in plan
    with database.connect(actor=WRITER) as connection:
        speak(connection, **{"geoservice.roles": "public"})
        assert [step.action for step in history(connection, "facility", str(number))] == ["import"]


def test_a_history_ends_with_the_record(database: Database) -> None:
    number = add_facility(database)
    change(database, "delete from facility where id = :id", "owner", id=number)
    with database.connect("owner") as connection:
        steps = history(connection, "facility", str(number))
        for key in ("999", "abc", "", "1,2", "9" * 30, "'; drop table facility"):
            assert history(connection, "facility", key) == []
        with pytest.raises(BadRequest):
            history(connection, "pg_authid", "1")
        with pytest.raises(BadRequest):
            entries(connection, Wanted(table="facility; drop table facility"))
    assert [step.action for step in steps] == ["insert", "delete"]
    assert steps[0].fields["name"] == (None, "干驿镇福利院")
    assert steps[1].fields["name"] == ("干驿镇福利院", None)


def test_entries_are_chosen(database: Database) -> None:
    for key in "abc":
        add_facility(database, key)
    with database.connect("owner") as connection:
        newest = entries(connection, Wanted(table="facility", limit=2))
        assert [one["after"]["key"] for one in newest] == ["b", "c"]
        assert entries(connection, Wanted(actor="nobody")) == []
        assert entries(connection, Wanted(since=datetime(2999, 1, 1, tzinfo=UTC))) == []
        assert len(entries(connection, Wanted(actor="王芳", since=datetime(2000, 1, 1, tzinfo=UTC)))) == 3


def test_the_hash_is_what_the_document_says(database: Database) -> None:
    """Recomputed from plain columns: docs/audit.md describes the form."""
    with database.connect(actor=WRITER) as connection:
        connection.execute(text("set local timezone = 'Asia/Shanghai'"))
        connection.execute(text("set local datestyle = 'German'"))
        speak(connection)
        connection.execute(text(FACILITY), {"key": "f", "name": '引号"\\与\n换行'})
    with database.connect("owner") as connection:
        chain = connection.execute(text("select chain::text from audit_head")).scalar_one()
        rows = connection.execute(text("select * from audit_entry order by seq")).mappings().all()
        previous = hashlib.sha256(chain.encode()).digest()
        for row in rows:
            members = {
                name: row[name]
                for name in (
                    "seq", "id", "actor", "roles", "database_user", "request_id", "action", "table_name", "key",
                    "before", "after", "reason", "batch_id",
                )
            }  # fmt: skip
            members["at"] = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            # jsonb orders members by the length of their names, then by the names.
            canonical = connection.execute(
                text("select cast(cast(:members as jsonb) as text)"), {"members": json.dumps(members)}
            ).scalar_one()
            assert row["previous"] == previous
            assert row["hash"] == hashlib.sha256(previous + canonical.encode()).digest()
            previous = row["hash"]
        assert len(rows) > 1


def silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def test_the_sample_is_an_entry_a_file_and_leaves_with_one(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    write_sample(tmp_path, catalog)
    before = len(trail(database))
    load_sample(database, catalog, settings, tmp_path, "test", silent)
    loaded = trail(database)[before:]
    assert {one["action"] for one in loaded} == {"import"}
    assert [one["after"]["layer"] for one in loaded] == [one for one in ORDER if list(tmp_path.glob(f"{one}.*"))]
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert {one["after"]["sha256"] for one in loaded} <= digests
    with database.connect("reader") as connection:
        stated = connection.execute(text("select count(*) from road")).scalar_one()
    assert next(one["after"]["loaded"] for one in loaded if one["after"]["layer"] == "roads") == stated > 100

    removed = remove_sample(database)
    (gone,) = trail(database)[before + len(loaded) :]
    assert (gone["action"], sum(gone["after"].values())) == ("remove_sample", removed)


def test_a_dry_run_and_a_refusal_leave_nothing(
    database: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "homes.csv"
    file.write_text("key,name,type,lon,lat\na,甲,nursing_home,113.1,30.6\n", encoding="utf-8")
    before = trail(database), head(database)
    request = ImportRequest("facilities", file, "test", crs="EPSG:4490", dry_run=True)
    assert import_file(database, catalog, settings, request, silent).reports[0].loaded == 1
    file.write_text("key,name,type,lon,lat\na,甲,no_such_type,113.1,30.6\n", encoding="utf-8")
    request = ImportRequest("facilities", file, "test", crs="EPSG:4490")
    assert import_file(database, catalog, settings, request, silent).exit_code == 2
    assert (trail(database), head(database)) == before


def cells(name: str, west: float) -> object:
    row = {"key": "c", "population": 100, "geom": square(west, 30.5, 0.01)}
    return record_set("population", [row], name)


def test_sources_of_people_that_are_replaced_or_taken_out_leave_their_own_entries(
    database: Database, catalog: Catalog, tmp_path: Path
) -> None:
    village = {"code": "429006112201", "name": "沙嘴村", "class": "rural", "geom": Point(113.005, 30.505)}
    bring(database, catalog, record_set("communities", [village]))
    before = len(trail(database))

    def people(name: str, *, replace: bool = False) -> None:
        request = ImportRequest(
            "population", tmp_path / name, "test", population=PopulationWishes(replace=replace, on=date(2025, 1, 1))
        )
        store(database, catalog, [cells(name, 113.0)], request, "1" * 64, silent)  # type: ignore[list-item]

    people("old.geojson")
    people("new.geojson", replace=True)
    share_all(database, date(2026, 1, 1), silent)
    with database.connect("owner") as connection:
        clear_source(connection, "new.geojson")
    told = [(one["action"], (one["before"] or {}).get("name")) for one in trail(database)[before:]]
    assert told == [
        ("import", None),
        ("import", None),
        ("delete", "old.geojson"),
        ("reshare", None),
        ("delete", "new.geojson"),
    ]
    (source,) = trail(database)[-2]["after"]["sources"]
    assert (source["name"], source["population"], source["given"]) == ("new.geojson", 100, 100)
