"""A scenario's map in one HTML file that opens anywhere, offline: who gains, who loses, what is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from folium import PolyLine
from folium.map import FeatureGroup

from geoservice.language import translate
from geoservice.publish.pages import render
from geoservice.publish.reports.drawing import RINGS
from geoservice.publish.reports.whole_map import Dot, Dots, add, ground, plain, whole_page
from geoservice.publish.reports.words import limit_words, minutes, number, percent, share, titled
from geoservice.publish.scenarios import words
from geoservice.publish.scenarios.content import FATES, Content
from geoservice.publish.scenarios.drawing import FATE_COLOURS, FATE_FILLED, STATUS_COLOURS


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
        *[_communities(content, fate) for fate in FATES],
        _facilities(content),
    )
    shapes = [one.geometry for one in (*content.units, *content.circles)]
    return whole_page(groups, shapes, titled(content.title), _caption(content))


def _caption(content: Content) -> str:
    before, after = content.told["total"]["before"], content.told["total"]["after"]
    counts = {fate: sum(row["fate"] == fate for row in content.communities) for fate in FATES}
    statuses = [one for one in STATUS_COLOURS if any(row["status"] == one for row in content.facilities)]
    return render(
        "scenario_portable.html",
        content=content,
        heading=titled(content.title),
        words=words,
        shares=[percent(share(before)), percent(share(after))],
        heads=words.heads(content),
        fates=[(fate, FATE_COLOURS[fate], FATE_FILLED[fate], counts[fate]) for fate in FATES],
        statuses=[(one, STATUS_COLOURS[one]) for one in statuses],
        number=number,
        standard=titled(content.ground.case.service.title),
    )


def _rings(content: Content) -> list[FeatureGroup]:
    groups = []
    for rank, ring in enumerate(content.circles):
        colour = RINGS[min(len(content.circles) - 1 - rank, len(RINGS) - 1)]
        group = FeatureGroup(name=plain(limit_words(ring.values, content.modes)))

        def style(_: Any, colour: str = colour) -> dict[str, Any]:
            return {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": 0.2}

        add(group, [ring], style, [])
        groups.append(group)
    return groups


def _communities(content: Content, fate: str) -> FeatureGroup:
    group = FeatureGroup(name=plain(words.fate_words(fate)))
    radius, weight = (7, 2.5) if fate in ("gained", "lost") else (4, 1.5)
    colour, filled = FATE_COLOURS[fate], 1.0 if FATE_FILLED[fate] else 0.0
    Dots(
        Dot(row["lon"], row["lat"], colour, _told(row), radius, weight, opacity=filled)
        for row in content.communities
        if row["fate"] == fate
    ).add_to(group)
    return group


def _told(row: Mapping[str, Any]) -> tuple[str, ...]:
    nearest = row["nearest"]
    name = "" if nearest is None else nearest["name"] or translate("scenario.site", None, number=nearest["site"])
    return (
        row["name"] if not row["unit"] else f"{row['name']} · {row['unit']}",
        words.fate_words(row["fate"]),
        translate("report.people_count", None, count=number(row["population"])),
        "" if row["time_s"] is None else f"{name} {translate('scenario.minutes', None, time=minutes(row['time_s']))}",
    )


def _facilities(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=plain(titled(content.type.title)))
    for road in content.told.get("roads", ()):
        for line in road["lines"]:
            colour = STATUS_COLOURS["closed" if road["kind"] == "close_road" else "added"]
            # Its type is declared nowhere.
            drawn: Any = PolyLine
            drawn([[at[1], at[0]] for at in line], color=colour, weight=5, dash_array="6 8").add_to(group)
    Dots(_facility(row) for row in content.facilities if row["lon"] is not None).add_to(group)
    return group


def _facility(row: Mapping[str, Any]) -> Dot:
    name = row["name"] or translate("scenario.site", None, number=row["site"])
    colour, told = STATUS_COLOURS[row["status"]], (name, words.status_words(row["status"]))
    radius = 4 if row["status"] == "open" else 8
    if row["status"] == "closed":
        return Dot(row["lon"], row["lat"], colour, told, radius, 3, opacity=0.0)
    return Dot(row["lon"], row["lat"], colour, told, radius, 2, border="#ffffff")
