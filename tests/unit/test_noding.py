"""Lines that meet become a network; a second run changes nothing."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from geoservice.ingest.noding import Lines, components, describe, node_lines, node_numbers
from geoservice.ingest.noding.pairs import pairs_within

LON, LAT = 113.0, 30.0
EAST_M, NORTH_M = 111_320.0 * np.cos(np.radians(30)), 110_950.0


def drawn(*lines, level=None, structure=None, crossable=None):
    """Lines from positions in metres east and north of a point."""
    counts = [len(line) for line in lines]
    positions = np.array([position for line in lines for position in line], dtype=float)
    count = len(lines)
    return Lines(
        np.concatenate([[0], np.cumsum(counts)]),
        LON + positions[:, 0] / EAST_M,
        LAT + positions[:, 1] / NORTH_M,
        np.array(level or [0] * count),
        np.array(structure or [0] * count),
        np.array(crossable or [True] * count),
    )


def nodes(noded):
    """Nodes of each line."""
    return [part.tolist() for part in np.split(noded.node, noded.lines.offset[1:-1])]


def shared(noded, one=0, other=1):
    listed = nodes(noded)
    return set(listed[one]) & set(listed[other])


def metres(noded):
    return np.column_stack([(noded.lines.lon - LON) * EAST_M, (noded.lines.lat - LAT) * NORTH_M])


class TestEnds:
    def test_ends_within_the_tolerance_are_one_junction(self):
        noded = node_lines(drawn([(0, 0), (100, 0)], [(100.6, 0.3), (200, 0)]), 1.0)
        assert len(shared(noded)) == 1
        assert noded.ends_moved == 1

    def test_ends_further_apart_stay_apart(self):
        noded = node_lines(drawn([(0, 0), (100, 0)], [(101.5, 0), (200, 0)]), 1.0)
        assert not shared(noded)
        (miss, other) = describe(noded).near_misses
        assert {(miss.line, miss.other), (other.line, other.other)} == {(0, 1), (1, 0)}
        assert miss.gap_m == other.gap_m == pytest.approx(1.5, abs=0.01)

    def test_ends_of_a_bridge_and_a_road_meet(self):
        noded = node_lines(drawn([(0, 0), (100, 0)], [(100, 0), (200, 0)], level=[0, 1], structure=[0, 1]), 1.0)
        assert len(shared(noded)) == 1

    def test_an_end_near_the_middle_splits_the_line(self):
        noded = node_lines(drawn([(0, 0), (100, 0)], [(50, 0.7), (50, 80)]), 1.0)
        assert len(shared(noded)) == 1
        assert (noded.splits, noded.crossings, noded.ends_moved) == (1, 0, 1)
        assert metres(noded)[3] == pytest.approx((50, 0), abs=1e-3)

    def test_an_end_near_a_vertex_takes_it(self):
        noded = node_lines(drawn([(0, 0), (50, 0.5), (100, 0)], [(50.3, 0.9), (50, 80)]), 1.0)
        assert nodes(noded)[1][0] == nodes(noded)[0][1]
        assert noded.splits == 0

    def test_an_end_that_reaches_a_little_too_far(self):
        noded = node_lines(drawn([(0, 0), (100, 0)], [(50, -0.4), (50, 80)]), 1.0)
        assert len(shared(noded)) == 1
        assert describe(noded).dead_ends == 3

    def test_a_line_that_comes_back_to_itself(self):
        noded = node_lines(drawn([(0, 0), (100, 0), (100, 50), (50, 50), (50, 0.5)]), 1.0)
        assert noded.splits == 1
        assert len(set(noded.node.tolist())) == len(noded.node) - 1

    def test_a_ring_closes(self):
        noded = node_lines(drawn([(0, 0), (50, 0), (50, 50), (0, 50), (0, 0.6)]), 1.0)
        assert nodes(noded)[0][0] == nodes(noded)[0][-1]

    def test_the_ends_of_a_short_line_stay_two(self):
        noded = node_lines(drawn([(0, 0), (0.7, 0)]), 1.0)
        assert nodes(noded) == [[0, 1]]


class TestCrossings:
    CROSS = ([(0, 0), (100, 0)], [(50, -50), (50, 50)])

    def test_of_equal_level_share_a_node(self):
        noded = node_lines(drawn(*self.CROSS), 1.0)
        assert len(shared(noded)) == 1
        assert noded.crossings == 2

    @pytest.mark.parametrize(
        "grade",
        [
            {"level": [0, 1]},
            {"structure": [0, 1]},
            {"structure": [2, 0]},
            {"level": [1, 1], "structure": [1, 1]},
            {"crossable": [False, True]},
        ],
    )
    def test_of_bridges_tunnels_motorways_and_other_levels_do_not(self, grade):
        noded = node_lines(drawn(*self.CROSS, **grade), 1.0)
        assert not shared(noded)
        assert noded.crossings == 0

    def test_above_the_ground_too_where_neither_is_a_bridge(self):
        assert shared(node_lines(drawn(*self.CROSS, level=[1, 1]), 1.0))

    def test_a_bridge_with_a_vertex_above_a_vertex(self):
        lines = drawn([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)], level=[0, 1], structure=[0, 1])
        noded = node_lines(lines, 1.0)
        assert not shared(noded)
        numbers = np.split(node_numbers(noded), noded.lines.offset[1:-1])
        assert numbers[0][1] != numbers[1][1]

    def test_vertices_drawn_at_one_position(self):
        noded = node_lines(drawn([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]), 1.0)
        assert len(shared(noded)) == 1
        assert (noded.crossings, noded.splits) == (0, 0)

    def test_a_bridge_cut_above_a_road_does_not_land_on_it(self):
        lines = drawn(
            [(0, 0), (100, 0)], [(50, -50), (50, 0.3)], [(50, 0.3), (50, 50)], level=[0, 1, 1], structure=[0, 1, 1]
        )
        noded = node_lines(lines, 1.0)
        assert shared(noded, 1, 2)
        assert not shared(noded, 0, 1)

    def test_a_loose_end_of_a_bridge_lands_on_the_road(self):
        lines = drawn([(0, 0), (100, 0)], [(50, 0.3), (50, 50)], level=[0, 1], structure=[0, 1])
        assert shared(node_lines(lines, 1.0))

    def test_a_dead_end_below_a_bridge_stays_below(self):
        lines = drawn([(0, 0), (100, 0)], [(50, 0.3), (50, 50)], level=[1, 0], structure=[1, 0])
        noded = node_lines(lines, 1.0)
        assert not shared(noded)
        assert describe(noded).near_misses[0].gap_m == pytest.approx(0.3, abs=0.01)

    def test_lines_that_run_over_each_other(self):
        noded = node_lines(drawn([(0, 0), (60, 0), (100, 0)], [(40, 0), (80, 0), (80, 50)]), 1.0)
        assert len(shared(noded)) == 3

    def test_a_line_that_crosses_itself(self):
        noded = node_lines(drawn([(0, 0), (100, 0), (100, 50), (50, 50), (50, -50)]), 1.0)
        assert noded.crossings == 2
        assert len(set(noded.node.tolist())) == len(noded.node) - 1


def test_a_chain_of_pieces_is_one_component():
    pieces = [[(x, 0), (x + 10, 0)] for x in range(0, 100, 10)]
    report = describe(node_lines(drawn(*pieces, [(0, 50), (100, 50)]), 1.0))
    assert (report.components, report.largest_component_lines, report.dead_ends) == (2, 10, 4)


def test_a_stub_is_no_near_miss():
    report = describe(node_lines(drawn([(0, 0), (100, 0)], [(50, 0), (50, 6)]), 1.0))
    assert report.dead_ends == 3
    assert report.near_misses == ()


def test_vertices_that_are_not_moved_keep_their_numbers_exactly():
    lines = drawn([(0, 0), (100, 0)], [(50, -50), (50, 50)])
    noded = node_lines(lines, 1.0)
    assert set(lines.lon.tolist()) <= set(noded.lines.lon.tolist())
    assert set(lines.lat.tolist()) <= set(noded.lines.lat.tolist())


def positions(span_m):
    coordinate = st.integers(0, span_m * 4).map(lambda value: value / 4)
    return st.tuples(coordinate, coordinate)


@st.composite
def networks(draw):
    position = positions(draw(st.sampled_from([10, 100])))
    lines = draw(st.lists(st.lists(position, min_size=2, max_size=4, unique=True), min_size=1, max_size=8))
    count = len(lines)
    level = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    structure = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    crossable = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return drawn(*lines, level=level, structure=structure, crossable=crossable)


@given(networks(), st.sampled_from([0.0, 0.5, 1.0, 3.0]))
@settings(max_examples=150, deadline=None)
def test_a_second_run_changes_nothing(lines, tolerance_m):
    once = node_lines(lines, tolerance_m)
    twice = node_lines(once.lines, tolerance_m)
    assert np.array_equal(once.lines.offset, twice.lines.offset)
    assert np.array_equal(once.lines.lon, twice.lines.lon)
    assert np.array_equal(once.lines.lat, twice.lines.lat)
    assert np.array_equal(once.node, twice.node)
    assert np.array_equal(node_numbers(once), node_numbers(twice))
    assert (twice.ends_moved, twice.splits, twice.crossings) == (0, 0, 0)


@given(networks())
@settings(max_examples=100, deadline=None)
def test_nodes_and_numbers_are_one_to_one(lines):
    noded = node_lines(lines, 1.0)
    numbers = node_numbers(noded)
    assert len(set(zip(noded.node.tolist(), numbers.tolist(), strict=True))) == len(set(numbers.tolist()))
    assert len(set(noded.node.tolist())) == len(set(numbers.tolist()))
    assert (numbers >= 1 << 62).all()


@given(networks())
@settings(max_examples=100, deadline=None)
def test_lines_crossing_on_open_ground_always_share_a_node(lines):
    noded = node_lines(lines, 0.5)
    after = noded.lines
    geoms = [
        shapely.LineString(np.column_stack([after.lon[start:stop], after.lat[start:stop]]))
        for start, stop in zip(after.offset[:-1], after.offset[1:], strict=True)
    ]
    listed = nodes(noded)
    for one in range(len(geoms)):
        for other in range(one):
            open_ground = after.crossable[[one, other]].all() and not after.structure[[one, other]].any()
            if open_ground and after.level[one] == after.level[other] and geoms[one].crosses(geoms[other]):
                assert set(listed[one]) & set(listed[other])


@given(
    st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30)), max_size=40),
    st.sampled_from([0.5, 1.0, 2.5, 7.0]),
)
@settings(deadline=None)
def test_pairs_are_those_of_comparing_all(points, distance):
    x = np.array([point[0] for point in points], dtype=float)
    y = np.array([point[1] for point in points], dtype=float)
    found = sorted(zip(*(side.tolist() for side in pairs_within(x, y, distance)), strict=True))
    count = len(points)
    expected = [
        (one, other)
        for one in range(count)
        for other in range(one + 1, count)
        if np.hypot(x[one] - x[other], y[one] - y[other]) <= distance
    ]
    assert found == expected


@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
@settings(deadline=None)
def test_components_are_those_of_scipy(count, links):
    links = [(one % count, other % count) for one, other in links]
    one = np.array([link[0] for link in links], dtype=np.int64)
    other = np.array([link[1] for link in links], dtype=np.int64)
    label = components(count, one, other)
    matrix = coo_matrix((np.ones(len(links)), (one, other)), shape=(count, count))
    number, expected = connected_components(matrix, directed=False)
    assert len(set(label.tolist())) == number
    assert len(set(zip(label.tolist(), expected.tolist(), strict=True))) == number
