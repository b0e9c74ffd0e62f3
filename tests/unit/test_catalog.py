"""Declarations: the program's own are right, wrong ones are refused with file, key and reason."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from geoservice.catalog import load_catalog
from geoservice.errors import BadDeclaration
from geoservice.resources import resource

REQUIRED_TYPES = {
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


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """A copy of layers/ to spoil."""
    return Path(shutil.copytree(resource("layers"), tmp_path / "layers"))


def test_the_programs_own_declarations() -> None:
    catalog = load_catalog()
    assert len(catalog.layers) == 11
    assert {entry.code for entry in catalog.codes["facility_types"].entries} >= REQUIRED_TYPES
    assert catalog.headline.id == "life_circle"
    assert catalog.headline.limits.urban.minutes == 15
    assert catalog.headline.limits.rural.minutes == 30
    assert catalog.modes["walk"].speed_kmh == pytest.approx(3.6)  # 60 metres a minute
    assert catalog.modes["walk_slow"].speed_kmh < catalog.modes["walk"].speed_kmh


def test_every_off_network_speed_is_below_the_road_speed() -> None:
    for mode in load_catalog().modes.values():
        assert mode.off_network_kmh < mode.speed_kmh


SPOILT = [
    ("layers/facilities.toml", 'geometry = "Point"', 'geometry = "Circle"', "geometry"),
    ("layers/facilities.toml", 'codes = "facility_types"', 'codes = "nothing"', "nothing"),
    ("layers/facilities.toml", 'key = ["key"]', 'key = ["number"]', "number"),
    ("layers/facilities.toml", 'id = "facilities"', 'id = "roads"', "roads"),
    ("layers/facilities.toml", "order = 60", "order = 60\ncolour = 1", "colour"),
    ("layers/facilities.toml", 'type = "code"', 'type = "text"', "go together"),
    ("layers/facilities.toml", '"地址"', '"床位数"', "床位数"),
    ("layers/units.toml", "published = false", "published = true", "only what is public"),
    ("standards/modes.toml", 'id = "walk"', 'id = "run"', "walk"),
    ("standards/modes.toml", "speed_kmh = 3.6", "speed_kmh = -1", "speed_kmh"),
    ("standards/modes.toml", "speed_kmh = 3.6", "speed_kmh = nan", "speed_kmh"),
    ("standards/modes.toml", "speed_kmh = 3.6", "speed_kmh = inf", "speed_kmh"),
    ("standards/modes.toml", "speed_kmh = 3.6", "speed_kmh = 0", "speed_kmh"),
    ("standards/modes.toml", "off_network_kmh = 3.0", "off_network_kmh = nan", "off_network_kmh"),
    ("standards/modes.toml", "speeds = { motorway = 0", "speeds = { motorway = -1", "speeds"),
    ("standards/modes.toml", "speeds = { motorway = 0", "speeds = { motorway = nan", "speeds"),
    ("standards/services.toml", "headline = true", "headline = false", "headline"),
    ("standards/services.toml", "minutes = 15", "minutes = 0", "minutes"),
    ("codes/urban_rural.toml", "[[entries]]", "[[entries", "urban_rural"),
]


@pytest.mark.parametrize(("file", "good", "bad", "named"), SPOILT)
def test_a_wrong_declaration_is_refused(layers: Path, file: str, good: str, bad: str, named: str) -> None:
    path = layers / file
    content = path.read_text(encoding="utf-8")
    assert good in content
    path.write_text(content.replace(good, bad), encoding="utf-8")
    with pytest.raises(BadDeclaration) as caught:
        load_catalog(layers)
    assert named in str(caught.value)
    assert Path(file).parts[0] in str(caught.value)


def test_a_missing_file_is_named(layers: Path) -> None:
    (layers / "standards" / "modes.toml").unlink()
    with pytest.raises(BadDeclaration, match=r"modes\.toml"):
        load_catalog(layers)
