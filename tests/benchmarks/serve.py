"""script/bench serve: pages, features, tiles and searches over HTTP, beside tipg on the same PostgreSQL.

One worker each; ours as the application's role with the policies on. A tile counts only if both carry the same features.
Pages and tiles are first-asked, and none is the same twice: ours runs with nothing kept in memory. What is kept is asked for
apart, of a second server with its memory on, and named so. All tables are read once before, so that nobody waits for the disk.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import mapbox_vector_tile  # type: ignore[import-untyped]
import numpy as np

from geoservice.catalog import load_catalog
from geoservice.database.paging import encode
from geoservice.publish.ogc.filling import prepare_all
from tests.benchmarks.bench import OURS, Row, write
from tests.benchmarks.registry import Registry, registry
from tests.benchmarks.serve_peers import TIPG, Server, copy_for_peers, ours, tipg
from tests.benchmarks.vocabulary import absent
from tests.integration.test_tiles import tile_of

NAMES, QUICK = 500_000, 100_000
SEED = 11
MATRIX = "WebMercatorQuad"
GROWTH = (5_000, 50_000, 500_000, 5_000_000)


@dataclass(frozen=True)
class Case:
    """What is asked of each: paths, one a request, never the same twice where the answer could be kept.

    Attributes
    ----------
    members
        Ids in an answer, to be compared; None where the two need not give the same.
    """

    name: str
    paths: dict[str, Sequence[str]]
    members: Callable[[bytes], Any] | None = None


class Draw:
    """Places of the registry, drawn once for all servers."""

    def __init__(self, made: Registry, each: int) -> None:
        self.chance = random.Random(SEED)  # nosec B311 - choices, no secret
        with made.superuser() as connection:
            ids = sorted(self.chance.sample(range(1, made.places + 1), min(made.places, 4 * each)))
            rows = connection.execute(
                "select p.id, st_x(p.geom), st_y(p.geom), n.name from place p join place_name n on n.place_id = p.id"
                " and n.kind = 'standard' and n.valid_to is null where p.id = any(%s) order by hashint8(p.id)",
                [ids],
            ).fetchall()
        self.made = made
        self.rows: list[Any] = rows[:each]

    @staticmethod
    def deep(made: Registry) -> int:
        """The row at which the deep page begins: 490,000 of 500,000."""
        return made.places * 49 // 50

    def pages(self, layer: str, limit: int, first: int, count: int) -> dict[str, list[str]]:
        """Different pages one after the other from a row on, as a client that follows the links meets them."""
        rows = range(first, min(first + limit * count, self.made.places - limit), limit)
        table = {"places": "place", "facilities": "facility"}[layer]
        with self.made.superuser() as connection:
            found = connection.execute(
                f"select id from (select id, row_number() over (order by id) as row from {table}) r"
                " where row = any(%s) order by row",
                [list(rows)],
            ).fetchall()
        after = [""] * (first == 0) + [f"&after={encode(row)}" for row in found]
        return {
            OURS: [f"/ogc/collections/{layer}/items?limit={limit}{begin}" for begin in after],
            "tipg": [f"/collections/peer.{layer}/items?limit={limit}&offset={row}" for row in rows],
        }

    def tiles(self, z: int) -> list[tuple[int, int]]:
        """Different tiles around places."""
        found = (tile_of(lon, lat, z) for _, lon, lat, _ in self.rows)
        return list(dict.fromkeys((tile.x, tile.y) for tile in found))


def cases(made: Registry, each: int) -> list[Case]:
    """The cases, each for both servers."""
    draw = Draw(made, each)
    deep = draw.deep(made)
    names = list(dict.fromkeys(name for *_, name in draw.rows))
    found = [
        _pages("items, limit=10", draw.pages("places", 10, 0, each)),
        _pages("items, limit=1000", draw.pages("places", 1000, 0, max(5, each // 8))),
        _pages(f"10 items at row {deep:,}", draw.pages("facilities", 10, deep, each)),
        Case(
            "one item",
            {
                OURS: [f"/ogc/collections/places/items/{row[0]}" for row in draw.rows],
                "tipg": [f"/collections/peer.places/items/{row[0]}" for row in draw.rows],
            },
        ),
        *(_tiles(draw, layer, z) for layer, z in (("places", 13), ("facilities", 13), ("facilities", 10))),
        Case(
            "name search",
            {
                OURS: [f"/api/place-names?limit=20&q={quote(name)}" for name in names],
                "tipg": [
                    f"/collections/peer.places/items?limit=20&filter-lang=cql2-text&filter={quote(f'name LIKE {_quoted(name)}')}"
                    for name in names
                ],
            },
        ),
    ]
    thinned = [f"/tiles/places/10/{x}/{y}.mvt" for x, y in draw.tiles(10)]
    return [*found, Case("tile z10, thinned", {OURS: thinned})]


def _quoted(name: str) -> str:
    return "'%" + name.replace("'", "''") + "%'"


def _pages(name: str, paths: dict[str, list[str]]) -> Case:
    return Case(name, dict(paths), lambda body: [str(one["id"]) for one in json.loads(body)["features"]])


def _tiles(draw: Draw, layer: str, z: int) -> Case:
    wanted = draw.tiles(z)
    return Case(
        f"tile z{z}, {layer}",
        {
            OURS: [f"/tiles/{layer}/{z}/{x}/{y}.mvt" for x, y in wanted],
            "tipg": [f"/collections/peer.{layer}/tiles/{MATRIX}/{z}/{x}/{y}" for x, y in wanted],
        },
        _names_in,
    )


def _names_in(body: bytes) -> list[str]:
    """Names of the points within a tile, sorted; the margin, which tipg leaves empty, does not count."""
    layers = mapbox_vector_tile.decode(body).values() if body else ()
    return sorted(
        one["properties"]["name"]
        for layer in layers
        for one in layer["features"]
        if all(0 < part < layer["extent"] for part in one["geometry"]["coordinates"])
    )


class Client:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> tuple[float, bytes]:
        """Seconds and body.

        Raises
        ------
        SystemExit
            If the answer is an error: a benchmark of errors measures nothing.
        """
        start = time.perf_counter()
        self.connection.request("GET", path, headers={"Accept": "application/geo+json, */*"})
        answer = self.connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - start
        if answer.status not in (200, 204):
            raise SystemExit(f"{path}: {answer.status} {body[:300].decode(errors='replace')}")
        return took, body


def ask(server: Server, paths: Sequence[str], clients: int) -> tuple[list[float], float, list[bytes]]:
    """Seconds of each request, of all together, and the answers in the order of the paths."""
    parts = [paths[at::clients] for at in range(clients)]

    def part(mine: Sequence[str]) -> list[tuple[float, bytes]]:
        client = Client(server.port)
        return [client.get(path) for path in mine]

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        answers = list(pool.map(part, parts))
    whole = time.perf_counter() - start
    bodies = [answers[at % clients][at // clients][1] for at in range(len(paths))]
    return [took for each in answers for took, _ in each], whole, bodies


class Run:
    """Prints and writes one row a case, subject and number of clients."""

    def __init__(self, made: Registry, out: Path | None) -> None:
        self.made, self.out = made, out
        # Requests a second of the peer, by case and clients.
        self.peer: dict[tuple[str, int], float] = {}

    def measure(self, servers: Sequence[Server], case: Case) -> None:
        """One case: a first request that nobody counts, then one client, then eight."""
        held = [server for server in servers if server.subject in case.paths]
        for server in held:
            Client(server.port).get(case.paths[server.subject][0])
        for clients in (1, 8):
            rows: dict[str, Row] = {}
            members: dict[str, Any] = {}
            for server in held:
                times, whole, bodies = ask(server, case.paths[server.subject], clients)
                rows[server.subject] = self._row(server, case.name, clients, times, whole)
                if case.members is not None and clients == 1:
                    members[server.subject] = [case.members(body) for body in bodies]
            if "tipg" in rows:
                self.peer[case.name, clients] = rows["tipg"]["requests_per_s"]
            self._tell(rows, members)

    def cached(self, server: Server, case: Case) -> None:
        """Pages and tiles that the server has made before; beside them the peer's rate at the same addresses."""
        ask(server, case.paths[OURS], 1)
        for clients in (1, 8):
            times, whole, _ = ask(server, case.paths[OURS], clients)
            row = self._row(server, f"{case.name}, kept", clients, times, whole)
            self._tell({OURS: row}, {}, self.peer.get((case.name, clients)))

    def _row(self, server: Server, case: str, clients: int, times: Sequence[float], whole: float) -> Row:
        return {
            "workload": "serve",
            "case": case,
            "subject": server.subject,
            "version": server.version,
            "names": self.made.names,
            "threads": clients,
            "median_s": statistics.median(times),
            "p95_s": float(np.quantile(times, 0.95)),
            "runs": len(times),
            "requests_per_s": len(times) / whole,
            "peak_mib": server.peak_mib,
            "same_answer": None,
        }

    def _tell(self, rows: dict[str, Row], members: dict[str, Any], peer: float | None = None) -> None:
        same = members[OURS] == members["tipg"] if len(members) == 2 else None
        rate = rows[OURS]["requests_per_s"]
        for subject, row in rows.items():
            row["same_answer"] = same
            other = row["requests_per_s"] if subject != OURS else peer
            ratio = f"{rate / other:7.1f}" if other else " " * 7
            print(
                f"  {row['case']:26}{subject:12}{row['threads']:>3}{row['median_s'] * 1000:9.1f}{row['p95_s'] * 1000:9.1f}"
                f"{row['requests_per_s']:9.0f}{row['peak_mib']:7.0f}{ratio}"
                f"{'' if same is None else '  same' if same else '  DIFFERENT'}",
                flush=True,
            )
        if self.out:
            write(list(rows.values()), self.out)


