"""OGC API - Processes - Part 1: one test an abstract test of the classes that are declared, named by its id."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import HTTP
from time import monotonic, sleep
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from shapely.geometry import Point, shape
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from geoservice.database.filters import today
from geoservice.settings import Settings
from geoservice.worker import Worker
from tests.ogc_client import BASE, GEOJSON, HTML, JSON, ROOT, linked
from tests.people import signed_in

Json = dict[str, Any]
CONF = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/"
EXCEPTION = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
PROBLEM = "application/problem+json"
PLACE: Json = {"type": "Point", "coordinates": [113.16, 30.65]}
CIRCLE: Json = {"inputs": {"point": {"value": PLACE}}}
RUN: Json = {"inputs": {"services": ["life_circle"], "types": ["community_service_centre"], "on": "2026-01-01"}}
LATER = {"Prefer": "respond-async"}
PROCESSES = ("service-circle", "coverage", "siting")
SITES: Json = {
    "inputs": {"service": "elder_circle", "type": "day_care_centre", "on": "2026-01-01", "p": 2, "time_limit_s": 30}
}
BODIES = {"service-circle": CIRCLE, "coverage": RUN, "siting": SITES}


def points(*properties: Any) -> Json:
    found = [{"type": "Feature", "geometry": PLACE, "properties": one} for one in properties]
    return {"type": "FeatureCollection", "features": found}


@pytest.fixture(scope="module")
def app(county: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def worker(county: Database, settings: Settings, catalog: Catalog) -> Iterator[Worker]:
    made = Worker(settings, catalog, county).start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def public(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=BASE)


@pytest.fixture(scope="module")
def planner(app: FastAPI, county: Database) -> TestClient:
    return signed_in(TestClient(app, base_url=BASE), county, "planner", name="planner")


@pytest.fixture(scope="module")
def described(public: TestClient) -> Json:
    found: Json = public.get("/ogc/api").json()
    return found


def get(web: TestClient, path: str, expected: int = 200, /, **params: str) -> Any:
    answer = web.get(f"/ogc{path}", params=params, headers={"Accept": JSON})
    assert answer.status_code == expected, answer.text[:300]
    return answer.json()


def execute(web: TestClient, process: str, body: Any, status: int, headers: dict[str, str] | None = None) -> Any:
    answer = web.post(f"/ogc/processes/{process}/execution", json=body, headers=headers or {})
    assert answer.status_code == status, answer.text[:400]
    assert "no-store" in answer.headers["cache-control"]
    return answer


def ended(web: TestClient, job_id: str) -> Json:
    deadline = monotonic() + 120
    while (found := get(web, f"/jobs/{job_id}"))["status"] in ("accepted", "running") and monotonic() < deadline:
        sleep(0.1)
    return found  # type: ignore[no-any-return]


def check(described: Json, schema: str, document: Any) -> None:
    """Whether a document is as its schema in the API definition says."""
    whole = Registry().with_resource("urn:api", Resource.from_contents(described, default_specification=DRAFT4))
    OAS30Validator({"$ref": f"urn:api#/components/schemas/{schema}"}, registry=whole).validate(document)


@pytest.fixture(scope="module")
def done(planner: TestClient, worker: Worker) -> dict[str, Json]:
    """A job of each process that has come to its end, by the process."""
    del worker
    made = {
        "service-circle": execute(planner, "service-circle", CIRCLE, 201, LATER).json()["jobID"],
        "coverage": execute(planner, "coverage", RUN, 201).json()["jobID"],
        "siting": execute(planner, "siting", SITES, 201, LATER).json()["jobID"],
    }
    return {process: ended(planner, number) for process, number in made.items()}


# /conf/core/landingpage-op, /conf/core/landingpage-success
def test_conf_core_landingpage(public: TestClient) -> None:
    page = get(public, "")
    for rel, path in (("processes", "/processes"), ("job-list", "/jobs")):
        (one,) = linked(page, f"http://www.opengis.net/def/rel/ogc/1.0/{rel}")
        assert (one["href"], one["type"]) == (f"{ROOT}{path}", JSON)
        assert public.get(one["href"]).status_code == 200
    assert linked(page, "service-desc")
    assert linked(page, "conformance")


# /conf/core/api-definition-op, -success; /conf/oas30/oas-definition-1, -2, /conf/oas30/oas-impl
def test_conf_oas30(public: TestClient, described: Json) -> None:
    OpenAPIV30SpecValidator(described).validate()
    for path in (
        *(f"/processes/{one}" for one in PROCESSES),
        "/processes",
        "/jobs",
        "/jobs/{jobId}",
        "/jobs/{jobId}/results",
    ):
        assert "get" in described["paths"][path]
    for one in PROCESSES:
        assert list(described["paths"][f"/processes/{one}/execution"]) == ["post"]
    assert "delete" in described["paths"]["/jobs/{jobId}"]
    for path, schema in (
        ("/processes", "processList"),
        ("/jobs", "jobList"),
        *((f"/processes/{one}", "process") for one in PROCESSES),
    ):
        answer = public.get(f"/ogc{path}")
        assert answer.headers["content-type"] in described["paths"][path]["get"]["responses"]["200"]["content"]
        check(described, schema, answer.json())


# /conf/oas30/completeness: every status of the paths is described
def test_conf_oas30_completeness(described: Json) -> None:
    statuses = described["paths"]["/processes/coverage/execution"]["post"]["responses"]
    assert {"201", "400", "401", "403", "404", "409", "413", "415"} <= set(statuses)
    assert "200" not in statuses
    assert "200" in described["paths"]["/processes/service-circle/execution"]["post"]["responses"]
    assert {"200", "404", "409"} <= set(described["paths"]["/jobs/{jobId}/results"]["get"]["responses"])


# /conf/oas30/exceptions-codes, /conf/oas30/security
def test_conf_oas30_security(described: Json, public: TestClient) -> None:
    assert described["paths"]["/processes/coverage/execution"]["post"]["security"] == [{"token": []}]
    answer = public.post("/ogc/processes/coverage/execution", json=RUN)
    assert (answer.status_code, answer.headers["content-type"]) == (401, PROBLEM)
    check(described, "problem", answer.json())


# /conf/core/conformance-op, /conf/core/conformance-success
def test_conf_core_conformance(public: TestClient) -> None:
    found = get(public, "/conformance")["conformsTo"]
    declared = {one.removeprefix(CONF) for one in found if one.startswith(CONF)}
    assert declared == {"core", "ogc-process-description", "json", "oas30", "job-list", "dismiss"}


# /conf/core/http
@pytest.mark.parametrize("path", ["/processes", "/processes/coverage", "/jobs"])
def test_conf_core_http(public: TestClient, path: str) -> None:
    whole, bare = public.get(f"/ogc{path}"), public.head(f"/ogc{path}")
    assert (bare.status_code, bare.content) == (200, b"")
    assert bare.headers["etag"] == whole.headers["etag"]
    assert public.get(f"/ogc{path}", headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    refused = public.put(f"/ogc{path}", json={})
    assert refused.status_code == 405
    assert {"GET", "HEAD"} <= set(refused.headers["allow"].split(", "))


# /conf/core/process-list-op, /conf/core/process-list-success, /conf/core/process-list-links; /conf/json/definition, /conf/json/content
def test_conf_core_process_list(public: TestClient, described: Json) -> None:
    answer = public.get("/ogc/processes", headers={"Accept": JSON})
    assert answer.headers["content-type"] == JSON
    page = answer.json()
    check(described, "processList", page)
    assert [one["id"] for one in page["processes"]] == list(PROCESSES)
    assert [one["type"] for one in linked(page, "self")] == [JSON]
    assert [one["type"] for one in linked(page, "alternate")] == [HTML]
    for one in page["processes"]:
        (self,) = linked(one, "self")
        assert public.get(self["href"]).json()["id"] == one["id"]


# /conf/core/process-list-limit-def, /conf/core/process-list-limit-response
def test_conf_core_process_list_limit(public: TestClient, described: Json) -> None:
    (limit,) = (one for one in described["paths"]["/processes"]["get"]["parameters"] if one.get("name") == "limit")
    assert (limit["in"], limit["required"], limit["style"], limit["explode"]) == ("query", False, "form", False)
    assert {"minimum": 1, "type": "integer"}.items() <= limit["schema"].items()
    first = get(public, "/processes", limit="1")
    assert [one["id"] for one in first["processes"]] == ["service-circle"]
    (following,) = linked(first, "next")
    second = public.get(following["href"]).json()
    assert [one["id"] for one in second["processes"]] == ["coverage"]
    assert linked(second, "next")
    assert not linked(get(public, "/processes", limit="3"), "next")
    assert len(get(public, "/processes", limit="10000")["processes"]) == len(PROCESSES)
    for value in ("0", "-1", "x", "1.5", ""):
        assert get(public, "/processes", 400, limit=value)["code"] == "api.bad-parameter"


# /conf/core/process-op, /conf/core/process-success; /conf/ogc-process-description/json-encoding, links
@pytest.mark.parametrize("process", PROCESSES)
def test_conf_core_process(public: TestClient, described: Json, process: str) -> None:
    found = get(public, f"/processes/{process}")
    check(described, "process", found)
    assert found["id"] == process
    assert found["outputTransmission"] == ["value"]
    (execution,) = linked(found, "http://www.opengis.net/def/rel/ogc/1.0/execute")
    assert execution["href"] == f"{ROOT}/processes/{process}/execution"


# /conf/ogc-process-description/inputs-def, input-def, input-mixed-type, outputs-def, output-def, output-mixed-type
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("process", PROCESSES)
def test_conf_ogc_process_description(public: TestClient, process: str, language: str) -> None:
    found = get(public, f"/processes/{process}", lang=language)
    for one in (*found["inputs"].values(), *found["outputs"].values()):
        OAS30Validator.check_schema(one["schema"])
        assert one["title"]
        assert one["description"]
        assert not one["title"].startswith("ogc.")
    for one in found["inputs"].values():
        assert one["minOccurs"] in (0, 1)
        assert one["maxOccurs"] in (1, "unbounded")
    assert len(found["inputs"]["point"]["schema"]["oneOf"]) == 2 if process == "service-circle" else True


# /conf/core/process-exception-no-such-process
@pytest.mark.parametrize("name", ["none", "圈", "x" * 500, "%00", "a%2Fb"])
def test_conf_core_process_exception_no_such_process(public: TestClient, planner: TestClient, name: str) -> None:
    for answer in (public.get(f"/ogc/processes/{name}"), planner.post(f"/ogc/processes/{name}/execution", json={})):
        assert answer.status_code in ({404} if "%" not in name else {400, 404})
        if answer.json()["code"] == "ogc.no-process":
            assert answer.json()["type"] == f"{EXCEPTION}no-such-process"
            assert "service-circle" in answer.json()["remedy"]


# /conf/core/job-creation-op, job-creation-request, job-creation-inputs, job-creation-success, job-creation-success-sync-raw-value-one
def test_conf_core_job_creation_sync_raw(planner: TestClient) -> None:
    answer = execute(planner, "service-circle", CIRCLE, 200)
    assert answer.headers["content-type"] == GEOJSON
    found = answer.json()
    same = planner.post("/api/scenarios/circle", json={"lon": 113.16, "lat": 30.65}).json()
    assert found["features"] == same["features"]
    widest = shape(found["features"][0]["geometry"])
    assert widest.is_valid
    assert widest.distance(Point(PLACE["coordinates"])) < 0.01
    assert found["about"]["schematic"] is True
    assert found["about"]["on"] == today().isoformat()


# /conf/core/job-creation-default-execution-mode
def test_conf_core_job_creation_default_execution_mode(planner: TestClient) -> None:
    modes = {one["id"]: one["jobControlOptions"] for one in get(planner, "/processes")["processes"]}
    assert modes == {
        "service-circle": ["sync-execute", "async-execute", "dismiss"],
        "coverage": ["async-execute", "dismiss"],
        "siting": ["sync-execute", "async-execute", "dismiss"],
    }
    execute(planner, "service-circle", CIRCLE, 200)
    job = execute(planner, "coverage", RUN, 201)
    assert "preference-applied" not in job.headers
    planner.delete(job.headers["location"], headers={"Content-Type": JSON})


# /conf/core/job-creation-auto-execution-mode
@pytest.mark.parametrize("prefer", ["respond-async", "respond-async, wait=10", "return=minimal, Respond-Async;x=1"])
def test_conf_core_job_creation_auto_execution_mode(planner: TestClient, prefer: str) -> None:
    answer = execute(planner, "service-circle", CIRCLE, 201, {"Prefer": prefer})
    assert answer.headers["preference-applied"] == "respond-async"
    planner.delete(answer.headers["location"], headers={"Content-Type": JSON})


# /conf/core/job-creation-input-inline, -input-inline-object, -input-inline-mixed: as they are, under value, a point or a feature
@pytest.mark.parametrize(
    "point",
    [
        {"value": PLACE},
        PLACE,
        {"value": {"type": "Feature", "geometry": PLACE, "properties": {}}},
        {"value": PLACE, "mediaType": GEOJSON},
        {"value": {"type": "Point", "coordinates": [113.16, 30.65, 28.0]}},
    ],
)
@pytest.mark.parametrize("service", ["life_circle", {"value": "life_circle"}])
def test_conf_core_job_creation_input_inline(planner: TestClient, point: Json, service: Json | str) -> None:
    found = execute(planner, "service-circle", {"inputs": {"point": point, "service": service}}, 200).json()
    assert found["about"]["service"] == "life_circle"
    assert (found["about"]["lon"], found["about"]["lat"]) == (113.16, 30.65)


# /conf/core/job-creation-input-ref
def test_conf_core_job_creation_input_ref(planner: TestClient) -> None:
    feature = planner.get("/ogc/collections/facilities/items", params={"limit": "1"}).json()["features"][0]
    there = f"{ROOT}/collections/facilities/items/{feature['id']}?f=json"
    packed = base64.b64encode(json.dumps(PLACE).encode()).decode()
    for href, place in (
        (there, feature["geometry"]["coordinates"]),
        (f"data:application/json;base64,{packed}", PLACE["coordinates"]),
        ('data:application/geo+json,{"type":"Point","coordinates":[113.16,30.65]}', PLACE["coordinates"]),
    ):
        body = {"inputs": {"point": {"href": href}, "service": {"href": "data:,life_circle"}}}
        found = execute(planner, "service-circle", body, 200).json()["about"]
        assert [found["lon"], found["lat"]] == pytest.approx(place)


@pytest.mark.parametrize(
    ("href", "status"),
    [
        ("http://127.0.0.1:5432/", 400), ("file:///etc/passwd", 400), ("ftp://x", 400), ("", 400), ("data:", 400),
        ("data:application/json,{", 400), ("data:application/json;base64,!!!", 400), ("data:application/json,1", 400),
        (f"{ROOT}/collections/facilities/items/999999999", 404), (f"{ROOT}/collections/none/items/1", 404),
        (f"{ROOT}/collections/facilities/items", 400), (f"{ROOT}.evil/collections/facilities/items/1", 400),
        (f"{ROOT}/collections/roads/items/1", 400), ("http://[", 400),
    ],
)  # fmt: skip
def test_a_reference_leads_nowhere_else(planner: TestClient, href: str, status: int) -> None:
    told = execute(planner, "service-circle", {"inputs": {"point": {"href": href}}}, status).json()
    assert told["code"] in ("ogc.process.reference", "ogc.process.bad-value", "ogc.no-feature", "ogc.no-collection")


# /conf/core/job-creation-input-array
def test_conf_core_job_creation_input_array(planner: TestClient) -> None:
    for given in (["life_circle"], "life_circle", ["life_circle", {"value": "life_circle"}]):
        body = {"inputs": {**RUN["inputs"], "services": given, "minutes": 20}}
        job = execute(planner, "coverage", body, 201)
        planner.delete(job.headers["location"], headers={"Content-Type": JSON})


# /conf/core/job-creation-input-inline-binary, -input-inline-bbox, -success-sync-raw-ref, -raw-mixed-multi: nothing of that kind is offered
@pytest.mark.parametrize("process", PROCESSES)
def test_conf_core_job_creation_not_offered(public: TestClient, process: str) -> None:
    found = get(public, f"/processes/{process}")
    assert found["outputTransmission"] == ["value"]
    told = json.dumps(found)
    assert "ogc-bbox" not in told
    assert "contentEncoding" not in told


# /conf/core/job-creation-input-validation
@pytest.mark.parametrize(
    ("process", "body", "code"),
    [
        ("service-circle", {}, "missing-input"),
        ("service-circle", {"inputs": {}}, "missing-input"),
        ("service-circle", {"inputs": []}, "bad-value"),
        ("service-circle", {"inputs": {"point": PLACE, "no": 1}}, "no-input"),
        ("service-circle", {"inputs": {"point": [PLACE]}}, "bad-value"),
        ("service-circle", {"inputs": {"point": 5}}, "bad-value"),
        ("service-circle", {"inputs": {"point": {"type": "Point", "coordinates": [200, 0]}}}, "bad-value"),
        ("service-circle", {"inputs": {"point": {"type": "Point", "coordinates": [10**400, 0]}}}, "bad-value"),
        ("service-circle", {"inputs": {"point": {"type": "Point", "coordinates": [True, 0]}}}, "bad-value"),
        ("service-circle", {"inputs": {"point": {"type": "LineString", "coordinates": [[1, 1], [2, 2]]}}}, "bad-value"),
        ("service-circle", {"inputs": {"point": PLACE, "service": "none"}}, "bad-value"),
        ("service-circle", {"inputs": {"point": PLACE, "service": {"value": {"a": 1}}}}, "bad-value"),
        ("service-circle", {"inputs": {"point": PLACE, "on": "2026-02-30"}}, "bad-value"),
        ("service-circle", {"inputs": {"point": PLACE, "on": 20260101}}, "bad-value"),
        ("service-circle", {**CIRCLE, "outputs": {"none": {}}}, "no-output"),
        ("service-circle", {**CIRCLE, "outputs": []}, "bad-value"),
        ("service-circle", {**CIRCLE, "outputs": {"circles": 1}}, "bad-value"),
        ("service-circle", {**CIRCLE, "outputs": {"circles": {"transmissionMode": "reference"}}}, "bad-value"),
        ("service-circle", {**CIRCLE, "outputs": {"circles": {"format": {"mediaType": "text/xml"}}}}, "bad-value"),
        ("service-circle", {**CIRCLE, "response": "none"}, "bad-value"),
        ("service-circle", {**CIRCLE, "response": ["raw"]}, "bad-value"),
        ("service-circle", {**CIRCLE, "subscriber": {"successUri": "http://x"}}, "no-member"),
        ("coverage", {"inputs": {"minutes": 0}}, "bad-value"),
        ("coverage", {"inputs": {"minutes": 1.5}}, "bad-value"),
        ("coverage", {"inputs": {"minutes": True}}, "bad-value"),
        ("coverage", {"inputs": {"circles": "yes"}}, "bad-value"),
        ("coverage", {"inputs": {"services": ["life_circle"] * 51}}, "bad-value"),
        ("coverage", {"inputs": {"types": [None]}}, "bad-value"),
        ("siting", {"inputs": {"p": -1}}, "bad-value"),
        ("siting", {"inputs": {"model": "best", "p": 1}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "spacing_m": 0}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "floor": "half"}}, "bad-value"),
        ("siting", {"inputs": {"phases": [1] * 11}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": PLACE}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": {"type": "FeatureCollection", "features": []}}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": {"type": "FeatureCollection", "features": [5]}}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": points({"places": -1})}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": points({"name": ""})}}, "bad-value"),
        ("siting", {"inputs": {"p": 1, "candidates": points("none")}}, "bad-value"),
    ],
)  # fmt: skip
def test_conf_core_job_creation_input_validation(planner: TestClient, process: str, body: Json, code: str) -> None:
    answer = planner.post(
        f"/ogc/processes/{process}/execution", content=json.dumps(body), headers={"Content-Type": JSON}
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == PROBLEM
    told = answer.json()
    assert told["code"] == f"ogc.process.{code}"
    assert told["remedy"]
    assert "{" + "name}" not in told["detail"]


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", "ogc.not-json"), (b"{", "ogc.not-json"), (b"[]", "ogc.process.not-a-request"), (b"\xff", "ogc.not-json"),
     (b'{"inputs": NaN}', "ogc.not-json"), (b'{"inputs": {"point": "\\u0000"}}', "ogc.not-json"), (b"[" * 3000, "ogc.not-json")],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(planner: TestClient, body: bytes, code: str) -> None:
    answer = planner.post("/ogc/processes/coverage/execution", content=body, headers={"Content-Type": JSON})
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    other = planner.post("/ogc/processes/coverage/execution", content=body, headers={"Content-Type": "text/plain"})
    assert other.status_code in (400, 415)


# /conf/core/job-creation-default-outputs, job-creation-success-sync-document
@pytest.mark.parametrize(
    "outputs", [None, {}, {"circles": {"transmissionMode": "value", "format": {"mediaType": GEOJSON}}}]
)
def test_conf_core_job_creation_sync_document(planner: TestClient, described: Json, outputs: Json | None) -> None:
    body = {**CIRCLE, "response": "document"} | ({} if outputs is None else {"outputs": outputs})
    answer = execute(planner, "service-circle", body, 200)
    assert answer.headers["content-type"] == JSON
    check(described, "results", answer.json())
    assert list(answer.json()) == ["circles"]
    assert answer.json()["circles"]["mediaType"] == GEOJSON
    assert answer.json()["circles"]["value"]["type"] == "FeatureCollection"


# /conf/core/job-creation-success-async; /conf/core/job-op, /conf/core/job-success
@pytest.mark.parametrize("process", PROCESSES)
def test_conf_core_job_creation_success_async(planner: TestClient, described: Json, process: str) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    answer = execute(planner, process, BODIES[process], 201, LATER)
    told = answer.json()
    check(described, "statusInfo", told)
    assert (told["processID"], told["type"], told["status"]) == (process, "process", "accepted")
    assert answer.headers["location"] == f"{ROOT}/jobs/{told['jobID']}"
    assert datetime.fromisoformat(told["created"]) > before
    again = planner.get(answer.headers["location"])
    assert again.status_code == 200
    check(described, "statusInfo", again.json())
    assert again.json()["jobID"] == told["jobID"]
    planner.delete(answer.headers["location"], headers={"Content-Type": JSON})


@pytest.mark.parametrize("process", PROCESSES)
def test_conf_core_job_success_of_one_that_is_done(done: dict[str, Json], described: Json, process: str) -> None:
    found = done[process]
    check(described, "statusInfo", found)
    assert (found["status"], found["progress"]) == ("successful", 100)
    assert found["created"] <= found["started"] <= found["finished"] == found["updated"]
    (results,) = linked(found, "http://www.opengis.net/def/rel/ogc/1.0/results")
    assert results["href"] == f"{ROOT}/jobs/{found['jobID']}/results"


# /conf/core/job-exception-no-such-job, /conf/core/job-results-exception-no-such-job; the same where it may not be seen
@pytest.mark.parametrize("name", ["0", "999999999", "-1", "x", "圈", "9" * 30, "1.0"])
def test_conf_core_job_exception_no_such_job(planner: TestClient, name: str) -> None:
    for path in (f"/jobs/{name}", f"/jobs/{name}/results"):
        told = get(planner, path, 404)
        assert (told["type"], told["status"]) == (f"{EXCEPTION}no-such-job", 404)
    gone = planner.delete(f"/ogc/jobs/{name}", headers={"Content-Type": JSON})
    assert (gone.status_code, gone.json()["type"]) == (404, f"{EXCEPTION}no-such-job")


# /conf/core/job-results-op, job-results-success, job-results-success-async-raw-value-one
def test_conf_core_job_results_raw_value_one(planner: TestClient, done: dict[str, Json]) -> None:
    answer = planner.get(f"/ogc/jobs/{done['service-circle']['jobID']}/results")
    assert (answer.status_code, answer.headers["content-type"]) == (200, GEOJSON)
    now = execute(planner, "service-circle", CIRCLE, 200).json()
    assert answer.json()["features"] == now["features"]
    assert answer.json()["about"]["revisions"] == now["about"]["revisions"]


# /conf/core/job-results-success-async-raw-value-multi
def test_conf_core_job_results_raw_value_multi(planner: TestClient, done: dict[str, Json]) -> None:
    answer = planner.get(f"/ogc/jobs/{done['coverage']['jobID']}/results")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith('multipart/related; type="application/json"; boundary=')
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    parts = list(message_from_bytes(head + answer.content, policy=HTTP).iter_parts())  # type: ignore[attr-defined]
    assert [(part["Content-ID"], part.get_content_type()) for part in parts] == [
        ("<figures>", JSON),
        ("<circles>", GEOJSON),
    ]
    figures, circles = (json.loads(part.get_payload(decode=True)) for part in parts)
    (case,) = figures["cases"]
    asked = {"service": case["service"], "type": case["type"]}
    same = planner.get(f"/api/runs/{figures['run']['id']}/units", params=asked).json()
    assert (case["total"], case["units"]) == (same["total"], same["items"])
    drawn = planner.get(f"/api/runs/{figures['run']['id']}/circles", params=asked).json()
    assert [one["geometry"] for one in circles["features"]] == [one["geometry"] for one in drawn["features"]]
    assert len(circles["features"]) > 0
    assert figures["release"]["schematic"] is True


# /conf/core/job-results-success-async-document, and outputs chosen
@pytest.mark.usefixtures("worker")
def test_conf_core_job_results_document(planner: TestClient, described: Json) -> None:
    body = {"inputs": {**RUN["inputs"], "circles": False}, "outputs": {"figures": {}}, "response": "document"}
    job = execute(planner, "coverage", body, 201).json()["jobID"]
    assert ended(planner, job)["status"] == "successful"
    found = get(planner, f"/jobs/{job}/results")
    check(described, "results", found)
    assert list(found) == ["figures"]
    assert found["figures"]["value"]["cases"][0]["total"]["population"] > 0


def test_siting_is_told_as_the_desk_keeps_it(planner: TestClient, done: dict[str, Json]) -> None:
    job = done["siting"]["jobID"]
    answer = planner.get(f"/ogc/jobs/{job}/results")
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    told, sites = (
        json.loads(part.get_payload(decode=True))
        for part in message_from_bytes(head + answer.content, policy=HTTP).iter_parts()  # type: ignore[attr-defined]
    )
    (kept,) = (one for one in planner.get("/api/siting").json()["items"] if str(one["job"]) == job)
    assert told == planner.get(f"/api/siting/{kept['id']}").json()["answer"]
    assert (kept["status"], told["value"]) == ("optimal", kept["value"])
    assert [one["geometry"]["coordinates"] for one in sites["features"]] == [
        [one["lon"], one["lat"]] for one in told["sites"]
    ]
    assert len(sites["features"]) == 2
    checked = planner.post(f"/api/siting/{kept['id']}/check", json={})
    assert checked.status_code == 200, checked.text


def test_a_siting_question_that_goes_together_badly_is_400(planner: TestClient) -> None:
    for inputs in ({"phases": [2, 1]}, {"model": "lscp", "phases": [1, 2]}, {}):
        for headers in ({}, LATER):
            told = planner.post("/ogc/processes/siting/execution", json={"inputs": inputs}, headers=headers)
            assert told.status_code == 400, told.text
            assert told.json()["code"].startswith("siting.")
    wanted = {**SITES["inputs"], "candidates": points({"name": "甲"}, None), "p": 1}
    job = execute(planner, "siting", {"inputs": wanted}, 201, LATER)
    planner.delete(job.headers["location"], headers={"Content-Type": JSON})


@pytest.mark.usefixtures("worker")
def test_a_run_that_the_desk_handed_in_is_told_too(planner: TestClient) -> None:
    order = {**RUN["inputs"], "circles": False}
    number = str(planner.post("/api/jobs/coverage-run", json=order).json()["id"])
    assert ended(planner, number)["status"] == "successful"
    assert set(get(planner, f"/jobs/{number}/results")) == {"figures", "circles"}


@pytest.fixture
def at_rest(
    sample_database: Database, new_database: Callable[..., Database], settings: Settings, catalog: Catalog
) -> Iterator[tuple[Database, FastAPI, TestClient]]:
    """A county where nobody works, and its planner."""
    made = new_database(sample_database)
    app = create_app(settings, catalog=catalog, database=made)
    yield made, app, signed_in(TestClient(app, base_url=BASE), made, "planner", name="planner")
    made.dispose()


Resting = tuple[Database, FastAPI, TestClient]


def as_if(database: Database, number: str, assignments: str) -> None:
    with database.connect(actor=SYSTEM) as connection:
        connection.execute(text(f"update job set {assignments} where id = :id"), {"id": int(number)})


# /conf/core/job-results-exception-results-not-ready
@pytest.mark.parametrize("state", ["queued", "running"])
def test_conf_core_job_results_exception_results_not_ready(at_rest: Resting, state: str) -> None:
    database, _, planner = at_rest
    number = execute(planner, "coverage", RUN, 201).json()["jobID"]
    as_if(database, number, f"state = '{state}', step = 'jobs.circle.reading', done = 1, total = 3")
    told = get(planner, f"/jobs/{number}/results", 404)
    assert told["type"] == f"{EXCEPTION}result-not-ready"
    found = get(planner, f"/jobs/{number}", lang="zh")
    assert (found["progress"], found["message"]) == (33, "读取数据")
    assert found["status"] == {"queued": "accepted", "running": "running"}[state]


# /conf/core/job-results-failed
@pytest.mark.parametrize(
    ("state", "error", "code"),
    [
        ("failed", {"code": "access.submitter-gone", "values": {"name": "li"}}, "access.submitter-gone"),
        ("lost", {"code": "jobs.lost", "values": {"tries": 3}}, "jobs.lost"),
        ("failed", {"code": "database.unreachable", "values": {"host": "db1"}}, "jobs.internal"),
    ],
)
def test_conf_core_job_results_failed(at_rest: Resting, state: str, error: Json, code: str) -> None:
    database, _, planner = at_rest
    number = execute(planner, "coverage", RUN, 201).json()["jobID"]
    as_if(
        database, number, f"state = '{state}', error = '{json.dumps(error)}', started_at = now(), finished_at = now()"
    )
    told = get(planner, f"/jobs/{number}/results", 409)
    assert (told["code"], told["type"]) == (code, f"urn:geoservice:problem:{code}")
    found = get(planner, f"/jobs/{number}")
    assert (found["status"], "db1" in json.dumps(found)) == ("failed", False)
    assert told["detail"] in found["message"]


def test_results_that_are_no_longer_kept_are_gone(at_rest: Resting) -> None:
    database, _, planner = at_rest
    number = execute(planner, "service-circle", CIRCLE, 201, LATER).json()["jobID"]
    as_if(database, number, "state = 'succeeded', started_at = now(), finished_at = now()")
    assert get(planner, f"/jobs/{number}/results", 404)["code"] == "ogc.result-gone"


# /conf/dismiss/job-dismiss-op, /conf/dismiss/job-dismiss-success
@pytest.mark.parametrize("state", ["queued", "running"])
@pytest.mark.parametrize("process", PROCESSES)
def test_conf_dismiss(at_rest: Resting, described: Json, process: str, state: str) -> None:
    database, _, planner = at_rest
    number = execute(planner, process, BODIES[process], 201, LATER).json()["jobID"]
    as_if(database, number, f"state = '{state}', started_at = now()")
    for _ in range(2):
        answer = planner.delete(f"/ogc/jobs/{number}", headers={"Content-Type": JSON})
        assert answer.status_code == 200
        check(described, "statusInfo", answer.json())
        assert answer.json()["status"] == "dismissed"
    assert get(planner, f"/jobs/{number}")["status"] == "dismissed"
    assert get(planner, f"/jobs/{number}/results", 404)["code"] == "ogc.dismissed"
    assert [one["jobID"] for one in get(planner, "/jobs", status="dismissed")["jobs"]] == [number]
    assert get(planner, "/jobs", status="running,accepted,successful,failed")["jobs"] == []


# /conf/dismiss: the result of one that has ended goes with it; a run stays, as every run does
def test_conf_dismiss_of_what_has_ended(planner: TestClient, done: dict[str, Json], worker: Worker) -> None:
    del worker
    number = execute(planner, "service-circle", CIRCLE, 201, LATER).json()["jobID"]
    assert ended(planner, number)["status"] == "successful"
    answer = planner.delete(f"/ogc/jobs/{number}", headers={"Content-Type": JSON})
    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    assert get(planner, f"/jobs/{number}/results", 404)["code"] == "ogc.dismissed"
    refused = planner.delete(f"/ogc/jobs/{done['coverage']['jobID']}", headers={"Content-Type": JSON})
    assert (refused.status_code, refused.json()["code"]) == (409, "jobs.ended")


# /conf/job-list/job-list-op, job-list-success, links; /conf/json/content
def test_conf_job_list(planner: TestClient, described: Json, done: dict[str, Json]) -> None:
    page = get(planner, "/jobs", limit="100")
    check(described, "jobList", page)
    assert [one["type"] for one in linked(page, "self")] == [JSON]
    assert {one["jobID"] for one in done.values()} <= {one["jobID"] for one in page["jobs"]}
    numbers = [int(one["jobID"]) for one in page["jobs"]]
    assert numbers == sorted(numbers, reverse=True)
    for one in done.values():
        assert next(job for job in page["jobs"] if job["jobID"] == one["jobID"]) == one


# /conf/job-list/type-definition, processID-definition, status-definition, datetime-definition, duration-definition, limit-definition
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("type", {"type": "array"}), ("processID", {"type": "array"}), ("status", {"type": "array"}),
        ("datetime", {"type": "string"}), ("minDuration", {"type": "integer"}), ("maxDuration", {"type": "integer"}),
        ("limit", {"type": "integer", "minimum": 1}),
    ],
)  # fmt: skip
def test_conf_job_list_definitions(described: Json, name: str, schema: Json) -> None:
    (found,) = (one for one in described["paths"]["/jobs"]["get"]["parameters"] if one.get("name") == name)
    assert (found["in"], found["required"], found["style"], found["explode"]) == ("query", False, "form", False)
    assert schema.items() <= found["schema"].items()


# /conf/job-list/type-response
def test_conf_job_list_type_response(planner: TestClient) -> None:
    assert get(planner, "/jobs", type="process") == get(planner, "/jobs") | {
        "links": get(planner, "/jobs", type="process")["links"]
    }
    assert get(planner, "/jobs", 400, type="other")["code"] == "api.bad-parameter"


# /conf/job-list/processID-mandatory, processID-response
@pytest.mark.usefixtures("done")
def test_conf_job_list_process_id_response(planner: TestClient) -> None:
    for asked in (*PROCESSES, ",".join(PROCESSES)):
        found = {one["processID"] for one in get(planner, "/jobs", processID=asked, limit="100")["jobs"]}
        assert found == set(asked.split(","))


# /conf/job-list/status-response
@pytest.mark.usefixtures("done")
def test_conf_job_list_status_response(planner: TestClient) -> None:
    everything = get(planner, "/jobs", limit="100")["jobs"]
    for state in ("accepted", "running", "successful", "failed", "dismissed"):
        found = get(planner, "/jobs", status=state, limit="100")["jobs"]
        assert [one["jobID"] for one in found] == [one["jobID"] for one in everything if one["status"] == state]
    assert get(planner, "/jobs", 400, status="done")["code"] == "api.bad-parameter"


# /conf/job-list/datetime-response
def test_conf_job_list_datetime_response(planner: TestClient, done: dict[str, Json]) -> None:
    everything = {one["jobID"]: one["created"] for one in get(planner, "/jobs", limit="100")["jobs"]}
    moment = done["coverage"]["created"]
    for asked, fits in (
        (moment, lambda at: at == moment),
        (f"../{moment}", lambda at: at <= moment),
        (f"{moment}/..", lambda at: at >= moment),
        (f"{moment}/", lambda at: at >= moment),
        (f"{moment}/{moment}", lambda at: at == moment),
        (moment[:10], lambda at: at[:10] == moment[:10]),
        ("2000-01-01/2001-01-01", lambda _: False),
    ):
        found = {one["jobID"] for one in get(planner, "/jobs", datetime=asked, limit="100")["jobs"]}
        assert found == {number for number, at in everything.items() if fits(at)}, asked
    for wrong in (
        "",
        "x",
        "..",
        "../..",
        "/",
        "2026-01-02/2026-01-01",
        "2026-02-30",
        "9999-12-31",
        "0001-01-01T00:00:00+23:00",
    ):
        assert get(planner, "/jobs", 200 if wrong == "9999-12-31" else 400, datetime=wrong)


# /conf/job-list/duration-response
@pytest.mark.usefixtures("done")
def test_conf_job_list_duration_response(planner: TestClient) -> None:
    everything = get(planner, "/jobs", status="successful", limit="100")["jobs"]
    lasted = {
        one["jobID"]: datetime.fromisoformat(one["finished"]) - datetime.fromisoformat(one["started"])
        for one in everything
    }
    for seconds in (0, 1, 3600):
        found = {
            one["jobID"]
            for one in get(planner, "/jobs", status="successful", minDuration=str(seconds), limit="100")["jobs"]
        }
        assert found == {number for number, time in lasted.items() if time >= timedelta(seconds=seconds)}
        found = {
            one["jobID"]
            for one in get(planner, "/jobs", status="successful", maxDuration=str(seconds), limit="100")["jobs"]
        }
        assert found == {number for number, time in lasted.items() if time <= timedelta(seconds=seconds)}
    for wrong in ("-1", "x", "1.5", "", "9" * 40):
        assert get(planner, "/jobs", 400, minDuration=wrong)["code"] == "api.bad-parameter"


# /conf/job-list/limit-response, links
@pytest.mark.usefixtures("done")
def test_conf_job_list_limit_response(planner: TestClient) -> None:
    everything = [one["jobID"] for one in get(planner, "/jobs", limit="100")["jobs"]]
    page, found = get(planner, "/jobs", limit="1"), []
    for _ in range(len(everything) + 1):
        assert len(page["jobs"]) <= 1
        found += [one["jobID"] for one in page["jobs"]]
        following = linked(page, "next")
        if not following:
            break
        page = planner.get(following[0]["href"]).json()
    assert found == everything
    for wrong in ("0", "x", "-3"):
        assert get(planner, "/jobs", 400, limit=wrong)["code"] == "api.bad-parameter"
    assert get(planner, "/jobs", 400, after="x")["code"] == "api.bad-parameter"
    assert get(planner, "/jobs", 400, wrong="1")["code"] == "api.unknown-parameter"


def test_who_may_do_what(county: Database, app: FastAPI, public: TestClient, done: dict[str, Json]) -> None:
    viewer = signed_in(TestClient(app, base_url=BASE), county, "viewer", name="viewer")
    other = signed_in(TestClient(app, base_url=BASE), county, "planner", name="other")
    number = done["service-circle"]["jobID"]
    assert get(public, "/jobs")["jobs"] == []
    for path in (f"/jobs/{number}", f"/jobs/{number}/results"):
        assert get(public, path, 404)["type"] == f"{EXCEPTION}no-such-job"
        assert viewer.get(f"/ogc{path}").status_code == 200
    for process in PROCESSES:
        execute(viewer, process, CIRCLE, 403)
        answer = public.post(f"/ogc/processes/{process}/execution", json=CIRCLE)
        assert answer.status_code == 401
    assert public.delete(f"/ogc/jobs/{number}").status_code == 401
    assert viewer.delete(f"/ogc/jobs/{number}", headers={"Content-Type": JSON}).status_code == 403
    refused = other.delete(f"/ogc/jobs/{number}", headers={"Content-Type": JSON})
    assert (refused.status_code, refused.json()["code"]) == (409, "ogc.not-your-job")
    assert get(other, f"/jobs/{number}")["status"] == "successful"


def test_another_sites_page_is_refused(planner: TestClient) -> None:
    foreign = {"Origin": "http://elsewhere.example"}
    answer = planner.post("/ogc/processes/service-circle/execution", json=CIRCLE, headers=foreign)
    assert (answer.status_code, answer.json()["code"]) == (403, "access.other-site")


def test_jobs_of_other_kinds_are_none_of_these(at_rest: Resting) -> None:
    database, _, planner = at_rest
    number = execute(planner, "coverage", RUN, 201).json()["jobID"]
    as_if(database, number, "kind = 'import:check'")
    assert get(planner, "/jobs")["jobs"] == []
    assert get(planner, f"/jobs/{number}", 404)["code"] == "ogc.no-job"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_pages_are_there_for_people(planner: TestClient, done: dict[str, Json], language: str) -> None:
    numbers = [one["jobID"] for one in done.values()]
    paths = [
        "", "/processes", *(f"/processes/{one}" for one in PROCESSES), "/jobs", *(f"/jobs/{one}" for one in numbers),
        *(f"/jobs/{one}/results" for one in numbers),
    ]  # fmt: skip
    for path in paths:
        answer = planner.get(f"/ogc{path}", params={"f": "html", "lang": language})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert not re.search(r">\s*(ogc|jobs)\.[a-z.-]+\s*<", answer.text), path
        assert "JSON</a>" in answer.text
        assert ('class="note warn"' in answer.text) == (path.endswith("/results") or path == "")
