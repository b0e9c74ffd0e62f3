"""Exclusion rules: their own examples, distances against the ellipsoid and another projection, and what is in force when."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod, Transformer

from geoservice.catalog import Catalog, read_declaration
from geoservice.crs import metric_crs
from geoservice.errors import BadDeclaration, BadInput
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.declared import Kind, Rule, SitingRules, siting_rules
from geoservice.siting.exclusion.engine import Finding, judge
from geoservice.siting.exclusion.measure import measure
from geoservice.siting.exclusion.objects import LAYERS, Objects
from geoservice.siting.exclusion.told import open_points

PLACE = (113.16, 30.66)
BEFORE, AFTER = date(2026, 3, 29), date(2026, 3, 30)
EXAMPLES = [
    (rule.id, example, fails)
    for rule in siting_rules().rules
    for fails, examples in ((False, rule.examples.passing), (True, rule.examples.fail))
    for example in examples
]


def rule_of(name: str) -> Rule:
    return next(one for one in siting_rules().rules if one.id == name)


def objects(rule: Rule, shapes: list[Any], state: Any = "loaded") -> tuple[Objects, ...]:
    """The first source holds the shapes, in degrees; the others are empty."""
    found = []
    for number, selection in enumerate(rule.looks_at):
        mine = np.array(shapes if number == 0 else [], dtype=object)
        names = np.array([None] * mine.size, dtype=object)
        here = state if number == 0 else "none"
        found.append(Objects(selection, here, mine.size, np.arange(mine.size), names, names, mine))
    return tuple(found)


def at(metres: tuple[float, ...]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Degrees of a place east and north of ours, by the geodesic."""
    east, north = metres
    lon, lat, _ = Geod(ellps="GRS80").fwd(*PLACE, np.degrees(np.arctan2(east, north)), np.hypot(east, north))
    return np.array([lon]), np.array([lat])


def of_example(rule: Rule, example: tuple[float, ...], state: Any = "loaded") -> Finding:
    if rule.kind is Kind.LARGER:
        return judge(rule, (), np.array([PLACE[0]]), np.array([PLACE[1]]), np.array([example[0]]))

    def move(x: Any, y: Any) -> tuple[Any, Any]:
        placed = [at((float(east), float(north))) for east, north in zip(x, y, strict=True)]
        return np.array([one[0][0] for one in placed]), np.array([one[1][0] for one in placed])

    shape = shapely.transform(shapely.from_wkt(rule.examples.object), move, interleaved=False)
    lon, lat = at(example)
    return judge(rule, objects(rule, [shape], state), lon, lat, np.array([np.nan]))


@pytest.mark.parametrize(("name", "example", "fails"), EXAMPLES)
def test_each_rule_says_of_its_examples_what_it_declares(name: str, example: tuple[float, ...], fails: bool) -> None:
    assert of_example(rule_of(name), example).broken.tolist() == [fails]


@pytest.mark.parametrize("name", [rule.id for rule in siting_rules().rules if rule.looks_at])
def test_an_empty_layer_breaks_nothing_and_is_told(name: str) -> None:
    rule = rule_of(name)
    found = of_example(rule, rule.examples.fail[0], "not_loaded")
    if rule.looks_at[1:]:
        found = judge(rule, objects(rule, [], "not_loaded"), *at((0, 0)), np.array([np.nan]))
    assert not found.broken.any()
    assert found.state == "not_loaded"
    asked = Asked(rule.types[0], AFTER, (rule,), (), ())
    assert {one["rule"] for one in open_points(asked, (found,))} == {name}


def test_a_breach_is_told_in_metres() -> None:
    line = rule_of("tianmen_2019_transport")
    assert of_example(line, (0, 150)).breach == pytest.approx([50], abs=0.01)
    inside = rule_of("tianmen_2019_water")  # An area of 800 m by 600 m, and 300 m around it.
    assert of_example(inside, (100, 300)).breach == pytest.approx([400], abs=0.05)
    assert of_example(rule_of("tianmen_2019_size"), (4000.0,)).breach == pytest.approx([666.7])
    near = rule_of("gb50437_services")
    assert of_example(near, (2500, 0)).breach == pytest.approx([500], abs=0.01)
    # So far away that nothing is in reach: broken, by nobody knows how many metres.
    assert of_example(near, (90_000, 0)).breach.tolist() == [np.inf]


def test_the_edge_of_an_area_is_inside_and_the_distance_itself_is_allowed() -> None:
    area = shapely.box(113.0, 30.0, 113.01, 30.01)
    edge = rule_of("tianmen_2019_water_source")
    found = judge(edge, objects(edge, [area]), np.array([113.0]), np.array([30.0]), np.array([np.nan]))
    assert found.broken.tolist() == [True]
    line = rule_of("tianmen_2019_transport")
    point, geod = shapely.Point(113.0, 30.0), Geod(ellps="GRS80")
    lon, lat, _ = geod.fwd(113.0, 30.0, 90.0, 200.0 + 1e-6)
    assert not judge(line, objects(line, [point]), np.array([lon]), np.array([lat]), np.array([np.nan])).broken.any()


def drawn(seed: int, count: int) -> NDArray[Any]:
    """Lines, areas with holes, and points around a place, some of many vertices."""
    rng = np.random.default_rng(seed)
    made: list[Any] = []
    for number in range(count):
        x, y = PLACE[0] + rng.uniform(-0.15, 0.15), PLACE[1] + rng.uniform(-0.15, 0.15)
        if number % 3 == 0:
            made.append(
                shapely.LineString(
                    np.array([x, y]) + np.cumsum(rng.normal(0, 0.001, (rng.integers(2, 300), 2)), axis=0)
                )
            )
        elif number % 3 == 1:
            ring = shapely.Point(x, y).buffer(rng.uniform(0.002, 0.02), quad_segs=int(rng.integers(2, 60)))
            made.append(shapely.difference(ring, shapely.Point(x, y).buffer(0.001)))
        else:
            made.append(shapely.Point(x, y))
    return np.array(made, dtype=object)


