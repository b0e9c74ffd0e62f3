"""What is known of an export before its first row: how many, how secret, from where, as of when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, FromClause, func, select

from geoservice.database.models import CLASSIFICATIONS, ImportBatch
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.sources import Source
from geoservice.publish.revisions import layer_revisions

# Files that are named as sources; a layer that was put together from more says how many.
MOST_SOURCES = 20
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_attribution = ImportBatch.report["attribution"].astext


@dataclass(frozen=True)
class Facts:
    """Of the rows of one export.

    Attributes
    ----------
    kinds
        Types of geometry (``POINT``, ``MULTIPOLYGON``) to how many rows have them; None for rows without a geometry.
    bounds
        West, south, east, north in degrees, EPSG:4490; None where nothing lies anywhere.
    classification
        Highest level of a row; ``public`` of none.
    changed_at
        When a record of the layer, or of those that it is told by, was last changed as whoever asks sees it.
    sources
        Names of the imported files, sorted; records that were made here come from none.
    """

    count: int
    kinds: dict[str | None, int]
    bounds: tuple[float, float, float, float] | None
    classification: str
    schematic: bool
    changed_at: datetime
    sources: tuple[str, ...]
    more_sources: int
    attributions: tuple[str, ...]


def facts(
    connection: Connection,
    collection: Collection,
    found: Source,
    conditions: Sequence[ColumnElement[bool]],
    origin: FromClause,
) -> Facts:
    """Reads them in one scan and two small queries.

    Parameters
    ----------
    origin
        The tables that the conditions need.
    """
    table, kind = found.table, func.GeometryType(found.table.geom)
    extent = func.ST_Extent(table.geom)
    sides = [side(extent) for side in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    keys = (table.classification, table.schematic, table.batch_id, kind)
    rows = connection.execute(
        select(*keys, func.count(), *sides).select_from(origin).where(*conditions).group_by(*keys)
    ).all()
    kinds: dict[str | None, int] = {}
    for row in rows:
        kinds[row[3]] = kinds.get(row[3], 0) + row[4]
    boxes = [row[5:9] for row in rows if row[5] is not None]
    sources, attributions = _sources(connection, [row[2] for row in rows if row[2] is not None])
    return Facts(
        count=sum(row[4] for row in rows),
        kinds=dict(sorted(kinds.items(), key=lambda pair: pair[0] or "")),
        bounds=_union(boxes),
        classification=max((row[0] for row in rows), key=CLASSIFICATIONS.index, default=CLASSIFICATIONS[0]),
        schematic=any(row[1] for row in rows),
        changed_at=_changed_at(connection, collection),
        sources=sources[:MOST_SOURCES],
        more_sources=max(0, len(sources) - MOST_SOURCES),
        attributions=attributions,
    )


def _sources(connection: Connection, batches: Sequence[int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    rows = connection.execute(
        select(ImportBatch.source_name, _attribution).where(ImportBatch.id.in_(set(batches))).distinct()
    ).all()
    return tuple(sorted({row[0] for row in rows})), tuple(sorted({row[1] for row in rows if row[1]}))


def _changed_at(connection: Connection, collection: Collection) -> datetime:
    revisions = layer_revisions(connection)
    moments = [revisions[name].changed_at for name in collection.inputs if name in revisions]
    return max(moments, default=_EPOCH).astimezone(UTC).replace(microsecond=0)


def _union(boxes: Sequence[Sequence[float]]) -> tuple[float, float, float, float] | None:
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)
