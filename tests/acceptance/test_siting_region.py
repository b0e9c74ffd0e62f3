"""A real country from the shell: cemeteries of Liechtenstein on the land that rules leave, and the commands of the page."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from pyproj import Transformer

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, run_command

LIMITS = {"tianmen_2019_transport": 200, "tianmen_2019_water": 300, "tianmen_2019_homes": 100, "tianmen_2019_areas": 0}
OBJECTS = {
    "tianmen_2019_transport": "select st_asbinary(geom) from railway where class not in ('underground', 'tram')"
    " union all select st_asbinary(geom) from road where class in ('motorway', 'trunk', 'primary') and not tunnel",
    "tianmen_2019_water": "select st_asbinary(geom) from water where class in ('reservoir', 'lake', 'water', 'river', 'canal')"
    " union all select st_asbinary(geom) from control where class = 'dyke'",
    "tianmen_2019_homes": "select st_asbinary(geom) from built_up_area where class in ('built_up', 'residential')",
    "tianmen_2019_areas": "select st_asbinary(geom) from control where class in ('scenic', 'heritage', 'nature_reserve')",
}


@pytest.fixture(scope="module")
def desk(shared_data: Path, new_database: Callable[[], Database], catalog: Catalog, settings: Settings) -> Desk:
    made = Desk(new_database(), catalog, settings)
    made.load("osm", shared_data / "osm" / "liechtenstein.osm.pbf")
    return made


@pytest.fixture(autouse=True)
def at_the_desk(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", desk.database.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


# The country's own survey grid: another projection than the program's.
_SWISS = Transformer.from_crs("EPSG:4326", "EPSG:2056", always_xy=True)


def swiss(shape: Any) -> Any:
    return shapely.transform(shape, _SWISS.transform, interleaved=False)


def test_cemeteries_of_a_country_on_allowed_land(desk: Desk) -> None:
    done = run_command(
        "geoservice siting solve --service funeral --type cemetery --model pmedian --p 1 --candidates grid:1500"
        " --on 2026-11-01 --no-prices --time-limit 120 --json"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["existing"] == 9
    assert told["exclusions"]["kept"] + told["rejected_count"] == told["exclusions"]["candidates"] > 50
    found = {name: [swiss(shapely.from_wkb(bytes(row[0]))) for row in desk.rows(sql)] for name, sql in OBJECTS.items()}

    def metres(rule: str, place: Any) -> float:
        point = swiss(shapely.Point(place["lon"], place["lat"]))
        return float(min(shape.distance(point) for shape in found[rule]))

    for place in told["rejected"]:
        for breach in place["breaks"]:
            far = metres(breach["rule"], place)
            # The grid's scale is off by 200 millionths here at most.
            assert far < LIMITS[breach["rule"]] + 0.5, (place, breach)
            if far > 0:
                assert breach["breach"] == pytest.approx(LIMITS[breach["rule"]] - far, abs=0.5)
    assert len(told["sites"]) == 1
    for site in told["sites"]:
        for rule, limit in LIMITS.items():
            assert metres(rule, site) >= limit - 0.5
    open_ = {one["rule"]: one["reason"] for one in told["exclusions"]["not_applied"]}
    assert open_["tianmen_2019_water_source"] == "not_loaded"
    assert open_[None] == "unread"


def test_what_land_remains_is_written(tmp_path: Path) -> None:
    done = run_command("geoservice siting land --type cemetery --on 2026-11-01 -o allowed.geojson")
    assert done.exit_code == 0, done.output
    told = json.loads(Path("allowed.geojson").read_text("utf-8"))
    rest = shapely.from_geojson(json.dumps(told["features"][0]["geometry"]))
    assert swiss(rest).area / 1e6 == pytest.approx(told["allowed_km2"], rel=0.001)
    assert 0 < told["allowed_km2"] < told["county_km2"] == pytest.approx(160, abs=2)
    assert run_command("geoservice siting rules --type cemetery --on 2026-11-01").exit_code == 0
    for line in ("siting land --type hospital", "siting land --type cemetery --rules nothing", "siting rules --type x"):
        assert run_command(f"geoservice {line}").exit_code == 2
