"""Brings a database to the state that the program needs: checked, migrated, code lists in step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.database.leakproof import mark
from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Facility, FacilityType, LayerRevision, ServiceStandard
from geoservice.database.published import drop_views, prepare_views
from geoservice.database.trail import speak_as
from geoservice.errors import Conflict, Unavailable
from geoservice.resources import resource

MINIMUM_SERVER = 150000
MINIMUM_POSTGIS = (3, 3)


@dataclass(frozen=True)
class ServerFacts:
    """What the server is."""

    server_version: str
    postgis_version: str


def prepare(database: Database, catalog: Catalog) -> None:
    """Starts the private cluster where it is used, checks the server, migrates, and writes the code lists.

    Raises
    ------
    Unavailable
        If the server is down or does not fit, with the reason.
    """
    if database.cluster is not None:
        database.cluster.start()
    with database.connect("superuser" if database.external else "owner") as connection:
        check_server(connection)
    migrate(database)
    mark(database)
    prepare_views(database)
    with database.connect("owner") as connection:
        speak_as(connection, "system")
        synchronise(connection, catalog)


def check_server(connection: Connection) -> ServerFacts:
    """Refuses a server that cannot serve: too old, not UTF-8, a locale without letters, no PostGIS.

    Raises
    ------
    Unavailable
        With the reason and the remedy.
    """
    number, version, encoding = connection.execute(
        text("select current_setting('server_version_num')::int, version(), current_setting('server_encoding')")
    ).one()
    if number < MINIMUM_SERVER:
        raise Unavailable("database.too-old", version=version)
    if encoding != "UTF8":
        raise Unavailable("database.not-utf8", encoding=encoding)
    offered: dict[str, str] = {
        row.name: row.offer
        for row in connection.execute(
            text(
                "select name, coalesce(installed_version, default_version) as offer from pg_available_extensions"
                " where name in ('postgis', 'pg_trgm', 'btree_gist')"
            )
        )
    }
    missing = {"postgis", "pg_trgm", "btree_gist"} - offered.keys()
    if missing:
        raise Unavailable("database.no-extension", names=", ".join(sorted(missing)))
    if tuple(int(part) for part in offered["postgis"].split(".")[:2]) < MINIMUM_POSTGIS:
        raise Unavailable("database.postgis-too-old", version=offered["postgis"])
    # Under locale C no Han character counts as a letter, and every trigram search for one finds nothing.
    if not connection.execute(text("select '干' ~ '\\w'")).scalar_one():
        raise Unavailable("database.locale-without-letters")
    return ServerFacts(server_version=version, postgis_version=offered["postgis"])


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration with the program's own migrations."""
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def migrate(database: Database, revision: str = "head") -> None:
    """Migrates up to a revision.

    Raises
    ------
    Conflict
        If the database was made by a newer program.
    """
    role: Any = "superuser" if database.external else "owner"
    with database.connect(role) as connection:
        config = alembic_config(connection)
        # Two programs that start at once migrate one after the other.
        one_at_a_time(connection, Lock.MIGRATING)
        current = current_revision(connection)
        script = ScriptDirectory.from_config(config)
        if current is not None and current not in {item.revision for item in script.walk_revisions()}:
            raise Conflict("database.newer", revision=current)
        if revision != "head" or current != script.get_current_head():
            drop_views(connection)
            command.upgrade(config, revision)


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None when empty."""
    context = MigrationContext.configure(connection, opts={"version_table_schema": "geoservice"})
    return context.get_current_revision()


def head_revision() -> str | None:
    """The newest revision that the program knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head()


def synchronise(connection: Connection, catalog: Catalog) -> None:
    """Writes facility types and service standards as declared; a type in use is never deleted."""
    entries = catalog.codes["facility_types"].entries
    types = [
        {"code": entry.code, "title_zh": entry.title.zh, "title_en": entry.title.en, "position": position}
        for position, entry in enumerate(entries)
    ]
    services = [
        {
            "id": service.id,
            "title_zh": service.title.zh,
            "title_en": service.title.en,
            "declaration": service.model_dump(mode="json"),
        }
        for service in catalog.services.values()
    ]
    for model, key, rows in ((FacilityType, "code", types), (ServiceStandard, "id", services)):
        statement = insert(model).values(rows)
        columns = {name: statement.excluded[name] for name in rows[0] if name != key}
        connection.execute(statement.on_conflict_do_update(index_elements=[key], set_=columns))
    used = select(Facility.type).distinct()
    connection.execute(
        delete(FacilityType).where(
            FacilityType.code.not_in([row["code"] for row in types]), FacilityType.code.not_in(used)
        )
    )
    connection.execute(delete(ServiceStandard).where(ServiceStandard.id.not_in(list(catalog.services))))
    revisions = insert(LayerRevision).values([{"layer": layer} for layer in catalog.layers])
    connection.execute(revisions.on_conflict_do_nothing())


def bump_revision(connection: Connection, layer: str) -> int:
    """Counts the revision of a layer up by one and returns it."""
    statement = insert(LayerRevision).values(layer=layer, revision=1)
    statement = statement.on_conflict_do_update(
        index_elements=["layer"], set_={"revision": LayerRevision.revision + 1, "changed_at": func.now()}
    )
    return connection.execute(statement.returning(LayerRevision.revision)).scalar_one()


def revisions(connection: Connection, *, public: bool = False) -> dict[str, int]:
    """Revision of every layer, or of what the public sees of it."""
    number = LayerRevision.public_revision if public else LayerRevision.revision
    return {row.layer: row.number for row in connection.execute(select(LayerRevision.layer, number.label("number")))}


def changed_layers(run: Mapping[str, Any], present: Mapping[str, int], *, public: bool) -> list[str]:
    """Layers that have changed since a run, as its audience sees them.

    Parameters
    ----------
    run
        With ``input_revisions`` and ``public_revisions``.
    present
        The `revisions` of that audience.
    """
    then = run["public_revisions" if public else "input_revisions"]
    return sorted(layer for layer, number in then.items() if present.get(layer) != number)
