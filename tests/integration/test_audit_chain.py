"""The chain under attack, under load, and sealed: each tampering is found, and only that."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Barrier

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from geoservice.access.heads import Head, opened, read, size_of
from geoservice.access.sealing import present_head, seal, sealing
from geoservice.access.verifying import Finding, Verified, verify
from geoservice.database.actor import act, shell_actor
from geoservice.database.engine import SEARCH_PATH, Database
from geoservice.errors import Conflict, Unavailable

FACILITY = (
    "insert into facility (key, type, name, geom)"
    " values (:key, 'nursing_home', :key, 'SRID=4490;POINT(113.1 30.6)') returning id"
)

WRITER = shell_actor("test")


def silent(_step: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def verified(database: Database, path: Path) -> tuple[list[tuple[str, dict[str, int]]], Verified]:
    told: list[Finding] = []
    with database.connect("owner") as connection:
        found = verify(connection, path, silent, told.append)
    assert found.findings == len(told)
    for finding in told:
        assert "{" not in finding.message
        assert finding.message != f"audit.finding.{finding.kind}"
    return [(finding.kind, dict(finding.values)) for finding in told], found


def write(database: Database, *keys: str) -> None:
    """One transaction a key."""
    for key in keys:
        with database.connect(actor=WRITER) as connection:
            connection.execute(text(FACILITY), {"key": key})


def sealed(database: Database, path: Path) -> Head:
    with database.connect(actor=WRITER) as connection:
        return seal(connection, path)[0]


def tamper(database: Database, *statements: str) -> None:
    """As somebody with the owner's rights who first puts the guards to sleep."""
    with database.connect("owner") as connection:
        connection.execute(text("alter table audit_entry disable trigger user"))
        connection.execute(text("alter table audit_head disable trigger user"))
        for statement in statements:
            connection.execute(text(statement))
        connection.execute(text("alter table audit_entry enable trigger user"))
        connection.execute(text("alter table audit_head enable trigger user"))


def end(database: Database) -> int:
    with database.connect(actor=WRITER) as connection:
        return present_head(connection).seq


# Chains everything from the entry :first on anew, head included, as an attacker would.
RECHAIN = """
do $$ declare entry geoservice.audit_entry; last bytea; begin
  select hash into last from geoservice.audit_entry where seq = {first} - 1;
  for entry in select * from geoservice.audit_entry where seq >= {first} order by seq loop
    update geoservice.audit_entry set previous = last,
      hash = sha256(last || convert_to(geoservice.audit_canonical(entry), 'UTF8'))
    where id = entry.id returning hash into last;
  end loop;
  update geoservice.audit_head set hash = last, seq = (select max(seq) from geoservice.audit_entry);
end $$
"""


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    return tmp_path / "audit" / "heads.jsonl"


def test_an_untouched_chain_is_whole(database: Database, heads: Path) -> None:
    sealed(database, heads)
    write(database, *"abcdef")
    sealed(database, heads)
    findings, found = verified(database, heads)
    assert findings == []
    assert found.entries == found.seq == end(database) >= 6
    assert found.heads == 2


FIELDS = [
    ("at", "at + interval '1 microsecond'"),
    ("actor", "'li'"),
    ("roles", "'administrator'"),
    ("database_user", "'postgres'"),
    ("request_id", "'x'"),
    ("action", "'delete'"),
    ("table_name", "'road'"),
    ("key", "'99'"),
    ("before", "'{}'"),
    ("after", 'after || \'{"name": "别名"}\''),
    ("after", "null"),
    ("reason", "''"),
    ("batch_id", "1"),
    ("id", "id + 1000000"),
]


@pytest.mark.parametrize(("column", "value"), FIELDS)
def test_each_altered_field_is_found(database: Database, heads: Path, column: str, value: str) -> None:
    write(database, *"abc")
    middle = end(database) - 1
    tamper(database, f"update audit_entry set {column} = {value} where seq = {middle}")
    findings, _ = verified(database, heads)
    assert [(kind, values["seq"]) for kind, values in findings] == [("altered", middle)]


def test_an_altered_hash_is_found(database: Database, heads: Path) -> None:
    write(database, *"abc")
    middle = end(database) - 1
    tamper(database, f"update audit_entry set hash = sha256('x') where seq = {middle}")
    findings, _ = verified(database, heads)
    assert [(kind, values["seq"]) for kind, values in findings] == [("altered", middle), ("unlinked", middle + 1)]


def test_an_entry_whose_own_hash_was_made_fitting_is_found(database: Database, heads: Path) -> None:
    write(database, *"abc")
    middle = end(database) - 1
    tamper(
        database,
        f"update audit_entry set actor = 'li' where seq = {middle}",
        f"update audit_entry e set hash = sha256(previous || convert_to(geoservice.audit_canonical(e), 'UTF8'))"
        f" where seq = {middle}",
    )
    findings, _ = verified(database, heads)
    assert findings == [("unlinked", {"seq": middle + 1})]


