"""All stored cells over the communities anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from geoservice.database.engine import Database
from geoservice.database.models import PopulationSource
from geoservice.database.trail import event, one_entry
from geoservice.errors import BadInput
from geoservice.ingest.population.estimates import share_source
from geoservice.ingest.population.telling import told

Progress = Callable[[str, int, int], None]
_RECORDED = ("id", "name", "population", "given", "communities", "outside", "changed")


@dataclass(frozen=True)
class Reshared:
    """What became of every source.

    Attributes
    ----------
    shared
        Sources of cells, as `telling.sources` tells them.
    not_kept
        Rasters: they are not stored and are shared by importing them again.
    """

    shared: Sequence[dict[str, Any]]
    not_kept: Sequence[str]


def share_all(database: Database, on: date, progress: Progress) -> Reshared:
    """Shares the cells of every source over the communities of a day, in one transaction.

    Raises
    ------
    BadInput
        ``population.nothing-to-share`` if there is no source.
    Conflict
        ``population.no-communities`` if no community has a place.
    """
    with database.connect("owner") as connection:
        columns = (PopulationSource.id, PopulationSource.name, PopulationSource.kind)
        found = connection.execute(select(*columns).order_by(PopulationSource.id)).all()
        if not found:
            raise BadInput("population.nothing-to-share")
        kept = [source for source in found if source.kind != "raster"]
        shared = []
        for number, source in enumerate(kept):
            progress("population.step.share", number, len(kept))
            with one_entry(connection):
                one = share_source(connection, source.id, on)
            shared.append(told(connection, source.id, one))
        figures = [{name: one[name] for name in _RECORDED} for one in shared]
        event(connection, "reshare", table="population_source", details={"on": on, "sources": figures})
        progress("population.step.share", len(kept), len(kept))
    return Reshared(shared, [source.name for source in found if source.kind == "raster"])
