"""How sure coverage is, on a street that can be reckoned by hand: in the program and through the service."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.uncertainty.certainty import Certainty, certainty
from geoservice.coverage.uncertainty.query import Ground, case_of
from geoservice.coverage.uncertainty.telling import print_certainty
from geoservice.database.engine import Database
from geoservice.errors import BadInput, BadRequest, Deadline, NotFound
from geoservice.settings import Settings
from tests.integration.test_coverage_run import DAY, compute, reach, street

__all__ = ["street"]
TYPE = "community_service_centre"


def asked(
    database: Database, catalog: Catalog, settings: Settings, type_: str | None = None, **given: Any
) -> Certainty:
    public_only = bool(given.pop("public_only", False))
    with database.connect("reader") as connection:
        ground = Ground(connection, catalog, settings, database.name, public_only)
        return certainty(ground, case_of(catalog, None, type_, DAY), **given)


def move(database: Database, name: str, lon: float) -> None:
    with database.connect("owner") as connection:
        connection.execute(
            text("update community set geom = st_setsrid(st_makepoint(:lon, 30.5), 4490) where name = :name"),
            {"lon": lon, "name": name},
        )


def test_certain_marginal_and_never(street: Database, catalog: Catalog, settings: Settings) -> None:
    # 0.009375 degrees are 900 m, the limit at the declared speed.
    move(street, "田中", 113.009375)
    found = asked(street, catalog, settings, draws=200, seed=4)
    told = found.as_dict()
    words = {one["name"]: (one["certainty"], one["draws_covered"]) for one in told["communities"]}
    assert words["近"] == ("certain", 200)
    assert words["远"] == words["无处"] == ("none", 0)
    assert words["田中"][0] == "marginal"
    assert 70 <= words["田中"][1] <= 130
    assert {one["certainty"]: one["population"] for one in told["by_certainty"]} == {
        "certain": 100,
        "likely": 0,
        "marginal": 100,
        "none": 200,
    }
    total = told["total"]
    assert (total["population_certain"], total["population_possible"], total["population"]) == (100, 200, 400)
    assert total["population_covered_quantiles"] == {
        "0.05": 100,
        "0.5": total["population_covered_quantiles"]["0.5"],
        "0.95": 200,
    }
    for figure in ("population", "population_covered", "population_certain", "population_possible"):
        assert sum(unit[figure] for unit in told["by_unit"]) == total[figure]
    quantiles = next(one for one in told["communities"] if one["name"] == "近")["time_s_quantiles"]
    assert quantiles["0.05"] < 480 < quantiles["0.95"]
    assert quantiles["0.05"] >= (480 / 1.2)
    assert quantiles["0.95"] <= 480 / 0.8 + 0.1


def test_times_without_a_draw_are_those_of_a_run(street: Database, catalog: Catalog, settings: Settings) -> None:
    found = asked(street, catalog, settings, draws=1)
    stored = reach(street, compute(street, catalog, settings, types=(TYPE,), circles=False).run_id)
    names = found.inputs.communities.name.tolist()
    for name, time_ds, reason in zip(names, found.plain_ds.tolist(), found.reason.tolist(), strict=True):
        assert (None if time_ds < 0 else time_ds, reason) == (stored[name][0], stored[name][2])


def test_what_cannot_be_told_is_refused(street: Database, catalog: Catalog, settings: Settings) -> None:
    with pytest.raises(BadRequest, match="不在 1 到"):
        asked(street, catalog, settings, draws=0)
    with pytest.raises(Deadline, match="没有在"):
        asked(street, catalog, settings, within_s=-1.0)
    with pytest.raises(BadInput, match="nursing_home"):
        asked(street, catalog, settings, "nursing_home")
    with pytest.raises(BadRequest, match="可用"):
        asked(street, catalog, settings, "nothing")
    with street.connect("owner") as connection:
        connection.execute(text("update community set population = null, population_60 = null, population_80 = null"))
    with pytest.raises(BadInput, match="都没有人口数"):
        asked(street, catalog, settings)


@pytest.mark.parametrize("table", ["facility", "community", "water"])
def test_what_is_not_public_goes_out_to_nobody(
    street: Database, catalog: Catalog, settings: Settings, table: str
) -> None:
    asked(street, catalog, settings, draws=2, public_only=True)
    with street.connect("owner") as connection:
        if table == "water":
            connection.execute(
                text(
                    "insert into water (key, class, geom) values"
                    " ('w', 'river', st_geomfromtext('LINESTRING(113 30, 113 31)', 4490))"
                )
            )
        else:
            connection.execute(text(f"update {table} set published = false, classification = 'internal'"))
    asked(street, catalog, settings, draws=2)
    with pytest.raises(NotFound, match="未公开"):
        asked(street, catalog, settings, draws=2, public_only=True)


def test_the_service(street: Database, catalog: Catalog, settings: Settings) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=street)) as client:
        address = "/api/coverage/uncertainty"
        given = {"service": "life_circle", "type": TYPE, "on": DAY.isoformat(), "draws": "20", "seed": "3"}
        first = client.get(address, params=given)
        assert first.status_code == 200
        shown = asked(street, catalog, settings, draws=20, seed=3, public_only=True).as_dict()
        assert first.json() == shown
        # The township is not published.
        assert [unit["name"] for unit in shown["by_unit"]] == [None, None]
        tag = first.headers["etag"]
        assert client.get(address, params=given, headers={"If-None-Match": tag}).status_code == 304
        other = client.get(address, params=given | {"seed": "4"}, headers={"If-None-Match": tag})
        assert other.status_code == 200
        for name, value, status in (
            ("draws", "0", 400),
            ("draws", "-1", 400),
            ("draws", "201", 400),
            ("draws", "1e3", 400),
            ("draws", "9" * 40, 400),
            ("seed", str(2**63), 400),
            ("seed", "-5", 400),
            ("service", "x", 400),
            ("type", "nursing_home", 422),
            ("on", "2026-13-01", 400),
            ("f", "json", 400),
        ):
            refused = client.get(address, params=given | {name: value})
            assert refused.status_code == status, (name, value, refused.text)
            assert refused.headers["content-type"] == "application/problem+json"


def test_the_shell(street: Database, catalog: Catalog, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    move(street, "田中", 113.009375)
    print_certainty(asked(street, catalog, settings, draws=50, seed=4).as_dict(), catalog)
    out = capsys.readouterr().out
    assert "肯定覆盖 100 人，可能覆盖 200 人" in out
    assert "田中" in out
    assert "远" not in out
