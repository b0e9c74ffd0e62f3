"""Loads the turn restrictions that came with roads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, text

from geoservice.ingest.load.keyed import Provenance, merge
from geoservice.ingest.load.staging import TABLE, copy_rows
from geoservice.ingest.records import Turn

ROADS = f"{TABLE}_roads"
COLUMNS = {
    "key": "text",
    "kind": "text",
    "from_ways": "text[]",
    "via_nodes": "bigint[]",
    "via_ways": "text[]",
    "to_ways": "text[]",
    "modes": "text[]",
    "condition": "text",
}

# The file says all that there is to say of its ways: what it names no more is gone.
_GONE = f"""
    delete from turn_restriction t
    where not exists (select from {TABLE} s where s.key = t.key)
      and exists (select from {ROADS} r where substring(r.key from '^osm:way/[0-9]+') = any (t.from_ways))
"""  # noqa: S608 - names from above


def load_turns(connection: Connection, turns: Iterable[Turn], provenance: Provenance) -> dict[str, int]:
    """Merges the restrictions of a file, and deletes those of its ways that it holds no more.

    The staging table holds the roads of the file; it does so again at the end.

    Returns
    -------
    read, loaded, changed, unchanged, removed.
    """
    rows = [asdict(turn) for turn in turns]
    connection.execute(text(f"alter table {TABLE} rename to {ROADS}"))
    listed = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    connection.execute(text(f"create temporary table {TABLE} (source_row bigint, {listed}) on commit drop"))
    lists = {name for name, kind in COLUMNS.items() if kind.endswith("[]")}
    copied = (
        (number, *(list(row[name]) if name in lists else row[name] for name in COLUMNS))
        for number, row in enumerate(rows)
    )
    copy_rows(connection, ["source_row", *COLUMNS], copied)
    counts = merge(connection, "turn_restriction", {name: f"s.{name}" for name in COLUMNS}, provenance)
    removed = connection.execute(text(_GONE)).rowcount
    connection.execute(text(f"drop table {TABLE}"))
    connection.execute(text(f"alter table {ROADS} rename to {TABLE}"))
    return {"read": len(rows), **asdict(counts), "removed": removed}
