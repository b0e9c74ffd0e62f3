"""A paper as DOCX: A4, the manners of an official paper, tables whose heads repeat, page numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime

import docx
from docx.document import Document as File
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.shared import Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.text.paragraph import Paragraph as Written

from geoservice.names.documents.model import Document, Heading, Paragraph, Signature, Table
from geoservice.publish.documents.locating import Chart
from geoservice.publish.documents.marks import Marks
from geoservice.publish.documents.word_parts import (
    FANG,
    HEI,
    KAI,
    SONG,
    name_other_fonts,
    page_number,
    say,
    set_fonts,
    table,
    without_border,
)

# The text area that official papers leave on A4, in millimetres.
TOP, BOTTOM, LEFT, RIGHT = 37, 35, 28, 26
WIDTH = 210 - LEFT - RIGHT
BODY, LINE = Pt(16), Pt(28)
MARKS, TITLE, NUMBER, SMALL, CAPTION = "公文标记", "公文标题", "公文文号", "公文附注", "公文图注"


def word(document: Document, charts: Sequence[Chart], marks: Marks) -> bytes:
    """The paper as the bytes of a DOCX file.

    Parameters
    ----------
    charts
        One for each of its maps that shows something, in their order.
    marks
        Words that are not of the case.
    """
    file = docx.Document()
    _properties(file, document)
    _sheet(file)
    _styles(file)
    said = [marks.draft] * document.draft + [marks.transcript] * document.transcript
    top = _add(file, "\t".join([marks.level, " · ".join(said)]) if said else marks.level, MARKS)
    top.paragraph_format.tab_stops.add_tab_stop(Mm(WIDTH - 18))
    _add(file, document.heading, TITLE)
    if document.number:
        _add(file, document.number, NUMBER)
    if document.addressees:
        _add(file, f"{document.addressees}：").paragraph_format.first_line_indent = Pt(0)
    pictures = iter(charts)
    for block in document.blocks:
        if isinstance(block, Heading):
            _add(file, block.text, f"Heading {block.level}")
        elif isinstance(block, Paragraph):
            _add(file, block.text)
        elif isinstance(block, Table):
            table(file, block, width_mm=WIDTH)
        elif block.located:
            _picture(file, next(pictures), marks, block.missing)
        else:
            _add(file, marks.no_map)
    if document.signature is not None:
        _sign(file, document.signature, marks)
    for one in document.remarks:
        _add(file, one, SMALL)
    buffer = io.BytesIO()
    file.save(buffer)
    return buffer.getvalue()


def _properties(file: File, document: Document) -> None:
    kept = file.core_properties
    kept.title = document.heading[:255]
    kept.author = kept.last_modified_by = ""
    kept.comments = ""
    kept.language = "zh-CN"
    kept.created = kept.modified = datetime.combine(document.made_on, datetime.min.time(), UTC)


def _sheet(file: File) -> None:
    section = file.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(TOP), Mm(BOTTOM)
    section.left_margin, section.right_margin = Mm(LEFT), Mm(RIGHT)
    section.footer_distance = Mm(25)
    page_number(section.footer.paragraphs[0])
    name_other_fonts(file)


def _styles(file: File) -> None:
    normal = _style(file, "Normal", FANG, BODY)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    normal.paragraph_format.line_spacing = LINE
    normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.first_line_indent = 2 * BODY
    normal.paragraph_format.widow_control = True
    for level, font in ((1, HEI), (2, KAI)):
        heading = _style(file, f"Heading {level}", font, BODY)
        heading.paragraph_format.space_before = Pt(8 if level == 1 else 0)
        heading.paragraph_format.keep_with_next = True
    for name, font, size in (
        (MARKS, HEI, 12),
        (TITLE, SONG, 22),
        (NUMBER, FANG, 16),
        (SMALL, FANG, 10.5),
        (CAPTION, FANG, 9),
    ):
        style = _style(file, name, font, Pt(size))
        style.paragraph_format.first_line_indent = Pt(0)
        style.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    title = file.styles[TITLE]
    assert isinstance(title, ParagraphStyle)
    title.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = Pt(14), Pt(20)
    number = file.styles[NUMBER]
    assert isinstance(number, ParagraphStyle)
    number.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.CENTER
    number.paragraph_format.space_after = Pt(14)


def _style(file: File, name: str, font: str, size: Pt) -> ParagraphStyle:
    if name not in file.styles:
        file.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH).base_style = file.styles["Normal"]
    style = file.styles[name]
    assert isinstance(style, ParagraphStyle)
    set_fonts(style.element.get_or_add_rPr(), font)
    style.font.size, style.font.bold, style.font.italic = size, False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    without_border(style.element)
    return style


def _add(file: File, text: str, style: str = "Normal") -> Written:
    paragraph = file.add_paragraph(style=style)
    say(paragraph, text)
    return paragraph


def _picture(file: File, chart: Chart, marks: Marks, missing: Sequence[str]) -> None:
    holder = file.add_paragraph(style=CAPTION)
    holder.paragraph_format.keep_with_next = True
    shape = holder.add_run().add_picture(io.BytesIO(chart.as_png()), width=Mm(WIDTH))
    shape._inline.docPr.set("descr", "、".join(one.name for one in chart.shown.located)[:200])  # noqa: SLF001 - no other way
    _add(file, " · ".join([*([chart.caption] if chart.caption else []), *marks.under_map]), CAPTION)
    if missing:
        _add(file, marks.missing(missing))


def _sign(file: File, signature: Signature, marks: Marks) -> None:
    lines = (signature.signatory + (marks.seal if signature.seal else ""), signature.day)
    for number, line in enumerate(lines):
        paragraph = _add(file, line)
        paragraph.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = 2 * BODY
        paragraph.paragraph_format.keep_with_next = number == 0
        if number == 0:
            paragraph.paragraph_format.space_before = LINE
