"""What the tags of a road say."""

from __future__ import annotations

import pytest

from geoservice.ingest.osm import tags as road_tags

ALL = ["walk", "bicycle", "car"]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, "no"),
        ({"oneway": "yes"}, "forward"),
        ({"oneway": "1"}, "forward"),
        ({"oneway": "true"}, "forward"),
        ({"oneway": "-1"}, "backward"),
        ({"oneway": "reverse"}, "backward"),
        ({"oneway": "no", "highway": "motorway"}, "no"),
        ({"highway": "motorway"}, "forward"),
        ({"highway": "motorway_link"}, "no"),
        ({"junction": "roundabout"}, "forward"),
        ({"oneway": "reversible"}, "no"),
        ({"oneway": "sometimes"}, "no"),
        ({"oneway": "sometimes", "junction": "roundabout"}, "forward"),
    ],
)
def test_direction(tags, expected):
    assert road_tags.oneway(tags) == expected


@pytest.mark.parametrize(
    ("tags", "default", "expected"),
    [
        ({}, ALL, ALL),
        ({"access": "private"}, ALL, []),
        ({"access": "no", "foot": "yes"}, ALL, ["walk"]),
        ({"access": "private", "motor_vehicle": "permissive"}, ALL, ["car"]),
        ({"access": "destination"}, ALL, ALL),
        ({"access": "yes"}, ["walk"], ["walk"]),
        ({"access": "unknown"}, ALL, ALL),
        ({"vehicle": "no"}, ALL, ["walk"]),
        ({"vehicle": "no", "bicycle": "yes"}, ALL, ["walk", "bicycle"]),
        ({"motor_vehicle": "no"}, ALL, ["walk", "bicycle"]),
        ({"motor_vehicle": "no", "motorcar": "yes"}, ALL, ALL),
        ({"motorcar": "no"}, ALL, ["walk", "bicycle"]),
        ({"foot": "no"}, ALL, ["bicycle", "car"]),
        ({"bicycle": "dismount"}, ["walk", "bicycle"], ["walk"]),
        ({"bicycle": "designated"}, ["walk"], ["walk", "bicycle"]),
        ({"foot": "yes"}, ["car"], ["walk", "car"]),
        ({"motorroad": "yes"}, ALL, ["car"]),
        ({"motorroad": "yes", "foot": "yes"}, ALL, ["walk", "car"]),
        ({"highway": "steps", "bicycle": "yes", "motor_vehicle": "yes"}, ["walk"], ["walk"]),
        ({"access": "Private"}, ALL, []),
    ],
)
def test_modes(tags, default, expected):
    assert road_tags.modes(tags, default) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60", 60.0),
        ("60 km/h", 60.0),
        ("30mph", 48.3),
        ("12.5", 12.5),
        ("80; 50", None),
        ("walk", None),
        ("none", None),
        ("CN:urban", None),
        ("", None),
        ("0", None),
        ("999", None),
        ("-50", None),
    ],
)
def test_speed(text, expected):
    assert road_tags.speed_kmh({"maxspeed": text}) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"oneway:bicycle": "no"}, True),
        ({"cycleway": "opposite_lane"}, True),
        ({"cycleway:left": "opposite"}, True),
        ({"cycleway": "lane"}, False),
        ({"oneway:bicycle": "yes"}, False),
    ],
)
def test_contraflow(tags, expected):
    assert road_tags.contraflow_cycling(tags) is expected


@pytest.mark.parametrize(("text", "expected"), [("2", 2), ("-10", -10), ("11", 0), ("1.5", 0), ("up", 0), ("", 0)])
def test_level(text, expected):
    assert road_tags.level({"layer": text}) == expected
