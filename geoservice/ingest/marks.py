"""Classification levels (密级): what rows of a source are marked with, and what this program is no place for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geoservice.catalog import Catalog, CodeEntry, CodeList
from geoservice.errors import BadInput
from geoservice.ingest.fields import Matched, mark_columns
from geoservice.ingest.parsers import CodeParser
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.records import CLASSIFICATION, INTERNAL, RecordSet
from geoservice.ingest.validate import Checked, Fault
from geoservice.ingest.values import ValueRefusedError, parse_boolean, show

LEVELS = "classification_levels"
_SHOWN_ROWS = 20


@dataclass(frozen=True)
class _Mark:
    """What one column says of each row: the code of a level, None for nothing, or why it cannot be told."""

    index: int
    levels: list[str | ValueRefusedError | None]


def refuse_marked_file(path: Path, catalog: Catalog) -> None:
    """Refuses a file whose name is marked with a level that this program does not handle.

    Raises
    ------
    BadInput
        ``import.secret-file``
    """
    levels = catalog.codes[LEVELS]
    words = [re.escape(word) for entry in _unhandled(levels) for word in (entry.title.zh, *entry.aliases)]
    word = "|".join(sorted(words, key=len, reverse=True))
    # As in 名录（机密）.xlsx or 名录 秘密★5年.csv.
    found = re.search(rf"({word})\s*[★☆]|[(（\[【〔]({word})[)）\]】〕]", path.name, re.IGNORECASE)
    if found:
        raise BadInput("import.secret-file", file=path.name, level=found[1] or found[2])


def check_marks(raw: RawTable, matched: Matched, catalog: Catalog, *, file: str) -> Checked:
    """What rows are marked with.

    Returns
    -------
    Checked
        With the column `classification`, ``internal`` or None, where the source has such marks; a mark that is not
        known is a fault.

    Raises
    ------
    BadInput
        ``import.secret`` where any row is marked with a level that this program does not handle. Nothing of such a file
        is read further, and none of its values is repeated.
    """
    levels = catalog.codes[LEVELS]
    marks = [_read(raw, name, index, levels) for name, index in matched.marks.items()]
    _refuse_secret(raw, marks, levels, file)
    checked = Checked({})
    if not marks:
        return checked
    internal = [any(mark.levels[position] == INTERNAL for mark in marks) for position in range(len(raw))]
    checked.columns[CLASSIFICATION] = [INTERNAL if one else None for one in internal]
    for mark in marks:
        label = show(raw.headers[mark.index])
        checked.faults += [
            Fault(position, label, show(raw.cells[mark.index][position]), level)
            for position, level in enumerate(mark.levels)
            if isinstance(level, ValueRefusedError)
        ]
    return checked


def refuse_secret_table(raw: RawTable, catalog: Catalog, *, file: str) -> None:
    """Refuses a table with a row that is marked with a level that this program does not handle.

    It asks every column that may hold such a mark, also where the headers as a whole cannot be understood.

    Raises
    ------
    BadInput
        ``import.secret``
    """
    levels = catalog.codes[LEVELS]
    marks = [_read(raw, name, index, levels) for name, index in mark_columns(raw.headers) if name == "secrecy"]
    _refuse_secret(raw, marks, levels, file)


def marked_internal(records: RecordSet) -> bool:
    """Whether the source marks any record as internal."""
    frame = records.records
    return CLASSIFICATION in frame and bool((frame[CLASSIFICATION] == INTERNAL).any())


def _unhandled(levels: CodeList) -> list[CodeEntry]:
    return [entry for entry in levels.entries if entry.attributes.get("handled") is False]


def _read(raw: RawTable, name: str, index: int, levels: CodeList) -> _Mark:
    parser = CodeParser(levels)
    said: dict[str, str | ValueRefusedError | None] = {}
    found = []
    for cell in raw.cells[index]:
        key = "" if cell is None else str(cell)
        if key not in said:
            said[key] = _level(cell, name, parser)
        found.append(said[key])
    return _Mark(index, found)


def _level(cell: Any, name: str, parser: CodeParser) -> str | ValueRefusedError | None:
    if cell is None:
        return None
    try:
        if name == "disclosure":
            return INTERNAL if parse_boolean(cell) is False else None
        # 秘密★5年: the star and the term belong to the mark, not to the level.
        level: str | None = parser(re.split(r"[★☆*]", str(cell).strip("★☆* "), maxsplit=1)[0])
    except ValueRefusedError as refused:
        return refused
    return level


def _refuse_secret(raw: RawTable, marks: list[_Mark], levels: CodeList, file: str) -> None:
    unhandled = {entry.code for entry in _unhandled(levels)}
    rows = sorted({int(raw.rows[at]) for mark in marks for at, level in enumerate(mark.levels) if level in unhandled})
    if rows:
        shown = "、".join(map(str, rows[:_SHOWN_ROWS])) + ("……" if len(rows) > _SHOWN_ROWS else "")
        raise BadInput("import.secret", file=file, rows=shown, count=len(rows))
