"""Scenarios over HTTP: figures of a fresh run, rights, versions, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.roles import Role, actor_of
from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.loss import losses
from geoservice.coverage.run import run_coverage
from geoservice.database.actor import EVERYWHERE, PUBLIC
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
DAY = "2026-01-01"
CASE = {"service": "elder_circle", "type": "nursing_home", "on": DAY}
OTHER = {"service": "life_circle", "type": "community_service_centre", "on": DAY}
ADD = {"kind": "add", "lon": 113.166, "lat": 30.66, "name": "试点养老院", "places": 80}


@pytest.fixture(scope="module")
def clients(county: Database, settings: Settings, catalog: Catalog) -> dict[str, TestClient]:
    app = create_app(settings, catalog=catalog, database=county)

    def made() -> TestClient:
        return TestClient(app, base_url=BASE)

    found = {"public": made()}
    for name, role in (("li", "planner"), ("wang", "planner"), ("viewer", "viewer"), ("chief", "administrator")):
        found[name] = signed_in(made(), county, role, name=name)
    return found


@pytest.fixture(scope="module")
def web(clients: dict[str, TestClient]) -> TestClient:
    return clients["li"]


@pytest.fixture(scope="module")
def homes(web: TestClient) -> list[dict[str, Any]]:
    """Nursing homes of the sample that serve somebody, the dearest to close first."""
    told = web.post("/api/scenarios/standing", json=CASE)
    assert told.status_code == 200, told.text
    return sorted(told.json()["facilities"], key=lambda one: -one["lost_population"])


def tried(web: TestClient, *changes: dict[str, Any], case: dict[str, str] = CASE) -> dict[str, Any]:
    answer = web.post("/api/scenarios/trial", json={**case, "changes": changes})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def made(web: TestClient, *changes: dict[str, Any], name: str = "试算", **more: Any) -> dict[str, Any]:
    answer = web.post("/api/scenarios", json={**CASE, "name": name, "changes": changes, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == f'"v{answer.json()["version"]}"'
    return dict(answer.json())


def version(scenario: dict[str, Any]) -> dict[str, str]:
    return {"If-Match": f'"v{scenario["version"]}"'}


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def silent(*_: object) -> None:
    """Progress that nobody watches."""


@pytest.mark.parametrize("case", [CASE, OTHER])
def test_figures_are_those_of_a_run_over_changed_records(
    web: TestClient,
    county: Database,
    new_database: Callable[..., Database],
    sample_database: Database,
    settings: Settings,
    catalog: Catalog,
    case: dict[str, str],
) -> None:
    """Another database with the facility added, moved, closed and resized for good, and a run from the beginning."""
    listed = web.post("/api/scenarios/standing", json=case).json()["facilities"]
    gone, moved, grown = (one["facility"] for one in sorted(listed, key=lambda one: -one["lost_population"])[:3])
    sized = case is CASE
    new = ADD if sized else {name: value for name, value in ADD.items() if name != "places"}
    resize = [{"kind": "resize", "facility": grown, "places": 700}] if sized else []
    told = tried(
        web,
        new,
        {"kind": "move", "facility": moved, "lon": 113.4, "lat": 30.6},
        {"kind": "close", "facility": gone},
        *resize,
        case=case,
    )
    assert told["lost"]["count"] > 0
    assert bool(told["gained"]["count"]) == sized
    copy = new_database(sample_database)
    at = "st_setsrid(st_makepoint(:lon, :lat), 4490)"
    units = {one["facility"] or "new": one["unit_id"] for one in told["sites"]}
    with copy.connect("owner") as connection:
        connection.execute(
            text(
                "insert into facility (key, type, name, beds, unit_id, geom)"
                f" values ('new', :type, 'n', :beds, :unit, {at})"
            ),
            {**ADD, "type": case["type"], "beds": new.get("places"), "unit": units["new"]},
        )
        connection.execute(
            text(f"update facility set unit_id = :unit, geom = {at} where id = :id"),
            {"id": moved, "unit": units[moved], "lon": 113.4, "lat": 30.6},
        )
        connection.execute(
            text("update facility set closed_on = :on where id = :id"), {"id": gone, "on": date(2025, 1, 1)}
        )
        if sized:
            connection.execute(text("update facility set beds = 700 where id = :id"), {"id": grown})
    request = RunRequest(on=date(2026, 1, 1), services=(case["service"],), types=(case["type"],), circles=False)
    run = run_coverage(copy, catalog, settings, request, silent)
    fresh = run.as_dict()
    (result,) = run.results
    total = {name: fresh["cases"][0][name] for name in told["total"]["after"]}
    assert told["total"]["after"] == total
    for kind, rows in (("units", fresh["by_unit"]), ("counties", fresh["by_county"])):
        after = {one["unit_id"]: one["after"] for one in told[kind]}
        assert after == {row["unit_id"]: {name: row[name] for name in total} for row in rows}
    assert (told["places"]["after"] if sized else told["places"]) == (
        result.places.as_dict() if result.places else None
    )
    if sized:
        assert told["places"]["before"] != told["places"]["after"]
    named = {one["id"] for one in told["gained"]["items"]}
    covered = dict(zip(run_ids(copy), result.covered.tolist(), strict=True))
    assert all(covered[one] for one in named)
    assert not any(covered[one["id"]] for one in told["lost"]["items"])
    copy.dispose()


def run_ids(database: Database) -> list[int]:
    on = date(2026, 1, 1)
    with database.connect("owner") as connection:
        return list(
            connection.execute(
                text(
                    "select id from community where (valid_from is null or valid_from <= :on)"
                    " and (valid_to is null or valid_to > :on) order by id"
                ),
                {"on": on},
            ).scalars()
        )


def test_what_comes_and_goes_leaves_nothing_behind(web: TestClient, homes: list[dict[str, Any]]) -> None:
    home = homes[0]
    nothing = tried(web)
    there = {"kind": "move", "facility": home["facility"], "lon": 113.2, "lat": 30.5}
    back = {"kind": "move", "facility": home["facility"], "lon": home["lon"], "lat": home["lat"]}
    for told in (tried(web, ADD, {"kind": "close", "site": 1}), tried(web, there, back)):
        assert told["total"]["after"] == told["total"]["before"] == nothing["total"]["after"]
        assert told["places"]["after"] == nothing["places"]["after"]
        assert not any(told[name]["count"] for name in ("gained", "lost", "single", "backed_up"))


def test_all_closing_costs_at_once_are_those_of_the_loss_report(
    web: TestClient, county: Database, settings: Settings, catalog: Catalog, homes: list[dict[str, Any]]
) -> None:
    with county.connect("owner") as connection:
        report = losses(
            connection,
            catalog,
            settings,
            county.name,
            service="elder_circle",
            type_="nursing_home",
            on=date(2026, 1, 1),
        )
    expected = {one.facility_id: one for one in report.losses}
    assert {one["facility"] for one in homes} == set(expected)
    for one in homes:
        loss = expected[one["facility"]]
        assert (one["lost_communities"], one["lost_population"]) == (loss.lost.communities, loss.lost.population)
        assert (one["single_communities"], one["single_population"]) == (
            loss.single.communities,
            loss.single.population,
        )
    # Who loses by name is who loses by number.
    dearest = homes[0]
    told = tried(web, {"kind": "close", "facility": dearest["facility"]})
    assert sorted(one["id"] for one in told["lost"]["items"]) == sorted(expected[dearest["facility"]].lost.ids)
    assert told["lost"]["population"] == dearest["lost_population"]
    assert {one["id"] for one in told["single"]["items"]} == set(expected[dearest["facility"]].single.ids)


def test_a_scenario_is_kept_changed_copied_and_discarded(web: TestClient, homes: list[dict[str, Any]]) -> None:
    kept = made(web, ADD, name=" 城西新院 ")
    assert (kept["name"], kept["mine"], kept["shared"], kept["stale"]) == ("城西新院", True, False, [])
    assert kept["trial"]["total"] == tried(web, ADD)["total"]
    path = f"/api/scenarios/{kept['id']}"
    close = {"kind": "close", "facility": homes[0]["facility"]}
    more = web.post(f"{path}/changes", json=close, headers=version(kept)).json()
    assert more["changes"] == [ADD, close]
    assert more["trial"]["lost"]["count"] > 0
    assert more["version"] > kept["version"]
    less = web.post(f"{path}/undo", json={}, headers=version(more)).json()
    assert (less["changes"], less["trial"]["total"]) == ([ADD], kept["trial"]["total"])
    named = web.patch(path, json={"name": "城西", "changes": [close]}, headers=version(less)).json()
    assert (named["name"], named["changes"]) == ("城西", [close])
    copy = web.post(f"{path}/copy", json={"name": "另一份"}).json()
    assert (copy["name"], copy["changes"], copy["id"] == kept["id"]) == ("另一份", [close], False)
    listed = web.get("/api/scenarios").json()["items"]
    assert [one["name"] for one in listed[:2]] == ["另一份", "城西"]
    page = web.get("/api/scenarios", params={"limit": 1}).json()
    assert web.get("/api/scenarios", params={"limit": 1, "after": page["next"]}).json()["items"][0]["name"] == "城西"
    assert web.request("DELETE", path, json={}, headers=version(named)).json()["name"] == "城西"
    assert code(web.get(path)) == (404, "scenario.none")


def test_two_are_laid_side_by_side(web: TestClient, homes: list[dict[str, Any]]) -> None:
    one, other = made(web, ADD), made(web, {"kind": "close", "facility": homes[0]["facility"]})
    told = web.get("/api/scenarios/compare", params={"one": one["id"], "other": other["id"]}).json()
    assert told["one"]["trial"]["total"] == one["trial"]["total"]
    assert told["difference"]["total"]["before"] == one["trial"]["total"]["after"]
    assert told["difference"]["total"]["after"] == other["trial"]["total"]["after"]
    lost = {each["id"] for each in told["difference"]["lost"]["items"]}
    closed = {each["id"] for each in other["trial"]["lost"]["items"]}
    gained = {each["id"] for each in one["trial"]["gained"]["items"]}
    assert lost == closed | gained
    unlike = web.post("/api/scenarios", json={**OTHER, "name": "别的"}).json()
    answer = web.get("/api/scenarios/compare", params={"one": one["id"], "other": unlike["id"]})
    assert code(answer) == (422, "scenario.unlike")
    assert code(web.get("/api/scenarios/compare", params={"one": one["id"]}))[0] == 400


def test_who_may_see_and_change(clients: dict[str, TestClient]) -> None:
    kept = made(clients["li"], ADD, name="李的")
    path = f"/api/scenarios/{kept['id']}"
    assert code(clients["public"].get("/api/scenarios"))[0] == 401
    assert code(clients["public"].post("/api/scenarios/trial", json=CASE))[0] == 401
    assert code(clients["viewer"].get(path))[0] == 403
    assert code(clients["viewer"].post("/api/scenarios/trial", json=CASE))[0] == 403
    assert code(clients["wang"].get(path)) == (404, "scenario.none")
    assert kept["id"] not in [one["id"] for one in clients["wang"].get("/api/scenarios").json()["items"]]
    shared = clients["li"].patch(path, json={"shared": True}, headers=version(kept)).json()
    seen = clients["wang"].get(path).json()
    assert (seen["mine"], seen["owner"], seen["shared"]) == (False, "li", True)
    answer = clients["wang"].patch(path, json={"name": "王的"}, headers=version(shared))
    assert code(answer) == (403, "scenario.of-another")
    assert code(clients["wang"].request("DELETE", path, json={}, headers=version(shared))) == (
        403,
        "scenario.of-another",
    )
    copy = clients["wang"].post(f"{path}/copy", json={}).json()
    assert (copy["owner"], copy["shared"], copy["changes"]) == ("wang", False, [ADD])
    # Who manages accounts clears away what is left behind.
    assert clients["chief"].request("DELETE", path, json={}, headers=version(shared)).status_code == 200


def test_policies_decide_whatever_the_program_asks(county: Database) -> None:
    with county.connect("owner") as connection:
        connection.execute(text("delete from scenario"))
        for owner, shared in (("li", False), ("li", True), ("wang", False), ("wang", True)):
            connection.execute(
                text(
                    "insert into scenario (owner, name, service, type, on_date, shared, base)"
                    " values (:o, 'x', 's', 't', '2026-01-01', :s, '{}')"
                ),
                {"o": owner, "s": shared},
            )
    li = {role: actor_of("li", 1, [(role, EVERYWHERE)]) for role in Role}
    expected = {Role.PLANNER: 3, Role.ADMINISTRATOR: 4}
    for role, actor in [*li.items(), ("public", PUBLIC)]:
        with county.connect(actor=actor) as connection:
            seen = connection.execute(text("select count(*) from geoservice.scenario")).scalar_one()
        assert seen == expected.get(role, 0), role  # type: ignore[arg-type]
    with county.connect(actor=li[Role.PLANNER]) as connection:
        assert connection.execute(text("update scenario set name = 'y'")).rowcount == 2
        assert connection.execute(text("delete from scenario where owner = 'wang'")).rowcount == 0


def test_a_change_starts_from_the_version_that_is_there(web: TestClient) -> None:
    kept = made(web)
    path = f"/api/scenarios/{kept['id']}"
    assert code(web.patch(path, json={"name": "b"})) == (428, "api.no-version")
    assert web.patch(path, json={"name": "b"}, headers=version(kept)).status_code == 200
    for answer in (
        web.patch(path, json={"name": "c"}, headers=version(kept)),
        web.post(f"{path}/changes", json=ADD, headers=version(kept)),
        web.request("DELETE", path, json={}, headers=version(kept)),
    ):
        assert code(answer) == (412, "api.changed")
    now = web.get(path)
    assert now.json()["name"] == "b"
    assert code(web.post(f"{path}/undo", json={}, headers={"If-Match": now.headers["etag"]})) == (
        409,
        "scenario.nothing-to-undo",
    )


def test_changed_data_are_told_and_counted_anew(web: TestClient, county: Database, homes: list[dict[str, Any]]) -> None:
    home = homes[1]
    kept = made(web, ADD, {"kind": "close", "facility": home["facility"]}, {"kind": "close", "site": 1})
    path = f"/api/scenarios/{kept['id']}"
    closed = "update facility set closed_on = :on where id = :id"
    with county.connect("owner") as connection:
        connection.execute(text(closed), {"id": home["facility"], "on": date(2025, 1, 1)})
        connection.execute(text("update layer_revision set revision = revision + 1 where layer = 'facilities'"))
    told = web.get(path).json()
    assert told["stale"] == ["facilities"]
    assert [(one["number"], one["code"]) for one in told["faults"]] == [(2, "scenario.unknown-facility")]
    assert told["trial"]["total"]["before"] == told["trial"]["total"]["after"] != kept["trial"]["total"]["before"]
    refused = web.post(f"{path}/changes", json=ADD, headers=version(kept))
    assert code(refused) == (422, "scenario.unknown-facility")
    mended = web.patch(path, json={"changes": [ADD]}, headers=version(kept)).json()
    assert (mended["stale"], mended["faults"]) == ([], [])
    with county.connect("owner") as connection:
        connection.execute(text(closed), {"id": home["facility"], "on": None})
        connection.execute(text("update layer_revision set revision = revision + 1 where layer = 'facilities'"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "add", "lon": 114.9, "lat": 30.6}, "scenario.outside"),
        ({"kind": "add", "lon": 113.1}, "scenario.bad-change"),
        ({"kind": "add", "lon": 113.1, "lat": 30.6, "facility": 1}, "scenario.bad-change"),
        ({"kind": "close"}, "scenario.bad-change"),
        ({"kind": "close", "facility": 1, "site": 1}, "scenario.bad-change"),
        ({"kind": "close", "facility": 987654321}, "scenario.unknown-facility"),
        ({"kind": "close", "site": 1}, "scenario.unknown-site"),
        ({"kind": "resize", "site": 1}, "scenario.bad-change"),
        ({"kind": "move", "site": 1, "lon": 113.1, "lat": 30.6, "places": 3}, "scenario.bad-change"),
    ],
)
def test_changes_that_cannot_be_made_are_refused(web: TestClient, change: dict[str, Any], expected: str) -> None:
    answer = web.post("/api/scenarios/trial", json={**CASE, "changes": [change]})
    assert code(answer) == (422, expected)
    assert "1" in answer.json()["detail"]


def test_a_facility_is_not_closed_twice_and_only_types_with_places_are_resized(
    web: TestClient, homes: list[dict[str, Any]]
) -> None:
    close = {"kind": "close", "facility": homes[0]["facility"]}
    answer = web.post("/api/scenarios", json={**CASE, "name": "x", "changes": [close, close]})
    assert code(answer) == (422, "scenario.closed-already")
    assert "2" in answer.json()["detail"]
    resize = [{"kind": "add", "lon": 113.166, "lat": 30.66}, {"kind": "resize", "site": 1, "places": 3}]
    answer = web.post("/api/scenarios/trial", json={**OTHER, "changes": resize})
    assert code(answer) == (422, "scenario.no-places")


@pytest.mark.parametrize(
    "body",
    [
        '{"changes": [{"kind": "add", "lon": NaN, "lat": 30.6}]}',
        '{"changes": [{"kind": "add", "lon": 1e999, "lat": 30.6}]}',
        '{"changes": [{"kind": "add", "lon": 113.1, "lat": 91}]}',
        '{"changes": [{"kind": "burn", "facility": 1}]}',
        '{"changes": [{"kind": "close", "facility": 0}]}',
        '{"changes": [{"kind": "close", "facility": 1.5}]}',
        '{"changes": {}}',
        '{"changes": [{"kind": "add", "lon": 113.1, "lat": 30.6, "name": " "}]}',
        '{"service": "nonsense"}',
        '{"type": "nonsense"}',
        '{"on": "2026-02-30"}',
        '{"more": 1}',
        "[]",
    ],
)
def test_what_is_no_order_is_refused(web: TestClient, body: str) -> None:
    answer = web.post("/api/scenarios/trial", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.json()["detail"]


def test_a_type_without_facilities_gets_its_first(web: TestClient) -> None:
    none = {"service": "elder_circle", "type": "nursing_home", "on": "1900-01-01"}
    told = tried(web, ADD, case=none)
    assert told["total"]["before"]["facilities"] >= 0
    assert told["total"]["after"]["facilities"] == told["total"]["before"]["facilities"] + 1


def test_the_circle_of_a_place(web: TestClient) -> None:
    answer = web.post("/api/scenarios/circle", json={**OTHER, "lon": 113.166, "lat": 30.66})
    shapes = answer.json()["features"]
    assert [one["properties"]["minutes"] for one in shapes] == [30, 15]
    assert shapes[0]["properties"]["area_km2"] > shapes[1]["properties"]["area_km2"] > 0
    assert web.post("/api/scenarios/circle", json={**OTHER, "lon": 0, "lat": 0}).json()["features"] == []


def test_an_account_keeps_so_many(web: TestClient, county: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geoservice.coverage.scenarios.store.MOST_OWN", 0)
    assert code(web.post("/api/scenarios", json={**CASE, "name": "x"})) == (409, "scenario.too-many")
