"""A run in parts is the run in one piece: to the bit in times and winners, to the millimetre in circles."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from geoservice.coverage.answers import answer_of
from geoservice.coverage.circles import circles
from geoservice.coverage.circles.drawn import LEVEL_M, ground_of, reached_shapes
from geoservice.coverage.circles.exact import circles as exact_circles
from geoservice.coverage.circles.frame import Frame
from geoservice.coverage.circles.painting import paint
from geoservice.coverage.circles.tracing import Segments, segments
from geoservice.coverage.inputs import Communities, Facilities
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.reach import Field, field_of
from geoservice.coverage.scale.cut import Cell, Cutter, cells_of
from geoservice.coverage.scale.gather import gather
from geoservice.coverage.scale.part import Part, PartAnswer, Question, solve
from geoservice.coverage.scale.spread import Progress, spread
from geoservice.crs import metric_crs
from geoservice.errors import Conflict
from geoservice.network.barriers import Barriers
from geoservice.network.graph import Graph
from geoservice.network.join import join
from tests.unit.network_builders import CAR, WALK, TestMode
from tests.unit.test_coverage_real import ANDORRA, PORTO, near_streets, network

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
@pytest.mark.parametrize(("place", "mode"), [(PORTO, WALK), (ANDORRA, WALK)])
def test_circles_are_those_of_the_whole_to_the_millimetre(place: str, mode: TestMode) -> None:
    graph = network(place, mode.id)
    whole, parts = (prepared(graph, mode, lakes(graph), LIMIT_DS + 600) for _ in range(2))
    spread(parts, [Question(mode.id, "b", LIMIT_DS, (LIMIT_DS,))], 5, one_by_one, quiet)
    (one,) = exact_circles(whole.field(mode.id, "b"), mode, [LIMIT_DS], whole.barriers[()])
    (shipped,) = circles(whole.field(mode.id, "b"), mode, [LIMIT_DS], whole.barriers[()])
    other = parts.drawn[mode.id, "b", LIMIT_DS]
    local = metric_crs(float(graph.lon.mean()), float(graph.lat.mean()))
    a, b = local.to_metres(one.geometry), local.to_metres(other.geometry)
    assert a.area > 1e6
    assert shapely.difference(a, b.buffer(0.001)).area < 0.01
    assert shapely.difference(b, a.buffer(0.001)).area < 0.01
    # What a single run ships is drawn on a grid, a few metres outside; inlets that it closes are filled as small holes.
    drawn = local.to_metres(shipped.geometry)
    assert shapely.difference(a, drawn.buffer(0.5)).area < 0.01
    assert shapely.difference(drawn, a.buffer(10.0)).area < 0.001 * a.area


def border(field: Field, mode: TestMode, barriers: Barriers, frame: Frame, smooth: bool | None) -> Segments:
    ground = ground_of(field, mode, LIMIT_DS, barriers, frame)
    painted = paint(reached_shapes(field, ground, mode, LIMIT_DS), smooth=ground.smooth if smooth is None else smooth)
    return segments(painted, LEVEL_M)


def within(cell: Cell, frame: Frame, found: Segments) -> set[tuple[float, ...]]:
    lon, lat = frame.to_lonlat(found.points[:, 0].copy(), found.points[:, 1].copy()).T
    here = cell.holds(lon, lat)
    return set(map(tuple, np.column_stack([found.sides, found.points])[here].tolist()))


@pytest.mark.slow
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("place", [PORTO, ANDORRA])
def test_in_the_frame_of_the_whole_a_part_finds_the_same_border(place: str, bare: bool) -> None:
    """Before rings are linked and thinned, the border on the grid is the same to the bit."""
    graph, most = network(place, "walk"), LIMIT_DS + 600
    whole = prepared(graph, WALK, Barriers.of([]) if bare else lakes(graph), most)
    field, barriers, here = whole.field("walk", "b"), whole.barriers[()], whole.placed()
    lon, lat = field.facilities.lon, field.facilities.lat
    frame = Frame(float(lon.mean()), float(lat.mean()))
    smooth = ground_of(field, WALK, LIMIT_DS, barriers, frame).smooth
    expected, cutter, seen = border(field, WALK, barriers, frame, None), Cutter(graph), 0
    for cell in cells_of(whole.communities.lon[here], whole.communities.lat[here], 5, 5000.0):
        box = cell.grown(cutter.halo_m(WALK, most))
        near, part = box.holds(lon, lat), cutter.cut(box)
        feet = join(part, lon[near], lat[near], WALK, barriers)
        found = border(field_of(part, feet, most), WALK, barriers, frame, smooth)
        assert within(cell, frame, found) == within(cell, frame, expected)
        seen += len(within(cell, frame, found))
    assert seen > 1000


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
