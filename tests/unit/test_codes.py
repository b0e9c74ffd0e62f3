"""The code lists and service standards that the program ships."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from typing import Any

import pytest

from geoservice.resources import resource

PLAN_TYPES = {
    "nursing_home",
    "day_care_centre",
    "rural_mutual_aid_centre",
    "welfare_institution",
    "cemetery",
    "funeral_home",
    "columbarium",
    "community_service_centre",
    "social_work_station",
    "minors_protection_station",
    "volunteer_station",
    "rescue_station",
    "marriage_registry",
}
SHAPES = {"circle", "square", "triangle", "diamond", "cross", "star", "hexagon", "pentagon"}


def read(*parts: str) -> dict[str, Any]:
    return tomllib.loads(resource("layers", *parts).read_text(encoding="utf-8"))


def entries(list_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = read("codes", f"{list_id}.toml")["entries"]
    return found


def test_every_facility_type_of_the_plan_is_listed() -> None:
    codes = {entry["code"] for entry in entries("facility_types")}
    assert codes >= PLAN_TYPES


def test_no_two_facility_types_look_alike() -> None:
    looks = [(entry["color"], entry["shape"]) for entry in entries("facility_types")]
    assert len(set(looks)) == len(looks)
    assert {shape for _, shape in looks} <= SHAPES


@pytest.mark.parametrize("list_id", ["facility_types", "urban_rural", "place_classes", "generic_terms"])
def test_a_written_value_means_one_entry(list_id: str) -> None:
    meaning: dict[str, str] = {}
    for entry in entries(list_id):
        for text in {entry["code"], entry["title"]["zh"], *entry.get("aliases", [])}:
            assert meaning.setdefault(text.casefold(), entry["code"]) == entry["code"]


def test_unread_place_classes_are_settings() -> None:
    for entry in entries("place_classes"):
        assert entry["source"]
        if len(entry["code"]) == 2:
            assert entry["setting"], entry["code"]
        else:
            assert entry["code"].startswith(entry["parent"])


def test_double_registrations_name_each_other() -> None:
    by_code = {entry["code"]: entry for entry in entries("place_classes")}
    same = {code: entry["attributes"].get("same_as") for code, entry in by_code.items()}
    assert {code: other for code, other in same.items() if other} == {
        "21610": "27610",
        "21620": "27620",
        "27610": "21610",
        "27620": "21620",
    }


def test_a_leg_is_slower_than_any_road_that_the_mode_may_use() -> None:
    for mode in read("standards", "modes.toml")["modes"]:
        usable = [speed for speed in (mode["speed_kmh"], *mode["speeds"].values()) if speed > 0]
        assert mode["off_network_kmh"] < min(usable), mode["id"]


def test_walking_is_sixty_metres_a_minute_and_elders_are_slower() -> None:
    speeds = {mode["id"]: mode["speed_kmh"] for mode in read("standards", "modes.toml")["modes"]}
    assert speeds["walk"] == pytest.approx(60 * 60 / 1000)
    order = ["walk_slow", "walk", "bicycle", "ebike", "car"]
    assert all(speeds[slow] < speeds[fast] for slow, fast in pairwise(order))


def test_the_headline_standard_is_the_plans() -> None:
    services = {service["id"]: service for service in read("standards", "services.toml")["services"]}
    assert [service["id"] for service in services.values() if service.get("headline")] == ["life_circle"]
    limits = services["life_circle"]["limits"]
    assert (limits["urban"]["mode"], limits["urban"]["minutes"]) == ("walk", 15)
    assert (limits["rural"]["mode"], limits["rural"]["minutes"]) == ("ebike", 30)


def test_every_facility_type_has_a_standard() -> None:
    services = read("standards", "services.toml")["services"]
    served = {type_ for service in services for type_ in service["types"]}
    assert served == {entry["code"] for entry in entries("facility_types")}
