"""Sources of population in the database: made, told apart from each other, taken out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import SRID, ImportBatch, PopulationSource
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import own_entries
from geoservice.errors import Conflict, NotFound
from geoservice.ingest.population.overlaps import TOUCHING, share_of_smaller
from geoservice.language import translate

LAYER = "population"
# How far a community that lies in no outline of a unit reaches: an assumption, to be changed with --within-km.
WITHIN_M = 5000


@dataclass(frozen=True)
class Given:
    """What is known of a source before its people are read.

    Attributes
    ----------
    kind
        polygons, points or raster.
    band
        Of a raster; None for cells.
    on
        The day that the people were counted for.
    within_m
        How far a community that lies in no outline reaches, in metres.
    """

    name: str
    kind: str
    sha256: str
    crs: str | None
    actor: str
    classification: str
    published: bool
    schematic: bool = False
    band: str | None = None
    on: date | None = None
    within_m: int = WITHIN_M


def open_source(connection: Connection, given: Given, *, republish: bool = False) -> tuple[int, bool]:
    """The id of a source, made or brought up to date: one of the same name and band is the same source.

    Parameters
    ----------
    republish
        Whether classification and publication are set anew; otherwise they stay as the desk decided before.

    Returns
    -------
    Its id, and whether it was there with other content.
    """
    # Two imports at once would not see each other's ground: one waits for the other.
    one_at_a_time(connection, Lock.POPULATION)
    band = PopulationSource.band.is_not_distinct_from(given.band)
    held = select(PopulationSource.sha256).where(PopulationSource.name == given.name, band)
    before = connection.execute(held).scalar_one_or_none()
    values = {
        "name": given.name,
        "kind": given.kind,
        "sha256": given.sha256,
        "source_crs": given.crs,
        "actor": given.actor,
        "band": given.band,
        "on_date": given.on,
        "within_m": given.within_m,
        "classification": given.classification,
        "published": given.published,
        "schematic": given.schematic,
    }
    statement = insert(PopulationSource).values(values)
    kept = {"name", "band"} | (set() if republish else {"classification", "published"})
    changed: dict[str, Any] = {key: statement.excluded[key] for key in values if key not in kept}
    changed["on_date"] = func.coalesce(statement.excluded.on_date, PopulationSource.on_date)
    changed["imported_at"] = func.now()
    statement = statement.on_conflict_do_update(index_elements=["name", "band"], set_=changed)
    source_id = connection.execute(statement.returning(PopulationSource.id)).scalar_one()
    return source_id, before is not None and before != given.sha256


def settle_overlaps(connection: Connection, source_id: int, area: Any, *, replace: bool) -> list[str]:
    """Sees to it that nobody is counted by two sources, and keeps where this one counts.

    Parameters
    ----------
    area
        Where the source counts, multipolygon in EPSG:4490.
    replace
        Whether sources on the same ground are taken out.

    Returns
    -------
    Names of the sources that were taken out.

    Raises
    ------
    Conflict
        ``population.overlap`` if another source counts on the same ground and is not to be replaced.
    """
    columns = (PopulationSource.id, PopulationSource.name, func.ST_AsBinary(PopulationSource.area).label("shape"))
    others = select(*columns).where(PopulationSource.id != source_id, PopulationSource.area.is_not(None))
    replaced = []
    for other in connection.execute(others.order_by(PopulationSource.id)):
        part = share_of_smaller(area, shapely.from_wkb(bytes(other.shape)))
        if part <= TOUCHING:
            continue
        if not replace:
            raise Conflict("population.overlap", other=other.name, id=other.id, part=f"{100 * part:.0f}")
        with own_entries(connection):
            connection.execute(delete(PopulationSource).where(PopulationSource.id == other.id))
        replaced.append(other.name)
    shape = from_shape(area, srid=SRID)
    connection.execute(update(PopulationSource).where(PopulationSource.id == source_id).values(area=shape))
    return replaced


def belongs_to(connection: Connection, source_id: int, batch_id: Any, *, replaced: bool) -> None:
    """Names the import that brought a source; it can be undone if the source is new and took nobody's place.

    Parameters
    ----------
    batch_id
        Its number, or SQL that gives it.
    replaced
        Whether other sources were taken out.
    """
    this = PopulationSource.id == source_id
    fresh = connection.execute(select(PopulationSource.batch_id).where(this)).scalar_one() is None
    connection.execute(update(PopulationSource).where(this).values(batch_id=batch_id))
    held = select(PopulationSource.batch_id).where(this).scalar_subquery()
    connection.execute(update(ImportBatch).where(ImportBatch.id == held).values(kept=fresh and not replaced))


def clear_source(connection: Connection, source: str) -> tuple[int, str]:
    """Takes out a source with its cells and all that it gave; its number and name.

    Parameters
    ----------
    source
        Its number, or its name where only one has it.

    Raises
    ------
    NotFound
        ``population.no-source``, also where two bands have the name.
    """
    found = connection.execute(select(PopulationSource.id, PopulationSource.name).order_by(PopulationSource.id)).all()
    meant = [one for one in found if source in (str(one.id), one.name)]
    if len(meant) != 1:
        known = "; ".join(f"{one.id} {one.name}" for one in found) or translate("population.none")
        raise NotFound("population.no-source", source=source, known=known)
    connection.execute(delete(PopulationSource).where(PopulationSource.id == meant[0].id))
    bump_revision(connection, LAYER)
    return meant[0].id, meant[0].name
