"""What every request needs, made once an app."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.publish.queries.overview import Overview, overview
from geoservice.publish.revisions import Revision, etag, layer_revisions
from geoservice.settings import Settings

OverviewKey = tuple[date, tuple[tuple[str, Revision], ...]]


@dataclass(frozen=True)
class Services:
    """Settings, declarations and the database; nothing here changes with a request but the kept overview."""

    settings: Settings
    catalog: Catalog
    database: Database
    _kept: dict[OverviewKey, Overview] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def read(self) -> AbstractContextManager[Connection]:
        """A connection in one transaction with the deadline of the settings."""
        return self.database.connect(timeout_s=self.settings.database.statement_timeout_s)

    @cached_property
    def declared(self) -> str:
        """Changes with the declarations."""
        return etag("declarations", repr(self.catalog))

    def overview(self, connection: Connection, day: date) -> tuple[Overview, OverviewKey]:
        """The overview of a day with what it was made from; counted anew only after a change of a layer."""
        key = (day, tuple(sorted(layer_revisions(connection).items(), key=lambda item: item[0])))
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = overview(connection, day=day)
            with self._lock:
                self._kept.clear()
                self._kept[key] = kept
        return kept, key


async def _services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


Service = Annotated[Services, Depends(_services)]
