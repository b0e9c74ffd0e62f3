"""A run on a cluster of two workers stores what a run in one piece stores; what goes wrong is told and stores nothing."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from distributed import LocalCluster
from sqlalchemy import text

import geoservice
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import RunOutcome, run_coverage
from geoservice.coverage.scale.cluster import Cluster, checked_address, connected, started
from geoservice.database.engine import Database
from geoservice.errors import BadRequest, Conflict, Unavailable
from geoservice.settings import Settings
from tests.integration.test_coverage_run import DAY, quiet

REACH = text("select * from coverage_reach where run_id = :run order by standard_id, type, community_id")
CIRCLES = text(
    "select standard_id, type, mode, minutes, st_asbinary(geom), area_km2 from coverage_circle where run_id = :run"
)
LAND = text(
    "select built_up_km2, built_up_covered_km2 from coverage_unit where run_id = :run and is_total"
    " order by standard_id, type"
)
# In degrees, a little less.
MILLIMETRE = 8e-9


@pytest.fixture(scope="module")
def sample(new_database: Callable[..., Database], sample_database: Database) -> Iterator[Database]:
    """A clone of the sample county that runs may be stored in."""
    made = new_database(sample_database)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with started(2) as running:
        yield running


def compute(database: Database, catalog: Catalog, settings: Settings, spread: Any = None, **kept: Any) -> RunOutcome:
    return run_coverage(database, catalog, settings, RunRequest(on=DAY, **kept), quiet, spread=spread)


def rows(database: Database, run_id: int) -> list[dict[str, Any]]:
    with database.connect("reader") as connection:
        found = connection.execute(REACH, {"run": run_id}).mappings().all()
    return [{name: value for name, value in row.items() if name not in {"id", "run_id"}} for row in found]


def circles_of(database: Database, run_id: int) -> dict[tuple[Any, ...], tuple[Any, float]]:
    """Shape and area of each circle of a run."""
    with database.connect("reader") as connection:
        found = connection.execute(CIRCLES, {"run": run_id}).all()
    return {tuple(case): (shapely.from_wkb(bytes(shape)), area) for *case, shape, area in found}


def runs(database: Database) -> int:
    with database.connect("reader") as connection:
        return connection.execute(text("select count(*) from coverage_run")).scalar_one()


def test_the_sample_county_on_two_workers(
    sample: Database, catalog: Catalog, settings: Settings, cluster: Cluster
) -> None:
    one = compute(sample, catalog, settings)
    other = compute(sample, catalog, settings, cluster)
    told, again = ({**found.as_dict(), "run": 0} for found in (one, other))
    assert told == again
    assert rows(sample, one.run_id) == rows(sample, other.run_id)
    assert len(rows(sample, one.run_id)) > 1000
    drawn, joined = (circles_of(sample, found.run_id) for found in (one, other))
    assert drawn.keys() == joined.keys()
    assert len(drawn) > 20
    for case, (shape, area) in drawn.items():
        assert shape.normalize().equals_exact(joined[case][0].normalize(), MILLIMETRE), case
        assert area == pytest.approx(joined[case][1], rel=1e-12)
    with sample.connect("reader") as connection:
        land = [np.array(connection.execute(LAND, {"run": found.run_id}).all(), dtype=float) for found in (one, other)]
    np.testing.assert_allclose(land[0], land[1], rtol=1e-9)
    assert np.nanmax(land[0][:, 1]) > 1.0


def test_a_horizon_is_the_same_rule_for_both(
    sample: Database, catalog: Catalog, settings: Settings, cluster: Cluster
) -> None:
    kept = {"services": ("life_circle",), "circles": False, "horizon_minutes": 1}
    one, other = compute(sample, catalog, settings, **kept), compute(sample, catalog, settings, cluster, **kept)
    assert rows(sample, one.run_id) == rows(sample, other.run_id)
    most = max(row["time_ds"] or 0 for row in rows(sample, one.run_id))
    assert most <= max(row["limit_ds"] for row in rows(sample, one.run_id))


@pytest.mark.slow
def test_a_worker_that_dies_loses_nothing(sample: Database, catalog: Catalog, settings: Settings) -> None:
    killed: list[int] = []

    def watch(step: str, done: int, _total: int) -> None:
        if step == "scale.step.parts" and done >= 1 and not killed:
            killed.append(next(iter(running.client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    request = RunRequest(on=DAY, services=("life_circle",), circles=False)
    with started(2) as running:
        other = run_coverage(sample, catalog, settings, request, watch, spread=running)
    assert killed
    one = run_coverage(sample, catalog, settings, request, quiet)
    assert rows(sample, one.run_id) == rows(sample, other.run_id)


def test_cancelled_or_without_workers_nothing_is_stored(sample: Database, catalog: Catalog, settings: Settings) -> None:
    before = runs(sample)
    request = RunRequest(on=DAY, services=("life_circle",), circles=False)

    class Stop(Exception):
        pass

    def stop(step: str, done: int, _total: int) -> None:
        if step == "scale.step.parts" and done >= 1:
            raise Stop

    def dismiss(step: str, done: int, _total: int) -> None:
        if step == "scale.step.parts" and done >= 1:
            local.scale(0)

    with started(1) as running, pytest.raises(Stop):
        run_coverage(sample, catalog, settings, request, stop, spread=running)
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as local,
        connected(local.scheduler_address, lost_s=1.0) as running,
        pytest.raises(Unavailable) as error,
    ):
        run_coverage(sample, catalog, settings, request, dismiss, spread=running)
    assert error.value.code == "scale.no-workers"
    assert runs(sample) == before


def test_a_worker_of_another_version(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geoservice, "__version__", "0.0.0")
    with pytest.raises(Conflict) as error, connected(cluster.address):
        pass
    assert error.value.code == "scale.other-program"
    assert "0.0.0" in error.value.message


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:8786", "tcp://127.0.0.1", "tcp://a:0", "tcp://a:65536", "http://a:1", "tcp://NaN", "tcp://a b:1"],
)
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(BadRequest):
        checked_address(address)


def test_nobody_at_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Unavailable) as error, connected(place, connect_s=1.0):
            pass
    assert error.value.code == "scale.no-scheduler"


@pytest.mark.parametrize("workers", [0, 257])
def test_a_number_of_workers_that_is_none(workers: int) -> None:
    with pytest.raises(BadRequest), started(workers):
        pass
