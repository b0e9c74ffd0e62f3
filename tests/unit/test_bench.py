"""The benchmark itself, on a small grid: answers are compared, wrong ones are told, ratios are right."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from geoservice.network.build import build_graph, csr
from geoservice.network.graph import RoadTable
from tests.benchmarks.bench import OURS, Budget, Case, Way, measure, ratios, show, write
from tests.benchmarks.circles import circle_cases
from tests.benchmarks.cities import City, copies, walking
from tests.benchmarks.coverage import CORES, main, nearest_case, reached_case, search_cases
from tests.benchmarks.peers import Networkx, Scipy, peers_of
from tests.unit.network_builders import road

SIDE = 7
ONCE = Budget(0.0, least=2, most=2)
KEYS = {"workload", "case", "subject", "threads", "median_s", "p95_s", "runs", "peak_mib", "same_answer"}


@pytest.fixture
def grid() -> City:
    """Streets 100 m apart."""
    x, y = (part.ravel() * 100.0 for part in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()]).astype(np.int32)
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()]).astype(np.int32)
    yes = np.ones(u.size, dtype=bool)
    return City("grid", csr(number.size, u, v, np.full(u.size, 720, dtype=np.int32), yes, yes), x, y)


def cases(city: City) -> list[Case]:
    peers, _ = peers_of(city, quick=True, cores=CORES)
    return list(search_cases(city, peers, (1, 3)))


def test_every_subject_gives_the_same_answer(grid):
    found = cases(grid)
    assert [case.workload for case in found] == ["W1"] * 4 + ["W2"] * 2
    for case in found:
        rows, _ = measure(case, ONCE)
        assert len(rows) >= 2
        assert {row["subject"] for row in rows} >= {OURS, "scipy"}
        assert all(row["same_answer"] is True for row in rows)
        assert all(row.keys() >= KEYS for row in rows)


@pytest.mark.parametrize("make", [nearest_case, reached_case])
def test_each_wrong_answer_shows(grid, make: Callable[..., Case]):
    case = make(grid, [Scipy(grid, 1)], grid.facilities(3), 15)
    for number, way in enumerate(case.ways):
        ways = [*case.ways]
        ways[number] = replace(way, answer=lambda given, way=way: spoiled(way.answer(given)))
        rows, _ = measure(replace(case, ways=ways), ONCE)
        assert rows[number]["same_answer"] is False
        others = [row for place, row in enumerate(rows) if place != number and way.subject not in {OURS, "scipy"}]
        assert all(row["same_answer"] is True for row in others)


def spoiled(answer: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    *rest, last = answer
    wrong = last.copy()
    wrong[len(wrong) // 2] += 1
    return (*rest, wrong)


def test_an_answer_of_another_size_is_wrong(grid):
    case = nearest_case(grid, [Scipy(grid, 1)], grid.facilities(3), 15)
    ours = replace(case.ways[0], answer=lambda given: (case.ways[0].answer(given)[0][:-1],))
    rows, _ = measure(replace(case, ways=[ours, *case.ways[1:]]), ONCE)
    assert rows[0]["same_answer"] is False


def test_networkx_where_it_is_installed(grid):
    pytest.importorskip("networkx")
    rows, _ = measure(reached_case(grid, [Scipy(grid, 1), Networkx(grid)], grid.facilities(3), 15), ONCE)
    assert next(row for row in rows if row["subject"] == "networkx")["same_answer"] is True


def test_peers_that_are_not_installed_are_named(grid, monkeypatch):
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr("tests.benchmarks.peers.PgRouting", missing)
    monkeypatch.setattr("tests.benchmarks.peers.importlib.import_module", missing)
    made, left_out = peers_of(grid, quick=False, cores=1)
    assert [type(peer).__name__ for peer in made] == ["Scipy"]
    for name in ("networkx", "igraph", "pandana", "pgRouting", "Valhalla"):
        assert name in " ".join(left_out)


def test_copies_are_connected_and_mirrored(grid):
    large = copies(grid, 3, 2)
    assert large.nodes == 6 * grid.nodes
    times = Scipy(large, 1).nearest(np.array([0], dtype=np.int32), 10**6)
    (way,) = times
    found = way.answer(way.call())[0]
    assert found.min() == 0
    assert (found >= 0).all()
    # Neighbours are as far apart as their time says, the ties across borders too.
    u, v, weight = large.once
    length = np.hypot(large.x[u] - large.x[v], large.y[u] - large.y[v])
    assert np.abs(weight - np.maximum(length * large.ds_a_metre, 1.0)).max() <= 0.51


def way(subject: str, threads: int) -> Way:
    return Way(subject, "1", threads, lambda: None, lambda _: None)


def test_ratios_hold_like_against_like():
    def row(subject: str, threads: int, seconds: float, *, same: bool | None = True) -> dict[str, Any]:
        return {"subject": subject, "threads": threads, "median_s": seconds, "same_answer": same}

    rows = [row(OURS, 1, 2.0), row(OURS, 2, 1.0), row("a", 1, 8.0), row("b", 2, 3.0), row("wrong", 1, 0.1, same=False)]
    assert ratios(rows) == {"1 thread": ("a", 4.0), "all cores": ("b", 3.0)}
    assert ratios([row(OURS, 1, 2.0)]) == {}


def test_slow_ways_run_once_and_others_take_turns():
    order: list[str] = []

    def noting(name: str, threads: int) -> Way:
        return replace(way(name, threads), call=lambda: order.append(name))

    rows, _ = measure(Case("W", "turns", [noting("a", 1), noting("b", 1)]), Budget(0.0, least=3, most=3))
    assert order == ["a", "b"] * 4
    assert [(row["runs"], row["same_answer"]) for row in rows] == [(3, None)] * 2
    rows, _ = measure(Case("W", "slow", [noting("a", 1)]), Budget(0.0, slow_s=-1.0))
    assert rows[0]["runs"] == 1
    # Our own first run may have been the compiler: one more.
    order.clear()
    rows, _ = measure(Case("W", "slow", [noting(OURS, 1)]), Budget(0.0, slow_s=-1.0))
    assert (rows[0]["runs"], len(order)) == (1, 2)


def test_table_and_lines(grid, tmp_path: Path):
    rows, _ = measure(nearest_case(grid, [Scipy(grid, 1)], grid.facilities(2), 15), ONCE)
    out = io.StringIO()
    show(rows, out)
    assert "times as fast as the best peer, scipy" in out.getvalue()
    path = tmp_path / "rows.jsonl"
    write(rows, path)
    write(rows, path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 2 * len(rows)
    assert lines[0].keys() >= KEYS


def test_without_the_extract_the_command_says_so(tmp_path: Path, capsys):
    assert main(["--quick", "--extract", str(tmp_path / "none.osm.pbf")]) == 2
    assert "none.osm.pbf is absent" in capsys.readouterr().err


def test_circles_of_a_small_network_are_judged_by_t(catalog):
    spacing = 150.0
    lines = [[(150.0 * i, spacing * j) for i in range(5)] for j in range(5)]
    rows = [road(j, [10 * j + i for i in range(5)], line) for j, line in enumerate(lines)]
    rows += [road(9 + i, [10 * j + i for j in range(5)], [lines[j][i] for j in range(5)]) for i in range(5)]
    graph = build_graph(RoadTable.from_rows(rows), walking(catalog))
    case = next(circle_cases(graph, catalog, "grid", 2))
    measured, answers = measure(case, ONCE)
    assert [row["same_answer"] for row in measured] == [None] * 4
    ours = measured[0]
    assert ours["polygons"] == 2
    assert ours["streets_reached_inside"] == 1.0
    assert ours["streets_inside_unreached"] <= 0.01
    # The border runs some metres outside, which tells on a circle as small as this.
    assert ours["area_inside_unreached"] <= 0.02
    # Of what the roads reach with their legs, a band of 25 m along them holds little.
    assert measured[1]["area_reached_inside"] < ours["area_reached_inside"]
    offset, wkb = answers[OURS, 1] or ()
    assert not shapely.from_wkb(wkb[offset[0] : offset[1]].tobytes()).is_empty
