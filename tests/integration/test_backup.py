"""A backup holds everything, is tried out beside the data in use, takes their place, and can be exchanged back."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.database.actor import SYSTEM
from geoservice.database.backup import manifest
from geoservice.database.backup.restoring import PREVIOUS, RESTORING, restore, undo, verify
from geoservice.database.backup.saving import back_up, table_counts
from geoservice.database.engine import Database
from geoservice.database.prepare import prepare
from geoservice.errors import BadInput, Conflict
from tests.builders_api import make_place, make_unit, square
from tests.people import add_person


@pytest.fixture
def county(new_database: Callable[..., Database]) -> Database:
    database = new_database()
    with database.connect("owner") as connection:
        unit = make_unit(connection, "东城镇", square(113, 30, 0.4))
        for name in ("干驿镇", "𣲗源口", "佛子山"):
            make_place(connection, name, 113.0, 30.0, unit_id=unit)
        make_place(connection, "内部地名", 113.0, 30.0, classification="internal", published=False)
    add_person(database, "zhang", "clerk")
    database.dispose()
    return database


def names(database: Database) -> list[str]:
    with database.connect("owner") as connection:
        return list(connection.execute(text("select name from place_name order by id")).scalars())


def databases(database: Database) -> set[str]:
    with database.connect("superuser") as connection:
        return set(connection.execute(text("select datname from pg_database")).scalars())


def forget(database: Database) -> None:
    with database.connect("owner") as connection:
        connection.execute(text("delete from place_name"))
    database.dispose()


def test_what_is_backed_up_comes_back_and_can_be_exchanged(county: Database, catalog: Catalog, tmp_path: Path) -> None:
    file = tmp_path / "天门 2026.dump"
    before = names(county)
    steps: list[tuple[str, int, int]] = []
    made = back_up(county, file, lambda *step: steps.append(step))
    assert made.counts["place_name"] == 4
    assert made.counts["account"] == 1
    assert steps[-1][1] == steps[-1][2] > 30
    for path in (file, manifest.path_of(file)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert verify(county, file) == made
    forget(county)
    with pytest.raises(Conflict) as refused:
        restore(county, file)
    assert refused.value.code == "backup.not-empty"
    county.dispose()
    assert restore(county, file, replace=True).previous == PREVIOUS
    prepare(county, catalog)
    assert names(county) == before
    with county.connect() as connection:  # nobody who has signed in: the policies came back too
        assert connection.execute(text("select count(*) from place_name")).scalar_one() == 3
    with county.connect(actor=SYSTEM) as connection:
        assert connection.execute(text("select count(*) from place_name")).scalar_one() == 4
        connection.execute(text("update place set rank = 3"))
    county.dispose()
    undo(county)
    assert names(county) == []
    county.dispose()
    undo(county)
    assert names(county) == before
    assert RESTORING not in databases(county)
    county.dispose()


def test_nothing_changes_where_the_backup_is_not_as_it_was(county: Database, tmp_path: Path) -> None:
    file = tmp_path / "county.dump"
    made = back_up(county, file)
    whole = file.read_bytes()
    for content in (whole[:-7], whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:]):
        file.write_bytes(content)
        with pytest.raises(BadInput) as refused:
            restore(county, file, replace=True)
        assert refused.value.code == "backup.changed"
    file.write_bytes(whole)
    told = json.loads(manifest.path_of(file).read_text("utf-8"))
    for change, code in (
        ({"counts": {**made.counts, "place": 77}}, "backup.other-count"),
        ({"revision": "9999"}, "database.newer"),
        ({"format": 9}, "backup.other-format"),
        ({"unknown": 1}, "backup.bad-manifest"),
    ):
        manifest.path_of(file).write_text(json.dumps({**told, **change}), "utf-8")
        with pytest.raises((BadInput, Conflict)) as wrong:
            restore(county, file, replace=True)
        assert wrong.value.code == code
        assert len(names(county)) == 4
        county.dispose()
        assert RESTORING not in databases(county)
        county.dispose()
    manifest.path_of(file).unlink()
    with pytest.raises(BadInput) as refused:
        verify(county, file)
    assert refused.value.code == "backup.no-manifest"


def test_neither_over_a_file_nor_under_somebody_at_work(county: Database, tmp_path: Path) -> None:
    file = tmp_path / "county.dump"
    back_up(county, file)
    for wanted, code in ((file, "backup.exists"), (tmp_path / "no" / "a.dump", "backup.no-folder")):
        with pytest.raises(BadInput) as refused:
            back_up(county, wanted)
        assert refused.value.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["county.dump", "county.dump.json"]
    other = Database(county.settings, name=county.name)
    with other.connect("owner") as connection:
        connection.execute(text("select 1"))
        with pytest.raises(Conflict) as busy:
            restore(county, file, replace=True)
    assert busy.value.code == "backup.busy"
    other.dispose()
    assert len(names(county)) == 4
    county.dispose()


def test_the_backup_is_of_one_moment(county: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from geoservice.database.backup import saving

    counted = table_counts

    def meanwhile(connection: object) -> dict[str, int]:
        found = counted(connection)  # type: ignore[arg-type]
        later = Database(county.settings, name=county.name)
        with later.connect("owner") as other:
            make_place(other, "后来的", 113.0, 30.0)
        later.dispose()
        return found

    monkeypatch.setattr(saving, "table_counts", meanwhile)
    made = back_up(county, tmp_path / "county.dump")
    assert made.counts["place"] == 4
    assert verify(county, tmp_path / "county.dump") == made
    assert len(names(county)) == 5
    county.dispose()


def test_at_the_shell_what_is_wrong_is_told() -> None:
    shell = CliRunner()
    assert shell.invoke(app, ["db", "restore"]).exit_code == 2
    assert shell.invoke(app, ["db", "restore", "a.dump", "--undo"]).exit_code == 2
    missing = shell.invoke(app, ["db", "verify", "/nonexistent/a.dump"])
    assert missing.exit_code == 2
    assert "没有备份文件" in missing.output
