"""Merges layers of one table with one key: roads, railways, water, built-up areas, cells, facilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from geoservice.database.models import Base
from geoservice.database.models.base import SCHEMA
from geoservice.ingest.load.staging import TABLE


@dataclass(frozen=True)
class Counts:
    """What a merge did, in records."""

    loaded: int
    changed: int
    unchanged: int


@dataclass(frozen=True)
class Provenance:
    """What every record of a load gets."""

    batch_id: int
    classification: str
    published: bool
    schematic: bool

    def values(self) -> dict[str, object]:
        """As bound parameters."""
        return dict(vars(self))


KEPT = ("classification", "published", "schematic", "batch_id")


def merge(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    provenance: Provenance,
    *,
    conflict: str = '("key")',
) -> Counts:
    """Inserts what is new and updates what differs; a record that is the same keeps its batch.

    Parameters
    ----------
    columns
        Column of the table to the SQL expression over the staging table that fills it.
    conflict
        The key, as an ON CONFLICT target.
    """
    known = Base.metadata.tables[f"{SCHEMA}.{table}"].columns
    assert all(column in known for column in columns), columns
    names = [*columns, *KEPT]
    listed = ", ".join(f'"{name}"' for name in names)
    filled = ", ".join([*columns.values(), ":classification", ":published", ":schematic", ":batch_id"])
    # Publication is decided at the desk: a second import leaves it as it is.
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in [*columns, "schematic", "batch_id"])
    old = ", ".join(f'old."{name}"' for name in [*columns, "schematic"])
    new = ", ".join(f'excluded."{name}"' for name in [*columns, "schematic"])
    statement = f"""
        with merged as (
            insert into {SCHEMA}.{table} as old ({listed})
            select {filled} from {TABLE} as s order by source_row
            on conflict {conflict} do update set {updates} where ({old}) is distinct from ({new})
            returning (xmax = 0) as inserted
        )
        select count(*) filter (where inserted), count(*) filter (where not inserted),
               (select count(*) from {TABLE}) - count(*)
        from merged
    """  # noqa: S608 - names from the declarations and the models; values are bound
    loaded, changed, unchanged = connection.execute(text(statement), provenance.values()).one()
    return Counts(loaded, changed, unchanged)
