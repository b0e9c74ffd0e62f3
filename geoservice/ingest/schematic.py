"""What a source says of its records: whether they are schematic (示意数据, 非测绘成果)."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoservice.errors import BadInput
from geoservice.ingest.fields import SCHEMATIC, fold
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.values import ValueRefusedError, parse_boolean

_MARK = "示意数据"
_SHOWN_ROWS = 20


def told_schematic(raw: RawTable, *, file: str) -> bool:
    """Whether a table, as this program writes it, says of all its rows that they are schematic.

    Raises
    ------
    BadInput
        ``import.partly-schematic`` where it says so of some rows only: one import is schematic or it is not.
    """
    columns = [raw.cells[at] for at, header in enumerate(raw.headers) if fold(header) in SCHEMATIC]
    if not columns:
        return False
    marked = np.any([[_says_so(cell) for cell in column] for column in columns], axis=0)
    if marked.any() and not marked.all():
        rows = [str(row) for row in raw.rows[~marked][:_SHOWN_ROWS]]
        raise BadInput("import.partly-schematic", file=file, count=int((~marked).sum()), rows="、".join(rows))
    return bool(marked.all())


def _says_so(cell: Any) -> bool:
    if cell is None:
        return False
    try:
        return parse_boolean(cell) is True
    except ValueRefusedError:
        return _MARK in str(cell)