def test_deleted_entries_in_the_middle_are_found(database: Database, heads: Path) -> None:
    write(database, *"abcdef")
    last = end(database)
    tamper(database, f"delete from audit_entry where seq in ({last - 3}, {last - 2})")
    findings, _ = verified(database, heads)
    assert findings == [("missing", {"first": last - 3, "last": last - 2})]


def test_a_deleted_beginning_is_found(database: Database, heads: Path) -> None:
    write(database, "a")
    tamper(database, "delete from audit_entry where seq = 1")
    assert verified(database, heads)[0] == [("missing", {"first": 1, "last": 1})]


def test_a_deleted_tail_is_found_by_the_head(database: Database, heads: Path) -> None:
    write(database, *"abc")
    last = end(database)
    tamper(database, f"delete from audit_entry where seq >= {last - 1}")
    assert verified(database, heads)[0] == [("cut_off", {"first": last - 1, "last": last})]


def test_a_tail_deleted_with_its_head_is_found_by_what_was_sealed(database: Database, heads: Path) -> None:
    write(database, *"abc")
    last = end(database)
    sealed(database, heads)
    tamper(
        database,
        f"delete from audit_entry where seq >= {last - 1}",
        f"update audit_head set seq = {last - 2}, hash = (select hash from audit_entry where seq = {last - 2})",
    )
    assert verified(database, heads)[0] == [("cut_off", {"first": last - 1, "last": last})]
    assert verified(database, heads.with_name("none"))[0] == []  # it is the sealed head that tells
    write(database, "d", "e", "f")
    assert verified(database, heads)[0] == [("sealed", {"seq": last})]


def test_a_chain_written_anew_is_found_by_what_was_sealed(database: Database, heads: Path) -> None:
    write(database, *"abc")
    middle = end(database) - 1
    sealed(database, heads)
    write(database, "d")
    tamper(database, f"update audit_entry set actor = 'li' where seq = {middle}", RECHAIN.format(first=middle))
    assert verified(database, heads)[0] == [("sealed", {"seq": middle + 1})]
    assert verified(database, heads.with_name("none"))[0] == []
    with pytest.raises(Conflict, match="不在本库的审计链"):
        sealed(database, heads)


def test_swapped_entries_are_found(database: Database, heads: Path) -> None:
    write(database, *"abcd")
    one = end(database) - 2
    tamper(
        database,
        f"update audit_entry set seq = -1 where seq = {one}",
        f"update audit_entry set seq = {one} where seq = {one + 1}",
        f"update audit_entry set seq = {one + 1} where seq = -1",
    )
    kinds = {(kind, values["seq"]) for kind, values in verified(database, heads)[0]}
    assert kinds >= {("altered", one), ("altered", one + 1), ("unlinked", one)}


def test_an_entry_written_around_the_chain_is_found(database: Database, heads: Path) -> None:
    write(database, "a")
    tamper(
        database,
        "insert into audit_entry (at, actor, roles, database_user, action) values (now(), 'li', '', 'li', 'update')",
    )
    ((kind, _),) = verified(database, heads)[0]
    assert kind == "unchained"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("update audit_head set hash = sha256('x')", "head"),
        ("update audit_head set seq = seq - 1", "head"),
        ("update audit_head set seq = seq + 1", "cut_off"),
        ("update audit_head set chain = gen_random_uuid()", "unlinked"),
        ("delete from audit_head", "no_head"),
    ],
)
def test_a_head_that_does_not_fit_is_found(database: Database, heads: Path, statement: str, kind: str) -> None:
    write(database, "a", "b")
    tamper(database, statement)
    assert [found for found, _ in verified(database, heads)[0]] == [kind]


def test_without_a_head_nothing_is_written(database: Database) -> None:
    tamper(database, "delete from audit_head")
    with pytest.raises(Exception, match="no rows"):
        write(database, "a")
    with database.connect("reader") as connection:
        assert connection.execute(text("select count(*) from facility")).scalar_one() == 0


