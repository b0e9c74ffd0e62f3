"""The report as one page that prints on A4: figures, map, chart, method, dates; no script, nothing from outside."""

from __future__ import annotations

from geoservice.catalog import Catalog
from geoservice.coverage.indicators import words as indicator_words
from geoservice.coverage.indicators.report import IndicatorReport
from geoservice.language import translate
from geoservice.publish.pages import render
from geoservice.publish.reports import words
from geoservice.publish.reports.content import MOST_LEFT_OUT, Content, title_of
from geoservice.publish.reports.drawing import county_map, township_bars
from geoservice.resources import resource


def printable(content: Content, catalog: Catalog, indicators: IndicatorReport | None = None) -> str:
    """The page as HTML.

    Parameters
    ----------
    indicators
        The plan's indicators, to be told at the end; None to leave them out.
    """
    names = (translate("report.covered"), translate("report.uncovered"), words.titled(content.chosen.type.title))
    sheets = [resource("web", "static", "css", name).read_text("utf-8") for name in ("tokens.css", "report.css")]
    left_out = content.chosen.left_out
    return render(
        "report.html",
        content=content,
        heading=words.titled(title_of(content)),
        words=words,
        css="\n".join(sheets),
        picture=county_map(content, names),
        bars=township_bars([dict(row) for row in content.chosen.units], translate("report.no-unit")),
        left_out=left_out[:MOST_LEFT_OUT],
        more=max(0, len(left_out) - MOST_LEFT_OUT),
        indicators=indicators,
        indicator_words=indicator_words,
        catalog=catalog,
    )
