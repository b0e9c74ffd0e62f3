"""What requests would wait for is worked out beside the service: keys of units at its start, features as they change."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.names.clashes.elsewhere import UNITS, prepare_keys, units_named
from geoservice.names.clashes.searching import codes_of
from geoservice.publish.ogc.filling import keep_prepared

logger = logging.getLogger("geoservice.preparing")


@contextmanager
def preparing(database: Database, catalog: Catalog) -> Iterator[None]:
    """Until the service ends; without a database the first request works it out."""
    ended = Event()
    threads = [
        Thread(target=work, args=(database, catalog, ended), name=f"geoservice {work.__name__}", daemon=True)
        for work in (_prepare, keep_prepared)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=10)


def _prepare(database: Database, catalog: Catalog, ended: Event) -> None:
    try:
        with database.connect() as connection:
            named = units_named(connection, {kind: codes_of(catalog, kind)[0] for kind in UNITS}, today())
        prepare_keys(named, ended=ended.is_set)
    except Exception as error:  # noqa: BLE001 - the database is away: whoever asks first is told so
        logger.warning("nothing prepared", extra={"error": str(error)})
