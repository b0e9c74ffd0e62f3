"""Files of counted polygons or points: checked against each other, stored, and shared at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, text

from geoservice.database.filters import today
from geoservice.errors import BadInput, Conflict
from geoservice.ingest.load import ImportReport
from geoservice.ingest.population.estimates import share_source
from geoservice.ingest.population.overlaps import footprint, overlapping
from geoservice.ingest.population.sources import WITHIN_M, Given, belongs_to, open_source, settle_overlaps
from geoservice.ingest.population.telling import told
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet

__all__ = ["WITHIN_M", "Given", "begin", "finish", "kind_of", "refuse_overlaps"]

SOURCE = "source_id"
_SHAPES = text("select id, key, st_asbinary(geom) as shape from population_cell where source_id = :source order by id")
# What a new edition of the file no longer holds would count people that are not there.
_THIS_BATCH = text("currval(pg_get_serial_sequence('geoservice.import_batch', 'id'))")
_GONE = text("""
    delete from population_cell where source_id = :source
      and key not in (select key from staging where source_id = :source)
""")


def kind_of(records: RecordSet) -> str:
    """Whether a file counts people in polygons or at points.

    Raises
    ------
    BadInput
        ``population.mixed`` if a file holds both: a point in a polygon would count twice.
    """
    dimensions = set(shapely.get_dimensions(records.records[GEOM].to_numpy()).tolist())
    if dimensions == {0, 2}:
        raise BadInput("population.mixed", file=records.source)
    return "points" if dimensions == {0} else "polygons"


def refuse_overlaps(records: RecordSet) -> None:
    """Refuses every polygon that overlaps an earlier one of the file: their people would count twice."""
    frame = records.records
    rows = frame[SOURCE_ROW].tolist()
    earlier: dict[int, int] = {}
    for one, other in overlapping(frame[GEOM].to_numpy()):
        earlier.setdefault(other, one)
    records.reject(
        [
            records.refusal(rows[second], None, None, "population.cells-overlap", first=rows[first])
            for second, first in sorted(earlier.items())
        ]
    )


def begin(connection: Connection, records: RecordSet, given: Given, *, republish: bool) -> int:
    """Opens the source that the records belong to, and names it on each of them."""
    source_id, anew = open_source(connection, given, republish=republish)
    if anew:
        records.notices.append(Notice(None, "population.new-edition", {"name": given.name}))
    records.records[SOURCE] = source_id
    return source_id


def finish(connection: Connection, source_id: int, report: ImportReport, *, replace: bool) -> dict[str, Any]:
    """Holds the loaded cells against each other and against other sources, and shares them; what it came to.

    A source is what its file holds: cells of an earlier file of the same name that are not in this one go, unless rows
    of this one were refused.

    Without communities the cells are kept and told to be shared later.

    Raises
    ------
    Conflict
        ``population.overlap``, or ``population.cells-overlap-stored`` if cells that were there before lie under the
        new ones.
    """
    if not report.refused:
        gone = connection.execute(_GONE, {"source": source_id}).rowcount
        if gone:
            report.notices.append(Notice(None, "population.cells-removed", {"count": gone}))
    stored = connection.execute(_SHAPES, {"source": source_id}).all()
    shapes = shapely.from_wkb(np.array([bytes(row.shape) for row in stored], dtype=object))
    doubled = overlapping(shapes)
    if doubled:
        first, second = (stored[position].key for position in doubled[0])
        raise Conflict("population.cells-overlap-stored", file=report.source, first=first, second=second)
    replaced = settle_overlaps(connection, source_id, footprint(shapes), replace=replace)
    belongs_to(connection, source_id, _THIS_BATCH, replaced=bool(replaced))
    if replaced:
        report.notices.append(Notice(None, "population.replaced", {"names": ", ".join(replaced)}))
    try:
        shared = share_source(connection, source_id, today())
    except Conflict as error:
        if error.code != "population.no-communities":
            raise
        report.notices.append(Notice(None, "population.not-shared", {}))
        return {"source_id": source_id, "shared": False}
    report.notices.extend(shared.notices)
    return told(connection, source_id, shared)
