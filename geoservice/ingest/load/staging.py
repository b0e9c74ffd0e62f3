"""The staging table of a load: typed columns, filled by COPY, gone at the end of the transaction."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from geoservice.catalog import LayerDeclaration
from geoservice.database.models import SRID
from geoservice.ingest.records import CLASSIFICATION, GEOM, SOURCE_ROW, RecordSet

TABLE = "staging"
SQL_TYPES = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "date": "date",
    "code": "text",
    "boolean": "boolean",
    "list": "text[]",
}


def stage(connection: Connection, layer: LayerDeclaration, records: RecordSet, extra: dict[str, str]) -> None:
    """Makes the staging table of a layer and copies the records into it.

    Parameters
    ----------
    extra
        Columns beside the declared fields, with their SQL types; taken from the records by name.
    """
    columns = {field.name: SQL_TYPES[field.type] for field in layer.fields} | extra
    columns |= {SOURCE_ROW: "bigint", CLASSIFICATION: "text", GEOM: f"geometry(Geometry,{SRID})"}
    connection.execute(text(f"drop table if exists {TABLE}"))
    listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(text(f"create temporary table {TABLE} ({listed}) on commit drop"))
    frame = records.records
    values = [_column(frame, name, kind) for name, kind in columns.items()]
    copy_rows(connection, list(columns), zip(*values, strict=True))
    connection.execute(text(f"create index on {TABLE} ({SOURCE_ROW})"))
    connection.execute(text(f"analyze {TABLE}"))


def identity(layer: LayerDeclaration, values: Sequence[object]) -> str:
    """A stable key for a record whose source gives none: the same for the same identifying values.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> facilities = load_catalog().layers["facilities"]
    >>> identity(facilities, ["nursing_home", "岳口镇福利院", ""]) == identity(
    ...     facilities, ["nursing_home", "岳口镇福利院", ""]
    ... )
    True
    """
    joined = "\x1f".join("" if value is None else str(value) for value in values)
    return f"{layer.id}.{hashlib.sha256(joined.encode()).hexdigest()[:20]}"


def missing(value: object) -> bool:
    """Whether a cell holds nothing: None, NaN, NaT or an empty text.

    Examples
    --------
    >>> missing(float("nan")), missing(""), missing(0), missing("湾")
    (True, True, False, False)
    """
    if value is None or value is pd.NaT or value is pd.NA:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and not value.strip()


def _column(frame: pd.DataFrame, name: str, kind: str) -> list[Any]:
    if name not in frame.columns:
        return [None] * len(frame)
    if kind.startswith("geometry"):
        return _ewkb(frame[name])
    cast = _CASTS.get(kind, str)
    return [None if _is_missing(value) else cast(value) for value in frame[name]]


def _is_missing(value: object) -> bool:
    return not isinstance(value, (list, tuple, np.ndarray)) and missing(value)


def _ewkb(geometries: Iterable[Any]) -> list[str | None]:
    array = np.asarray(list(geometries), dtype=object)
    array = np.array([None if _is_missing(geometry) else geometry for geometry in array], dtype=object)
    array = shapely.force_2d(shapely.set_srid(array, SRID))
    written: list[str | None] = list(shapely.to_wkb(array, hex=True, include_srid=True, byte_order=1))
    return written


def _date(value: object) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(str(value)[:10])


_CASTS: dict[str, Any] = {
    "bigint": int,
    "double precision": float,
    "boolean": bool,
    "date": _date,
    "text[]": lambda value: [str(item) for item in value],
    "bigint[]": lambda value: [int(item) for item in value],
}


def copy_rows(connection: Connection, columns: list[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Rows into the staging table by COPY."""
    listed = ", ".join(f'"{name}"' for name in columns)
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"copy {TABLE} ({listed}) from stdin") as copy:
        for row in rows:
            copy.write_row(row)
