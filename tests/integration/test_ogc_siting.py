"""The siting process asks what the resource of the desk asks: the same inputs, the same answers, the same refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import BoundedSemaphore
from time import monotonic, sleep
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from jsonschema import Draft4Validator
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api import ogc_at_once
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.crs import ELLIPSOID
from geoservice.database.engine import Database
from geoservice.settings import Settings
from geoservice.siting.county.form import QuestionForm
from geoservice.worker import Worker
from tests.ogc_client import BASE
from tests.people import signed_in

Json = dict[str, Any]
BASIC: Json = {
    "service": "elder_circle", "type": "day_care_centre", "on": "2026-01-01", "p": 2, "time_limit_s": 30, "seed": 3,
}  # fmt: skip
EXECUTION = "/ogc/processes/siting/execution"
# What passes while an answer is looked for.
CLOCK = ("seconds", "first_s", "best_s", "trail")


@pytest.fixture(scope="module")
def app(county: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def planner(app: FastAPI, county: Database) -> TestClient:
    return signed_in(TestClient(app, base_url=BASE), county, "planner", name="asks-by-process")


@pytest.fixture(scope="module")
def worker(county: Database, settings: Settings, catalog: Catalog) -> Iterator[Worker]:
    made = Worker(settings, catalog, county).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def described(planner: TestClient) -> Json:
    found: Json = planner.get("/ogc/processes/siting", headers={"Accept": "application/json"}).json()
    return found


@pytest.fixture(scope="module")
def townships(county: Database) -> list[int]:
    with county.connect("owner") as connection:
        rows = connection.execute(
            text("select distinct unit_id from unit_version where level = 'township' order by unit_id limit 3")
        )
        return list(rows.scalars())


@pytest.fixture(scope="module")
def standing(county: Database) -> list[int]:
    """Facilities of the type that stand."""
    with county.connect("owner") as connection:
        rows = connection.execute(text("select id from facility where type = 'day_care_centre' order by id limit 4"))
        return list(rows.scalars())


def square(lon: float, lat: float, side: float = 0.002) -> Json:
    return dict(shapely.geometry.mapping(shapely.box(lon, lat, lon + side, lat + side)))


def collection(*features: tuple[Json, Json]) -> Json:
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "geometry": where, "properties": told} for where, told in features],
    }


def by_process(web: TestClient, inputs: Json) -> Json:
    answer = web.post(EXECUTION, json={"inputs": inputs, "response": "document"}, headers={"Prefer": "respond-async"})
    assert answer.status_code == 201, answer.text[:400]
    job = answer.json()["jobID"]
    deadline = monotonic() + 120
    while (found := web.get(f"/ogc/jobs/{job}").json())["status"] in ("accepted", "running"):
        assert monotonic() < deadline
        sleep(0.05)
    assert found["status"] == "successful", found
    told: Json = web.get(f"/ogc/jobs/{job}/results").json()["answer"]["value"]
    return told


def by_resource(web: TestClient, question: Json) -> Json:
    made = web.post("/api/siting", json={"question": question})
    assert made.status_code == 202, made.text[:400]
    here = f"/api/siting/{made.json()['id']}"
    deadline = monotonic() + 120
    while (found := web.get(here).json())["state"] in ("queued", "running"):
        assert monotonic() < deadline
        sleep(0.05)
    assert found["state"] == "succeeded", found
    told: Json = found["answer"]
    return told


def timeless(told: Any) -> Any:
    if isinstance(told, dict):
        return {name: timeless(value) for name, value in told.items() if name not in CLOCK}
    return [timeless(one) for one in told] if isinstance(told, list) else told


QUESTIONS: dict[str, Json] = {
    "weights": {"weights": {"60+": 1, "80+": 0.5}},
    "moved": {"p": 1, "existing": {"close": 0, "move": 2}},
    "closed": {"p": 0, "existing": {"close": 1}},
    "phases": {"p": None, "phases": [1, 3], "order": "last"},
    "phases and a year": {"p": None, "phases": [1, 3], "existing": {"move": 1, "year": 2}},
    "grid": {"candidates": {"from": "grid", "spacing_m": 5000}},
    "limits": {"cost": 10, "budget": 15, "spacing_m": 3000.0, "floor": 0.05},
    "rules off": {"rules": "off", "candidates": {"from": "villages"}},
    "prices": {"prices": True},
    "places": {
        "candidates": {"from": "points", "points": [
            {"name": "甲", "lon": 113.16, "lat": 30.65, "cost": 3}, {"name": "乙", "lon": 113.2, "lat": 30.6, "cost": 4}]},
        "budget": 4,
    },
}  # fmt: skip


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("name", QUESTIONS)
def test_the_same_question_has_the_same_answer(planner: TestClient, name: str) -> None:
    question = {key: value for key, value in (BASIC | QUESTIONS[name]).items() if value is not None}
    told = by_process(planner, question)
    assert timeless(told) == timeless(by_resource(planner, question))
    assert told["status"] == "optimal"


@pytest.mark.usefixtures("worker")
def test_floors_of_townships_and_facilities_by_their_ids(
    planner: TestClient, townships: list[int], standing: list[int]
) -> None:
    floors = [{"unit_id": number, "share": share} for number, share in zip(townships, (0.2, 0.0, 0.1), strict=True)]
    question = BASIC | {"floors": floors, "floor": 0.0, "existing": {"move": 1, "facilities": standing[:2]}}
    told = by_process(planner, question)
    assert timeless(told) == timeless(by_resource(planner, question))
    assert told["closable"] == standing[:2]


@pytest.mark.usefixtures("worker")
def test_plots_and_points_of_a_collection_are_the_points_of_the_resource(planner: TestClient) -> None:
    plots = [square(113.16 + 0.02 * number, 30.62) for number in range(3)]
    place = {"type": "Point", "coordinates": [113.3, 30.7, 12.0]}
    features = [(plot, {"name": f"地块{number}"}) for number, plot in enumerate(plots)]
    told = by_process(planner, BASIC | {"candidates": collection(*features, (place, {"area_m2": 900, "none": [1]}))})
    points = [
        {"name": f"地块{number}", "lon": inside.x, "lat": inside.y, "area_m2": abs(ELLIPSOID.geometry_area_perimeter(one)[0])}
        for number, plot in enumerate(plots)
        for one in [shapely.geometry.shape(plot)]
        for inside in [one.point_on_surface()]
    ]  # fmt: skip
    points.append({"name": "4", "lon": 113.3, "lat": 30.7, "area_m2": 900})
    same = by_resource(planner, BASIC | {"candidates": {"from": "points", "points": points}})
    assert timeless(told) == timeless(same)
    assert {one["name"] for one in told["sites"]} <= {*(f"地块{number}" for number in range(3)), "4"}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("name", ["weights", "moved", "phases", "limits"])
def test_at_once_the_answer_is_that_of_the_job(planner: TestClient, name: str) -> None:
    question = {key: value for key, value in (BASIC | QUESTIONS[name]).items() if value is not None}
    kept = len(planner.get("/api/siting").json()["items"])
    answer = planner.post(EXECUTION, json={"inputs": question | {"time_limit_s": 20}, "response": "document"})
    assert answer.status_code == 200, answer.text[:400]
    assert "no-store" in answer.headers["cache-control"]
    told = answer.json()
    assert len(planner.get("/api/siting").json()["items"]) == kept
    assert timeless(told["answer"]["value"]) == timeless(by_process(planner, question))
    names = [one["properties"]["name"] for one in told["sites"]["value"]["features"]]
    assert names == [one["name"] for one in told["answer"]["value"]["sites"]]


@pytest.mark.parametrize("inputs", [{"time_limit_s": 21}, {"prices": True, "time_limit_s": 5}])
def test_what_takes_long_is_refused_at_once_with_the_way_out(planner: TestClient, inputs: Json) -> None:
    answer = planner.post(EXECUTION, json={"inputs": BASIC | inputs})
    assert answer.status_code == 400
    assert next(iter(inputs)) in answer.json()["detail"]
    assert "respond-async" in answer.json()["remedy"]


def test_searches_at_once_are_few(planner: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ogc_at_once, "_PLACES", BoundedSemaphore(1))
    body = {"inputs": BASIC | {"time_limit_s": 5}}
    with ogc_at_once._PLACES:
        answer = planner.post(EXECUTION, json=body)
    assert (answer.status_code, answer.json()["code"]) == (429, "siting.searches")
    assert planner.post(EXECUTION, json=body).status_code == 200


def test_every_input_of_the_question_is_described(described: Json) -> None:
    assert list(described["inputs"]) == list(QuestionForm.model_fields)
    assert all(one["minOccurs"] == 0 and one["description"] for one in described["inputs"].values())
    existing = described["inputs"]["existing"]["schema"]["properties"]
    assert list(existing) == ["close", "move", "facilities", "year"]
    assert described["inputs"]["floors"]["maxOccurs"] == "unbounded"
    told = json.dumps(described)
    assert not any(word in told for word in ("$ref", "$defs", "prefixItems", '"const"', "discriminator", '"null"'))


def test_questions_are_as_their_schemas_say(described: Json, townships: list[int]) -> None:
    # Draft 4, as OpenAPI 3.0 reads it.
    questions = [*QUESTIONS.values(), {"floors": [{"unit_id": townships[0], "share": 1}]},
                 {"candidates": collection((square(113.1, 30.6), {}))}]  # fmt: skip
    for name, value in (pair for one in questions for pair in (BASIC | one).items() if pair[1] is not None):
        found = described["inputs"][name]
        for one in value if found["maxOccurs"] == "unbounded" else [value]:
            Draft4Validator(found["schema"]).validate(one)
    for name, wrong in (
        ("existing", {"shut": 1}),
        ("weights", {"70+": 1}),
        ("candidates", {"from": "sea"}),
        ("spacing_m", 0),
    ):
        assert not Draft4Validator(described["inputs"][name]["schema"]).is_valid(wrong)


WRONG: list[tuple[Json, str]] = [
    ({"existing": {"shut": 1}}, "existing.shut"),
    ({"existing": {"move": -1}}, "existing.move"),
    ({"existing": {"move": "1"}}, "existing.move"),
    ({"existing": {"move": 1, "facilities": [0]}}, "existing.facilities.0"),
    ({"existing": {"move": 1, "facilities": 7}}, "existing.facilities"),
    ({"existing": {"move": 1, "year": 11}}, "existing.year"),
    ({"existing": [1]}, "existing"),
    ({"existing": 1}, "existing"),
    ({"existing": None}, "existing"),
    ({"weights": {"60+": 1001}}, "weights.60+"),
    ({"weights": {"70+": 1}}, "weights.70+"),
    ({"weights": {"60+": 1e999}}, "weights.60+"),
    ({"weights": "60+"}, "weights"),
    ({"order": "backwards"}, "order"),
    ({"rules": "a b"}, "rules"),
    ({"rules": 5}, "rules"),
    ({"prices": "yes"}, "prices"),
    ({"floors": {"unit_id": 1}}, "floors.0.share"),
    ({"floors": [{"unit_id": 1, "share": 1.5}]}, "floors.0.share"),
    ({"floors": [{"unit_id": 2**63, "share": 1}]}, "floors.0.unit_id"),
    ({"floors": [{"unit_id": 1, "share": 1}] * 501}, "floors"),
    ({"candidates": {"from": "sea"}}, "candidates"),
    ({"candidates": {"from": "grid", "spacing_m": 1}}, "candidates.grid.spacing_m"),
    ({"candidates": {"from": "grid", "spacing_m": True}}, "candidates.grid.spacing_m"),
    ({"candidates": {"from": "points", "points": []}}, "candidates.points.points"),
    ({"candidates": [1]}, "candidates"),
    ({"candidates": "villages"}, "candidates"),
    ({"candidates": collection((square(113, 95), {}))}, "candidates.features.0.geometry"),
    ({"candidates": collection((square(113, 30), {}), ({"type": "LineString", "coordinates": [[1, 1], [2, 2]]}, {}))},
     "candidates.features.1.geometry"),
    ({"candidates": collection(({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}, {}))},
     "candidates.features.0.geometry"),
    ({"candidates": collection(({"type": "Polygon", "coordinates": []}, {}))}, "candidates.features.0.geometry"),
    ({"candidates": collection(({"type": "Point", "coordinates": [10**400, 1]}, {}))}, "candidates.features.0.geometry"),
    ({"candidates": collection(({"type": "Point", "coordinates": ["a", {}]}, {}))}, "candidates.features.0.geometry"),
    ({"candidates": {"type": "FeatureCollection", "features": [None]}}, "candidates.features.0"),
    ({"candidates": collection((square(113, 30), {"places": "many"}))}, "candidates.points.points.0.places"),
    ({"candidates": collection((square(113, 30), {"name": ["x"]}))}, "candidates.points.points.0.name"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "name"), WRONG)
def test_a_bad_input_is_named(planner: TestClient, inputs: Json, name: str) -> None:
    body = json.dumps({"inputs": BASIC | inputs}).replace("Infinity", "1e999")
    answer = planner.post(EXECUTION, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text[:300]
    told = answer.json()
    assert told["code"].startswith("ogc.process.")
    assert name in told["detail"]
    assert told["remedy"]


@pytest.mark.parametrize(
    "inputs",
    [{"p": 0}, {"p": 0, "existing": {"close": 0}}, {"existing": {"year": 2}}, {"phases": [2, 1]}, {"weights": {"all": 0}},
     {"group": "60+", "weights": {"60+": 1}}, {"budget": 5}, {"rules": "none-such"}, {"model": "lscp", "phases": [1, 2]},
     {"model": "pmedian", "floors": [{"unit_id": 1, "share": 0.5}]}, {"model": "capacity", "group": "60+"}],
)  # fmt: skip
def test_what_the_resource_refuses_the_process_refuses(planner: TestClient, inputs: Json) -> None:
    answer = planner.post(EXECUTION, json={"inputs": BASIC | inputs})
    same = planner.post("/api/siting", json={"question": BASIC | inputs})
    assert answer.status_code == 400, answer.text[:300]
    assert same.status_code in (400, 422), same.text[:300]
    assert answer.json()["code"] == same.json()["code"]
    assert answer.json()["detail"] == same.json()["detail"]
