"""Rasters of people: the exact part of each cell, and every bad one refused with its reason."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.errors import NotGeoreferencedWarning
from rasterio.transform import Affine
from rasterio.windows import Window

from geoservice.crs import wgs84_to_gcj02
from geoservice.errors import BadInput
from geoservice.ingest.population import rasters
from geoservice.ingest.population.raster_sharing import share_raster
from geoservice.ingest.population.rasters import opened, windows
from geoservice.ingest.population.sharing import Cells, share_cells, to_shares
from tests.unit.population_builders import LOCAL, territories

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = (500_000.0, 3_400_000.0)


def from_origin(west, north, across, down):
    """North up; rasterio's own warns of an operator that it uses itself."""
    return Affine(across, 0, west, 0, -down, north)


def quiet(_step, _done, _total):
    pass


def write(path, people, transform=None, crs="EPSG:4547", **more):
    bands = people if people.ndim == 3 else people[None]
    given = {
        "driver": "GTiff",
        "count": len(bands),
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype,
    }
    given |= {"transform": transform or from_origin(*ORIGIN, 100, 100)} | more
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", crs=crs, **given) as file:
            file.write(bands)
    return path


def shared(path, over, *, crs=None, band=None, nodata=None):
    with opened(path, crs=crs, band=band, nodata=nodata) as raster:
        return share_raster(raster, over, quiet)


def by_hand(people, over, size=100.0):
    """People of each territory by the intersection of every cell with it."""
    found = np.zeros(len(over.parts) + 1)
    for (row, column), count in np.ndenumerate(people):
        if np.isnan(count):
            continue
        west, north = ORIGIN[0] + size * column, ORIGIN[1] - size * row
        cell = shapely.box(west, north - size, west + size, north)
        parts = [shapely.area(shapely.intersection(cell, part.area)) / size**2 for part in over.parts]
        found += count * np.array([*parts, 1.0 - sum(parts)])
    return found


def at(*offsets):
    return [(ORIGIN[0] + x, ORIGIN[1] - y, *rest) for x, y, *rest in offsets]


places = st.tuples(st.integers(0, 1200), st.integers(0, 900)).map(lambda p: (float(p[0]), float(p[1])))


@settings(max_examples=25, deadline=None)
@given(st.lists(places, min_size=1, max_size=6, unique=True), st.integers(0, 2**32 - 1), st.floats(150, 2000))
def test_exact_parts_of_cells_against_brute_force(tmp_path_factory, points, seed, within_m):
    random = np.random.default_rng(seed)
    people = random.gamma(0.5, 8, (9, 12))
    people[random.random(people.shape) < 0.2] = np.nan
    path = write(tmp_path_factory.mktemp("raster") / "people.tif", people, nodata=np.nan)
    over = territories(at(*points), within_m=within_m)
    found = shared(path, over)
    expected = 1000 * by_hand(people, over)
    got = [*found.milli.territory["population"], found.milli.outside["population"]]
    assert sum(got) == round(1000 * np.nansum(people))
    assert np.allclose(got, expected, atol=1.5 + 1e-6 * expected.sum())
    assert found.cells == np.count_nonzero(~np.isnan(people))


def test_windows_cover_the_raster_once_and_change_nothing(tmp_path, monkeypatch):
    people = np.random.default_rng(1).gamma(0.5, 8, (300, 400)).astype(np.float32)
    over = territories(at((1000, 2000), (20_000, 9000), (35_000, 28_000)), within_m=9000.0)
    whole = shared(write(tmp_path / "whole.tif", people), over)
    for name, layout in (("strips", {"blockysize": 7}), ("tiles", {"tiled": True, "blockxsize": 64, "blockysize": 32})):
        path = write(tmp_path / f"{name}.tif", people, **layout)
        monkeypatch.setattr(rasters, "MOST_CELLS", 5000)
        with opened(path, crs=None, band=None, nodata=None) as raster:
            seen = np.zeros(raster.shape, dtype=int)
            for window in windows(raster):
                rows, columns = window.toslices()
                seen[rows, columns] += 1
        assert (seen == 1).all()
        parts = shared(path, over)
        assert np.abs(parts.milli.territory["population"] - whole.milli.territory["population"]).max() <= 1
        assert parts.area.equals(whole.area) or parts.area.symmetric_difference(whole.area).area < 1e-12