def spoil(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        path.write_text("".join(change(path.read_text().splitlines(keepends=True))))

    return apply


def with_seq(line: str, seq: int, **more: object) -> str:
    return json.dumps({**json.loads(line), "seq": seq, **more}) + "\n"


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (spoil(lambda lines: lines), []),
        (spoil(lambda lines: lines[:1]), []),
        (spoil(lambda lines: [lines[1], lines[0]]), ["backwards"]),
        (spoil(lambda lines: [*lines, lines[0]]), ["backwards"]),
        (spoil(lambda lines: [*lines, lines[1]]), ["backwards"]),
        (spoil(lambda lines: [lines[0], "{broken\n", lines[1]]), ["unreadable"]),
        (spoil(lambda lines: [*lines, '{"seq": 1, "half']), ["unreadable"]),
        (spoil(lambda lines: [*lines, "[]\n", "7\n", "null\n", '"x"\n']), ["unreadable"] * 4),
        (spoil(lambda lines: [*lines, with_seq(lines[1], -1)]), ["unreadable"]),
        (spoil(lambda lines: [with_seq(lines[0], 1, chain="another"), lines[1]]), ["other_chain"]),
        (spoil(lambda lines: [with_seq(lines[0], 1, hash="00"), lines[1]]), ["sealed"]),
        (spoil(lambda lines: [*lines, with_seq(lines[1], 10**9)]), ["cut_off"]),
        (spoil(lambda _: ["\n", "\n"]), []),
    ],
)
def test_the_file_is_looked_at_too(
    database: Database, heads: Path, change: Callable[[Path], None], kinds: list[str]
) -> None:
    write(database, "a")
    sealed(database, heads)
    write(database, "b")
    sealed(database, heads)
    change(heads)
    assert [kind for kind, _ in verified(database, heads)[0]] == kinds


def test_the_beginning_can_be_sealed(database: Database, heads: Path) -> None:
    tamper(
        database,
        "delete from audit_entry",
        "update audit_head set seq = 0, hash = sha256(convert_to(chain::text, 'UTF8'))",
    )
    assert sealed(database, heads).seq == 0
    write(database, "a")
    assert sealed(database, heads).seq == 1
    findings, found = verified(database, heads)
    assert (findings, found.heads, found.entries) == ([], 2, 1)


def test_sealing_appends_only_what_moved_for_its_owner_alone(database: Database, heads: Path) -> None:
    write(database, "a")
    with database.connect(actor=WRITER) as connection:
        assert seal(connection, heads)[1]
        assert not seal(connection, heads)[1]
    assert stat.S_IMODE(heads.stat().st_mode) == 0o600
    assert stat.S_IMODE(heads.parent.stat().st_mode) == 0o700
    first = heads.read_bytes()
    write(database, "b")
    sealed(database, heads)
    assert heads.read_bytes().startswith(first)
    assert [head and head.seq for _, head in read(heads, size_of(heads))] == [end(database) - 1, end(database)]


def test_sealing_goes_on_after_a_torn_line(database: Database, heads: Path) -> None:
    write(database, "a")
    sealed(database, heads)
    with heads.open("ab") as file:
        file.write(b'{"chain": "')
    write(database, "b")
    sealed(database, heads)
    assert [head is not None for _, head in read(heads, size_of(heads))] == [True, False, True]


def test_lines_after_the_snapshot_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "heads"
    head = Head("c", 1, "00", "2026-01-01T00:00:00Z")
    with opened(path) as file:
        file.append(head)
    size = size_of(path)
    with opened(path) as file:
        file.append(Head("c", 2, "00", "2026-01-01T00:01:00Z"))
    assert list(read(path, size)) == [(1, head)]
    assert list(read(path, 0)) == []


def test_a_file_that_cannot_be_written_is_told(database: Database, tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file in the place of the folder")
    with pytest.raises(Unavailable, match="audit"):
        sealed(database, tmp_path / "audit" / "heads.jsonl")


def test_sealing_while_a_service_runs(database: Database, heads: Path) -> None:
    with sealing(database, heads, 0.05):
        write(database, "a")
    write_after = end(database)
    assert [head and head.seq for _, head in read(heads, size_of(heads))][-1] == write_after
    size = size_of(heads)
    write(database, "b")
    with sealing(database, heads, 0):
        pass
    assert size_of(heads) == size


def test_two_hundred_writers_on_the_same_records(database: Database, heads: Path) -> None:
    """No update is lost, each has its entry, and the chain does not fork."""
    write(database, *"abc")
    before = end(database)
    engine = create_engine(
        database.url("application"),
        connect_args={"options": f"-csearch_path={SEARCH_PATH}"},
        pool_size=16,
        max_overflow=0,
        pool_timeout=120,
    )
    random = Random(7)
    plan = [(number, random.choice("abc")) for number in range(200)]

    def update(task: tuple[int, str]) -> None:
        number, key = task
        with engine.begin() as connection:
            act(connection, replace(WRITER, name=f"writer-{number}"))
            connection.execute(text("set local timezone = 'America/New_York'" if number % 2 else "select 1"))
            connection.execute(
                text("update facility set address = :address where key = :key"), {"address": str(number), "key": key}
            )

    with sealing(database, heads, 0.02), ThreadPoolExecutor(16) as pool:
        list(pool.map(update, plan))
    engine.dispose()
    findings, found = verified(database, heads)
    assert findings == []
    assert found.seq == before + 200
    assert found.heads >= 2
    with database.connect("owner") as connection:
        versions = {row.key: row.version for row in connection.execute(text("select key, version from facility"))}
        chained = connection.execute(
            text(
                "select after ->> 'key', (before ->> 'version')::int, (after ->> 'version')::int from audit_entry"
                " where action = 'update' and table_name = 'facility' order by seq"
            )
        ).all()
        actors = connection.execute(
            text("select count(distinct actor) from audit_entry where action = 'update'")
        ).scalar_one()
    assert versions == {key: 1 + sum(wanted == key for _, wanted in plan) for key in "abc"}
    assert actors == 200
    # Each record's entries follow each other in the order of its versions.
    for key in "abc":
        steps = [(was, became) for name, was, became in chained if name == key]
        assert steps == [(number, number + 1) for number in range(1, versions[key])]


def test_only_one_of_many_wins_with_the_version_that_all_have_read(database: Database) -> None:
    write(database, "a")
    engine = create_engine(
        database.url("application"), connect_args={"options": f"-csearch_path={SEARCH_PATH}"}, pool_size=16
    )
    barrier = Barrier(16)

    def update(number: int) -> int:
        with engine.begin() as connection:
            act(connection, WRITER)
            barrier.wait(timeout=60)
            statement = "update facility set address = :address where key = 'a' and version = 1"
            return connection.execute(text(statement), {"address": str(number)}).rowcount

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(update, range(16))) == [0] * 15 + [1]
    engine.dispose()


