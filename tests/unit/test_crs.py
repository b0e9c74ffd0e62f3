"""Reference systems, the shifts of GCJ-02 and BD-09, metric zones."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geoservice.crs import (
    Crs,
    bd09_to_wgs84,
    gauss_kruger_zone,
    gcj02_to_wgs84,
    metric_crs,
    survey_zone,
    wgs84_to_bd09,
    wgs84_to_gcj02,
)
from geoservice.errors import BadInput

LON = st.floats(73, 135)
LAT = st.floats(4, 53)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("EPSG:4490", "EPSG:4490"),
        ("4326", "EPSG:4326"),
        ("epsg:4547", "EPSG:4547"),
        ("4526", "EPSG:4526"),
        ("3857", "EPSG:3857"),
        ("32649", "EPSG:32649"),
        ("urn:ogc:def:crs:EPSG::4546", "EPSG:4546"),
        ("CGCS2000", "EPSG:4490"),
        ("gcj-02", "GCJ02"),
        ("BD09LL", "BD09"),
    ],
)
def test_systems_by_their_names(text, name):
    assert Crs.parse(text).name == name


def test_well_known_text_of_a_shapefile_is_found_by_its_code():
    text = (
        'PROJCS["CGCS2000_3_Degree_GK_CM_114E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    assert Crs.parse(text).name == "EPSG:4547"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "crs.unknown"),
        ("EPSG:1", "crs.unknown"),
        ("火星", "crs.unknown"),
        ("EPSG:4978", "crs.not-horizontal"),
        ("EPSG:4610", "crs.no-transformation"),
        ("EPSG:4214", "crs.no-transformation"),
        ("EPSG:2383", "crs.no-transformation"),
    ],
)
def test_systems_that_are_refused(text, code):
    with pytest.raises(BadInput) as refused:
        Crs.parse(text)
    assert refused.value.code == code
    assert refused.value.remedy


def test_wgs84_and_cgcs2000_are_the_same_numbers():
    points = shapely.points([[113.123456789, 30.987654321]])
    for name in ("4326", "4490", "CRS84"):
        assert shapely.equals_exact(Crs.parse(name).to_lonlat(points), points).all()


def test_east_comes_first_whatever_the_axis_order_of_the_system():
    point = Crs.parse("EPSG:4547").from_lonlat(np.array([shapely.Point(113.16, 30.66)], dtype=object))[0]
    assert (round(point.x, 1), round(point.y, 1)) == (419491.8, 3393580.7)
    prefixed = Crs.parse("EPSG:4526").from_lonlat(np.array([shapely.Point(113.16, 30.66)], dtype=object))[0]
    assert round(prefixed.x, 1) == 38419491.8


def test_geometries_keep_none_and_empty():
    shapes = np.array([None, shapely.Point(), shapely.LineString([(113, 30), (113.1, 30)])], dtype=object)
    moved = Crs.parse("EPSG:4547").from_lonlat(shapes)
    assert moved[0] is None
    assert moved[1].is_empty
    assert Crs.parse("EPSG:4547").to_lonlat(moved)[2].equals_exact(shapes[2], 1e-9)


@given(LON, LAT)
def test_gcj02_goes_back_within_a_millimetre(lon, lat):
    back = gcj02_to_wgs84(*wgs84_to_gcj02(lon, lat))
    assert abs(float(back[0]) - lon) < 1e-8
    assert abs(float(back[1]) - lat) < 1e-8


@given(LON, LAT)
def test_bd09_goes_back_within_a_millimetre(lon, lat):
    back = bd09_to_wgs84(*wgs84_to_bd09(lon, lat))
    assert abs(float(back[0]) - lon) < 1e-8
    assert abs(float(back[1]) - lat) < 1e-8


def test_the_shifts_at_tianmen_have_their_known_size_and_direction():
    geod = Geod(ellps="GRS80")
    azimuth, _, distance = geod.inv(113.16, 30.66, *[float(one) for one in wgs84_to_gcj02(113.16, 30.66)])
    assert 605 < distance < 638
    assert 90 < azimuth < 135
    azimuth, _, distance = geod.inv(113.16, 30.66, *[float(one) for one in wgs84_to_bd09(113.16, 30.66)])
    assert 1216 < distance < 1273
    assert 45 < azimuth < 90


def test_nothing_is_shifted_outside_china():
    lon, lat = np.array([1.5, -70.0, 151.2]), np.array([42.5, 10.0, -33.9])
    for shift in (wgs84_to_gcj02, wgs84_to_bd09, gcj02_to_wgs84, bd09_to_wgs84):
        x, y = shift(lon, lat)
        assert (x == lon).all()
        assert (y == lat).all()


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (73.5, 39.0, 4534),
        (112.499, 30.5, 4546),
        (112.5, 30.5, 4547),
        (113.16, 30.66, 4547),
        (135.0, 48.0, 4554),
        (136.499, 48.0, 4554),
        (136.5, 48.0, 32653),
        (1.52, 42.5, 32631),
        (-8.6, 41.15, 32629),
        (20.0, -30.0, 32734),
        (180.0, 10.0, 32601),
    ],
)
def test_metric_zone_of_a_place(lon, lat, epsg):
    assert gauss_kruger_zone(lon, lat) == epsg


def test_metres_are_metres():
    local = metric_crs(113.16, 30.66)
    a, b = shapely.Point(113.16, 30.66), shapely.Point(113.17, 30.66)
    _, _, true = Geod(ellps="GRS80").inv(a.x, a.y, b.x, b.y)
    assert local.to_metres(a).distance(local.to_metres(b)) == pytest.approx(true, rel=3e-4)
    lon, lat = local.unproject(*local.project(np.array([113.0, 113.5]), np.array([30.5, 30.6])))
    assert np.allclose([lon, lat], [[113.0, 113.5], [30.5, 30.6]])


def test_zones_by_the_prefix_of_east():
    assert [survey_zone(prefix).name for prefix in (38, 37, 25, 45, 19)] == [
        "EPSG:4526", "EPSG:4525", "EPSG:4513", "EPSG:4533", "EPSG:4497"
    ]  # fmt: skip
    assert survey_zone(24) is None


def test_parameters_that_the_file_brings_are_used():
    text = (
        'GEOGCS["Beijing 1954",DATUM["Beijing_1954",SPHEROID["Krassowsky 1940",6378245,298.3],'
        'TOWGS84[15.8,-154.4,-82.3,0,0,0,0]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]'
    )
    there = Crs.parse(text).to_lonlat(shapely.Point(113.16, 30.66))
    _, _, distance = Geod(ellps="GRS80").inv(113.16, 30.66, there.x, there.y)
    assert 30 < distance < 200
    zeros = text.replace("15.8,-154.4,-82.3", "0,0,0")
    with pytest.raises(BadInput):
        Crs.parse(zeros)
    modern = zeros.replace("6378245,298.3", "6378137,298.257222101").replace("Beijing", "China")
    assert Crs.parse(modern).to_lonlat(shapely.Point(113.16, 30.66)).distance(shapely.Point(113.16, 30.66)) < 1e-8
