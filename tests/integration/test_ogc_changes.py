"""OGC API - Features - Part 4 (draft): features made, replaced, changed and taken out, by the rules of the records."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi import FastAPI
from pyproj import Transformer
from shapely.geometry import shape
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.ogc_client import BASE, CRS84, GEOJSON, JSON, epsg
from tests.people import signed_in

Json = dict[str, Any]
MERGE = "application/merge-patch+json"
COLLECTIONS = ["water", "built_up", "units", "railways", "roads", "communities", "facilities", "places"]
POINT = {"type": "Point", "coordinates": [113.16, 30.65]}
FACILITY: Json = {
    "type": "Feature",
    "geometry": POINT,
    "properties": {"name": "新建服务站", "type": "social_work_station", "beds": 12},
}


@pytest.fixture(scope="module")
def app(county: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def public(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=BASE)


def person(app: FastAPI, county: Database, name: str, *roles: str, units: tuple[int, ...] = ()) -> TestClient:
    return signed_in(TestClient(app, base_url=BASE), county, *roles, name=name, units=units)


@pytest.fixture(scope="module")
def clerk(app: FastAPI, county: Database) -> TestClient:
    return person(app, county, "clerk", "clerk", "approver")


@pytest.fixture(scope="module")
def viewer(app: FastAPI, county: Database) -> TestClient:
    return person(app, county, "viewer", "viewer")


@pytest.fixture(scope="module")
def own(county: Database) -> int:
    with county.connect("owner") as connection:
        return connection.execute(text("select min(unit_id) from facility where unit_id is not null")).scalar_one()


def items(collection: str, number: object = "") -> str:
    return f"/ogc/collections/{collection}/items" + (f"/{number}" if number else "")


def send(web: TestClient, method: str, path: str, body: object = None, **headers: str) -> Any:
    given = {"Content-Type": MERGE if method == "PATCH" else GEOJSON}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return web.request(method, path, content=content, headers=given)


def read(web: TestClient, collection: str, number: object, crs: str = CRS84) -> tuple[Json, str]:
    answer = web.get(items(collection, number), params={"crs": crs})
    assert answer.status_code == 200, answer.text
    return answer.json(), answer.headers["etag"]


def first(web: TestClient, collection: str) -> tuple[Json, str]:
    return read(web, collection, web.get(items(collection), params={"limit": 1}).json()["features"][0]["id"])


def made(web: TestClient, **properties: Any) -> tuple[Json, str]:
    answer = send(
        web, "POST", items("facilities"), {**FACILITY, "properties": {**FACILITY["properties"], **properties}}
    )
    assert answer.status_code == 201, answer.text
    return answer.json(), answer.headers["etag"]


def versions(web: TestClient, collection: str, number: int) -> list[Json]:
    found: list[Json] = web.get(f"/api/records/{collection}/{number}/versions").json()["items"]
    return found


def faults(answer: Any, status: int = 400) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    return {one["field"]: one["code"] for one in answer.json()["faults"]}


# /conf/create-replace-delete: insert
def test_a_feature_is_made(clerk: TestClient, public: TestClient) -> None:
    answer = send(clerk, "POST", items("facilities"), {**FACILITY, "id": "mine"})
    assert answer.status_code == 201, answer.text
    feature, where = answer.json(), answer.headers["location"]
    assert where == f"{BASE}{items('facilities', feature['id'])}"
    assert answer.headers["content-type"] == GEOJSON
    assert answer.headers["content-crs"] == f"<{CRS84}>"
    assert feature["geometry"] == POINT
    assert feature["properties"]["beds"] == 12
    assert feature["properties"]["township_code"]
    assert feature["properties"]["schematic"] is True
    again = clerk.get(where)
    assert {name: again.json()[name] for name in ("id", "geometry", "properties")} == {
        name: feature[name] for name in ("id", "geometry", "properties")
    }
    # Its maker decides what is published.
    assert public.get(where).status_code == 200
    (version,) = versions(clerk, "facilities", feature["id"])
    assert version["actor"] == "clerk"


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_what_is_put_as_it_was_read_changes_nothing(clerk: TestClient, collection: str) -> None:
    for crs in (CRS84, epsg(4490), epsg(4547)):
        feature, _ = first(clerk, collection)
        feature, tag = read(clerk, collection, feature["id"], crs)
        before = clerk.get(f"/api/records/{collection}/{feature['id']}").json()
        for method in ("PUT", "PATCH"):
            answer = send(
                clerk, method, items(collection, feature["id"]), feature, If_Match=tag, Content_Crs=f"<{crs}>"
            )
            assert answer.status_code == 200, answer.text
            assert answer.json()["geometry"] == feature["geometry"]
            assert answer.json()["properties"] == feature["properties"]
        assert clerk.get(f"/api/records/{collection}/{feature['id']}").json() == before


# /conf/create-replace-delete: replace
def test_a_feature_is_replaced_and_its_history_kept(clerk: TestClient) -> None:
    feature, tag = made(clerk, address="人民路1号")
    wanted = {**FACILITY, "properties": {"name": "改名的服务站", "type": "social_work_station"}}
    answer = send(clerk, "PUT", items("facilities", feature["id"]), wanted, If_Match=tag)
    assert answer.status_code == 200, answer.text
    now = answer.json()["properties"]
    assert (now["name"], now["beds"], now["address"]) == ("改名的服务站", None, None)
    # What identifies it stays.
    assert now["key"] == feature["properties"]["key"]
    assert answer.headers["etag"] != tag
    told = versions(clerk, "facilities", feature["id"])
    assert [one["values"]["name"] for one in told] == ["新建服务站", "改名的服务站"]
    assert told[0]["values"]["beds"] == 12


# /conf/update
@pytest.mark.parametrize("media_type", [MERGE, GEOJSON, JSON])
def test_a_feature_is_changed_by_a_merge_patch(clerk: TestClient, media_type: str) -> None:
    feature, tag = made(clerk, address="人民路1号")
    path = items("facilities", feature["id"])
    answer = send(
        clerk, "PATCH", path, {"properties": {"beds": 30, "address": None}}, If_Match=tag, Content_Type=media_type
    )
    assert answer.status_code == 200, answer.text
    expected = {**feature["properties"], "beds": 30, "address": None}
    assert answer.json()["properties"] == expected
    assert answer.json()["geometry"] == POINT
    moved = send(clerk, "PATCH", path, {"geometry": {"coordinates": [113.17, 30.66]}}, If_Match=answer.headers["etag"])
    assert moved.json()["geometry"] == {"type": "Point", "coordinates": [113.17, 30.66]}
    assert moved.json()["properties"]["beds"] == 30
    assert len(versions(clerk, "facilities", feature["id"])) == 3


def test_what_the_office_keeps_to_itself_outlives_a_replacement(clerk: TestClient) -> None:
    feature, _ = first(clerk, "places")
    path = f"/api/records/places/{feature['id']}"
    record = clerk.get(path).json()
    headers = {"If-Match": f'"v{record["version"]}"'}
    assert clerk.patch(path, json={"values": {"remark": "内部备注"}}, headers=headers).status_code == 200
    feature, tag = read(clerk, "places", feature["id"])
    assert "remark" not in feature["properties"]
    feature["properties"]["name"] = "新干驿"
    assert send(clerk, "PUT", items("places", feature["id"]), feature, If_Match=tag).status_code == 200
    assert clerk.get(path).json()["values"]["remark"] == "内部备注"
    _, tag = read(clerk, "places", feature["id"])
    answer = send(clerk, "PATCH", items("places", feature["id"]), {"properties": {"remark": "x"}}, If_Match=tag)
    assert faults(answer) == {"remark": "records.no-field"}


# /conf/create-replace-delete: delete
def test_a_feature_is_taken_out(clerk: TestClient) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    answer = clerk.request("DELETE", path, headers={"If-Match": tag, "Content-Type": JSON})
    assert (answer.status_code, answer.content) == (204, b"")
    assert clerk.get(path).status_code == 404
    assert clerk.request("DELETE", path, headers={"If-Match": tag, "Content-Type": JSON}).status_code == 404
    gone = clerk.get("/api/records/facilities/removed").json()["items"]
    assert gone[0]["id"] == feature["id"]
    assert gone[0]["actor"] == "clerk"


# /conf/optimistic-locking-etags
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_changes_name_the_version_that_they_start_from(clerk: TestClient, method: str) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    assert tag.startswith('"v')
    assert send(clerk, method, path, feature).status_code == 428
    for stale in ('"v999"', f"W/{tag}", "*", "nonsense"):
        assert send(clerk, method, path, feature, If_Match=stale).status_code == 412, stale
    # Of the same version in any form that it is given out in, as the records give it out too.
    english = clerk.get(path, params={"lang": "en", "crs": epsg(4490)}).headers["etag"]
    assert english != tag
    record = clerk.get(f"/api/records/facilities/{feature['id']}")
    assert send(clerk, "PATCH", path, {"properties": {"beds": 1}}, If_Match=english).status_code == 200
    assert send(clerk, method, path, feature, If_Match=record.headers["etag"]).status_code == 412
    _, fresh = read(clerk, "facilities", feature["id"])
    assert send(clerk, method, path, feature, If_Match=f'"v0", {fresh}').status_code in (200, 204)


def test_tags_of_readers_are_kept_as_before(clerk: TestClient, public: TestClient, viewer: TestClient) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    assert clerk.get(path, headers={"If-None-Match": clerk.get(path).headers["etag"]}).status_code == 304
    for web in (public, viewer):
        held = web.get(path).headers["etag"]
        assert held.startswith('W/"')
        assert web.get(path, headers={"If-None-Match": held}).status_code == 304
    assert send(clerk, "PATCH", path, {"properties": {"beds": 2}}, If_Match=tag).status_code == 200
    assert clerk.get(path, headers={"If-None-Match": tag}).status_code == 200


# /conf/features: coordinates in any system that the collection offers, in the order of its axes
@pytest.mark.parametrize("code", [4490, 4326, 4547, 3857])
def test_the_header_content_crs_is_respected(clerk: TestClient, code: int) -> None:
    place = Transformer.from_crs(4490, code).transform(30.65, 113.16)
    body = {**FACILITY, "geometry": {"type": "Point", "coordinates": list(place)}}
    answer = send(clerk, "POST", items("facilities"), body, Content_Crs=f"<{epsg(code)}>")
    assert answer.status_code == 201, answer.text
    assert answer.headers["content-crs"] == f"<{epsg(code)}>"
    assert answer.json()["geometry"]["coordinates"] == pytest.approx(list(place), abs=0.002)
    stored, _ = read(clerk, "facilities", answer.json()["id"])
    assert stored["geometry"]["coordinates"] == pytest.approx([113.16, 30.65], abs=1e-7)


@pytest.mark.parametrize("header", ["<http://www.opengis.net/def/crs/EPSG/0/2000>", "EPSG:4490", "", "<>"])
def test_a_system_that_is_not_offered_is_refused(clerk: TestClient, header: str) -> None:
    answer = send(clerk, "POST", items("facilities"), FACILITY, Content_Crs=header)
    assert (answer.status_code, answer.json()["code"]) == (400, "ogc.unknown-crs")


def test_coordinates_of_another_system_fall_off_the_earth(clerk: TestClient) -> None:
    # North first, though CRS84 was said; metres, though degrees were.
    for at in ([30.65, 113.16], [515000, 3392000]):
        body = {**FACILITY, "geometry": {"type": "Point", "coordinates": at}}
        assert faults(send(clerk, "POST", items("facilities"), body)) == {"geometry": "import.not-on-earth"}
    answer = send(clerk, "POST", items("facilities"), FACILITY, Content_Crs=f"<{epsg(4490)}>")
    assert list(faults(answer)) == ["geometry"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 400, "ogc.not-json"),
        ("仙桃", 400, "ogc.not-json"),
        (b"\xff\xfe", 400, "ogc.not-json"),
        ('{"type": NaN}', 400, "ogc.not-json"),
        ("[" * 100_000, 400, "ogc.not-json"),
        ('{"a":' * 50 + "1" + "}" * 50, 400, "ogc.not-json"),
        ('{"type": "Feature", "properties": {"name": "a\\u0000b"}}', 400, "ogc.not-json"),
        ('{"type": "Feature", "properties": {"\\ud800": "a"}}', 400, "ogc.not-json"),
        ([], 400, "ogc.not-a-feature"),
        ("null", 400, "ogc.not-a-feature"),
        ({}, 400, "ogc.not-a-feature"),
        ({"type": "FeatureCollection", "features": [FACILITY]}, 400, "ogc.not-a-feature"),
        ({"type": "Feature", "properties": {}}, 400, "ogc.not-a-feature"),
        ({"type": "Feature", "geometry": None, "properties": 1}, 400, "ogc.not-a-feature"),
        ({"type": "Feature", "geometry": "POINT(1 1)", "properties": {}}, 400, "ogc.not-a-feature"),
    ],
)
def test_a_body_that_is_no_feature_is_refused(clerk: TestClient, body: object, status: int, code: str) -> None:
    feature, tag = made(clerk)
    for method, path in (("POST", items("facilities")), ("PUT", items("facilities", feature["id"]))):
        answer = send(clerk, method, path, body, If_Match=tag)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["detail"]
        assert "no-store" in answer.headers["cache-control"]
    assert read(clerk, "facilities", feature["id"])[0]["properties"] == feature["properties"]


@pytest.mark.parametrize(
    ("properties", "wrong"),
    [
        ({"nonsense": 1}, {"nonsense": "records.no-field"}),
        ({"nonsense": None, "classification": "public"}, {"nonsense": "records.no-field", "classification": "records.no-field"}),
        ({"township_code": "429004999", "schematic": False}, {"township_code": "ogc.read-only", "schematic": "ogc.read-only"}),
        ({"type": "castle", "beds": "many"}, {"type": "", "beds": ""}),
        ({"beds": -5, "name": None}, {"beds": "", "name": ""}),
        ({"beds": 10**40}, {"beds": ""}),
        ({"name": "长" * 5000}, {"name": ""}),
        ({"beds": [1], "name": {"a": "b"}}, None),
    ],
)  # fmt: skip
def test_faults_stand_beside_their_properties(
    clerk: TestClient, properties: Json, wrong: dict[str, str] | None
) -> None:
    body = {**FACILITY, "properties": {**FACILITY["properties"], **properties}}
    answer = send(clerk, "POST", items("facilities"), body)
    if wrong is None:
        assert answer.status_code in (201, 400), answer.text
        return
    found = faults(answer)
    assert set(found) == set(wrong)
    assert all(code in ("", found[name]) for name, code in wrong.items())
    feature, tag = made(clerk)
    patch = {"properties": {name: value for name, value in properties.items() if value is not None}}
    if not (set(found) <= set(patch["properties"])):
        return
    again = send(clerk, "PATCH", items("facilities", feature["id"]), patch, If_Match=tag)
    assert faults(again) == found


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "LineString", "coordinates": [[113.1, 30.6], [113.2, 30.6]]},
        {"type": "Point", "coordinates": []},
        {"type": "Point"},
        {"type": "Point", "coordinates": ["a", "b"]},
        {"type": "仙桃", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [1e999, 30]},
    ],
)
@pytest.mark.parametrize("crs", [CRS84, epsg(4490), epsg(4547)])
def test_a_geometry_that_the_layer_cannot_hold_is_refused(clerk: TestClient, geometry: Json | None, crs: str) -> None:
    body = json.dumps({**FACILITY, "geometry": geometry}).replace("Infinity", "1e999")
    answer = send(clerk, "POST", items("facilities"), body, Content_Crs=f"<{crs}>")
    assert list(faults(answer)) == ["geometry"]


def test_an_outline_that_crosses_itself_is_refused_with_its_place(clerk: TestClient) -> None:
    bow = [[113.0, 30.0], [113.1, 30.1], [113.1, 30.0], [113.0, 30.1], [113.0, 30.0]]
    body = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [bow]}, "properties": {"name": "新湖"}}
    answer = send(clerk, "POST", items("water"), body)
    assert faults(answer)["geometry"] == "records.invalid-shape"
    fault = next(one for one in answer.json()["faults"] if one["field"] == "geometry")
    assert fault["at"] == pytest.approx([113.05, 30.05])


def test_what_identifies_a_feature_is_not_changed(clerk: TestClient) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    assert faults(send(clerk, "PATCH", path, {"properties": {"key": "other"}}, If_Match=tag)) == {
        "key": "records.for-life"
    }
    other = send(clerk, "PUT", path, {**FACILITY, "id": feature["id"] + 1}, If_Match=tag)
    assert (other.status_code, other.json()["code"]) == (400, "ogc.other-id")
    twice = send(clerk, "POST", items("facilities"), {**FACILITY, "properties": feature["properties"]})
    assert set(faults(twice)) == {"township_code", "township_name", "schematic"}
    copy = {name: value for name, value in feature["properties"].items() if name not in faults(twice)}
    assert send(clerk, "POST", items("facilities"), {**FACILITY, "properties": copy}).status_code == 409


def test_a_body_is_bounded(clerk: TestClient, public: TestClient) -> None:
    line = json.dumps({**FACILITY, "properties": {"name": "长" * 3_500_000}}, ensure_ascii=False).encode()
    assert len(line) > 10_000_000
    answer = send(clerk, "POST", items("facilities"), line)
    assert (answer.status_code, answer.json()["code"]) == (413, "api.body-too-large")


def test_other_media_types_are_refused(app: FastAPI, county: Database, clerk: TestClient) -> None:
    feature, tag = made(clerk)
    for method, path in (("POST", items("facilities")), ("PUT", items("facilities", feature["id"]))):
        assert send(clerk, method, path, FACILITY, If_Match=tag, Content_Type="text/plain").status_code == 400
        assert send(clerk, method, path, FACILITY, If_Match=tag, Content_Type=MERGE).status_code == 400


def test_a_program_changes_features_by_its_token(app: FastAPI, clerk: TestClient) -> None:
    made_token = clerk.post("/api/session/tokens", json={"title": "qgis", "scope": "write"})
    web = TestClient(app, base_url=BASE, headers={"Authorization": f"Bearer {made_token.json()['token']}"})
    feature, tag = made(web)
    path = items("facilities", feature["id"])
    for method, where in (("POST", items("facilities")), ("PUT", path), ("PATCH", path)):
        answer = send(web, method, where, "a=b", If_Match=tag, Content_Type="application/x-www-form-urlencoded")
        assert (answer.status_code, answer.json()["code"]) == (415, "ogc.media-type")
        assert "application/geo+json" in answer.json()["remedy"]
    assert web.delete(path, headers={"If-Match": tag}).status_code == 204
    reading = clerk.post("/api/session/tokens", json={"title": "map", "scope": "read"}).json()["token"]
    answer = send(web, "POST", items("facilities"), FACILITY, Authorization=f"Bearer {reading}")
    assert answer.status_code == 403


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_schema_tells_what_is_received(clerk: TestClient, collection: str) -> None:
    """/conf/returnables-and-receivables: what is read-only is refused, all else is not refused as such."""
    feature, tag = first(clerk, collection)
    described = clerk.get(f"/ogc/collections/{collection}/schema").json()["properties"]
    fixed = {name for name in feature["properties"] if described[name].get("readOnly")}
    assert "schematic" in fixed
    assert "name" not in fixed
    patch = {"properties": {name: [["nonsense"]] for name in feature["properties"]}}
    assert faults(send(clerk, "PATCH", items(collection, feature["id"]), patch, If_Match=tag)) == dict.fromkeys(
        fixed, "ogc.read-only"
    )
    assert described["id"]["readOnly"]


def test_another_sites_page_is_refused(clerk: TestClient) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    for headers in ({"Origin": "https://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"X_Form_Key": "wrong"}):
        for method, where in (("POST", items("facilities")), ("PUT", path), ("PATCH", path), ("DELETE", path)):
            assert send(clerk, method, where, FACILITY, If_Match=tag, **headers).status_code == 403
    assert "access-control-allow-methods" not in clerk.options(path, headers={"Origin": "https://evil.example"}).headers


def test_who_may_not_change_is_told(
    clerk: TestClient, public: TestClient, viewer: TestClient, app: FastAPI, county: Database, own: int
) -> None:
    feature, tag = made(clerk)
    path = items("facilities", feature["id"])
    everything = (("POST", items("facilities")), ("PUT", path), ("PATCH", path), ("DELETE", path))
    for method, where in everything:
        assert send(public, method, where, FACILITY, If_Match=tag).status_code == 401
        assert send(viewer, method, where, FACILITY, If_Match=tag).status_code == 403
    local = person(app, county, "local", "clerk", units=(own,))
    with county.connect("owner") as connection:
        there, here = (
            connection.execute(
                text(f"select min(id) from facility where unit_id {sign} :own and published"), {"own": own}
            ).scalar_one()
            for sign in ("<>", "=")
        )
    feature, tag = read(local, "facilities", there)
    for method in ("PUT", "PATCH", "DELETE"):
        assert send(local, method, items("facilities", there), feature, If_Match=tag).status_code == 403
    road, tag = first(local, "roads")
    assert send(
        local, "PATCH", items("roads", road["id"]), {"properties": {"name": "x"}}, If_Match=tag
    ).status_code in (403, 412)
    feature, tag = read(local, "facilities", here)
    mine = send(local, "PATCH", items("facilities", here), {"properties": {"beds": 77}}, If_Match=tag)
    assert mine.status_code == 200, mine.text
    # A clerk makes what is internal: publishing is somebody else's.
    body = {**FACILITY, "geometry": feature["geometry"]}
    new = send(local, "POST", items("facilities"), body)
    assert new.status_code == 201, new.text
    assert public.get(new.headers["location"]).status_code == 404
    assert clerk.get(new.headers["location"]).status_code == 200
    outside = send(
        local, "POST", items("facilities"), {**FACILITY, "geometry": read(local, "facilities", there)[0]["geometry"]}
    )
    assert outside.status_code == 403


def test_options_tell_what_one_may_do(
    clerk: TestClient, public: TestClient, viewer: TestClient, app: FastAPI, county: Database
) -> None:
    reading = {"GET", "HEAD", "OPTIONS"}

    def allow(web: TestClient, path: str) -> set[str]:
        answer = web.options(path)
        assert (answer.status_code, answer.content) == (200, b"")
        return set(answer.headers["allow"].split(", "))

    assert allow(clerk, items("facilities")) == reading | {"POST"}
    assert allow(clerk, items("facilities", 1)) == reading | {"PUT", "PATCH", "DELETE"}
    for web in (public, viewer):
        assert allow(web, items("facilities")) == allow(web, items("facilities", 1)) == reading
    assert allow(clerk, items("population")) == reading
    refused = send(clerk, "POST", items("population"), FACILITY)
    assert refused.status_code == 405
    assert set(refused.headers["allow"].split(", ")) == reading
    assert clerk.options(items("nothing")).status_code == 404


def test_what_is_not_allowed_names_what_is(clerk: TestClient, public: TestClient) -> None:
    reading = {"GET", "HEAD", "OPTIONS"}
    single, several = items("facilities", 1), items("facilities")
    for web, path, method, allowed in (
        (clerk, single, "POST", reading | {"PUT", "PATCH", "DELETE"}),
        (clerk, several, "PUT", reading | {"POST"}),
        (clerk, several, "DELETE", reading | {"POST"}),
        (public, single, "POST", reading),
        (public, several, "PATCH", reading),
        (clerk, items("population", 1), "POST", reading),
        (clerk, items("population", 1), "PUT", reading),
        (public, single, "PROPFIND", reading | {"PUT", "PATCH", "DELETE", "POST"}),
        (public, "/ogc/collections", "DELETE", {"GET", "HEAD"}),
        (public, "/api/units", "POST", {"GET", "HEAD"}),
    ):
        refused = web.request(method, path, json={})
        assert refused.status_code == 405, (path, method, refused.text)
        assert set(refused.headers["allow"].split(", ")) == allowed, (path, method)
        assert refused.json()["code"] == "api.method-not-allowed"


@pytest.mark.parametrize("sent", ["%E5%AE%9E%E5%9C%B0%E6%A0%B8%E5%AF%B9", "实地核对".encode()])
def test_a_reason_is_kept_in_the_history(clerk: TestClient, sent: str | bytes) -> None:
    new = clerk.post(items("facilities"), json=FACILITY, headers={"Geoservice-Reason": sent})
    assert new.status_code == 201, new.text
    number, tag = new.json()["id"], new.headers["etag"]
    for method in ("PATCH", "DELETE"):
        body = {"properties": {"beds": 20}} if method == "PATCH" else None
        headers = {"Geoservice-Reason": sent, "If-Match": tag, "Content-Type": JSON}
        done = clerk.request(method, items("facilities", number), json=body, headers=headers)  # type: ignore[arg-type]
        assert done.status_code in (200, 204), done.text
        tag = done.headers.get("etag", "")
    told = clerk.get(f"/api/history/facility/{number}").json()
    reasons = [one["reason"] for one in told["items"]]
    assert reasons
    assert set(reasons) == {"实地核对"}


@pytest.mark.parametrize("sent", ["x" * 501, "%00", "%FF"])
def test_a_reason_that_is_none_is_refused(clerk: TestClient, sent: str) -> None:
    answer = clerk.post(items("facilities"), json=FACILITY, headers={"Geoservice-Reason": sent})
    assert (answer.status_code, answer.json()["code"]) == (400, "ogc.bad-reason")


def test_places_that_are_not_there(clerk: TestClient) -> None:
    assert send(clerk, "POST", items("nothing"), FACILITY).status_code == 404
    for number in ("0", "abc", "99999999", "9" * 40):
        for method in ("PUT", "PATCH", "DELETE"):
            answer = send(clerk, method, items("facilities", number), FACILITY, If_Match='"v1"')
            assert (answer.status_code, answer.json()["code"]) == (404, "ogc.no-feature")
    assert clerk.post(items("facilities"), params={"x": "1"}, json=FACILITY).json()["code"] == "api.unknown-parameter"


@pytest.mark.parametrize(
    ("collection", "geometry", "properties"),
    [
        ("communities", None, {"name": "新村"}),
        ("units", None, {"name": "新设镇", "level": "township"}),
        ("roads", {"type": "LineString", "coordinates": [[113.1, 30.6], [113.2, 30.6]]}, {"name": "新路"}),
    ],
)
def test_features_of_several_tables_are_made_changed_and_taken_out(
    clerk: TestClient, collection: str, geometry: Json | None, properties: Json
) -> None:
    source, _ = first(clerk, collection)
    needed = {"roads": ("class",)}.get(collection, ())
    properties = {**{name: source["properties"][name] for name in needed}, **properties}
    answer = send(clerk, "POST", items(collection), {"type": "Feature", "geometry": geometry, "properties": properties})
    assert answer.status_code == 201, answer.text
    path = items(collection, answer.json()["id"])
    changed = send(clerk, "PATCH", path, {"properties": {"name": "改名"}}, If_Match=answer.headers["etag"])
    assert changed.json()["properties"]["name"] == "改名"
    assert send(clerk, "DELETE", path, {}, If_Match=changed.headers["etag"]).status_code == 204
    assert clerk.get(path).status_code == 404


def test_an_outline_is_given_out_as_it_came_in(clerk: TestClient) -> None:
    ring = [[112.0, 30.0], [112.1, 30.0], [112.1, 30.1], [112.0, 30.1], [112.0, 30.0]]
    body = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"name": "新镇", "level": "township"}}  # fmt: skip
    answer = send(clerk, "POST", items("units"), body)
    assert answer.status_code == 201, answer.text
    assert shape(answer.json()["geometry"]).equals(shape(body["geometry"]))
