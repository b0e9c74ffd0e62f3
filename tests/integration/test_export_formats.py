"""Every format read back by somebody else's library: rare characters, long and empty values, holes, parts, no geometry."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import ezdxf
import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from sqlalchemy import text

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.crs import Crs
from geoservice.database.engine import Database
from geoservice.publish.formats import dxf, shapefile, xlsx
from geoservice.publish.formats.registry import FORMATS
from geoservice.settings import Settings
from tests.export_builders import LONG, RARE, SHAPES, load_places, load_water
from tests.ogc_client import Ogc, epsg

NOTICE = "示意数据，非测绘成果"
TITLE, BEGUN = "标准名称", "命名日期"


@pytest.fixture(scope="module")
def database(new_database: Callable[..., Database]) -> Database:
    made = new_database()
    load_places(made)
    load_water(made)
    with made.connect("owner") as connection:
        # Longer than a cell of a DBF, and than one of a sheet.
        connection.execute(
            text("update place set history = repeat('沿革𠀀', 9000), elevation_m = 27.5 where key = 'k0'")
        )
    return made


@pytest.fixture(scope="module")
def ogc(database: Database, settings: Settings, catalog: Catalog) -> Ogc:
    return Ogc(create_app(settings, catalog=catalog, database=database))


@pytest.fixture
def get(ogc: Ogc, tmp_path: Path) -> Callable[..., Path]:
    """Downloads a collection to a file."""

    def got(form: str, collection: str = "places", **given: str) -> Path:
        params = {"f": form, **{name.replace("_", "-"): value for name, value in given.items()}}
        answer = ogc.web.get(f"/ogc/collections/{collection}/download", params=params)
        assert answer.status_code == 200, answer.text[:300]
        path = tmp_path / f"{collection}{FORMATS[form].endings[0]}"
        path.write_bytes(answer.content)
        return path

    return got


def check(frame: gpd.GeoDataFrame, name: str = TITLE, *, exact: bool = True) -> None:
    """All places are there with their names and shapes."""
    assert set(frame[name]) == set(SHAPES)
    for found, shape in zip(frame[name], frame.geometry, strict=True):
        true = SHAPES[found]
        if true is None:
            assert shape is None or shape.is_empty
        else:
            if true.geom_type == "MultiPolygon" and shape.geom_type == "Polygon":
                shape = shapely.MultiPolygon([shape])  # noqa: PLW2901 - a shapefile does not tell the two apart
            assert shapely.get_num_geometries(shape) == shapely.get_num_geometries(true)
            assert shapely.normalize(shape).equals_exact(shapely.normalize(true), 0.0 if exact else 1e-7)


def attributes(frame: Any, name: str = TITLE) -> Any:
    return frame.set_index(name).loc["带洞"]


@pytest.mark.parametrize("form", ["gpkg", "flatgeobuf", "geoparquet", "geojson", "jsonfg", "geojsonseq"])
def test_geographic_formats(get: Callable[..., Path], form: str) -> None:
    path = get(form, column_names="zh")
    frame = gpd.read_parquet(path) if form == "geoparquet" else gpd.read_file(path)
    check(frame)
    row = attributes(frame)
    assert row["历史沿革"] == "沿革𠀀" * 9000
    assert row["高程"] == 27.5
    assert str(row[BEGUN])[:10] == "2001-02-03"
    assert frame.crs.to_epsg() == (FORMATS[form].crs or 4326) or frame.crs.to_authority() == ("OGC", "CRS84")


@pytest.mark.parametrize("form", ["gpkg", "flatgeobuf", "geoparquet"])
def test_geographic_formats_in_a_zone(get: Callable[..., Path], form: str) -> None:
    path = get(form, crs=epsg(4547))
    frame = gpd.read_parquet(path) if form == "geoparquet" else gpd.read_file(path)
    assert frame.crs.to_epsg() == 4547
    point = frame.set_index("name").geometry[RARE]
    assert point.distance(Crs.parse("EPSG:4547").from_lonlat(SHAPES[RARE])) < 1e-3


def test_empty_selections(get: Callable[..., Path]) -> None:
    """Nothing lies there: a file with its columns and no row, in every format."""
    for form in sorted(set(FORMATS) - {"dxf"}):
        path = get(form, bbox="1,1,2,2")
        if form == "geoparquet":
            assert len(gpd.read_parquet(path)) == 0
        elif form in ("gpkg", "flatgeobuf"):
            assert len(gpd.read_file(path)) == 0
        elif form == "geojson":
            assert json.loads(path.read_text("utf-8"))["features"] == []
        elif form == "shp":
            assert "places_none.dbf" in ZipFile(path).namelist()


def test_geopackage_tells_of_itself(get: Callable[..., Path]) -> None:
    path = get("gpkg")
    with closing(sqlite3.connect(path)) as file:
        ((identifier, description, changed),) = file.execute(
            "select identifier, description, last_change from gpkg_contents"
        )
        ((told,),) = file.execute("select metadata from gpkg_metadata")
        titles = dict(file.execute("select column_name, title from gpkg_data_columns"))
        aliases = dict(file.execute("select column_name, name from gpkg_data_columns"))
    assert (identifier, NOTICE in description, "公开" in description) == ("地名", True, True)
    about = json.loads(told.partition('<MDI key="geoservice">')[2].partition("</MDI>")[0].replace("&quot;", '"'))
    assert about["notice"] == NOTICE
    assert changed.startswith(about["data_changed_at"][:-1])
    assert TITLE in (titles.get("name"), aliases.get("name"))


@pytest.mark.parametrize("form", ["flatgeobuf", "geoparquet"])
def test_other_binary_formats_tell_of_themselves(get: Callable[..., Path], form: str) -> None:
    path = get(form)
    if form == "flatgeobuf":
        told = json.loads(pyogrio.read_info(path)["layer_metadata"]["geoservice"])
    else:
        metadata = pq.read_schema(path).metadata
        told = json.loads(metadata[b"geoservice"])
        geo = json.loads(metadata[b"geo"])
        assert geo["columns"]["geometry"]["crs"]["id"] == {"authority": "EPSG", "code": 4490}
        assert set(geo["columns"]["geometry"]["geometry_types"]) == {
            "MultiPolygon",
            "LineString",
            "Point",
            "MultiPoint",
        }
    assert (told["notice"], told["classification"], told["crs"]) == (NOTICE, "public", "EPSG:4490")


def test_an_index_where_every_record_has_a_geometry(get: Callable[..., Path]) -> None:
    near = (113.16, 30.66, 113.17, 30.67)
    indexed = get("flatgeobuf", datetime="2015-01-01")
    assert pyogrio.read_info(indexed)["capabilities"]["fast_spatial_filter"]
    assert RARE in list(gpd.read_file(indexed, bbox=near)["name"])
    assert not pyogrio.read_info(get("flatgeobuf"))["capabilities"]["fast_spatial_filter"]


def test_csv(get: Callable[..., Path]) -> None:
    content = get("csv", column_names="zh").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    found = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    for row in found:
        row[TITLE] = row[TITLE].removeprefix("'")
    check(
        gpd.GeoDataFrame(found, geometry=gpd.GeoSeries.from_wkt([row["geometry_wkt"] or None for row in found])),
        exact=False,
    )
    assert [row[TITLE] for row in found if row["历史沿革"]] == ["带洞"]


def test_shapefile(get: Callable[..., Path], tmp_path: Path) -> None:
    path = get("shp", column_names="zh")
    with ZipFile(path) as file:
        file.extractall(tmp_path / "shp")
    folder = tmp_path / "shp"
    assert {one.stem for one in folder.glob("*.shp")} == {
        f"places_{kind}" for kind in ("point", "multipoint", "line", "polygon")
    }
    assert all(one.read_text() == "UTF-8" for one in folder.glob("*.cpg"))
    assert len(list(folder.glob("*.cpg"))) == 5
    mapping = list(csv.DictReader(io.StringIO((folder / "fields.csv").read_text("utf-8-sig"))))
    short = {row["column"]: row["shapefile"] for row in mapping}
    assert all(len(name.encode()) <= 10 for name in short.values())
    assert len({name.casefold() for name in short.values()}) == len(short)
    parts = [gpd.read_file(one) for one in sorted(folder.glob("*.shp"))]
    alone = pyogrio.read_dataframe(folder / "places_none.dbf", read_geometry=False)
    whole = gpd.GeoDataFrame(pd.concat([*parts, alone], ignore_index=True), geometry="geometry")
    whole[short[TITLE]] = whole[short[TITLE]].replace(LONG[:84], LONG)
    check(whole.rename(columns={short[TITLE]: TITLE}))
    assert all(one.crs.to_epsg() == 4490 for one in parts)
    history = attributes(whole, short[TITLE])[short["历史沿革"]]
    assert ("沿革𠀀" * 9000).startswith(history)
    assert 250 < len(history.encode()) <= 254
    assert {row["id"]: row["values_cut"] for row in mapping if row["values_cut"] != "0"} == {
        "history": "1",
        "name": "1",
    }
    readme = (folder / "README.txt").read_text("utf-8-sig")
    assert NOTICE in readme
    assert "公开" in readme


def test_short_names() -> None:
    made = shapefile.short_names([f"很长的字段名称{number}" for number in range(120)])
    assert len({name.casefold() for name in made}) == 120
    assert all(len(name.encode()) <= 10 for name in made)


def test_kml(get: Callable[..., Path]) -> None:
    path = get("kml", column_names="zh")
    frame = gpd.read_file(path, driver="LIBKML")
    check(frame, exact=False)
    assert attributes(frame)["历史沿革"] == "沿革𠀀" * 9000
    content = path.read_text("utf-8")
    comment = content.partition("<!--")[2].partition("-->")[0]
    assert NOTICE in comment
    assert "公开" in comment
    assert "<begin>2001-02-03</begin>" in content


def test_workbook(get: Callable[..., Path]) -> None:
    book = openpyxl.load_workbook(get("xlsx", column_names="zh"))
    about, records = book.worksheets
    told = "\n".join(str(cell.value) for row in about.iter_rows() for cell in row)
    assert NOTICE in told
    assert "公开" in told
    assert "CGCS2000" in told or "OGC:CRS84" in told
    heads, *rows = [[cell.value for cell in row] for row in records.iter_rows()]
    found = {row[heads.index(TITLE)]: dict(zip(heads, row, strict=True)) for row in rows}
    assert set(found) == set(SHAPES)
    assert found["=1+1"]["geometry_wkt"].startswith("MULTIPOINT")
    assert all(cell.data_type == "s" for row in records.iter_rows(min_row=2) for cell in row if cell.value == "=1+1")
    for name, row in found.items():
        wkt = row["geometry_wkt"]
        assert (wkt is None) == (SHAPES[name] is None)
        if wkt is not None:
            point = shapely.Point(row["经度 Longitude"], row["纬度 Latitude"])
            assert shapely.from_wkt(wkt).distance(point) < 1e-6
    assert found["带洞"]["历史沿革"] == ("沿革𠀀" * 9000)[: xlsx.MOST_CHARACTERS]
    assert str(found[RARE][BEGUN])[:10] == "2001-02-03"
    assert book.properties.title == "地名"


def test_drawing(get: Callable[..., Path]) -> None:
    drawing = ezdxf.readfile(get("dxf", "water"))
    lines = drawing.modelspace().query("LWPOLYLINE")
    assert len(lines) == 4
    assert [line.closed for line in lines] == [True, True, False, False]
    local = Crs.parse("EPSG:4547")
    ring = shapely.Polygon(lines[0].get_points("xy"), [lines[1].get_points("xy")])
    assert shapely.hausdorff_distance(ring, local.from_lonlat(SHAPES["带洞"]).geoms[0]) < 1e-6
    assert "name=" + RARE in [tag.value for tag in lines[0].get_xdata("GEOSERVICE")]
    assert RARE in [one.dxf.text for one in drawing.modelspace().query("TEXT")]
    told = " ".join(value for _, value in drawing.header.custom_vars.properties)
    assert NOTICE in told
    assert "EPSG:4547" in told
    assert drawing.audit().errors == []


@pytest.mark.parametrize(
    ("module", "name", "form", "collection", "code"),
    [
        (xlsx, "MOST_ROWS", "xlsx", "places", "export.xlsx-too-long"),
        (shapefile, "_MOST_BYTES", "shp", "places", "export.shp-too-large"),
        (dxf, "MOST_RECORDS", "dxf", "water", "export.dxf-too-large"),
        (dxf, "MOST_VERTICES", "dxf", "water", "export.dxf-too-large"),
    ],
)
def test_what_a_format_cannot_hold(
    ogc: Ogc, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, form: str, collection: str, code: str
) -> None:
    monkeypatch.setattr(module, name, 1)
    answer = ogc.web.get(f"/ogc/collections/{collection}/download", params={"f": form})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_bytes_do_not_depend_on_the_moment(get: Callable[..., Path]) -> None:
    """Written twice, more than a second apart, in every format that a container or a library dates by itself."""
    for form, collection in (("gpkg", "places"), ("shp", "places"), ("xlsx", "places"), ("dxf", "water")):
        first = get(form, collection).read_bytes()
        _wait_for_another_second()
        assert get(form, collection).read_bytes() == first, form


def _wait_for_another_second() -> None:
    import time

    time.sleep(2.1)  # a zip dates its entries by two seconds


def test_the_date_is_that_of_the_data(get: Callable[..., Path], database: Database) -> None:
    with database.connect("owner") as connection:
        changed = connection.execute(
            text("select max(public_changed_at) from layer_revision where layer in ('places', 'units')")
        ).scalar_one()
    with ZipFile(get("shp")) as file:
        assert {date(*info.date_time[:3]) for info in file.infolist()} == {changed.astimezone(UTC).date()}
