"""Siting on the sample county: against runs with the sites built, and against trying every choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from shapely.geometry import Point
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.reach import reach
from geoservice.coverage.run import run_coverage
from geoservice.coverage.scenarios.changes import Change
from geoservice.coverage.scenarios.state import State
from geoservice.coverage.uncertainty.query import case_of
from geoservice.database.engine import Database
from geoservice.errors import BadInput
from geoservice.settings import Settings
from geoservice.siting.answer import Status
from geoservice.siting.county.asking import County
from geoservice.siting.county.form import QuestionForm
from geoservice.siting.county.kept import Wanted, check_sites
from geoservice.siting.county.question import Existing, Question
from geoservice.siting.county.reading import read_county
from geoservice.siting.county.told import county_told, value_of
from geoservice.siting.solve import Effort, solve
from tests.integration.test_coverage_run import put, quiet

DAY = date(2026, 1, 1)
# Villages of the sample, so that candidates are few enough to try every choice of them.
SOME = "name,lon,lat,beds\n" + "".join(
    f"点{number},{lon},{lat},{beds}\n"
    for number, (lon, lat, beds) in enumerate(
        [
            (113.1448, 30.4446, 40), (112.7043, 30.7374, 90), (113.1602, 30.6656, 60), (113.1478, 30.6546, 30),
            (112.9168, 30.5554, 120), (113.1579, 30.8196, 80), (113.3694, 30.7367, 55),
        ]
    )
)  # fmt: skip


Ask = Callable[..., County]


@pytest.fixture(scope="module")
def ask(county: Database, catalog: Catalog, settings: Settings) -> Ask:
    def asked(service: str, type_: str, **options: Any) -> County:
        question = Question.parse(case_of(catalog, service, type_, DAY), **options)
        with county.connect("reader") as connection:
            return read_county(connection, catalog, settings, county.name, question)

    return asked


@pytest.fixture
def some(tmp_path: Path) -> str:
    (tmp_path / "points.csv").write_text(SOME, "utf-8")
    return str(tmp_path / "points.csv")


def with_sites(asked: County, sites: tuple[int, ...]) -> State:
    state = State.begin(asked.ground)
    for site in sites:
        candidates = asked.candidates
        places = int(candidates.places[site]) if asked.problem.capacity is not None else None
        state = state.after(Change("add", lon=candidates.lon[site], lat=candidates.lat[site], places=places))
    return state


@pytest.mark.parametrize(("model", "group"), [("mclp", "60+"), ("mclp", "all"), ("backup", "all")])
def test_the_value_is_that_of_a_run_with_the_sites_built(
    ask: Ask,
    sample_database: Database,
    new_database: Callable[..., Database],
    catalog: Catalog,
    settings: Settings,
    model: str,
    group: str,
) -> None:
    asked = ask("elder_circle", "day_care_centre", model=model, group=group, p=4)
    answer = solve(asked.problem, Effort(300))
    told = county_told(asked, answer)
    assert answer.status is Status.OPTIMAL
    assert len(told["sites"]) == 4
    built = new_database(sample_database)
    rows: list[Mapping[str, Any]] = [
        {"key": f"new{n}", "type": "day_care_centre", "name": one["name"], "geom": Point(one["lon"], one["lat"])}
        for n, one in enumerate(told["sites"])
    ]
    put(built, catalog, "facilities", rows)
    request = RunRequest(on=DAY, services=("elder_circle",), types=("day_care_centre",), circles=False)
    outcome = run_coverage(built, catalog, settings, request, quiet)
    total = outcome.headline.coverage.total
    built.dispose()
    column = asked.column
    value = getattr(total, f"{column}_covered") + (total.population_backed_up if model == "backup" else 0)
    assert told["value"] == told["value_by_what_if"] == value
    assert told["people_covered"]["after"] == getattr(total, f"{column}_covered")
    assert told["value"] > (value_of(asked, State.begin(asked.ground)) or 0)


def without(asked: County, state: State, closed: tuple[int, ...]) -> State:
    for site in closed:
        state = state.after(Change("close", facility=asked.ground.register[site].id))
    return state


@pytest.mark.parametrize(("close", "move", "p"), [(2, 0, 0), (0, 2, 0), (1, 1, 1), (0, 3, 1)])
@pytest.mark.parametrize(("model", "options"), [("mclp", {"group": "60+"}), ("capacity", {"places": 50})])
def test_no_other_closing_or_moving_is_better(
    ask: Ask, some: str, model: str, options: dict[str, Any], close: int, move: int, p: int
) -> None:
    plain = ask("elder_circle", "nursing_home", model=model, p=1, candidates=some, **options)
    free = [int(site) for site in np.argsort(-plain.ground.inputs.facilities.lon[plain.ground.row])[:4]]
    ids = tuple(plain.ground.register[site].id for site in free)
    existing = Existing(close, move, ids)
    asked = ask("elder_circle", "nursing_home", model=model, p=p, candidates=some, existing=existing, **options)
    answer = solve(asked.problem, Effort(300))
    told = county_told(asked, answer)
    plans = [
        (closed, new)
        for count in range(close + move + 1)
        for closed in combinations(free, count)
        for size in range(p + count - close + 1)
        for new in combinations(range(7), size)
    ]
    best = max(value_of(asked, without(asked, with_sites(asked, new), closed)) or 0 for closed, new in plans)
    assert told["value"] == told["value_by_what_if"] == pytest.approx(best, abs=1e-9)
    assert answer.status is Status.OPTIMAL
    assert {one["id"] for one in told["closed"]} <= set(ids)
    assert close <= len(told["closed"]) <= close + move
    assert len(told["sites"]) <= p + len(told["closed"]) - close
    assert told["p"] == p
    assert [change["kind"] for change in told["changes"]] == ["close"] * len(told["closed"]) + ["add"] * len(
        told["sites"]
    )
    kept = Wanted.of(told)
    assert check_sites(asked, kept, told["value"], told["input_revisions"]).agrees
    if told["closed"]:
        fewer = replace(kept, closed=kept.closed[1:])
        assert check_sites(asked, fewer, told["value"], {}).worth.broken == ("p",)


def test_set_cover_tells_how_few_of_all_would_do(ask: Ask) -> None:
    stays = ask("elder_circle", "day_care_centre", model="lscp")
    number = stays.existing
    asked = ask("elder_circle", "day_care_centre", model="lscp", existing=Existing(move=number))
    answer = solve(asked.problem, Effort(300))
    told = county_told(asked, answer)
    assert told["value"] == told["value_by_what_if"] == number - len(told["closed"]) + len(told["sites"])
    assert told["value"] <= number + county_told(stays, solve(stays.problem, Effort(300)))["value"]
    assert told["closed"]
    assert told["lost"]["count"] == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"p": 0}, "siting.nothing-to-do"),
        ({"p": 1, "existing": Existing(close=-1)}, "siting.bad-existing"),
        ({"p": 1, "existing": Existing(close=900)}, "siting.too-few-existing"),
        ({"p": 1, "existing": Existing(move=1, only=(10**15,))}, "siting.no-facility"),
        ({"p": 1, "existing": Existing(only=(1,))}, "siting.needs"),
        ({"existing": Existing(move=1)}, "siting.needs"),
        ({"model": "lscp", "existing": Existing(close=1)}, "siting.not-with"),
    ],
)
def test_what_cannot_be_closed_or_moved_is_told(ask: Ask, options: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as raised:
        ask("elder_circle", "nursing_home", **options)
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("model", "options"), [("mclp", {"group": "60+"}), ("backup", {}), ("capacity", {"places": 50})]
)
def test_no_choice_is_better(ask: Ask, some: str, model: str, options: dict[str, Any]) -> None:
    asked = ask("elder_circle", "nursing_home", model=model, p=2, candidates=some, **options)
    assert len(asked.candidates) == 7
    answer = solve(asked.problem, Effort(300))
    best = max(
        value_of(asked, with_sites(asked, sites)) or 0 for count in range(3) for sites in combinations(range(7), count)
    )
    assert county_told(asked, answer)["value"] == pytest.approx(best, abs=1e-9)
    assert answer.status is Status.OPTIMAL
    assert best > (value_of(asked, State.begin(asked.ground)) or 0)


@pytest.mark.parametrize("model", ["pmedian", "pcentre"])
def test_least_travel_by_searches_of_every_choice(ask: Ask, some: str, model: str) -> None:
    asked = ask("elder_circle", "day_care_centre", model=model, p=2, candidates=some)
    inputs, row = asked.ground.inputs, asked.ground.row
    here = np.flatnonzero(inputs.placed())
    place = np.searchsorted(here, asked.points)

    def worth(sites: tuple[int, ...]) -> int:
        lon = np.concatenate([inputs.facilities.lon[row], asked.candidates.lon[list(sites)]])
        lat = np.concatenate([inputs.facilities.lat[row], asked.candidates.lat[list(sites)]])
        found = reach(inputs.graphs["walk"], inputs.join("walk", lon, lat), inputs.demand("walk"), 360_000)
        time = found.time_ds[place].astype(np.int64)
        served = time >= 0
        if model == "pcentre":
            return int(time[served].max())
        return int((time * asked.people[asked.points])[served].sum())

    answer = solve(asked.problem, Effort(300))
    assert answer.status is Status.OPTIMAL
    assert answer.value == min(worth(sites) for sites in combinations(range(7), 2))
    told = county_told(asked, answer)
    assert {"island", "off_network"} == {one["reason"] for one in told["unreachable"]}
    assert told["value_by_what_if"] is None


def test_who_is_out_of_reach_stands_in_the_answer_and_breaks_nothing(ask: Ask) -> None:
    asked = ask("elder_circle", "day_care_centre", model="lscp", group="80+")
    told = county_told(asked, solve(asked.problem, Effort(300)))
    left = {one["name"] for one in told["unreachable"]}
    communities = asked.ground.inputs.communities
    state = State.begin(asked.ground)
    for change in told["changes"]:
        state = state.after(Change(**change))
    uncovered = (state.situation.within == 0) & (communities.population_80 > 0)
    assert {str(name) for name in communities.name[uncovered]} == left
    assert left
    assert told["notice"] == "示意数据，非测绘成果"


def test_a_closed_facility_is_no_site_that_stays(
    county: Database, new_database: Callable[..., Database], catalog: Catalog, settings: Settings
) -> None:
    other = new_database(county)
    question = Question.parse(case_of(catalog, "elder_circle", "nursing_home", DAY), p=1)
    with other.connect("owner") as connection:
        connection.execute(
            text("update facility set closed_on = :on where type = 'nursing_home'"), {"on": date(2025, 1, 1)}
        )
    with other.connect("reader") as connection:
        asked = read_county(connection, catalog, settings, other.name, question)
    other.dispose()
    assert asked.existing == 0
    told = county_told(asked, solve(asked.problem, Effort(300)))
    assert told["people_covered"]["before"] == 0
    assert told["value"] == told["people_covered"]["after"] > 0


PLACES = [line.split(",") for line in SOME.splitlines()[1:]]
COSTS = [7, 3, 9, 5, 4, 8, 6]
CONDITIONS: list[dict[str, Any]] = [
    {"budget": 13},
    {"p": 3, "spacing_m": 20_000},
    {"p": 2, "floor": 0.4},
    {"p": 3, "weights": {"60+": 1, "80+": 2.5}},
    {"p": 3, "budget": 16, "spacing_m": 9_000, "weights": {"all": 0.001, "80+": 1}},
]


@pytest.mark.parametrize("conditions", CONDITIONS)
def test_no_choice_that_keeps_the_conditions_is_better(
    county: Database, catalog: Catalog, settings: Settings, conditions: dict[str, Any]
) -> None:
    """Every choice of seven points is tried; conditions are judged here by other means."""
    points = [
        {"name": name, "lon": float(lon), "lat": float(lat), "cost": cost}
        for (name, lon, lat, _), cost in zip(PLACES, COSTS, strict=True)
    ]
    candidates = {"from": "points", "points": points}
    told = {"service": "elder_circle", "type": "nursing_home", "candidates": candidates, **conditions}
    question = QuestionForm.from_json(told).question(catalog, DAY)
    with county.connect("reader") as connection:
        asked = read_county(connection, catalog, settings, county.name, question)
    answer = solve(asked.problem, Effort(300))
    communities = asked.ground.inputs.communities
    counted = {"all": communities.population, "60+": communities.population_60, "80+": communities.population_80}
    factors = conditions.get("weights", {"all": 1})
    people = sum(np.maximum(counted[group], 0) * factor for group, factor in factors.items())
    everywhere = with_sites(asked, tuple(range(7))).situation.within >= 1

    def value(sites: tuple[int, ...]) -> float | None:
        if sum(COSTS[site] for site in sites) > conditions.get("budget", 10**9):
            return None
        standing = [
            (asked.ground.inputs.facilities.lon[row], asked.ground.inputs.facilities.lat[row])
            for row in asked.ground.row
        ]
        new = [(points[site]["lon"], points[site]["lat"]) for site in sites]
        pairs = [*combinations(new, 2), *((one, other) for one in new for other in standing)]
        if any(Geod(ellps="GRS80").inv(*one, *other)[2] < conditions.get("spacing_m", 0) for one, other in pairs):
            return None
        covered = with_sites(asked, sites).situation.within >= 1
        for unit in set(communities.unit_id[communities.unit_id >= 0].tolist()) if "floor" in conditions else ():
            here = communities.unit_id == unit
            wanted = min(conditions["floor"] * people[here].sum(), people[here & everywhere].sum())
            if people[here & covered].sum() < wanted - 1e-6:
                return None
        return float(people[covered].sum())

    most = conditions.get("p", 7)
    found = [value(sites) for count in range(most + 1) for sites in combinations(range(7), count)]
    allowed = [one for one in found if one is not None]
    if not allowed:
        assert answer.status is Status.INFEASIBLE
        return
    assert answer.status is Status.OPTIMAL
    assert county_told(asked, answer)["value"] == pytest.approx(max(allowed), abs=1e-6)
    assert county_told(asked, answer)["value_by_what_if"] == county_told(asked, answer)["value"]
    # The conditions bind.
    assert None in found or "weights" in conditions


def test_a_floor_for_a_township_that_is_not_there_is_refused(
    county: Database, catalog: Catalog, settings: Settings
) -> None:
    told = {"p": 1, "floors": [{"unit_id": 987654321, "share": 0.5}]}
    question = QuestionForm.from_json(told).question(catalog, DAY)
    with county.connect("reader") as connection, pytest.raises(BadInput, match="987654321"):
        read_county(connection, catalog, settings, county.name, question)
