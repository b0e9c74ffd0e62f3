"""OGC API - Features part 3 and CQL2: abstract tests by their ids, and filters by chance held against Python."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests.cql2_oracle import bare, holds, text, trees
from tests.integration.test_ogc_core import ids, ogc  # noqa: F401 - a fixture
from tests.integration.test_ogc_crs import SYSTEMS, told
from tests.ogc_client import HTML, ROOT, Ogc, epsg, linked

# Where a test asks for every property: these, and of the large ones what lies here.
SOME = ("railways", "units", "facilities", "places")
WINDOW = {"places": "113.1,30.6,113.2,30.7"}
VALUES = {"string": "'foo'", "boolean": "true", "number": "3.14", "integer": "1", "date": "DATE('2022-04-14')"}
WORLD = "POLYGON((-180 -90,180 -90,180 90,-180 90,-180 -90))"


@pytest.fixture(scope="module")
def everything(ogc: Ogc) -> dict[str, list[dict[str, Any]]]:  # noqa: F811
    return {collection: ogc.everything(collection, limit=5000) for collection in ids()}


def inside(collection: str) -> dict[str, str]:
    return {"bbox": WINDOW[collection]} if collection in WINDOW else {}


def filtered(ogc: Ogc, collection: str, expression: str, **given: Any) -> list[int]:  # noqa: F811
    page = ogc.items(collection, filter=expression, limit=5000, **given)
    assert page["numberMatched"] == page["numberReturned"]
    return [one["id"] for one in page["features"]]


def queryables(ogc: Ogc, collection: str) -> dict[str, Any]:  # noqa: F811
    found: dict[str, Any] = ogc.json(f"/collections/{collection}/queryables")["properties"]
    return found


def kind(one: dict[str, Any]) -> str:
    return str(one.get("format", one.get("type")))


# /conf/queryables/get-queryables, /conf/queryables/get-collection, /conf/basic-cql2/basic-test
@pytest.mark.parametrize("collection", ids())
def test_conf_queryables(ogc: Ogc, collection: str) -> None:  # noqa: F811
    (link,) = linked(ogc.json(f"/collections/{collection}"), "http://www.opengis.net/def/rel/ogc/1.0/queryables")
    answer = ogc.web.get(link["href"], headers={"Accept": "application/schema+json"})
    assert answer.headers["content-type"] == "application/schema+json"
    document = answer.json()
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == link["href"] == f"{ROOT}/collections/{collection}/queryables"
    assert document["type"] == "object"
    assert document["additionalProperties"] is False
    assert document["properties"]["geometry"]["format"].startswith("geometry-")
    assert all({"type", "format"} & set(one) for one in document["properties"].values())
    assert any(one.get("type") == "string" for one in document["properties"].values())


# /conf/queryables-query-parameters/parameters
@pytest.mark.parametrize("collection", SOME)
def test_conf_queryables_query_parameters(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    for name, one in queryables(ogc, collection).items():
        values = [feature["properties"].get(name) for feature in everything[collection]]
        value = next((value for value in values if value not in (None, "") and kind(one) in VALUES), None)
        if value is not None:
            wanted = [feature["id"] for feature in everything[collection] if feature["properties"][name] == value]
            asked = json.dumps(value) if isinstance(value, bool) else value
            assert ogc.ids(collection, **{name: asked}, limit=5000) == wanted, name


# /conf/basic-cql2/comparison, /conf/basic-cql2/is-null
@pytest.mark.parametrize("collection", SOME)
def test_conf_basic_cql2_comparison(ogc: Ogc, collection: str) -> None:  # noqa: F811
    for name, one in queryables(ogc, collection).items():
        if kind(one) in VALUES:
            found = {op: set(filtered(ogc, collection, f'"{name}" {op} {VALUES[kind(one)]}', **inside(collection))) for op in ("=", "<>", ">", "<=", "<", ">=")}  # fmt: skip
            for op, other in (("=", "<>"), (">", "<="), ("<", ">=")):
                assert not found[op] & found[other]
        assert not set(filtered(ogc, collection, f"{name} IS NULL", **inside(collection))) & set(filtered(ogc, collection, f"{name} is not null", **inside(collection)))  # fmt: skip


# /conf/basic-cql2/boolean
@pytest.mark.parametrize("collection", ids())
def test_conf_basic_cql2_boolean(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    assert filtered(ogc, collection, "true") == [one["id"] for one in everything[collection]]
    assert filtered(ogc, collection, "false") == []


# /conf/basic-cql2/logical, and the same of the classes beside it: any of their predicates, joined
@pytest.mark.parametrize("lang", ["cql2-text", "cql2-json"])
@pytest.mark.parametrize("collection", ["facilities", "places"])
def test_conf_logical_against_python(ogc: Ogc, everything: Any, collection: str, lang: str) -> None:  # noqa: F811
    features = everything[collection]
    known = {
        name: [value for one in features if isinstance(value := one["properties"].get(name), str | int | float)]
        for name in queryables(ogc, collection)
    }
    dated = {name: values for name, values in known.items() if name in ("opened_on", "closed_on")}
    named = {name: values for name, values in known.items() if name in ("name", "type", "class", "romanisation", "beds", "rank", "bridge", "level", "speed_kmh", "schematic", "code")}  # fmt: skip
    columns = {name: sorted(set(values))[::7] or values[:1] for name, values in (dated | named).items() if values}
    bounds = tuple(
        map(float, shapely.total_bounds([shapely.from_geojson(json.dumps(one["geometry"])) for one in features]))
    )
    if collection != "facilities":
        columns = {name: values for name, values in columns.items() if not name.endswith("_on")}

    @how(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(trees(columns, bounds))
    def check(tree: Any) -> None:
        written = text(tree) if lang == "cql2-text" else json.dumps(tree)
        wanted = [one["id"] for one in features if holds(tree, one)]
        assert filtered(ogc, collection, written, filter_lang=lang) == wanted

    check()


# /conf/advanced-comparison-operators/like, between, in-list
def test_conf_advanced_comparison_operators(ogc: Ogc, everything: Any) -> None:  # noqa: F811
    def wanted(fits: Callable[[Any], bool]) -> list[int]:
        return [one["id"] for one in everything["facilities"] if fits(one["properties"])]

    def found(expression: str) -> list[int]:
        return filtered(ogc, "facilities", expression)

    assert found("name LIKE '%福利院'") == wanted(lambda one: one["name"].endswith("福利院")) != []
    assert found("name LIKE '____'") == wanted(lambda one: len(one["name"]) == 4)
    assert found("name like '%\\%%'") == []
    assert (
        found("beds BETWEEN 50 AND 100")
        == wanted(lambda one: one["beds"] is not None and 50 <= one["beds"] <= 100)
        != []
    )
    assert (
        found("type IN ('cemetery','nursing_home')")
        == wanted(lambda one: one["type"] in ("cemetery", "nursing_home"))
        != []
    )
    assert found("type NOT IN ('cemetery')") == wanted(lambda one: one["type"] != "cemetery")


# /conf/case-insensitive-comparison/casei, casei-like; /conf/accent-insensitive-comparison/accenti, accenti-like, accenti-casei
@pytest.mark.parametrize("collection", SOME)
def test_conf_insensitive_comparison(ogc: Ogc, collection: str) -> None:  # noqa: F811
    def same(one: str, other: str) -> None:
        there = inside(collection)
        assert filtered(ogc, collection, one, **there) == filtered(ogc, collection, other, **there)

    for name, one in queryables(ogc, collection).items():
        if kind(one) == "string":
            same(f"CASEI({name}) = casei('foO')", f"casei({name}) = CASEI('FOO')")
            same(f"CASEI({name}) LIKE casei('FOO%')", f"CASEI({name}) LIKE casei('foo%')")
            same(f"ACCENTI({name}) LIKE accenti('Ä%')", f"ACCENTI({name}) LIKE accenti('A%')")
            same(f"ACCENTI(CASEI({name})) = accenti(casei('ÄÉ'))", f"ACCENTI(CASEI({name})) = accenti(casei('ae'))")
            same(f"ACCENTI(CASEI({name})) LIKE accenti(casei('kØ%'))", f"CASEI(ACCENTI({name})) LIKE accenti(casei('kO%'))")  # fmt: skip


def test_pinyin_is_found_without_its_tones(ogc: Ogc, everything: Any) -> None:  # noqa: F811
    toned = next(one for one in everything["places"] if bare(one["properties"]["romanisation"]) != one["properties"]["romanisation"])  # fmt: skip
    plain = bare(toned["properties"]["romanisation"]).lower()
    found = filtered(ogc, "places", f"CASEI(ACCENTI(romanisation)) = '{plain}'")
    assert toned["id"] in found
    assert found == [one["id"] for one in everything["places"] if bare(one["properties"]["romanisation"]).lower() == plain]  # fmt: skip
    assert filtered(ogc, "places", f"romanisation = '{plain}'") == []


# /conf/basic-spatial-functions/s_intersects, /conf/spatial-functions/s_intersects, s_disjoint, s_equals ...
@pytest.mark.parametrize("collection", SOME)
def test_conf_spatial_functions(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    every = [one["id"] for one in everything[collection]]

    def found(op: str, shape: str) -> list[int]:
        return filtered(ogc, collection, f"{op}(geometry,{shape})")

    for shape in ("BBOX(-180,-90,180,90)", WORLD):
        assert found("S_INTERSECTS", shape) == found("S_WITHIN", shape) == every
        assert found("S_DISJOINT", shape) == found("S_CONTAINS", shape) == found("S_TOUCHES", shape) == []
        assert found("S_CROSSES", shape) == found("S_EQUALS", shape) == found("S_OVERLAPS", shape) == []
    for shape in ("LINESTRING(7 50,10 51)", "POINT(7.02 49.92)", "MULTIPOINT(7 50,10 51)"):
        assert found("S_DISJOINT", shape) == every
        for op in ("INTERSECTS", "WITHIN", "CONTAINS", "EQUALS", "TOUCHES", "CROSSES", "OVERLAPS"):
            assert found(f"S_{op}", shape) == []
    for op in ("S_INTERSECTS", "S_DISJOINT"):
        for shape in ("POINT(90 180)", "MULTIPOINT(7.02 49.92, 90 180)"):
            assert refusal(ogc, collection, f"{op}(geometry,{shape})") == "outside"


# /conf/spatial-functions/test-data: a feature's own geometry, its corner, and what lies in it
def test_conf_spatial_functions_of_a_feature(ogc: Ogc, everything: Any) -> None:  # noqa: F811
    point = everything["facilities"][0]
    written = shapely.to_wkt(shapely.from_geojson(json.dumps(point["geometry"])), rounding_precision=-1)
    assert point["id"] in filtered(ogc, "facilities", f"S_EQUALS(geometry,{written})")
    unit = next(one for one in everything["units"] if one["properties"]["level"] == "township")
    shape = shapely.from_geojson(json.dumps(unit["geometry"]))
    inside = shapely.to_wkt(shape.representative_point(), rounding_precision=-1)
    assert unit["id"] in filtered(ogc, "units", f"S_CONTAINS(geometry,{inside}) AND level = 'township'")
    ring = shapely.to_wkt(shape.buffer(0.001).simplify(0.0005), rounding_precision=-1)
    assert unit["id"] in filtered(ogc, "units", f"S_WITHIN(geometry,{ring})")
    assert unit["id"] not in filtered(ogc, "units", f"S_OVERLAPS(geometry,{ring})")


# /conf/basic-spatial-functions-plus/s_intersects
@pytest.mark.parametrize("collection", ["facilities", "units"])
def test_conf_basic_spatial_functions_plus(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    middle = "113.1 30.6"
    shapes = [
        f"MULTIPOINT({middle}, 113.2 30.7)", f"LINESTRING(112.7 30.4, {middle}, 113.4 30.9)",
        f"MULTILINESTRING((112.7 30.4, {middle}), (113.2 30.4, 113.2 30.9))",
        "POLYGON((113 30.5,113.3 30.5,113.3 30.8,113 30.8,113 30.5),(113.1 30.6,113.2 30.6,113.2 30.7,113.1 30.7,113.1 30.6))",
        "MULTIPOLYGON(((113 30.5,113.1 30.5,113.1 30.6,113 30.5)),((113.2 30.6,113.3 30.6,113.3 30.7,113.2 30.6)))",
        "GEOMETRYCOLLECTION(POINT(113.1 30.6), POLYGON((113 30.5,113.1 30.5,113.1 30.6,113 30.5)))",
    ]  # fmt: skip
    for shape in shapes:
        wanted = [one["id"] for one in everything[collection] if shapely.intersects(shapely.from_wkt(shape), shapely.from_geojson(json.dumps(one["geometry"])))]  # fmt: skip
        assert filtered(ogc, collection, f"S_INTERSECTS(geometry,{shape})") == wanted
        rest = sorted({one["id"] for one in everything[collection]} - set(wanted))
        assert filtered(ogc, collection, f"S_DISJOINT({shape},geometry)") == rest


# /conf/temporal-functions/temporal-functions-1, -2
def test_conf_temporal_functions(ogc: Ogc, everything: Any) -> None:  # noqa: F811
    for name, op in itertools.product(
        ("opened_on", "closed_on"), ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS")
    ):
        for other in ("DATE('2012-04-24')", "INTERVAL('2011-01-01','2015-12-31')"):
            filtered(ogc, "facilities", f"T_{op}({name},{other})")
    for op in ("AFTER", "BEFORE", "DISJOINT", "EQUALS", "INTERSECTS", "CONTAINS", "DURING", "FINISHEDBY", "FINISHES", "MEETS", "METBY", "OVERLAPPEDBY", "OVERLAPS", "STARTEDBY", "STARTS"):  # fmt: skip
        written = f"T_{op}(INTERVAL(opened_on,closed_on),INTERVAL('2011-01-01','2015-12-31'))"
        # Of an interval without one of its ends nothing is known, neither that it is so nor that it is not.
        whole = [one["id"] for one in everything["facilities"] if None not in map(one["properties"].get, ("opened_on", "closed_on"))]  # fmt: skip
        assert sorted(filtered(ogc, "facilities", written) + filtered(ogc, "facilities", f"NOT {written}")) == whole


# /conf/filter/filter-param, filter-lang-default, expression-construction; /conf/features-filter/filter-on-items
@pytest.mark.parametrize("collection", ids())
def test_conf_filter_param(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    names = [name for name in queryables(ogc, collection) if name != "geometry"]
    for extra in ({}, {"filter_lang": "cql2-text"}):
        for name in names[:2]:
            wanted = [one["id"] for one in everything[collection] if one["properties"][name] is None]
            assert filtered(ogc, collection, f"{name} IS NULL", **extra) == wanted
        assert refusal(ogc, collection, "THIS IS NOT A FILTER", **extra) == "syntax"
        assert refusal(ogc, collection, "this_is_not_a_queryable IS NULL", **extra) == "unknown-property"


# /conf/filter/filter-crs-wgs84, /conf/filter/filter-crs-param, /conf/filter/mixing-expression
@pytest.mark.parametrize("collection", ids())
def test_conf_filter_crs_param(ogc: Ogc, everything: Any, collection: str) -> None:  # noqa: F811
    every = [one["id"] for one in everything[collection]]
    document = ogc.json(f"/collections/{collection}")
    ((west, south, east, north),) = document["extent"]["spatial"]["bbox"]
    box = f"S_INTERSECTS(geometry,BBOX({west},{south},{east},{north}))"
    assert filtered(ogc, collection, box) == every
    assert filtered(ogc, collection, box, bbox=f"{west},{south},{east},{north}") == every
    assert filtered(ogc, collection, box, bbox="1,1,2,2") == []
    assert ogc.refused(f"/collections/{collection}/items", filter="S_INTERSECTS(geometry,BBOX(1000000,1000000,2000000,2000000))")  # fmt: skip
    for code in SYSTEMS:
        corners = [number for point in ((west - 0.02, south - 0.02), (east + 0.02, north + 0.02)) for number in told(list(point), code)]  # fmt: skip
        sides = ",".join(map(str, corners))
        assert filtered(ogc, collection, f"S_INTERSECTS(geometry,BBOX({sides}))", filter_crs=epsg(code)) == every
    unknown = "http://www.opengis.net/def/crs/OGC/0/does_not_exist"
    assert ogc.refused(f"/collections/{collection}/items", filter=box, filter_crs=unknown) == "ogc.unknown-crs"


@pytest.mark.parametrize("code", SYSTEMS)
def test_a_geometry_in_another_system(ogc: Ogc, everything: Any, code: int) -> None:  # noqa: F811
    ring = [(113.0, 30.5), (113.3, 30.5), (113.3, 30.8), (113.0, 30.5)]
    corners = [told(list(point), code) for point in ring]
    written = ",".join(f"{first} {second}" for first, second in corners)
    shape, features = shapely.Polygon(corners), everything["facilities"]
    wanted = [one["id"] for one in features if shape.covers(shapely.Point(told(one["geometry"]["coordinates"], code)))]
    assert (
        filtered(ogc, "facilities", f"S_INTERSECTS(geometry,POLYGON(({written})))", filter_crs=epsg(code))
        == wanted
        != []
    )


def test_pages_keep_the_filter(ogc: Ogc, everything: Any) -> None:  # noqa: F811
    for lang, expression in (("cql2-text", "beds > 20"), ("cql2-json", '{"op":">","args":[{"property":"beds"},20]}')):
        given = {"filter": expression, "filter_lang": lang, "datetime": "2020-01-01", "bbox": "112.9,30.3,113.5,30.9"}
        whole = ogc.items("facilities", limit=5000, **given)
        pages = list(ogc.pages("facilities", limit=7, **given))
        assert len(pages) > 1
        assert [one for page in pages for one in page["features"]] == whole["features"]
        assert {page["numberMatched"] for page in pages} == {len(whole["features"])}
        assert all(one["properties"]["beds"] > 20 for one in whole["features"])


def refusal(ogc: Ogc, collection: str, expression: str, **given: Any) -> str:  # noqa: F811
    code = ogc.refused(f"/collections/{collection}/items", filter=expression, **given)
    assert code.startswith("ogc.bad-filter."), code
    return code.removeprefix("ogc.bad-filter.")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [("nothing = 1", "unknown-property"), ("remark IS NULL", "unknown-property"), ("classification = 'public'", "unknown-property"),
     ("name = 1", "type"), ("beds = 'x'", "type"), ("beds = true", "type"), ("opened_on = '2010-01'", "date"), ("geometry = 1", "type"),
     ("opened_on = TIMESTAMP('2010-01-01T00:00:00Z')", "timestamp"), ("opened_on = DATE('2010-02-30')", "date"), ("opened_on = DATE(5)", "date"),
     ("beds LIKE 'x'", "type"), ("name LIKE name", "pattern"), ("name LIKE 'x\\'", "pattern-end"), ("name LIKE 'x\\\\\\' ", "pattern-end"), ("casei(beds) = 'x'", "type"), ("NOT name", "type"),
     ("name AND beds > 1", "type"), ("name", "no-condition"), ("5", "no-condition"), ("(1,2) = beds", "list"), ("beds IN (1,'x')", "type"),
     ("pg_sleep(10) = 1", "unknown-function"), ("pg_sleep(10)", "unknown-function"), ("casei(name, name) = 'x'", "arguments"), ("beds > 1e999", "value"),
     ("s_intersects(geometry, name)", "type"), ("s_within(geometry, POLYGON((0 0,1 1,1 0,0 1,0 0)))", "invalid"), ("1 IS NULL", "null"),
     ("s_within(geometry, GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4)))", "collection"), ("t_after(name, DATE('2010-01-01'))", "type"),
     ("t_meets(opened_on, INTERVAL('2010-01-01','..'))", "type"), ("t_after(opened_on, INTERVAL('2010-01-01'))", "interval"),
     ("t_after(opened_on, INTERVAL('a','b'))", "date"), ("t_after(opened_on, INTERVAL(beds,beds))", "type"), ("modes = 'x'", "unknown-property")],
)  # fmt: skip
def test_what_is_no_filter_of_the_collection_is_refused_in_words(ogc: Ogc, expression: str, reason: str) -> None:  # noqa: F811
    assert refusal(ogc, "facilities", expression) == reason
    answer = ogc.ask("/collections/facilities/items", filter=expression, status=400).text.lower()
    assert not any(hint in answer for hint in ("select", "psycopg", "sqlalchemy", "postgres", "column", " st_"))


@pytest.mark.parametrize(
    ("tree", "reason"),
    [("", "json"), ("[", "json"), ("nan", "json"), ("NaN", "json"), ("1e999", "value"), ("[" * 15_000, "json"), ("{}", "json"), ('{"op":"="}', "json"),
     ('{"op":"=","args":[1]}', "arguments"), ('{"op":5,"args":[]}', "json"), ('{"op":"and","args":[true]}', "arguments"), ("null", "value"), ("[]", "list"),
     ('{"op":"=","args":[{"property":"name"},"\\u0000"]}', "value"), ('{"op":"=","args":[{"property":"name"},"\\ud800"]}', "value"),
     ('{"property":"name; drop table facility"}', "unknown-property"), ('{"op":"in","args":[{"property":"beds"},[]]}', "arguments"),
     ('{"op":"s_within","args":[{"property":"geometry"},{"type":"Point"}]}', "geometry"), ('{"op":"s_within","args":[{"property":"geometry"},{"type":"Point","coordinates":[1]}]}', "geometry"),
     ('{"op":"s_within","args":[{"property":"geometry"},{"type":["Point"]}]}', "json"), ('{"op":"in","args":[{"property":"beds"},5]}', "arguments"),
     ('{"op":"isNull","args":[]}', "arguments"), ('{"op":"=","args":[{"property":"beds"},' + "9" * 5000 + "]}", "json"),
     ('{"op":"not","args":[' * 33 + "true" + "]}" * 33, "deep"), ('{"op":"like","args":[{"property":"name"},"x\\\\"]}', "pattern-end"),
     ('{"op":"and","args":[' + ",".join(["true"] * 5001)[:-5] + "true]}", "long")],
)  # fmt: skip
def test_what_is_no_json_filter_is_refused_in_words(ogc: Ogc, tree: str, reason: str) -> None:  # noqa: F811
    assert refusal(ogc, "facilities", tree, filter_lang="cql2-json") == reason


def test_parameters_that_go_with_a_filter(ogc: Ogc) -> None:  # noqa: F811
    for alone in ({"filter_lang": "cql2-json"}, {"filter_crs": epsg(4490)}):
        assert ogc.refused("/collections/facilities/items", **alone) == "ogc.goes-with"
    assert ogc.refused("/collections/facilities/items", filter="true", filter_lang="ecql") == "ogc.unknown-language"


JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(["geometry", "beds", "Point", ".."])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.builds(lambda op, args: {"op": op, "args": args}, st.sampled_from(["=", "in", "like", "and", "not", "isNull", "between", "casei", "s_within", "t_after"]), st.lists(inner, max_size=3)),
        st.builds(lambda key, one: {key: one}, st.sampled_from(["property", "date", "interval", "bbox", "timestamp"]), inner),
        st.builds(lambda kind, one: {"type": kind, "coordinates": one}, st.sampled_from(["Point", "Polygon", "MultiPoint"]), inner),
    ),
    max_leaves=8,
)  # fmt: skip


def test_no_tree_makes_the_service_fail(ogc: Ogc) -> None:  # noqa: F811
    @how(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(JUNK)
    def check(tree: Any) -> None:
        answer = ogc.web.get("/ogc/collections/facilities/items", params={"filter": json.dumps(tree), "filter-lang": "cql2-json"})  # fmt: skip
        assert answer.status_code in (200, 400), answer.text

    check()


def test_the_page_asks_by_a_filter(ogc: Ogc) -> None:  # noqa: F811
    page = ogc.ask("/collections/facilities/items", accept=HTML, filter="beds > 20", limit=3).text
    assert 'name="filter" value="beds &gt; 20"' in page
    assert "filter=beds+%3E+20" in page


@pytest.mark.parametrize("resource", ["items", "download"])
@pytest.mark.parametrize(
    ("condition", "more"),
    [
        ("beds > 50", {}),
        ("name LIKE '%院%' AND S_INTERSECTS(geometry, BBOX(112.5,30.3,113.2,30.7))", {}),
        ('{"op":"<","args":[{"property":"beds"},40]}', {"filter_lang": "cql2-json"}),
        ("beds IS NULL", {"type": "nursing_home"}),
    ],
)
def test_files_hold_what_fits(ogc: Ogc, resource: str, condition: str, more: dict[str, str]) -> None:  # noqa: F811
    wanted = ogc.ids("facilities", limit=1000, filter=condition, **more)
    assert len(wanted) < len(ogc.ids("facilities", limit=1000))
    path = f"/collections/facilities/{resource}"
    given = {"filter": condition, **more, **({"limit": 1000} if resource == "items" else {})}
    sheet = csv.DictReader(io.StringIO(ogc.ask(path, f="csv", **given).content.decode("utf-8-sig")))
    assert [int(row["id"]) for row in sheet] == wanted
    lines = ogc.ask(path, f="geojsonseq", **given).text.replace("\x1e", "").splitlines()
    assert [json.loads(line)["id"] for line in lines if line] == wanted
    assert ogc.refused(path, f="csv", filter="nonsense = 1").startswith("ogc.")