def facilities(made: Registry) -> None:
    """As many facilities at the same points: a layer that no zoom thins."""
    with made.superuser() as connection:
        if connection.execute("select exists (select from facility)").fetchone() == (True,):
            return
        connection.execute("set session_replication_role = replica")
        connection.execute(
            "insert into facility (key, name, type, geom, classification, published)"
            " select p.key, '设施' || p.id, (select min(code) from facility_type), p.geom, 'public', true from place p"
        )
        connection.execute("vacuum analyze facility")


def read_through(made: Registry) -> None:
    """Reads all tables and indexes once: what is measured shall be the servers and not who asks the disk first."""
    with made.superuser() as connection:
        connection.execute("create extension if not exists pg_prewarm")
        connection.execute(
            "select pg_prewarm(oid, 'read') from pg_class where relkind in ('r', 'i') and relnamespace::regnamespace::text"
            " in ('geoservice', 'peer')"
        )


def tell(text: str) -> None:
    """What is under way, on standard error."""
    print(f"  {text}", file=sys.stderr, flush=True)


def one(names: int, each: int, options: argparse.Namespace) -> None:
    """Everything at one size."""
    keep = options.keep / str(names) if options.keep else None
    with registry(names, tell, keep) as made, ExitStack() as stack:
        facilities(made)
        tell(f"features written beforehand: {prepare_all(made.database, load_catalog(), lambda _: None):,}")
        peers = TIPG.exists() and not options.alone
        if peers:
            copy_for_peers(made)
        servers = [stack.enter_context(ours(made))]
        if peers:
            servers.append(stack.enter_context(tipg(made)))
        else:
            print("left out: tipg (script/bench --peers installs it)")
        print(
            f"\n{names:,} names\n  {'case':26}{'subject':12}{'at once':>3}{'p50 ms':>8}{'p95 ms':>9}{'a second':>9}{'MiB':>7}  times as many"
        )
        run = Run(made, options.json)
        asked = cases(made, each)
        read_through(made)
        for case in asked:
            run.measure(servers, case)
        with ours(made, cache_mb=64) as keeping:
            for case in asked:
                if case.name.startswith(("tile", "items", "10 items")):
                    run.cached(keeping, case)


def main() -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(prog="script/bench serve", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} names, fewer requests")
    parser.add_argument("--names", type=int, default=None)
    parser.add_argument(
        "--growth", action="store_true", help="ours alone, from 5,000 names to 5 million, or to --names"
    )
    parser.add_argument("--alone", action="store_true", help="without the peer")
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="directory for the registries, used again")
    options = parser.parse_args()
    missing = absent()
    if missing:
        print(f"real lists are missing: {missing}", file=sys.stderr)
        return 2
    options.alone |= options.growth
    most = options.names or (GROWTH[-1] if options.growth else QUICK if options.quick else NAMES)
    sizes = tuple(size for size in GROWTH if size <= most) if options.growth else (most,)
    for names in sizes:
        one(names, 40 if options.quick else 200, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
