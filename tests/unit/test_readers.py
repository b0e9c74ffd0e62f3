"""Files of every kind to records."""

from __future__ import annotations

import stat
import zipfile

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely

from geoservice.errors import BadInput
from geoservice.settings import ImportSettings
from tests.unit.ingest_builders import (
    CATALOG,
    HOME,
    csv_file,
    frame,
    geojson,
    notices,
    read,
    refusals,
    rewrite_text_encoding,
    workbook,
    zipped,
)

NAMES = ["𣲗源口敬老院", "竟陵街道福利院"]
CSV = "设施名称,设施类型,经度,纬度\n陆羽敬老院,养老机构,113.16,30.66\n"
HEAD = ("设施名称", "设施类型", "经度", "纬度")
ROW = ("陆羽敬老院", "养老机构", 113.16, 30.66)
INFINITE = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
INFINITE += b'{"type":"Point","coordinates":[1e999,30]}}]}'
PLACE_CLASS = {"class_code": CATALOG.codes["place_classes"].entries[0].code}


def given(error, name):
    return error.values.get(name)  # noqa: PD011  no frame


def fails(path, code, **options):
    with pytest.raises(BadInput) as caught:
        read(path, **options)
    error = caught.value
    assert error.code == code
    assert path.name in str(error) or str(given(error, "file")).startswith(path.stem)
    assert error.remedy
    assert "{" not in str(error)
    return error


# -- vector files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "driver"),
    [
        ("a.geojson", "GeoJSON"),
        ("a.gpkg", "GPKG"),
        ("a.shp", "ESRI Shapefile"),
        ("a.gdb", "OpenFileGDB"),
        ("a.fgb", "FlatGeobuf"),
    ],
)
def test_vector_formats(tmp_path, name, driver):
    frame().to_file(tmp_path / name, driver=driver, encoding="utf-8" if driver == "ESRI Shapefile" else None)
    records = read(tmp_path / name)
    assert not records.refusals
    assert records.rows_read == 2
    # A spatial index may put features into another order.
    assert set(records.records["name"]) == set(NAMES)
    assert list(records.records["type"]) == ["nursing_home"] * 2
    assert list(records.records["source_row"]) == [1, 2]
    assert records.records.crs.to_epsg() == 4490
    assert {round(point.x, 2) for point in records.records["geom"]} == {113.16, 113.17}


def test_geoparquet_and_parquet(tmp_path):
    frame().to_parquet(tmp_path / "a.parquet")
    assert list(read(tmp_path / "a.parquet").records["name"]) == NAMES
    pd.DataFrame([ROW], columns=HEAD).to_parquet(tmp_path / "b.parquet")
    records = read(tmp_path / "b.parquet")
    assert records.report["format"] == "Parquet"
    assert records.records["geom"].iloc[0].equals(HOME)


