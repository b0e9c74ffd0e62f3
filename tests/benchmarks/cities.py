"""Networks to measure on: a city, and connected copies of it, mirrored so that borders meet."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geoservice.catalog import Catalog, Mode
from geoservice.crs import metric_crs
from geoservice.ingest.osm import read_osm
from geoservice.network.build import build_graph, csr, round_half_up
from geoservice.network.graph import Csr, Graph, RoadRow, RoadTable
from geoservice.network.hilbert import hilbert_index

WALK_KMH = 5.0
# Ways from one copy to the next: at so many of the outermost nodes of each side.
GATES = 40
_DEGREE_M = 111_320.0

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class City:
    """A connected network, walked both ways alike.

    Attributes
    ----------
    rows
        Nodes in Hilbert order, weights in ds.
    x, y
        Metres east and north.
    ds_a_metre
        Of the speed of the mode.
    core_s
        How long the core of the rows took to make.
    """

    name: str
    rows: Csr
    x: Floats
    y: Floats
    ds_a_metre: float = 36.0 / WALK_KMH
    core_s: float | None = None

    @property
    def nodes(self) -> int:
        return self.rows.nodes

    @cached_property
    def source(self) -> Ints:
        """The node that each arc leaves."""
        return np.repeat(np.arange(self.nodes, dtype=np.int32), np.diff(self.rows.indptr))

    @cached_property
    def once(self) -> tuple[Ints, Ints, Ints]:
        """Ends and weight of each pair of neighbours, once."""
        keep = self.source < self.rows.target
        return self.source[keep], self.rows.target[keep], self.rows.weight[keep]

    @cached_property
    def matrix(self) -> csr_array:
        """As scipy takes it without a copy."""
        return csr_array(
            (self.rows.weight.astype(np.float64), self.rows.target.copy(), self.rows.indptr.copy()),
            shape=(self.nodes, self.nodes),
        )

    def facilities(self, count: int, seed: int = 7) -> Ints:
        """Different nodes at random, in the order of the nodes."""
        chosen = np.random.default_rng(seed).choice(self.nodes, size=min(count, self.nodes), replace=False)
        return np.sort(chosen).astype(np.int32)


def walking(catalog: Catalog) -> Mode:
    """The declared mode on foot, at the speed of the figures in docs/bench.md."""
    return catalog.modes["walk"].model_copy(update={"speed_kmh": WALK_KMH})


def read_graph(path: Path, catalog: Catalog) -> Graph:
    """The walking network of an extract of OpenStreetMap."""
    (roads,) = (part for part in read_osm(path, catalog) if part.layer == "roads")
    frame = roads.records
    columns = (frame[name] for name in ("class", "oneway", "modes", "speed_kmh", "node_ids", "geom"))
    table = RoadTable.from_rows(
        RoadRow(number, class_, oneway, modes, speed, nodes, shapely.get_coordinates(shape))
        for number, (class_, oneway, modes, speed, nodes, shape) in enumerate(zip(*columns, strict=True))
    )
    return build_graph(table, walking(catalog))


def city_of(name: str, graph: Graph) -> City:
    """The main component of a graph, every edge open both ways."""
    inside = graph.component == graph.main_component
    number = np.cumsum(inside) - 1
    edges = inside[graph.edge_u]
    x, y = metric_crs(float(graph.lon.mean()), float(graph.lat.mean())).project(graph.lon[inside], graph.lat[inside])
    u, v = number[graph.edge_u[edges]].astype(np.int32), number[graph.edge_v[edges]].astype(np.int32)
    return _ordered(name, x, y, (u, v, graph.edge_weight[edges]))


def copies(city: City, columns: int, rows: int) -> City:
    """Copies of a city side by side, each the mirror image of its neighbours and tied to them at the border."""
    wide, high = float(np.ptp(city.x)) + 2.0, float(np.ptp(city.y)) + 2.0
    x0, y0 = city.x - city.x.min() + 1.0, city.y - city.y.min() + 1.0
    u, v, weight = city.once
    ties_x = _gates(x0, wide)
    ties_y = _gates(y0, high)
    x, y, arcs = [], [], []
    for row in range(rows):
        for column in range(columns):
            base = (row * columns + column) * city.nodes
            x.append(column * wide + (wide - x0 if column % 2 else x0))
            y.append(row * high + (high - y0 if row % 2 else y0))
            arcs.append((u + base, v + base, weight))
            if column + 1 < columns:
                arcs.append(_ties(base, base + city.nodes, ties_x[column % 2], city.ds_a_metre))
            if row + 1 < rows:
                arcs.append(_ties(base, base + columns * city.nodes, ties_y[row % 2], city.ds_a_metre))
    ends = tuple(np.concatenate([arc[part] for arc in arcs]).astype(np.int32) for part in range(3))
    name = f"{city.name} x {columns * rows}"
    return _ordered(name, np.concatenate(x), np.concatenate(y), (ends[0], ends[1], ends[2]))


def _gates(along: Floats, size: float) -> tuple[tuple[NDArray[np.int64], Floats], ...]:
    """Outermost nodes at the far side and at the near side, and how far each is from the border."""
    order = np.argsort(along, kind="stable")
    near, far = order[:GATES], order[-GATES:]
    return (far, size - along[far]), (near, along[near])


def _ties(one: int, other: int, gates: tuple[NDArray[np.int64], Floats], ds_a_metre: float) -> tuple[Ints, ...]:
    """Each outer node to its mirror image: twice the way to the border."""
    nodes, away = gates
    weight = np.maximum(round_half_up(2.0 * away * ds_a_metre), 1.0)
    return nodes + one, nodes + other, weight.astype(np.int32)


def _ordered(name: str, x: Floats, y: Floats, arcs: tuple[Ints, Ints, Ints]) -> City:
    order = np.argsort(hilbert_index(x / _DEGREE_M, y / _DEGREE_M), kind="stable")
    place = np.empty(order.size, dtype=np.int32)
    place[order] = np.arange(order.size, dtype=np.int32)
    both = np.ones(arcs[0].size, dtype=bool)
    rows = csr(order.size, place[arcs[0]], place[arcs[1]], arcs[2], both, both)
    start = time.perf_counter()
    rows = rows.with_core()
    return City(name, rows, x[order], y[order], core_s=time.perf_counter() - start)
