"""Connections to the PostGIS in use, whichever it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from threading import Lock
from types import MappingProxyType
from typing import Any, Literal

from psycopg import RawCursor
from psycopg.pq import Format
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool

from geoservice.database.actor import PUBLIC, Actor, act
from geoservice.database.cluster import Cluster
from geoservice.database.fresh import keep_fresh
from geoservice.errors import BadSetting, Deadline, Forbidden, Unavailable
from geoservice.settings import Settings

Role = Literal["application", "owner", "reader", "superuser"]

ROLE_NAMES = {"application": "geoservice_app", "owner": "geoservice_owner", "reader": "geoservice_reader"}
SCHEMA = "geoservice"
SEARCH_PATH = f"{SCHEMA},public"
# Views of what is published, where policies would keep the public from the indexes: geoservice.database.published.
PUBLISHED = "geoservice_public"


class Database:
    """The database of one installation.

    With `GEOSERVICE_DATABASE_URL` that server is used as it is; without, the private cluster.

    Parameters
    ----------
    settings
        Where it is.
    name
        Database in the private cluster.
    speaker
        Who the audit trail names for what the owner does, where no actor is given; else the database's user.
    """

    def __init__(self, settings: Settings, *, name: str = "geoservice", speaker: str | None = None) -> None:
        self.settings = settings
        self.name = name
        self.external = settings.database.database_url is not None
        self.cluster = None if self.external else Cluster(settings)
        self._engines: dict[Role, Engine] = {}
        # By the deadline of a statement in milliseconds.
        self._looking: dict[int, Engine] = {}
        self._lock = Lock()
        self._actor: Actor | None = None
        self._speaker = speaker
        self._has_views: bool | None = None

    def acting(self, actor: Actor) -> Database:
        """The same database in somebody's name: whatever role is asked for, the rights are theirs."""
        other = copy(self)
        other._actor = actor  # noqa: SLF001 - of its own class
        return other

    def url(self, role: Role = "application") -> URL:
        """SQLAlchemy address for a role; with an address from outside, its own login."""
        if self.cluster is not None:
            return make_url(self.cluster.url(role, database=self.name))
        database = self.settings.database
        given = database.database_url
        if role in ("owner", "superuser") and database.database_owner_url:
            given = database.database_owner_url
        return _parse(str(given))

    def engine(self, role: Role = "application") -> Engine:
        """The engine of a role, made at its first use."""
        with self._lock:
            if role not in self._engines:
                self._engines[role] = self._make(role)
            return self._engines[role]

    @contextmanager
    def connect(
        self,
        role: Role = "application",
        *,
        timeout_s: float | None = None,
        actor: Actor | None = None,
        request_id: str = "",
        repeatable: bool = False,
    ) -> Iterator[Connection]:
        """A connection in one transaction, committed at the end of the block.

        Parameters
        ----------
        role
            Whose rights it has.
        timeout_s
            Deadline of each statement in seconds; none by default.
        actor
            Who acts: the policies decide by it. Without one the application's role sees what is published.
        request_id
            Of the request that it belongs to, for the record.
        repeatable
            Whether all statements see the same moment.

        Raises
        ------
        Unavailable
            If the server does not answer.
        Deadline
            If a statement took too long.
        """
        if self._actor is not None:
            role, actor = "application", self._actor
        try:
            with self._open(role) as connection:
                if repeatable:
                    connection.execution_options(isolation_level="REPEATABLE READ")
                with connection.begin():
                    if role == "application" and (actor is None or actor == PUBLIC) and self._by_views(connection):
                        connection.execution_options(schema_translate_map={SCHEMA: PUBLISHED})
                        connection.execute(text(f"set local search_path = {PUBLISHED},{SEARCH_PATH}"))
                    if actor is not None:
                        act(connection, actor, request_id)
                    if timeout_s is not None:
                        connection.execute(
                            text("select set_config('statement_timeout', :ms, true)"),
                            {"ms": str(int(timeout_s * 1000))},
                        )
                    yield connection
        except DBAPIError as error:
            raise _translated(error, actor) from error

    @contextmanager
    def look(self, *, timeout_s: float) -> Iterator[Connection]:
        """A connection for questions of the public, each a transaction of its own that writes nothing.

        What a transaction is told elsewhere (deadline, schemas) these connections know from their beginning, so that a
        statement costs one round trip and no more. A statement with the option ``one_plan`` is prepared: the server keeps
        one plan for all values, where that is no worse. Every other one is planned for the values that it is given.

        Parameters
        ----------
        timeout_s
            Deadline of each statement in seconds.

        Raises
        ------
        Unavailable
            If the server does not answer.
        Deadline
            If a statement took too long.
        """
        try:
            with self._opened(lambda: self._public(int(timeout_s * 1000))) as connection:
                yield connection
        except DBAPIError as error:
            raise _translated(error, None) from error

    def _by_views(self, connection: Connection) -> bool:
        """Whether the public reads views; asked once, until all connections are closed."""
        if self._has_views is None:
            found = connection.execute(text(f"select to_regnamespace('{PUBLISHED}') is not null")).scalar_one()
            self._has_views = bool(found)
        return self._has_views

    def _open(self, role: Role) -> Connection:
        return self._opened(lambda: self.engine(role))

    def _opened(self, engine: Callable[[], Engine]) -> Connection:
        try:
            return engine().connect()
        except (OperationalError, Unavailable):
            if self.cluster is None:
                raise
            # The private cluster may have been killed: it is started again, once.
            self.cluster.start()
            self.dispose()
            return engine().connect()

    def connections(self) -> dict[str, tuple[int, int]]:
        """Connections of each role that are in use and that wait to be; ``public`` are those of `look`."""
        with self._lock:
            pools = [(str(role), engine.pool) for role, engine in self._engines.items()]
            pools += [("public", engine.pool) for engine in self._looking.values()]
        found: dict[str, tuple[int, int]] = {}
        for role, pool in pools:
            if isinstance(pool, QueuePool):
                used, idle = found.get(role, (0, 0))
                found[role] = used + pool.checkedout(), idle + pool.checkedin()
        return found

    def dispose(self) -> None:
        """Closes every connection."""
        with self._lock:
            for engine in (*self._engines.values(), *self._looking.values()):
                engine.dispose()
            self._engines.clear()
            self._looking.clear()
            self._has_views = None

    def _public(self, timeout_ms: int) -> Engine:
        """The engine of `look`, made at its first use."""
        if self._has_views is None:
            with self.engine("application").connect() as connection:
                self._by_views(connection)
        with self._lock:
            if timeout_ms not in self._looking:
                path = f"{PUBLISHED},{SEARCH_PATH}" if self._has_views else SEARCH_PATH
                options = f" -cstatement_timeout={timeout_ms} -cdefault_transaction_read_only=on -cplan_cache_mode=auto"
                # Nothing is open when a statement has ended: there is nothing to roll back.
                more = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
                # The driver would read a long statement through for each request: it gets it as the server takes it.
                more |= {"paramstyle": "numeric_dollar", "use_native_hstore": False}
                engine = self._make("application", path, options, more)
                event.listen(engine, "before_cursor_execute", _planned)
                if self._has_views:
                    engine = engine.execution_options(schema_translate_map={SCHEMA: PUBLISHED})
                self._looking[timeout_ms] = engine
            return self._looking[timeout_ms]

    def _make(
        self,
        role: Role,
        path: str = SEARCH_PATH,
        # A frequent character and a rare one want different plans: none is kept for both.
        options_more: str = " -cplan_cache_mode=force_custom_plan",
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> Engine:
        options = f"-csearch_path={path} -cjit=off -capplication_name=geoservice{options_more}"
        # To start a second process takes longer than a tile of some thousand points, which the planner does not know.
        options += " -cparallel_setup_cost=250000"
        if self.external and role in ROLE_NAMES:
            # A login that is only a member of the three roles takes on the rights of one.
            options += f" -crole={ROLE_NAMES[role]}"
        if role == "owner" and self._speaker is not None:
            # A default of the session: a transaction begins with no statement of ours.
            options += " -cgeoservice.actor=" + re.sub(r"([\\ ])", r"\\\1", self._speaker)
        engine = create_engine(
            self.url(role),
            connect_args={
                "options": options,
                "client_encoding": "utf8",
                "connect_timeout": 10,
                **({"cursor_factory": RawCursor} if more else {}),
            },
            pool_size=self.settings.database.database_pool,
            max_overflow=4,
            pool_timeout=10,
            # What a statement was given belongs in no log.
            hide_parameters=True,
            **more,
        )
        keep_fresh(engine)
        event.listen(engine, "before_cursor_execute", _as_bytes)
        return engine


def _planned(_: Connection, cursor: Any, __: str, ___: Any, context: Any, ____: bool) -> None:  # noqa: FBT001 - of the event
    """A plan is kept by the server for a statement that was prepared, and for no other."""
    cursor.connection.prepare_threshold = 2 if context.execution_options.get("one_plan") else None


def _as_bytes(_: Connection, cursor: Any, __: str, ___: Any, context: Any, ____: bool) -> None:  # noqa: FBT001 - of the event
    """Long answers come as they are, where the statement has the option ``as_bytes``: as text, bytes take twice the room.

    No column is of the type varchar: a text that is cast to it comes as the bytes of its UTF-8, neither read nor copied.
    """
    if context is not None and context.execution_options.get("as_bytes"):
        cursor.format = Format.BINARY
        known = cursor.adapters
        known.register_loader("varchar", known.get_loader(known.types["bytea"].oid, Format.BINARY))


def _parse(given: str) -> URL:
    try:
        url = make_url(given)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is the setting
        raise BadSetting("database.bad-url", key="GEOSERVICE_DATABASE_URL") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise BadSetting("database.bad-url", key="GEOSERVICE_DATABASE_URL")
    return url.set(drivername="postgresql+psycopg")


def _translated(error: DBAPIError, actor: Actor | None) -> Exception:
    """An error of ours for what is no fault of the program; the given one otherwise."""
    state = getattr(error.orig, "sqlstate", None)
    if state == "57014":
        return Deadline("database.deadline")
    if state == "42501" and actor is not None:
        return Forbidden("access.not-allowed")
    if state == "40P01":
        return Unavailable("database.deadlock")
    if state in ("42501", "25006"):
        return Unavailable("database.no-rights", reason=str(error.orig).strip().splitlines()[0])
    if isinstance(error, OperationalError) and (state is None or state[:2] in ("08", "57", "53")):
        return Unavailable("database.down", reason=str(error.orig).strip().splitlines()[0] if str(error.orig) else "-")
    return error
