"""Abstract tests of Features part 3 and 4, Common part 3 (Features part 5) and CQL2, each named by its id.

What the files beside this one test by chance or in depth is asked here as the standards ask it. The records of CQL2's test
data are cities; some of them are made as facilities, so that its predicates can be put to a layer of ours.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from fastapi import FastAPI
from jsonschema import Draft202012Validator
from pyproj import Transformer
from starlette.testclient import TestClient

from geoservice.database.engine import Database
from geoservice.publish.ogc.cql2.text import parse
from tests.integration.test_ogc_changes import (
    COLLECTIONS,
    FACILITY,
    MERGE,
    POINT,
    app,  # noqa: F401 - a fixture
    first,
    items,
    made,
    person,
    read,
    send,
)
from tests.ogc_client import BASE, CRS84, GEOJSON, ROOT, epsg, linked

Json = dict[str, Any]
SCHEMA = "application/schema+json"
NOWHERE = 999_999_999
# Name, beds, opened_on, closed_on.
CITIES = [
    ("København", 1038, "2022-04-16", None),
    ("Kobe", 1611, "2021-04-16", "2022-04-16"),
    ("Kiev", 3013, "2022-04-18", "2023-01-05"),
    ("Berlin", 120, "2021-04-16", "2022-12-31"),
    ("Bern", None, None, None),
    ("athens", 75, "2020-01-01", "2022-04-16"),
    ("O'Brien", 1, None, "2022-01-01"),
    ("a\\b", 2, None, None),
]
NAME, BEDS, OPENED, CLOSED = range(4)


@pytest.fixture(scope="module")
def clerk(app: FastAPI, county: Database) -> TestClient:  # noqa: F811
    return person(app, county, "abstract", "clerk", "approver")


@pytest.fixture(scope="module")
def cities(clerk: TestClient) -> dict[int, tuple[Any, ...]]:
    """The records of the test data by their ids."""
    found = {}
    for city in CITIES:
        name, beds, opened, closed = city
        one, _ = made(clerk, name=name, beds=beds, opened_on=opened, closed_on=closed, address="测试数据")
        found[one["id"]] = city
    return found


def version(tag: str) -> str:
    """Of a tag: each form of a version has a tag of its own."""
    return tag.partition("-")[0]


def asked(web: TestClient, expression: str, lang: str = "cql2-text", **given: str) -> set[int]:
    """Ids of facilities of any day that fit."""
    params = {"filter": expression, "filter-lang": lang, "limit": "5000", "datetime": "1900-01-01/..", **given}
    answer = web.get(items("facilities"), params=params, headers={"Accept": GEOJSON})
    assert answer.status_code == 200, f"{expression} {answer.text[:300]}"
    return {one["id"] for one in answer.json()["features"]}


def both(web: TestClient, expression: str) -> set[int]:
    """The same in both languages."""
    found = asked(web, expression)
    assert asked(web, json.dumps(parse(expression), default=str), "cql2-json") == found
    return found


def refused(web: TestClient, expression: str, **given: str) -> None:
    answer = web.get(items("facilities"), params={"filter": expression, **given})
    assert answer.status_code == 400, answer.text[:200]


# --- CQL2


def compared(at: int, op: str, value: Any) -> Callable[[tuple[Any, ...]], bool | None]:
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda a, b: a == b, "<>": lambda a, b: a != b, "<": lambda a, b: a < b,
        ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
    }  # fmt: skip
    return lambda one: None if one[at] is None else signs[op](one[at], value)


def basic() -> dict[str, Callable[[tuple[Any, ...]], bool | None]]:
    """Predicates of the test data with what they mean."""
    found: dict[str, Callable[[tuple[Any, ...]], bool | None]] = {}
    for op in ("=", "<>", "<", ">", "<=", ">="):
        found[f"name {op} 'København'"] = compared(NAME, op, "København")
        found[f"beds {op} 1038"] = compared(BEDS, op, 1038)
        found[f"opened_on {op} DATE('2022-04-16')"] = compared(OPENED, op, "2022-04-16")
    for name, at in (("name", NAME), ("beds", BEDS), ("opened_on", OPENED)):
        found[f"{name} IS NULL"] = lambda one, at=at: one[at] is None
        found[f"{name} IS NOT NULL"] = lambda one, at=at: one[at] is not None
    return found


BASIC = basic()


def is_not(one: bool | None) -> bool | None:
    return None if one is None else not one


def all_of(*found: bool | None) -> bool | None:
    return False if False in found else None if None in found else True


def any_of(*found: bool | None) -> bool | None:
    return True if True in found else None if None in found else False


# /conf/basic-cql2/test-data; /conf/cql2-text/validate, /conf/cql2-json/validate
@pytest.mark.parametrize("expression", BASIC)
def test_conf_basic_cql2_test_data(clerk: TestClient, cities: dict[int, tuple[Any, ...]], expression: str) -> None:
    wanted = {number for number, one in cities.items() if BASIC[expression](one) is True}
    assert both(clerk, expression) & set(cities) == wanted


# /conf/basic-cql2/logical
@pytest.mark.parametrize("seed", range(30))
def test_conf_basic_cql2_logical(clerk: TestClient, cities: dict[int, tuple[Any, ...]], seed: int) -> None:
    named = random.Random(seed).choices(list(BASIC), k=4)
    p1, p2, p3, p4 = named
    written = f"(NOT ({p2}) AND {p1}) OR ({p3} and {p4}) or not ({p1} OR {p4})"

    def holds(one: tuple[Any, ...]) -> bool | None:
        a, b, c, d = (BASIC[expression](one) for expression in named)
        return any_of(all_of(is_not(b), a), all_of(c, d), is_not(any_of(a, d)))

    assert asked(clerk, written) & set(cities) == {number for number, one in cities.items() if holds(one) is True}


def names(cities: dict[int, tuple[Any, ...]], *wanted: str) -> set[int]:
    return {number for number, one in cities.items() if one[NAME] in wanted}


# /conf/advanced-comparison-operators/test-data, like, between, in; /conf/case-insensitive-comparison/test-data; /conf/accent-insensitive-comparison/test-data
@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("name LIKE 'B_r%'", ("Berlin", "Bern")),
        ("name NOT LIKE '%'", ()),
        ("beds between 1000 and 3000", ("København", "Kobe")),
        ("beds between 100.0 and 1.0", ()),
        ("beds not between 2 and 3000", ("Kiev", "O'Brien")),
        ("name IN ('Kiev','kobenhavn','Berlin','athens','foo')", ("Kiev", "Berlin", "athens")),
        ("beds in (1038,1611,3014)", ("København", "Kobe")),
        ("opened_on in (DATE('2021-04-16'),DATE('2022-04-16'))", ("København", "Kobe", "Berlin")),
        ("opened_on in ('2022-04-16', '2022-04-15')", ("København",)),
        ("CASEI(name)=casei('KIEV')", ("Kiev",)),
        ("CASEI(name)=casei('KØBENHAVN')", ("København",)),
        ("CASEI(name)=casei('københavn')", ("København",)),
        ("CASEI(name) LIKE casei('b_R%')", ("Berlin", "Bern")),
        ("CASEI(name) IN (casei('Kiev'), casei('kobenhavn'), casei('Berlin'), casei('Athens'), casei('foo'))", ("Kiev", "Berlin", "athens")),
        ("ACCENTI(name)=accenti('København')", ("København",)),
        ("ACCENTI(name)=accenti('Kobenhavn')", ("København",)),
        ("ACCENTI(name)=accenti('Kiev')", ("Kiev",)),
        ("ACCENTI(CASEI(name))=accenti(casei('KOBENHAVN'))", ("København",)),
        ("ACCENTI(CASEI(name))=accenti(casei('KØBENHAVN'))", ("København",)),
        ("ACCENTI(name) LIKE accenti('Ko%')", ("København", "Kobe")),
        ("ACCENTI(CASEI(name)) LIKE accenti(casei('kØ%'))", ("København", "Kobe")),
        ("ACCENTI(CASEI(name)) IN (accenti(casei('Kiev')), accenti(casei('kobenhavn')), accenti(casei('BERLIN')))", ("Kiev", "København", "Berlin")),
        ("t_after(opened_on,date('2022-04-16'))", ("Kiev",)),
        ("t_before(opened_on,date('2022-04-16'))", ("Kobe", "Berlin", "athens")),
        ("t_disjoint(opened_on,date('2022-04-16'))", ("Kobe", "Kiev", "Berlin", "athens")),
        ("t_equals(opened_on,interval('2022-04-16','2022-04-16'))", ("København",)),
        ("t_equals(opened_on,interval('2022-01-01','2022-12-31'))", ()),
        ("t_intersects(opened_on,interval('2022-01-01','2022-12-31'))", ("København", "Kiev")),
        ("t_after(interval(opened_on,closed_on),interval('..','2022-04-16'))", ("Kiev",)),
        ("t_before(interval(opened_on,closed_on),interval('2023-01-01','..'))", ("Kobe", "Berlin", "athens")),
        ("T_CONTAINS(interval(opened_on,closed_on),interval('2022-04-19','2022-12-31'))", ("Kiev",)),
        ("T_DURING(interval(opened_on,closed_on),interval('2021-01-01','2022-12-31'))", ("Kobe",)),
        ("T_FINISHES(interval(opened_on,closed_on),interval('2020-06-01','2022-04-16'))", ("Kobe",)),
        ("T_FINISHEDBY(interval(opened_on,closed_on),interval('2021-06-01','2022-04-16'))", ("Kobe", "athens")),
        ("T_MEETS(interval(opened_on,closed_on),interval('2022-04-16','2022-05-10'))", ("Kobe", "athens")),
        ("T_METBY(interval(opened_on,closed_on),interval('2022-01-01','2022-04-18'))", ("Kiev",)),
        ("T_OVERLAPPEDBY(interval(opened_on,closed_on),interval('2022-01-01','2022-06-01'))", ("Kiev",)),
        ("T_OVERLAPS(interval(opened_on,closed_on),interval('2022-01-01','2023-06-01'))", ("Kobe", "Berlin", "athens")),
        ("T_STARTEDBY(interval(opened_on,closed_on),interval('2021-04-16','2021-06-01'))", ("Kobe", "Berlin")),
        ("T_STARTS(interval(opened_on,closed_on),interval('2021-04-16','2022-06-01'))", ("Kobe",)),
        ("name = 'O''Brien' or name = 'O\\'Brien'", ("O'Brien",)),
    ],
)  # fmt: skip
def test_conf_cql2_test_data(
    clerk: TestClient, cities: dict[int, tuple[Any, ...]], expression: str, wanted: tuple[str, ...]
) -> None:
    assert both(clerk, expression) & set(cities) == names(cities, *wanted)


# /conf/cql2-text/escaping
@pytest.mark.parametrize(
    ("written", "meant"),
    [("''", "'"), ("\\'", "'"), *((f"\\{letter}", char) for letter, char in zip("abtnvfr", "\a\b\t\n\v\f\r", strict=True)),
     ("\\%", "\\%"), ("\\_", "\\_"), ("\\\\", "\\\\"), ("\\\\b", "\\\\b"), ("天\\t门''", "天\t门'")],
)  # fmt: skip
def test_conf_cql2_text_escaping(clerk: TestClient, written: str, meant: str) -> None:
    tree = parse(f"name = 'x{written}y'")
    assert tree == {"op": "=", "args": [{"property": "name"}, f"x{meant}y"]}
    assert asked(clerk, f"name = 'x{written}y'") == set()


# /conf/advanced-comparison-operators/like
@pytest.mark.parametrize("name", ["name", "type", "address", "key"])
def test_conf_advanced_comparison_operators_like(clerk: TestClient, name: str) -> None:
    found = {one: asked(clerk, f"{name} like '{one}'") for one in ("%", "_%", "", "%%", "\\%\\_")}
    assert not found["_%"] & found[""]
    assert found["%"] == found["%%"]
    assert found["\\%\\_"] == set()


# /conf/case-insensitive-comparison/casei; /conf/accent-insensitive-comparison/accenti
@pytest.mark.parametrize("name", ["name", "type", "address"])
def test_conf_insensitive_comparison_has_nothing_in_common(clerk: TestClient, name: str) -> None:
    assert not asked(clerk, f"CASEI({name}) = casei('foo')") & asked(clerk, f"CASEI({name}) <> casei('FOO')")
    assert not asked(clerk, f"ACCENTI({name}) = accenti('äöüéáí')") & asked(clerk, f"ACCENTI({name}) <> accenti('aoueai')")  # fmt: skip


# /conf/temporal-functions/temporal-functions-1, -2: in the words of the standard
def test_conf_temporal_functions_words(clerk: TestClient) -> None:
    for op, other in itertools.product(
        ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS"),
        ("DATE('2022-04-24')", "INTERVAL('2021-01-01','2021-12-31')"),
    ):
        both(clerk, f"T_{op}(opened_on,{other})")


# /conf/*/logical of every class beside basic-cql2: any of their predicates, joined
@pytest.mark.parametrize("seed", range(12))
def test_conf_logical_of_every_class(clerk: TestClient, seed: int) -> None:
    stored = [
        "name LIKE '%院'", "beds between 0 and 100", "type in ('cemetery')", "CASEI(name) = casei('foo')",
        "ACCENTI(name) LIKE accenti('Ä%')", "S_INTERSECTS(geometry,BBOX(113,30.5,113.2,30.7))",
        "S_INTERSECTS(geometry,LINESTRING(-180 -45, 0 -45))", "S_WITHIN(geometry,POLYGON((113 30,114 30,114 31,113 30)))",
        "T_AFTER(opened_on,DATE('2010-01-01'))", "T_DURING(INTERVAL(opened_on,closed_on),INTERVAL('2011-01-01','2021-12-31'))",
        "beds IS NULL", "true",
    ]  # fmt: skip
    p1, p2, p3, p4 = random.Random(seed).sample(stored, 4)
    both(clerk, f"((NOT {p1} AND {p2}) OR ({p3} and NOT {p4}) or not ({p1} AND {p4}))")


# /conf/basic-spatial-functions-plus/s_intersects: in the words of the standard
@pytest.mark.parametrize(
    "shape",
    [
        "LINESTRING(-180 -45, 0 -45)",
        "MULTILINESTRING((-180 -45, 0 -45), (0 45, 180 45))",
        "POLYGON((-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -40, -120 -50))",
        "MULTIPOLYGON(((-180 -90, -90 -90, -90 90, -180 90, -180 -90), (-120 -50, -100 -50, -100 -40, -120 -40, -120 -50)),((0 0, 10 0, 10 10, 0 10, 0 0)))",
        "GEOMETRYCOLLECTION(POINT(7.02 49.92), POLYGON((0 0, 10 0, 10 10, 0 10, 0 0)))",
    ],
)  # fmt: skip
def test_conf_basic_spatial_functions_plus_words(clerk: TestClient, shape: str) -> None:
    assert both(clerk, f"S_INTERSECTS(geometry,{shape})") == set()
    refused(clerk, "S_INTERSECTS(geometry,MULTIPOINT(7.02 49.92, 90 180))")


# --- Features part 4


# /conf/create-replace-delete/options, /conf/update/options
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_conf_create_replace_delete_options(clerk: TestClient, collection: str) -> None:
    feature, _ = first(clerk, collection)
    many, one = clerk.options(items(collection)), clerk.options(items(collection, feature["id"]))
    assert many.status_code == one.status_code == 200
    assert "POST" in many.headers["allow"].split(", ")
    assert {"PUT", "PATCH", "DELETE"} <= set(one.headers["allow"].split(", "))
    assert GEOJSON in many.headers["accept-post"].split(", ")
    assert MERGE in one.headers["accept-patch"].split(", ")
    assert "accept-post" not in one.headers


# /conf/create-replace-delete/create
@pytest.mark.parametrize("more", [{}, {"id": NOWHERE}, {"id": "mine"}])
def test_conf_create_replace_delete_create(clerk: TestClient, more: Json) -> None:
    before = asked(clerk, "true")
    answer = send(clerk, "POST", items("facilities"), {**FACILITY, **more})
    assert answer.status_code == 201
    there = clerk.get(answer.headers["location"])
    assert there.status_code == 200
    found = there.json()
    assert found["geometry"] == POINT
    assert FACILITY["properties"].items() <= found["properties"].items()
    assert found["id"] not in before
    assert answer.headers["location"].endswith(f"/items/{found['id']}")


# /conf/create-replace-delete/create-content-type, replace-content-type; /conf/update/update-content-type
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_conf_content_type(clerk: TestClient, method: str) -> None:
    feature, tag = made(clerk)
    path = items("facilities") if method == "POST" else items("facilities", feature["id"])
    body = json.dumps(FACILITY).encode()
    answer = clerk.request(method, path, content=body, headers={"If-Match": tag})
    assert answer.status_code == 400
    assert version(read(clerk, "facilities", feature["id"])[1]) == version(tag)


# /conf/create-replace-delete/replace
def test_conf_create_replace_delete_replace(clerk: TestClient) -> None:
    feature, tag = made(clerk)
    wanted = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [113.2, 30.6]}, "properties": {"name": "换过的", "type": "cemetery"}}  # fmt: skip
    assert send(clerk, "PUT", items("facilities", feature["id"]), wanted, If_Match=tag).status_code in (200, 204)
    found, _ = read(clerk, "facilities", feature["id"])
    assert found["geometry"] == wanted["geometry"]
    assert wanted["properties"].items() <= found["properties"].items()


# /conf/create-replace-delete/replace-rid, /conf/update/update-rid; /conf/features/geojson
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_conf_rid(clerk: TestClient, method: str) -> None:
    (feature, tag), (other, _) = made(clerk), made(clerk, name="别的")
    answer = send(clerk, method, items("facilities", feature["id"]), {**FACILITY, "id": other["id"]}, If_Match=tag)
    assert 400 <= answer.status_code < 500
    found, now = read(clerk, "facilities", feature["id"])
    assert (found["properties"], version(now)) == (feature["properties"], version(tag))
    assert read(clerk, "facilities", other["id"])[0]["properties"]["name"] == "别的"


# /conf/create-replace-delete/replace-exceptions
def test_conf_create_replace_delete_replace_exceptions(clerk: TestClient) -> None:
    path = items("facilities", NOWHERE)
    assert send(clerk, "PUT", path, FACILITY).status_code == 404
    assert send(clerk, "PUT", path, FACILITY, If_Match='"xyz"').status_code == 404
    assert clerk.get(path).status_code == 404


# /conf/create-replace-delete/delete; /conf/optimistic-locking-etags/delete
def test_conf_delete(clerk: TestClient) -> None:
    (feature, tag), (other, _) = made(clerk), made(clerk)
    path = items("facilities", feature["id"])
    assert send(clerk, "DELETE", path, If_Match='"0"').status_code == 412
    assert clerk.get(path).status_code == 200
    assert send(clerk, "DELETE", path, If_Match=tag).status_code in (200, 204)
    assert clerk.get(path).status_code == 404
    assert send(clerk, "DELETE", items("facilities", other["id"])).status_code == 428


# /conf/update/update
def test_conf_update_update(clerk: TestClient) -> None:
    feature, tag = made(clerk, address="人民路1号")
    path = items("facilities", feature["id"])
    assert send(clerk, "PATCH", path, {"properties": {"beds": 31}}, If_Match=tag).status_code in (200, 204)
    found, _ = read(clerk, "facilities", feature["id"])
    assert found["properties"] == {**feature["properties"], "beds": 31}
    assert found["geometry"] == feature["geometry"]


# /conf/optimistic-locking-etags/get-etag
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_conf_optimistic_locking_etags_get_etag(clerk: TestClient, collection: str) -> None:
    _, tag = first(clerk, collection)
    assert tag.startswith('"')
    assert tag.endswith('"')


# /conf/optimistic-locking-etags/replace, /conf/optimistic-locking-etags/update
@pytest.mark.parametrize(("method", "body"), [("PUT", FACILITY), ("PATCH", {"properties": {"beds": 77}})])
def test_conf_optimistic_locking_etags(clerk: TestClient, method: str, body: Json) -> None:
    feature, tag = made(clerk, beds=5)
    path = items("facilities", feature["id"])
    assert send(clerk, method, path, body, If_Match='"0"').status_code == 412
    assert version(read(clerk, "facilities", feature["id"])[1]) == version(tag)
    done = send(clerk, method, path, body, If_Match=tag)
    assert done.status_code in (200, 204)
    assert version(done.headers["etag"]) != version(tag)
    assert version(read(clerk, "facilities", feature["id"])[1]) == version(done.headers["etag"])
    assert send(clerk, method, path, body).status_code == 428


# /conf/features/endpoints
def test_conf_features_endpoints(clerk: TestClient) -> None:
    listed = {one["id"] for one in clerk.get("/ogc/collections").json()["collections"] if one.get("itemType", "feature") == "feature"}  # fmt: skip
    assert set(COLLECTIONS) <= listed


# /conf/features/crs
@pytest.mark.parametrize("code", [4490, 4547])
def test_conf_features_crs(clerk: TestClient, code: int) -> None:
    place = Transformer.from_crs(4490, code).transform(30.65, 113.16)
    there = {**FACILITY, "geometry": {"type": "Point", "coordinates": list(place)}}
    one = send(clerk, "POST", items("facilities"), FACILITY)
    other = send(clerk, "POST", items("facilities"), there, Content_Crs=f"<{epsg(code)}>")
    assert one.status_code == other.status_code == 201
    places = [clerk.get(answer.headers["location"], params={"crs": epsg(code)}).json()["geometry"]["coordinates"] for answer in (one, other)]  # fmt: skip
    assert places[0] == pytest.approx(places[1], abs=1e-3 if code == 4547 else 1e-8)
    unknown = send(clerk, "POST", items("facilities"), FACILITY, Content_Crs=f"<{epsg(2000)}>")
    assert 400 <= unknown.status_code < 500


# /conf/features/schema; /conf/returnables-and-receivables/response-2
def test_conf_features_schema(clerk: TestClient) -> None:
    schema = clerk.get("/ogc/collections/facilities/schema", headers={"Accept": SCHEMA}).json()
    Draft202012Validator.check_schema(schema)
    assert send(clerk, "POST", items("facilities"), FACILITY).status_code == 201

    def status(more: Json) -> int:
        body = {**FACILITY, "properties": FACILITY["properties"] | more}
        answered: int = send(clerk, "POST", items("facilities"), body).status_code
        return answered

    assert status({"no_such": 1}) == 400
    fixed = next(name for name, one in schema["properties"].items() if one.get("readOnly") and name == "schematic")
    assert status({fixed: False}) == 400
    assert status({"beds": "many"}) == 400
    assert status({"name": None}) == 400


# /conf/features/json-merge-patch
def test_conf_features_json_merge_patch(clerk: TestClient) -> None:
    feature, tag = made(clerk, address="人民路1号")
    path = items("facilities", feature["id"])
    there = {"type": "Point", "coordinates": [113.21, 30.61]}
    patch = {"properties": {"beds": 44, "opened_on": "2020-05-01", "address": None}, "geometry": there}
    assert send(clerk, "PATCH", path, patch, If_Match=tag).status_code in (200, 204)
    found, tag = read(clerk, "facilities", feature["id"])
    now = found["properties"]
    assert (now["beds"], now["opened_on"], now["address"], found["geometry"]) == (44, "2020-05-01", None, there)
    assert 400 <= send(clerk, "PATCH", path, {"id": feature["id"] + 1}, If_Match=tag).status_code < 500


# --- Common part 3 (Features part 5)


def schemas(clerk: TestClient) -> dict[str, Json]:
    listed = [one["id"] for one in clerk.get("/ogc/collections").json()["collections"]]
    return {one: clerk.get(f"/ogc/collections/{one}/schema", headers={"Accept": SCHEMA}).json() for one in listed}


# /conf/schemas/basic-schema-inspection
def test_conf_schemas_basic_schema_inspection(clerk: TestClient) -> None:
    known = {"$schema", "$id", "type", "title", "description", "properties", "required", "additionalProperties",
             "format", "enum", "oneOf", "anyOf", "const", "items", "minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength",
             "pattern", "readOnly", "writeOnly", "default", "examples", "minItems", "maxItems"}  # fmt: skip
    for one, schema in schemas(clerk).items():
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert schema["$id"] == f"{ROOT}/collections/{one}/schema"
        answer = clerk.get(schema["$id"], headers={"Accept": SCHEMA})
        assert (answer.status_code, answer.headers["content-type"]) == (200, SCHEMA)
        assert schema["type"] == "object"
        Draft202012Validator.check_schema(schema)
        for name, described in schema["properties"].items():
            assert "type" in described or described["format"].startswith("geometry-"), name
            assert "$ref" not in described
            assert all(word in known or word.startswith("x-") for word in described), described
        assert all(word in known or word.startswith("x-") for word in schema)


# /conf/schemas/role, role-id, property-seq, unit, definition, nullvalues; /conf/advanced-property-roles/role-primary-geometry, role-primary-temporal, role-type
def test_conf_schemas_roles(clerk: TestClient) -> None:
    for schema in schemas(clerk).values():
        every = list(schema["properties"].values())
        assert all(isinstance(one["x-ogc-role"], str) for one in every if "x-ogc-role" in one)
        (identity,) = (one for one in every if one.get("x-ogc-role") == "id")
        assert identity["type"] in ("string", "integer")
        assert all(isinstance(one["x-ogc-propertySeq"], int) for one in every if "x-ogc-propertySeq" in one)
        for one in every:
            if "x-ogc-unit" in one:
                assert isinstance(one["x-ogc-unit"], str)
                assert one["type"] in ("number", "integer")
        (shape,) = (one for one in every if one.get("x-ogc-role") == "primary-geometry")
        assert not {"type", "$ref"} & set(shape)
        assert shape["format"].startswith("geometry-")
        times = [one for one in every if str(one.get("x-ogc-role")).startswith(("primary-in", "primary-interval"))]
        assert sorted(one["x-ogc-role"] for one in times) in ([], ["primary-interval-end", "primary-interval-start"])
        assert all((one["type"], one["format"]) == ("string", "date") for one in times)
        assert len([one for one in every if one.get("x-ogc-role") == "type"]) <= 1


# /conf/returnables-and-receivables/get-conformance, link, op-and-response; /conf/filter/get-conformance, /conf/features-filter/get-conformance, /conf/filter/get-collections
def test_conf_returnables_and_receivables(clerk: TestClient) -> None:
    declared = set(clerk.get("/ogc/conformance", headers={"Accept": "application/json"}).json()["conformsTo"])
    common = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf"
    assert {
        f"{common}/schemas",
        f"{common}/returnables-and-receivables",
        f"{common}/advanced-property-roles",
    } <= declared
    part_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
    assert {f"{part_3}/{one}" for one in ("filter", "features-filter", "queryables")} <= declared
    page = clerk.get("/ogc/collections", headers={"Accept": "application/json"})
    assert page.headers["content-type"] == "application/json"
    for one in page.json()["collections"]:
        for word in ("schema", "queryables"):
            (there,) = linked(clerk.get(f"/ogc/collections/{one['id']}").json(), f"http://www.opengis.net/def/rel/ogc/1.0/{word}")  # fmt: skip
            assert there["href"] == f"{BASE}/ogc/collections/{one['id']}/{word}"
            answer = clerk.get(there["href"], headers={"Accept": SCHEMA})
            assert (answer.status_code, answer.headers["content-type"]) == (200, SCHEMA)


# /conf/returnables-and-receivables/response-1: of single features, as their maker sees them
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_conf_returnables_and_receivables_response_1(clerk: TestClient, collection: str) -> None:
    schema = schemas(clerk)[collection]
    feature, _ = first(clerk, collection)
    assert set(feature["properties"]) <= set(schema["properties"])
    given = {name: value for name, value in feature["properties"].items() if value is not None}
    Draft202012Validator(schema).validate({"id": feature["id"], "geometry": feature["geometry"], **given})


def test_days_of_the_test_data_are_days() -> None:
    assert all(date.fromisoformat(one) for city in CITIES for one in city[OPENED:] if one)
    assert CRS84
