"""Exclusion rules on the sample county: against PostGIS, against trying every site, and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from sqlalchemy import text
from starlette.testclient import TestClient

from geoservice.access.roles import Role
from geoservice.api.app import create_app
from geoservice.api.routers import siting_rules
from geoservice.catalog import Catalog
from geoservice.coverage.uncertainty.query import case_of
from geoservice.crs import ELLIPSOID
from geoservice.database.engine import Database
from geoservice.database.prepare import bump_revision
from geoservice.errors import BadInput
from geoservice.settings import Settings
from geoservice.siting.county.asking import County, ask
from geoservice.siting.county.question import Question
from geoservice.siting.county.reading import read_county
from geoservice.siting.county.ruled import priced, ruled_told
from geoservice.siting.county.told import county_told
from geoservice.siting.evaluate import evaluate
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.engine import exclude
from geoservice.siting.exclusion.land import land_left, land_told
from geoservice.siting.phased import Order, Years, free_answer, solve_phased
from geoservice.siting.solve import Effort, solve
from tests.integration.test_coverage_run import put
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
BEFORE, AFTER = date(2026, 3, 29), date(2026, 3, 30)
SOURCE = shapely.box(113.05, 30.70, 113.09, 30.73)
FOREST = shapely.box(113.20, 30.60, 113.23, 30.63)
# What each rule looks at, as SQL of its own.
OBJECTS = {
    "tianmen_2019_transport": "select geom from railway where class not in ('underground', 'tram') union all"
    " select geom from road where class in ('motorway', 'trunk', 'primary') and not tunnel",
    "tianmen_2019_water": "select geom from water where class in ('reservoir', 'lake', 'water', 'river', 'canal')",
    "tianmen_2019_homes": "select geom from built_up_area where class in ('built_up', 'residential')",
    "tianmen_2019_water_source": "select geom from control where class = 'water_source'",
}
Ask = Callable[..., County]


@pytest.fixture(scope="module")
def county(sample_database: Database, new_database: Callable[..., Database], catalog: Catalog) -> Iterator[Database]:
    made = new_database(sample_database)
    rows = [("s", "汉江水源地", "water_source", SOURCE), ("f", "林", "forest", FOREST)]
    put(made, catalog, "controls", [dict(zip(("key", "name", "class", "geom"), row, strict=True)) for row in rows])
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def asked(county: Database, catalog: Catalog, settings: Settings) -> Ask:
    def do(on: date = AFTER, type_: str = "cemetery", service: str = "funeral", **options: Any) -> County:
        question = Question.parse(case_of(catalog, service, type_, on), **{"model": "mclp", "p": 1, **options})
        with county.connect("reader") as connection:
            return read_county(connection, catalog, settings, county.name, question)

    return do


@pytest.fixture(scope="module")
def web(county: Database, settings: Settings, catalog: Catalog) -> TestClient:
    made = TestClient(create_app(settings, catalog=catalog, database=county), base_url=BASE)
    return signed_in(made, county, Role.PLANNER)


def scattered(count: int, seed: int = 7) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    return rng.uniform(112.6, 113.4, count), rng.uniform(30.45, 30.85, count)


@pytest.mark.parametrize("rule", OBJECTS)
def test_distances_are_those_of_postgis(county: Database, rule: str) -> None:
    lon, lat = scattered(150)
    with county.connect("reader") as connection:
        (found,) = exclude(connection, Asked.parse("cemetery", AFTER, rule), lon, lat).findings
        rows = connection.execute(
            text(
                f"select p.n, min(st_distance(o.geom::geography, p.geom::geography)) from ({OBJECTS[rule]}) o,"
                " lateral (select n, st_setsrid(st_point(x, y), 4490) as geom"
                " from unnest(cast(:x as float8[]), cast(:y as float8[])) with ordinality u(x, y, n)) p group by p.n order by p.n"
            ),
            {"x": lon.tolist(), "y": lat.tolist()},
        ).all()
    metres = np.array([row[1] for row in rows])
    near = metres <= 5_000
    # A side of an outline is straight in degrees for one, on the ellipsoid for the other: centimetres over kilometres.
    assert np.maximum(found.metres, 0)[near] == pytest.approx(metres[near], abs=0.5)
    assert np.isnan(found.metres[~near & (metres > 5_001)]).all()
    limit = found.rule.distance_m or 0
    clear = np.abs(metres - limit) > 0.5
    assert (found.broken == (metres < limit if limit else metres == 0))[clear | (metres == 0)].all()


def test_what_remains_is_what_places_are_allowed(county: Database) -> None:
    lon, lat = scattered(3000)
    with county.connect("reader") as connection:
        rules = Asked.parse("cemetery", AFTER)
        land, kept = land_left(connection, rules), exclude(connection, rules, lon, lat).kept
        county_shape = shapely.from_wkb(
            bytes(
                connection.execute(
                    text("select st_asbinary(st_union(geom)) from unit_version where level = 'county'")
                ).scalar_one()
            )
        )
    inside = shapely.intersects_xy(county_shape, lon, lat)
    allowed = shapely.intersects_xy(land.allowed, lon, lat)
    # Arcs of the picture are chords: it may show a place as left that is refused by less than half a metre.
    assert np.count_nonzero((allowed != kept)[inside]) <= 2
    assert not allowed[~inside].any()
    assert land.km2 == pytest.approx(abs(ELLIPSOID.geometry_area_perimeter(county_shape)[0]) / 1e6, rel=1e-6)
    assert land.allowed_km2 / land.km2 == pytest.approx(kept[inside].mean(), abs=0.03)
    told = land_told(land)
    assert json.loads(json.dumps(told))["features"][0]["properties"]["kind_of_land"] == "allowed"
    assert {one["reason"] for one in told["not_applied"]} == {"unread", "not_loaded"}


def test_a_rejected_candidate_names_its_rule_article_and_metres(asked: Ask) -> None:
    county = asked(candidates="grid:3000", rules="tianmen_2019_water_source")
    told = ruled_told(county)
    inside = [one for one in told["rejected"] if SOURCE.intersects(shapely.Point(one["lon"], one["lat"]))]
    assert len(told["rejected"]) == len(inside) == told["rejected_count"] > 0
    edge = shapely.get_coordinates(shapely.segmentize(SOURCE.exterior, 1e-5))
    for one in inside:
        (breach,) = one["breaks"]
        assert (breach["rule"], breach["article"]) == ("tianmen_2019_water_source", "选址（条次未读到）")
        deep = ELLIPSOID.inv(*(np.full(len(edge), one[name]) for name in ("lon", "lat")), edge[:, 0], edge[:, 1])[
            2
        ].min()
        assert breach["breach"] == pytest.approx(deep, abs=1)
        assert breach["nearest"]["name"] == "汉江水源地"
        assert f"{breach['breach']:,.1f}".removesuffix(".0") in breach["message"]
    assert not any(
        SOURCE.intersects(shapely.Point(x, y))
        for x, y in zip(county.candidates.lon, county.candidates.lat, strict=True)
    )


def test_texts_of_the_day_are_told(asked: Ask) -> None:
    def told(on: date) -> dict[str, Any]:
        found: dict[str, Any] = ruled_told(asked(on=on))["exclusions"]
        return found

    before, after = told(BEFORE), told(AFTER)
    state = {day["on"]: {one["id"]: one["state"] for one in day["texts"]} for day in (before, after)}
    assert state["2026-03-29"]["funeral_1997"] == "in_force"
    assert state["2026-03-30"]["funeral_1997"] == "superseded"
    assert state["2026-03-30"]["funeral_2026"] == "unread"
    assert "funeral_1997_land" in {one["rule"] for one in before["rules"]} - {one["rule"] for one in after["rules"]}
    # Of the old list farmland and forest only the class "forest" is loaded.
    missing = {one["classes"][0] for one in before["not_applied"] if one["rule"] == "funeral_1997_land"}
    assert missing == {"farmland", "basic_farmland", "protected_forest", "natural_forest"}
    assert ("unread", None) in {(one["reason"], one["rule"]) for one in after["not_applied"]}
    off = ruled_told(asked(rules="off"))["exclusions"]
    assert off["kept"] == off["candidates"]
    assert {one["reason"] for one in off["not_applied"]} == {"unread", "left_out"}


def few(asked: Ask, folder: Path) -> str:
    """A file of some villages, and of the best of all where no rule holds."""
    whole = asked(candidates="villages", rules="off")
    best = solve(whole.problem, Effort(300)).sites[-1] - whole.existing
    rows = sorted({best, *range(0, len(whole.candidates), 30)})
    found = whole.candidates
    lines = [f"{found.name[row]}{row},{found.lon[row]},{found.lat[row]}" for row in rows]
    (folder / "points.csv").write_text("name,lon,lat\n" + "\n".join(lines) + "\n", "utf-8")
    return str(folder / "points.csv")


def test_prices_are_those_of_trying_every_site(asked: Ask, tmp_path: Path) -> None:
    county = asked(candidates=few(asked, tmp_path))
    answer = solve(county.problem, Effort(300))
    ruled = county.candidates.ruled
    assert ruled is not None

    def best(kept: Any) -> int:
        problem = ask(county.ground, county.question, ruled.allowed(kept)).problem
        worths = (evaluate(problem, [*range(county.existing), site]) for site in range(county.existing, problem.sites))
        return max(int(one.value or 0) for one in worths)

    with_all = best(ruled.exclusions.kept)
    assert answer.value == with_all
    told = {one["rule"]: one for one in priced(county, answer, lambda problem: solve(problem, Effort(300)))}
    for rule, price in told.items():
        expected = best(ruled.exclusions.without(rule)) - with_all
        assert (price["proven"], price["price"]) == (True, expected)
    assert told
    assert county_told(county, answer)["exclusions"]["kept"] == len(county.candidates)


@pytest.mark.parametrize("order", list(Order))
def test_prices_of_a_plan_in_phases_are_those_of_its_last_year_planned_free(
    asked: Ask, tmp_path: Path, order: Order
) -> None:
    county = asked(candidates=few(asked, tmp_path), p=2)
    ruled = county.candidates.ruled
    assert ruled is not None
    phases = solve_phased(county.problem, Years((1, 2), order), Effort(300))

    def best(kept: Any) -> int:
        problem = ask(county.ground, county.question, ruled.allowed(kept)).problem
        new = combinations_with_replacement(range(county.existing, problem.sites), 2)
        return max(int(evaluate(problem, [*range(county.existing), *pair]).value or 0) for pair in new)

    with_all = best(ruled.exclusions.kept)
    free = free_answer(phases[-1].answer, phases)
    assert free.value == with_all
    told = {one["rule"]: one for one in priced(county, free, lambda problem: solve(problem, Effort(300)))}
    assert told
    for rule, price in told.items():
        expected = best(ruled.exclusions.without(rule)) - with_all
        assert (price["proven"], price["price"]) == (True, expected)


def test_a_grid_lies_in_the_county_so_many_metres_apart(asked: Ask, county: Database) -> None:
    found = asked(candidates="grid:5000", rules="off").candidates
    with county.connect("reader") as connection:
        inside = connection.execute(
            text(
                "select bool_and(exists (select from unit_version v where v.level = 'county' and st_intersects(v.geom, p)))"
                " from (select st_setsrid(st_point(x, y), 4490) p from unnest(cast(:x as float8[]), cast(:y as float8[])) u(x, y)) q"
            ),
            {"x": found.lon.tolist(), "y": found.lat.tolist()},
        ).scalar_one()
    assert inside
    assert len(found) == pytest.approx(2638 / 25, rel=0.1)
    lon, lat = found.lon, found.lat
    gaps = ELLIPSOID.inv(
        lon[:, None].repeat(len(found), 1),
        lat[:, None].repeat(len(found), 1),
        lon[None].repeat(len(found), 0),
        lat[None].repeat(len(found), 0),
    )[2]
    assert np.where(gaps == 0, np.inf, gaps).min() == pytest.approx(5000, rel=3e-4)
    for wanted, code in (
        ("grid:50", "siting.grid-too-fine"),
        ("grid:0", "siting.bad-spacing"),
        ("grid:x", "siting.bad-spacing"),
    ):
        with pytest.raises(BadInput) as refused:
            asked(candidates=wanted)
        assert refused.value.code == code


def test_plots_are_points_with_their_area(asked: Ask, tmp_path: Path) -> None:
    small, large = shapely.box(113.25, 30.70, 113.2505, 30.7005), shapely.box(113.26, 30.70, 113.262, 30.702)
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shapely.geometry.mapping(shape)}
        for name, shape in (("小地块", small), (None, large), ("水源内", shapely.box(113.06, 30.71, 113.061, 30.711)))
    ]
    (tmp_path / "地块.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    county = asked(
        candidates=f"parcels:{tmp_path / '地块.geojson'}", rules="tianmen_2019_water_source,tianmen_2019_size"
    )
    found = county.candidates
    assert found.name[0] == "小地块"
    assert len(found) == 2
    assert found.area_m2 is not None
    expected = [abs(ELLIPSOID.geometry_area_perimeter(shape)[0]) for shape in (small, large)]
    assert found.area_m2.tolist() == pytest.approx(expected)
    assert [one["name"] for one in ruled_told(county)["rejected"]] == ["水源内"]
    told = county_told(county, solve(county.problem, Effort(300)))
    for site in told["sites"]:
        assert bool(site["hints"]) == (site["area_m2"] > 3333.3)
    (tmp_path / "一块.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features[2:]}), "utf-8")
    with pytest.raises(BadInput) as refused:
        asked(candidates=f"parcels:{tmp_path / '一块.geojson'}")
    assert refused.value.code == "siting.all-refused"


def test_rules_are_told_over_http(web: TestClient) -> None:
    told = web.get("/api/siting/rules", params={"type": "cemetery", "on": "2026-03-30"}).json()
    assert {"pass", "fail"} <= set(told["rules"][0]["examples"])
    assert not any(one["in_force"] for one in told["rules"] if one["text"]["id"] == "funeral_1997")
    assert web.get("/api/siting/rules", params={"type": "hospital"}).status_code == 422
    assert web.get("/api/siting/rules").json()["types"] == ["cemetery", "fuel_station", "nursing_home"]


def test_places_are_judged_over_http(web: TestClient) -> None:
    places = [{"lon": 113.07, "lat": 30.715}, {"lon": 113.07, "lat": 30.60, "area_m2": 9000}]
    given = {
        "type": "cemetery",
        "on": "2026-11-01",
        "points": places,
        "rules": "tianmen_2019_water_source,tianmen_2019_size",
    }
    told = web.post("/api/siting/exclusions", json=given).json()
    inside, large = told["points"]
    assert [one["rule"] for one in inside["rules"] if one["broken"]] == ["tianmen_2019_water_source"]
    assert (inside["allowed"], large["allowed"]) == (False, True)
    assert [one["rule"] for one in large["rules"] if one["broken"]] == ["tianmen_2019_size"]
    assert told["applied"]["not_applied"]
    land = web.get("/api/siting/land", params={"type": "cemetery", "on": "2026-11-01"}).json()
    assert 0 < land["allowed_km2"] < land["county_km2"]
    for wrong in (
        {"points": []},
        {"points": places * 1001},
        {"rules": "nothing"},
        {"type": 3},
        {"on": "2026-13-01"},
        {"points": [{"lon": 500, "lat": 0}]},
    ):
        assert web.post("/api/siting/exclusions", json=given | wrong).status_code in (400, 422)


def test_land_is_worked_out_once_and_anew_after_a_change(
    web: TestClient, county: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def counted(*given: Any) -> Any:
        asked.append(given)
        return land_left(*given)

    monkeypatch.setattr(siting_rules, "land_left", counted)
    question = {"type": "cemetery", "on": "2026-10-01"}
    first, again = (web.get("/api/siting/land", params=question) for _ in range(2))
    assert first.content == again.content
    assert (first.headers["content-type"], first.headers["cache-control"]) == ("application/json", "private, no-store")
    assert len(asked) == 1
    english = web.get("/api/siting/land", params=question, headers={"Accept-Language": "en"})
    assert english.content != first.content
    with county.connect("owner") as connection:
        bump_revision(connection, "controls")
    assert web.get("/api/siting/land", params=question).json() == first.json()
    assert len(asked) == 3


def test_who_may_not_compute_is_not_told(
    web: TestClient, county: Database, settings: Settings, catalog: Catalog
) -> None:
    public = TestClient(create_app(settings, catalog=catalog, database=county), base_url=BASE)
    assert public.get("/api/siting/rules").status_code == 401
    assert public.get("/api/siting/land", params={"type": "cemetery"}).status_code == 401
