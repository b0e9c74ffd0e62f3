"""A field that changes against a fresh search after every change; and a tree whose times others have published."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.network.build import csr
from geoservice.network.changing import Changing
from geoservice.network.graph import Csr
from geoservice.network.search import Seeds, nearest

Arc = tuple[int, int, int]
Source = list[tuple[int, int]]


def both(nodes: int, arcs: list[Arc]) -> tuple[Csr, Csr]:
    u, v, weight = (np.array([arc[i] for arc in arcs], dtype=np.int32) for i in range(3))
    yes = np.ones(len(arcs), dtype=bool)
    return csr(nodes, u, v, weight, yes, ~yes), csr(nodes, v, u, weight, yes, ~yes)


def seeds_of(sources: dict[int, Source]) -> Seeds:
    rows = [(node, time, source) for source, seeds in sources.items() for node, time in seeds]
    return Seeds.of(*([row[i] for row in rows] for i in range(3)))


def same(field: Changing, rows: Csr, sources: dict[int, Source], limit: int) -> None:
    fresh = nearest(rows, seeds_of(sources), limit)
    assert field.nearest.time_ds.tolist() == fresh.time_ds.tolist()
    assert field.nearest.source.tolist() == fresh.source.tolist()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_after_every_change_the_field_is_that_of_a_fresh_search(data: st.DataObject) -> None:
    nodes = data.draw(st.integers(1, 14))
    node = st.integers(0, nodes - 1)
    arcs = data.draw(st.lists(st.tuples(node, node, st.integers(1, 5)), max_size=50))
    limit = data.draw(st.integers(0, 30))
    rows, opposite = both(nodes, arcs)
    field, sources = Changing(rows, opposite, limit), {}
    for source in data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=9)):
        if source in sources:
            field.remove(source)
            del sources[source]
        else:
            sources[source] = data.draw(st.lists(st.tuples(node, st.integers(0, 6)), max_size=3))
            field.add(seeds_of({source: sources[source]}))
        same(field, rows, sources, limit)


def test_a_large_region_is_given_up_and_taken_over() -> None:
    """More nodes than the list of a region has room for at first."""
    size = 5000
    rows, opposite = both(size, [(i, i + 1, 1) for i in range(size - 1)])
    field = Changing(rows, opposite, 10_000)
    sources: dict[int, Source] = {3: [(0, 0)], 7: [(10, 5)]}
    field.add(seeds_of(sources))
    same(field, rows, sources, 10_000)
    field.remove(3)
    same(field, rows, {7: sources[7]}, 10_000)
    field.remove(7)
    assert (field.nearest.time_ds == -1).all()


@pytest.mark.parametrize(("limit", "time"), [(4, 4), (3, -1)])
def test_what_is_taken_over_is_reached_at_exactly_the_limit(limit: int, time: int) -> None:
    rows, opposite = both(3, [(0, 1, 2), (1, 2, 2)])
    field = Changing(rows, opposite, limit)
    field.add(seeds_of({0: [(0, 0)], 1: [(2, 0)]}))
    field.remove(1)
    assert field.nearest.time_ds.tolist() == [0, 2, time]


def test_what_cannot_be_is_refused() -> None:
    rows, opposite = both(3, [(0, 1, 1), (1, 2, 1)])
    field = Changing(rows, opposite, 9)
    field.add(seeds_of({1: [(0, 0)]}))
    with pytest.raises(ValueError, match="there already"):
        field.add(seeds_of({1: [(2, 0)]}))
    with pytest.raises(ValueError, match="no such node"):
        field.add(seeds_of({2: [(3, 0)]}))
    with pytest.raises(ValueError, match="one graph"):
        Changing(rows, both(3, [(0, 1, 1)])[1], 9)
    field.remove(5)
    same(field, rows, {1: [(0, 0)]}, 9)


# Metres, km/h and whether it is open both ways, from the graph of GraphHopper's ShortestPathTreeTest.
PUBLISHED = [
    (0, 1, 70, 10, False),
    (0, 4, 50, 20, False),
    (1, 4, 70, 10, True),
    (1, 5, 70, 10, True),
    (1, 2, 200, 10, True),
    (5, 2, 50, 10, False),
    (2, 3, 50, 10, False),
    (5, 3, 110, 20, False),
    (3, 7, 70, 10, False),
    (4, 6, 50, 20, False),
    (5, 4, 70, 10, False),
    (5, 6, 70, 10, False),
    (7, 5, 50, 20, False),
    (6, 7, 50, 20, True),
    (3, 8, 25, 20, True),
]


@pytest.mark.parametrize(("limit_s", "found"), [(25, 3), (26, 4), (3600, 9)])
def test_the_tree_of_nine_nodes_has_the_published_times(limit_s: int, found: int) -> None:
    arcs = [(u, v, round(metres * 36 / kmh)) for u, v, metres, kmh, _ in PUBLISHED]
    arcs += [(v, u, round(metres * 36 / kmh)) for u, v, metres, kmh, back in PUBLISHED if back]
    rows, _ = both(9, arcs)
    times = nearest(rows, Seeds.of([0], [0], [0]), limit_s * 10).time_ds
    order = [0, 4, 6, 1, 7, 5, 2, 3, 8]
    seconds = [0, 9, 18, 25.2, 27, 36, 54, 55.8, 60.3]
    expected = np.full(9, -1)
    expected[order[:found]] = np.round(np.array(seconds[:found]) * 10)
    assert times.tolist() == expected.tolist()
