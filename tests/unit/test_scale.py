"""A run in parts is the run in one piece: to the bit in times and winners, to the millimetre in circles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import shapely

from geoservice.coverage.answers import answer_of
from geoservice.coverage.circles import circles
from geoservice.coverage.inputs import Communities, Facilities
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.scale.cut import Cell, Cutter, cells_of
from geoservice.coverage.scale.gather import gather
from geoservice.coverage.scale.part import Part, PartAnswer, Question, solve
from geoservice.coverage.scale.spread import Progress, spread
from geoservice.errors import Conflict
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph
from tests.unit.network_builders import CAR, DATA, WALK, TestMode
from tests.unit.osm_roads import osm_roads
from tests.unit.test_coverage_real import ANDORRA, PORTO, near_streets, network
from tests.unit.test_turns_real import restrictions

# In degrees, a little less.
MILLIMETRE = 8e-9
LIMIT_DS = 9000


def quiet(_step: str, _done: int, _total: int) -> None:
    """Nobody watches."""


def one_by_one(parts: Iterator[Part], _total: int, _progress: Progress) -> Iterator[PartAnswer]:
    """Each part goes through bytes, as to another process, the last one first."""
    return (solve(Part.unpacked(part.packed())) for part in reversed(list(parts)))


def prepared(graph: Graph, mode: TestMode, barriers: Barriers, horizon_ds: int, seed: int = 5) -> Prepared:
    homes, places = near_streets(graph, 300, seed, 600.0), near_streets(graph, 40, seed + 1, 400.0)
    # Pairs of facilities in one place: every time is a tie.
    lon, lat = np.concatenate([places[0], places[0][::-1]]), np.concatenate([places[1], places[1][::-1]])
    numbers, sites = np.arange(300), np.arange(80)
    none = np.full(300, -1)
    nowhere = np.where(np.arange(300) == 7, np.nan, 1.0)
    return Prepared(
        communities=Communities(
            id=numbers,
            urban=numbers % 2 == 0,
            unclassified=numbers < 0,
            unit_id=none,
            population=none,
            population_60=none,
            population_80=none,
            lon=homes[0] * nowhere,
            lat=homes[1] * nowhere,
            name=none.astype(object),
            households=none,
        ),
        facilities=Facilities(
            id=sites,
            type=np.where(sites % 8 == 3, "b", "a").astype(object),
            unit_id=np.full(80, -1),
            lon=lon,
            lat=lat,
            name=sites.astype(object),
            beds=np.full(80, -1),
            nursing_beds=np.full(80, -1),
        ),
        units={},
        modes={mode.id: mode},  # type: ignore[dict-item]
        graphs={mode.id: graph},
        barriers={(): barriers},
        horizon_ds=horizon_ds,
        pairs_ds={mode.id: LIMIT_DS},
    )


def lakes(graph: Graph) -> Barriers:
    """Squares of 200 m at seeded places."""
    x, y = near_streets(graph, 200, 9, 300.0)
    return Barriers.of(shapely.box(x - 0.001, y - 0.001, x + 0.001, y + 0.001).tolist())


def same(whole: Prepared, parts: Prepared, mode: str, type_: str) -> None:
    one, other = whole.answer(mode, type_), parts.answers[mode, type_]
    for name in ("time_ds", "facility", "second_ds", "second", "reason"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    for name in ("place", "facility", "time_ds"):
        np.testing.assert_array_equal(getattr(one.pairs, name), getattr(other.pairs, name), err_msg=name)
    for side in ("homes", "supply"):
        for name in ("status", "island"):
            np.testing.assert_array_equal(getattr(getattr(one, side), name), getattr(getattr(other, side), name))


@pytest.mark.parametrize(
    ("place", "mode", "horizon_ds"),
    [(PORTO, WALK, 9000), (PORTO, WALK, 108_000), (ANDORRA, CAR, 9000), (ANDORRA, WALK, 18_000)],
)
@pytest.mark.slow
@pytest.mark.parametrize("count", [3, 8])
def test_times_winners_pairs_and_reasons_are_those_of_the_whole(
    place: str, mode: TestMode, horizon_ds: int, count: int
) -> None:
    graph = network(place, mode.id)
    whole, parts = (prepared(graph, mode, lakes(graph), horizon_ds) for _ in range(2))
    questions = [Question(mode.id, type_, LIMIT_DS) for type_ in ("a", "b", "none")]
    spread(parts, questions, count, one_by_one, quiet)
    for type_ in ("a", "b", "none"):
        same(whole, parts, mode.id, type_)
    found = whole.answer(mode.id, "a")
    assert (found.time_ds >= 0).any()
    assert (found.time_ds < 0).any()
    nothing = whole.answer(mode.id, "none")
    assert set(nothing.reason[nothing.homes.joined]) == {"no_facility"}
    assert not (set(nothing.reason[~nothing.homes.joined]) - {"off_network", "blocked"})
    assert (found.second_ds == found.time_ds)[found.time_ds >= 0].any()


@pytest.mark.slow
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize(("place", "mode"), [(PORTO, WALK), (ANDORRA, WALK), (ANDORRA, CAR)])
def test_circles_are_those_of_the_whole(place: str, mode: TestMode, count: int, *, bare: bool) -> None:
    """As a run draws them: one limit at a time, all on the frame of their facilities."""
    graph = network(place, mode.id)
    barriers = Barriers.of([]) if bare else lakes(graph)
    whole, parts = (prepared(graph, mode, barriers, LIMIT_DS + 600) for _ in range(2))
    limits = (LIMIT_DS // 3, LIMIT_DS)
    spread(parts, [Question(mode.id, type_, LIMIT_DS, limits) for type_ in "ab"], count, one_by_one, quiet)
    for type_ in "ab":
        for limit in limits:
            (one,) = circles(whole.field(mode.id, type_), mode, [limit], whole.barriers[()])
            other = parts.drawn[mode.id, type_, limit]
            drawn, joined = one.geometry.normalize(), other.geometry.normalize()
            assert drawn.equals_exact(joined, MILLIMETRE), (type_, limit)
            assert one.area_km2 == pytest.approx(other.area_km2, rel=1e-12)
            assert one.area_km2 > 0.1
            assert other.geometry.is_valid


@pytest.mark.slow
def test_turns_that_are_banned_are_banned_in_parts_too() -> None:
    path = DATA / "osm" / PORTO
    if not path.is_file():
        pytest.skip("../shared/data is absent")
    roads, mode = osm_roads(path), replace(CAR, turn_bans=True)
    graph = build_graph(roads, mode, restrictions(path, set(roads.road_id.tolist())))
    assert graph.turns["applied"] > 300
    limit = LIMIT_DS // 6
    whole, parts = (prepared(graph, mode, lakes(graph), LIMIT_DS) for _ in range(2))
    questions = [Question(mode.id, type_, LIMIT_DS, (limit,) if type_ == "b" else ()) for type_ in "ab"]
    spread(parts, questions, 4, one_by_one, quiet)
    for type_ in "ab":
        same(whole, parts, mode.id, type_)
    (one,) = circles(whole.field(mode.id, "b"), mode, [limit], whole.barriers[()])
    other = parts.drawn[mode.id, "b", limit]
    assert one.geometry.normalize().equals_exact(other.geometry.normalize(), MILLIMETRE)
    assert one.area_km2 > 1.0


def test_a_halo_too_narrow_is_noticed_by_this_test() -> None:
    """What the others compare can differ: without a halo times are lost."""
    graph = network(PORTO, "walk")
    whole = prepared(graph, WALK, Barriers.of([]), 108_000)
    here = whole.placed()
    (cell, *_) = cells_of(whole.communities.lon[here], whole.communities.lat[here], 8, 0.0)
    bare = Cutter(graph).cut(cell)
    part = Prepared(**{**vars(whole), "graphs": {"walk": bare}, "joined": {}, "fields": {}, "answers": {}})
    inside = cell.holds(whole.communities.lon[here], whole.communities.lat[here])
    one, other = whole.answer("walk", "b"), answer_of(part.field("walk", "b"), bare.reverse, part.demand("walk"), 0)
    assert (one.time_ds[inside] != other.time_ds[inside]).any()


def test_what_comes_back_twice_or_not_at_all_is_refused() -> None:
    graph = network(PORTO, "walk")
    parts: list[Part] = []

    def kept(given: Iterator[Part], _total: int, _progress: Progress) -> Iterator[PartAnswer]:
        parts.extend(given)
        return (solve(part) for part in parts)

    inputs = prepared(graph, WALK, Barriers.of([]), 600)
    questions = [Question("walk", "a", 600)]
    spread(inputs, questions, 2, kept, quiet)
    answers = [solve(part) for part in parts]
    for wrong in ([answers[0]], [*answers, answers[0]]):
        with pytest.raises(Conflict):
            gather(wrong, questions, int(inputs.placed().sum()), {"a": 70})


def test_cells_hold_every_place_once() -> None:
    rng = np.random.default_rng(3)
    lon, lat = rng.choice(np.linspace(113.0, 113.4, 7), 500), rng.uniform(30.4, 30.8, 500)
    for count in (1, 2, 7, 32):
        held = sum(cell.holds(lon, lat).astype(int) for cell in cells_of(lon, lat, count, 500.0))
        assert (held == 1).all()
    assert len(cells_of(lon[:1], lat[:1], 9, 0.0)) == 1
    assert Cell(1.0, 1.0, 2.0, 2.0).holds(np.array([1.0, 2.0]), np.array([1.0, 1.0])).tolist() == [True, False]
