"""Turn bans: times are those of a search over what was driven last, ways hold no banned turn, nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geoservice.coverage.paths import path_of
from geoservice.coverage.reach import evaluate, field_of, reach
from geoservice.coverage.scale.cut import Cell, Cutter
from geoservice.network.build import build_graph, revision_of
from geoservice.network.graph import Csr, Graph, RoadRow
from geoservice.network.join import Joins, join
from geoservice.network.search import MAX_LIMIT_DS
from geoservice.network.store import load, save
from geoservice.network.turns import TurnRow
from tests.unit.network_builders import CAR, WALK, TestMode, at, road, table
from tests.unit.turn_builders import DRIVE, ban, banned_networks
from tests.unit.turn_oracle import Streets

CLOSE = replace(DRIVE, off_network_m=0.5)


def scipy_times(rows: Csr) -> np.ndarray:
    size = rows.nodes
    return dijkstra(csr_array((rows.weight.astype(float), rows.target, rows.indptr), shape=(size, size)))


def places_of(rows: Sequence[RoadRow]) -> dict[tuple[float, float], int]:
    """The node id at each place; a bend may stand where a junction stands, whose number is less."""
    found: dict[tuple[float, float], int] = {}
    for row in rows:
        for node, place in zip(row.node_ids, row.coordinates, strict=True):
            found[tuple(place)] = min(int(node), found.get(tuple(place), int(node)))
    return found


def node_ids(graph: Graph, rows: Sequence[RoadRow]) -> list[int]:
    """The node id at whose place each node of a graph stands."""
    known = places_of(rows)
    return [known[float(lon), float(lat)] for lon, lat in zip(graph.lon, graph.lat, strict=True)]


def usable(rows: Sequence[RoadRow]) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(banned_networks())
def test_times_between_all_junctions_are_those_of_the_line_graph(drawn: tuple[list[RoadRow], list[TurnRow]]) -> None:
    rows, rules = drawn
    usable(rows)
    graph, streets = build_graph(table(*rows), DRIVE, rules), Streets(rows, DRIVE, rules)
    assume(streets.small)
    ids, found = node_ids(graph, rows), scipy_times(graph.forward)
    state = np.zeros(graph.nodes, dtype=bool) if graph.state is None else graph.state
    back = scipy_times(graph.reverse)
    assert np.array_equal(found, back.T)
    assert {ids[k] for k in range(graph.nodes)} == streets.nodes
    for number in np.flatnonzero(~state).tolist():
        expected = streets.from_node(ids[number])
        least: dict[int, float] = {}
        for other, time in zip(ids, found[number].tolist(), strict=True):
            least[other] = min(time, least.get(other, np.inf))
        assert {node: time for node, time in least.items() if np.isfinite(time)} == expected


def place_on(graph: Graph, edge: int, share: float) -> tuple[float, float]:
    """A place at a share of the length of an edge."""
    part = slice(int(graph.vertex_offset[edge]), int(graph.vertex_offset[edge + 1]))
    along = graph.vertex_along_m[part] / max(float(graph.edge_length_m[edge]), 1e-9)
    return float(np.interp(share, along, graph.vertex_lon[part])), float(
        np.interp(share, along, graph.vertex_lat[part])
    )


def feet_on(joins: Joins) -> set[int]:
    return set(joins.edge.tolist())


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(banned_networks(), st.data())
def test_times_between_places_on_edges_are_those_of_the_line_graph(
    drawn: tuple[list[RoadRow], list[TurnRow]], data: st.DataObject
) -> None:
    rows, rules = drawn
    usable(rows)
    plain = build_graph(table(*rows), CLOSE)
    graph, streets = build_graph(table(*rows), CLOSE, rules), Streets(rows, CLOSE, rules)
    assume(streets.small)
    piece = _piece_numbers(plain, rows)
    picked = data.draw(st.lists(st.integers(0, plain.edges - 1), min_size=2, max_size=4))
    shares = [data.draw(st.sampled_from([0.25, 0.4, 0.7])) for _ in picked]
    lonlat = np.array([place_on(plain, edge, share) for edge, share in zip(picked, shares, strict=True)])
    before = join(plain, lonlat[:, 0], lonlat[:, 1], CLOSE)
    # Where roads cross or touch within the leg, a place lies on several.
    assume(all(before.offset[k + 1] - before.offset[k] == 1 for k in range(len(picked))))
    joins = join(graph, lonlat[:, 0], lonlat[:, 1], CLOSE)
    for stop in range(len(picked)):
        goal = join(graph, lonlat[stop : stop + 1, 0], lonlat[stop : stop + 1, 1], CLOSE)
        for direction in ("to_facility", "from_facility"):
            found = reach(graph, goal, joins, MAX_LIMIT_DS, direction)  # type: ignore[arg-type]
            for start in range(len(picked)):
                spots = [(*piece[picked[k]], float(before.fraction[before.offset[k]])) for k in (start, stop)]
                ends = spots if direction == "to_facility" else spots[::-1]
                legs = int(before.leg_ds[before.offset[start]] + before.leg_ds[before.offset[stop]])
                expected = streets.between(*ends) + legs
                assert found.time_ds[start] == (expected if np.isfinite(expected) else -1)


def _piece_numbers(graph: Graph, rows: Sequence[RoadRow]) -> dict[int, tuple[int, int]]:
    """Road and number along it of each edge of a graph without bans."""
    order: dict[int, tuple[int, int]] = {}
    for row in rows:
        mine = np.flatnonzero(graph.edge_road == row.id).tolist()
        ids = [tuple(place) for place in row.coordinates]
        ends = {
            edge: tuple((float(graph.vertex_lon[k]), float(graph.vertex_lat[k])) for k in _vertices(graph, edge))
            for edge in mine
        }
        at_vertex = 0
        for number in range(len(mine)):
            for edge in [edge for edge in mine if edge not in order]:
                shape = ends[edge]
                following = [p for k, p in enumerate(ids[at_vertex:]) if k == 0 or p != ids[at_vertex + k - 1]]
                if tuple(following[: len(shape)]) == shape:
                    order[edge] = (row.id, number)
                    left = len(shape) - 1
                    while left:
                        at_vertex += 1
                        left -= ids[at_vertex] != ids[at_vertex - 1]
                    break
    return order


def _vertices(graph: Graph, edge: int) -> range:
    return range(int(graph.vertex_offset[edge]), int(graph.vertex_offset[edge + 1]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(banned_networks(), st.integers(0, 2**31))
def test_no_way_holds_a_banned_turn(drawn: tuple[list[RoadRow], list[TurnRow]], seed: int) -> None:
    rows, rules = drawn
    usable(rows)
    graph, streets = build_graph(table(*rows), DRIVE, rules), Streets(rows, DRIVE, rules)
    spots = np.random.default_rng(seed).uniform(-50, 550, (12, 2))
    lon, lat = np.array([at(float(x), float(y)) for x, y in spots]).T
    homes, goals = join(graph, lon[:9], lat[:9], DRIVE), join(graph, lon[9:], lat[9:], DRIVE)
    ids = node_ids(graph, rows)
    for direction in ("to_facility", "from_facility"):
        field = field_of(graph, goals, MAX_LIMIT_DS, direction)  # type: ignore[arg-type]
        found = evaluate(field, homes)
        for number in range(len(homes)):
            way = path_of(field, homes, found, number)
            if way is None:
                continue
            assert way.time_ds == found.time_ds[number]
            steps = way.steps if direction == "to_facility" else way.steps[::-1]
            driven = [
                _driven(graph, ids, step.edge, (step.stop > step.start) == (direction == "to_facility"))
                for step in steps
            ]
            for banned in streets.banned:
                pattern = [(arc.road, arc.start, arc.end) for arc in banned]
                for first in range(len(driven) - len(pattern) + 1):
                    inner = driven[first : first + len(pattern)]
                    if inner != pattern:
                        continue
                    # Parallel pieces of one road between the same junctions are told apart by their weight only.
                    weights = [int(graph.edge_weight[step.edge]) for step in steps[first : first + len(pattern)]]
                    assert weights != [arc.weight for arc in banned]


def _driven(graph: Graph, ids: Sequence[int], edge: int, ahead: bool) -> tuple[int, int, int]:
    ends = (ids[int(graph.edge_u[edge])], ids[int(graph.edge_v[edge])])
    return (int(graph.edge_road[edge]), *(ends if ahead else ends[::-1]))


# A crossing: 1 comes from the south to node 5, 2 leads west, 3 north, 4 east.
CROSS = [
    road(1, [1, 5], [(0, -300), (0, 0)]),
    road(2, [5, 2], [(0, 0), (-300, 0)]),
    road(3, [5, 3], [(0, 0), (0, 300)]),
    road(4, [5, 4], [(0, 0), (300, 0)]),
]


def same(one: Graph, other: Graph) -> None:
    for field in fields(Graph):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if isinstance(a, Csr):
            np.testing.assert_array_equal(a.indptr, b.indptr)
            np.testing.assert_array_equal(a.arcs, b.arcs)
        elif isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b, err_msg=field.name)
        else:
            assert a == b


@pytest.mark.parametrize("mode", [WALK, CAR])
def test_a_mode_that_obeys_none_has_the_graph_of_before(mode: TestMode) -> None:
    rules = [ban("no_left_turn", 1, 5, 2)]
    same(build_graph(table(*CROSS), mode), build_graph(table(*CROSS), mode, rules))
    assert build_graph(table(*CROSS), mode, rules).state is None


def test_bans_that_are_not_kept_change_nothing_but_the_revision() -> None:
    rule = ban("no_left_turn", 1, 5, 2, modes=["bicycle"])
    one, other = build_graph(table(*CROSS), DRIVE), build_graph(table(*CROSS), DRIVE, [rule])
    assert one.revision != other.revision
    assert other.turns == {"exempt": 1}
    same(one, replace(other, revision=one.revision, turns={}))


def test_a_left_turn_is_driven_by_turning_round_beyond_the_crossing() -> None:
    graph = build_graph(table(*CROSS), DRIVE, [ban("no_left_turn", 1, 5, 2)])
    assert graph.turns == {"applied": 1}
    assert graph.state is not None
    assert int(graph.state.sum()) == 1
    ids = node_ids(graph, CROSS)
    times = scipy_times(graph.forward)[ids.index(1)]
    least = {node: min(t for other, t in zip(ids, times, strict=True) if other == node) for node in set(ids)}
    # 300 m at 30 km/h are 36 s; the shortest way to turn round is back along the road itself.
    assert least == {1: 0, 5: 360, 3: 720, 4: 720, 2: 1440}


def test_what_users_are_told_counts_junctions_and_roads_not_their_copies() -> None:
    plain = build_graph(table(*CROSS), DRIVE)
    graph = build_graph(table(*CROSS), DRIVE, [ban("only_straight_on", 1, 5, 3), ban("no_u_turn", 2, 5, 2, number=2)])
    assert graph.nodes > plain.nodes
    assert graph.edges > plain.edges
    assert graph.statistics == plain.statistics
    assert graph.copy is not None
    assert sorted(graph.edge_road[~graph.copy].tolist()) == [1, 2, 3, 4]


OUTCOMES = [
    (ban("no_left_turn", 1, 5, 2), "applied"),
    (ban("no_left_turn", 1, 5, 2, modes=[]), "exempt"),
    (replace(ban("no_left_turn", 1, 5, 2), conditional=True), "conditional"),
    (ban("no_dancing", 1, 5, 2), "unknown_kind"),
    (replace(ban("no_left_turn", 1, 5, 2), to_ways=()), "incomplete"),
    (replace(ban("no_left_turn", 1, 5, 2), via_nodes=()), "incomplete"),
    (replace(ban("no_left_turn", 1, 5, 2), to_ways=((2,), (3,))), "ambiguous_members"),
    (replace(ban("no_exit", 1, 5, 2), to_ways=((2,), (3,))), "applied"),
    (replace(ban("no_entry", 1, 5, 2), from_ways=((1,), (3,))), "applied"),
    (replace(ban("no_left_turn", 1, 5, 2), from_ways=((),)), "missing_roads"),
    (ban("no_left_turn", 6, 5, 2), "not_open"),
    (ban("no_left_turn", 7, 5, 2), "not_open"),
    (ban("no_left_turn", 2, 3, 1), "not_ending"),
    (ban("no_left_turn", 8, 9, 2), "not_ending"),
    (ban("no_u_turn", 1, [8], 2), "not_ending"),
    (ban("no_u_turn", 1, [3], 8), "applied"),
    (ban("only_straight_on", 1, [3], 8), "via_way"),
]


@pytest.mark.parametrize(("rule", "outcome"), OUTCOMES)
def test_what_became_of_a_restriction_is_told(rule: TurnRow, outcome: str) -> None:
    rows = [
        *CROSS,
        road(6, [5, 6], [(0, 0), (300, 300)], modes=["walk"]),
        road(7, [5, 7], [(0, 0), (300, -300)], oneway="forward"),
        # It goes on beyond node 9, where another road meets it.
        road(8, [3, 9, 10], [(0, 300), (100, 400), (200, 500)]),
        road(9, [9, 2], [(100, 400), (-300, 0)]),
    ]
    assert build_graph(table(*rows), DRIVE, [rule]).turns == {outcome: 1}


def test_the_revision_depends_on_the_bans_of_a_mode_that_obeys_them() -> None:
    rules = [ban("no_left_turn", 1, 5, 2, number=1), ban("no_left_turn", 3, 5, 4, number=2)]
    roads = table(*CROSS)
    assert revision_of(roads, DRIVE, rules) == revision_of(roads, DRIVE, rules[::-1])
    assert revision_of(roads, DRIVE, rules) != revision_of(roads, DRIVE, rules[:1])
    assert revision_of(roads, DRIVE) == revision_of(roads, replace(DRIVE, turn_bans=False), rules)


def test_a_stored_graph_keeps_its_states(tmp_path) -> None:  # type: ignore[no-untyped-def]
    graph = build_graph(table(*CROSS), DRIVE, [ban("no_left_turn", 1, 5, 2)])
    save(graph, tmp_path)
    same(load(tmp_path, graph.revision), graph)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(banned_networks())
def test_a_part_cut_from_it_holds_states_and_copies(drawn: tuple[list[RoadRow], list[TurnRow]]) -> None:
    rows, rules = drawn
    usable(rows)
    graph = build_graph(table(*rows), DRIVE, rules)
    # A state that no way leads to, because a shorter ban comes before it, belongs to no part.
    assume(np.unique(np.concatenate([graph.edge_u, graph.edge_v])).size == graph.nodes)
    part = Cutter(graph).cut(Cell(-180.0, -90.0, 180.0, 90.0))
    same(part, graph)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(banned_networks())
def test_neighbours_in_the_edge_table_stand_in_order(drawn: tuple[list[RoadRow], list[TurnRow]]) -> None:
    rows, rules = drawn
    usable(rows)
    graph = build_graph(table(*rows), DRIVE, rules)
    ends = np.sort(np.column_stack([graph.edge_u, graph.edge_v]), axis=1).tolist()
    assert all(a <= b for a, b in pairwise(ends))
