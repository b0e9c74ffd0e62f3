"""Draws on real networks: equal to scipy on the drawn network, and within what the spread allows."""

from __future__ import annotations

import numpy as np
import pytest

from geoservice.catalog import load_catalog
from geoservice.coverage.reach import evaluate, field_of
from geoservice.coverage.uncertainty.chance import factor, key_of, start
from geoservice.coverage.uncertainty.declared import load_uncertainty
from geoservice.coverage.uncertainty.draws import Way, draw_times
from geoservice.coverage.uncertainty.query import codes_of
from geoservice.coverage.uncertainty.rescaled import Arcs, joins_at
from geoservice.coverage.uncertainty.snapping import open_feet
from geoservice.network.join import join
from tests.unit.network_builders import CAR, DATA, WALK, TestMode
from tests.unit.osm_roads import osm_roads
from tests.unit.test_coverage_real import ANDORRA, PORTO, expected, near_streets, network

DECLARED = load_uncertainty(load_catalog()).draws.model_copy(update={"count": 12})
LIMIT, SEED = 18_000, 9


def way(name: str, mode: TestMode) -> Way:
    graph = network(name, mode.id)
    roads = osm_roads(DATA / "osm" / name)
    return Way(
        mode=mode,
        arcs=Arcs.of(graph),
        classes=(*roads.classes, ""),
        edge_class=codes_of(graph.edge_road, roads.road_id, roads.class_code, len(roads.classes)),
        places=join(graph, *near_streets(graph, 300, 2, 150), mode),
        place_ids=np.arange(300, dtype=np.int64),
        facilities=join(graph, *near_streets(graph, 25, 1, 80), mode),
        facility_ids=np.arange(25, dtype=np.int64),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mode"), [(ANDORRA, CAR), (PORTO, WALK)])
def test_draws_on_a_real_network(name: str, mode: TestMode) -> None:
    one = way(name, mode)
    times = draw_times([one], DECLARED, SEED, LIMIT)[0]
    # One draw, worked out again: scipy on the edge table of the drawn network.
    draw = 5
    state = start(SEED, draw)
    graph = one.arcs.graph_at(one.speeds(DECLARED, SEED, draw)[one.edge_class])
    off = mode.off_network_kmh * factor(state, key_of("off_network", mode.id), DECLARED.off_network_share)
    stations, homes = (
        joins_at(joins, graph, off, open_feet(joins, graph, kind, ids, state, DECLARED.open_share))
        for joins, kind, ids in (
            (one.facilities, "facility", one.facility_ids),
            (one.places, "community", one.place_ids),
        )
    )
    assert times[draw].tolist() == expected(graph, stations, homes, LIMIT).tolist()
    # No draw beats the plain way by more than all speeds at their best: a part is rounded by half a decisecond.
    plain = evaluate(field_of(one.arcs.graph, one.facilities, LIMIT), one.places).time_ds
    known = plain >= 0
    least = np.where(times[:, known] < 0, LIMIT, times[:, known]).min(axis=0)
    assert (least >= plain[known] / 1.2 - 0.01 * plain[known] - 300).all()
    reached = (times[:, known] >= 0) & (times[:, known] <= 9000)
    assert 0 < reached.mean() < 1
    assert (reached.any(axis=0) & ~reached.all(axis=0)).any()
