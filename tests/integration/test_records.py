"""Records changed over HTTP: every layer, every role, versions, several at once, taken out, as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

Json = dict[str, Any]
LAYERS = ["water", "controls", "built_up", "units", "railways", "walls", "roads", "communities", "facilities", "places"]


@pytest.fixture(scope="module")
def app(county: Database, settings: Settings, catalog: Catalog) -> FastAPI:
    return create_app(settings, catalog=catalog, database=county)


@pytest.fixture(scope="module")
def own(county: Database) -> int:
    with county.connect("owner") as connection:
        return connection.execute(text("select min(unit_id) from facility where unit_id is not null")).scalar_one()


def client(app: FastAPI) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=True)


@pytest.fixture(scope="module")
def clerk(app: FastAPI, county: Database) -> TestClient:
    return signed_in(client(app), county, "clerk", "approver", name="clerk")


@pytest.fixture(scope="module")
def local(app: FastAPI, county: Database, own: int) -> TestClient:
    return signed_in(client(app), county, "clerk", name="local", units=[own])


@pytest.fixture(scope="module")
def viewer(app: FastAPI, county: Database) -> TestClient:
    return signed_in(client(app), county, "viewer", name="viewer")


def first(web: TestClient, layer: str, **query: Any) -> Json:
    items = web.get(f"/api/records/{layer}", params={"limit": 1, **query}).json()["items"]
    found: Json = web.get(f"/api/records/{layer}/{items[0]['id']}").json()
    return found


def patch(web: TestClient, layer: str, record: Json, **body: Any) -> Any:
    return web.patch(f"/api/records/{layer}/{record['id']}", json=body, headers={"If-Match": f'"v{record["version"]}"'})


def take_out(web: TestClient, layer: str, record: Json) -> Any:
    headers = {"If-Match": f'"v{record["version"]}"'}
    return web.request("DELETE", f"/api/records/{layer}/{record['id']}", json={}, headers=headers)


def revision(county: Database, layer: str) -> int:
    with county.connect("owner") as connection:
        return connection.execute(
            text("select revision from layer_revision where layer = :layer"), {"layer": layer}
        ).scalar_one()


def test_layers_tell_their_forms(clerk: TestClient, viewer: TestClient, local: TestClient) -> None:
    told = {one["id"]: one for one in clerk.get("/api/records").json()["items"]}
    assert sorted(told) == sorted(LAYERS)
    facilities = {field["name"]: field for field in told["facilities"]["fields"]}
    assert facilities["type"]["codes"][0].keys() == {"code", "title"}
    assert facilities["key"]["for_life"]
    assert "township_code" not in facilities
    assert all(one["may_edit"] and one["may_publish"] for one in told.values())
    assert not any(one["may_edit"] for one in viewer.get("/api/records").json()["items"])
    # The ground is nobody's township.
    mine = {one["id"]: one["may_edit"] for one in local.get("/api/records").json()["items"]}
    assert mine["facilities"]
    assert not mine["roads"]


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_saved_as_it_was_read_changes_nothing(clerk: TestClient, county: Database, layer: str) -> None:
    page = clerk.get(f"/api/records/{layer}", params={"limit": 3}).json()
    if not page["items"]:
        pytest.skip("the sample has none")
    assert page["total"] >= len(page["items"])
    for line in page["items"]:
        record = clerk.get(f"/api/records/{layer}/{line['id']}").json()
        assert {name: record[name] for name in line} == line
        body = {"values": record["values"], "geometry": record["geometry"], "unit_id": record["unit_id"]}
        answer = patch(clerk, layer, record, **body)
        assert answer.status_code == 200, answer.text
        again = answer.json()
        assert again["values"] == record["values"]
        assert again["geometry"] == record["geometry"]
        assert again["version"] == record["version"]


@pytest.mark.parametrize(
    ("layer", "values"),
    [
        ("facilities", {"beds": "120", "nursing_beds": 80, "name": "改名的福利院", "opened_on": "2020年5月"}),
        ("communities", {"population": 1000, "population_60": 300, "population_80": 20, "class": "乡村"}),
        ("places", {"name": "新干驿", "alias": "干镇；甘驿", "romanisation": "Xīn Gānyì", "rank": 2}),
        ("units", {"name": "新镇", "kind": "镇"}),
        ("roads", {"name": "人民路", "oneway": "单行", "speed_kmh": "40"}),
        ("water", {"name": "义河"}),
    ],
)
def test_values_of_every_kind_are_changed_and_on_record(
    clerk: TestClient, county: Database, layer: str, values: Json
) -> None:
    record = first(clerk, layer)
    before = revision(county, layer)
    answer = patch(clerk, layer, record, values=values, reason="来函更正")
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert changed["version"] != record["version"]
    assert answer.headers["etag"] == f'"v{changed["version"]}"'
    assert changed["geometry"] == record["geometry"]
    for name, value in values.items():
        assert changed["values"][name] != record["values"][name], name
        if isinstance(value, int):
            assert changed["values"][name] == value
    assert revision(county, layer) > before
    versions = clerk.get(f"/api/records/{layer}/{record['id']}/versions").json()["items"]
    assert [one["number"] for one in versions] == list(range(1, len(versions) + 1))
    assert versions[-1]["values"] == changed["values"]
    assert versions[-1]["actor"] == "clerk"
    assert versions[-1]["reason"] == "来函更正"
    assert versions[-2]["values"] == record["values"]
    assert versions[0]["action"] == "import"
    # Restored: the old values are sent like any others.
    back = patch(clerk, layer, changed, values=versions[-2]["values"]).json()
    assert back["values"] == record["values"]


def test_a_facility_moves_and_its_township_goes_along(clerk: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        row = connection.execute(
            text(
                "select f.id, o.unit_id, st_x(st_pointonsurface(o.geom)) as lon, st_y(st_pointonsurface(o.geom)) as lat"
                " from facility f join unit_version v on v.unit_id = f.unit_id and st_intersects(v.geom, f.geom)"
                " join unit_version o on o.level = 'township' and o.unit_id <> f.unit_id order by 1, 2 limit 1"
            )
        ).one()
    record = clerk.get(f"/api/records/facilities/{row.id}").json()
    moved = patch(clerk, "facilities", record, geometry={"type": "Point", "coordinates": [row.lon, row.lat]}).json()
    assert moved["unit_id"] == row.unit_id
    assert moved["geometry"]["coordinates"] == [row.lon, row.lat]
    # Whoever names the township decides.
    kept = patch(clerk, "facilities", moved, geometry=record["geometry"], unit_id=row.unit_id).json()
    assert kept["unit_id"] == row.unit_id


def test_versions_guard_against_each_other(clerk: TestClient) -> None:
    record = first(clerk, "facilities")
    path = f"/api/records/facilities/{record['id']}"
    assert clerk.patch(path, json={"values": {"beds": 9}}).status_code == 428
    assert patch(clerk, "facilities", record, values={"address": "新街1号"}).status_code == 200
    late = patch(clerk, "facilities", record, values={"address": "新街2号"})
    assert late.status_code == 412
    body = {"changes": [{"id": record["id"], "version": record["version"], "values": {"address": "新街3号"}}]}
    assert clerk.post("/api/records/facilities/changes", json=body).status_code == 412
    assert clerk.get(path).json()["values"]["address"] == "新街1号"


def test_a_record_is_made_taken_out_and_made_again(clerk: TestClient) -> None:
    point = {"type": "Point", "coordinates": [113.16, 30.65]}
    given = {"values": {"name": "新建服务站", "type": "社会工作服务站"}, "geometry": point, "reason": "新建"}
    answer = clerk.post("/api/records/facilities", json=given)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["values"]["key"].startswith("desk.")
    assert made["unit_id"] is not None
    assert made["marks"]["published"]
    gone = take_out(clerk, "facilities", made)
    assert gone.status_code == 200
    assert gone.json()["values"] == made["values"]
    assert clerk.get(f"/api/records/facilities/{made['id']}").status_code == 404
    again = clerk.post("/api/records/facilities", json={"values": gone.json()["values"], "geometry": point}).json()
    assert again["values"] == made["values"]
    twice = clerk.post("/api/records/facilities", json={"values": gone.json()["values"], "geometry": point})
    assert twice.status_code == 409


@pytest.mark.parametrize(
    ("layer", "values", "geometry"),
    [
        ("communities", {"name": "新村"}, None),
        ("places", {"name": "新地名", "class_code": "21000"}, {"type": "Point", "coordinates": [113.1, 30.6]}),
        ("units", {"name": "新设镇", "level": "township"}, None),
        ("controls", {"class": "farmland"}, {"type": "Point", "coordinates": [113.1, 30.6]}),
        ("walls", {"class": "wall"}, {"type": "LineString", "coordinates": [[113.1, 30.6], [113.2, 30.6]]}),
    ],
)
def test_records_of_several_tables_are_made_and_taken_out(
    clerk: TestClient, catalog: Catalog, layer: str, values: Json, geometry: Json | None
) -> None:
    declared = {field.name: field for field in catalog.layers[layer].fields}
    for name in values:
        if declared[name].codes and name != "level":
            values = {**values, name: catalog.codes[str(declared[name].codes)].entries[0].code}
    answer = clerk.post(f"/api/records/{layer}", json={"values": values, "geometry": geometry})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["values"]["name" if "name" in values else "class"]
    gone = take_out(clerk, layer, made)
    assert gone.status_code == 200, gone.text
    assert clerk.get(f"/api/records/{layer}/{made['id']}").status_code == 404


def test_several_records_change_together_or_not_at_all(clerk: TestClient, county: Database) -> None:
    lines = clerk.get("/api/records/facilities", params={"limit": 40, "field": "type", "value": "nursing_home"}).json()
    assert {one["values"]["type"] for one in lines["items"]} == {"nursing_home"}
    changes = [
        {"id": one["id"], "version": one["version"], "values": {"address": "统一地址"}} for one in lines["items"]
    ]
    trial = clerk.post("/api/records/facilities/changes", json={"changes": changes, "check_only": True})
    assert trial.status_code == 200, trial.text
    assert {one["values"]["address"] for one in trial.json()["items"]} == {"统一地址"}
    one = clerk.get(f"/api/records/facilities/{changes[0]['id']}").json()
    assert one["values"]["address"] != "统一地址"
    wrong = [*changes[:-1], {**changes[-1], "values": {"beds": "many"}}]
    refused = clerk.post("/api/records/facilities/changes", json={"changes": wrong})
    assert refused.status_code == 422
    (fault,) = refused.json()["faults"]
    assert (fault["index"], fault["field"]) == (len(changes) - 1, "beds")
    assert clerk.get(f"/api/records/facilities/{changes[0]['id']}").json()["version"] == one["version"]
    done = clerk.post("/api/records/facilities/changes", json={"changes": changes, "reason": "搬迁"}).json()["items"]
    assert [item["id"] for item in done] == [item["id"] for item in changes]
    assert clerk.get("/api/records/facilities", params={"q": "统一地址"}).json()["total"] == len(changes)


def test_a_shared_border_moves_for_both(clerk: TestClient) -> None:
    ring = [[112.0, 30.0], [112.1, 30.0], [112.1, 30.1], [112.0, 30.1], [112.0, 30.0]]
    other = [[112.1, 30.0], [112.2, 30.0], [112.2, 30.1], [112.1, 30.1], [112.1, 30.0]]
    made = [
        clerk.post(
            "/api/records/units",
            json={
                "values": {"name": name, "level": "township"},
                "geometry": {"type": "Polygon", "coordinates": [shape]},
            },
        ).json()
        for name, shape in (("东乡", ring), ("西乡", other))
    ]
    moved = json.loads(json.dumps([one["geometry"] for one in made]).replace("[112.1, 30.1]", "[112.12, 30.11]"))
    body = {
        "changes": [
            {"id": one["id"], "version": one["version"], "geometry": shape}
            for one, shape in zip(made, moved, strict=True)
        ]
    }
    after = clerk.post("/api/records/units/changes", json=body).json()["items"]
    one, two = (shapely.geometry.shape(item["geometry"]) for item in after)
    assert one.intersection(two).area == 0
    assert not shapely.union(one, two).interiors
    assert shapely.union(one, two).area == pytest.approx(one.area + two.area, rel=1e-15)


def test_a_record_is_joined_to_another_in_one_step(clerk: TestClient) -> None:
    square = [[112.5, 30.0], [112.6, 30.0], [112.6, 30.1], [112.5, 30.1], [112.5, 30.0]]
    one, two = (
        clerk.post(
            "/api/records/units",
            json={
                "values": {"name": name, "level": "township"},
                "geometry": {"type": "Polygon", "coordinates": [[[x + shift, y] for x, y in square]]},
            },
        ).json()
        for name, shift in (("左乡", 0.0), ("右乡", 0.1))
    )
    joined = {"type": "Polygon", "coordinates": [[[112.5, 30], [112.7, 30], [112.7, 30.1], [112.5, 30.1], [112.5, 30]]]}
    body = {
        "changes": [{"id": one["id"], "version": one["version"], "geometry": joined}],
        "removals": [{"id": two["id"], "version": two["version"] + 1}],
    }
    assert clerk.post("/api/records/units/changes", json=body).status_code == 412
    assert clerk.get(f"/api/records/units/{one['id']}").json() == one
    body["removals"][0]["version"] = two["version"]
    assert clerk.post("/api/records/units/changes", json=body).status_code == 200
    assert clerk.get(f"/api/records/units/{two['id']}").status_code == 404


def test_a_drawn_road_joins_the_roads_whose_vertices_it_shares(clerk: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        row = connection.execute(
            text("select id, level, node_ids, st_asgeojson(geom, 15) as shape from road order by id limit 1")
        ).one()
    start = json.loads(row.shape)["coordinates"][0]
    line = {"type": "LineString", "coordinates": [start, [start[0] + 0.001, start[1]], [start[0] + 0.002, start[1]]]}
    values = {"class": "residential", "level": row.level, "modes": ["步行"]}
    made = clerk.post("/api/records/roads", json={"values": values, "geometry": line})
    assert made.status_code == 201, made.text
    assert made.json()["values"]["modes"] == ["walk"]
    with county.connect("owner") as connection:
        ids = connection.execute(
            text("select node_ids from road where id = :id"), {"id": made.json()["id"]}
        ).scalar_one()
    assert ids[0] == row.node_ids[0]
    assert len(set(ids)) == 3
    turned = {**line, "coordinates": line["coordinates"][::-1]}
    again = patch(clerk, "roads", made.json(), geometry=turned).json()
    with county.connect("owner") as connection:
        back = connection.execute(text("select node_ids from road where id = :id"), {"id": again["id"]}).scalar_one()
    assert back == ids[::-1]


POLYGON = {"type": "Polygon", "coordinates": [[[113, 30], [113.1, 30.1], [113.1, 30], [113, 30.1], [113, 30]]]}


@pytest.mark.parametrize(
    ("layer", "body", "field"),
    [
        ("facilities", {"values": {"beds": -1}}, "beds"),
        ("facilities", {"values": {"beds": 3, "nursing_beds": 4}}, "nursing_beds"),
        ("facilities", {"values": {"name": "  "}}, "name"),
        ("facilities", {"values": {"name": "长" * 101}}, "name"),
        ("facilities", {"values": {"type": "酒店"}}, "type"),
        ("facilities", {"values": {"opened_on": "2026-13-01"}}, "opened_on"),
        ("facilities", {"values": {"opened_on": "2026-02-01", "closed_on": "2026-01-01"}}, "opened_on"),
        ("facilities", {"values": {"colour": "red"}}, "colour"),
        ("facilities", {"values": {"key": "other"}}, "key"),
        ("facilities", {"geometry": None}, "geometry"),
        ("facilities", {"geometry": {"type": "Point"}}, "geometry"),
        ("facilities", {"geometry": {"type": "Point", "coordinates": [200, 30]}}, "geometry"),
        ("facilities", {"geometry": {"type": "Point", "coordinates": ["x", 30]}}, "geometry"),
        ("facilities", {"geometry": {"type": "LineString", "coordinates": [[113, 30], [113, 31]]}}, "geometry"),
        ("units", {"geometry": POLYGON}, "geometry"),
        ("roads", {"geometry": {"type": "LineString", "coordinates": [[113, 30], [113, 30]]}}, "geometry"),
        ("roads", {"values": {"oneway": "也许"}}, "oneway"),
        ("roads", {"values": {"modes": ["马"]}}, "modes"),
        ("communities", {"values": {"population": 10, "population_60": 11}}, "population_60"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_is_wrong_stands_beside_its_field(
    clerk: TestClient, layer: str, body: Json, field: str, lang: str
) -> None:
    record = first(clerk, layer)
    clerk.cookies.set("lang", lang)
    headers = {"If-Match": f'"v{record["version"]}"', "Accept-Language": lang}
    answer = clerk.patch(f"/api/records/{layer}/{record['id']}", json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    faults = answer.json()["faults"]
    assert field in {fault["field"] for fault in faults}
    assert all(fault["reason"] and "error." not in fault["reason"] for fault in faults)
    if body.get("geometry") is POLYGON:
        assert faults[0]["at"] == pytest.approx([113.05, 30.05])
    assert clerk.get(f"/api/records/{layer}/{record['id']}").json() == record


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/api/records/population", None, 404),
        ("get", "/api/records/nothing", None, 404),
        ("get", "/api/records/facilities/999999999", None, 404),
        ("get", "/api/records/facilities?field=geom&value=1", None, 400),
        ("get", "/api/records/places?field=name&value=1", None, 400),
        ("get", "/api/records/facilities?limit=100000", None, 400),
        ("post", "/api/records/facilities/changes", {"changes": []}, 400),
        (
            "post",
            "/api/records/facilities/changes",
            {"changes": [{"id": 1, "version": 0}, {"id": 1, "version": 0}]},
            400,
        ),
        ("post", "/api/records/facilities/removal", {"records": [{"id": 999999999, "version": 1}]}, 404),
        ("post", "/api/records/facilities", {"values": {"name": "x"}}, 422),
        ("post", "/api/records/facilities", {"values": {"name": "x"}, "extra": 1}, 400),
    ],
)
def test_bad_requests_are_told(clerk: TestClient, method: str, path: str, body: Json | None, status: int) -> None:
    answer = clerk.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_the_county_is_not_taken_out_from_under_its_townships(clerk: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        run = connection.execute(text("select facility_id from coverage_facility limit 1")).scalar_one()
    record = clerk.get(f"/api/records/facilities/{run}").json()
    answer = take_out(clerk, "facilities", record)
    assert answer.status_code in (200, 409)
    if answer.status_code == 409:
        assert answer.json()["remedy"]


def test_rights_hold(
    app: FastAPI, clerk: TestClient, local: TestClient, viewer: TestClient, own: int, county: Database
) -> None:
    mine, other = first(clerk, "facilities", unit=own), None
    with county.connect("owner") as connection:
        number = connection.execute(
            text("select min(id) from facility where unit_id <> :own and published"), {"own": own}
        ).scalar_one()
    other = clerk.get(f"/api/records/facilities/{number}").json()
    public = client(app)
    for path in ("/api/records", "/api/records/facilities", f"/api/records/facilities/{mine['id']}"):
        assert public.get(path).status_code == 401
    assert patch(viewer, "facilities", mine, values={"beds": 1}).status_code == 403
    assert viewer.post("/api/records/facilities", json={"values": {}}).status_code == 403
    assert patch(local, "facilities", mine, values={"address": "自己的"}).status_code == 200
    refused = patch(local, "facilities", other, values={"address": "别人的"})
    assert refused.status_code == 403
    assert clerk.get(f"/api/records/facilities/{number}").json() == other
    assert take_out(local, "facilities", other).status_code == 403
    # Publication is an approver's: what a clerk makes is internal, and stays so.
    point = {"type": "Point", "coordinates": [mine["lon"], mine["lat"]]}
    made = local.post(
        "/api/records/facilities",
        json={"values": {"name": "内部", "type": "nursing_home"}, "geometry": point, "unit_id": own},
    ).json()
    assert made["marks"] == {"classification": "internal", "published": False, "schematic": True, "batch_id": None}
    assert patch(local, "facilities", made, published=True).status_code == 403
    shown = patch(clerk, "facilities", made, published=True)
    assert shown.json()["marks"]["published"]
    assert public.get(f"/api/facilities/{made['id']}").status_code == 200
    community = local.post("/api/records/communities", json={"values": {"name": "本镇新村"}, "unit_id": own})
    assert community.status_code == 201, community.text
    abroad = local.post("/api/records/communities", json={"values": {"name": "外镇新村"}, "unit_id": other["unit_id"]})
    assert abroad.status_code == 403


def test_one_name_for_another_is_no_return_to_the_version_before(clerk: TestClient) -> None:
    record = first(clerk, "places", q="台")
    read = patch(clerk, "places", record, values={"alias": "甲村"}).json()
    bare = patch(clerk, "places", read, values={"alias": None}).json()
    assert bare["values"]["alias"] is None
    other = patch(clerk, "places", bare, values={"alias": "乙村"}).json()
    assert other["values"]["alias"] == "乙村"
    assert len({one["version"] for one in (read, bare, other)}) == 3
    assert patch(clerk, "places", read, values={"alias": "丙村"}).status_code == 412


def test_records_near_a_box_come_with_their_geometry(clerk: TestClient) -> None:
    one = first(clerk, "units")
    west, south, east, north = shapely.geometry.shape(one["geometry"]).bounds
    box = {"bbox": f"{west},{south},{east},{north}"}
    items = clerk.get("/api/records/units/near", params=box).json()["items"]
    assert one in items
    assert len(clerk.get("/api/records/units/near", params={**box, "limit": 2}).json()["items"]) == 2
    assert clerk.get("/api/records/units/near").status_code == 400
    assert clerk.get("/api/records/units/near", params={"bbox": "1,2,x"}).status_code == 400


def test_a_reading_that_nobody_confirmed_stays_one_of_several(clerk: TestClient, county: Database) -> None:
    point = {"type": "Point", "coordinates": [113.16, 30.66]}
    given = {"name": "重兴路", "class_code": "23"}
    made = clerk.post("/api/records/places", json={"values": given, "geometry": point}).json()

    def keys() -> Any:
        with county.connect("owner") as connection:
            asked = "select reading_source, tones, alike_keys from place_name where place_id = :id"
            return connection.execute(text(asked), {"id": made["id"]}).one()

    before = keys()
    assert before.reading_source == "dictionary"
    assert " " in before.tones
    changed = patch(clerk, "places", made, values={"rank": 3}).json()
    assert keys() == before
    confirmed = patch(clerk, "places", changed, values={"reading": "chóng xīng lù"}).json()
    assert keys() == before
    assert confirmed["values"]["reading"] == "chóng xīng lù"
    patch(clerk, "places", confirmed, values={"reading": "zhòng xīng lù"})
    assert keys().reading_source == "officer"
    assert " " not in keys().tones


def test_what_is_made_among_schematic_records_is_schematic(clerk: TestClient) -> None:
    point = {"type": "Point", "coordinates": [113.16, 30.66]}
    values = {"name": "示意中的", "type": "nursing_home"}
    made = clerk.post("/api/records/facilities", json={"values": values, "geometry": point}).json()
    assert made["marks"]["schematic"]


def test_a_unit_that_is_named_stays_and_a_code_can_be_given_again(clerk: TestClient) -> None:
    named = clerk.get("/api/records/units", params={"q": "岳口镇"}).json()["items"][0]
    refused = take_out(clerk, "units", named)
    assert refused.status_code == 409
    assert refused.json()["code"] == "records.in-use"
    values = {"name": "误建镇", "level": "township", "code": "429006999", "code_system": "mca", "code_edition": "2025"}
    made = clerk.post("/api/records/units", json={"values": values}).json()
    assert take_out(clerk, "units", made).status_code == 200
    again = clerk.post("/api/records/units", json={"values": values})
    assert again.status_code == 201, again.text
    assert again.json()["values"]["code"] == "429006999"
