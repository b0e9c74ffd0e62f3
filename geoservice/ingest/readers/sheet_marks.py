"""What openpyxl's reading mode leaves out of a sheet: merged cells, and formulas that hold no value."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from openpyxl.utils import coordinate_to_tuple

from geoservice.errors import BadInput

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CHUNK = 2**20


@dataclass
class SheetMarks:
    """Merged ranges (``A2:A5``), and the formulas by row and column of cells without a cached value."""

    merged: list[str] = field(default_factory=list)
    empty_formulas: dict[tuple[int, int], str] = field(default_factory=dict)

    def shown(self) -> str:
        """The first merged ranges, for a message."""
        return "、".join(self.merged[:5]) + ("…" if len(self.merged) > 5 else "")


def refuse_doctype(path: Path) -> None:
    """Refuses a workbook that declares a document type, as attacks do and spreadsheets do not.

    Raises
    ------
    BadInput
        ``import.xml-doctype``.
    """
    with ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                with archive.open(name) as file:
                    head = file.read(2048)
                if re.search(rb"<!(DOCTYPE|ENTITY)", head.replace(b"\x00", b"")):
                    raise BadInput("import.xml-doctype", file=path.name, member=name)


def sheet_marks(path: Path, title: str) -> SheetMarks:
    """The marks of a sheet; nearly free where it has neither merged cells nor formulas.

    Call `refuse_doctype` first.
    """
    marks = SheetMarks()
    with ZipFile(path) as archive:
        member = _member(archive, title)
        if member is None:
            return marks
        if not _holds(archive, member, (b"<f", b"<mergeCell", b":f>")):
            return marks
        with archive.open(member) as file:
            for _, element in ET.iterparse(file):  # nosec B314 # noqa: S314  refuse_doctype came first
                _mark(element, marks)
    return marks


def _mark(element: ET.Element, marks: SheetMarks) -> None:
    if element.tag == f"{_MAIN}mergeCell":
        marks.merged.append(element.get("ref", ""))
    elif element.tag == f"{_MAIN}c":
        formula, value = element.find(f"{_MAIN}f"), element.find(f"{_MAIN}v")
        empty = value is None or (not value.text and element.get("t") != "str")
        if formula is not None and empty:
            place = coordinate_to_tuple(element.get("r", "A1"))
            marks.empty_formulas[place] = (formula.text or "")[:80]
        element.clear()
    elif element.tag == f"{_MAIN}row":
        element.clear()


def _member(archive: ZipFile, title: str) -> str | None:
    """Path of the sheet inside the file."""
    names = set(archive.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return None
    book = ET.fromstring(archive.read("xl/workbook.xml"))  # nosec B314 # noqa: S314  refuse_doctype came first
    relation = next((one.get(_RELATION) for one in book.iter(f"{_MAIN}sheet") if one.get("name") == title), None)
    for one in ET.fromstring(archive.read("xl/_rels/workbook.xml.rels")):  # nosec B314 # noqa: S314  refuse_doctype came first
        if one.get("Id") == relation:
            target = one.get("Target", "")
            found = target.lstrip("/") if target.startswith("/") else str(PurePosixPath("xl") / target)
            return found if found in names else None
    return None


def _holds(archive: ZipFile, member: str, marks: tuple[bytes, ...]) -> bool:
    tail = b""
    with archive.open(member) as file:
        while chunk := file.read(_CHUNK):
            if any(mark in tail + chunk for mark in marks):
                return True
            tail = chunk[-16:]
    return False
