"""Terms and keys of the names that are kept, worked out anew after the rules for them have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, text

from geoservice.database.engine import Database
from geoservice.database.trail import one_entry
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.reading_sources import is_stated
from geoservice.ingest.terms import split_terms

PAGE = 5000
_PAGE = text("""
    select n.id, n.name, n.reading, n.reading_source, p.class_code from place_name n join place p on p.id = n.place_id
    where n.id > :after order by n.id limit :page
""")
# The condition is that of the index of names without keys.
_MISSING = text("""
    select n.id, n.name, n.reading, n.reading_source, p.class_code from place_name n join place p on p.id = n.place_id
    where n.alike_keys = '{}' and n.id > :after order by n.id limit :page
""")
_WRITE = text("""
    update place_name set specific = :specific, generic = :generic, alike_keys = :keys
    where id = :id and (specific, generic, alike_keys) is distinct from
                       (cast(:specific as text), cast(:generic as text), cast(:keys as text[]))
""").bindparams(bindparam("id"))


def rekey(connection: Connection, progress: Callable[[int], None]) -> int:
    """Works out the terms and keys of every name; how many there are."""
    done, after = 0, 0
    while rows := connection.execute(_PAGE, {"after": after, "page": PAGE}).all():
        _write(connection, rows)
        done += len(rows)
        after = rows[-1].id
        progress(done)
    return done


def rekey_missing(database: Database, progress: Callable[[int], None], page: int = PAGE) -> int:
    """Works out the keys of names that have none, as after an upgrade; how many there were.

    A page is a transaction of its own: what was done stays done when it is broken off, and no other work waits long.
    """
    done, after = 0, 0
    while True:
        with database.connect("owner") as connection, one_entry(connection):
            rows = connection.execute(_MISSING, {"after": after, "page": page}).all()
            if not rows:
                return done
            _write(connection, rows)
        done += len(rows)
        after = rows[-1].id
        progress(done)


def _write(connection: Connection, rows: Sequence[Any]) -> None:
    connection.execute(_WRITE, [_keyed(row) for row in rows])


def _keyed(row: Any) -> dict[str, Any]:
    terms = split_terms(row.name, row.class_code)
    reading = row.reading if is_stated(row.reading_source) else None
    return {
        "id": row.id,
        "specific": terms.specific,
        "generic": terms.generic,
        "keys": list(alike_keys(row.name, row.class_code, reading)),
    }
