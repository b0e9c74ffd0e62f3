"""Writes the features that are due to be prepared, a batch a transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date
from threading import Event
from time import monotonic, sleep

from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.publish.ogc.model import Collection, collections
from geoservice.publish.ogc.prepared import is_prepared, prepare_some, want_missing, want_outdated

logger = logging.getLogger("geoservice.prepared")

# Features of one batch: whoever changes a record of the layer meanwhile waits for it, about a tenth of a second at most.
BATCH = 200
# Seconds after which it is looked again whether any are due.
IDLE_S = 5.0
# Between two batches: somebody who changes records may be waiting, or be at it.
PAUSE_S = 0.02


def prepared_collections(catalog: Catalog) -> list[Collection]:
    """Those whose features are prepared."""
    return [one for one in collections(catalog).values() if is_prepared(one)]


def prepare_all(database: Database, catalog: Catalog, tell: Callable[[int], None]) -> int:
    """Writes whatever is not written, records that came in without triggers among it; returns how many that were.

    Parameters
    ----------
    tell
        Called after each batch with how many were written so far.
    """
    done = 0
    for one in prepared_collections(catalog):
        with database.connect(actor=SYSTEM) as connection:
            want_missing(connection, one)
        filler = Filler(database, [one])
        while filler.step():
            tell(done + filler.done)
            sleep(PAUSE_S)
        done += filler.done
    return done


def keep_prepared(database: Database, catalog: Catalog, ended: Event) -> None:
    """Writes what falls due until the end; half of the time it rests, for whoever else asks the database."""
    filler = Filler(database, prepared_collections(catalog))
    while not ended.is_set():
        began, more = monotonic(), False
        try:
            more = filler.step()
        except Exception as error:  # noqa: BLE001 - the database is away, or somebody holds a table: pages are made as ever
            logger.warning("nothing prepared", extra={"error": str(error)})
        ended.wait(max(monotonic() - began, PAUSE_S) if more else IDLE_S)


class Filler:
    """Goes from batch to batch.

    Attributes
    ----------
    done
        Features that were taken so far.
    """

    def __init__(self, database: Database, filled: Iterable[Collection]) -> None:
        self.done = 0
        self._database = database
        self._collections = tuple(filled)
        # By collection, the day that the others were last looked through for.
        self._looked: dict[str, date] = {}

    def step(self) -> bool:
        """A batch of each collection; whether any may be left."""
        left = [self._batch(one) for one in self._collections]
        return any(left)

    def _batch(self, one: Collection) -> bool:
        day = today()
        with self._database.connect(actor=SYSTEM) as connection:
            taken = prepare_some(connection, one, day, BATCH)
            self.done += taken or 0
            if taken == 0 and self._looked.get(one.id) != day and want_outdated(connection, one, day):
                self._looked[one.id] = day
                return True
        return taken != 0
