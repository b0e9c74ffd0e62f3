"""The circle in other forms, by the shell and by the API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from fastapi.testclient import TestClient
from shapely.geometry import Point, shape
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.coverage.forms import FORMS, Form, Forms, forms
from geoservice.coverage.uncertainty.query import Ground, case_of
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import BadRequest, NotFound
from geoservice.settings import Settings
from tests.integration.test_coverage_run import DAY, LAT, put, street

__all__ = ["street"]
TYPE = "community_service_centre"


def made(database: Database, catalog: Catalog, settings: Settings, form: Form, **how: Any) -> Forms:
    with database.connect("reader") as connection:
        ground = Ground(connection, catalog, settings, database.name)
        return forms(ground, case_of(catalog, None, TYPE, DAY), form, **({"urban": True} | how))


@pytest.fixture
def two(street: Database, catalog: Catalog) -> Database:
    """The street with a second centre, 960 m to the east."""
    put(street, catalog, "facilities", [{"key": "d", "type": TYPE, "name": "东服务中心", "geom": Point(113.01, LAT)}])
    return street


def test_every_form_is_the_circle(two: Database, catalog: Catalog, settings: Settings) -> None:
    told = {form: made(two, catalog, settings, form) for form in FORMS}
    rings, overlap, nearest, lines = (told[form].parts for form in FORMS)
    assert [part.told["minutes"] for part in rings] == [15, 10, 5]
    assert [part.told["facilities"] for part in overlap] == [1, 2]
    assert {part.told["name"] for part in nearest} == {"服务中心", "东服务中心"}
    assert [part.told["minutes"] for part in lines] == [15, 10, 5]
    whole = rings[0].geometry
    assert shapely.symmetric_difference(overlap[0].geometry, whole).area < 1e-3 * whole.area
    split = shapely.union_all([part.geometry for part in nearest])
    assert shapely.symmetric_difference(split, whole).area < 0.05 * whole.area
    # On foot at a metre a second: 15 minutes to both sides of the second centre, and to the end of the street.
    assert sum(part.told["length_km"] for part in lines) == pytest.approx(0.96 + 0.9, abs=0.01)
    # Both are within 15 minutes along 900 + 900 - 960 m.
    both = overlap[1].geometry.bounds
    assert (both[2] - both[0]) * 95_900 == pytest.approx(840, abs=15)


def test_limits_of_rural_communities_and_minutes_on_request(
    two: Database, catalog: Catalog, settings: Settings
) -> None:
    rural = made(two, catalog, settings, "rings", urban=False)
    assert (rural.limit.mode, rural.limit.minutes) == ("ebike", 30)
    assert [part.told["minutes"] for part in rural.parts] == [30, 25, 20, 15, 10, 5]
    short = made(two, catalog, settings, "rings", minutes=7)
    assert [part.told["minutes"] for part in short.parts] == [7, 5]
    with pytest.raises(BadRequest):
        made(two, catalog, settings, "rings", minutes=0)


def test_a_facility_off_the_network_has_no_circle(street: Database, catalog: Catalog, settings: Settings) -> None:
    put(street, catalog, "facilities", [{"key": "c", "type": TYPE, "name": "田中", "geom": Point(113.0, LAT + 0.1)}])
    with pytest.raises(NotFound, match=r"coverage\.no-circle|服务圈"):
        made(street, catalog, settings, "overlap")


def test_the_api_gives_the_same_from_public_data_only(two: Database, catalog: Catalog, settings: Settings) -> None:
    with TestClient(create_app(settings, catalog=catalog, database=two)) as client:
        asked = {"type": TYPE, "on": DAY.isoformat()}
        for form in FORMS:
            answer = client.get("/api/coverage/forms", params=asked | {"form": form})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "application/geo+json"
            features = answer.json()["features"]
            ours = made(two, catalog, settings, form).parts
            assert [len(features)] == [len(ours)]
            for feature, part in zip(features, ours, strict=True):
                drawn = shape(feature["geometry"])
                assert drawn.is_valid
                assert shapely.hausdorff_distance(drawn, part.geometry) < 3e-4
        again = client.get(
            "/api/coverage/forms", params=asked | {"form": "lines"}, headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        with two.connect("owner") as connection:
            connection.exec_driver_sql("update road set published = false, classification = 'internal'")
            bump_revision(connection, "roads")
        # To the public there are no roads.
        assert client.get("/api/coverage/forms", params=asked | {"form": "overlap"}).status_code == 422
        for bad in ({"form": "stars"}, {}, {"form": "rings", "of": "moon"}, {"form": "rings", "type": "castle"}):
            assert client.get("/api/coverage/forms", params=asked | bad).status_code in {400, 422}


def test_the_command_writes_a_file_and_refuses_what_it_does_not_know(
    two: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", two.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path))
    file = tmp_path / "圈.geojson"

    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(
            app, ["coverage", "circles", *map(str, arguments), "--type", TYPE, "--on", DAY.isoformat()]
        )
        return done.exit_code, done.output

    assert run("overlap", "-o", file)[0] == 0
    assert len(json.loads(file.read_text(encoding="utf-8"))["features"]) == 2
    for bad in (
        ("stars",),
        ("rings", "--of", "moon"),
        ("rings", "-o", tmp_path / "x.shp"),
        ("rings", "--minutes", 9999),
    ):
        assert run(*bad)[0] == 2
