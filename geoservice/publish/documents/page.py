"""A paper as one page of HTML that prints on A4: no script, nothing from outside."""

from __future__ import annotations

from collections.abc import Sequence

from geoservice.names.documents.model import Document, Heading, LocationMap, Paragraph, Table
from geoservice.publish.documents.locating import Chart
from geoservice.publish.documents.marks import Marks
from geoservice.publish.pages import render
from geoservice.resources import resource

_KINDS = {Heading: "heading", Paragraph: "paragraph", Table: "table", LocationMap: "map"}


def page(document: Document, charts: Sequence[Chart], marks: Marks) -> str:
    """The paper as HTML.

    Parameters
    ----------
    charts
        One for each of its maps that shows something, in their order.
    marks
        Words that are not of the case.
    """
    sheets = [resource("web", "static", "css", name).read_text("utf-8") for name in ("tokens.css", "paper.css")]
    pictures = iter(charts)
    blocks = []
    for block in document.blocks:
        chart = next(pictures) if isinstance(block, LocationMap) and block.located else None
        picture = None if chart is None else (chart.as_svg(), chart.caption)
        blocks.append((_KINDS[type(block)], block, picture))
    return render("paper.html", document=document, blocks=blocks, marks=marks, css="\n".join(sheets))
