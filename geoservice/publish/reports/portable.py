"""The map of a case in one HTML file that opens anywhere, offline: folium, with every asset inside the file."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element
from folium.map import FeatureGroup
from jinja2 import Template

from geoservice.language import translate
from geoservice.publish.pages import render
from geoservice.publish.pictures import BORDER, LAND, ROAD, WATER
from geoservice.publish.reports import words
from geoservice.publish.reports.content import Content, Shown, title_of
from geoservice.publish.reports.drawing import COVERED, RINGS, UNCOVERED
from geoservice.resources import resource

# A metre, in degrees.
DIGITS = 5


def portable_map(content: Content) -> str:
    """The map as HTML; no request leaves it.

    Raises
    ------
    FileNotFoundError
        If the browser libraries were never fetched (script/bootstrap).
    """
    chart = folium.Map(tiles=None, control_scale=True, prefer_canvas=True, zoom_snap=0.25)
    chart.default_js = [("leaflet", _inlined("leaflet.js", "text/javascript"))]
    chart.default_css = [("leaflet_css", _inlined("leaflet.css", "text/css"))]
    for group in (_ground(content), *_rings(content), _communities(content), _facilities(content)):
        group.add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    bounds = _bounds(content)
    if bounds is not None:
        west, south, east, north = bounds
        chart.fit_bounds([[south, west], [north, east]], padding=(8, 8))
    root: Any = chart.get_root()
    root.title = _text(words.titled(title_of(content)))
    # What folium's page lacks: the language, a title, a legend, and colours by our own tokens.
    root.header.add_child(_Plain(f"<style>{_styles()}</style>"))
    root.html.add_child(_Plain(_caption(content)))
    page: str = root.render()
    return page.replace("<html>", f'<html lang="{translate("report.language")}">', 1)


class _Plain(Element):
    """Finished HTML: what stands in it is no template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def _styles() -> str:
    folder = resource("web", "static", "css")
    return "\n".join((folder / name).read_text("utf-8") for name in ("tokens.css", "portable.css"))


def _inlined(name: str, kind: str) -> str:
    """A file of the browser library as a data address; pictures that its style names are not used."""
    content = resource("web", "static", "vendor", "leaflet", name).read_bytes()
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"


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


def _ground(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=translate("report.ground"), control=False)
    _add(
        group,
        content.units,
        lambda _: {"color": BORDER, "weight": 1.2, "fillColor": LAND, "fillOpacity": 1.0},
        ["name"],
    )
    _add(group, content.waters, lambda _: {"color": WATER, "weight": 1.5, "fillColor": WATER, "fillOpacity": 1.0}, [])
    _add(group, content.roads, lambda _: {"color": ROAD, "weight": 1.2}, [])
    return group


def _rings(content: Content) -> list[FeatureGroup]:
    groups = []
    for rank, ring in enumerate(content.circles):
        colour = RINGS[min(len(content.circles) - 1 - rank, len(RINGS) - 1)]
        group = FeatureGroup(name=_text(words.limit_words(ring.values, content.modes)))

        def style(_: Any, colour: str = colour) -> dict[str, Any]:
            return {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": 0.25}

        _add(group, [ring], style, [])
        groups.append(group)
    return groups


def _communities(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=translate("report.communities"))
    for row in content.chosen.communities:
        if row["lon"] is None:
            continue
        colour = COVERED if row["covered"] else UNCOVERED
        folium.CircleMarker(
            [row["lat"], row["lon"]],
            radius=4,
            color=colour,
            weight=1.5,
            fill=True,
            fill_color=colour,
            fill_opacity=1.0 if row["covered"] else 0.0,
            tooltip=folium.Tooltip(_told(row)),
        ).add_to(group)
    return group


def _facilities(content: Content) -> FeatureGroup:
    group = FeatureGroup(name=_text(words.titled(content.chosen.type.title)))
    colour = content.chosen.type.color or COVERED
    for one in content.facilities:
        lon, lat = shapely.get_coordinates(one.geometry)[0]
        folium.CircleMarker(
            [lat, lon],
            radius=3,
            color="#ffffff",
            weight=1,
            fill=True,
            fill_color=colour,
            fill_opacity=1.0,
            tooltip=folium.Tooltip(_text(one.name)),
        ).add_to(group)
    return group


def _text(value: str) -> str:
    """Text from data for folium's labels, which are HTML inside template literals of JavaScript."""
    return html.escape(value).replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")


def _told(row: Mapping[str, Any]) -> str:
    """What a community's label says, as HTML."""
    lines = [
        row["name"] if not row["unit"] else f"{row['name']} · {row['unit']}",
        translate("report.covered" if row["covered"] else "report.uncovered"),
        translate("report.minutes", None, time=words.minutes(row["time_s"]), limit=words.minutes(row["limit_s"])),
        row["facility"] or "",
        translate("report.people_count", None, count=words.people_of(row)),
    ]
    return "<br>".join(_text(line) for line in lines if line)


def _add(group: FeatureGroup, shown: Sequence[Shown], style: Any, fields: list[str]) -> None:
    if not shown:
        return
    features = [_feature(one) for one in shown]
    tooltip = folium.GeoJsonTooltip(fields=fields, labels=False, sticky=True) if fields else None
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features}, style_function=style, tooltip=tooltip, smooth_factor=0.5
    ).add_to(group)


def _feature(one: Shown) -> dict[str, Any]:
    # A label is HTML: what comes from data is text.
    return {
        "type": "Feature",
        "properties": {"name": _text(one.name)},
        "geometry": shapely.geometry.mapping(shapely.set_precision(one.geometry, 10.0**-DIGITS, mode="pointwise")),
    }


def _bounds(content: Content) -> tuple[float, float, float, float] | None:
    shapes: Iterable[Any] = [one.geometry for one in (*content.units, *content.facilities, *content.circles)]
    found = shapely.total_bounds(np.array(list(shapes), dtype=object))
    if not np.isfinite(found).all():
        return None
    west, south, east, north = found.tolist()
    return west, south, east, north
