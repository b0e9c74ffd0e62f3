"""Terms and keys of the names that are kept, worked out anew after the rules for them have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, TextClause, text

from geoservice.database.engine import Database
from geoservice.database.trail import one_entry
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.name_keys import KEYS_EDITION, search_keys
from geoservice.ingest.reading_sources import is_stated
from geoservice.ingest.terms import split_terms

PAGE = 5000
Progress = Callable[[int], None]


class _Kept(NamedTuple):
    """Where names are kept: a page of them, how one is keyed, and how that is written."""

    page: TextClause
    keyed: Callable[[Any], dict[str, Any]]
    write: TextClause


def _keyed(row: Any) -> dict[str, Any]:
    terms = split_terms(row.name, row.class_code)
    reading = row.reading if is_stated(row.reading_source) else None
    sought = search_keys(row.name, reading)
    return {
        "id": row.id,
        "specific": terms.specific,
        "generic": terms.generic,
        "pinyin": sought.pinyin,
        "tones": sought.tones,
        "initials": sought.initials,
        "grams": list(sought.grams),
        "keys": list(alike_keys(row.name, row.class_code, reading)),
    }


def _asked_for(row: Any) -> dict[str, Any]:
    return {"id": row.id, "keys": list(alike_keys(row.name, row.class_code, row.reading))}


_NAMES = """
    select n.id, n.name, n.reading, n.reading_source, p.class_code from place_name n join place p on p.id = n.place_id
    where {which}n.id > :after order by n.id limit :page
"""
_WRITE = text("""
    update place_name set specific = :specific, generic = :generic, pinyin = :pinyin, tones = :tones,
                          initials = :initials, grams = :grams, alike_keys = :keys
    where id = :id and (specific, generic, pinyin, tones, initials, grams, alike_keys) is distinct from
                       (cast(:specific as text), cast(:generic as text), cast(:pinyin as text), cast(:tones as text),
                        cast(:initials as text), cast(:grams as text[]), cast(:keys as text[]))
""")
_REGISTRY = _Kept(text(_NAMES.format(which="")), _keyed, _WRITE)
# The condition is that of the index of names without keys.
_WITHOUT_KEYS = _Kept(text(_NAMES.format(which="n.alike_keys = '{}' and ")), _keyed, _WRITE)
# A name counts as it was approved, where it was, with the reading that belongs to it.
_CASES = _Kept(
    text("""
        select n.id, coalesce(n.approved_name, n.name) as name, n.class_code,
               case when n.approved_name is null then coalesce(n.approved_reading, n.reading) else n.approved_reading end
                   as reading
        from case_name n where n.id > :after order by n.id limit :page
    """),
    _asked_for,
    text("""
        update case_name set alike_keys = :keys where id = :id and alike_keys is distinct from cast(:keys as text[])
    """),
)
_EDITION = text("""
    select edition, exists (select from place_name) or exists (select from case_name) as some from name_keys_edition
""")
_NOTE = text("update name_keys_edition set edition = :edition, noted_at = now() where edition < :edition")


def rekey(connection: Connection, progress: Progress) -> int:
    """Works out the terms and keys of every name, of the registry and of cases; how many there are."""
    done = 0
    for kept in (_REGISTRY, _CASES):
        after = 0
        while rows := _page(connection, kept, after, PAGE):
            done += len(rows)
            after = rows[-1].id
            progress(done)
    connection.execute(_NOTE, {"edition": KEYS_EDITION})
    return done


def rekey_missing(database: Database, progress: Progress, page: int = PAGE) -> int:
    """Works out the keys of names that have none, as after an upgrade; how many there were.

    A page is a transaction of its own: what was done stays done when it is broken off, and no other work waits long.
    """
    done = 0
    for count in _pages(database, _WITHOUT_KEYS, page):
        done += count
        progress(done)
    return done


def outdated(database: Database) -> bool:
    """Whether there are names whose keys an earlier edition of the program has made: searches and checks may miss them."""
    with database.connect("owner") as connection:
        edition, some = connection.execute(_EDITION).one()
    return bool(some) and edition < KEYS_EDITION


def rekey_outdated(
    database: Database, progress: Progress, *, begins: Callable[[int, int], None], page: int = PAGE
) -> int:
    """Works out the keys of all names where an earlier edition of the program has made them; how many there were.

    In pages as `rekey_missing`; that it is done is noted at the end, so that one that was broken off is done again.

    Parameters
    ----------
    begins
        Called once with the edition that was kept and that of the program, where there is something to do.
    """
    with database.connect("owner") as connection:
        edition, some = connection.execute(_EDITION).one()
    if edition >= KEYS_EDITION:
        return 0
    if some:
        begins(edition, KEYS_EDITION)
    done = 0
    for kept in (_REGISTRY, _CASES):
        for count in _pages(database, kept, page):
            done += count
            progress(done)
    with database.connect("owner") as connection:
        connection.execute(_NOTE, {"edition": KEYS_EDITION})
    return done


def _pages(database: Database, kept: _Kept, page: int) -> Iterator[int]:
    """How many names each page had, each in a transaction of its own."""
    after = 0
    while True:
        with database.connect("owner") as connection, one_entry(connection):
            rows = _page(connection, kept, after, page)
        if not rows:
            return
        after = rows[-1].id
        yield len(rows)


def _page(connection: Connection, kept: _Kept, after: int, page: int) -> Sequence[Any]:
    rows = connection.execute(kept.page, {"after": after, "page": page}).all()
    if rows:
        connection.execute(kept.write, [kept.keyed(row) for row in rows])
    return rows
