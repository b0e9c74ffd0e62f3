"""What lies around the names of a case: units, water and roads of a window, with their level and date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, and_, func, select

from geoservice.database.filters import BBox, in_force, visible
from geoservice.database.models import ImportBatch, Road, UnitVersion, Water
from geoservice.database.models.base import CLASSIFICATIONS, SRID
from geoservice.publish.reports.queries import MAIN_ROADS

MOST = 20_000
# A window that is wider shows main roads only.
WIDE_DEGREES = 0.2
# Parts of a window that are told apart on paper.
FINEST = 1_500


@dataclass(frozen=True)
class Ground:
    """One thing of the background, EPSG:4490, longitude before latitude."""

    name: str
    shape: BaseGeometry


@dataclass(frozen=True)
class Background:
    """All of it.

    Attributes
    ----------
    classification
        The highest level of what is shown.
    imported_on
        Day of the newest import among it; None where nothing of it was imported.
    """

    units: Sequence[Ground] = ()
    waters: Sequence[Ground] = ()
    roads: Sequence[Ground] = ()
    classification: str = CLASSIFICATIONS[0]
    schematic: bool = False
    imported_on: date | None = None


def read_background(connection: Connection, window: BBox, day: date, *, public_only: bool) -> Background:
    """What meets a window, cut off at its edge.

    Parameters
    ----------
    public_only
        Leaves out whatever is not published, whoever asks.
    """
    wide = window.east - window.west > WIDE_DEGREES
    units = _rows(
        connection, UnitVersion, window, and_(UnitVersion.level == "township", in_force(UnitVersion, day)), public_only
    )
    waters = _rows(connection, Water, window, None, public_only)
    roads = _rows(connection, Road, window, Road.class_.in_(MAIN_ROADS) if wide else None, public_only)
    rows = [*units, *waters, *roads]
    batches = {row.batch_id for row in rows if row.batch_id is not None}
    newest = select(func.max(ImportBatch.imported_at)).where(ImportBatch.id.in_(batches))
    moment = connection.execute(newest).scalar() if batches else None
    return Background(
        units=_grounds(units),
        waters=_grounds(waters),
        roads=_grounds(roads),
        classification=max((row.classification for row in rows), key=CLASSIFICATIONS.index, default=CLASSIFICATIONS[0]),
        schematic=any(row.schematic for row in rows),
        imported_on=None if moment is None else moment.astimezone().date(),
    )


def _rows(
    connection: Connection,
    table: Any,
    window: BBox,
    condition: ColumnElement[bool] | None,
    public_only: bool,  # noqa: FBT001
) -> Sequence[Any]:
    envelope = func.ST_MakeEnvelope(window.west, window.south, window.east, window.north, SRID)
    tolerance = (window.east - window.west) / FINEST
    # Thinned first: what is cut first gets corners that are not its own.
    cut = func.ST_ClipByBox2D(func.ST_SimplifyPreserveTopology(table.geom, tolerance), envelope)
    public = and_(table.published, table.classification == CLASSIFICATIONS[0])
    statement = (
        select(table.name, table.classification, table.schematic, table.batch_id, func.ST_AsBinary(cut).label("shape"))
        .where(window.touches(table.geom), public if public_only else visible(table))
        .order_by(table.id)
        .limit(MOST)
    )
    return connection.execute(statement if condition is None else statement.where(condition)).all()


def _grounds(rows: Sequence[Any]) -> list[Ground]:
    shapes = shapely.from_wkb([bytes(row.shape) for row in rows])
    return [Ground(row.name or "", shape) for row, shape in zip(rows, shapes, strict=True) if not shape.is_empty]
