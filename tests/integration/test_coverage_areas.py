"""Drawn areas over HTTP and in the shell, and runs that are stale."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from shapely.geometry import Point, box, mapping
from sqlalchemy import text
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import app
from geoservice.coverage.figures.areas import LARGEST_BYTES
from geoservice.database.engine import Database
from geoservice.language import current_language
from geoservice.settings import Settings
from tests.integration.test_coverage_figures import CASE, TYPE, edge
from tests.integration.test_coverage_run import LAT, compute, put

__all__ = ["edge"]
Shell = Callable[..., tuple[int, str, str]]
# 丙 at 113.014 and 乙 at 113.018 lie inside, and the centre of the neighbour's at 113.022.
EAST = mapping(box(113.013, LAT - 0.01, 113.03, LAT + 0.01))


@pytest.fixture
def run(edge: Database, catalog: Catalog, settings: Settings) -> int:
    return compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id


@pytest.fixture
def client(edge: Database, catalog: Catalog, settings: Settings) -> TestClient:
    return TestClient(create_app(settings, catalog=catalog, database=edge), raise_server_exceptions=False)


@pytest.fixture
def shell(edge: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", edge.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "1000")

    def command(*arguments: object, language: str = "zh") -> tuple[int, str, str]:
        monkeypatch.setenv("GEOSERVICE_LANGUAGE", language)
        done = CliRunner().invoke(app, ["coverage", *map(str, arguments)])
        return done.exit_code, done.stdout, done.stderr

    before = current_language.get()
    yield command
    current_language.set(before)


def post(client: TestClient, run: int, body: Any, **choice: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/api/runs/{run}/polygon", params=CASE | choice, content=content)


def test_figures_of_an_area(client: TestClient, run: int) -> None:
    told = post(client, run, EAST).json()
    assert {item["name"] for item in told["items"]} == {"乙", "丙"}
    assert (told["communities"], told["population"], told["population_covered"], told["households"]) == (
        2,
        200,
        200,
        80,
    )
    assert (told["population_backed_up"], told["population_by_neighbour"], told["facilities"]) == (100, 100, 1)
    assert told["facilities_outside"] == 1
    assert (told["stale"], told["truncated"], told["covered_population_share"]) == (False, False, 1.0)
    assert told["area_km2"] == pytest.approx(0.017 * 95.96 * 0.02 * 110.86, rel=2e-3)


def test_all_forms_of_one_area_tell_the_same(client: TestClient, run: int) -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": EAST}
    halves = [
        mapping(box(113.013, LAT - 0.01, 113.02, LAT + 0.01)),
        mapping(box(113.02, LAT - 0.01, 113.03, LAT + 0.01)),
    ]
    multi = {"type": "MultiPolygon", "coordinates": [half["coordinates"] for half in halves]}
    collection = {"type": "FeatureCollection", "features": [feature, feature]}
    first = post(client, run, EAST).json()
    for other in (feature, multi, collection):
        told = post(client, run, other).json()
        assert told.pop("area_km2") == pytest.approx(first["area_km2"])
        assert told == {name: value for name, value in first.items() if name != "area_km2"}


def test_an_area_without_communities_says_so(client: TestClient, run: int) -> None:
    told = post(client, run, mapping(box(113.001, LAT - 0.001, 113.002, LAT + 0.001))).json()
    assert (told["communities"], told["population"], told["covered_population_share"], told["items"]) == (
        0,
        0,
        None,
        [],
    )


RING = [[113.0, 30.5], [113.1, 30.5], [113.1, 30.6], [113.0, 30.5]]
METRES = [[508600, 3376800], [509600, 3376800], [509600, 3377800], [508600, 3376800]]
BAD: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "not-json"),
    "no JSON": (b"{", "not-json"),
    "no UTF-8": (b"\xff\xfe\x00", "not-json"),
    "deep": (b"[" * 200_000, "not-json"),
    "a number": (b"7", "not-polygon"),
    "a list": ([EAST], "not-polygon"),
    "a point": ({"type": "Point", "coordinates": [113, 30]}, "not-polygon"),
    "a line": ({"type": "LineString", "coordinates": RING}, "not-polygon"),
    "a feature of a point": ({"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}}, "not-polygon"),
    "no type": ({"coordinates": [RING]}, "not-polygon"),
    "empty": ({"type": "Polygon", "coordinates": []}, "empty"),
    "empty multi": ({"type": "MultiPolygon", "coordinates": [[]]}, "empty"),
    "no features": ({"type": "FeatureCollection", "features": []}, "empty"),
    "no geometry": ({"type": "Feature", "geometry": None}, "empty"),
    "flat": ({"type": "Polygon", "coordinates": [[[113, 30], [114, 30], [113, 30], [113, 30]]]}, "invalid"),
    "no coordinates": ({"type": "Polygon"}, "bad-ring"),
    "words": ({"type": "Polygon", "coordinates": [[["a", "b"]] * 4]}, "bad-ring"),
    "truth": ({"type": "Polygon", "coordinates": [[[True, False]] * 4]}, "bad-ring"),
    "open": ({"type": "Polygon", "coordinates": [[*RING[:-1], [113.0, 30.4]]]}, "bad-ring"),
    "two points": ({"type": "Polygon", "coordinates": [[RING[0], RING[1]]]}, "bad-ring"),
    "metres": ({"type": "Polygon", "coordinates": [METRES]}, "not-degrees"),
    "latitude first": ({"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in RING]]}, "not-degrees"),
    "not a number": (b'{"type":"Polygon","coordinates":[[[NaN,1],[1,1],[1,2],[NaN,1]]]}', "not-finite"),
    "infinite": (b'{"type":"Polygon","coordinates":[[[1e999,1],[1,1],[1,2],[1e999,1]]]}', "not-finite"),
    "huge whole number": (
        b'{"type":"Polygon","coordinates":[[[1' + b"0" * 400 + b",1],[1,1],[1,2],[1,1]]]}",
        "not-finite",
    ),
    "bow tie": (
        {"type": "Polygon", "coordinates": [[[113, 30], [114, 31], [114, 30], [113, 31], [113, 30]]]},
        "invalid",
    ),
    "another system": (
        {"type": "Polygon", "coordinates": [RING], "crs": {"type": "name", "properties": {"name": "EPSG:4547"}}},
        "other-crs",
    ),
    "elsewhere": (mapping(box(2.0, 48.0, 2.1, 48.1)), "outside"),
    "too many vertices": (
        {
            "type": "Polygon",
            "coordinates": [[[113 + n / 1e6, 30.5] for n in range(20_001)] + [[113.5, 31], [113, 30.5]]],
        },
        "too-many",
    ),
    "too large": (b" " * (LARGEST_BYTES + 1), "too-large"),
}


def test_bad_areas_are_refused_over_http_and_in_the_shell(
    client: TestClient, run: int, shell: Shell, tmp_path: Path
) -> None:
    file = tmp_path / "范围.geojson"
    for name, (body, code) in BAD.items():
        answer = post(client, run, body)
        assert answer.status_code == (413 if code == "too-large" else 422), (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == f"figures.area.{code}", name
        assert answer.json()["remedy"]
        file.write_bytes(body if isinstance(body, bytes) else json.dumps(body).encode())
        texts = set()
        for language in ("zh", "en"):
            exit_code, out, err = shell("polygon", file, "--json", language=language)
            assert exit_code == 2, (name, err)
            told = json.loads(out)["error"]
            assert told["code"] == f"figures.area.{code}"
            texts.add(told["message"])
        assert len(texts) == 2, name


def test_unknown_names_of_an_area(client: TestClient, run: int) -> None:
    for path, choice, status in (
        ("/api/runs/99999/polygon", {}, 404),
        ("/api/runs/0/polygon", {}, 400),
        (f"/api/runs/{run}/polygon", {"type": "食堂"}, 400),
        (f"/api/runs/{run}/polygon", {"type": "canteen"}, 400),
        (f"/api/runs/{run}/polygon", {"service": "funeral", "type": "cemetery"}, 404),
        (f"/api/runs/{run}/polygon", {"colour": "red"}, 400),
    ):
        answer = client.post(path, params=CASE | choice, content=json.dumps(EAST).encode())
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]


def test_the_shell_tells_an_area(shell: Shell, run: int, tmp_path: Path) -> None:
    file = tmp_path / "范围.geojson"
    file.write_text(json.dumps(EAST), "utf-8")
    code, out, _ = shell("polygon", file, "--json")
    assert code == 0
    assert json.loads(out)["population"] == 200
    code, out, _ = shell("polygon", file)
    assert code == 0
    assert "所画范围" in out
    assert shell("polygon", file, "--run", run + 1)[0] == 2
    assert shell("polygon", tmp_path / "没有.geojson")[0] == 2
    assert shell("polygon", tmp_path)[0] == 2


def test_a_stale_run_says_so(
    edge: Database, catalog: Catalog, settings: Settings, client: TestClient, run: int, shell: Shell, tmp_path: Path
) -> None:
    assert client.get(f"/api/runs/{run}").json()["changed"] == []
    code, out, err = shell("show")
    assert (code, "已过时" in err) == (0, False)
    for words in ("依据", "基尼系数", "甲"):
        assert words in out
    more = {"key": "new", "type": TYPE, "name": "新中心", "geom": Point(113.03, LAT)}
    put(edge, catalog, "facilities", [more])
    told = client.get(f"/api/runs/{run}").json()
    assert (told["stale"], told["changed"]) == (True, ["facilities"])
    assert post(client, run, EAST).json()["stale"] is True
    for language, words in (("zh", "已过时"), ("en", "stale")):
        code, _, err = shell("show", run, language=language)
        assert code == 1
        assert words in err
        assert "facilities" in err
    code, out, _ = shell("show", "--json")
    assert (code, json.loads(out)["stale"]) == (1, True)
    file = tmp_path / "范围.geojson"
    file.write_text(json.dumps(EAST), "utf-8")
    code, _, err = shell("polygon", file)
    assert (code, "已过时" in err) == (0, True)
    # People of now do not go with times of then.
    put(
        edge,
        catalog,
        "communities",
        [{"code": "0", "name": "甲", "class": "urban", "population": 999, "geom": Point(113.0, LAT)}],
    )
    answer = post(client, run, EAST)
    assert (answer.status_code, answer.json()["code"]) == (409, "figures.communities-changed")
    code, out, _ = shell("polygon", file, "--json")
    assert (code, json.loads(out)["error"]["code"]) == (1, "figures.communities-changed")


def test_an_internal_run_is_shown_in_the_office_only(
    edge: Database, catalog: Catalog, settings: Settings, client: TestClient, shell: Shell
) -> None:
    with edge.connect("owner") as connection:
        connection.execute(text("update facility set published = false, classification = 'internal'"))
    run = compute(edge, catalog, settings, services=("life_circle",), types=(TYPE,), circles=False).run_id
    assert post(client, run, EAST).status_code == 404
    assert client.get(f"/api/runs/{run}/losses", params=CASE).status_code == 404
    code, out, _ = shell("show", run, "--json")
    assert code == 0
    assert json.loads(out)["total"]["population"] == 300


def test_no_run_to_show(shell: Shell) -> None:
    for arguments in (("show",), ("show", "7"), ("show", "--service", "x"), ("show", "0")):
        code, out, _ = shell(*arguments, "--json")
        assert code == 2
        assert json.loads(out)["error"]["message"]