def test_under_repeatable_read_a_fork_is_refused(database: Database, heads: Path) -> None:
    write(database, "a", "b")
    engine = create_engine(
        database.url("application"),
        connect_args={"options": f"-csearch_path={SEARCH_PATH}"},
        isolation_level="REPEATABLE READ",
    )
    with engine.connect() as late:
        act(late, WRITER)
        late.execute(text("select count(*) from facility"))
        write(database, "c")
        late.execute(text("update facility set beds = 1 where key = 'a'"))
        with pytest.raises(OperationalError, match="could not serialize"):
            late.commit()
    engine.dispose()
    findings, _ = verified(database, heads)
    assert findings == []
    with database.connect("reader") as connection:
        assert connection.execute(text("select beds from facility where key = 'a'")).scalar_one() is None


def test_the_order_of_the_chain_is_that_of_the_commits(database: Database, heads: Path) -> None:
    """A transaction that began first and ends last stands last; nobody waits before the end."""
    with database.connect(actor=WRITER) as slow:
        slow.execute(text(FACILITY), {"key": "slow"})
        write(database, "quick")
    assert verified(database, heads)[0] == []
    with database.connect("owner") as connection:
        keys = connection.execute(
            text("select after ->> 'key' from audit_entry where table_name = 'facility' order by seq")
        ).scalars()
        assert list(keys) == ["quick", "slow"]


def test_many_entries_of_one_transaction(database: Database, heads: Path) -> None:
    with database.connect(actor=WRITER) as connection:
        connection.execute(
            text(
                "insert into facility (key, type, name, geom) select 'k' || n, 'nursing_home', 'n',"
                " 'SRID=4490;POINT(113 30)' from generate_series(1, 3000) n"
            )
        )
    findings, found = verified(database, heads)
    assert findings == []
    assert found.entries >= 3000


def test_the_commands(database: Database, heads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from geoservice.cli import app, audit
    from tests.builders import given_database

    given_database(monkeypatch, audit, database, heads)
    run = CliRunner().invoke
    write(database, "a", "b")
    assert run(app, ["audit", "seal"]).exit_code == 0
    told = json.loads(run(app, ["audit", "seal", "--json"]).stdout)
    assert (told["seq"], told["written"]) == (end(database), False)
    good = run(app, ["audit", "verify", "--json"])
    assert (good.exit_code, json.loads(good.stdout)["findings"]) == (0, [])
    shown = json.loads(run(app, ["audit", "show", "--table", "facility", "--limit", "1", "--json"]).stdout)["items"]
    assert [one["after"]["key"] for one in shown] == ["b"]
    assert "facility" in run(app, ["audit", "show", "--table", "facility", "--since", "2020-01-01"]).stdout
    assert run(app, ["audit", "show", "--table", "nothing"]).exit_code == 2
    tamper(database, "update audit_entry set actor = 'li' where seq = 1")
    bad = run(app, ["audit", "verify", "--json"])
    assert (bad.exit_code, [one["kind"] for one in json.loads(bad.stdout)["findings"]]) == (1, ["altered"])
    assert run(app, ["audit", "verify"]).exit_code == 1
    heads.unlink()
    assert run(app, ["audit", "verify", "--heads", str(heads)]).exit_code == 2
