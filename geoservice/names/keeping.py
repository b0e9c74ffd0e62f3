"""Terms and keys of the names that are kept, worked out anew after the rules for them have changed."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, bindparam, text

from geoservice.ingest.alike import alike_keys
from geoservice.ingest.reading_sources import is_stated
from geoservice.ingest.terms import split_terms

PAGE = 5000
_PAGE = text("""
    select n.id, n.name, n.reading, n.reading_source, p.class_code from place_name n join place p on p.id = n.place_id
    where n.id > :after order by n.id limit :page
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
        connection.execute(
            _WRITE,
            [
                {
                    "id": row.id,
                    "specific": (terms := split_terms(row.name, row.class_code)).specific,
                    "generic": terms.generic,
                    "keys": list(
                        alike_keys(row.name, row.class_code, row.reading if is_stated(row.reading_source) else None)
                    ),
                }
                for row in rows
            ],
        )
        done += len(rows)
        after = rows[-1].id
        progress(done)
    return done
