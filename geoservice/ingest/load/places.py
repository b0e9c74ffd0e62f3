"""Places with their names: standard, alias, abbreviation, former."""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

from geoservice.ingest.alike import alike_keys
from geoservice.ingest.load.keyed import Counts, Provenance, merge
from geoservice.ingest.load.township import resolve_townships
from geoservice.ingest.name_keys import search_keys
from geoservice.ingest.records import Notice
from geoservice.ingest.terms import split_terms

OTHER_KINDS = {"alias": "alias", "abbreviation": "abbreviation", "former_name": "former"}
_SEPARATORS = re.compile(r"[;；、,，|/]+")

_NAMES_TABLE = """
    create temporary table staged_name (
        place_key text, kind text, name text, reading text, reading_source text, romanisation text, pinyin text,
        tones text, initials text, grams text[], specific text, generic text, alike_keys text[], valid_from date, valid_to date
    ) on commit drop
"""

_RENAMED = """
    -- One standard name at a time: a later one in force ends the one before, one without a date corrects it.
    update place_name n set valid_to = s.valid_from
    from staged_name s join place p on p.key = s.place_key
    where n.place_id = p.id and n.kind = 'standard' and s.kind = 'standard' and n.name <> s.name
      and s.valid_from is not null and n.valid_to is null
      and (n.valid_from is null or n.valid_from < s.valid_from)
"""

_CORRECTED = """
    update place_name n
    set name = s.name, reading = s.reading, reading_source = s.reading_source, romanisation = s.romanisation,
        pinyin = s.pinyin, tones = s.tones, initials = s.initials, grams = s.grams, specific = s.specific,
        generic = s.generic, alike_keys = s.alike_keys, batch_id = :batch_id
    from staged_name s join place p on p.key = s.place_key
    where n.place_id = p.id and n.kind = 'standard' and s.kind = 'standard' and n.valid_to is null
      and n.name <> s.name and n.valid_from is not distinct from s.valid_from
    returning p.key
"""

_NAMES = """
    insert into place_name as n (place_id, kind, name, reading, reading_source, romanisation, pinyin, tones,
                                 initials, grams, specific, generic, alike_keys, valid_from, valid_to, classification,
                                 published, schematic, batch_id)
    select p.id, s.kind, s.name, s.reading, s.reading_source, s.romanisation, s.pinyin, s.tones, s.initials, s.grams,
           s.specific, s.generic, s.alike_keys, s.valid_from, s.valid_to, :classification, :published, :schematic, :batch_id
    from staged_name s join place p on p.key = s.place_key
    on conflict (place_id, kind, name, valid_from) do update
    set reading = excluded.reading, reading_source = excluded.reading_source, romanisation = excluded.romanisation,
        pinyin = excluded.pinyin, tones = excluded.tones, initials = excluded.initials, grams = excluded.grams,
        specific = excluded.specific, generic = excluded.generic, alike_keys = excluded.alike_keys,
        valid_to = excluded.valid_to
    where (n.reading, n.romanisation, n.pinyin, n.tones, n.initials, n.grams, n.specific, n.generic, n.alike_keys,
           n.valid_to) is distinct from
          (excluded.reading, excluded.romanisation, excluded.pinyin, excluded.tones, excluded.initials,
           excluded.grams, excluded.specific, excluded.generic, excluded.alike_keys, excluded.valid_to)
    returning n.place_id
"""


def merge_places(connection: Connection, provenance: Provenance) -> tuple[Counts, list[Notice]]:
    """Places and their names from the staging table."""
    notices = resolve_townships(connection)
    columns = {
        "key": "s.key",
        "class_code": "s.class_code",
        "code": "s.code",
        "unit_id": "s.unit_id",
        "rank": "coalesce(s.rank, 5)",
        "geom": "s.geom",
    }
    counts = merge(connection, "place", columns, provenance)
    renamed = _merge_names(connection, provenance)
    # A place whose names alone changed is a changed record too.
    more = min(len(renamed), counts.unchanged) if not counts.loaded and not counts.changed else 0
    return Counts(counts.loaded, counts.changed + more, counts.unchanged - more), notices


def _merge_names(connection: Connection, provenance: Provenance) -> set[int]:
    connection.execute(text("drop table if exists staged_name"))
    connection.execute(text(_NAMES_TABLE))
    rows = connection.execute(
        text(
            "select key, class_code, name, alias, abbreviation, former_name, reading, romanisation, valid_from, valid_to from staging"
        )
    ).mappings()
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy("copy staged_name from stdin") as copy:
        for row in rows.all():
            dates = (row["valid_from"], row["valid_to"])
            given = row["reading"] or row["romanisation"]
            copy.write_row(
                (
                    row["key"],
                    "standard",
                    *name_row(row["name"], given, row["romanisation"], row["class_code"]).values(),
                    *dates,
                )
            )
            for column, kind in OTHER_KINDS.items():
                for name in split_names(row[column], row["name"]):
                    copy.write_row(
                        (row["key"], kind, *name_row(name, None, None, row["class_code"]).values(), None, None)
                    )
    connection.execute(text(_RENAMED))
    connection.execute(text(_CORRECTED), provenance.values())
    return set(connection.execute(text(_NAMES), provenance.values()).scalars())


def name_row(name: str, reading: str | None, romanisation: str | None, class_code: str | None) -> dict[str, object]:
    """The columns of a name, in the order of the staging table; `reading` may be a romanisation."""
    keys = search_keys(name, reading)
    terms = split_terms(name, class_code)
    return {
        "name": name,
        "reading": keys.reading,
        "reading_source": "stated" if reading else ("dictionary" if keys.reading else None),
        "romanisation": romanisation,
        "pinyin": keys.pinyin,
        "tones": keys.tones,
        "initials": keys.initials,
        "grams": list(keys.grams),
        "specific": terms.specific,
        "generic": terms.generic,
        "alike_keys": list(alike_keys(name, class_code, reading)),
    }


def split_names(names: str | None, standard: str) -> list[str]:
    """Several names in one field, without doubles and without the standard name.

    Examples
    --------
    >>> split_names("石家河；石河，石家河镇", "石家河镇")
    ['石家河', '石河']
    """
    parts = (part.strip() for part in _SEPARATORS.split(names or ""))
    return list(dict.fromkeys(part for part in parts if part and part != standard))
