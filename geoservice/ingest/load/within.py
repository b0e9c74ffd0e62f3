"""Which rows of a load touch records of units that the submitter may not change."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.ingest.records import RecordSet, Refusal

# The record of each staged row, whether the load touched it, and the layers that a township's clerk may load.
_RECORDS = {
    "facilities": ("facility f on f.key = s.key", "false"),
    "communities": (
        "community f on f.id = s.community_id",
        """
        exists (select from community_code c join batch_before n on n.table_name = 'community_code' and n.key = c.id
                where c.community_id = f.id and n.batch_id = :batch)
        """,
    ),
    "places": (
        "place f on f.key = s.key",
        """
        exists (select from place_name c
                left join batch_before n on n.table_name = 'place_name' and n.key = c.id and n.batch_id = :batch
                where c.place_id = f.id and (c.batch_id = :batch or n.key is not null))
        """,
    ),
}
_TABLES = {"facilities": "facility", "communities": "community", "places": "place"}
BY_UNIT = tuple(_RECORDS)


def outside(connection: Connection, records: RecordSet, batch_id: int, units: frozenset[int]) -> list[Refusal]:
    """Refusals of the rows whose record lies outside of the units now, or did before the load.

    Parameters
    ----------
    connection
        In the transaction of the load, with its staging table.
    """
    joined, touched = _RECORDS[records.layer]
    statement = text(
        f"select s.source_row, s.name from staging s join {joined}"  # noqa: S608 - from the tables above
        " left join batch_before b on b.batch_id = :batch and b.table_name = :table and b.key = f.id"
        f" where (f.batch_id = :batch or b.key is not null or {touched})"
        " and (f.unit_id is null or f.unit_id <> all (:units) or (b.key is not null and"
        " coalesce(cast(b.before ->> 'unit_id' as bigint) <> all (:units), true)))"
        " order by 1"
    )
    values = {"batch": batch_id, "table": _TABLES[records.layer], "units": sorted(units)}
    return [
        records.refusal(row, None, name, "import.outside-own-units")
        for row, name in connection.execute(statement, values)
    ]
