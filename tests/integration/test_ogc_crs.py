"""OGC API - Features part 2: systems, their order of axes, boxes in them; pyproj says what is right."""

from __future__ import annotations

import pytest
from pyproj import CRS, Transformer

from tests.integration.test_ogc_core import ogc  # noqa: F401 - a fixture
from tests.ogc_client import CRS84, Ogc, epsg

SYSTEMS = [4490, 4326, 4547, 3857]


def told(point: list[float], code: int) -> tuple[float, float]:
    """A point of CRS84 as EPSG writes it, axes in its order; CGCS2000 and WGS 84 are taken as one."""
    if CRS(code).is_geographic:
        return point[1], point[0]
    transformer = Transformer.from_crs(4490 if code == 4547 else 4326, code, always_xy=True)
    east, north = transformer.transform(*point)
    return (north, east) if CRS(code).axis_info[0].direction == "north" else (east, north)


@pytest.mark.parametrize("code", SYSTEMS)
def test_conf_crs_features_in_a_system(ogc: Ogc, code: int) -> None:  # noqa: F811
    plain = ogc.items("facilities", limit=20)["features"]
    answer = ogc.ask("/collections/facilities/items", crs=epsg(code), limit=20)
    assert answer.headers["content-crs"] == f"<{epsg(code)}>"
    features = answer.json()["features"]
    assert [one["id"] for one in features] == [one["id"] for one in plain]
    assert features
    within = 2e-6 if CRS(code).is_geographic else 0.2
    for one, other in zip(features, plain, strict=True):
        assert one["geometry"]["coordinates"] == pytest.approx(told(other["geometry"]["coordinates"], code), abs=within)


@pytest.mark.parametrize("code", SYSTEMS)
def test_conf_crs_a_box_in_a_system(ogc: Ogc, code: int) -> None:  # noqa: F811
    everything = ogc.everything("facilities")
    lons, lats = zip(*(one["geometry"]["coordinates"] for one in everything), strict=True)
    middle = [(min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2]
    corner = [max(lons) + 0.01, max(lats) + 0.01]
    box = ",".join(str(part) for point in (middle, corner) for part in told(point, code))
    found = ogc.ids("facilities", bbox=box, bbox_crs=epsg(code))
    wanted = [
        one["id"]
        for one in everything
        if all(a <= b for a, b in zip(told(middle, code), told(one["geometry"]["coordinates"], code), strict=True))
    ]
    assert found == wanted
    assert 0 < len(found) < len(everything)


def test_conf_crs_default_and_offered(ogc: Ogc) -> None:  # noqa: F811
    assert ogc.ask("/collections/facilities/items", limit=1).headers["content-crs"] == f"<{CRS84}>"
    asked = ogc.items("facilities", limit=1, crs=CRS84, bbox="112,30,114,31", bbox_crs=CRS84)
    assert asked["features"] == ogc.items("facilities", limit=1, bbox="112,30,114,31")["features"]
    one = next(item for item in ogc.collections() if item["id"] == "facilities")
    assert one["crs"][0] == CRS84
    assert {epsg(code) for code in SYSTEMS} <= set(one["crs"])
    assert one["storageCrs"] in one["crs"]


@pytest.mark.parametrize("given", [{"crs": epsg(2154)}, {"bbox": "0,0,1,1", "bbox_crs": epsg(2154)}, {"crs": "4490"}])
def test_conf_crs_unsupported(ogc: Ogc, given: dict[str, str]) -> None:  # noqa: F811
    ogc.refused("/collections/facilities/items", **given)
