"""Searches against scipy's Dijkstra, which shares no code with them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.errors import BadInput
from geoservice.network import search
from geoservice.network.build import csr
from geoservice.network.graph import Csr
from geoservice.network.search import MAX_LIMIT_DS, Seeds, nearest, reached
from tests.unit.search_problems import Problem, as_they_are, oracle, plain, problems, rows_of, seeds_of, streets


@settings(max_examples=300, deadline=None)
@given(problems())
def test_nearest_equals_scipy(problem: Problem) -> None:
    nodes, arcs, seeds, limit = problem
    found = nearest(rows_of(nodes, arcs), seeds_of(seeds), limit)
    times = oracle(nodes, arcs, seeds)
    for node in range(nodes):
        column = times[:, node]
        best = column.min(initial=np.inf)
        if best > limit:
            assert (found.time_ds[node], found.source[node]) == (-1, -1)
        else:
            assert found.time_ds[node] == best
            assert found.source[node] == np.flatnonzero(column == best)[0]


@settings(max_examples=200, deadline=None)
@given(problems(), st.integers(1, 3))
def test_reached_equals_scipy(problem: Problem, threads: int) -> None:
    nodes, arcs, seeds, limit = problem
    found = reached(rows_of(nodes, arcs), seeds_of(seeds), 5, limit, threads=threads)
    times = np.full((5, nodes), np.inf)
    known = oracle(nodes, arcs, seeds)
    times[: len(known)] = known
    for source in range(5):
        part = slice(found.offset[source], found.offset[source + 1])
        expected = {node: times[source, node] for node in range(nodes) if times[source, node] <= limit}
        assert dict(zip(found.node[part].tolist(), found.time_ds[part].tolist(), strict=True)) == expected
        assert (np.diff(found.time_ds[part]) >= 0).all()


@settings(max_examples=500, deadline=None)
@given(streets())
def test_streets_without_turnings_are_as_a_plain_search_and_scipy_find_them(
    problem: Problem,
) -> None:
    nodes, arcs, seeds, limit = problem
    expected = plain(as_they_are(nodes, arcs), seeds, limit)
    best = oracle(nodes, arcs, seeds).min(axis=0, initial=np.inf)
    assert [time for time, _ in expected] == np.where(best <= limit, best, -1).tolist()
    for rows in (as_they_are(nodes, arcs), rows_of(nodes, arcs)):
        found = nearest(rows, seeds_of(seeds), limit)
        assert list(zip(found.time_ds.tolist(), found.source.tolist(), strict=True)) == expected
        assert [found.at(node) for node in range(nodes)] == expected
        assert found.times_at(np.arange(nodes, dtype=np.int32)).tolist() == found.time_ds.tolist()


@settings(max_examples=200, deadline=None)
@given(streets(), st.integers(1, 3))
def test_batches_on_streets_give_what_one_search_gives(problem: Problem, size: int) -> None:
    nodes, arcs, seeds, limit = problem
    rows, found = as_they_are(nodes, arcs), np.zeros(nodes, dtype=np.uint64)
    for begin in range(0, len(seeds), size):
        columns = (np.array([seed[i] for seed in seeds[begin : begin + size]], dtype=np.uint32) for i in range(3))
        with search._queue(rows, size, limit) as queue:
            search._nearest(
                search._unsigned(rows), tuple(columns), np.uint64(limit), found, np.empty(0, dtype=np.uint32), queue
            )
    whole = nearest(rows, seeds_of(seeds), limit)
    assert found.tolist() == whole.label.tolist()


def test_more_seeds_and_entries_than_the_first_pool() -> None:
    rng = np.random.default_rng(3)
    ends, weights = rng.integers(0, 4000, (2, 20000)).tolist(), rng.integers(1, 300, 20000).tolist()
    arcs = list(zip(*ends, weights, strict=True))
    seeds = [(node, node % 7, node % 50) for node in range(0, 4000, 2)]
    found = nearest(rows_of(4000, arcs), seeds_of(seeds), 5000)
    times = oracle(4000, arcs, seeds).min(axis=0)
    assert np.array_equal(np.where(found.time_ds < 0, np.inf, found.time_ds), times)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_batches_give_what_one_search_of_all_gives(threads: int) -> None:
    rng = np.random.default_rng(5)
    ends, weights = rng.integers(0, 3000, (2, 9000)).tolist(), rng.integers(1, 40, 9000).tolist()
    arcs = list(zip(*ends, weights, strict=True))
    seeds = [(int(node), int(time), source % 200) for source, (node, time) in enumerate(rng.integers(0, 60, (400, 2)))]
    rows = rows_of(3000, arcs)
    times = oracle(3000, arcs, seeds)
    for limit in (150, 30):  # the second search finds the working arrays of the first
        best = times.min(axis=0)
        best[best > limit] = -1
        winner = np.where(best < 0, -1, (times == best).argmax(axis=0))
        found = nearest(rows, seeds_of(seeds), limit, threads=threads)
        assert np.array_equal(found.time_ds, best)
        assert np.array_equal(found.source, winner)


def test_one_source_on_a_large_network_is_searched_beside_others() -> None:
    line = rows_of(50_000, [(node, node + 1, 1 + node % 3) for node in range(49_999)])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda node: reached(line, Seeds.of([node], [0], [0]), 1, 20), range(0, 40_000, 500)))
    for node, row in zip(range(0, 40_000, 500), found, strict=True):
        away = np.concatenate([[0], np.cumsum(1 + np.arange(node, node + 20) % 3)])
        assert row.time_ds.tolist() == away[away <= 20].tolist()
        assert row.node.tolist() == list(range(node, node + row.node.size))


def test_a_million_parallel_edges() -> None:
    u = np.zeros(1_000_000, dtype=np.int32)
    weight = np.arange(2, 1_000_002, dtype=np.int32)
    yes = np.ones(u.size, dtype=bool)
    rows = csr(2, u, u + 1, weight, yes, yes)
    assert rows.arcs.tolist() == [[1, 2], [0, 2]]


def test_limit_is_reached_exactly() -> None:
    line = rows_of(3, [(0, 1, 10), (1, 2, 10)])
    assert nearest(line, Seeds.of([0], [0], [0]), 20).time_ds.tolist() == [0, 10, 20]
    assert nearest(line, Seeds.of([0], [0], [0]), 19).time_ds.tolist() == [0, 10, -1]
    assert nearest(line, Seeds.of([0], [0], [0]), 0).time_ds.tolist() == [0, -1, -1]
    assert nearest(line, Seeds.of([0], [1], [0]), 0).time_ds.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("limit", [-1, MAX_LIMIT_DS + 1])
def test_limits_out_of_range_are_refused(limit: int) -> None:
    with pytest.raises(BadInput) as caught:
        nearest(rows_of(1, []), Seeds.of([], [], []), limit)
    assert caught.value.code == "network.bad-limit"


def test_seeds_outside_the_graph_are_refused() -> None:
    with pytest.raises(ValueError, match="no such node"):
        nearest(rows_of(2, [(0, 1, 1)]), Seeds.of([2], [0], [0]), 5)
    with pytest.raises(ValueError, match="negative"):
        nearest(rows_of(2, [(0, 1, 1)]), Seeds.of([1], [-1], [0]), 5)


def test_read_only_memory_maps_are_searched(tmp_path: Path) -> None:
    rows = rows_of(3, [(0, 1, 10), (1, 2, 10)])
    loaded = []
    for name in ("indptr", "arcs"):
        path = tmp_path / f"{name}.npy"
        np.save(path, getattr(rows, name))
        loaded.append(np.load(path, mmap_mode="r"))
    assert nearest(Csr(*loaded), Seeds.of([0], [0], [0]), 20).time_ds.tolist() == [0, 10, 20]
