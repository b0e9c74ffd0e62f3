"""Other programs that answer the same questions, each by its fastest documented call. All but scipy are optional."""

from __future__ import annotations

import atexit
import ctypes
import importlib
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from geoservice.database.engine import Database
from geoservice.errors import GeoserviceError
from geoservice.settings import Settings, StateSettings
from tests.benchmarks.bench import Way
from tests.benchmarks.cities import City, Ints

Answer = tuple[NDArray[Any], ...]
# Rows of times that scipy is asked for at once: 8 bytes a node and row.
_DENSE_BYTES = 128 * 2**20
# A clip by straight distance is this much wider than the limit allows, since weights are rounded.
_CLIP_MARGIN = 1.05
# Preparation or one run beyond this is left out of a quick run.
QUICK_NODES = 200_000
# The largest network that a peer is asked about: beyond it preparation or one run takes minutes or gigabytes.
_MILLION, _ANY = 1_500_000, 10**9


class Peer(Protocol):
    """A peer with its own copy of one city's network."""

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        """Ways to the time of every node from the nearest facility (W1)."""

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        """Ways to the nodes that each facility reaches, with times (W2)."""


def peers_of(city: City, *, quick: bool, cores: int, small: Collection[str] = ()) -> tuple[list[Peer], list[str]]:
    """The peers at hand for a city, and of the others why they are left out.

    Parameters
    ----------
    small
        Peers that are asked about small networks only, as all are in a quick run.
    """
    makers: list[tuple[str, int, Callable[[], Peer]]] = [
        ("networkx", _MILLION, lambda: Networkx(city)),
        ("igraph", _ANY, lambda: Igraph(city)),
        ("pandana", _MILLION, lambda: Pandana(city, cores)),
        ("pgRouting", _MILLION, lambda: PgRouting(city)),
    ]
    made: list[Peer] = [Scipy(city, cores)]
    left_out = ["Valhalla: its wheels with a tile builder need Python 3.12"]
    unknown = sorted({*small} - {name for name, _, _ in makers})
    if unknown:
        raise SystemExit(f"No such peer: {', '.join(unknown)}. There are {', '.join(name for name, _, _ in makers)}.")
    for name, most, make in makers:
        if (quick or name in small) and city.nodes > QUICK_NODES:
            left_out.append(f"{name} on {city.name}: its preparation is too long for this run")
        elif city.nodes > most:
            left_out.append(f"{name} on {city.name}: more than {most:,} nodes take it minutes or gigabytes")
        else:
            try:
                made.append(make())
            except (ImportError, psycopg.Error, GeoserviceError) as error:
                left_out.append(f"{name}: not installed ({str(error).splitlines()[0]})")
    return made, left_out


def times_of(values: NDArray[Any], limit_ds: int) -> Answer:
    """Times in ds, -1 beyond the limit."""
    found = np.asarray(values, dtype=np.float64)
    return (np.where(found <= limit_ds, found, -1.0).round().astype(np.int32),)


