"""The private cluster of one state directory."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psycopg
from sqlalchemy import URL

from geoservice.database.cluster.account import Account, account_for
from geoservice.database.cluster.making import APPLICATION, DATABASE, OWNER, READER, SUPERUSER, make
from geoservice.database.cluster.place import Place, find_place, locked, prepare_home, settle, socket_folder
from geoservice.database.cluster.process import Postmaster, answers, halt, launch, running, settled, sweep
from geoservice.database.cluster.programs import EXTENSIONS, Programs, choose, minor_version
from geoservice.errors import Conflict, Unavailable
from geoservice.language import translate
from geoservice.settings import Settings

Role = Literal["application", "owner", "reader", "superuser"]
State = Literal["absent", "stopped", "starting", "running"]

LOGINS: dict[str, str] = {"application": APPLICATION, "owner": OWNER, "reader": READER, "superuser": SUPERUSER}
PORTS = range(15432, 25432)  # below the ports that systems give to outgoing connections
ATTEMPTS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClusterInfo:
    """A running cluster.

    Attributes
    ----------
    data
        Its data directory.
    sockets
        Directory of its unix socket.
    port
        Its port on 127.0.0.1.
    pid
        Process id of the server.
    created, started
        Whether this call has made it, or started it.
    notice
        What the user should be told of its place, in the current language.
    """

    data: Path
    sockets: Path
    port: int
    pid: int
    created: bool
    started: bool
    notice: str | None


@dataclass(frozen=True)
class ClusterStatus:
    """What is known of the cluster; null where it is not made or not running."""

    state: State
    data: Path
    log: Path
    port: int | None
    pid: int | None
    sockets: Path | None
    postgresql: int | None
    postgis: str | None
    notice: str | None

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}


class Cluster:
    """The private PostGIS cluster of a state directory.

    Parameters
    ----------
    settings
        Their `home` decides where it lives.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home

    def start(self) -> ClusterInfo:
        """Makes it where it is missing, starts it where it is stopped, and waits until it takes connections.

        Raises
        ------
        Conflict
            If another PostGIS is set.
        Unavailable
            If PostgreSQL or PostGIS is missing, does not fit the data, or does not start.
        """
        return self._start(other_postgis=False)

    def stop(self) -> bool:
        """Stops it; False where it was not running.

        Raises
        ------
        Deadline
            If it does not end in time.
        """
        if not self.home.is_dir():
            return False
        with locked(self.home):
            place = find_place(self.home)
            server = running(place.data)
            if server is None:
                return False
            halt(server, place.data)
            return True

    def status(self) -> ClusterStatus:
        """What is known of it; changes nothing."""
        place = find_place(self.home)
        server = running(place.data) if place.made else None
        facts = place.read("facts.json") if place.made else {}
        state: State = "absent"
        if place.made:
            state = "stopped" if server is None else "running" if server.ready else "starting"
        return ClusterStatus(
            state=state,
            data=place.data,
            log=place.log,
            port=server.port if server else facts.get("port"),
            pid=server.pid if server else None,
            sockets=server.sockets if server else None,
            postgresql=facts.get("postgresql"),
            postgis=facts.get("postgis"),
            notice=self._notice(place),
        )

    def url(self, role: Role = "application", *, database: str = DATABASE) -> str:
        """SQLAlchemy address of a database in it, by its socket, password included.

        Parameters
        ----------
        role
            `application` owns nothing, `owner` owns the schema, `reader` only reads, `superuser` may do anything.
        database
            Name of the database.

        Raises
        ------
        Unavailable
            If the cluster has not been made or started yet.
        """
        place = find_place(self.home)
        passwords = place.read("passwords.json")
        if not passwords:
            raise Unavailable("cluster.absent", path=place.root)
        server = running(place.data)
        facts = place.read("facts.json")
        port = server.port if server else facts.get("port")
        sockets = server.sockets if server else facts.get("sockets")
        if not port or not sockets:
            raise Unavailable("cluster.stopped", path=place.root)
        login = LOGINS[role]
        address = URL.create(
            "postgresql+psycopg",
            username=login,
            password=passwords[login],
            database=database,
            query={"host": str(sockets), "port": str(port)},
        )
        return address.render_as_string(hide_password=False)

    def upgrade_extensions(self) -> dict[str, str]:
        """Brings the extensions of the database to the versions that are installed; gives the versions.

        Raises
        ------
        Unavailable
            If the cluster cannot be started or the update fails.
        """
        self._start(other_postgis=True)
        place = find_place(self.home)
        versions = {}
        address = self.url("superuser").replace("+psycopg", "", 1)
        try:
            with psycopg.connect(address, autocommit=True) as connection:
                for name in EXTENSIONS:
                    connection.execute(f"alter extension {name} update")
                for name, version in connection.execute("select extname, extversion from pg_extension"):
                    versions[str(name)] = str(version)
        except psycopg.Error as error:
            raise Unavailable("cluster.upgrade-failed", reason=str(error).strip()) from error
        place.write("facts.json", {**place.read("facts.json"), "postgis": versions["postgis"]})
        return {name: versions[name] for name in EXTENSIONS}

    def _start(self, *, other_postgis: bool) -> ClusterInfo:
        if self.settings.database.database_url is not None:
            raise Conflict("cluster.not-used")
        place = find_place(self.home)
        server = running(place.data) if place.made else None
        if server is not None and server.ready and answers(server):
            return self._info(place, server)
        prepare_home(self.home)
        with locked(self.home):
            place = find_place(self.home)
            server = settled(place.data) if place.made else None
            if server is not None:
                if answers(server):
                    return self._info(place, server)
                # It lives but its socket is gone: a cleaner of /tmp has been there.
                halt(server, place.data)
            account = account_for(place.data)
            created = not place.made
            if created:
                settle(place, self.home)
                make(place, choose(), account)
            programs = self._fitting(place, other_postgis=other_postgis)
            server = self._launch(place, programs, account)
        notice = self._notice(place)
        if notice:
            log.warning(notice)
        return self._info(place, server, created=created, started=True)

    def _fitting(self, place: Place, *, other_postgis: bool) -> Programs:
        """The programs that fit the data.

        Raises
        ------
        Unavailable
            If they are of another major version of PostgreSQL, or another PostGIS.
        """
        try:
            major = int((place.data / "PG_VERSION").read_text(encoding="utf-8"))
        except PermissionError:
            raise Unavailable("cluster.other-account", path=place.root) from None
        except (OSError, ValueError) as error:
            raise Unavailable("cluster.bad-file", path=place.data / "PG_VERSION", reason=error) from error
        programs = choose(major)
        made = place.read("facts.json").get("postgis", programs.postgis)
        if minor_version(made) != minor_version(programs.postgis) and not (
            other_postgis and minor_version(made) < minor_version(programs.postgis)
        ):
            raise Unavailable("cluster.other-postgis", path=place.data, made=made, found=programs.postgis)
        return programs

    def _launch(self, place: Place, programs: Programs, account: Account) -> Postmaster:
        """Starts on the remembered port, or another one where that is taken."""
        sockets = socket_folder(place, account)
        sweep(place.data, sockets)
        facts = place.read("facts.json")
        port = facts.get("port") or _first_port(self.home)
        for attempt in range(ATTEMPTS):
            port = _free_port(port)
            place.write("facts.json", {**facts, "port": port, "sockets": str(sockets)})
            try:
                return launch(programs, account, place, port, sockets)
            except Unavailable:
                # A start that was cut off may have come first; another program may have taken the port.
                other = settled(place.data)
                if other is not None:
                    return other
                if attempt == ATTEMPTS - 1 or _is_free(port):
                    raise
        raise Unavailable("cluster.no-port")

    def _notice(self, place: Place) -> str | None:
        return translate("cluster.moved", path=place.root, home=self.home) if place.moved else None

    def _info(self, place: Place, server: Postmaster, *, created: bool = False, started: bool = False) -> ClusterInfo:
        return ClusterInfo(
            data=place.data,
            sockets=server.sockets,
            port=server.port,
            pid=server.pid,
            created=created,
            started=started,
            notice=self._notice(place),
        )


def _first_port(home: Path) -> int:
    """Where the search for a port begins: spread, so that two checkouts seldom meet."""
    return PORTS[int.from_bytes(hashlib.sha256(os.fsencode(home)).digest()[:4]) % len(PORTS)]


def _free_port(first: int) -> int:
    """The first free port from `first` on.

    Raises
    ------
    Unavailable
        If there is none.
    """
    start = first - PORTS.start if first in PORTS else 0
    for step in range(len(PORTS)):
        port = first if step == 0 else PORTS[(start + step) % len(PORTS)]
        if _is_free(port):
            return port
    raise Unavailable("cluster.no-port")


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
