"""Heights from rasters: between cell centres as scipy finds them, and every refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.transform import Affine
from scipy.interpolate import RegularGridInterpolator

from geoservice.crs import Crs
from geoservice.errors import BadInput
from geoservice.ingest.dem import raster
from geoservice.ingest.dem.raster import opened
from geoservice.language import catalogue

Floats = NDArray[np.float64]
WEST, NORTH, SIDE = 113.1, 30.7, 0.001


def dem_file(
    path: Path,
    heights: Any,
    *,
    crs: str | None = "EPSG:4326",
    transform: Affine | None = None,
    nodata: float | None = None,
    **profile: Any,
) -> Path:
    bands = np.asarray(heights)
    bands = bands[None] if bands.ndim == 2 else bands
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=bands.shape[2],
        height=bands.shape[1],
        count=bands.shape[0],
        dtype=bands.dtype,
        crs=crs,
        transform=transform or Affine(SIDE, 0, WEST, 0, -SIDE, NORTH),
        nodata=nodata,
        **profile,
    ) as file:
        file.write(bands)
    return path


def hills(rows: int, columns: int) -> Floats:
    return np.random.default_rng(4).uniform(-20, 300, (rows, columns))


def scattered(count: int, rows: int, columns: int, margin: float = 0.5) -> tuple[Floats, Floats]:
    """Columns and rows between the outermost centres, as many as wanted."""
    rng = np.random.default_rng(7)
    return rng.uniform(margin, columns - margin, count), rng.uniform(margin, rows - margin, count)


@pytest.mark.parametrize("side", [7, 1024])
def test_heights_between_centres_are_those_of_scipy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int) -> None:
    monkeypatch.setattr(raster, "SIDE", side)
    heights = hills(40, 53)
    x, y = scattered(3000, 40, 53)
    expected = RegularGridInterpolator((np.arange(40), np.arange(53)), heights)((y - 0.5, x - 0.5))
    with opened(dem_file(tmp_path / "a.tif", heights)) as dem:
        found = dem.sample(WEST + SIDE * x, NORTH - SIDE * y)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(
    "transform",
    [
        Affine(30, 0, 500_000, 0, -30, 3_390_000),
        Affine(30, 0, 500_000, 0, 30, 3_388_000),
        Affine.translation(500_000, 3_390_000) @ Affine.rotation(20) @ Affine.scale(30, -30),
    ],
)
def test_a_tilted_plane_in_any_grid_is_met_exactly(tmp_path: Path, transform: Affine) -> None:
    column, row = np.meshgrid(np.arange(50) + 0.5, np.arange(60) + 0.5)
    east, north = (
        transform.a * column + transform.b * row + transform.c,
        transform.d * column + transform.e * row + transform.f,
    )
    plane = lambda x, y: 0.1 * (x - 500_000) - 0.03 * (y - 3_389_000)  # noqa: E731
    x, y = scattered(500, 60, 50, 1.0)
    at_x, at_y = transform.a * x + transform.b * y + transform.c, transform.d * x + transform.e * y + transform.f
    file = dem_file(tmp_path / "a.tif", plane(east, north), crs="EPSG:4547", transform=transform)
    lon, lat = Crs.parse("EPSG:4547")._forward()(at_x, at_y)
    with opened(file) as dem:
        np.testing.assert_allclose(dem.sample(np.asarray(lon), np.asarray(lat)), plane(at_x, at_y), atol=1e-3)


def test_outside_and_beside_no_data_there_is_no_height(tmp_path: Path) -> None:
    heights = np.full((4, 4), 10.0, dtype=np.float32)
    heights[1, 1] = -9999.0
    heights[3, 3] = np.nan
    lon = WEST + SIDE * np.array([0.1, 1.5, 1.4, 2.5, 3.4, 3.9, -0.1, 4.1, 2.5, 1.0])
    lat = NORTH - SIDE * np.array([0.1, 1.5, 0.9, 2.5, 3.0, 0.2, 2.0, 2.0, 1.5, 9.0])
    with opened(dem_file(tmp_path / "a.tif", heights, nodata=-9999.0)) as dem:
        found = dem.sample(lon, lat)
    # At the very centre of a cell the others have no part in its height.
    assert np.isfinite(found).tolist() == [True, False, False, True, False, True, False, False, True, False]
    assert set(found[np.isfinite(found)].round(6)) == {10.0}


def test_the_value_for_no_data_scale_and_band_may_be_given(tmp_path: Path) -> None:
    bands = np.array([[[1, 2], [3, 4]], [[100, 100], [100, 100]]], dtype=np.int16)
    file = dem_file(tmp_path / "a.tif", bands)
    place = np.array([WEST + SIDE]), np.array([NORTH - SIDE])
    with opened(file, band=1) as dem:
        assert dem.sample(*place).tolist() == pytest.approx([2.5])
    with opened(file, band=2, nodata=100) as dem:
        assert np.isnan(dem.sample(*place)).all()


Make = Callable[[Path], Path]


def _text(path: Path) -> Path:
    path.write_text("高程")
    return path


REFUSED: list[tuple[str, Make, dict[str, Any]]] = [
    ("dem.not-tiff", _text, {}),
    ("dem.not-tiff", lambda path: path, {}),
    ("dem.no-crs", lambda path: dem_file(path, np.ones((2, 2)), crs=None), {}),
    ("dem.not-georeferenced", lambda path: dem_file(path, np.ones((2, 2)), transform=Affine.identity()), {}),
    ("dem.which-band", lambda path: dem_file(path, np.ones((2, 2, 2))), {}),
    ("dem.no-band", lambda path: dem_file(path, np.ones((2, 2))), {"band": 3}),
    ("dem.not-heights", lambda path: dem_file(path, np.ones((2, 2), dtype=np.complex64)), {}),
    ("crs.unknown", lambda path: dem_file(path, np.ones((2, 2))), {"crs": "火星"}),
]


@pytest.mark.parametrize(("code", "make", "options"), REFUSED)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_what_is_no_raster_of_heights_is_refused(
    tmp_path: Path, code: str, make: Make, options: dict[str, Any]
) -> None:
    with pytest.raises(BadInput) as caught, opened(make(tmp_path / "a.tif"), **options):
        pass
    assert caught.value.code == code
    assert all(f"error.{code}" in catalogue(language) for language in ("zh", "en"))


def test_feet_are_refused(tmp_path: Path) -> None:
    file = dem_file(tmp_path / "a.tif", np.ones((2, 2)))
    with rasterio.open(file, "r+") as data:
        data.units = ("ft",)
    with pytest.raises(BadInput) as caught, opened(file):
        pass
    assert caught.value.code == "dem.not-metres"
