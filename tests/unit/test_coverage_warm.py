"""After warming, the real work compiles nothing, on stored graphs neither."""

from __future__ import annotations

from pathlib import Path

import shapely

from geoservice.coverage import reach
from geoservice.coverage.circles import circles, frame, fronts, painting, shadow, shapes, tracing, values
from geoservice.coverage.reach import evaluate, field_of
from geoservice.coverage.warm import warm
from geoservice.network import grid, join, search
from geoservice.network.barriers import Barriers
from geoservice.network.build import build_graph
from geoservice.network.store import stored
from tests.unit.network_builders import CAR, at, joined
from tests.unit.network_builders import grid as streets


def compiled() -> dict[str, int]:
    modules = (frame, fronts, painting, reach, shadow, shapes, tracing, values, grid, join, search)
    return {
        f"{module.__name__}.{name}": len(kernel.signatures)
        for module in modules
        for name, kernel in vars(module).items()
        if hasattr(kernel, "signatures")
    }


def test_warming_compiles_all_that_a_run_needs(tmp_path: Path) -> None:
    warm()
    before = compiled()
    built = build_graph(streets(5, 5, 120.0), CAR)
    graph = stored(tmp_path, built.revision, lambda: built)
    pond = Barriers.of([shapely.box(*at(130, 130), *at(160, 180)), shapely.LineString([at(0, 60), at(400, 70)])])
    for barriers in (None, pond):
        feet = joined(graph, [(10, 10), (200, 250)], CAR, barriers)
        field = field_of(graph, feet, 3000)
        assert (evaluate(field, feet).time_ds >= 0).all()
        assert all(circle.area_km2 > 0 for circle in circles(field, CAR, [600, 3000], barriers))
    assert compiled() == before
