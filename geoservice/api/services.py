"""What every request needs, made once an app."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection

from geoservice.api.checked import Checked
from geoservice.api.exporting import Exporting
from geoservice.api.identity import identify
from geoservice.api.situations import Situations
from geoservice.api.throttle import Throttle
from geoservice.api.worked import Worked
from geoservice.catalog import Catalog
from geoservice.database.actor import PUBLIC, Actor
from geoservice.database.engine import Database
from geoservice.publish.memory import Memory
from geoservice.publish.ogc.kept import Published
from geoservice.publish.queries.overview import Overview, overview
from geoservice.publish.revisions import Revision, etag, layer_revisions
from geoservice.settings import ProviderSettings, Settings

if TYPE_CHECKING:
    from geoservice.access.provider import Provider

OverviewKey = tuple[date, tuple[tuple[str, Revision], ...]]


@dataclass(frozen=True)
class Services:
    """Settings, declarations and the database, for whoever acts; what is kept is shared by all requests.

    Attributes
    ----------
    declared
        Changes with the declarations.
    ogc
        Layers as collections of the OGC API.
    tiles, pages
        What was given out last, kept in memory.
    """

    settings: Settings
    catalog: Catalog
    database: Database
    declared: str
    ogc: Published
    tiles: Memory
    pages: Memory
    worked: Worked = field(default_factory=Worked)
    checked: Checked = field(default_factory=Checked)
    situations: Situations = field(default_factory=Situations)
    throttle: Throttle = field(default_factory=Throttle)
    exporting: Exporting = field(default_factory=Exporting)
    provider: Provider | None = None
    actor: Actor = PUBLIC
    request_id: str = ""
    _kept: dict[OverviewKey, Overview] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def approval(self) -> str | None:
        """Map approval number (审图号) of the installation."""
        return self.settings.release.map_approval

    def read(self) -> AbstractContextManager[Connection]:
        """A connection in one transaction, in the name of who acts, with the deadline of the settings."""
        return self._connect(self.actor)

    def look(self) -> AbstractContextManager[Connection]:
        """For questions that need no transaction of several statements: to the public each is one round trip."""
        if self.actor != PUBLIC:
            return self.read()
        return self.database.look(timeout_s=self.settings.database.statement_timeout_s)

    def as_program(self) -> AbstractContextManager[Connection]:
        """The same with the program's own rights: for accounts, where the caller has asked for the permission."""
        return self._connect(replace(self.actor, system=True))

    def _connect(self, actor: Actor) -> AbstractContextManager[Connection]:
        return self.database.connect(
            timeout_s=self.settings.database.statement_timeout_s,
            actor=None if actor == PUBLIC else actor,
            request_id=self.request_id,
        )

    @classmethod
    def of(cls, settings: Settings, catalog: Catalog, database: Database) -> Services:
        """Services for the public."""
        declared = etag("declarations", repr(catalog))
        return cls(
            settings,
            catalog,
            database,
            declared,
            Published(catalog),
            Memory(settings.server.tile_cache_mb * 2**20),
            Memory(settings.server.page_cache_mb * 2**20),
            exporting=Exporting(settings.server.exports_at_once),
            provider=_provider(settings.provider),
        )

    def acting(self, actor: Actor, request_id: str) -> Services:
        """The same in somebody's name."""
        return replace(self, actor=actor, request_id=request_id)

    def overview(self, connection: Connection, day: date) -> tuple[Overview, OverviewKey]:
        """The overview of a day with what it was made from; counted anew only after a change of a layer."""
        key = (day, tuple(sorted(layer_revisions(connection).items(), key=lambda item: item[0])))
        if self.actor.reads:
            return overview(connection, day=day), key
        with self._lock:
            kept = self._kept.get(key)
        if kept is None:
            kept = overview(connection, day=day)
            with self._lock:
                self._kept.clear()
                self._kept[key] = kept
        return kept, key


def _provider(settings: ProviderSettings) -> Provider | None:
    """The identity provider, where there is one: its libraries are loaded for nobody else."""
    if settings.oidc_issuer is None:
        return None
    from geoservice.access.provider import Provider

    return Provider(settings)


async def _services(request: Request) -> Services:
    # Asked for here, not as a dependency: the framework would go through all of its own once more, each time.
    found: Services = request.app.state.services
    who = await identify(request)
    return found if who.actor == PUBLIC else found.acting(who.actor, request.scope.get("geoservice.request_id", ""))


Service = Annotated[Services, Depends(_services)]