def test_a_raster_gives_what_the_same_cells_as_polygons_give(tmp_path):
    people = np.random.default_rng(2).integers(0, 50, (9, 12)).astype(np.int32)
    over = territories(at((100, 100), (700, 450), (1100, 880)), within_m=600.0)
    boxes = [
        shapely.box(ORIGIN[0] + 100 * c, ORIGIN[1] - 100 * (r + 1), ORIGIN[0] + 100 * (c + 1), ORIGIN[1] - 100 * r)
        for r, c in np.ndindex(people.shape)
    ]
    polygons = to_shares(
        share_cells(Cells(np.array(boxes, dtype=object), {"population": people.ravel().astype(np.int64)}), over), over
    )
    raster = to_shares(shared(write(tmp_path / "a.tif", people), over).milli, over)
    assert raster.total == polygons.total == {"population": int(people.sum())}
    for community, count in polygons.community.items():
        assert abs(raster.community[community]["population"] - count["population"]) <= 1
    assert abs(raster.outside["population"] - polygons.outside["population"]) <= 1


def test_south_up_and_scaled_and_in_degrees(tmp_path):
    people = np.zeros((4, 6), dtype=np.int16)
    people[0, 1], people[3, 4] = 40, 70
    over = territories(at((150, 50), (450, 350)), within_m=5000.0)
    plain = shared(write(tmp_path / "plain.tif", people), over).milli.territory["population"].tolist()
    assert plain == [40_000, 70_000]
    upside = Affine(100, 0, ORIGIN[0], 0, 100, ORIGIN[1] - 400)
    assert (
        shared(write(tmp_path / "up.tif", people[::-1], upside), over).milli.territory["population"].tolist() == plain
    )
    path = write(tmp_path / "scaled.tif", people)
    with rasterio.open(path, "r+") as file:
        file.scales = (0.1,)
    assert shared(path, over).milli.territory["population"].tolist() == [4000, 7000]


@pytest.mark.parametrize("system", ["EPSG:4490", "GCJ02", "BD09"])
def test_degrees_plain_or_shifted_come_to_the_same(tmp_path, system):
    from geoservice.crs import Crs

    here = LOCAL.to_lonlat(shapely.Point(ORIGIN[0] + 300, ORIGIN[1] - 300))
    lon, lat = (float(value) for value in (here.x, here.y))
    moved = Crs.parse(system).from_lonlat(shapely.Point(lon, lat))
    people = np.zeros((20, 20), dtype=np.float32)
    people[10, 10] = 12.5
    grid = from_origin(moved.x - 10.5 * 0.0005, moved.y + 10.5 * 0.0005, 0.0005, 0.0005)
    over = territories(at((300, 300), (900, 300)), within_m=2000.0)
    found = shared(write(tmp_path / "a.tif", people, grid, crs="EPSG:4490"), over, crs=system)
    assert found.milli.territory["population"].tolist() == [12_500, 0]
    centre = shapely.centroid(found.area)
    assert centre.distance(shapely.Point(lon, lat)) < 0.0001
    if system == "GCJ02":
        assert wgs84_to_gcj02(lon, lat)[0] - lon > 0.004  # the shift is there to be seen


def test_nodata_declared_given_and_nan(tmp_path):
    over = territories(at((150, 50)), within_m=5000.0)
    people = np.array([[5, -9999, 7]], dtype=np.float32)
    assert shared(write(tmp_path / "a.tif", people, nodata=-9999), over).people == 12
    assert shared(write(tmp_path / "b.tif", people), over, nodata=-9999).people == 12
    people[0, 1] = np.nan
    found = shared(write(tmp_path / "c.tif", people), over)
    assert (found.people, found.missing, found.cells) == (12, 1, 2)
    assert shared(write(tmp_path / "d.tif", np.array([[5, 255]], dtype=np.uint8)), over, nodata=-1).people == 260


