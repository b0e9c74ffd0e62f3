"""The core of a graph: searched through it, every node has the label that the plain search gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoservice.network import core_search
from geoservice.network.build import build_graph, csr
from geoservice.network.core import MOST_DS, core_of
from geoservice.network.graph import Csr
from geoservice.network.labels import Nearest
from geoservice.network.search import MAX_LIMIT_DS, Seeds, nearest
from tests.unit.network_builders import CAR, grid
from tests.unit.search_problems import Problem, as_they_are, plain, problems, rows_of, seeds_of, streets

SIZES = st.sampled_from([(11, 8), (9, 8), (4, 2), (3, 3), (3, 1), (2, 0), (1, 1), (0, 0)])


def with_core(rows: Csr, sizes: tuple[int, int] = (11, 8)) -> Csr:
    return replace(rows, core=core_of(rows.indptr, rows.arcs, block_bits=sizes[0], page_bits=sizes[1]))


def same(found: Nearest, expected: list[tuple[int, int]]) -> None:
    """In each way in which an answer can be read."""
    nodes = np.arange(len(expected), dtype=np.int32)
    times, sources = [time for time, _ in expected], [source for _, source in expected]
    assert [found.at(node) for node in range(len(expected))] == expected
    assert (found.time_ds.tolist(), found.source.tolist()) == (times, sources)
    assert found.times_at(nodes[::-1]).tolist() == times[::-1]
    dense = Nearest.of(found.label)
    assert (dense.time_ds.tolist(), dense.source.tolist()) == (times, sources)


@settings(max_examples=800, deadline=None)
@given(st.one_of(streets(), problems()), SIZES)
def test_through_the_core_all_is_as_a_plain_search_finds_it(problem: Problem, sizes: tuple[int, int]) -> None:
    nodes, arcs, seeds, limit = problem
    expected = plain(as_they_are(nodes, arcs), seeds, limit)
    for rows in (as_they_are(nodes, arcs), rows_of(nodes, arcs)):
        same(nearest(with_core(rows, sizes), seeds_of(seeds), limit), expected)


@settings(max_examples=300, deadline=None)
@given(st.one_of(streets(), problems()), SIZES)
def test_a_search_leaves_nothing_to_the_next_one(problem: Problem, sizes: tuple[int, int]) -> None:
    nodes, arcs, seeds, limit = problem
    rows = with_core(as_they_are(nodes, arcs), sizes)
    for begin in range(len(seeds) + 1):
        same(nearest(rows, seeds_of(seeds[begin:]), limit), plain(rows, seeds[begin:], limit))


def town(nodes: int, seed: int) -> Csr:
    """A line of nodes with arcs to places nearby, some one-way; node numbers lie as Hilbert numbers do."""
    rng = np.random.default_rng(seed)
    u = rng.integers(0, nodes - 1, 2 * nodes)
    v = np.clip(u + rng.integers(-9, 10, u.size), 0, nodes - 1)
    weight = rng.integers(1, 60, u.size)
    arcs = [np.concatenate(ends) for ends in ((u, np.arange(nodes - 1)), (v, np.arange(1, nodes)))]
    weights = np.concatenate([weight, rng.integers(1, 90, nodes - 1)])
    ends = (part.astype(np.int32) for part in (*arcs, weights))
    return csr(nodes, *ends, np.ones(weights.size, dtype=bool), rng.random(weights.size) < 0.7)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("sizes", [(11, 8), (9, 8), (6, 4), (5, 0)])
@pytest.mark.parametrize("limit", [0, 70, 900, MAX_LIMIT_DS])
def test_many_blocks_batches_and_threads(
    monkeypatch: pytest.MonkeyPatch, threads: int, sizes: tuple[int, int], limit: int
) -> None:
    rows = town(9000, 3)
    rng = np.random.default_rng(limit)
    seeds = Seeds(*(rng.integers(0, most, 300).astype(np.int32) for most in (9000, 80, 40)))
    expected = nearest(rows, seeds, limit).label
    cored = with_core(rows, sizes)
    assert np.array_equal(nearest(cored, seeds, limit, threads=threads).label, expected)
    for name, value in (("_SMALL_CORE", 0), ("_FIRST_BATCH", 1)):
        monkeypatch.setattr(core_search, name, value)
    assert np.array_equal(nearest(cored, seeds, limit, threads=threads).label, expected)


def test_a_few_sources_on_a_large_network_give_a_few_pages() -> None:
    rows = with_core(town(40_000, 5))
    seeds = Seeds.of([11, 30_000], [0, 5], [0, 1])
    found = nearest(rows, seeds, 200)
    assert found.page is not None
    assert found.rows.shape[0] < 10
    assert np.array_equal(found.label, nearest(replace(rows, core=None), seeds, 200).label)


def test_a_large_network_is_thinned_in_smaller_blocks() -> None:
    rows = town(250_001, 7).with_core()
    assert rows.core is not None
    assert rows.core.sizes.tolist() == [9, 8]
    small = town(9000, 3).with_core().core
    assert small is not None
    assert small.sizes.tolist() == [11, 8]
    seeds = Seeds(*(np.random.default_rng(1).integers(0, most, 500).astype(np.int32) for most in (250_001, 80, 40)))
    assert np.array_equal(nearest(rows, seeds, 900).label, nearest(replace(rows, core=None), seeds, 900).label)


@pytest.mark.parametrize("spokes", [23, 24, 25, 200])
def test_a_place_where_many_ways_meet_stays(spokes: int) -> None:
    arcs = [(0, node, node) for node in range(1, spokes + 1)] + [(node, 0, 3) for node in range(1, spokes + 1)]
    rows = rows_of(spokes + 1, arcs)
    seeds = [(5, 0, 0), (9, 3, 1)]
    same(nearest(with_core(rows), seeds_of(seeds), 60), plain(rows, seeds, 60))


def test_ways_that_are_longer_than_any_limit_lead_nowhere() -> None:
    assert MAX_LIMIT_DS <= MOST_DS
    arcs = [(0, 1, MAX_LIMIT_DS), (1, 2, 1), (2, 3, MOST_DS + 7), (3, 4, 2**31 - 1), (0, 3, MAX_LIMIT_DS - 1)]
    rows, seeds = rows_of(5, arcs), [(0, 0, 0), (2, 1, 1)]
    for sizes in ((11, 8), (1, 0), (0, 0)):
        same(nearest(with_core(rows, sizes), seeds_of(seeds), MAX_LIMIT_DS), plain(rows, seeds, MAX_LIMIT_DS))


def test_most_of_a_street_grid_is_taken_out() -> None:
    """Labels are searched on few nodes, which is what a core is for."""
    graph = build_graph(grid(40, 40, 100.0), CAR)
    assert graph.reverse.core is not None
    assert graph.reverse.core.nodes == graph.nodes
    assert graph.reverse.core.home.size < graph.nodes // 4
    assert graph.forward.core is None


def test_pages_must_fit_blocks() -> None:
    rows = rows_of(2, [(0, 1, 1)])
    for block_bits, page_bits in ((12, 8), (3, 4), (3, -1)):
        with pytest.raises(ValueError, match="part of a block"):
            core_of(rows.indptr, rows.arcs, block_bits=block_bits, page_bits=page_bits)
