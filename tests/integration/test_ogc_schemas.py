"""OGC API - Features - Part 5: schemas, their roles, what is given out and what is received."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.ogc_client import ROOT, Ogc, linked

SCHEMA = "application/schema+json"
RELATION = "http://www.opengis.net/def/rel/ogc/1.0/schema"
IDS = ("water", "built_up", "units", "railways", "roads", "communities", "facilities", "places")
FORMATS = {
    "geometry-any": None,
    "geometry-point": {"Point"},
    "geometry-linestring": {"LineString"},
    "geometry-multipolygon": {"MultiPolygon"},
    "geometry-linestring-or-multilinestring": {"LineString", "MultiLineString"},
}


@pytest.fixture(scope="module")
def ogc(sample_database: Database, settings: Settings, catalog: Catalog) -> Ogc:
    return Ogc(create_app(settings, catalog=catalog, database=sample_database))


@pytest.fixture(params=IDS)
def collection(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def schema(ogc: Ogc, collection: str) -> Any:
    return ogc.ask(f"/collections/{collection}/schema", accept=SCHEMA).json()


# /conf/schemas/schema: JSON Schema 2020-12, an object, its own address
def test_conf_schemas_schema(ogc: Ogc, collection: str, schema: Any) -> None:
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"{ROOT}/collections/{collection}/schema"
    assert schema["type"] == "object"
    assert schema["title"]
    Draft202012Validator.check_schema(schema)
    answer = ogc.ask(f"/collections/{collection}/schema", accept=SCHEMA)
    assert answer.headers["content-type"] == SCHEMA


# /conf/schemas/properties: a type, but for geometries a format; a title; an order
def test_conf_schemas_properties(schema: Any) -> None:
    order = []
    for name, one in schema["properties"].items():
        if one.get("x-ogc-role") == "primary-geometry":
            assert "type" not in one
            assert one["format"] in FORMATS
            continue
        assert one["type"] in ("string", "number", "integer", "boolean", "array"), name
        if one.get("x-ogc-role") != "id":
            assert one["title"]
            order.append(one["x-ogc-propertySeq"])
    assert order == sorted(set(order))


# /conf/core-roles-features/roles: one id, one primary geometry, an interval with both ends
def test_conf_core_roles_features(schema: Any) -> None:
    roles = [one["x-ogc-role"] for one in schema["properties"].values() if "x-ogc-role" in one]
    assert len(roles) == len(set(roles))
    assert {"id", "primary-geometry"} <= set(roles)
    assert ("primary-interval-start" in roles) == ("primary-interval-end" in roles)
    for one in schema["properties"].values():
        if one.get("x-ogc-role", "").startswith("primary-interval"):
            assert (one["type"], one["format"]) == ("string", "date")


# /conf/returnables-and-receivables: linked from the collection, and every feature is as its schema says
def test_conf_returnables(ogc: Ogc, collection: str, schema: Any) -> None:
    (link,) = linked(ogc.json(f"/collections/{collection}"), RELATION)
    assert (link["href"], link["type"]) == (f"{ROOT}/collections/{collection}/schema", SCHEMA)
    described = schema["properties"]
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    features = ogc.everything(collection, limit=1000)
    assert features
    for feature in features:
        assert set(feature["properties"]) == set(described) - {"id", "geometry"}
        given = {name: value for name, value in feature["properties"].items() if value is not None}
        validator.validate({"id": feature["id"], "geometry": feature["geometry"], **given})
        types = FORMATS[described["geometry"]["format"]]
        assert types is None or feature["geometry"] is None or feature["geometry"]["type"] in types
    wrong = {**given, "schematic": "yes"}
    assert not validator.is_valid(wrong)
