"""Names without keys, as an upgrade leaves them, get theirs in pages; those that have keys are left alone."""

from __future__ import annotations

from sqlalchemy import text

from geoservice.database.engine import Database
from geoservice.ingest.alike import alike_keys
from geoservice.names.keeping import rekey_missing
from tests.builders_api import make_place


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
