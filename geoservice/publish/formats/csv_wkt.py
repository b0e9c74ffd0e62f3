"""CSV with WKT (RFC 4180, UTF-8 with the mark that spreadsheets know it by); east first."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import shapely

from geoservice.publish.formats.content import Content, plain
from geoservice.publish.formats.form import Format

_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 (.])")


def write(content: Content, _: Path) -> Iterator[bytes]:
    """The rows; shifted coordinates are told by the name of their column."""
    shift = content.system.shift
    wkt = "geometry_wkt" if shift is None else f"geometry_wkt_{shift.lower()}"
    yield "\ufeff".encode() + _lines([["id", *(content.heads[one.name] for one in content.properties), wkt]])
    for batch in content.records():
        shapes = content.system.shapes([row[1] for row in batch])
        texts = shapely.to_wkt(shapes, rounding_precision=content.system.digits, trim=True)
        yield _lines([[row[0], *map(_cell, row[2:]), text] for row, text in zip(batch, texts, strict=True)])


def _lines(rows: list[list[Any]]) -> bytes:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode()


def _cell(value: Any) -> Any:
    """A cell; text that a spreadsheet would take for a formula is kept text by a mark before it.

    Examples
    --------
    >>> _cell("=1+1"), _cell("+86 728"), _cell("-"), _cell(True), _cell(None)
    ("'=1+1", '+86 728', "'-", 'true', None)
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    value = plain(value)
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


CSV = Format("csv", (".csv",), "text/csv; charset=utf-8; header=present", write, systems="any-web", beside=True)
