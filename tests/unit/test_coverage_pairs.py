"""All facilities within a limit against brute force over all pairs of feet."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geoservice.coverage import pairs
from geoservice.coverage.pairs import pairs_within
from geoservice.coverage.reach import Direction, field_of
from geoservice.network.build import build_graph
from geoservice.network.graph import RoadRow
from tests.unit.coverage_oracle import node_times, times
from tests.unit.network_builders import CAR, Place, anywhere, joined, networks, table


@settings(max_examples=150, deadline=None)
@given(
    networks(),
    st.lists(anywhere, max_size=6),
    st.lists(anywhere, max_size=5),
    st.sampled_from(get_args(Direction)),
    st.integers(0, 4000),
    st.sampled_from([1, 2, 64]),
)
def test_pairs_equal_brute_force(
    rows: list[RoadRow], facilities: list[Place], places: list[Place], direction: Direction, limit: int, block: int
) -> None:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    graph = build_graph(table(*rows), replace(CAR, speeds={}))
    homes, stations = joined(graph, places, CAR), joined(graph, facilities, CAR)
    field = field_of(graph, stations, limit, direction)
    before, pairs._BLOCK = pairs._BLOCK, block
    try:
        found = pairs_within(field, graph.reverse if direction == "to_facility" else graph.forward, homes, limit)
    finally:
        pairs._BLOCK = before
    expected = times(graph, node_times(graph), stations, homes, direction)
    near = [(i, int(time), j) for i, row in enumerate(expected) for j, time in enumerate(row) if time <= limit]
    told = zip(found.place.tolist(), found.time_ds.tolist(), found.facility.tolist(), strict=True)
    assert list(told) == sorted(near)