def rows_of(rows: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> Answer:
    """Nodes in order of their number, and times, of each source."""
    offset = np.concatenate([[0], np.cumsum([len(nodes) for nodes, _ in rows])]).astype(np.int64)
    node = np.concatenate([np.empty(0), *(nodes for nodes, _ in rows)]).astype(np.int32)
    time_ds = np.concatenate([np.empty(0), *(times for _, times in rows)]).round().astype(np.int32)
    owner = np.repeat(np.arange(len(rows)), np.diff(offset))
    order = np.lexsort((node, owner))
    return offset, node[order], time_ds[order]


class Scipy:
    """scipy.sparse.csgraph.dijkstra on a float64 matrix, which it takes without a copy."""

    def __init__(self, city: City, cores: int) -> None:
        self.city, self.cores = city, cores
        self.matrix = city.matrix
        self.tree = cKDTree(np.column_stack([city.x, city.y]))

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        def call() -> Any:
            return dijkstra(self.matrix, indices=facilities, min_only=True, limit=limit_ds)

        yield Way("scipy", version("scipy"), 1, call, lambda given: times_of(given, limit_ds))

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        step = max(1, _DENSE_BYTES // (8 * self.city.nodes))

        def dense() -> list[tuple[NDArray[Any], NDArray[Any]]]:
            rows = []
            for start in range(0, facilities.size, step):
                block = dijkstra(self.matrix, indices=facilities[start : start + step], limit=limit_ds)
                for times in block:
                    nodes = np.flatnonzero(np.isfinite(times))
                    rows.append((nodes, times[nodes]))
            return rows

        def clipped(node: int) -> tuple[NDArray[Any], NDArray[Any]]:
            radius = limit_ds / self.city.ds_a_metre * _CLIP_MARGIN
            near = np.asarray(self.tree.query_ball_point(self.tree.data[node], radius, return_sorted=True))
            part = self.matrix[near][:, near]
            times = dijkstra(part, indices=int(np.searchsorted(near, node)), limit=limit_ds)
            found = np.flatnonzero(np.isfinite(times))
            return near[found], times[found]

        def threaded() -> list[tuple[NDArray[Any], NDArray[Any]]]:
            with ThreadPoolExecutor(self.cores) as pool:
                return list(pool.map(clipped, facilities))

        yield Way("scipy", version("scipy"), 1, dense, rows_of)
        yield Way("scipy, KD-tree clip", version("scipy"), 1, lambda: [clipped(node) for node in facilities], rows_of)
        if self.cores > 1:
            yield Way("scipy, KD-tree clip", version("scipy"), self.cores, threaded, rows_of)


class Networkx:
    """networkx, pure Python, with its cutoff."""

    def __init__(self, city: City) -> None:
        self.library = importlib.import_module("networkx")
        self.nodes = city.nodes
        start = time.perf_counter()
        self.graph = self.library.Graph()
        self.graph.add_nodes_from(range(city.nodes))
        self.graph.add_weighted_edges_from(zip(*(part.tolist() for part in city.once), strict=True))
        self.preparation_s = time.perf_counter() - start

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        sources = set(facilities.tolist())

        def call() -> Any:
            return self.library.multi_source_dijkstra_path_length(self.graph, sources, cutoff=limit_ds)

        def answer(given: dict[int, int]) -> Answer:
            found = np.full(self.nodes, np.inf)
            found[list(given)] = list(given.values())
            return times_of(found, limit_ds)

        yield Way("networkx", version("networkx"), 1, call, answer, self.preparation_s)

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        one = self.library.single_source_dijkstra_path_length

        def call() -> list[dict[int, int]]:
            return [one(self.graph, node, cutoff=limit_ds) for node in facilities.tolist()]

        def answer(given: list[dict[int, int]]) -> Answer:
            return rows_of([(np.array(list(row)), np.array(list(row.values()))) for row in given])

        yield Way("networkx", version("networkx"), 1, call, answer, self.preparation_s)


class Igraph:
    """igraph has no cut-off: one more vertex, tied to all facilities, makes W1 one search of the whole network."""

    def __init__(self, city: City) -> None:
        self.library = importlib.import_module("igraph")
        self.city = city

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        u, v, weight = self.city.once
        start = time.perf_counter()
        hub = np.full(facilities.size, self.city.nodes)
        ends = np.column_stack([np.concatenate([u, hub]), np.concatenate([v, facilities])])
        graph = self.library.Graph(n=self.city.nodes + 1, edges=ends)
        weights = np.concatenate([weight, np.zeros(facilities.size)]).tolist()
        graph.es["weight"] = weights
        spent = time.perf_counter() - start

        def call() -> Any:
            return graph.distances(source=[self.city.nodes], weights="weight")

        def answer(given: list[list[float]]) -> Answer:
            return times_of(np.array(given[0][:-1]), limit_ds)

        yield Way("igraph", version("igraph"), 1, call, answer, spent)

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        """None: without a cut-off each facility would search the whole network."""
        yield from ()


class Pandana:
    """pandana; its contraction counts as preparation."""

    def __init__(self, city: City, cores: int) -> None:
        library = importlib.import_module("pandana")
        self.city, self.cores = city, cores
        start = time.perf_counter()
        u, v, weight = city.once
        self.network = library.Network(
            pd.Series(city.x), pd.Series(city.y), pd.Series(u), pd.Series(v), pd.DataFrame({"ds": weight}), twoway=True
        )
        self.preparation_s = time.perf_counter() - start

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        x, y = pd.Series(self.city.x[facilities]), pd.Series(self.city.y[facilities])

        def call() -> Any:
            # Beyond the distance it gives the distance itself: one more than the limit tells them apart.
            self.network.set_pois("facilities", limit_ds + 1, 1, x, y)
            return self.network.nearest_pois(limit_ds + 1, "facilities", num_pois=1)

        def answer(given: pd.DataFrame) -> Answer:
            return times_of(given[1].sort_index().to_numpy(), limit_ds)

        yield from self._ways(call, answer)

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        def call() -> Any:
            return self.network.nodes_in_range(facilities.tolist(), limit_ds)

        def answer(given: pd.DataFrame) -> Answer:
            given = given.sort_values(["source", "destination"])
            start = np.searchsorted(given["source"].to_numpy(), [*facilities, facilities[-1] + 1])
            node, spent = given["destination"].to_numpy(), given["ds"].to_numpy()
            return start.astype(np.int64), node.astype(np.int32), spent.round().astype(np.int32)

        yield from self._ways(call, answer)

    def _ways(self, call: Callable[[], Any], answer: Callable[[pd.DataFrame], Answer]) -> Iterator[Way]:
        for threads in dict.fromkeys((1, self.cores)):
            use = _open_mp(threads)
            if threads == self.cores or use is not None:
                ready = use or (lambda: None)
                yield Way("pandana", version("pandana"), threads, call, answer, self.preparation_s, ready)


class PgRouting:
    """pgRouting in a private PostGIS of its own; one row a pair of neighbours, walked both ways."""

    def __init__(self, city: City) -> None:
        self.nodes = city.nodes
        self.server = _pgrouting()
        self.version = str(self.server.execute("select extversion from pg_extension where extname = 'pgrouting'")[0][0])
        start = time.perf_counter()
        self._table("edges", *city.once)
        self.preparation_s = time.perf_counter() - start

    def nearest(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        u = np.full(facilities.size, self.nodes, dtype=np.int32)
        self._table(f"ties_{facilities.size}", u, facilities, np.zeros_like(facilities))
        edges = f"{_EDGES} union all select -1 - id, source, target, cost from ties_{facilities.size}"
        hub = self._distance(edges, [self.nodes], limit_ds)
        equicost = self._distance(_EDGES, facilities.tolist(), limit_ds, equicost=True)

        def answer(given: NDArray[Any]) -> Answer:
            given = given[given["node"] < self.nodes]
            found = np.full(self.nodes, np.inf)
            found[given["node"]] = given["time"]
            return times_of(found, limit_ds)

        yield self._way("pgRouting, one more vertex", hub, answer)
        yield self._way("pgRouting, equicost", equicost, answer)

    def reached(self, facilities: Ints, limit_ds: int) -> Iterator[Way]:
        def answer(given: NDArray[Any]) -> Answer:
            given = given[np.lexsort((given["node"], given["source"]))]
            start = np.searchsorted(given["source"], [*facilities, facilities[-1] + 1])
            return start.astype(np.int64), given["node"].astype(np.int32), given["time"].astype(np.int32)

        yield self._way("pgRouting", self._distance(_EDGES, facilities.tolist(), limit_ds), answer)

    def _table(self, name: str, u: Ints, v: Ints, cost: Ints) -> None:
        self.server.execute(f"drop table if exists {name}")
        self.server.execute(f"create unlogged table {name} (id int8, source int8, target int8, cost float8)")
        with self.server.cursor.copy(f"copy {name} from stdin") as copy:
            rows = zip(range(u.size), u.tolist(), v.tolist(), cost.tolist(), strict=True)
            copy.write("".join(f"{i}\t{a}\t{b}\t{c}\n" for i, a, b, c in rows))
        self.server.execute(f"analyze {name}")

    def _distance(
        self, edges: str, starts: list[int], limit_ds: int, *, equicost: bool = False
    ) -> Callable[[], NDArray[Any]]:
        query = (
            "copy (select from_v::int4, node::int4, round(agg_cost)::int4 from pgr_drivingDistance("
            f"'{edges}', array{starts}::int8[], {limit_ds}, directed => false, equicost => {equicost}))"
            " to stdout (format binary)"
        )
        return lambda: self.server.copied(query)

    def _way(self, subject: str, call: Callable[[], Any], answer: Callable[[Any], Answer]) -> Way:
        return Way(subject, self.version, 1, call, answer, self.preparation_s)


_EDGES = "select id, source, target, cost from edges"
# PostgreSQL's binary COPY: 19 bytes of header, rows of a count and of (length, value), 2 bytes of trailer.
_COPIED = np.dtype(
    {
        "names": ["source", "node", "time"],
        "formats": [">i4", ">i4", ">i4"],
        "offsets": [6, 14, 22],
        "itemsize": 26,
    }
)


class Server:
    """A PostGIS of this run alone, with pgRouting; it goes when the program ends."""

    def __init__(self) -> None:
        home = Path(tempfile.mkdtemp(prefix="geoservice-bench-"))
        home.chmod(0o755)
        self.database = Database(Settings(state=StateSettings(home=home)))
        atexit.register(self._close, home)
        self.database.cluster.start() if self.database.cluster else None
        self.connection = psycopg.connect(
            self.database.url("superuser").set(drivername="postgresql").render_as_string(hide_password=False),
            autocommit=True,
        )
        self.cursor = self.connection.cursor()
        self.execute("create extension if not exists pgrouting cascade")

    def execute(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a statement, if it gives any."""
        self.cursor.execute(query.encode())
        return self.cursor.fetchall() if self.cursor.description else []

    def copied(self, query: str) -> NDArray[Any]:
        """Source, node and time of a binary COPY."""
        with self.cursor.copy(query.encode()) as copy:
            body = b"".join(copy)
        return np.frombuffer(body, dtype=_COPIED, offset=19, count=(len(body) - 21) // _COPIED.itemsize)

    def _close(self, home: Path) -> None:
        if hasattr(self, "connection"):
            self.connection.close()
        self.database.dispose()
        if self.database.cluster:
            self.database.cluster.stop()
        shutil.rmtree(home, ignore_errors=True)


@cache
def _pgrouting() -> Server:
    return Server()


def _open_mp(threads: int) -> Callable[[], None] | None:
    """Sets the number of threads of pandana's own OpenMP; None where it is not found."""
    try:
        mapped = Path("/proc/self/maps").read_text(encoding="utf-8").split()
    except OSError:
        return None
    found = [ctypes.CDLL(name) for name in sorted({name for name in mapped if "libgomp" in name})]

    def use() -> None:
        for library in found:
            library.omp_set_num_threads(threads)

    return use if found else None
