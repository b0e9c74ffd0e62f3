"""The location map of a case: its names over roads, water and units, with scale bar, north arrow, legend and notices."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection

from geoservice.crs import MetricCrs, metric_crs
from geoservice.database.filters import BBox
from geoservice.language import translate
from geoservice.names.documents.model import Located, LocationMap
from geoservice.publish.documents.background import Background, Ground, read_background
from geoservice.publish.documents.glyphs import fonts_for
from geoservice.publish.pictures import BORDER, INK, LAND, ROAD, WATER, fill, frame, is_area, lines, svg

SUBJECT, BEFORE = "#9c2a10", "#2c3f94"
# The text area of an A4 page with the margins of an official paper.
WIDTH_IN, LEGEND_IN = 6.1, 0.3
DOTS = 200
LEAST_M = 1_600.0
# So many names are written out, so many more are told by their number, and beyond that none.
MOST_NAMED, MOST_NUMBERED, MOST_ROADS_NAMED = 12, 80, 14


@dataclass(frozen=True)
class Chart:
    """A location map that can be drawn.

    Attributes
    ----------
    west, south, east, north
        The window in metres of `local`.
    """

    shown: LocationMap
    background: Background
    local: MetricCrs
    west: float
    south: float
    east: float
    north: float
    schematic: bool

    @property
    def height_in(self) -> float:
        """Of the picture with its legend, in inches."""
        return WIDTH_IN * (self.north - self.south) / (self.east - self.west) + LEGEND_IN

    def as_svg(self) -> str:
        """For a page: its own fonts draw the text."""
        return svg(_figure(self, lambda _: []))

    def as_png(self) -> bytes:
        """For a file that holds pictures; a text that no font of this machine can draw is left to its number."""
        figure = _figure(self, fonts_for)
        FigureCanvasAgg(figure)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
        return buffer.getvalue()

    @property
    def caption(self) -> str:
        """What the labels are, in Chinese; empty where every name is written out."""
        count = len(self.shown.located)
        if count > MOST_NUMBERED:
            return translate("documents.map.unlabelled", "zh", count=count)
        if count > MOST_NAMED:
            return translate("documents.map.numbered", "zh")
        undrawn = [one for one in self.shown.located if fonts_for(one.name) is None]
        return translate("documents.map.undrawn", "zh") if undrawn else ""


def locate(connection: Connection, shown: LocationMap, day: date, *, schematic: bool, public_only: bool) -> Chart:
    """Reads the surroundings of what a map shows.

    Parameters
    ----------
    schematic
        Whether a position of the case is 示意数据 itself.
    """
    given = [one.shape for one in shown.located] + [one.before for one in shown.located if one.before is not None]
    shapes = shapely.from_wkb(given)
    west, south, east, north = (float(edge) for edge in shapely.total_bounds(shapes))
    local = metric_crs((west + east) / 2, (south + north) / 2)
    left, bottom, right, top = (float(edge) for edge in shapely.total_bounds(local.to_metres(shapes)))
    width = max((right - left) * 1.25, (top - bottom) * 1.25 / 0.85, LEAST_M)
    height = max((top - bottom) * 1.25, width * 0.55)
    x, y = (left + right) / 2, (bottom + top) / 2
    window = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    # Wider than what is seen, so that no edge of what is cut shows.
    corners = shapely.box(x - 0.6 * width, y - 0.6 * height, x + 0.6 * width, y + 0.6 * height)
    box = BBox(*(float(edge) for edge in shapely.bounds(local.to_lonlat(corners))))
    background = read_background(connection, box, day, public_only=public_only)
    return Chart(shown, background, local, *window, schematic=schematic or background.schematic)


Fonts = Callable[[str], Sequence[str] | None]


def _figure(chart: Chart, fonts: Fonts) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, chart.height_in))
    share = LEGEND_IN / chart.height_in
    axes = figure.add_axes((0, share, 1, 1 - share))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_facecolor("#ffffff")
    axes.set_xlim(chart.west, chart.east)
    axes.set_ylim(chart.south, chart.north)
    _grounds(axes, chart, fonts)
    _subject(axes, chart, fonts)
    frame(axes)
    _legend(figure, chart)
    if chart.schematic:
        notice = translate("notice.schematic", "zh")
        box = {"facecolor": "#ffffff", "edgecolor": SUBJECT, "linewidth": 0.5, "pad": 2.5}
        axes.text(
            0.012, 0.975, notice, transform=axes.transAxes, va="top", color=SUBJECT, fontsize=7.5, bbox=box, zorder=30
        )
    return figure


def _grounds(axes: Axes, chart: Chart, fonts: Fonts) -> None:
    ground, local = chart.background, chart.local
    units = [local.to_metres(one.shape) for one in ground.units]
    waters = [local.to_metres(one.shape) for one in ground.waters]
    fill(axes, units, face=LAND, edge="none", zorder=1)
    fill(axes, [one for one in waters if is_area(one)], face=WATER, edge="none", zorder=2)
    lines(axes, [one for one in waters if not is_area(one)], color=WATER, width=1.2, zorder=2)
    lines(axes, [local.to_metres(one.shape) for one in ground.roads], color=ROAD, width=1.0, zorder=4)
    lines(axes, [shapely.boundary(one) for one in units], color=BORDER, width=0.7, zorder=6, style="dashdot")
    view = shapely.box(chart.west, chart.south, chart.east, chart.north)
    for one, shape in zip(ground.units, units, strict=True):
        _write(
            axes,
            one.name,
            _middle(shapely.intersection(shapely.make_valid(shape), view)),
            fonts,
            size=7.5,
            colour="#5d5468",
            zorder=11,
        )
    for one in _longest(ground.roads)[:MOST_ROADS_NAMED]:
        _write(
            axes,
            one.name,
            _middle(shapely.intersection(local.to_metres(one.shape), view)),
            fonts,
            size=6.5,
            colour="#6b5a2e",
            zorder=11,
        )


def _subject(axes: Axes, chart: Chart, fonts: Fonts) -> None:
    located = chart.shown.located
    for one in located:
        if one.before is not None:
            _shape(axes, chart.local.to_metres(shapely.from_wkb(one.before)), BEFORE, style="dashed", zorder=13)
    shapes = [chart.local.to_metres(shapely.from_wkb(one.shape)) for one in located]
    for shape in shapes:
        _shape(axes, shape, SUBJECT, style="solid", zorder=14)
    if len(located) > MOST_NUMBERED:
        return
    for one, shape in zip(located, shapes, strict=True):
        _write(
            axes,
            _label(one, len(located), fonts),
            _middle(shape),
            fonts,
            size=8.5,
            colour=SUBJECT,
            zorder=16,
            boxed=True,
        )


def _label(one: Located, count: int, fonts: Fonts) -> str:
    return str(one.number) if count > MOST_NAMED or fonts(one.name) is None else one.name


def _shape(axes: Axes, shape: BaseGeometry, colour: str, *, style: str, zorder: float) -> None:
    if is_area(shape):
        fill(axes, [shape], face=colour, edge="none", zorder=zorder - 0.5, alpha=0.18)
        lines(axes, [shapely.boundary(shape)], color=colour, width=1.4, zorder=zorder, style=style)
    elif shapely.get_dimensions(shape) == 1:
        lines(axes, [shape], color=colour, width=2.4, zorder=zorder, style=style)
    else:
        points = shapely.get_coordinates(shape)
        hollow = style != "solid"
        axes.scatter(
            points[:, 0], points[:, 1], s=26, facecolors="none" if hollow else colour, edgecolors=colour, zorder=zorder
        )


def _write(
    axes: Axes,
    text: str,
    at: tuple[float, float] | None,
    fonts: Fonts,
    *,
    size: float,
    colour: str,
    zorder: float,
    boxed: bool = False,
) -> None:
    families = fonts(text)
    if at is None or not text or families is None:
        return
    box = {
        "facecolor": "#ffffff",
        "edgecolor": colour if boxed else "none",
        "alpha": 0.9 if boxed else 0.7,
        "linewidth": 0.5,
        "pad": 1.6 if boxed else 0.6,
    }
    # Dollars are no formula.
    label = axes.text(
        *at, text, ha="center", va="center", fontsize=size, color=colour, bbox=box, zorder=zorder, parse_math=False
    )
    label.set_clip_on(True)
    if families:
        label.set_fontfamily(list(families))


def _middle(shape: BaseGeometry) -> tuple[float, float] | None:
    """Where a label belongs: on the longest part of a line, inside an area, on a point."""
    if shape.is_empty:
        return None
    parts = shapely.get_parts(shape)
    if is_area(shape):
        point = shapely.point_on_surface(parts[int(np.argmax(shapely.area(parts)))])
    elif shapely.get_dimensions(shape) == 1:
        point = shapely.line_interpolate_point(parts[int(np.argmax(shapely.length(parts)))], 0.5, normalized=True)
    else:
        point = parts[0]
    return float(point.x), float(point.y)


def _longest(roads: Sequence[Ground]) -> list[Ground]:
    """Of each name its longest road, the longest of all first."""
    longest: dict[str, Ground] = {}
    for one in roads:
        if one.name and (one.name not in longest or one.shape.length > longest[one.name].shape.length):
            longest[one.name] = one
    return sorted(longest.values(), key=lambda one: -one.shape.length)


def _legend(figure: Figure, chart: Chart) -> None:
    ground, located = chart.background, chart.shown.located
    told: list[tuple[Line2D | Patch, str]] = [(Line2D([], [], color=SUBJECT, linewidth=2.4), "subject")]
    if any(one.before is not None for one in located):
        told.append((Line2D([], [], color=BEFORE, linewidth=1.6, linestyle="dashed"), "before"))
    if ground.roads:
        told.append((Line2D([], [], color=ROAD, linewidth=1.4), "road"))
    if ground.waters:
        told.append((Patch(facecolor=WATER), "water"))
    if ground.units:
        told.append((Line2D([], [], color=BORDER, linewidth=0.9, linestyle="dashdot"), "border"))
    words = [translate(f"documents.map.{name}", "zh") for _, name in told]
    figure.legend(
        [handle for handle, _ in told],
        words,
        loc="lower left",
        ncol=len(told),
        frameon=False,
        fontsize=7.5,
        labelcolor=INK,
    )
