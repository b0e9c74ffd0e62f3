"""What the sources give to each community, worked out and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, delete, func, insert, select, update

from geoservice.database.models import Community, CommunityEstimate, PopulationCell, PopulationSource
from geoservice.database.prepare import bump_revision, revisions
from geoservice.ingest.population.demand import read_territories
from geoservice.ingest.population.sharing import GROUPS, Cells, Shares, share_cells, to_shares
from geoservice.ingest.population.sources import LAYER
from geoservice.ingest.records import Notice

_SHARED_OVER = ("communities", "units")


@dataclass(frozen=True)
class Shared:
    """What the sharing of one source came to.

    Attributes
    ----------
    changed
        Whether any community has other people than before.
    """

    source_id: int
    shares: Shares
    changed: bool
    notices: Sequence[Notice] = field(default_factory=tuple)


def keep_shares(
    connection: Connection, source_id: int, shares: Shares, on: date, notices: Sequence[Notice] = ()
) -> Shared:
    """Stores what a source gives in place of what it gave before; the same again changes nothing."""
    before = _given(connection, source_id)
    after = {community: tuple(people.get(group) for group in GROUPS) for community, people in shares.community.items()}
    changed = before != after
    if changed:
        connection.execute(delete(CommunityEstimate).where(CommunityEstimate.source_id == source_id))
        rows = [
            {"source_id": source_id, "community_id": community, **dict(zip(GROUPS, people, strict=True))}
            for community, people in after.items()
        ]
        if rows:
            connection.execute(insert(CommunityEstimate), rows)
        bump_revision(connection, LAYER)
    outside = {f"outside{group.removeprefix('population')}": shares.outside.get(group) for group in GROUPS}
    connection.execute(
        update(PopulationSource)
        .where(PopulationSource.id == source_id)
        .values(
            **{group: shares.total.get(group) for group in GROUPS},
            **outside,
            shared_on=on,
            shared_at=func.now(),
            shared_revisions={key: value for key, value in revisions(connection).items() if key in _SHARED_OVER},
            report={"unserved": [{"unit_id": unit, **people} for unit, people in shares.unserved.items()]},
        )
    )
    return Shared(source_id, shares, changed, (*notices, *_unlike_official(connection, source_id)))


def share_source(connection: Connection, source_id: int, on: date) -> Shared:
    """Shares the stored cells of a source over the communities of a day.

    Raises
    ------
    Conflict
        ``population.no-communities`` if no community has a place.
    """
    within_m = connection.execute(
        select(PopulationSource.within_m).where(PopulationSource.id == source_id)
    ).scalar_one()
    territories = read_territories(connection, on, within_m)
    columns = (PopulationCell.population, PopulationCell.population_60, PopulationCell.population_80)
    statement = select(func.ST_AsBinary(PopulationCell.geom), *columns).where(PopulationCell.source_id == source_id)
    rows = connection.execute(statement.order_by(PopulationCell.id)).all()
    shapes = shapely.from_wkb(np.array([bytes(row[0]) for row in rows], dtype=object))
    people, notices = _stated(rows)
    cells = Cells(np.asarray(territories.local.to_metres(shapes), dtype=object), people)
    shares = to_shares(share_cells(cells, territories), territories)
    return keep_shares(connection, source_id, shares, on, notices)


def _stated(rows: Sequence[Any]) -> tuple[dict[str, Any], list[Notice]]:
    """The groups that every cell with people states; a gap would be a silent zero."""
    found, notices = {}, []
    for column, group in enumerate(GROUPS, start=1):
        gaps = sum(row[column] is None and row[1] > 0 for row in rows)
        if gaps == 0 and (column == 1 or any(row[column] is not None for row in rows)):
            found[group] = np.array([row[column] or 0 for row in rows], dtype=np.int64)
        elif gaps < sum(row[1] > 0 for row in rows):
            notices.append(Notice(None, "population.group-gaps", {"group": group, "count": gaps, "total": len(rows)}))
    if "population_60" not in found:
        found.pop("population_80", None)
    return found, notices


def _unlike_official(connection: Connection, source_id: int) -> list[Notice]:
    """Densities summed as counts, an old date, a wrong band: seen where official counts stand beside."""
    statement = (
        select(func.count(), func.sum(CommunityEstimate.population), func.sum(Community.population))
        .join(Community, Community.id == CommunityEstimate.community_id)
        .where(CommunityEstimate.source_id == source_id, Community.population > 0)
    )
    count, estimate, official = (int(value or 0) for value in connection.execute(statement).one())
    if not count or official / 2 <= estimate <= 2 * official:
        return []
    values = {"communities": count, "estimate": f"{estimate:,}", "official": f"{official:,}"}
    return [Notice(None, "population.unlike-official", values)]


def _given(connection: Connection, source_id: int) -> dict[int, tuple[int | None, ...]]:
    columns = (CommunityEstimate.population, CommunityEstimate.population_60, CommunityEstimate.population_80)
    statement = select(CommunityEstimate.community_id, *columns).where(CommunityEstimate.source_id == source_id)
    return {row[0]: tuple(row[1:]) for row in connection.execute(statement)}
