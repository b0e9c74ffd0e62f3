"""Builders of small files of every kind."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import shapely

from geoservice.catalog import load_catalog
from geoservice.ingest.reading import read_layer
from geoservice.ingest.records import RecordSet
from geoservice.settings import ImportSettings

CATALOG = load_catalog()
LIMITS = ImportSettings(import_max_vertices=1000, import_max_unpacked_mb=16)
HOME = shapely.Point(113.16, 30.66)


def read(path: Path, layer: str = "facilities", **options: Any) -> RecordSet:
    options.setdefault("limits", LIMITS)
    return read_layer(path, CATALOG.layers[layer], CATALOG, **options)


def refusals(records: RecordSet) -> list[tuple[int | None, str]]:
    return [(refusal.row, refusal.reason_code) for refusal in records.refusals]


def notices(records: RecordSet) -> set[str]:
    return {notice.code for notice in records.notices}


def csv_file(folder: Path, text: str, *, encoding: str = "utf-8", name: str = "设施.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def geojson(
    folder: Path, features: Iterable[tuple[Any, Mapping[str, Any]]], *, name: str = "a.geojson", **more: Any
) -> Path:
    """Features of (geometry, properties)."""
    drawn = [
        {
            "type": "Feature",
            "properties": properties,
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for shape, properties in features
    ]
    path = folder / name
    path.write_text(json.dumps({"type": "FeatureCollection", **more, "features": drawn}, ensure_ascii=False), "utf-8")
    return path


def frame(names: Sequence[str] = ("𣲗源口敬老院", "竟陵街道福利院"), **columns: Sequence[Any]) -> gpd.GeoDataFrame:
    points = [shapely.Point(113.16 + step / 100, 30.66) for step in range(len(names))]
    kinds = ["养老机构"] * len(names)
    return gpd.GeoDataFrame({"名称": names, "类型": kinds, **columns}, geometry=points, crs=4490)


def workbook(folder: Path, rows: Iterable[Sequence[Any]], *, name: str = "a.xlsx", sheet: str = "表一") -> Path:
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    path = folder / name
    book.save(path)
    return path


def zipped(folder: Path, members: Mapping[str, bytes], *, name: str = "a.zip") -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def rewrite_text_encoding(shapefile: Path, *, cpg: str | None, language: int = 0) -> None:
    """What the companions of a Shapefile say about its encoding."""
    beside = shapefile.with_suffix(".cpg")
    beside.unlink(missing_ok=True)
    if cpg is not None:
        beside.write_text(cpg)
    table = shapefile.with_suffix(".dbf")
    content = bytearray(table.read_bytes())
    content[29] = language
    table.write_bytes(content)


def dbf_width(shapefile: Path) -> int:
    """Bytes of a record of the .dbf."""
    return int(struct.unpack("<H", shapefile.with_suffix(".dbf").read_bytes()[10:12])[0])
