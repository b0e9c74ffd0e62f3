"""Indicators of the sample county: from the shell, by the service and as a page."""

from __future__ import annotations

import json
from datetime import date

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.indicators.declared import load_indicators
from geoservice.coverage.indicators.entries import enter
from geoservice.coverage.indicators.query import indicators_on
from geoservice.database.engine import Database
from geoservice.errors import BadRequest
from geoservice.settings import Settings


@pytest.fixture
def client(sample_database: Database, catalog: Catalog, settings: Settings) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=sample_database))


def test_the_sample_gives_the_plans_figures(sample_database: Database, catalog: Catalog) -> None:
    with sample_database.connect("reader") as connection:
        found = indicators_on(connection, catalog, [], public_only=True)
    rows = {row.indicator.id: row for row in found.rows}
    first = rows["beds_per_1000_elders"].values[0]
    assert (first.numerator, first.denominator) == (10747, 307057)
    assert first.value == pytest.approx(35.0, abs=0.05)
    assert rows["nursing_bed_share"].values[0].value == pytest.approx(34.7, abs=0.05)
    assert rows["rural_centre_coverage"].values[0].value == pytest.approx(65.7, abs=0.2)
    assert rows["township_minors"].values[-1].short_of == 1
    assert found.schematic
    assert [day.year for day in found.days] == [2020, 2023, 2025]


def test_a_day_before_any_facility_opened(sample_database: Database, catalog: Catalog) -> None:
    with sample_database.connect("reader") as connection:
        found = indicators_on(connection, catalog, [date(1990, 1, 1), date(2020, 12, 31)], public_only=False)
    row = next(row for row in found.rows if row.indicator.id == "public_burial")
    assert [value.value for value in row.values] == [None, 100.0]
    assert row.values[0].missing == "no_facilities"


def test_entering_a_figure(database: Database, catalog: Catalog) -> None:
    declared = load_indicators(catalog)

    def put(**more: object) -> None:
        given = {
            "indicator": "节地生态安葬率",
            "value": 58.5,
            "on": date(2023, 12, 31),
            "source": "民政统计年报",
            "actor": "test",
            "publish": False,
        }
        with database.connect("owner") as connection:
            enter(connection, declared, **(given | more))

    put(value=40.0)
    put()
    with database.connect("reader") as connection:
        inside = indicators_on(connection, catalog, [date(2023, 12, 31)], public_only=False)
        outside = indicators_on(connection, catalog, [date(2023, 12, 31)], public_only=True)
    values = [{r.indicator.id: r.values[0].value for r in found.rows}["eco_burial"] for found in (inside, outside)]
    assert values == [58.5, None]
    for wrong, code in (
        ({"indicator": "无此指标"}, "indicators.unknown"),
        ({"indicator": "护理型床位占比"}, "indicators.computed"),
        ({"value": float("nan")}, "indicators.bad-value"),
        ({"value": 101.0}, "indicators.bad-value"),
        ({"source": "  "}, "indicators.no-source"),
    ):
        with pytest.raises(BadRequest) as caught:
            put(**wrong)
        assert caught.value.code == code
    with database.connect("owner") as connection:
        assert connection.execute(text("select count(*) from indicator_entry")).scalar_one() == 2


def test_the_service_answers(client: TestClient) -> None:
    answer = client.get("/api/indicators", params={"on": "2020-12-31,2025-12-31"})
    assert answer.status_code == 200
    found = answer.json()
    assert (found["days"], found["schematic"]) == (["2020-12-31", "2025-12-31"], True)
    assert json.dumps(found, allow_nan=False)
    again = client.get(
        "/api/indicators", params={"on": "2020-12-31,2025-12-31"}, headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    for wrong in ("2025-13-01", "x", ",", ",".join(f"{year}-01-01" for year in range(2000, 2018))):
        refused = client.get("/api/indicators", params={"on": wrong})
        assert refused.status_code in (400, 422), wrong
        assert refused.json()["code"].startswith("indicators.")


@pytest.mark.parametrize(("language", "words"), [("zh", "规划自相矛盾"), ("en", "The plan contradicts itself")])
def test_the_page(client: TestClient, language: str, words: str) -> None:
    answer = client.get("/indicators", params={"lang": language})
    assert answer.status_code == 200
    assert words in answer.text
    assert "indicators." not in answer.text.replace("geoservice indicators", "")
    assert "示意数据" in answer.text or language == "en"
