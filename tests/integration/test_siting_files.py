"""Plots and points of a file that is sent for a question: the same candidates as the shell reads of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod, Transformer
from shapely import from_wkb, transform
from shapely.geometry import Point, Polygon, box, mapping
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.uncertainty.query import case_of
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.siting.county.form import QuestionForm
from geoservice.siting.county.question import Question
from geoservice.siting.county.reading import read_county
from geoservice.siting.county.ruled import ruled_told
from geoservice.siting.county.told import county_told
from geoservice.siting.solve import Effort, solve
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
PATH = "/api/siting/files"
DAY = date(2026, 11, 1)
BYTES = {"Content-Type": "application/octet-stream"}
# Three small plots, one of some 35 hectares, and one outside the county.
PLOTS = {
    "一号地": box(113.1600, 30.6650, 113.1605, 30.6654),
    "二号地": box(113.0500, 30.6600, 113.0504, 30.6604),
    "岳口镇健康路与江汉大道交叉口西北侧原粮食储备库腾退国有建设用地（北区）": box(113.1100, 30.5050, 113.1104, 30.5054),
    "大地块": box(112.9000, 30.5500, 112.9060, 30.5550),
    "县外": box(114.9000, 30.8000, 114.9010, 30.8010),
}


@pytest.fixture(scope="module")
def clients(county: Database, settings: Settings, catalog: Catalog) -> dict[str, TestClient]:
    app = create_app(settings, catalog=catalog, database=county)
    found = {"public": TestClient(app, base_url=BASE)}
    for role in ("planner", "viewer"):
        found[role] = signed_in(TestClient(app, base_url=BASE), county, role, name=role)
    return found


def plots(shapes: dict[str, Any]) -> bytes:
    features = [{"type": "Feature", "properties": {"name": k}, "geometry": mapping(v)} for k, v in shapes.items()]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def sent(web: TestClient, body: bytes, **given: str) -> Any:
    return web.post(PATH, params={"file": "地块.geojson", **given}, content=body, headers=BYTES)


def test_plots_are_those_that_the_shell_reads(
    clients: dict[str, TestClient], county: Database, catalog: Catalog, settings: Settings, tmp_path: Path
) -> None:
    body = plots(PLOTS)
    told = sent(clients["planner"], body)
    assert told.status_code == 200, told.text
    assert "no-store" in told.headers["cache-control"]
    points = told.json()["points"]
    assert [one["name"] for one in points] == list(PLOTS)
    for one, shape in zip(points, PLOTS.values(), strict=True):
        assert shape.contains(Point(one["lon"], one["lat"]))
        assert one["area_m2"] == pytest.approx(abs(Geod(ellps="GRS80").geometry_area_perimeter(shape)[0]), rel=1e-9)
    # The one outside is told by its number, with the share of it that lies there.
    assert told.json()["outside"] == [{"number": 4, "share": 1.0, "refused": True}]
    for one, shape in zip(points, PLOTS.values(), strict=True):
        ((ring,),) = one["outline"]
        assert Polygon(ring).equals_exact(shape, 1e-6, normalize=True)
    asked = {"service": "funeral", "type": "cemetery", "on": DAY.isoformat(), "p": 1}
    form = QuestionForm.from_json(asked | {"candidates": {"from": "points", "points": points}})
    file = tmp_path / "地块.geojson"
    file.write_bytes(body)
    case = case_of(catalog, "funeral", "cemetery", DAY)
    by_file = Question.parse(case, p=1, candidates=f"parcels:{file}")
    with county.connect("reader") as connection:
        one, other = (
            read_county(connection, catalog, settings, county.name, question)
            for question in (form.question(catalog, DAY), by_file)
        )
    assert one.candidates.name == other.candidates.name
    assert one.candidates.left_out == other.candidates.left_out
    assert [name for name, _, _ in one.candidates.left_out] == ["县外"]
    for name in ("lon", "lat", "area_m2"):
        assert np.array_equal(getattr(one.candidates, name), getattr(other.candidates, name))
    assert ruled_told(one) == ruled_told(other)


def test_points_are_read_with_their_beds(clients: dict[str, TestClient]) -> None:
    body = "name,lon,lat,beds\n城西新院,113.05,30.66,100\n皂市新院,113.20,30.83,\n".encode()
    told = sent(clients["planner"], body, file="点.csv", kind="points", type="nursing_home").json()
    assert told["points"] == [
        {"name": "城西新院", "lon": 113.05, "lat": 30.66, "places": 100, "area_m2": None, "outline": None},
        {"name": "皂市新院", "lon": 113.20, "lat": 30.83, "places": None, "area_m2": None, "outline": None},
    ]


def test_points_without_an_area_stand_beside_plots(county: Database, catalog: Catalog, settings: Settings) -> None:
    points = [
        {"name": "地", "lon": 113.1602, "lat": 30.6656, "area_m2": 900.0},
        {"name": "点", "lon": 113.05, "lat": 30.66},
    ]
    asked = {"service": "funeral", "type": "cemetery", "on": DAY.isoformat(), "p": 1, "rules": "off"}
    form = QuestionForm.from_json(asked | {"candidates": {"from": "points", "points": points}})
    with county.connect("reader") as connection:
        asked_of = read_county(connection, catalog, settings, county.name, form.question(catalog, DAY))
    assert asked_of.candidates.area_m2 is not None
    assert asked_of.candidates.area_m2[0] == 900.0
    assert np.isnan(asked_of.candidates.area_m2[1])


@pytest.mark.parametrize(
    ("given", "body", "status", "code"),
    [
        ({"file": "../x.csv"}, b"", 400, "uploads.bad-name"),
        ({"file": "x.pdf"}, b"%PDF", 422, "import.format-unknown"),
        ({"file": "x.geojson"}, b"{", 422, None),
        ({"file": "x.geojson"}, plots({}), 422, None),
        ({"file": "x.geojson"}, plots({"点": Point(113.1, 30.6)}), 422, "siting.bad-candidate"),
        ({"file": "x.geojson", "kind": "points"}, plots({"面": PLOTS["一号地"]}), 422, "siting.bad-candidate"),
        ({"file": "x.csv", "kind": "points"}, b"name,lon,lat\n", 422, None),
        ({"file": "x.csv", "kind": "points", "type": "nothing"}, b"name,lon,lat\na,113.1,30.6\n", 422, None),
        ({"kind": "lines"}, b"", 400, None),
    ],
)
def test_what_is_no_candidate_is_told(
    clients: dict[str, TestClient], given: dict[str, str], body: bytes, status: int, code: str | None
) -> None:
    told = sent(clients["planner"], body, **given)
    assert told.status_code == status, told.text
    assert told.json()["detail"]
    if code:
        assert told.json()["code"] == code


def test_who_may_not_compute_may_not_send(clients: dict[str, TestClient]) -> None:
    assert sent(clients["public"], plots(PLOTS)).status_code == 401
    assert sent(clients["viewer"], plots(PLOTS)).status_code == 403


def test_what_is_said_of_coordinates_and_texts_wins(clients: dict[str, TestClient]) -> None:
    to_grid = Transformer.from_crs(4490, 4547, always_xy=True).transform
    on_grid = {name: transform(shape, to_grid, interleaved=False) for name, shape in PLOTS.items() if name != "县外"}
    assert sent(clients["planner"], plots(on_grid)).status_code == 422
    told = sent(clients["planner"], plots(on_grid), crs="EPSG:4547")
    assert told.status_code == 200, told.text
    for one in told.json()["points"]:
        assert PLOTS[one["name"]].contains(Point(one["lon"], one["lat"]))
    rows = "名称,经度,纬度\n城西新院,113.05,30.66\n".encode("gb18030")
    points = {"file": "点.csv", "kind": "points", "encoding": "gb18030"}
    assert [one["name"] for one in sent(clients["planner"], rows, **points).json()["points"]] == ["城西新院"]


@pytest.mark.parametrize(
    "given", [{"crs": "EPSG:999999"}, {"crs": ""}, {"crs": "火星"}, {"encoding": "nope"}, {"encoding": ""}]
)
def test_a_system_or_an_encoding_that_there_is_not_is_refused(
    clients: dict[str, TestClient], given: dict[str, str]
) -> None:
    answer = sent(clients["planner"], "名称,经度,纬度\n城西新院,113.05,30.66\n".encode(), **{"file": "点.csv", "kind": "points", **given})  # fmt: skip
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["detail"]


def test_a_plot_across_the_boundary_is_told_with_its_share(
    clients: dict[str, TestClient], county: Database, catalog: Catalog, settings: Settings
) -> None:
    """The shares are those of PostGIS; which of both is refused is decided by the point that stands for the plot."""
    with county.connect("reader") as connection:
        home = from_wkb(bytes(connection.execute(text(HOME)).scalar_one()))
        village = Point(*connection.execute(text(NEAREST)).one())
        edge = home.exterior if home.geom_type == "Polygon" else max(home.geoms, key=shapely.area).exterior
        x, y = edge.interpolate(edge.project(village)).coords[0]
        inwards = np.array([village.x - x, village.y - y]) / village.distance(Point(x, y)) * 0.001
        shapes = {
            name: box(x + side[0] - 0.002, y + side[1] - 0.002, x + side[0] + 0.002, y + side[1] + 0.002)
            for name, side in (("多在县内", inwards), ("多在县外", -inwards))
        }
        expected = [1 - shape.intersection(home).area / shape.area for shape in shapes.values()]
    assert 0 < expected[0] < 0.5 < expected[1] < 1
    told = sent(clients["planner"], plots(shapes)).json()
    assert [one["share"] for one in told["outside"]] == pytest.approx(expected, abs=1e-3)
    points = told["points"]
    assert [one["refused"] for one in told["outside"]] == [
        not home.intersects(Point(one["lon"], one["lat"])) for one in points
    ]
    asked = {
        "service": "funeral",
        "type": "cemetery",
        "on": DAY.isoformat(),
        "p": 1,
        "rules": "off",
        "model": "pmedian",
    }
    form = QuestionForm.from_json(asked | {"candidates": {"from": "points", "points": points}})
    with county.connect("reader") as connection:
        found = read_county(connection, catalog, settings, county.name, form.question(catalog, DAY))
    # Whether it is worth while or not: the site is chosen.
    answer = county_told(found, replace(solve(found.problem, Effort(20)), sites=(found.existing,)))
    assert [one["name"] for one in answer["outside"]] == answer["candidates_left_out"] == ["多在县外"]
    (site,) = answer["sites"]
    assert (site["name"], site["outside_share"]) == ("多在县内", pytest.approx(expected[0], abs=1e-3))


NEAREST = (
    "select st_x(c.geom), st_y(c.geom) from community c, unit_version v where v.level = 'county' and c.geom is not null"
    " and v.geom is not null order by st_distance(c.geom, st_boundary(v.geom)), c.id limit 1"
)
HOME = "select st_asbinary(geom) from unit_version where level = 'county' and geom is not null"


@pytest.mark.parametrize(
    "outline",
    [
        [],
        [[]],
        [[[[113, 30], [113, 31], [113, 30]]]],
        [[[[113, 30], [114, 30], [114, 95], [113, 30]]]],
        "x",
        [[[[0, 0]] * 101]],
    ],
)
def test_outlines_that_are_none_are_refused(clients: dict[str, TestClient], outline: Any) -> None:
    point = {"name": "地", "lon": 113.16, "lat": 30.66, "outline": outline}
    question = {"service": "funeral", "type": "cemetery", "p": 1, "candidates": {"from": "points", "points": [point]}}
    assert clients["planner"].post("/api/siting", json={"question": question}).status_code == 400
