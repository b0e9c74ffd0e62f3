"""A scenario's report as one page that prints on A4; no script, nothing from outside."""

from __future__ import annotations

from geoservice.language import translate
from geoservice.publish.pages import render
from geoservice.publish.reports.words import limit_words, minutes, number, percent, share, titled, today_words
from geoservice.publish.scenarios import words
from geoservice.publish.scenarios.content import Content
from geoservice.publish.scenarios.drawing import scenario_map, township_bars
from geoservice.resources import resource

MOST_NAMED = 300


def printable(content: Content) -> str:
    """The page as HTML."""
    sheets = [resource("web", "static", "css", name).read_text("utf-8") for name in ("tokens.css", "report.css")]
    return render(
        "scenario_report.html",
        content=content,
        heading=titled(content.title),
        words=words,
        css="\n".join(sheets),
        picture=scenario_map(content, titled(content.type.title)),
        bars=township_bars(content),
        heads=words.heads(content),
        plans=[(plan, words.changes_told(plan)) for plan in content.plans],
        indicators=[
            (row["same"], words.indicator_line(row, content.on), row["source"]) for row in content.told["indicators"]
        ],
        groups=[
            (kind, translate(f"scenario.group.{kind.replace('_', '-')}"))
            for kind in ("gained", "lost", "single", "backed_up")
        ],
        standard=titled(content.ground.case.service.title),
        most=MOST_NAMED,
        say={
            "number": number,
            "percent": percent,
            "share": share,
            "minutes": minutes,
            "limit": limit_words,
            "day": today_words,
        },
    )
