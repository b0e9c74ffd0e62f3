"""The parts of a record written anew: the names of a place, the code of a community or a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from geoservice.editing.kept import CODE_FIELDS, NAME_KINDS, Kept, Part
from geoservice.editing.reading import Row, main_code, plain, standard_name
from geoservice.ingest.load.places import name_row, split_names
from geoservice.ingest.reading_sources import DICTIONARY

LOCAL = "local"
UNSTATED = "unstated"
OFFICER = "officer"


def write_parts(
    connection: Connection, kept: Kept, owner: Row, values: Mapping[str, Any], marks: Mapping[str, Any]
) -> None:
    """Brings the parts of a record to what its fields say.

    Parameters
    ----------
    owner
        The record's row.
    values
        All declared fields, typed.
    marks
        Level, publication and origin that new names get.
    """
    for part in kept.parts:
        key = owner[part.of]
        rows = connection.execute(select(part.table).where(part.table.c[part.owner] == key)).mappings().all()
        if "name" in kept.elsewhere:
            _write_names(connection, part, key, rows, values, marks)
        else:
            _write_code(connection, kept, part, key, rows, values)


def delete_parts(connection: Connection, kept: Kept, record_id: int) -> None:
    """Takes the parts of a record out; the codes of a unit stay with the unit."""
    for part in kept.parts:
        if part.of == "id":
            connection.execute(delete(part.table).where(part.table.c[part.owner] == record_id))


def _write_code(
    connection: Connection, kept: Kept, part: Part, key: int, rows: Sequence[Row], values: Mapping[str, Any]
) -> None:
    given = {column: values[name] for name, column in CODE_FIELDS.items()}
    if given["code"] is None:
        if rows:
            return
        given = {"code": token_hex(8), "system": LOCAL, "edition": UNSTATED}
    kept_code = main_code(kept, rows)
    if kept_code is None:
        connection.execute(insert(part.table).values({part.owner: key, **given}))
    elif any(kept_code[name] != value for name, value in given.items()):
        connection.execute(update(part.table).where(part.table.c.id == kept_code["id"]).values(given))


def _write_names(
    connection: Connection,
    part: Part,
    key: int,
    rows: Sequence[Row],
    values: Mapping[str, Any],
    marks: Mapping[str, Any],
) -> None:
    standard = standard_name(rows)
    # A dictionary's reading that nobody has touched confirms nothing: all readings are searched as before.
    source = _source(standard, values)
    guess = source == DICTIONARY and standard is not None and values["reading"] == standard["reading"]
    stated = (None if guess else values["reading"]) or values["romanisation"]
    given = name_row(values["name"], stated, values["romanisation"], values["class_code"], source)
    given |= {name: values[name] for name in ("valid_from", "valid_to")}
    if standard is None:
        _insert(connection, part, key, "standard", given, marks)
    else:
        changed = {name: value for name, value in given.items() if plain(standard[name]) != plain(value)}
        if changed:
            connection.execute(update(part.table).where(part.table.c.id == standard["id"]).values(changed))
    for field, kind in NAME_KINDS.items():
        if kind != "standard":
            wanted = split_names(values[field], values["name"])
            present = [one for one in rows if one["kind"] == kind and (kind == "former" or one["valid_to"] is None)]
            for gone in (one["id"] for one in present if one["name"] not in wanted):
                connection.execute(delete(part.table).where(part.table.c.id == gone))
            for name in wanted:
                if name not in {one["name"] for one in present}:
                    _insert(connection, part, key, kind, name_row(name, None, None, values["class_code"]), marks)


def _source(standard: Row | None, values: Mapping[str, Any]) -> str | None:
    """Whose word the reading is then: as chosen, the officer's where it was typed, the one of before where nothing changed."""
    chosen: str | None = values["reading_source"]
    if standard is None:
        return chosen or OFFICER
    if chosen != standard["reading_source"]:
        return chosen or OFFICER
    same = values["name"] == standard["name"] and values["reading"] == standard["reading"]
    return chosen if same or not values["reading"] else OFFICER


def _insert(
    connection: Connection, part: Part, key: int, kind: str, given: Mapping[str, Any], marks: Mapping[str, Any]
) -> None:
    connection.execute(insert(part.table).values({part.owner: key, "kind": kind, **given, **marks}))
