"""tipg beside us: the same records in a flat table of its own in EPSG:4326, on the same PostgreSQL."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from tests.benchmarks.registry import Registry

# Where `script/bench --peers` puts it: its libraries are apart from ours.
TIPG = Path(__file__).resolve().parents[2] / ".venv" / "tipg" / "bin" / "python"
SCHEMA = "peer"
# It reads the collections that it serves from the database at its start.
START_S = 120.0

PLACES = f"""
    create table {SCHEMA}.places as
    select p.id, n.name, n.reading, n.reading_source, n.romanisation, o.alias, o.former_name, p.class_code, p.rank,
           p.schematic, p.code, p.meaning, p.origin, p.usage, u.name as township_name,
           st_transform(p.geom, 4326)::geometry(point, 4326) as geom
    from place p
    join place_name n on n.place_id = p.id and n.kind = 'standard' and n.valid_to is null
    left join unit_version u on u.unit_id = p.unit_id
    left join lateral (
        select string_agg(name, '；') filter (where kind = 'alias') as alias,
               string_agg(name, '；') filter (where kind = 'former') as former_name
        from place_name where place_id = p.id and kind <> 'standard') o on true
"""
FACILITIES = f"""
    create table {SCHEMA}.facilities as
    select id, name, type, beds, opened_on, closed_on, unit_id, schematic, st_transform(geom, 4326)::geometry(point, 4326) as geom
    from facility
"""


@dataclass(frozen=True)
class Server:
    """A server under measurement: one process of one worker."""

    subject: str
    version: str
    port: int
    process: subprocess.Popen[bytes]

    @property
    def peak_mib(self) -> float:
        """The most memory that the process has held; Linux only."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


def copy_for_peers(made: Registry) -> None:
    """Makes the peer's tables, once a registry."""
    with made.superuser() as connection:
        if connection.execute("select to_regclass(%s)", [f"{SCHEMA}.facilities"]).fetchone() != (None,):
            return
        connection.execute(f"create schema if not exists {SCHEMA}")  # type: ignore[call-overload]
        for name, statement in (("places", PLACES), ("facilities", FACILITIES)):
            connection.execute(statement)  # type: ignore[call-overload]
            connection.execute(f"alter table {SCHEMA}.{name} add primary key (id)")  # type: ignore[call-overload]
            connection.execute(f"create index on {SCHEMA}.{name} using gist (geom)")  # type: ignore[call-overload]
            connection.execute(f"vacuum analyze {SCHEMA}.{name}")  # type: ignore[call-overload]
        # What a user of pg_trgm would add for the search of names.
        connection.execute(f"create index on {SCHEMA}.places using gin (name gin_trgm_ops)")  # type: ignore[call-overload]


@contextmanager
def ours(made: Registry, *, cache_mb: int = 0) -> Iterator[Server]:
    """`geoservice serve`, as the application's role with the policies on; without a throttle for one address."""
    import geoservice

    environment = {
        "GEOSERVICE_HOME": str(made.database.settings.home),
        "GEOSERVICE_ADDRESS_REQUESTS_MIN": "0",
        "GEOSERVICE_TILE_CACHE_MB": str(cache_mb),
        "GEOSERVICE_PAGE_CACHE_MB": str(cache_mb),
    }
    command = [str(Path(sys.prefix) / "bin" / "geoservice"), "serve", "--no-worker", "--port"]
    with _running("geoservice", geoservice.__version__, command, environment) as server:
        yield server


@contextmanager
def tipg(made: Registry) -> Iterator[Server]:
    """tipg with one uvicorn worker and its defaults but for the number of features."""
    url = made.database.url("superuser")
    # The socket as a host: tipg refuses an address without one.
    where = quote(str(url.query["host"]), safe=""), url.query["port"]
    environment = {
        "DATABASE_URL": f"postgresql://{url.username}:{url.password}@{where[0]}:{where[1]}/{url.database}",
        "TIPG_DB_SCHEMAS": f'["{SCHEMA}"]',
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",
        # The margin of our tiles.
        "TIPG_TILE_BUFFER": "64",
        "TIPG_MAX_FEATURES_PER_QUERY": "10000",
        "TIPG_CATALOG_TTL": "0",
    }
    version = subprocess.run(
        [TIPG, "-c", "import tipg; print(tipg.__version__)"], check=True, capture_output=True, text=True
    ).stdout.strip()
    command = [str(TIPG), "-m", "uvicorn", "tipg.main:app", "--log-level", "warning", "--port"]
    with _running("tipg", version, command, environment) as server:
        yield server


@contextmanager
def _running(subject: str, version: str, command: list[str], environment: Mapping[str, str]) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = tempfile.TemporaryFile()  # noqa: SIM115 - it stays open as long as the server runs
    process = subprocess.Popen(
        [*command, str(port)],
        env={**os.environ, **environment},
        stdout=said,
        stderr=said,
        # A folder without a file of settings that a server might read.
        cwd="/",
    )
    try:
        if not _answers(process, port):
            said.seek(0)
            raise SystemExit(f"{subject} did not come up: {said.read().decode(errors='replace')[-2000:]}")
        yield Server(subject, version, port, process)
    finally:
        process.terminate()
        process.wait(60)
        said.close()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return True
    return False
