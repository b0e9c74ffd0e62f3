"""What python-docx has no words for: fonts of Han characters, tables by the row, a field for the page number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docx.document import Document as File
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.text.paragraph import Paragraph as Written

from geoservice.names.documents.model import Table

LATIN = "Times New Roman"
SONG, FANG, HEI, KAI, RARE = "方正小标宋简体", "仿宋", "黑体", "楷体", "SimSun-ExtB"
# By what else a font is known, or what stands in for it where it is not installed.
OTHERS = {SONG: "宋体", FANG: "仿宋_GB2312", HEI: "SimHei", KAI: "楷体_GB2312", RARE: "宋体-ExtB", LATIN: "Times"}
CELL = Pt(10.5)
# CJK extension B, which the usual fonts lack.
_RARE = re.compile("([\U00020000-\U0002a6df]+)")
_THEME = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")
_BORDERED = ("top", "left", "bottom", "right", "insideH", "insideV")


def set_fonts(properties: Any, han: str) -> None:
    """Fonts of a run or a style: `han` for Han characters, one for all else."""
    fonts = properties.get_or_add_rFonts()
    for theme in _THEME:
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for name, font in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", han)):
        fonts.set(qn(f"w:{name}"), font)


def say(paragraph: Written, text: str) -> None:
    """Adds a text; rare Han characters get a font that has them."""
    for part, rare in _parts(text):
        run = paragraph.add_run(part)
        if rare:
            set_fonts(run._r.get_or_add_rPr(), RARE)  # noqa: SLF001 - python-docx knows no East Asian fonts


def without_border(style: Any) -> None:
    """Takes the line below a style away that the library's template draws."""
    properties = style.find(qn("w:pPr"))
    border = None if properties is None else properties.find(qn("w:pBdr"))
    if border is not None:
        properties.remove(border)


def page_number(paragraph: Written) -> None:
    """— 1 — in the middle."""
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.first_line_indent = Pt(0)
    paragraph.add_run("— ").font.size = Pt(14)
    run = paragraph.add_run()
    run.font.size = Pt(14)
    for kind in ("begin", "instruction", "end"):
        if kind == "instruction":
            told = OxmlElement("w:instrText")
            told.set(qn("xml:space"), "preserve")
            told.text = " PAGE "
        else:
            told = OxmlElement("w:fldChar")
            told.set(qn("w:fldCharType"), kind)
        run._r.append(told)  # noqa: SLF001 - there is no other way to a field
    paragraph.add_run(" —").font.size = Pt(14)


def name_other_fonts(file: File) -> None:
    """Tells a machine without a font which other one to take."""
    told = "".join(f'<w:font w:name="{name}"><w:altName w:val="{other}"/></w:font>' for name, other in OTHERS.items())
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    blob = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts xmlns:w="{space}">{told}</w:fonts>'
    part = file.part
    for rel in [rel.rId for rel in part.rels.values() if rel.reltype == RELATIONSHIP_TYPE.FONT_TABLE]:
        part.drop_rel(rel)
    fonts = Part(PackURI("/word/fontTable.xml"), CONTENT_TYPE.WML_FONT_TABLE, blob.encode(), part.package)
    part.relate_to(fonts, RELATIONSHIP_TYPE.FONT_TABLE)


def table(file: File, shown: Table, *, width_mm: float) -> None:
    """A table over the whole width whose head stands on every page, built by the row: cell by cell takes minutes."""
    whole = sum(column.width for column in shown.columns)
    widths = [round(Mm(width_mm).twips * column.width / whole) for column in shown.columns]
    made = OxmlElement("w:tbl")
    made.append(_table_properties(sum(widths)))
    grid = OxmlElement("w:tblGrid")
    for width in widths:
        grid.append(_element("w:gridCol", w=str(width)))
    made.append(grid)
    made.append(_row([column.title for column in shown.columns], widths, head=True))
    for row in shown.rows:
        made.append(_row(row, widths, head=False))
    body = file.element.body
    body.insert(len(body) - 1, made)  # before the properties of the section
    space = file.add_paragraph()
    space.paragraph_format.line_spacing = Pt(8)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    for number, part in enumerate(_RARE.split(text)):
        if part:
            yield part, number % 2 == 1


def _element(name: str, /, **given: str) -> Any:
    made = OxmlElement(name)
    for key, value in given.items():
        made.set(qn(f"w:{key}"), value)
    return made


def _table_properties(width: int) -> Any:
    made = OxmlElement("w:tblPr")
    made.append(_element("w:tblW", w=str(width), type="dxa"))
    borders = OxmlElement("w:tblBorders")
    for side in _BORDERED:
        borders.append(_element(f"w:{side}", val="single", sz="4", space="0", color="000000"))
    made.append(borders)
    made.append(_element("w:tblLayout", type="fixed"))
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w="60", type="dxa"))
    made.append(margins)
    return made


def _row(cells: Any, widths: list[int], *, head: bool) -> Any:
    row = OxmlElement("w:tr")
    properties = OxmlElement("w:trPr")
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))
    row.append(properties)
    for text, width in zip(cells, widths, strict=True):
        cell = OxmlElement("w:tc")
        of_cell = OxmlElement("w:tcPr")
        of_cell.append(_element("w:tcW", w=str(width), type="dxa"))
        of_cell.append(_element("w:vAlign", val="center"))
        cell.append(of_cell)
        for line in text.split("\n"):
            cell.append(_line(line, head=head))
        row.append(cell)
    return row


def _line(text: str, *, head: bool) -> Any:
    made = OxmlElement("w:p")
    properties = OxmlElement("w:pPr")
    properties.append(_element("w:spacing", line="300", lineRule="exact", before="30", after="30"))
    properties.append(_element("w:ind", firstLine="0"))
    if head:
        properties.append(_element("w:jc", val="center"))
    made.append(properties)
    for part, rare in _parts(text):
        run = OxmlElement("w:r")
        of_run = OxmlElement("w:rPr")
        of_run.append(
            _element("w:rFonts", ascii=LATIN, hAnsi=LATIN, cs=LATIN, eastAsia=RARE if rare else HEI if head else FANG)
        )
        of_run.append(_element("w:sz", val=str(int(CELL.pt * 2))))
        run.append(of_run)
        said = OxmlElement("w:t")
        said.set(qn("xml:space"), "preserve")
        said.text = part
        run.append(said)
        made.append(run)
    return made
