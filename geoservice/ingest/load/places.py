"""Places with their names: standard, alias, abbreviation, former, on the map."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Connection, text

from geoservice.ingest.alike import alike_keys
from geoservice.ingest.dated_names import parse_dated
from geoservice.ingest.load.keyed import Counts, Provenance, merge
from geoservice.ingest.load.township import resolve_townships
from geoservice.ingest.name_keys import parse_reading, search_keys
from geoservice.ingest.place_codes import DIGITS
from geoservice.ingest.reading_sources import DICTIONARY, has_tones
from geoservice.ingest.records import Notice
from geoservice.ingest.terms import split_terms

OTHER_KINDS = {"alias": "alias", "abbreviation": "abbreviation", "former_name": "former", "map_name": "map"}
_SEPARATORS = re.compile(r"[;；、,，|/]+")

_NAMES_TABLE = """
    create temporary table staged_name (
        place_key text, kind text, name text, reading text, reading_source text, romanisation text, pinyin text,
        tones text, initials text, grams text[], specific text, generic text, alike_keys text[], valid_from date, valid_to date
    ) on commit drop
"""

_SAME_NAME = """
    n.place_id = p.id and n.kind = 'standard' and s.kind = 'standard' and n.name = s.name and n.valid_to is null
"""
# A list without dates leaves the day of the naming; one that knows it tells it of the name that is there.
_UNDATED = f"""
    update staged_name s set valid_from = n.valid_from from place_name n, place p
    where p.key = s.place_key and {_SAME_NAME} and s.valid_from is null
"""  # noqa: S608 - a constant
_DATED = f"""
    update place_name n set valid_from = s.valid_from, batch_id = :batch_id
    from staged_name s join place p on p.key = s.place_key
    where {_SAME_NAME} and n.valid_from is null and s.valid_from is not null
    returning n.place_id
"""  # noqa: S608 - a constant

# The same of other names; a former one that is there as an ended standard name is there already.
_DAYS_KEPT = """
    update staged_name s set valid_from = n.valid_from, valid_to = n.valid_to
    from place p, lateral (
        select o.valid_from, o.valid_to, o.kind, o.name from place_name o where o.place_id = p.id
        order by o.valid_to desc nulls first, o.id
    ) n
    where p.key = s.place_key and s.kind not in ('standard', 'earlier') and s.valid_from is null and s.valid_to is null
      and n.kind = s.kind and n.name = s.name
"""
_KNOWN_FORMER = """
    delete from staged_name s using place p, place_name n
    where p.key = s.place_key and n.place_id = p.id and s.kind = 'former' and s.valid_from is null and s.valid_to is null
      and n.kind = 'standard' and n.valid_to is not null and n.name = s.name
"""
_EARLIER = "update staged_name set kind = 'standard' where kind = 'earlier'"

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


# What a list does not tell stays as it is.
_KEPT = (
    "extent", "usage", "established", "abolished", "elevation_m", "survey_method", "units_stated", "meaning", "origin",
    "history", "allusion", "overview", "language", "ethnic_writing", "generic_romanisation", "map_sheet", "map_scale",
    "sign_count", "documents", "remark", "registered_on", "registered_by", "registered_office",
)  # fmt: skip

# A census writes the unit in words: the one township that a row names decides where no code does.
_STATED_UNIT = """
    update staging s set township_name = u.name
    from (select s.source_row, min(v.name) as name
          from staging s join unit_version v on v.level = 'township' and v.valid_to is null
              and right(btrim(s.units_stated), length(v.name)) = v.name
          where s.township_code is null and s.township_name is null and s.units_stated !~ '[;；、,，|/]'
          group by 1 having count(distinct v.name) = 1) u
    where u.source_row = s.source_row
"""

# Place-name codes begin with the ministry's code of the township; a position is believed first.
_CODED_UNIT = """
    update staging s set unit_id = c.unit_id from unit_code c
    where s.unit_id is null and s.township_code is null and s.township_name is null
      and c.system = 'mca' and c.code = left(s.code, 9)
      and (select count(distinct o.unit_id) from unit_code o where o.system = 'mca' and o.code = c.code) = 1
"""

# A historic name is not in force: it ended in the year that is given, else by the day on which it was registered so.
_ENDED = r"""
    update staging s set valid_to = e.day
    from (
        select s.source_row,
               coalesce(make_date(cast(substring(s.abolished from '^\s*(1[0-9]{3}|20[0-9]{2})(?![0-9])') as integer), 1, 1),
                        case when s.usage = 'historic' then
                            coalesce((select max(n.valid_to) from place_name n join place p on p.id = n.place_id
                                      where p.key = s.key and n.kind = 'standard' and n.name = s.name),
                                     s.registered_on, current_date) end) as day
        from staging s where s.valid_to is null and s.usage is distinct from 'current'
    ) e
    where e.source_row = s.source_row and e.day is not null and (s.valid_from is null or s.valid_from < e.day)
    returning s.source_row, s.usage, substring(s.abolished from '^\s*[0-9]{4}')
