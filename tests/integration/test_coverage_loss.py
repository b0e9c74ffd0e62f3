"""Losses on a street: each facility is closed in the database and everything is computed again."""

from __future__ import annotations

from datetime import date

import pytest
from shapely.geometry import Point
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.loss import LossReport, losses
from geoservice.coverage.telling import print_losses
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest
from geoservice.settings import Settings
from tests.integration.test_coverage_run import DAY, LAT, compute, put, street

__all__ = ["street"]
TYPE = "community_service_centre"


def report(database: Database, catalog: Catalog, settings: Settings, type_: str = TYPE) -> LossReport:
    with database.connect("reader") as connection:
        return losses(connection, catalog, settings, database.name, service="life_circle", type_=type_, on=DAY)


@pytest.fixture
def three(street: Database, catalog: Catalog) -> Database:
    """Centres at 0, 480 and 2,880 m; villages at 480 m and at 2,880 m that have a place on the road."""
    more = [("d", "二中心", 113.005), ("e", "三中心", 113.03)]
    rows = [{"key": key, "type": TYPE, "name": name, "geom": Point(lon, LAT)} for key, name, lon in more]
    put(street, catalog, "facilities", rows)
    return street


def covered(database: Database, run_id: int) -> set[int]:
    statement = text("select community_id from coverage_reach where run_id = :run and covered")
    with database.connect("reader") as connection:
        return set(connection.execute(statement, {"run": run_id}).scalars())


def test_losses_equal_closing_each_facility(three: Database, catalog: Catalog, settings: Settings) -> None:
    found = report(three, catalog, settings)
    before = covered(three, compute(three, catalog, settings, types=(TYPE,), circles=False).run_id)
    assert (found.communities, found.covered, found.backed_up) == (4, len(before), 1)
    for loss in found.losses:
        with three.connect("owner") as connection:
            closing = text("update facility set closed_on = :on where id = :id")
            connection.execute(closing, {"on": date(2025, 1, 1), "id": loss.facility_id})
        after = covered(three, compute(three, catalog, settings, types=(TYPE,), circles=False).run_id)
        left = report(three, catalog, settings)
        with three.connect("owner") as connection:
            connection.execute(text("update facility set closed_on = null"))
        assert set(loss.lost.ids) == before - after
        assert loss.lost.population == 100 * len(before - after)
        assert len(left.losses) == 2
        assert left.covered == len(after)
        single = {id_ for one in left.losses for id_ in one.lost.ids}
        held_single = {id_ for one in found.losses for id_ in one.lost.ids}
        assert set(loss.single.ids) == single - held_single
    assert {loss.name: (loss.lost.communities, loss.single.communities) for loss in found.losses} == {
        "服务中心": (0, 1),
        "二中心": (0, 1),
        "三中心": (1, 0),
    }


def test_the_shell_names_the_worst_first(
    three: Database, catalog: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    print_losses(report(three, catalog, settings))
    out = capsys.readouterr().out
    assert out.index("三中心") < out.index("二中心")
    assert "2 个已覆盖，其中 1 个只靠一处设施" in out


def test_what_cannot_be_told_is_refused(street: Database, catalog: Catalog, settings: Settings) -> None:
    with pytest.raises(BadInput, match="nursing_home"):
        report(street, catalog, settings, "nursing_home")
    with pytest.raises(BadRequest, match="nothing"):
        report(street, catalog, settings, "nothing")
