"""What the first request of its kind would wait for is worked out when the service starts."""

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

logger = logging.getLogger("geoservice.preparing")


@contextmanager
def preparing(database: Database, catalog: Catalog) -> Iterator[None]:
    """Beside the service, once; without a database the first request works it out."""
    ended = Event()
    thread = Thread(target=_prepare, args=(database, catalog, ended), name="geoservice prepare", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(timeout=10)


def _prepare(database: Database, catalog: Catalog, ended: Event) -> None:
    try:
        with database.connect() as connection:
            named = units_named(connection, {kind: codes_of(catalog, kind)[0] for kind in UNITS}, today())
        prepare_keys(named, ended=ended.is_set)
    except Exception as error:  # noqa: BLE001 - the database is away: whoever asks first is told so
        logger.warning("nothing prepared", extra={"error": str(error)})
