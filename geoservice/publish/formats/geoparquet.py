"""GeoParquet 1.1: WKB, east first, row group by row group."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from geoservice.crs import SRID
from geoservice.publish.formats.arrow import GEOMETRY, batch, schema
from geoservice.publish.formats.content import Content
from geoservice.publish.formats.form import Format, pieces
from geoservice.publish.formats.geometries import NAMES
from geoservice.publish.formats.told import told

_GROUP_ROWS = 20_000


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """Written to the end before its first byte goes out; lists stay lists."""
    path = folder / "export.parquet"
    known = schema(content, lists=True).with_metadata(
        {"geo": json.dumps(_geo(content)), "geoservice": json.dumps(told(content), ensure_ascii=False)}
    )
    kinds = [one.kind for one in content.properties]
    with pq.ParquetWriter(path, known, compression="zstd") as file:
        held: list[Any] = []
        for rows in content.records():
            held.append(batch(rows, known, kinds))
            if sum(one.num_rows for one in held) >= _GROUP_ROWS:
                file.write_table(pa.Table.from_batches(held, known))
                held = []
        file.write_table(pa.Table.from_batches(held, known))
    return pieces(path)


def _geo(content: Content) -> dict[str, Any]:
    """The metadata that the specification asks for."""
    crs = CRS.from_user_input(content.system.name)
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted(NAMES[kind] for kind in content.facts.kinds if kind is not None),
        "crs": crs.to_json_dict(),
    }
    if content.facts.bounds is not None and not content.system.crs.metric:
        column["bbox"] = list(content.facts.bounds)
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


GEOPARQUET = Format("geoparquet", (".parquet", ".geoparquet"), "application/vnd.apache.parquet", write, crs=SRID)
