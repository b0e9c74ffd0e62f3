"""Turn bans of a real city: times are those of its line graph, searched by scipy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmium
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoservice.network.build import build_graph
from geoservice.network.graph import Graph
from geoservice.network.turns import TurnRow
from tests.unit.network_builders import CAR, DATA
from tests.unit.osm_roads import osm_roads

PORTO = DATA / "osm" / "porto.osm.pbf"
DRIVE = replace(CAR, turn_bans=True)

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PORTO.is_file(), reason="no real data")]


def restrictions(path: Path, known: set[int]) -> list[TurnRow]:
    """Those at a node, with one member of each role, read by a plain loop."""
    found = []
    for relation in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        if relation.tags.get("type") != "restriction":
            continue
        role: dict[str, list[int]] = defaultdict(list)
        for member in relation.members:
            role[f"{member.role} {member.type}"].append(member.ref)
        if all(len(role[name]) == 1 for name in ("from w", "via n", "to w")):
            start, stop = (tuple((way,) if way in known else () for way in role[name]) for name in ("from w", "to w"))
            kind = relation.tags["restriction"]
            found.append(TurnRow(str(relation.id), kind, start, tuple(role["via n"]), (), stop, ("car",)))
    return found


class LineGraph:
    """Every arc of a graph without bans as a node, every turn that is allowed as an arc."""

    def __init__(self, graph: Graph, banned: Iterable[tuple[int, int]]) -> None:
        ahead, back = np.flatnonzero(graph.edge_forward), np.flatnonzero(graph.edge_backward)
        self.start = np.concatenate([graph.edge_u[ahead], graph.edge_v[back]])
        self.end = np.concatenate([graph.edge_v[ahead], graph.edge_u[back]])
        self.road = graph.edge_road[np.concatenate([ahead, back])]
        self.weight = graph.edge_weight[np.concatenate([ahead, back])].astype(float)
        self.nodes = graph.nodes
        out = np.argsort(self.start, kind="stable")
        first = np.searchsorted(self.start[out], np.arange(graph.nodes + 1))
        count = first[self.end + 1] - first[self.end]
        before = np.repeat(np.arange(self.end.size), count)
        place = np.arange(before.size) - np.repeat(np.cumsum(count) - count, count)
        after = out[first[self.end[before]] + place]
        self.out, self.first = out, first
        self.turns = (before, after)
        size = self.end.size
        keep = ~np.isin(before * size + after, [one * size + other for one, other in banned])
        self.rows = csr_array((self.weight[after[keep]], (before[keep], after[keep])), shape=(size, size))

    def times(self, node: int) -> NDArray[np.float64]:
        """Least time from a node to each node."""
        leaving = self.out[self.first[node] : self.first[node + 1]]
        size = self.end.size
        start = csr_array((self.weight[leaving], (np.zeros(leaving.size, int), leaving)), shape=(1, size))
        whole = csr_array(
            (
                np.concatenate([self.rows.data, start.data]),
                np.concatenate([self.rows.indices, start.indices]),
                np.concatenate([self.rows.indptr, [self.rows.nnz + start.nnz]]),
            ),
            shape=(size + 1, size),
        )
        whole.resize((size + 1, size + 1))
        reached = dijkstra(whole, indices=size)[:-1]
        least = np.full(self.nodes, np.inf)
        np.minimum.at(least, self.end, reached)
        least[node] = 0.0
        return least


def pairs(arcs: LineGraph, node: dict[int, int], rules: list[TurnRow]) -> tuple[set[tuple[int, int]], int]:
    """Banned pairs of arcs, and how many restrictions gave any that can be kept."""
    entering, leaving = defaultdict(list), defaultdict(list)
    for arc in range(arcs.end.size):
        entering[int(arcs.road[arc]), int(arcs.end[arc])].append(arc)
        leaving[int(arcs.road[arc]), int(arcs.start[arc])].append(arc)
    banned, kept = set(), 0
    for rule in rules:
        if not (rule.from_ways[0] and rule.to_ways[0]) or rule.via_nodes[0] not in node:
            continue
        at = node[rule.via_nodes[0]]
        coming, going = entering[rule.from_ways[0][0], at], leaving[rule.to_ways[0][0], at]
        if len(coming) != 1 or len(going) != 1:
            continue
        kept += 1
        ways = arcs.out[arcs.first[at] : arcs.first[at + 1]].tolist()
        others = going if rule.kind.startswith("no_") else [arc for arc in ways if arc != going[0]]
        banned |= {(coming[0], other) for other in others}
    return banned, kept


def test_times_on_porto_are_those_of_its_line_graph() -> None:
    roads = osm_roads(PORTO)
    rules = restrictions(PORTO, set(roads.road_id.tolist()))
    plain, graph = build_graph(roads, DRIVE), build_graph(roads, DRIVE, rules)
    assert graph.statistics == plain.statistics
    at = {place: number for number, place in enumerate(zip(plain.lon.tolist(), plain.lat.tolist(), strict=True))}
    named = {rule.via_nodes[0] for rule in rules}
    vertices = zip(roads.node_id.tolist(), roads.lon.tolist(), roads.lat.tolist(), strict=True)
    node = {id_: at[lon, lat] for id_, lon, lat in vertices if id_ in named and (lon, lat) in at}
    banned, kept = pairs(LineGraph(plain, ()), node, rules)
    assert kept == graph.turns["applied"] > 300
    arcs = LineGraph(plain, banned)
    assert graph.state is not None
    real, owner = np.flatnonzero(~graph.state), np.cumsum(~graph.state) - 1
    assert np.array_equal(plain.lon[owner], graph.lon)
    assert np.array_equal(plain.lat[owner], graph.lat)
    rows, before = (
        csr_array((one.forward.weight.astype(float), one.forward.target, one.forward.indptr)) for one in (graph, plain)
    )
    main = np.flatnonzero(plain.component == plain.main_component)
    changed = 0
    for source in np.random.default_rng(3).choice(main, 8, replace=False).tolist():
        found = np.full(plain.nodes, np.inf)
        np.minimum.at(found, owner, dijkstra(rows, indices=int(real[source])))
        np.testing.assert_array_equal(found, arcs.times(source))
        free = dijkstra(before, indices=source)
        assert (found >= free).all()
        changed += int((found > free).sum())
    assert changed > 1000
