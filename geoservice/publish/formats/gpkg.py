"""GeoPackage: east first, titles of fields as their aliases, what it says of itself in contents and metadata."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from geoservice.crs import SRID
from geoservice.publish.formats.arrow import batch, schema, write_ogr
from geoservice.publish.formats.content import Content
from geoservice.publish.formats.form import Format, pieces
from geoservice.publish.formats.geometries import single_type
from geoservice.publish.formats.told import lines, stamp, told


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """Written to the end before its first byte goes out: SQLite comes back to its beginning."""
    path, known = folder / "export.gpkg", schema(content)
    kinds = [one.kind for one in content.properties]
    write_ogr(
        content,
        path,
        known,
        (batch(rows, known, kinds) for rows in content.records()),
        driver="GPKG",
        layer=content.collection.id,
        geometry_type=single_type(content.facts.kinds) or "Unknown",
        metadata={"geoservice": json.dumps(told(content), ensure_ascii=False)},
        # The key is the file's own: our ids are a column.
        layer_options={
            "FID": "fid",
            "DESCRIPTION": "\n".join(lines(content)),
            "IDENTIFIER": content.collection.layer.title.zh,
        },
    )
    _date(path, stamp(content).replace("Z", ".000Z"))
    return pieces(path)


def _date(path: Path, moment: str) -> None:
    """Puts the moment of the last change in place of that of writing."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("update gpkg_contents set last_change = ?", [moment])
        file.execute("update gpkg_metadata_reference set timestamp = ?", [moment])


GPKG = Format("gpkg", (".gpkg",), "application/geopackage+sqlite3", write, crs=SRID)