def test_projected_files_are_transformed(tmp_path):
    frame().to_crs(4547).to_file(tmp_path / "a.gpkg", driver="GPKG")
    records = read(tmp_path / "a.gpkg")
    assert records.source_crs == "EPSG:4547"
    assert records.records["geom"].iloc[0].distance(HOME) < 1e-8


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>城区</name><Placemark><name>陆羽敬老院</name><description>两层楼</description>
<ExtendedData><Data name="类型"><value>养老机构</value></Data></ExtendedData>
<Point><coordinates>113.16,30.66,27.5</coordinates></Point></Placemark></Folder>
<Folder><name>乡镇</name><Placemark><name>侯口福利院</name>
<ExtendedData><Data name="类型"><value>福利院</value></Data></ExtendedData>
<MultiGeometry><Point><coordinates>113.2,30.7</coordinates></Point></MultiGeometry></Placemark>
<Placemark><name>一条线</name><ExtendedData><Data name="类型"><value>福利院</value></Data></ExtendedData>
<LineString><coordinates>113.2,30.7 113.3,30.7</coordinates></LineString></Placemark></Folder>
</Document></kml>"""


def test_kml_with_folders_heights_and_mixed_geometry(tmp_path):
    (tmp_path / "a.kml").write_text(KML, "utf-8")
    records = read(tmp_path / "a.kml")
    assert list(records.records["name"]) == ["陆羽敬老院", "侯口福利院"]
    assert refusals(records) == [(3, "import.geometry-type")]
    assert "import.heights-dropped" in notices(records)
    assert not records.records["geom"].has_z.any()
    kmz = zipped(tmp_path, {"doc.kml": KML.encode()}, name="a.kmz")
    assert len(read(kmz).records) == 2


def test_kml_with_entities_is_refused(tmp_path):
    bomb = KML.replace("<kml ", '<!DOCTYPE kml [<!ENTITY a "天门">]><kml ')
    (tmp_path / "a.kml").write_text(bomb, "utf-8")
    fails(tmp_path / "a.kml", "import.xml-doctype")


def test_curves_become_lines(tmp_path):
    text = 'WKT,名称\n"CURVEPOLYGON(CIRCULARSTRING(113 30,113.1 30.1,113.2 30,113.1 29.9,113 30))",圆湖\n'
    (tmp_path / "source.csv").write_text(text, "utf-8")
    import pyogrio

    table = pyogrio.read_dataframe(tmp_path / "source.csv")
    assert table.geometry[0].geom_type == "Polygon"
    assert shapely.get_num_coordinates(table.geometry[0]) > 20


def test_geopackage_with_several_layers_asks_for_one(tmp_path):
    path = tmp_path / "a.gpkg"
    frame().to_file(path, driver="GPKG", layer="养老")
    frame(["甲", "乙"]).to_file(path, driver="GPKG", layer="福利")
    error = fails(path, "import.layers-several")
    assert "养老" in str(error)
    assert "福利" in str(error)
    assert list(read(path, part="福利").records["name"]) == ["甲", "乙"]
    fails(path, "import.layer-unknown", part="其他")
    one = tmp_path / "b.gpkg"
    frame().to_file(one, driver="GPKG", layer="设施")
    import pyogrio

    pyogrio.write_dataframe(pd.DataFrame({"style": ["x"]}), one, layer="layer_styles", append=True)
    assert read(one).report["part"] == "设施"


def test_geojson_without_geometry_and_with_heights(tmp_path):
    here = shapely.Point(113.16, 30.66, 25)
    path = geojson(tmp_path, [(None, {"name": "甲", "type": "养老机构"}), (here, {"name": "乙", "type": "养老机构"})])
    records = read(path)
    assert refusals(records) == [(1, "import.geometry-missing")]
    assert "import.heights-dropped" in notices(records)
    assert list(read(path, "places", constants=PLACE_CLASS).records["name"]) == ["甲", "乙"]


def test_geojson_crs_member_is_obeyed(tmp_path):
    local = shapely.Point(419491.805, 3393580.656)
    for place in ("crs", "zcrs"):
        member = {"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4547"}}}
        path = geojson(tmp_path, [(local, {"name": "甲", "type": "养老机构"})], name=f"{place}.geojson", **member)
        records = read(path)
        assert records.source_crs == "EPSG:4547"
        assert records.records["geom"].iloc[0].distance(HOME) < 1e-7
    wrong = {"crs": {"type": "name", "properties": {"name": "EPSG:999999"}}}
    path = geojson(tmp_path, [(local, {"name": "甲", "type": "养老机构"})], **wrong)
    assert "EPSG:999999" in str(fails(path, "import.crs-stated"))
    assert read(path, crs="4547").records["geom"].iloc[0].distance(HOME) < 1e-7


def test_geojson_in_gbk_is_read_and_said(tmp_path):
    path = geojson(tmp_path, [(HOME, {"name": "陆羽敬老院", "type": "养老机构"})])
    path.write_bytes(path.read_text("utf-8").encode("gbk"))
    records = read(path)
    assert list(records.records["name"]) == ["陆羽敬老院"]
    assert "import.encoding-detected" in notices(records)
    fails(path, "import.encoding-wrong", encoding="utf-8")


def test_the_crs_given_wins_over_the_file(tmp_path):
    path = geojson(tmp_path, [(shapely.Point(113.1660314, 30.6576659), {"name": "甲", "type": "养老机构"})])
    records = read(path, crs="GCJ02")
    assert records.source_crs == "GCJ02"
    assert records.records["geom"].iloc[0].distance(HOME) < 1e-6
    frame().to_file(tmp_path / "a.gpkg", driver="GPKG")
    assert "import.crs-overridden" not in notices(read(tmp_path / "a.gpkg", crs="4326"))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.geojson", b"", "import.empty-file"),
        ("a.geojson", b"   \n", "import.format-mismatch"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[]}', "import.empty-file"),
        ("a.geojson", b'{"type":"FeatureCollection","features":[{"type":"Feature","prop', "import.broken-file"),
        ("a.geojson", INFINITE, "import.broken-file"),
        ("a.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>", "import.format-mismatch"),
        ("a.gpkg", b"SQLite format 3\x00 but no more", "import.broken-file"),
        ("a.gpkg", b"{}", "import.format-mismatch"),
        ("a.kml", b"<kml><Document>", "import.broken-file"),
        ("a.kml", b"<kml><Document/></kml>", "import.empty-file"),
        ("a.kml", b"<html/>", "import.format-mismatch"),
        ("a.parquet", b"PAR1PAR1", "import.broken-file"),
        ("a.parquet", b"hello", "import.broken-file"),
        ("a.xlsx", b"hello", "import.zip-broken"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0 old", "import.old-office"),
        ("a.zip", b"PK\x03\x04", "import.zip-broken"),
        ("a.csv", b"", "import.empty-file"),
        ("a.csv", b" \n\n", "import.empty-file"),
        ("a.csv", "设施名称,设施类型\n".encode(), "import.header-only"),
        ("a.csv", b'name,type\n"open,x\n', "import.csv-broken"),
        ("a.csv", b"name,type\na,b,c\n", "import.too-many-cells"),
        ("a.pdf", b"%PDF", "import.format-unknown"),
        ("a.gdb", b"no folder", "import.format-mismatch"),
    ],
)
def test_broken_files(tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    fails(tmp_path / name, code)


@pytest.mark.parametrize(("name", "driver"), [("a.fgb", "FlatGeobuf"), ("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile")])
def test_files_cut_short(tmp_path, name, driver):
    path = tmp_path / name
    frame([f"第{number}敬老院" for number in range(500)]).to_file(path, driver=driver)
    content = path.read_bytes()
    for share in (0.3, 0.6, 0.95):
        path.write_bytes(content[: int(len(content) * share)])
        with pytest.raises(BadInput) as caught:
            read(path)
        assert caught.value.code in ("import.broken-file", "import.empty-file")


def test_files_that_are_missing_or_too_large(tmp_path):
    with pytest.raises(BadInput) as caught:
        read(tmp_path / "no.csv")
    assert caught.value.code == "import.no-file"
    path = csv_file(tmp_path, CSV * 40_000)
    fails(path, "import.file-too-large", limits=ImportSettings(import_max_file_mb=1))
    (tmp_path / "b.gdb").mkdir()
    (tmp_path / "b.gdb" / "x").write_text("x")
    fails(tmp_path / "b.gdb", "import.format-mismatch")


# -- Shapefiles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("cpg", [None, "right", "wrong", "nonsense"])
@pytest.mark.parametrize("language", [0, 0x4D])
def test_shapefile_encodings(tmp_path, encoding, cpg, language):
    path = tmp_path / "设施.shp"
    frame().to_file(path, encoding=encoding)
    other = {"utf-8": "gbk", "gb18030": "UTF-8"}[encoding]
    rewrite_text_encoding(
        path, cpg={"right": encoding, "wrong": other, "nonsense": "天门"}.get(cpg, cpg), language=language
    )
    records = read(path)
    assert list(records.records["name"]) == NAMES
    assert records.report["encoding"] == encoding


def test_shapefile_with_a_wrong_encoding_given(tmp_path):
    path = tmp_path / "a.shp"
    frame().to_file(path, encoding="gb18030")
    error = fails(path, "import.encoding-wrong", encoding="utf-8")
    assert given(error, "row") == 1
    assert "--encoding gbk" in error.remedy
    fails(path, "import.encoding-unknown", encoding="klingon")


def test_shapefile_texts_and_headers_cut_within_a_character(tmp_path):
    path = tmp_path / "a.shp"
    frame(["天" * 26 + "xy", "乙"]).rename(columns={"名称": "name"}).to_file(path, encoding="utf-8")
    table = path.with_suffix(".dbf")
    content = table.read_bytes().replace("天xy".encode(), "天x".encode() + b"\xe9")
    table.write_bytes(content.replace(b"name\x00\x00\x00\x00\x00\x00\x00", "设施名".encode() + b"\xe7\x00", 1))
    records = read(path, mapping={"name": "设施名"})
    assert list(records.records["name"]) == ["天" * 26 + "x", "乙"]
    assert "import.text-cut" in notices(records)


def test_shapefile_without_its_companions(tmp_path):
    path = tmp_path / "a.shp"
    frame().to_file(path)
    for suffix in (".shx", ".dbf"):
        kept = path.with_suffix(suffix).read_bytes()
        path.with_suffix(suffix).unlink()
        error = fails(path, "import.shapefile-part")
        assert f"a{suffix}" in str(error)
        path.with_suffix(suffix).write_bytes(kept)


def test_shapefile_without_prj(tmp_path):
    path = tmp_path / "a.shp"
    frame().to_file(path, encoding="utf-8")
    path.with_suffix(".prj").unlink()
    records = read(path)
    assert (records.source_crs, records.report["crs_reason"]) == ("EPSG:4490", "assumed")
    assert "import.crs-assumed" in notices(records)
    frame().to_crs(4547).to_file(path, encoding="utf-8")
    path.with_suffix(".prj").unlink()
    error = fails(path, "import.crs-missing")
    assert "--crs" in error.remedy
    assert read(path, crs="4547").records["geom"].iloc[0].distance(HOME) < 1e-8


def test_shapefile_in_a_zip_with_chinese_names(tmp_path):
    frame().to_file(tmp_path / "设施.shp", encoding="gb18030")
    suffixes = (".shp", ".shx", ".dbf", ".prj")
    content = {suffix: (tmp_path / f"设施{suffix}").read_bytes() for suffix in suffixes}
    assert list(read(zipped(tmp_path, {f"数据/设施{one}": content[one] for one in suffixes})).records["name"]) == NAMES
    path = zipped(tmp_path, {f"AAAA/BBBB{one}": content[one] for one in suffixes}, name="gbk.zip")
    path.write_bytes(path.read_bytes().replace(b"AAAA", "数据".encode("gbk")).replace(b"BBBB", "设施".encode("gbk")))
    records = read(path)
    assert list(records.records["name"]) == NAMES
    assert records.report["part"] == "设施.shp"


# -- archives ---------------------------------------------------------------------------------------------------------


def test_geodatabase_in_a_zip(tmp_path):
    frame().to_file(tmp_path / "a.gdb", driver="OpenFileGDB")
    members = {f"x/a.gdb/{one.name}": one.read_bytes() for one in (tmp_path / "a.gdb").iterdir()}
    assert len(read(zipped(tmp_path, members)).records) == 2


def test_archive_with_several_or_no_data_sets(tmp_path):
    path = zipped(tmp_path, {"a.csv": CSV.encode(), "b.csv": CSV.encode(), "__MACOSX/a.csv": b"x", "readme.txt": b"x"})
    error = fails(path, "import.zip-several")
    assert "--sheet a.csv" in error.remedy or "--sheet b.csv" in error.remedy
    assert len(read(path, part="b").records) == 1
    fails(zipped(tmp_path, {"a.pdf": b"%PDF"}, name="b.zip"), "import.zip-nothing")
    assert len(read(zipped(tmp_path, {"a.csv": CSV.encode(), "readme.txt": b"x"}, name="c.zip")).records) == 1


@pytest.mark.parametrize(
    "name", ["../a.csv", "a/../../a.csv", "/etc/a.csv", "C:\\a.csv", "..\\a.csv", "a\\..\\..\\b.csv"]
)
def test_archive_that_leaves_the_directory(tmp_path, name):
    inside = tmp_path / "inside"
    inside.mkdir()
    fails(zipped(inside, {name: CSV.encode()}), "import.zip-path")
    assert {one.name for one in tmp_path.rglob("*")} == {"inside", "a.zip"}


def test_archive_with_a_link_a_password_or_a_double(tmp_path):
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("a.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    fails(path, "import.zip-link")
    path = zipped(tmp_path, {"a.csv": CSV.encode()}, name="secret.zip")
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    path.write_bytes(content)
    fails(path, "import.zip-encrypted")
    path = tmp_path / "double.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", CSV)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.csv", CSV)
    fails(path, "import.zip-path")


def test_zip_bombs(tmp_path):
    error = fails(zipped(tmp_path, {"a.csv": b"0" * 20 * 2**20}), "import.zip-bomb")
    assert given(error, "unpacked_mb") == 20
    wide = ImportSettings(import_max_unpacked_mb=1024)
    fails(zipped(tmp_path, {"a.csv": b"0" * 70 * 2**20}), "import.zip-bomb", limits=wide)
    fails(zipped(tmp_path, {"xl/worksheets/sheet1.xml": b"0" * 20 * 2**20}, name="a.xlsx"), "import.zip-bomb")
    fails(zipped(tmp_path, {f"{one}.csv": b"" for one in range(10_001)}), "import.zip-too-many")


def test_archive_whose_stated_sizes_are_false(tmp_path):
    path = zipped(tmp_path, {"a.csv": CSV.encode() * 1000})
    content = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(mark) + offset
        content[place : place + 4] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read(path)
    assert caught.value.code in ("import.zip-bomb", "import.zip-broken")


# -- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_encodings_and_delimiters(tmp_path, encoding, delimiter):
    records = read(csv_file(tmp_path, CSV.replace(",", delimiter), encoding=encoding))
    assert list(records.records["name"]) == ["陆羽敬老院"]
    assert list(records.records["source_row"]) == [2]
    assert ("import.encoding-detected" in notices(records)) == (not encoding.startswith("utf-8"))


def test_csv_in_gbk_read_as_utf8(tmp_path):
    path = csv_file(tmp_path, "name,type,lon,lat\nA,养老机构,113,30\n".replace("A", "ascii"), encoding="gbk")
    error = fails(path, "import.encoding-wrong", encoding="utf-8")
    assert given(error, "row") == 2
    assert "--encoding gbk" in error.remedy
    assert read(path, encoding="gbk").rows_read == 1
    path.write_bytes(b"name\n\xff\xfe\xff\xff\x81\n")
    fails(path, "import.encoding-undecidable")


def test_csv_headers_with_blanks_breaks_and_width(tmp_path):
    text = '"设施\n名称 *",设施类型,床位数（张）,ＢＥＤＳ２,经 度,纬度\n甲,养老机构,"１，２００",1,113.16,30.66\n'
    records = read(csv_file(tmp_path, text))
    assert records.records.iloc[0][["name", "beds"]].tolist() == ["甲", 1200]
    assert records.report["unused"] == ["ＢＥＤＳ２"]


def test_csv_with_a_title_blank_rows_and_short_rows(tmp_path):
    text = "天门市养老机构一览表,,,,\n,,,,\n设施名称,设施类型,经度,纬度,地址\n甲,养老机构,113.16,30.66\n\n乙,养老机构,113.17,30.66,东街\n"
    records = read(csv_file(tmp_path, text))
    assert list(records.records["source_row"]) == [4, 6]
    assert records.rows_read == 2
    assert list(records.records["address"]) == [None, "东街"]


def test_csv_headers_that_are_doubled_or_compete(tmp_path):
    fails(csv_file(tmp_path, "名称,名称,类型,经度,纬度\n甲,乙,养老机构,113,30\n"), "import.duplicate-header")
    path = csv_file(tmp_path, "名称,机构名称,类型,经度,纬度\n甲,乙,养老机构,113.16,30.66\n")
    error = fails(path, "import.ambiguous-header")
    assert "--map name=名称" in error.remedy
    assert list(read(path, mapping={"name": "机构名称"}).records["name"]) == ["乙"]
    twice = csv_file(tmp_path, "名称,备注,备注,类型,经度,纬度\n甲,x,y,养老机构,113.16,30.66\n")
    assert len(read(twice).records) == 1


def test_maps_and_constants(tmp_path):
    path = csv_file(tmp_path, "A,B,C\n甲,113.16,30.66\n")
    error = fails(path, "import.missing-column")
    assert "--map name=A" in error.remedy
    mapping = {"name": "A", "lon": "B", "lat": "C"}
    records = read(path, mapping=mapping, constants={"type": "敬老院"})
    assert records.records.iloc[0][["name", "type"]].tolist() == ["甲", "nursing_home"]
    assert records.report["columns"] == mapping
    fails(path, "import.map-field", mapping={"nome": "A"})
    fails(path, "import.map-column", mapping={"name": "Z"})
    fails(path, "import.set-field", mapping=mapping, constants={"nome": "x"})
    fails(path, "import.set-value", mapping=mapping, constants={"type": "加油站"})
    fails(path, "import.no-position", mapping={"name": "A"}, constants={"type": "敬老院"})


def test_lines_and_areas_in_a_table_as_wkt(tmp_path):
    text = 'key,人口,wkt\na,12,"POLYGON ((113 30, 113.1 30, 113.1 30.1, 113 30))"\nb,3,"POLYGON ((1"\n'
    records = read(csv_file(tmp_path, text), "population")
    assert records.records["geom"].iloc[0].geom_type == "MultiPolygon"
    assert refusals(records)[0] == (3, "import.not-wkt")


def test_workbook(tmp_path):
    rows = [("天门市养老机构一览表",), HEAD, ROW, (), ("乙", "福利院", "113°09'36\"", "30°39'36\"")]
    records = read(workbook(tmp_path, rows))
    assert list(records.records["source_row"]) == [3, 5]
    assert records.records["geom"].iloc[1].distance(HOME) < 1e-9
    assert records.report["part"] == "表一"


def test_workbook_with_several_sheets(tmp_path):
    path = workbook(tmp_path, [])
    book = openpyxl.load_workbook(path)
    for title, name in (("养老", "甲"), ("福利", "乙")):
        page = book.create_sheet(title)
        page.append(HEAD)
        page.append((name, *ROW[1:]))
    book.save(path)
    records = read(path)
    assert list(records.records["name"]) == ["甲"]
    assert "import.sheets-left" in notices(records)
    assert list(read(path, part="福利").records["name"]) == ["乙"]
    fails(path, "import.sheet-unknown", part="其他")
    fails(path, "import.empty-file", part="表一")


def test_workbook_with_formulas(tmp_path):
    rows = [(*HEAD, "床位数", "地址"), (*ROW, "=SUM(1,2)", "x"), ("乙", *ROW[1:], 3, "=UNUSED()")]
    path = workbook(tmp_path, rows)
    records = read(path)
    assert (2, "import.formula-without-value") in refusals(records)
    assert "E2" in records.refusals[0].message
    assert (3, "import.formula-without-value") in refusals(records)
    # The same cell with the value that a spreadsheet program keeps.
    members = zipfile.ZipFile(path)
    patched = tmp_path / "cached.xlsx"
    with zipfile.ZipFile(patched, "w") as archive:
        for name in members.namelist():
            content = members.read(name)
            if name.endswith("sheet1.xml"):
                content = content.replace(b"<f>SUM(1,2)</f><v></v>", b"<f>SUM(1,2)</f><v>3</v>")
                content = content.replace(b"<f>SUM(1,2)</f><v />", b"<f>SUM(1,2)</f><v>3</v>")
            archive.writestr(name, content)
    records = read(patched)
    assert records.records.iloc[0]["beds"] == 3


def test_workbook_with_text_that_looks_like_a_formula(tmp_path):
    path = workbook(tmp_path, [(*HEAD, "地址")])
    book = openpyxl.load_workbook(path)
    page = book.active
    page.append((*ROW, "x"))
    page["E2"].value, page["E2"].data_type = "=cmd|' /C calc'!A0", "s"
    book.save(path)
    assert read(path).records.iloc[0]["address"] == "=cmd|' /C calc'!A0"


def test_workbook_with_errors_merged_cells_and_numbers_as_text(tmp_path):
    rows = [(*HEAD, "乡镇代码", "床位数"), ("甲", *ROW[1:], 429006100.0, "120"), ("乙", *ROW[1:], None, "#REF!")]
    path = workbook(tmp_path, rows)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("E2:E3")
    book.save(path)
    records = read(path)
    assert records.records.iloc[0][["township_code", "beds"]].tolist() == ["429006100", 120]
    assert refusals(records) == [(3, "import.cell-error")]
    assert "import.merged-filled" in notices(records)
    read(path, "facilities")


def test_workbook_with_long_numbers(tmp_path):
    rows = [(*HEAD, "设施编号"), (*ROW, 42900610011234567890), ("乙", *ROW[1:], "42900610011234567890")]
    records = read(workbook(tmp_path, rows))
    assert refusals(records) == [(2, "import.digits-lost")]
    assert list(records.records["key"]) == ["42900610011234567890"]


def test_workbook_with_a_document_type(tmp_path):
    path = workbook(tmp_path, [HEAD, ROW])
    members = zipfile.ZipFile(path)
    bomb = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(bomb, "w") as archive:
        for name in members.namelist():
            content = members.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "b">]>' + content
            archive.writestr(name, content)
    fails(bomb, "import.xml-doctype")


def test_workbook_dates(tmp_path):
    import datetime as dt

    rows = [(*HEAD, "启用日期"), (*ROW, dt.date(2025, 12, 31)), ("乙", *ROW[1:], 46022), ("丙", *ROW[1:], "2025年12月")]
    records = read(workbook(tmp_path, rows))
    assert [str(day) for day in records.records["opened_on"]] == ["2025-12-31", "2025-12-31", "2025-12-01"]
    assert "import.date-completed" in notices(records)


# -- real data --------------------------------------------------------------------------------------------------------


def test_renshou_townships(shared_data):
    records = read(shared_data / "boundaries" / "renshou_townships_wgs84.geojson", "units", limits=ImportSettings())
    assert records.rows_read == 60
    assert len(records.records) == 59
    assert refusals(records) == [(2, "import.missing-value-similar")]
    refusal = records.refusals[0]
    assert "名称" in refusal.field
    assert "na me" in refusal.reason
    assert "大化镇" in refusal.reason
    assert records.rejected["na me"].tolist() == ["大化镇"]


def test_divisions_of_the_ministry(shared_data):
    records = read(shared_data / "divisions" / "hubei_divisions_mca_2025.csv", "units")
    assert not records.refusals
    levels = {"township": 1260, "county": 103, "prefecture": 13, "province": 1}
    assert records.records["level"].value_counts().to_dict() == levels
    tianmen = records.records.set_index("code").loc["429006"]
    assert (tianmen["name"], tianmen["level"], tianmen["kind"]) == ("天门市", "county", "县级市")
    assert records.records["geom"].isna().all()


def test_villages_of_the_statistics_bureau(shared_data):
    records = read(shared_data / "divisions" / "tianmen_villages_nbs2021.csv", "communities")
    assert not records.refusals
    assert len(records.records) == 633
    assert records.records["township_code"].nunique() == 28


def test_names_with_rare_characters(shared_data, tmp_path):
    table = pd.read_csv(shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv", sep="\t", dtype=str)
    table = table.drop_duplicates("code12")
    frame = pd.DataFrame({"代码": table["code12"], "名称": table["village_corrected"]})
    for name, write in (
        ("a.csv", lambda path: frame.to_csv(path, index=False)),
        ("a.xlsx", lambda path: frame.to_excel(path, index=False)),
    ):
        write(tmp_path / name)
        records = read(tmp_path / name, "communities")
        assert list(records.records["name"]) == table["village_corrected"].str.strip().tolist()
    shapes = gpd.GeoDataFrame(frame, geometry=[HOME] * len(frame), crs=4490)
    shapes.to_file(tmp_path / "a.gpkg", driver="GPKG")
    assert set(read(tmp_path / "a.gpkg", "communities").records["name"]) == set(table["village_corrected"].str.strip())
