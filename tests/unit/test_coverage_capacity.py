"""Places shared out: against a linear program, scipy's greatest flow and a plain loop; floating catchments; Gini."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from geoservice.coverage.figures.capacity import Allocation, allocate
from geoservice.coverage.figures.catchments import catchments
from geoservice.coverage.figures.declared import capacities
from geoservice.coverage.figures.equity import gini, gini_of_time, worst
from geoservice.coverage.pairs import Pairs


@st.composite
def cases(draw: st.DrawFn) -> tuple[Pairs, list[int], list[int]]:
    demand = draw(st.lists(st.integers(0, 3000), min_size=1, max_size=7))
    places = draw(st.lists(st.integers(0, 4000), min_size=1, max_size=6))
    every = [(i, j) for i in range(len(demand)) for j in range(len(places))]
    chosen = draw(st.lists(st.sampled_from(every), unique=True, max_size=len(every)))
    times = [draw(st.integers(0, 50)) for _ in chosen]
    return pairs_of([(i, j, t) for (i, j), t in zip(chosen, times, strict=True)]), demand, places


def pairs_of(rows: list[tuple[int, int, int]]) -> Pairs:
    return Pairs.of(*np.array(rows, dtype=np.int32).reshape(-1, 3).T)


def shared_out(pairs: Pairs, demand: list[int], places: list[int]) -> Allocation:
    return allocate(pairs, np.array(demand, dtype=np.int64), np.array(places, dtype=np.int64))


@settings(max_examples=150, deadline=None)
@given(cases())
def test_at_best_equals_a_linear_program_and_scipy(case: tuple[Pairs, list[int], list[int]]) -> None:
    pairs, demand, places = case
    found = shared_out(*case)
    n, m = len(demand), len(places)
    source, sink = n + m, n + m + 1
    arcs = [(int(i), n + int(j), demand[i]) for i, j in zip(pairs.place, pairs.facility, strict=True)]
    arcs += [(source, i, demand[i]) for i in range(n)] + [(n + j, sink, places[j]) for j in range(m)]
    row, column, most = (np.array(part, dtype=np.int32) for part in zip(*arcs, strict=True))
    flow = maximum_flow(csr_array((most, (row, column)), shape=(n + m + 2,) * 2), source, sink)
    assert found.best == flow.flow_value
    if len(pairs):
        limits = np.zeros((n + m, len(pairs)))
        limits[pairs.place, np.arange(len(pairs))] = 1
        limits[n + pairs.facility, np.arange(len(pairs))] = 1
        solved = linprog(-np.ones(len(pairs)), A_ub=limits, b_ub=[*demand, *places])
        assert found.best == pytest.approx(-solved.fun, abs=1e-6)


@settings(max_examples=150, deadline=None)
@given(cases())
def test_nearest_first_equals_a_plain_loop(case: tuple[Pairs, list[int], list[int]]) -> None:
    pairs, demand, places = case
    found = shared_out(*case)
    left, free, farthest = list(demand), list(places), [-1] * len(places)
    rows = zip(pairs.time_ds.tolist(), pairs.place.tolist(), pairs.facility.tolist(), strict=True)
    given_ = {}
    for time, i, j in sorted(rows):
        much = min(left[i], free[j])
        left[i], free[j], given_[i, j] = left[i] - much, free[j] - much, much
        if much:
            farthest[j] = time
    assert found.taken.tolist() == [had - rest for had, rest in zip(places, free, strict=True)]
    assert found.farthest_ds.tolist() == farthest
    told = zip(pairs.place.tolist(), pairs.facility.tolist(), found.given.tolist(), strict=True)
    assert {(i, j): much for i, j, much in told} == given_
    # What is given is neither more than is asked for nor more than there is, and never more than at best.
    assert found.given.sum() == found.taken.sum() <= found.best <= min(sum(demand), sum(places))


def test_a_chain_is_pushed_through() -> None:
    """Each village but the last takes the home that the next one needs."""
    size = 40
    rows = [(i, i, 10) for i in range(size)] + [(i, i + 1, 5) for i in range(size - 1)]
    found = shared_out(pairs_of(rows), [1000] * size, [1000] * size)
    assert found.given.sum() == 1000 * (size - 1)
    assert found.best == 1000 * size


@settings(max_examples=100, deadline=None)
@given(cases())
def test_floating_catchments_equal_a_plain_loop_and_keep_the_sums(case: tuple[Pairs, list[int], list[int]]) -> None:
    pairs, people, places = case
    found = catchments(pairs, np.array(people, dtype=np.int64), np.array(places, dtype=np.int64))
    near = list(zip(pairs.place.tolist(), pairs.facility.tolist(), strict=True))
    of_i = [sum(i == k for k, _ in near) for i in range(len(people))]
    of_j = [sum(j == k for _, k in near) for j in range(len(places))]
    crowd = [sum(people[i] for i, k in near if k == j) for j in range(len(places))]
    demand = [sum((Fraction(people[i], of_i[i]) for i, k in near if k == j), Fraction(0)) for j in range(len(places))]
    level = [Fraction(places[j]) / demand[j] if demand[j] else Fraction(0) for j in range(len(places))]
    for i in range(len(people)):
        mine = [j for k, j in near if k == i]
        if not mine:
            assert np.isnan([found.two_step[i], found.balanced[i], found.shared[i]]).all()
            continue
        two = sum(places[j] / crowd[j] if crowd[j] else 0 for j in mine)
        assert found.two_step[i] == pytest.approx(two)
        assert found.balanced[i] == pytest.approx(float(sum((level[j] / of_j[j] for j in mine), Fraction(0))))
        assert found.shared[i] == pytest.approx(float(sum((level[j] / of_i[i] for j in mine), Fraction(0))))
    inside = [people[i] for i in range(len(people)) if of_i[i]]
    assert found.demand.sum() == pytest.approx(sum(inside))
    assert np.nansum(found.balanced) == pytest.approx(found.level.sum())
    used = sum(places[j] for j in range(len(places)) if demand[j])
    assert np.nansum(np.array(people) * found.shared) == pytest.approx(used)
    assert np.nansum(np.array(people) * found.two_step) == pytest.approx(used)


def test_inflation_of_the_two_step_form() -> None:
    """Three villages, three homes, all in reach of all: two steps count each person three times."""
    pairs = pairs_of([(i, j, 1) for i in range(3) for j in range(3)])
    found = catchments(pairs, np.full(3, 100), np.full(3, 10))
    assert found.demand.tolist() == pytest.approx([100.0] * 3)
    assert found.two_step.tolist() == pytest.approx([0.1] * 3)
    assert found.balanced.tolist() == pytest.approx([0.1] * 3)
    assert found.shared.tolist() == pytest.approx([0.1] * 3)


values = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 500)), max_size=12)


@given(values)
def test_gini_equals_the_double_sum(rows: list[tuple[int, int]]) -> None:
    x, w = [row[0] for row in rows], [row[1] for row in rows]
    total, whole = sum(w), sum(a * b for a, b in rows)
    found = gini(np.array(x, dtype=np.float64), np.array(w, dtype=np.float64))
    if not whole:
        assert found is None
        return
    double = sum(b * d * abs(a - c) for a, b in rows for c, d in rows)
    assert found == pytest.approx(double / (2 * total * whole), abs=1e-12)
    assert found is not None
    assert 0 <= found < 1
    # Two communities that have the same are as one.
    halves = np.repeat(np.array(x, dtype=np.float64), 2), np.repeat(np.array(w, dtype=np.float64) / 2, 2)
    assert gini(*halves) == pytest.approx(found, abs=1e-12)


def test_communities_without_a_time_are_left_out_of_gini_and_are_the_worst() -> None:
    time, people = np.array([600, -1, 600, 900], dtype=np.int32), np.array([10, 99, -1, 0])
    assert gini_of_time(time, people) == 0.0
    assert worst(time, people).tolist() == [1, 3, 0, 2]
    assert gini_of_time(time[1:2], people[1:2]) is None


def test_the_declared_rule_names_its_source() -> None:
    rule = capacities()["nursing_home"]
    assert (rule.field, rule.group, rule.per_thousand) == ("beds", "population_60", 35)
    assert "十四五" in rule.source
    assert rule.setting