ROTATED = Affine.translation(*ORIGIN) @ Affine.rotation(10) @ Affine.scale(100, -100)
ONES = np.ones((3, 4), dtype=np.float32)
NEGATIVE = np.array([[1, 2], [3, -200]], dtype=np.float32)
BAD = {
    "population.no-crs": (ONES, {"crs": None}, {}),
    "population.rotated": (ONES, {"transform": ROTATED}, {}),
    "population.not-georeferenced": (ONES, {"transform": Affine.identity()}, {}),
    "population.which-band": (np.stack([ONES, ONES]), {}, {}),
    "population.no-band": (ONES, {}, {"band": 2}),
    "population.negative": (NEGATIVE, {}, {}),
    "population.infinite": (np.array([[1, np.inf]], dtype=np.float32), {}, {}),
    "population.complex": (ONES.astype(np.complex64), {}, {}),
    "population.shifted-metres": (ONES, {}, {"crs": "GCJ02"}),
    "crs.unknown": (ONES, {}, {"crs": "nowhere"}),
}


@pytest.mark.parametrize("code", BAD)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, code):
    people, written, options = BAD[code]
    path = write(tmp_path / "bad.tif", people, **written)
    with pytest.raises(BadInput) as refused:
        shared(path, territories(at((0, 0))), **options)
    assert refused.value.code == code
    assert refused.value.remedy
    if code != "crs.unknown":
        assert "bad.tif" in refused.value.message
    if code == "population.negative":
        assert (refused.value.values["row"], refused.value.values["column"]) == (2, 2)
        assert "-200" in (refused.value.remedy or "")


@pytest.mark.parametrize("content", [b"", b"MZ nothing", b"II*\x00\x08\x00\x00\x00"])
def test_what_is_no_tiff_is_refused(tmp_path, content):
    path = tmp_path / "bad.tif"
    path.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        shared(path, territories(at((0, 0))))
    assert refused.value.code == "population.not-tiff"


def test_a_damaged_file_is_refused(tmp_path):
    random = np.random.default_rng(3).random((500, 500)).astype(np.float32)
    path = write(tmp_path / "bad.tif", random, compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(BadInput) as refused:
        shared(path, territories(at((0, 0))))
    assert refused.value.code in ("population.unreadable", "population.not-tiff")


PEAK = """
import resource, sys
from geoservice.ingest.population.raster_sharing import share_raster
from geoservice.ingest.population.rasters import opened
from pathlib import Path
from tests.unit.population_builders import territories
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with opened(Path(sys.argv[1]), crs=None, band=None, nodata=None) as raster:
    found = share_raster(raster, territories([(600_000.0, 3_300_000.0)], within_m=50_000.0), lambda *_: None)
print(found.people, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
def test_memory_is_bounded_whatever_the_size(tmp_path):
    # 40,000 by 40,000 cells would fill 6 GiB; nearly all of its blocks are not there.
    path = tmp_path / "huge.tif"
    layout = {"tiled": True, "blockxsize": 512, "blockysize": 512, "sparse_ok": True, "bigtiff": "yes", "nodata": -1}
    given = {"driver": "GTiff", "count": 1, "height": 40_000, "width": 40_000, "dtype": "float32", "crs": "EPSG:4547"}
    with rasterio.open(path, "w", transform=from_origin(*ORIGIN, 5, 5), **given, **layout) as file:
        for corner in (0, 20_000, 38_000):
            file.write(np.full((1000, 1000), 0.5, np.float32), 1, window=Window(corner, corner, 1000, 1000))
    assert path.stat().st_size < 64 << 20
    done = subprocess.run([sys.executable, "-c", PEAK, path], capture_output=True, text=True, check=True, cwd=ROOT)
    people, peak_mib = done.stdout.split()
    assert float(people) == 1_500_000
    assert int(peak_mib) < 500
