"""OGC API - Features - Part 1: one test an abstract test of core, geojson, html and oas30, named by its id."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely
from openapi_spec_validator import OpenAPIV30SpecValidator
from shapely.geometry import box, shape

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.publish.ogc.documents import CONFORMANCE, DRAFTS
from geoservice.settings import Settings
from tests.ogc_client import CRS84, GEOJSON, HTML, JSON, ROOT, Ogc, linked

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
RESOURCES = (
    "", "/api", "/conformance", "/collections", "/collections/roads", "/collections/roads/items",
    "/collections/roads/items/1", "/collections/roads/queryables", "/collections/roads/schema",
    "/tileMatrixSets", "/tileMatrixSets/WebMercatorQuad", "/collections/roads/tiles", "/collections/roads/tiles/WebMercatorQuad",
)  # fmt: skip


@pytest.fixture(scope="module")
def ogc(sample_database: Database, settings: Settings, catalog: Catalog) -> Ogc:
    return Ogc(create_app(settings, catalog=catalog, database=sample_database))


@pytest.fixture(scope="module")
def described(ogc: Ogc) -> Any:
    return ogc.ask("/api", accept=OPENAPI).json()


def ids() -> tuple[str, ...]:
    return ("water", "built_up", "units", "railways", "roads", "communities", "facilities", "places")


def parameter(described: Any, collection: str, name: str) -> Any:
    found = described["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
    resolved = [
        described["components"]["parameters"][one["$ref"].split("/")[-1]] if "$ref" in one else one for one in found
    ]
    return next(one for one in resolved if one["name"] == name)


def check_links(document: Any, given: str, others: tuple[str, ...] = (HTML,)) -> None:
    """/conf/core/fc-links, /conf/core/f-links: itself and every other format, each with rel and type."""
    assert [one["type"] for one in linked(document, "self")] == [given]
    assert {one["type"] for one in linked(document, "alternate")} == set(others)
    assert all(one["href"] and one["rel"] and one["type"] for one in document["links"])


def check_page(page: Any, before: datetime) -> None:
    """/conf/core/fc-response and what it refers to."""
    assert page["type"] == "FeatureCollection"
    assert isinstance(page["features"], list)
    check_links(page, GEOJSON)
    moment = datetime.fromisoformat(page["timeStamp"])
    assert before - timedelta(seconds=1) <= moment <= datetime.now(UTC)
    assert page["numberReturned"] == len(page["features"])


# /conf/core/http
def test_conf_core_http(ogc: Ogc) -> None:
    for path in RESOURCES:
        body = ogc.ask(path)
        bare = ogc.web.head(f"/ogc{path}")
        assert bare.status_code == 200
        assert bare.content == b""
        assert bare.headers["content-type"] == body.headers["content-type"]
        assert bare.headers["etag"] == body.headers["etag"]
        if path.endswith("/items"):
            # Features are made there, by those who may.
            assert ogc.web.post(f"/ogc{path}", json={}).status_code == 401
            continue
        refused = ogc.web.post(f"/ogc{path}", json={})
        assert refused.status_code == 405
        assert "GET" in refused.headers["allow"]


# /conf/core/root-op, /conf/core/root-success
@pytest.mark.parametrize("path", ["", "/"])
def test_conf_core_root_op(ogc: Ogc, path: str) -> None:
    page = ogc.json(path)
    check_links(page, JSON)
    (desc,), (doc,) = linked(page, "service-desc"), linked(page, "service-doc")
    assert (desc["type"], doc["type"]) == (OPENAPI, HTML)
    assert linked(page, "conformance")
    assert linked(page, "data")
    for rel in ("service-desc", "service-doc", "conformance", "data"):
        (one,) = linked(page, rel)
        answer = ogc.web.get(one["href"], headers={"Accept": one["type"]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(one["type"])


# /conf/core/api-definition-op, /conf/core/api-definition-success; /conf/oas30/oas-definition-1, -2
def test_conf_oas30_definition(ogc: Ogc) -> None:
    answer = ogc.ask("/api", accept=OPENAPI)
    assert answer.headers["content-type"] == OPENAPI
    OpenAPIV30SpecValidator(answer.json()).validate()
    assert answer.json()["openapi"].startswith("3.0.")
    assert answer.json()["servers"] == [{"url": ROOT}]
    assert "openapi" in ogc.json("/api")


# /conf/oas30/oas-impl, /conf/oas30/completeness: what is described is there, with the statuses that are described
def test_conf_oas30_impl(ogc: Ogc, described: Any) -> None:
    for path, item in described["paths"].items():
        if "{tileMatrix}" in path or "{jobId}" in path or "get" not in item:
            continue
        answer = ogc.ask(path.replace("{featureId}", "1").rstrip("/"))
        assert answer.headers["content-type"] in item["get"]["responses"]["200"]["content"]
    assert {f"/collections/{one['id']}/items" for one in ogc.collections()} <= set(described["paths"])


# /conf/oas30/exception-codes
def test_conf_oas30_exception_codes(ogc: Ogc, described: Any) -> None:
    for item in described["paths"].values():
        if "get" in item:
            assert {"200", "304", "400", "401", "404", "429", "500", "503"} <= set(item["get"]["responses"])
    assert ogc.web.get("/ogc", headers={"Authorization": "Bearer nobody"}).status_code == 401


def test_what_changes_features_is_described_as_a_draft(described: Any) -> None:
    for collection in ids():
        many = described["paths"][f"/collections/{collection}/items"]
        one = described["paths"][f"/collections/{collection}/items/{{featureId}}"]
        changing = {"post": many["post"], **{name: one[name] for name in ("put", "patch", "delete")}}
        for name, operation in changing.items():
            assert "Draft" in operation["description"]
            assert operation["security"] == [{"token": []}]
            assert {"400", "401", "403", "404", "409", "413", "415"} <= set(operation["responses"])
            headers = {one["name"]: one["required"] for one in operation["parameters"] if one["in"] == "header"}
            assert headers == {"Geoservice-Reason": False} | ({"If-Match": True} if name != "post" else {}) | (
                {"Content-Crs": False} if name != "delete" else {}
            )
        assert "Location" in many["post"]["responses"]["201"]["headers"]
        assert "application/merge-patch+json" in one["patch"]["requestBody"]["content"]


# /conf/core/conformance-op, /conf/core/conformance-success
def test_conf_core_conformance_op(ogc: Ogc) -> None:
    document = ogc.json("/conformance")
    check_links(document, JSON)
    assert document["conformsTo"] == list(CONFORMANCE)
    assert document["drafts"] == list(DRAFTS)
    assert set(DRAFTS) <= set(CONFORMANCE)
    assert ogc.ask("/conformance", f="html").text.count("标准草案") == len(DRAFTS)
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in document["conformsTo"]


# /conf/core/fc-md-op, /conf/core/fc-md-success, /conf/core/fc-md-links, /conf/core/fc-md-items
def test_conf_core_fc_md_op(ogc: Ogc) -> None:
    document = ogc.json("/collections")
    check_links(document, JSON)
    assert [one["id"] for one in document["collections"]] == list(ids())
    for one in document["collections"]:
        assert one["itemType"] == "feature"
        assert one["title"]
        assert "示意数据" in one["description"]


# /conf/core/fc-md-items-links
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_md_items_links(ogc: Ogc, collection: str) -> None:
    one = next(found for found in ogc.collections() if found["id"] == collection)
    assert {link["type"] for link in linked(one, "items")} == {GEOJSON, HTML}
    for link in linked(one, "items"):
        answer = ogc.web.get(link["href"], headers={"Accept": link["type"]})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(link["type"])


# /conf/core/fc-md-extent: every feature lies in the extent, and every date in the interval
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_md_extent(ogc: Ogc, collection: str) -> None:
    extent = ogc.json(f"/collections/{collection}")["extent"]
    (bounds,) = extent["spatial"]["bbox"]
    assert extent["spatial"]["crs"] == CRS84
    features = ogc.everything(collection, limit=5000)
    around = box(*bounds).buffer(1e-6)
    assert all(around.covers(shape(one["geometry"])) for one in features if one["geometry"])
    if "temporal" in extent:
        ((first, last),) = extent["temporal"]["interval"]
        begun = [one["properties"]["opened_on"] for one in features if one["properties"].get("opened_on")]
        assert min(begun) == first[:10]
        assert last[:10] >= max(begun)


# /conf/core/sfc-md-op, /conf/core/sfc-md-success
@pytest.mark.parametrize("collection", ids())
def test_conf_core_sfc_md_op(ogc: Ogc, collection: str) -> None:
    document = ogc.json(f"/collections/{collection}")
    check_links(document, JSON)
    listed = next(one for one in ogc.collections() if one["id"] == collection)
    same = ("id", "title", "description", "extent", "crs", "storageCrs", "itemType")
    assert {name: document[name] for name in same} == {name: listed[name] for name in same}
    assert {link["href"] for link in linked(document, "items")} == {link["href"] for link in linked(listed, "items")}


# /conf/core/fc-op, /conf/core/fc-response, /conf/core/fc-links, /conf/core/fc-timeStamp, /conf/core/fc-numberReturned
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_op(ogc: Ogc, collection: str) -> None:
    before = datetime.now(UTC)
    page = ogc.items(collection)
    check_page(page, before)
    assert len(page["features"]) == min(10, page["numberMatched"])


# /conf/core/fc-numberMatched
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_number_matched(ogc: Ogc, collection: str) -> None:
    pages = list(ogc.pages(collection, limit=500))
    found = [feature["id"] for page in pages for feature in page["features"]]
    assert {page["numberMatched"] for page in pages} == {len(found)}
    assert found == sorted(set(found))


# /conf/core/crs84
@pytest.mark.parametrize("collection", ids())
def test_conf_core_crs84(ogc: Ogc, collection: str) -> None:
    answer = ogc.ask(f"/collections/{collection}/items", limit=100)
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    for feature in answer.json()["features"]:
        west, south, east, north = shape(feature["geometry"]).bounds
        assert 110 < west <= east < 115
        assert 29 < south <= north < 32


# /conf/core/fc-bbox-definition
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_bbox_definition(described: Any, collection: str) -> None:
    one = parameter(described, collection, "bbox")
    assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
    assert one["schema"]["type"] == "array"
    assert one["schema"]["items"] == {"type": "number"}
    assert one["schema"]["oneOf"] == [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]


# /conf/core/fc-bbox-response
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_bbox_response(ogc: Ogc, collection: str) -> None:
    everything = ogc.everything(collection, limit=5000)
    sides = (113.0, 30.55, 113.25, 30.75)
    wanted = box(*sides)
    met = [one["id"] for one in everything if one["geometry"] is None or shape(one["geometry"]).intersects(wanted)]
    text = ",".join(map(str, sides))
    before = datetime.now(UTC)
    page = ogc.items(collection, bbox=text, limit=5000)
    check_page(page, before)
    assert [one["id"] for one in page["features"]] == met
    assert ogc.ids(collection, bbox="113.0,30.55,-50,113.25,30.75,9000", limit=5000) == met
    assert len(met) > 0
    assert len(met) < len(everything) or collection == "railways"


def test_conf_core_fc_bbox_response_over_the_antimeridian(ogc: Ogc) -> None:
    every = ogc.ids("places", limit=5000)
    assert ogc.ids("places", bbox="113.0,30,-170,31", limit=5000) == ogc.ids(
        "places", bbox="113.0,30,180,31", limit=5000
    )
    assert ogc.ids("places", bbox="170,30,113.0,31", limit=5000) == ogc.ids(
        "places", bbox="-180,30,113.0,31", limit=5000
    )
    assert ogc.ids("places", bbox="170,30,-170,31") == []
    assert ogc.ids("places", bbox="-180,-90,180,90", limit=5000) == every


@pytest.mark.parametrize(
    "text",
    ["1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "nan,30,113,31", "112,30,inf,31", "112,31,113,30", "112,30,113,91",
     "112,-91,113,31", "181,30,182,31", "-181,30,113,31", "112,30,9,113,31,8", "a,b,c,d", "", "112,30,113,31,", "1e999,1,2,3"],
)  # fmt: skip
def test_conf_core_query_param_invalid_bbox(ogc: Ogc, text: str) -> None:
    assert ogc.refused("/collections/roads/items", bbox=text).startswith("ogc.bad-bbox.")


# /conf/core/fc-limit-definition
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_limit_definition(described: Any, collection: str) -> None:
    one = parameter(described, collection, "limit")
    assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
    assert one["schema"] == {"type": "integer", "minimum": 1, "maximum": 10000, "default": 10}


# /conf/core/fc-limit-response
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_limit_response(ogc: Ogc, collection: str) -> None:
    matched = ogc.items(collection)["numberMatched"]
    for limit in (1, 2, 1000, 10_000):
        assert len(ogc.items(collection, limit=limit)["features"]) == min(limit, matched)
    assert len(ogc.items(collection, limit=10**30)["features"]) == min(10_000, matched)


@pytest.mark.parametrize("text", ["0", "-1", "unlimited", "1.5", "", "１", "1e3", " 1"])
def test_conf_core_query_param_invalid_limit(ogc: Ogc, text: str) -> None:
    assert ogc.refused("/collections/roads/items", limit=text) == "api.bad-parameter"


# /conf/core/fc-time-definition
@pytest.mark.parametrize("collection", ids())
def test_conf_core_fc_time_definition(described: Any, collection: str) -> None:
    one = parameter(described, collection, "datetime")
    assert (one["in"], one["required"], one["style"], one["explode"]) == ("query", False, "form", False)
    assert one["schema"] == {"type": "string"}


def opened(feature: Any) -> tuple[str, str]:
    properties = feature["properties"]
    return properties["opened_on"] or "0000", properties["closed_on"] or "9999"


# /conf/core/fc-time-response
@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2015-06-01", "2015-06-01", "2015-06-01"),
        ("2015-06-01T12:00:00+08:00", "2015-06-01", "2015-06-01"),
        ("2015-06-01/2018-06-01", "2015-06-01", "2018-06-01"),
        ("2015-06-01/..", "2015-06-01", "9998"),
        ("2015-06-01/", "2015-06-01", "9998"),
        ("../2010-01-01", "0001", "2010-01-01"),
        ("/2010-01-01", "0001", "2010-01-01"),
        ("2010-01-01/P1Y", "2010-01-01", "2011-01-01"),
    ],
)
def test_conf_core_fc_time_response(ogc: Ogc, text: str, first: str, last: str) -> None:
    everything = ogc.everything("facilities", limit=5000)
    wanted = [one["id"] for one in everything if opened(one)[0] <= last and opened(one)[1] > first]
    assert ogc.ids("facilities", datetime=text, limit=5000) == wanted
    assert 0 < len(wanted) <= len(everything)
    # What has no dates is there at any time.
    assert ogc.ids("roads", datetime=text, limit=5000) == ogc.ids("roads", limit=5000)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2015-13-01", "2015-02-30", "2015-06-01T12:00:00", "2015-06-01T25:00:00Z", "2018-01-01/2015-01-01", "../..",
     "/", "a/b", "2015-01-01/2016-01-01/2017-01-01", "2015", "2015-06-01T12:00:00+99:00", "0000-01-01", "P1Y/P1Y", "2015-01-01/P",
     "9999-12-31/P9000Y", "２０１５-01-01", "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_conf_core_query_param_invalid_datetime(ogc: Ogc, text: str) -> None:
    assert ogc.refused("/collections/facilities/items", datetime=text) == "ogc.bad-datetime"


# /conf/core/query-param-unknown
@pytest.mark.parametrize("path", RESOURCES)
def test_conf_core_query_param_unknown(ogc: Ogc, path: str) -> None:
    for name in ("unknownQueryParameter12345", "offset", "startindex", "Limit"):
        assert ogc.refused(path, **{name: "1"}) == "api.unknown-parameter"


# /conf/core/query-param-invalid
@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"after": "x"}, "api.bad-token"),
        ({"f": "xml"}, "ogc.unknown-format"),
        ({"level": "a"}, "api.bad-parameter"),
        ({"bridge": "yes"}, "api.bad-parameter"),
        ({"speed_kmh": "nan"}, "api.bad-parameter"),
        ({"level": "9" * 30}, "api.bad-parameter"),
        ({"modes": "walk"}, "api.unknown-parameter"),
    ],
)
def test_conf_core_query_param_invalid(ogc: Ogc, given: dict[str, str], code: str) -> None:
    assert ogc.refused("/collections/roads/items", **given) == code


# /conf/core/f-op, /conf/core/f-success, /conf/core/f-links
@pytest.mark.parametrize("collection", ids())
def test_conf_core_f_op(ogc: Ogc, collection: str) -> None:
    listed = ogc.items(collection, limit=3)["features"][-1]
    feature = ogc.ask(f"/collections/{collection}/items/{listed['id']}", accept=GEOJSON).json()
    check_links(feature, GEOJSON)
    assert [one["href"] for one in linked(feature, "collection")] == [f"{ROOT}/collections/{collection}"]
    assert {name: feature[name] for name in ("type", "id", "geometry", "properties")} == listed


@pytest.mark.parametrize("feature_id", ["abc", "0", "-1", "1.0", "9" * 40, "99999999", "%E4%B8%80", "1%00"])
def test_a_feature_that_is_not_there(ogc: Ogc, feature_id: str) -> None:
    answer = ogc.web.get(f"/ogc/collections/roads/items/{feature_id}")
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/collections/nothing", "/collections/walls", "/collections/nothing/items", "/collections/walls/items",
                                  "/collections/nothing/items/1", "/collections/nothing/schema", "/collections/population/items"])  # fmt: skip
def test_a_collection_that_is_not_there_or_holds_nothing_to_be_seen(ogc: Ogc, path: str) -> None:
    assert ogc.refused(path, status=404) in ("ogc.no-collection", "ogc.no-feature")


# /conf/geojson/definition
@pytest.mark.parametrize("accept", [GEOJSON, JSON, "*/*", "", "application/xml, application/geo+json;q=0.5"])
def test_conf_geojson_definition(ogc: Ogc, accept: str) -> None:
    for path in ("/collections/roads/items", "/collections/roads/items/1"):
        assert ogc.ask(path, accept=accept).headers["content-type"] == GEOJSON
        assert ogc.ask(path, accept=HTML, f="json").headers["content-type"] == GEOJSON


# /conf/geojson/content
@pytest.mark.parametrize("collection", ids())
def test_conf_geojson_content(ogc: Ogc, collection: str) -> None:
    schema = ogc.json(f"/collections/{collection}/schema")["properties"]
    for feature in ogc.items(collection, limit=50)["features"]:
        assert set(feature) == {"type", "id", "geometry", "properties"}
        assert feature["type"] == "Feature"
        geometry = shape(feature["geometry"])
        assert shapely.is_valid(geometry)
        for polygon in getattr(geometry, "geoms", []):
            if polygon.geom_type == "Polygon":
                assert polygon.exterior.is_ccw
        assert set(feature["properties"]) == set(schema) - {"id", "geometry"}


# /conf/html/definition, /conf/html/content
@pytest.mark.parametrize("path", RESOURCES)
def test_conf_html_definition(ogc: Ogc, path: str) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = ogc.ask(path, accept=browser)
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.lstrip().startswith("<!doctype html>")
    assert ogc.ask(path, f="html").headers["content-type"].startswith("text/html")
    # Assets are our own, and links lead on.
    assert not re.findall(r'(?:src|href)="(?!/|\?|#|http://127\.0\.0\.1:8000/)', page.text)
    english = ogc.ask(path, f="html", lang="en").text
    assert '<html lang="en"' in english
    assert "ogc." not in re.sub(r"<[^>]*>|http\S+", " ", page.text + english)


def test_conf_html_content_of_features(ogc: Ogc) -> None:
    page = ogc.ask("/collections/facilities/items", f="html", type="nursing_home", name="", limit=3).text
    features = ogc.items("facilities", type="nursing_home", limit=3)["features"]
    for feature in features:
        assert feature["properties"]["name"] in page
        assert f'href="/ogc/collections/facilities/items/{feature["id"]}?f=html"' in page
    assert "养老机构" in page
    assert "示意数据，非测绘成果" in page
    assert 'rel="next"' in page
    for sign in ("<script>alert(1)</script>", '"><b>'):
        assert sign not in ogc.ask("/collections/facilities/items", f="html", name=sign).text


def test_answers_are_kept_until_the_records_change(ogc: Ogc) -> None:
    for path in (*RESOURCES, "/collections/places/items?limit=3"):
        tag = ogc.ask(path).headers["etag"]
        again = ogc.web.get(f"/ogc{path}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["cache-control"] == "no-cache"
    english = ogc.ask("/collections", lang="en")
    assert english.headers["etag"] != ogc.ask("/collections").headers["etag"]