"""
_CONTRADICTING = r"""
    select count(*), min(source_row) from staging where usage = 'current' and abolished ~ '^\s*(1[0-9]{3}|20[0-9]{2})'
"""
_OTHER_CLASS = """
    select count(*), min(source_row), min(code) from staging
    where length(code) = 20 and left(substr(code, 10, 5), length(class_code)) <> class_code
"""


def merge_places(connection: Connection, provenance: Provenance) -> tuple[Counts, list[Notice]]:
    """Places and their names from the staging table."""
    connection.execute(text(_STATED_UNIT))
    notices = [*_ended(connection), *_doubtful(connection), *resolve_townships(connection)]
    connection.execute(text(_CODED_UNIT))
    columns = {
        "key": "s.key",
        "class_code": "s.class_code",
        "code": "s.code",
        "unit_id": "s.unit_id",
        "rank": "coalesce(s.rank, 5)",
        "geom": "s.geom",
        **{name: f's."{name}"' if name == "extent" else _as_before(name) for name in _KEPT},
    }
    counts = merge(connection, "place", columns, provenance)
    renamed = _merge_names(connection, provenance)
    # A place whose names alone changed is a changed record too.
    more = min(len(renamed), counts.unchanged) if not counts.loaded and not counts.changed else 0
    return Counts(counts.loaded, counts.changed + more, counts.unchanged - more), notices


def _as_before(name: str) -> str:
    return f'coalesce(s."{name}", (select p."{name}" from place p where p.key = s.key))'  # noqa: S608 - names from the list above


def _ended(connection: Connection) -> list[Notice]:
    """Ends historic names; told are those whose end nobody has written down."""
    rows = connection.execute(text(_ENDED)).all()
    by_year = [row for row in rows if row[2]]
    others = sorted(row[0] for row in rows if not row[2])
    notices = []
    if by_year:
        notices.append(Notice(None, "import.ended-by-year", {"count": len(by_year)}))
    if others:
        notices.append(Notice(None, "import.ended-unknown", {"count": len(others), "first": others[0]}))
    return notices


def _doubtful(connection: Connection) -> list[Notice]:
    """Rows that say two things that do not go together."""
    count, first = connection.execute(text(_CONTRADICTING)).one()
    notices = [Notice(None, "import.current-abolished", {"count": count, "first": first})] if count else []
    count, first, code = connection.execute(text(_OTHER_CLASS)).one()
    return (
        [*notices, Notice(None, "import.place-code-other", {"count": count, "first": first, "code": code})]
        if count
        else notices
    )


def _merge_names(connection: Connection, provenance: Provenance) -> set[int]:
    connection.execute(text("drop table if exists staged_name"))
    connection.execute(text(_NAMES_TABLE))
    rows = connection.execute(
        text(
            "select key, class_code, code, name, alias, abbreviation, former_name, map_name, reading, reading_source, romanisation,"
            " valid_from, valid_to from staging"
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
                    *name_row(row["name"], given, row["romanisation"], row["class_code"], _source(row)).values(),
                    *dates,
                )
            )
            for column, kind in OTHER_KINDS.items():
                for one in map(parse_dated, split_names(row[column], row["name"])):
                    words = name_row(one.name, None, None, row["class_code"]).values()
                    which = "earlier" if one.standard and kind == "former" else kind
                    copy.write_row((row["key"], which, *words, one.valid_from, one.valid_to))
    connection.execute(text(_UNDATED))
    connection.execute(text(_DAYS_KEPT))
    connection.execute(text(_KNOWN_FORMER))
    dated = connection.execute(text(_DATED), provenance.values()).scalars().all()
    connection.execute(text(_RENAMED))
    connection.execute(text(_CORRECTED), provenance.values())
    connection.execute(text(_EARLIER))
    return {*dated, *connection.execute(text(_NAMES), provenance.values()).scalars()}


def _source(row: Any) -> str:
    """Whose word the reading is: as the row says; a toned spelling of what has a place-name code is the national base's."""
    if row["reading_source"]:
        return str(row["reading_source"])
    coded = len(row["code"] or "") == DIGITS
    return "national_base" if coded and has_tones(row["reading"] or row["romanisation"]) else "stated"


def name_row(
    name: str, reading: str | None, romanisation: str | None, class_code: str | None, source: str | None = None
) -> dict[str, object]:
    """The columns of a name, in the order of the staging table.

    Parameters
    ----------
    reading
        As it was stated; a romanisation will do. One that does not fit the name is no reading.
    source
        Whose word that is (layers/codes/reading_sources.toml); by default the source's.
    """
    fits = bool(reading) and source != DICTIONARY and parse_reading(name, reading or "") is not None
    keys = search_keys(name, reading)
    terms = split_terms(name, class_code)
    return {
        "name": name,
        "reading": keys.reading,
        "reading_source": (source or "stated") if fits else (DICTIONARY if keys.reading else None),
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
