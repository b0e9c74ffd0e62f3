"""The sample county into the database, and out of it again."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import event, one_entry
from geoservice.errors import BadInput
from geoservice.ingest.importing import (
    ImportRequest,
    Progress,
    import_file,
    refuse_schematic_beside_real,
)
from geoservice.ingest.load import ImportReport
from geoservice.settings import Settings

ORDER = ("units", "water", "built_up", "railways", "roads", "communities", "facilities", "places", "population")


def load_sample(
    database: Database, catalog: Catalog, settings: Settings, folder: Path, actor: str, progress: Progress
) -> list[ImportReport]:
    """Imports the files of the sample as anybody would, marked 示意数据, in the order in which they refer to each other.

    Raises
    ------
    Conflict
        If real records are loaded: the sample is never mixed with them.
    """
    with database.connect("reader") as connection:
        refuse_schematic_beside_real(connection)
    reports: list[ImportReport] = []
    for layer in ORDER:
        path = next((item for item in sorted(folder.glob(f"{layer}.*"))), None)
        if path is None:
            continue
        request = ImportRequest(layer=layer, path=path, actor=actor, crs="EPSG:4490", schematic=True)
        outcome = import_file(database, catalog, settings, request, progress)
        if outcome.exit_code:
            first = outcome.reports[0].refusals[0]
            raise BadInput("sample.refused", file=path, reason=first.message)
        reports += outcome.reports
    return reports


_TABLES = (
    "place_name",
    "place",
    "facility",
    "community",
    "unit_version",
    "population_cell",
    "population_source",
    "turn_restriction",
    "road_height",
    "road",
    "railway",
    "water",
    "wall",
    "built_up_area",
)


_CASES = """
    select c.id from naming_case c
    where not exists (select from unit_version v where v.unit_id = c.unit_id and not v.schematic)
       or exists (select from case_name n join place p on p.id = n.place_id where n.case_id = c.id and p.schematic)
"""
_OF_CASES = ("case_material", "case_opinion", "case_move", "case_name")


def _remove_cases(connection: Connection) -> dict[str, int]:
    """Cases that were tried in the sample: in one of its units, or about one of its places."""
    ids = list(connection.execute(text(_CASES)).scalars())
    for table in _OF_CASES:
        connection.execute(text(f"delete from {table} where case_id = any(:ids)"), {"ids": ids})  # noqa: S608 - one of _OF_CASES
    connection.execute(text("delete from naming_case where id = any(:ids)"), {"ids": ids})
    return {"naming_case": len(ids)} if ids else {}


def remove_sample(database: Database) -> int:
    """Deletes every schematic record and the runs made from them; the number of records deleted."""
    removed: dict[str, int] = {}
    with database.connect("owner") as connection:
        connection.execute(text("delete from coverage_run where schematic"))
        with one_entry(connection):
            connection.execute(
                text("delete from community_code where community_id in (select id from community where schematic)")
            )
            removed |= _remove_cases(connection)
            for table in _TABLES:
                found = connection.execute(text(f"delete from {table} where schematic"))  # noqa: S608 - one of _TABLES
                removed[table] = found.rowcount
            connection.execute(text("delete from unit_code where unit_id not in (select unit_id from unit_version)"))
            connection.execute(text("delete from unit where id not in (select unit_id from unit_version)"))
        connection.execute(
            text("delete from batch_before where batch_id in (select id from import_batch where schematic)")
        )
        connection.execute(text("delete from import_batch where schematic"))
        event(connection, "remove_sample", details=removed)
        for layer in ORDER:
            bump_revision(connection, layer)
    return sum(removed.values())
