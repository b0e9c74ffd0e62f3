"""Writes GeoJSON and CSV, the same bytes each time: fixed order of keys, six decimals, UTF-8, LF."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from geoservice.ingest.sample.plane import DECIMALS, to_lonlat

CRS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
Record = Mapping[str, object]


def on_earth(shape: BaseGeometry) -> BaseGeometry:
    """A shape of the plane in EPSG:4490, longitude and latitude, six decimals."""
    return shapely.transform(shape, _lonlats)


def _lonlats(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([to_lonlat(point) for point in points], dtype=np.float64).reshape(-1, 2)


def write_geojson(path: Path, records: Iterable[tuple[Record, BaseGeometry | None]], notice: str) -> Path:
    """A FeatureCollection, one feature a line; every feature bears the notice. Coordinates are EPSG:4490 lon, lat."""
    lines = [
        _json({"type": "Feature", "properties": _plain(record, notice), "geometry": _geometry(shape)})
        for record, shape in records
    ]
    head = (
        f'{{"type":"FeatureCollection","name":"{path.stem}","notice":{_json(notice)},"crs":{_json(CRS)},"features":[\n'
    )
    return _write(path, head + ",\n".join(lines) + "\n]}\n")


def write_csv(path: Path, columns: Sequence[str], records: Iterable[Record], notice: str) -> Path:
    """A table in UTF-8 with its byte-order mark, as spreadsheets like it; every row bears the notice."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [*columns, "notice"], lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow(_plain(record, notice))
    return _write(path, "\ufeff" + text.getvalue())


def write_text(path: Path, text: str) -> Path:
    """A plain text."""
    return _write(path, text)


def _write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode("utf-8"))
    return path


def _plain(record: Record, notice: str) -> dict[str, object]:
    plain = {key: (value.isoformat() if isinstance(value, date) else value) for key, value in record.items()}
    return {**plain, "notice": notice}


def _geometry(shape: BaseGeometry | None) -> object:
    if shape is None:
        return None
    found = mapping(shape)
    return {"type": found["type"], "coordinates": _rounded(found["coordinates"])}


def _rounded(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(float(str(value)), DECIMALS)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
