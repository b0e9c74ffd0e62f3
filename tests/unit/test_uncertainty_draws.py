"""Draws against a brute force, against the plain run, and against a closed form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from geoservice.catalog import load_catalog
from geoservice.coverage import reach
from geoservice.coverage.reach import evaluate, field_of
from geoservice.coverage.uncertainty import chance, rescaled, snapping
from geoservice.coverage.uncertainty.certainty import certainty_of, checked
from geoservice.coverage.uncertainty.chance import start
from geoservice.coverage.uncertainty.declared import DrawSettings, load_uncertainty
from geoservice.coverage.uncertainty.draws import Way, draw_times, quantiles
from geoservice.coverage.uncertainty.rescaled import Arcs, joins_at
from geoservice.coverage.uncertainty.snapping import open_feet
from geoservice.coverage.warm import warm
from geoservice.errors import BadRequest, Deadline
from geoservice.network import search
from geoservice.network.build import build_graph, csr
from geoservice.network.graph import Graph, RoadRow
from geoservice.network.store import stored
from tests.unit.coverage_oracle import half_up, node_times, times
from tests.unit.network_builders import CAR, WALK, Place, TestMode, anywhere, grid, joined, networks, road, table

DECLARED = load_uncertainty(load_catalog()).draws
FIXED = DECLARED.model_copy(update={"count": 1, "speed_share": 0.0, "off_network_share": 0.0, "open_share": 1.0})
LIMIT = 20_000


def way(graph: Graph, mode: TestMode, facilities: list[Place], places: list[Place]) -> Way:
    names = ("a", "b", "c")
    return Way(
        mode=mode,
        arcs=Arcs.of(graph),
        classes=names,
        edge_class=(graph.edge_road % len(names)).astype(np.int32),
        places=joined(graph, places, mode),
        place_ids=np.arange(len(places), dtype=np.int64) + 100,
        facilities=joined(graph, facilities, mode),
        facility_ids=np.arange(len(facilities), dtype=np.int64) + 500,
    )


def graph_of(rows: list[RoadRow]) -> Graph:
    assume(any(len(set(row.node_ids)) > 1 for row in rows))
    return build_graph(table(*rows), CAR)


some = st.lists(anywhere, min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(networks(), some, some)
def test_one_draw_without_spread_is_the_plain_run(
    rows: list[RoadRow], facilities: list[Place], places: list[Place]
) -> None:
    one = way(graph_of(rows), CAR, facilities, places)
    plain = evaluate(field_of(one.arcs.graph, one.facilities, LIMIT), one.places)
    assert np.array_equal(draw_times([one], FIXED, 5, LIMIT)[0], plain.time_ds[None])


@settings(max_examples=100, deadline=None)
@given(networks(), some, some, st.integers(0, 2**63 - 1))
def test_a_draw_equals_brute_force_on_the_drawn_network(
    rows: list[RoadRow], facilities: list[Place], places: list[Place], seed: int
) -> None:
    one = way(graph_of(rows), CAR, facilities, places)
    plain, draw = one.arcs.graph, 3
    speed = one.speeds(DECLARED, seed, draw)[one.edge_class]
    weight = [max(half_up(int(w) / s), 1) for w, s in zip(plain.edge_weight, speed, strict=True)]
    graph = one.arcs.graph_at(speed)
    assert graph.edge_weight.tolist() == weight
    rows_again = csr(
        graph.nodes, graph.edge_u, graph.edge_v, graph.edge_weight, graph.edge_backward, graph.edge_forward
    )
    assert np.array_equal(rows_again.arcs, graph.reverse.arcs)
    settings_ = DECLARED.model_copy(update={"off_network_share": 0.0})
    state, off = start(seed, draw), CAR.off_network_kmh
    stations, homes = (
        joins_at(joins, graph, off, open_feet(joins, graph, kind, ids, state, settings_.open_share))
        for joins, kind, ids in (
            (one.facilities, "facility", one.facility_ids),
            (one.places, "community", one.place_ids),
        )
    )
    expected = times(graph, node_times(graph), stations, homes, "to_facility").min(axis=1)
    found = one.times(settings_, seed, draw, LIMIT)
    assert found.tolist() == np.where(expected <= LIMIT, expected, -1).tolist()


factors = st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3)


@settings(max_examples=100, deadline=None)
@given(networks(), some, some, factors, factors, st.floats(0.5, 2.0), st.floats(1.0, 2.0))
def test_more_speed_never_makes_a_time_longer(
    rows: list[RoadRow],
    facilities: list[Place],
    places: list[Place],
    slow: list[float],
    gain: list[float],
    off: float,
    off_gain: float,
) -> None:
    one = way(graph_of(rows), CAR, facilities, places)
    fast = [s * max(g, 1.0) for s, g in zip(slow, gain, strict=True)]

    def found(speeds: list[float], off_kmh: float) -> list[float]:
        graph = one.arcs.graph_at(np.array(speeds)[one.edge_class])
        stations, homes = (
            joins_at(joins, graph, off_kmh, np.ones(joins.edge.size, dtype=bool))
            for joins in (one.facilities, one.places)
        )
        time = evaluate(field_of(graph, stations, 2**17), homes).time_ds
        return np.where(time < 0, np.inf, time).tolist()

    assert all(a <= b for a, b in zip(found(fast, off * off_gain), found(slow, off), strict=True))


@settings(max_examples=100, deadline=None)
@given(networks(), some, some, st.integers(0, 1000))
def test_a_draw_of_ways_lies_between_all_roads_and_the_nearest(
    rows: list[RoadRow], facilities: list[Place], places: list[Place], seed: int
) -> None:
    one = way(graph_of(rows), CAR, facilities, places)
    still = {"speed_share": 0.0, "off_network_share": 0.0, "count": 1}
    best, drawn, worst = (
        draw_times([one], DECLARED.model_copy(update=still | {"open_share": share}), seed, LIMIT)[0][0]
        for share in (1.0, 0.5, 0.0)
    )
    never = [np.where(part < 0, LIMIT + 1, part) for part in (best, drawn, worst)]
    assert (never[0] <= never[1]).all()
    assert (never[1] <= never[2]).all()


STRAIGHT = build_graph(table(road(1, [1, 2], [(-100, 0), (3000, 0)])), WALK)


@pytest.mark.parametrize("metres_", [780, 850, 900, 1000, 1060])
def test_one_road_is_covered_as_often_as_its_speed_allows(metres_: int) -> None:
    """At 1 m/s and 15 minutes a place at d metres needs a factor of d / 900 at least, of an even spread 0.8 to 1.2."""
    drawn = DECLARED.model_copy(update={"count": 1000})
    one = way(STRAIGHT, WALK, [(0, 0)], [(metres_, 0)])
    hits = int((draw_times([one], drawn, 11, 9000)[0] >= 0).sum())
    chance = (1.2 - metres_ / 900) / 0.4
    low, high = stats.binom.interval(0.999, drawn.count, chance)
    assert low <= hits <= high
    assert 0 < hits < drawn.count


def test_one_road_beyond_the_spread_is_certain() -> None:
    one = way(STRAIGHT, WALK, [(0, 0)], [(719, 0), (1081, 0)])
    hits = (draw_times([one], DECLARED, 11, 9000)[0] >= 0).sum(axis=0)
    assert certainty_of(hits, DECLARED).tolist() == ["certain", "none"]


def test_draws_hang_on_the_seed_and_not_on_threads() -> None:
    graph = build_graph(grid(8, 8, 150.0), WALK)
    one = way(graph, WALK, [(10, 20), (900, 700)], [(300.0 + 37 * i, 90.0 * i) for i in range(9)])
    alone, many, other = (
        draw_times([one], DECLARED, seed, LIMIT, threads=threads)[0] for seed, threads in ((1, 1), (1, 5), (2, 1))
    )
    assert np.array_equal(alone, many)
    assert not np.array_equal(alone, other)


def test_more_draws_begin_with_the_same_ones() -> None:
    graph = build_graph(grid(8, 8, 150.0), WALK)
    one = way(graph, WALK, [(10, 20)], [(300, 90), (700, 800)])
    few, more = (draw_times([one], DECLARED.model_copy(update={"count": count}), 1, LIMIT)[0] for count in (7, 20))
    assert np.array_equal(few, more[:7])


def test_a_place_that_is_added_changes_no_draw_of_the_others() -> None:
    graph = build_graph(grid(8, 8, 150.0), WALK)
    few = way(graph, WALK, [(10, 20)], [(300, 90), (700, 800)])
    more = way(graph, WALK, [(10, 20)], [(300, 90), (700, 800), (10, 900)])
    found = draw_times([more], DECLARED, 1, LIMIT)[0]
    assert np.array_equal(draw_times([few], DECLARED, 1, LIMIT)[0], found[:, :2])


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_whoever_stops_it_waits_for_no_further_draws(error: type[BaseException]) -> None:
    one = way(STRAIGHT, WALK, [(0, 0)], [(500, 0)])
    done = []

    def told(count: int, _total: int) -> None:
        done.append(count)
        raise error

    with pytest.raises(error):
        draw_times([one], DECLARED.model_copy(update={"count": 1000}), 1, LIMIT, threads=1, told=told)
    assert done == [1]


def test_a_deadline_is_kept() -> None:
    one = way(STRAIGHT, WALK, [(0, 0)], [(500, 0)])
    with pytest.raises(Deadline, match="100 次抽样"):
        draw_times([one], DECLARED, 1, LIMIT, within_s=-1.0)


@pytest.mark.parametrize("draws", [0, -1, 1001, 10**30])
def test_a_number_of_draws_that_makes_no_sense_is_refused(draws: int) -> None:
    with pytest.raises(BadRequest, match="不在 1 到 1000 之间"):
        checked(DECLARED, draws, None)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_that_makes_no_sense_is_refused(seed: int) -> None:
    with pytest.raises(BadRequest, match="随机种子"):
        checked(DECLARED, None, seed)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([0.05, 0.5, 0.95, 1.0]))
def test_quantiles_are_those_of_the_inverted_distribution(values: list[int], share: float) -> None:
    found = quantiles(np.array(values, dtype=np.int32)[:, None], [share])
    assert found[0, 0] == np.quantile(values, share, method="inverted_cdf")


def test_arcs_of_another_graph_are_refused() -> None:
    wrong = replace(STRAIGHT, edge_forward=~STRAIGHT.edge_forward)
    with pytest.raises(ValueError, match="arcs"):
        Arcs.of(wrong)


def test_thresholds_of_few_draws() -> None:
    def words(count: int, hits: list[int]) -> list[str]:
        settings_: DrawSettings = DECLARED.model_copy(update={"count": count})
        return [str(word) for word in certainty_of(np.array(hits), settings_)]

    assert words(1, [1, 0]) == ["certain", "none"]
    assert words(3, [3, 2, 1, 0]) == ["certain", "marginal", "marginal", "none"]
    assert words(5, [4, 3]) == ["likely", "marginal"]


def test_warming_compiles_all_that_a_draw_needs(tmp_path: Path) -> None:
    def compiled() -> dict[str, int]:
        modules = (chance, rescaled, snapping, reach, search)
        return {
            f"{module.__name__}.{name}": len(kernel.signatures)
            for module in modules
            for name, kernel in vars(module).items()
            if hasattr(kernel, "signatures")
        }

    warm()
    before = compiled()
    assert sum(before.values()) > 8
    built = build_graph(grid(5, 5, 120.0), WALK)
    one = way(stored(tmp_path, built.revision, lambda: built), WALK, [(10, 10)], [(200, 250)])
    assert (draw_times([one], DECLARED, 1, 9000)[0] >= 0).all()
    assert compiled() == before