def oracle(lon: float, lat: float, shapes: NDArray[Any]) -> float:
    """By an equidistant projection about the place itself, in which distances from it are true; no tree, no pieces."""
    about = f"+proj=aeqd +lat_0={lat} +lon_0={lon} +ellps=GRS80"
    ahead = Transformer.from_crs("EPSG:4490", about, always_xy=True)
    local = [shapely.transform(one, ahead.transform, interleaved=False) for one in shapes]
    here = shapely.Point(0, 0)
    inside = [shape.boundary.distance(here) for shape in local if shape.area and shape.intersects(here)]
    return -max(inside) if inside else min(shape.distance(here) for shape in local)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_distances_are_those_of_another_projection(seed: int) -> None:
    rng, shapes = np.random.default_rng(seed + 1), drawn(seed, 25)
    lon, lat = PLACE[0] + rng.uniform(-0.2, 0.2, 20), PLACE[1] + rng.uniform(-0.2, 0.2, 20)
    found = measure(lon, lat, shapes, 60_000.0)
    expected = [oracle(x, y, shapes) for x, y in zip(lon, lat, strict=True)]
    # Straight lines of the two projections differ by centimetres over a segment.
    assert found.metres == pytest.approx(expected, abs=0.1)


def test_places_on_both_sides_of_a_seam_are_measured_alike() -> None:
    shapes = np.array([shapely.Point(112.5, 30.6)], dtype=object)
    lon, lat = np.array([112.49, 112.51]), np.array([30.6, 30.6])
    assert metric_crs(112.49, 30.6) != metric_crs(112.51, 30.6)
    expected = Geod(ellps="GRS80").inv(lon, lat, [112.5, 112.5], lat)[2]
    assert measure(lon, lat, shapes, 5_000.0).metres == pytest.approx(expected, abs=1e-3)


def test_nothing_beyond_the_reach_is_told() -> None:
    found = measure(np.array([113.0, 113.2]), np.array([30.0, 30.0]), np.array([shapely.Point(113.0, 30.001)]), 500.0)
    assert found.object.tolist() == [0, -1]
    assert np.isnan(found.metres[1])
    assert measure(np.array([]), np.array([]), np.array([shapely.Point(0, 0)]), 500.0).metres.size == 0


def test_the_old_regulations_hold_until_the_day_before_the_new() -> None:
    old = {rule.id for rule in siting_rules().rules if rule.text == "funeral_1997"}
    before, after = Asked.parse("cemetery", BEFORE), Asked.parse("cemetery", AFTER)
    assert old <= {one.id for one in before.rules}
    assert not old & {one.id for one in after.rules}
    assert {"tianmen_2019_water", "tianmen_2019_homes"} <= {one.id for one in after.rules}
    unread = [one["text"] for one in open_points(after, ()) if one["reason"] == "unread"]
    assert unread == ["funeral_2026"]
    assert not [one for one in open_points(before, ()) if one["reason"] == "unread"]
    with pytest.raises(BadInput) as refused:
        Asked.parse("cemetery", AFTER, "funeral_1997_land")
    assert refused.value.code == "siting.rule-not-in-force"


def test_rules_are_switched_by_name() -> None:
    some = Asked.parse("cemetery", AFTER, "tianmen_2019_water, tianmen_2019_size")
    assert [one.id for one in some.rules] == ["tianmen_2019_water", "tianmen_2019_size"]
    assert {one["rule"] for one in open_points(some, ()) if one["reason"] == "left_out"} == {
        one.id for one in some.left_out
    }
    for wanted, code in (("nothing", "siting.unknown-rule"), ("desk_fuel_water", "siting.rule-not-for")):
        with pytest.raises(BadInput) as refused:
            Asked.parse("cemetery", AFTER, wanted)
        assert refused.value.code == code
    assert Asked.parse("columbarium", AFTER).texts == ()


def test_no_law_is_cited_for_a_setting(catalog: Catalog) -> None:
    types = {entry.code for entry in catalog.codes["facility_types"].entries} | {
        one.id for one in siting_rules().others
    }
    for rule in siting_rules().rules:
        text = siting_rules().text_of(rule)
        assert set(rule.types) <= types
        assert {one.layer for one in rule.looks_at} <= set(LAYERS)
        if rule.distance_m is not None:
            assert rule.setting
            assert "设置" in (rule.note or "")
        if text.setting:
            assert rule.article == "设置"
        if rule.setting and not text.setting:
            assert rule.note


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('text = "tianmen_2019"', 'text = "funeral_2026"'), "not read"),
        (("distance_m = 300\nsetting = true", "distance_m = 300"), "setting"),
        (('superseded_by = "funeral_2026"', 'superseded_by = "nothing"'), "superseded"),
        (('kind = "larger"\narea_m2 = 3333.3', 'kind = "inside"'), "looks_at"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(tmp_path: Any, change: tuple[str, str], reason: str) -> None:
    from geoservice.resources import resource

    whole = resource("layers", "standards", "siting_rules.toml").read_text("utf-8")
    assert change[0] in whole
    (tmp_path / "rules.toml").write_text(whole.replace(*change), "utf-8")
    with pytest.raises(BadDeclaration, match=reason):
        read_declaration(tmp_path / "rules.toml", SitingRules)
