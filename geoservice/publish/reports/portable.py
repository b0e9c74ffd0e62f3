"""The map of a case in one HTML file that opens anywhere, offline: folium, with every asset inside the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import shapely
from folium.map import FeatureGroup

from geoservice.language import translate
from geoservice.publish.pages import render
from geoservice.publish.reports import words
from geoservice.publish.reports.content import Content, title_of
from geoservice.publish.reports.drawing import COVERED, RINGS, UNCOVERED
from geoservice.publish.reports.whole_map import Dot, Dots, add, ground, plain, whole_page


def portable_map(content: Content) -> str:
    """The map as HTML; no request leaves it.

    Raises
    ------
    FileNotFoundError
        If the browser libraries were never fetched (script/bootstrap).
    """
    groups = (
        ground(content.units, content.waters, content.roads),
        *_rings(content),
        _communities(content),
        _facilities(content),
    )
    shapes = [one.geometry for one in (*content.units, *content.facilities, *content.circles)]
    return whole_page(groups, shapes, words.titled(title_of(content)), _caption(content))


def _caption(content: Content) -> str:
    rings = [
        (RINGS[min(len(content.circles) - 1 - rank, len(RINGS) - 1)], words.limit_words(ring.values, content.modes))
        for rank, ring in enumerate(content.circles)
    ]
    return render(
        "portable.html",
        content=content,
        heading=words.titled(title_of(content)),
        words=words,
        rings=rings,
        covered=COVERED,
        uncovered=UNCOVERED,
        color=content.chosen.type.color or COVERED,
    )


def _rings(content: Content) -> list[FeatureGroup]:
    groups = []
    for rank, ring in enumerate(content.circles):
        colour = RINGS[min(len(content.circles) - 1 - rank, len(RINGS) - 1)]
        group = FeatureGroup(name=plain(words.limit_words(ring.values, content.modes)))

        def style(_: Any, colour: str = colour) -> dict[str, Any]:
            return {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": 0.25}

        add(group, [ring], style, [])
        groups.append(group)
    return groups


def _communities(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=translate("report.communities"))
    Dots(_community(row) for row in content.chosen.communities if row["lon"] is not None).add_to(group)
    return group


def _community(row: Mapping[str, Any]) -> Dot:
    colour, filled = (COVERED, 1.0) if row["covered"] else (UNCOVERED, 0.0)
    return Dot(row["lon"], row["lat"], colour, _told(row), opacity=filled)


def _facilities(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=plain(words.titled(content.chosen.type.title)))
    colour = content.chosen.type.color or COVERED
    at = shapely.get_coordinates([one.geometry for one in content.facilities]).tolist()
    named = zip(content.facilities, at, strict=True)
    Dots(Dot(lon, lat, colour, (one.name,), radius=3, border="#ffffff", weight=1) for one, (lon, lat) in named).add_to(
        group
    )
    return group


def _told(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What a community's label says."""
    return (
        row["name"] if not row["unit"] else f"{row['name']} · {row['unit']}",
        translate("report.covered" if row["covered"] else "report.uncovered"),
        translate("report.minutes", None, time=words.minutes(row["time_s"]), limit=words.minutes(row["limit_s"])),
        row["facility"] or "",
        translate("report.people_count", None, count=words.people_of(row)),
    )
