"""What maps in one HTML file share: folium with every asset inside the file, so that it opens anywhere, offline."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import numpy as np
import shapely
from branca.element import Element, MacroElement
from folium.map import FeatureGroup
from jinja2 import Template
from shapely.geometry.base import BaseGeometry

from geoservice.language import translate
from geoservice.publish.pictures import BORDER, LAND, ROAD, WATER
from geoservice.publish.reports.content import Shown
from geoservice.resources import resource

# A metre, in degrees.
DIGITS = 5


def whole_page(groups: Iterable[FeatureGroup], shapes: Sequence[BaseGeometry], title: str, caption: str) -> str:
    """The map as HTML; no request leaves it.

    Parameters
    ----------
    groups
        Layers, the lowest first.
    shapes
        What is in sight at first, degrees.
    title
        Text.
    caption
        Finished HTML.

    Raises
    ------
    FileNotFoundError
        If the browser libraries were never fetched (script/bootstrap).
    """
    chart = folium.Map(tiles=None, control_scale=True, prefer_canvas=True, zoom_snap=0.25)
    chart.default_js = [("leaflet", _inlined("leaflet.js", "text/javascript"))]
    chart.default_css = [("leaflet_css", _inlined("leaflet.css", "text/css"))]
    for group in groups:
        group.add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    bounds = _bounds(shapes)
    if bounds is not None:
        west, south, east, north = bounds
        chart.fit_bounds([[south, west], [north, east]], padding=(8, 8))
    root: Any = chart.get_root()
    root.title = plain(title)
    # What folium's page lacks: the language, a title, a legend, and colours by our own tokens.
    root.header.add_child(_Plain(f"<style>{_styles()}</style>"))
    root.html.add_child(_Plain(caption))
    page: str = root.render()
    return page.replace("<html>", f'<html lang="{translate("report.language")}">', 1)


class _Plain(Element):
    """Finished HTML: what stands in it is no template."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


def ground(units: Sequence[Shown], waters: Sequence[Shown], roads: Sequence[Shown]) -> FeatureGroup:
    """Units, waters and main roads below everything else."""
    group = FeatureGroup(name=translate("report.ground"), control=False)
    add(group, units, lambda _: {"color": BORDER, "weight": 1.2, "fillColor": LAND, "fillOpacity": 1.0}, ["name"])
    add(group, waters, lambda _: {"color": WATER, "weight": 1.5, "fillColor": WATER, "fillOpacity": 1.0}, [])
    add(group, roads, lambda _: {"color": ROAD, "weight": 1.2}, [])
    return group


def add(group: FeatureGroup, shown: Sequence[Shown], style: Any, fields: list[str]) -> None:
    """Shapes of one style in a layer; `fields` stand in their labels."""
    if not shown:
        return
    features = [_feature(one) for one in shown]
    tooltip = folium.GeoJsonTooltip(fields=fields, labels=False, sticky=True) if fields else None
    folium.GeoJson(
        {"type": "FeatureCollection", "features": features}, style_function=style, tooltip=tooltip, smooth_factor=0.5
    ).add_to(group)


@dataclass(frozen=True)
class Dot:
    """A dot in degrees.

    Attributes
    ----------
    told
        Lines of its label, as text.
    """

    lon: float
    lat: float
    colour: str
    told: tuple[str, ...]
    radius: int = 4
    weight: float = 1.5
    border: str | None = None
    opacity: float = 1.0

    def look(self) -> dict[str, Any]:
        """As Leaflet takes it."""
        return {
            "radius": self.radius,
            "weight": self.weight,
            "color": self.border or self.colour,
            "fill": True,
            "fillColor": self.colour,
            "fillOpacity": self.opacity,
        }


class Dots(MacroElement):
    """Dots with labels, as data: an element of folium for each would take milliseconds each."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            {
                const looks = {{ this.looks }};
                for (const [lat, lon, look, label] of {{ this.rows }})
                    L.circleMarker([lat, lon], looks[look]).bindTooltip(label, {sticky: true}).addTo({{ this._parent.get_name() }});
            }
        {% endmacro %}
    """)

    def __init__(self, dots: Iterable[Dot]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        looks: dict[str, int] = {}
        rows = []
        for one in dots:
            look = looks.setdefault(json.dumps(one.look()), len(looks))
            label = "<br>".join(plain(line) for line in one.told if line)
            rows.append([round(one.lat, DIGITS + 1), round(one.lon, DIGITS + 1), look, label])
        self.looks = f"[{', '.join(looks)}]"
        # No text from data may end the script that it stands in.
        self.rows = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def plain(value: str) -> str:
    """Text from data for folium's labels, which are HTML inside template literals of JavaScript."""
    return html.escape(value).replace("`", "&#96;").replace("$", "&#36;").replace("\\", "&#92;")


def _styles() -> str:
    folder = resource("web", "static", "css")
    return "\n".join((folder / name).read_text("utf-8") for name in ("tokens.css", "portable.css"))


def _inlined(name: str, kind: str) -> str:
    """A file of the browser library as a data address; pictures that its style names are not used."""
    content = resource("web", "static", "vendor", "leaflet", name).read_bytes()
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(content).decode('ascii')}"


def _feature(one: Shown) -> dict[str, Any]:
    # A label is HTML: what comes from data is text.
    return {
        "type": "Feature",
        "properties": {"name": plain(one.name)},
        "geometry": shapely.geometry.mapping(shapely.set_precision(one.geometry, 10.0**-DIGITS, mode="pointwise")),
    }


def _bounds(shapes: Sequence[BaseGeometry]) -> tuple[float, float, float, float] | None:
    found = shapely.total_bounds(np.array(list(shapes), dtype=object))
    if not np.isfinite(found).all():
        return None
    west, south, east, north = found.tolist()
    return west, south, east, north
