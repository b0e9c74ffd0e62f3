"""The nearest few facilities against brute force, and against a search without the facility that closes."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.reach import Direction, field_of, reach
from geoservice.network.build import build_graph
from geoservice.network.graph import RoadRow
from geoservice.network.turns import TurnRow
from tests.unit.coverage_oracle import node_times, times
from tests.unit.network_builders import CAR, Place, anywhere, joined, table
from tests.unit.turn_builders import DRIVE, streets


@settings(max_examples=200, deadline=None)
@given(
    streets,
    st.lists(anywhere, min_size=1, max_size=6),
    st.lists(anywhere, min_size=1, max_size=5),
    st.sampled_from(get_args(Direction)),
    st.integers(0, 4000),
    st.integers(1, 4),
)
def test_the_nearest_few_equal_brute_force(
    drawn: tuple[list[RoadRow], list[TurnRow]],
    facilities: list[Place],
    places: list[Place],
    direction: Direction,
    limit: int,
    k: int,
) -> None:
    rows, bans = drawn
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), DRIVE, bans)
    homes, stations = joined(graph, places, CAR), joined(graph, facilities, CAR)
    field = field_of(graph, stations, limit, direction)
    found = nearest_facilities(field, graph.reverse if direction == "to_facility" else graph.forward, homes, k)
    expected = times(graph, node_times(graph), stations, homes, direction)
    for i, row in enumerate(expected):
        best = sorted((int(time), j) for j, time in enumerate(row) if time <= limit)[:k]
        best += [(-1, -1)] * (k - len(best))
        assert list(zip(found.time_ds[i].tolist(), found.source[i].tolist(), strict=True)) == best


@settings(max_examples=100, deadline=None)
@given(streets, st.lists(anywhere, min_size=1, max_size=5), st.lists(anywhere, min_size=1, max_size=6))
def test_without_a_facility_the_next_one_serves(
    drawn: tuple[list[RoadRow], list[TurnRow]], facilities: list[Place], places: list[Place]
) -> None:
    """Each facility is taken away and everything searched again."""
    rows, bans = drawn
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), DRIVE, bans)
    homes = joined(graph, places, CAR)
    field = field_of(graph, joined(graph, facilities, CAR), 3000)
    near = nearest_facilities(field, graph.reverse, homes, 3)
    for closed in range(len(facilities)):
        left = joined(graph, [one for number, one in enumerate(facilities) if number != closed], CAR)
        again = reach(graph, left, homes, 3000)
        second = np.where(near.source[:, 0] == closed, near.time_ds[:, 1], near.time_ds[:, 0])
        assert again.time_ds.tolist() == second.tolist()


@pytest.mark.parametrize("k", [1, 3])
def test_no_facility(k: int) -> None:
    rows = table(RoadRow(1, "residential", "no", ["car"], None, [1, 2], [(113.1, 30.6), (113.2, 30.6)]))
    graph = build_graph(rows, CAR)
    field = field_of(graph, joined(graph, [], CAR), 100)
    assert (nearest_facilities(field, graph.reverse, joined(graph, [(0, 0)], CAR), k).time_ds == -1).all()
