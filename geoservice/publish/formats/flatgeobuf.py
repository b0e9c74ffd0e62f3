"""FlatGeobuf: east first, with its index unless a record has no geometry, which an index cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from geoservice.crs import SRID
from geoservice.publish.formats.arrow import batch, schema, write_ogr
from geoservice.publish.formats.content import Content
from geoservice.publish.formats.form import Format, pieces
from geoservice.publish.formats.geometries import single_type
from geoservice.publish.formats.told import lines, told


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """Written to the end before its first byte goes out: the index stands before the records."""
    path, known = folder / "export.fgb", schema(content)
    kinds = [one.kind for one in content.properties]
    indexed = content.facts.count > 0 and None not in content.facts.kinds
    write_ogr(
        content,
        path,
        known,
        (batch(rows, known, kinds) for rows in content.records()),
        driver="FlatGeobuf",
        layer=content.collection.id,
        geometry_type=single_type(content.facts.kinds) or "Unknown",
        metadata={"geoservice": json.dumps(told(content), ensure_ascii=False)},
        layer_options={
            "SPATIAL_INDEX": "YES" if indexed else "NO",
            "TITLE": content.collection.layer.title.zh,
            "DESCRIPTION": "\n".join(lines(content)),
            "TEMPORARY_DIR": str(folder),
        },
    )
    return pieces(path)


FLATGEOBUF = Format("flatgeobuf", (".fgb",), "application/vnd.flatgeobuf", write, crs=SRID)
