"""Rows as Arrow batches, and files that GDAL writes from them, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from geoservice.publish.formats.content import Content, Rows, plain
from geoservice.publish.ogc.model import Property

GEOMETRY = "geometry"
_TYPES = {
    "text": pa.string(),
    "code": pa.string(),
    "list": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}
_IS_WKB = {"ARROW:extension:name": "geoarrow.wkb"}


def field(name: str, one: Property, width: int | None = None, *, lists: bool = False) -> Any:
    """The column of a property, with its title for GDAL."""
    metadata = {"GDAL:OGR:alternative_name": one.title.zh, "GDAL:OGR:comment": one.title.en}
    if width is not None:
        metadata["GDAL:OGR:width"] = str(width)
    type_ = pa.list_(pa.string()) if lists and one.kind == "list" else _TYPES[one.kind]
    return pa.field(name, type_, metadata=metadata)


def schema(content: Content, *, lists: bool = False) -> Any:
    """Of id, the properties and the geometry.

    Parameters
    ----------
    lists
        Whether lists stay lists.
    """
    columns = [field(content.heads[one.name], one, lists=lists) for one in content.properties]
    return pa.schema([pa.field("id", pa.int64()), *columns, pa.field(GEOMETRY, pa.binary(), metadata=_IS_WKB)])


def batch(rows: Rows, known: Any, kinds: Sequence[str]) -> Any:
    """Rows of id, WKB and values as a batch of a schema."""
    ids, shapes, *values = zip(*rows, strict=True)
    columns = [ids, *(_column(column, kind, known.field(n + 1).type) for n, (column, kind) in enumerate(zip(values, kinds, strict=True))), shapes]  # fmt: skip
    return pa.record_batch([pa.array(column, one.type) for column, one in zip(columns, known, strict=True)], known)


def _column(values: Sequence[Any], kind: str, type_: Any) -> Sequence[Any]:
    if kind == "list" and pa.types.is_string(type_):
        return [plain(value) for value in values]
    # A numeric column gives decimals.
    return [None if value is None else float(value) for value in values] if kind == "number" else values


def write_ogr(
    content: Content,
    path: Path,
    known: Any,
    batches: Iterator[Any],
    *,
    geometry_type: str | None,
    metadata: Mapping[str, str] | None = None,
    **how: Any,
) -> None:
    """A file of one of GDAL's drivers, one batch held at a time.

    Parameters
    ----------
    known
        Schema of the batches.
    geometry_type
        As GDAL names it; None for a table without geometries.
    how
        For `pyogrio.write_arrow`: ``driver``, ``layer``, ``layer_options``.
    """
    import pyogrio

    # GeoPackage would write the present moment: it is put in afterwards.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    met: list[BaseException] = []

    def watched() -> Iterator[Any]:
        try:
            yield from batches
        except BaseException as error:
            met.append(error)
            raise

    placed = geometry_type is not None
    try:
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(known, watched()),
            path,
            geometry_name=GEOMETRY if placed else None,
            geometry_type=geometry_type,
            crs=content.system.code if placed else None,
            layer_metadata=dict(metadata) if metadata else None,
            **how,
        )
    except Exception:
        # What stopped the rows says more than what GDAL makes of it.
        if met:
            raise met[0] from None
        raise
