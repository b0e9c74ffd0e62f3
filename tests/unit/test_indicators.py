"""Indicators: each quantity counted by hand, values exact at the target, the plan's figures kept apart."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.catalog import Catalog
from geoservice.coverage.indicators.counting import count, value_of
from geoservice.coverage.indicators.declared import Indicator, Indicators, Quantity, load_indicators
from geoservice.coverage.indicators.entries import Entry
from geoservice.coverage.indicators.report import report
from geoservice.coverage.indicators.situation import Residents, Sites, Situation
from geoservice.errors import BadDeclaration
from geoservice.resources import resource

ON = date(2025, 12, 31)
# A hundredth of a degree of latitude is about 1,109 m.
LAT = 30.6


def situation(
    communities: list[tuple[str | None, float, float | None]] = (),  # class, lon, people of 60+
    facilities: list[tuple[str, float, float | None, int, bool]] = (),  # type, lon, beds, township, undated
    townships: tuple[int, ...] = (),
    belonging_m: float = 2000.0,
) -> Situation:
    def numbers(values: list[float | None]) -> np.ndarray:
        return np.array([np.nan if value is None else value for value in values], dtype=float)

    people = numbers([people for _, _, people in communities])
    beds = numbers([beds for _, _, beds, _, _ in facilities])
    return Situation(
        on=ON,
        residents=Residents(
            id=np.arange(len(communities)),
            class_=np.array([class_ for class_, _, _ in communities], dtype=object),
            lon=numbers([lon for _, lon, _ in communities]),
            lat=np.full(len(communities), LAT),
            population=people * 4,
            population_60=people,
            population_80=people / 10,
            households=people,
            dates=(),
        ),
        sites=Sites(
            id=np.arange(len(facilities)),
            type=np.array([type_ for type_, *_ in facilities], dtype=object),
            lon=numbers([lon for _, lon, *_ in facilities]),
            lat=np.full(len(facilities), LAT),
            beds=beds,
            nursing_beds=beds / 2,
            area_m2=beds * 30,
            township=np.array([township for *_, township, _ in facilities], dtype=np.int64),
            undated=np.array([undated for *_, undated in facilities], dtype=bool),
        ),
        townships=frozenset(townships),
        belonging_m=belonging_m,
    )


def indicator(**more: object) -> Indicator:
    words = {"zh": "某", "en": "some"}
    return Indicator.model_validate({"id": "some", "title": words, "unit": words, "source": "-", **more})


SHARE = {
    "numerator": {"count": "townships", "having": ["cemetery"]},
    "denominator": {"count": "townships"},
    "factor": 100,
}


def test_each_quantity() -> None:
    here = situation(
        communities=[("urban", 113.10, 100.0), ("rural", 113.20, None), (None, 113.30, 50.0)],
        facilities=[
            ("nursing_home", 113.101, 40.0, 1, True),
            ("nursing_home", 113.201, None, 2, False),
            ("cemetery", 113.45, None, 9, False),
            ("volunteer_station", 113.2011, None, 2, False),
        ],
        townships=(1, 2, 3),
    )
    counted = {
        name: count(Quantity.model_validate(quantity), here)
        for name, quantity in {
            "homes": {"count": "facilities", "types": ["nursing_home"]},
            "beside": {
                "count": "facilities",
                "types": ["nursing_home"],
                "beside": ["volunteer_station"],
                "within_m": 50,
            },
            "beds": {"count": "beds", "types": ["nursing_home"]},
            "urban": {"count": "communities", "class": "urban"},
            "rural": {"count": "communities", "class": "rural"},
            "having": {"count": "communities", "having": ["nursing_home", "cemetery"]},
            "townships": {"count": "townships", "having": ["nursing_home", "cemetery"]},
            "county": {"count": "county", "having": ["columbarium"]},
            "elders": {"count": "population_60"},
        }.items()
    }
    assert {name: int(one.amount) for name, one in counted.items()} == {
        "homes": 2,
        "beside": 1,
        "beds": 40,
        "urban": 1,
        "rural": 2,  # one that nobody has classified
        "having": 2,  # the cemetery lies 14 km from any community
        "townships": 2,  # the cemetery's township is not in force
        "county": 0,
        "elders": 150,
    }
    assert (counted["beds"].unknown, counted["beds"].undated, counted["elders"].unknown) == (1, 1, 1)


@pytest.mark.parametrize(
    ("having", "target", "more_than", "met", "short_of"),
    [(14, 60, False, False, 1), (15, 60, False, True, None), (15, 60, True, False, 1), (12, 60, False, False, 3)],
)
def test_the_target_of_fifteen_townships(having: int, target: float, more_than: bool, met: bool, short_of: int | None):
    sites = [("cemetery", 113.1, None, k, False) for k in range(having)]
    here = situation(facilities=sites, townships=tuple(range(25)))
    goal = {"year": 2025, "value": target, "more_than": more_than, "place": "-"}
    found = value_of(indicator(**SHARE, target=goal), here)
    assert (found.met, found.short_of) == (met, short_of)
    assert found.value == pytest.approx(having * 4)


@given(st.integers(1, 400), st.integers(0, 400), st.decimals("0.1", "100", places=1))
def test_what_is_short_is_just_enough(townships: int, having: int, target: object) -> None:
    having = min(having, townships)
    goal = {"year": 2025, "value": float(str(target)), "place": "-"}

    def judged(extra: int) -> bool | None:
        sites = [("cemetery", 113.1, None, k, False) for k in range(having + extra)]
        here = situation(facilities=sites or [("hospital", 113.1, None, 0, False)], townships=tuple(range(townships)))
        return value_of(indicator(**SHARE, target=goal), here).met

    sites = [("cemetery", 113.1, None, k, False) for k in range(having)] or [("hospital", 113.1, None, 0, False)]
    found = value_of(indicator(**SHARE, target=goal), situation(facilities=sites, townships=tuple(range(townships))))
    if found.met:
        assert found.short_of is None
    else:
        assert found.short_of is not None
        assert judged(found.short_of)
        assert not judged(found.short_of - 1)


def test_nothing_loaded_is_told_and_never_a_zero() -> None:
    empty = situation()
    assert value_of(indicator(**SHARE), empty).missing == "no_townships"
    assert value_of(indicator(**SHARE), situation(townships=(1,))).missing == "no_facilities"
    beds = {"numerator": {"count": "beds", "types": ["nursing_home"]}, "denominator": {"count": "population_60"}}
    homes = [("nursing_home", 113.1, 10.0, 1, False)]
    found = value_of(indicator(**beds), situation([("rural", 113.1, None)], homes))
    assert (found.value, found.missing, found.unknown) == (None, "no_figures", 1)


def test_entries_of_the_year_count_the_newest_first(catalog: Catalog) -> None:
    declared = load_indicators(catalog)
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    entries = {
        "eco_burial": [
            Entry("eco_burial", date(2025, 12, 31), 61.0, "年报", "a", moment, published=True),
            Entry("eco_burial", date(2025, 6, 30), 55.0, "半年报", "a", moment, published=True),
            Entry("eco_burial", date(2023, 12, 31), 52.0, "年报", "a", moment, published=True),
        ]
    }
    values = {row.indicator.id: row.values[0] for row in report(declared, [situation()], entries).rows}
    assert (values["eco_burial"].value, values["eco_burial"].met, values["eco_burial"].source) == (61.0, True, "年报")
    assert values["volunteering"].missing == "not_entered"


def test_the_plans_contradictions_are_both_kept(catalog: Catalog) -> None:
    rows = {row.indicator.id: row for row in report(load_indicators(catalog), [situation()], {}).rows}
    told = {name: [sorted(one.value for one in group) for group in row.contradictions] for name, row in rows.items()}
    assert {name: groups for name, groups in told.items() if groups} == {
        "destitute_in_care": [[55, 67]],
        "volunteering": [[30, 57.7]],
    }
    (implied,) = rows["beds_per_1000_elders"].implied
    assert implied.implied == 307057


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        ('having = ["cemetery", "columbarium"]', 'having = ["castle"]', "castle"),
        ('id = "eco_burial"', 'id = "volunteering"', "volunteering"),
        ('count = "county", having', 'count = "population", having', "having"),
    ],
)
def test_a_wrong_declaration_is_refused(tmp_path: Path, catalog: Catalog, good: str, bad: str, named: str) -> None:
    text = resource("layers", "standards", "indicators.toml").read_text("utf-8")
    assert good in text
    path = tmp_path / "indicators.toml"
    path.write_text(text.replace(good, bad), encoding="utf-8")
    with pytest.raises(BadDeclaration) as caught:
        load_indicators(catalog, path)
    assert named in str(caught.value)


def test_every_target_stands_in_the_plan_period(catalog: Catalog) -> None:
    declared: Indicators = load_indicators(catalog)
    years = {one.target.year for one in declared.indicators if one.target is not None}
    assert years == {declared.plan.last_year}
