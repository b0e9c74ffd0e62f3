"""Pictures of a report as SVG: the map of one case, and bars by township.

Text stays text in the SVG, so that the reader's own fonts draw it; glyphs that this machine lacks do not matter.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.path import Path
from shapely.geometry.base import BaseGeometry

from geoservice.crs import MetricCrs, metric_crs
from geoservice.publish.reports.content import Content
from geoservice.publish.reports.words import percent, share

# For the room that text takes; the page itself names the fonts that draw it.
_HAN = {"Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei"}
FONTS = [*sorted(_HAN & set(get_font_names())), "DejaVu Sans"]
LAND, WATER, ROAD, BORDER, INK = "#f7f5f0", "#c6dce8", "#d9c08f", "#7d718c", "#1d2126"
WIDTH_IN = 7.4
# One hue, lighter outward; covered and uncovered differ in shape too.
RINGS = ("#2c3f94", "#6478c6", "#98a6de", "#bcc6ea")
COVERED, UNCOVERED = "#2c3f94", "#c0490a"
# Set once for the program: a setting a drawing would meet those of other threads.
rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "geoservice", "font.family": FONTS, "font.size": 8})


def county_map(content: Content, names: tuple[str, str, str]) -> str:
    """The map of the chosen case with scale bar and north arrow.

    Parameters
    ----------
    names
        Words for a covered community, one that is not, and a facility.
    """
    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_aspect("equal")
    local = _local(content)
    _grounds(axes, content, local)
    _rings(axes, content, local)
    _points(axes, content, local, names)
    _frame(axes)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    figure.set_size_inches(WIDTH_IN, min(max(WIDTH_IN * (north - south) / (east - west), 3.0), 9.0))
    return _svg(figure)


def township_bars(rows: Sequence[dict[str, Any]], other: str) -> str:
    """Share of covered people by unit, the lowest first."""
    told = [(row["name"] or other, share(row)) for row in rows]
    known = sorted(((name, value) for name, value in told if value is not None), key=lambda one: one[1])
    figure = Figure(figsize=(WIDTH_IN, 0.1 + 0.2 * max(1, len(known))))
    axes = figure.add_axes((0.2, 0.0, 0.7, 1.0))
    positions = np.arange(len(known))[::-1]
    values = [100 * value for _, value in known]
    axes.barh(positions, values, color="#4a5fb4", height=0.66)
    axes.barh(positions, [100 - value for value in values], left=values, color="#ecebe6", height=0.66)
    for position, value in zip(positions, values, strict=True):
        axes.text(101, position, percent(value / 100), va="center", color=INK)
    axes.set_yticks(positions, [name for name, _ in known])
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.6, max(1, len(known)) - 0.4)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return _svg(figure)


def _local(content: Content) -> MetricCrs:
    shapes = [one.geometry for one in (*content.units, *content.facilities, *content.circles)]
    lon, lat = [row["lon"] for row in content.chosen.communities if row["lon"] is not None], 0.0
    if shapes:
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        return metric_crs(float(west + east) / 2, float(south + north) / 2)
    return metric_crs(float(np.mean(lon)) if lon else 114.0, lat)


def _grounds(axes: Axes, content: Content, local: MetricCrs) -> None:
    units = [local.to_metres(one.geometry) for one in content.units]
    _fill(axes, units, face=LAND, edge="none", zorder=1)
    waters = [local.to_metres(one.geometry) for one in content.waters]
    _fill(axes, [shape for shape in waters if _is_area(shape)], face=WATER, edge="none", zorder=2)
    _lines(axes, [shape for shape in waters if not _is_area(shape)], color=WATER, width=0.8, zorder=2)
    _lines(axes, [local.to_metres(one.geometry) for one in content.roads], color=ROAD, width=0.6, zorder=4)
    _lines(axes, [shapely.boundary(shape) for shape in units], color="#ffffff", width=1.8, zorder=5)
    _lines(axes, [shapely.boundary(shape) for shape in units], color=BORDER, width=0.6, zorder=6)
    for one, shape in zip(content.units, units, strict=True):
        middle = shapely.point_on_surface(shape)
        axes.text(middle.x, middle.y, one.name, ha="center", va="center", color="#33373c", fontsize=6.5, zorder=12)


def _rings(axes: Axes, content: Content, local: MetricCrs) -> None:
    for rank, ring in enumerate(content.circles):
        colour = RINGS[min(len(content.circles) - 1 - rank, len(RINGS) - 1)]
        shape = local.to_metres(ring.geometry)
        _fill(axes, [shape], face=colour, edge="none", zorder=3, alpha=0.25)
        _lines(axes, [shapely.boundary(shape)], color=colour, width=0.5, zorder=7)


def _points(axes: Axes, content: Content, local: MetricCrs, names: tuple[str, str, str]) -> None:
    groups = [(True, names[0], COVERED, COVERED), (False, names[1], "none", UNCOVERED)]
    for covered, name, face, edge in groups:
        rows = [row for row in content.chosen.communities if row["covered"] is covered and row["lon"] is not None]
        if rows:
            x, y = local.project(np.array([row["lon"] for row in rows]), np.array([row["lat"] for row in rows]))
            axes.scatter(x, y, s=6, facecolors=face, edgecolors=edge, linewidths=0.6, label=name, zorder=9)
    if content.facilities:
        points = shapely.get_coordinates([one.geometry for one in content.facilities])
        x, y = local.project(points[:, 0], points[:, 1])
        colour = content.chosen.type.color or INK
        axes.scatter(x, y, s=9, marker="^", color=colour, linewidths=0, label=names[2], zorder=10)
    if axes.collections:
        axes.autoscale_view()
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        axes.legend(handles, labels, loc="lower left", frameon=False, fontsize=7)


def _frame(axes: Axes) -> None:
    """Scale bar and north arrow; the map's north is that of its projection."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    width, height = east - west, north - south
    length = _round_length(width / 5)
    x, y = east - 0.04 * width - length, south + 0.04 * height
    axes.plot([x, x + length], [y, y], color=INK, linewidth=1.2, zorder=20, solid_capstyle="butt")
    label = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    axes.text(x + length / 2, y + 0.012 * height, label, ha="center", fontsize=7, zorder=20)
    top = north - 0.03 * height
    axes.annotate(
        "N",
        xy=(east - 0.04 * width, top),
        xytext=(east - 0.04 * width, top - 0.1 * height),
        ha="center",
        arrowprops={"arrowstyle": "-|>", "color": INK},
        zorder=20,
    )
    axes.set_xlim(west, east)
    axes.set_ylim(south, north)


def _round_length(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer.

    Examples
    --------
    >>> _round_length(7300.0), _round_length(260.0)
    (5000.0, 200.0)
    """
    power = float(10 ** np.floor(np.log10(max(metres, 1.0))))
    return max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0))


def _is_area(shape: BaseGeometry) -> bool:
    return bool(shapely.get_dimensions(shape) == 2)


def _fill(
    axes: Axes, shapes: Iterable[BaseGeometry], *, face: str, edge: str, zorder: float, alpha: float = 1.0
) -> None:
    paths = [_path(polygon) for shape in shapes for polygon in shapely.get_parts(shape) if _is_area(polygon)]
    axes.add_collection(PathCollection(paths, facecolors=face, edgecolors=edge, alpha=alpha, zorder=zorder))


def _path(polygon: BaseGeometry) -> Path:
    rings = [Path(shapely.get_coordinates(ring), closed=True) for ring in shapely.get_rings(polygon)]
    return Path.make_compound_path(*rings)


def _lines(axes: Axes, shapes: Iterable[BaseGeometry], *, color: str, width: float, zorder: float) -> None:
    chains = [shapely.get_coordinates(line) for shape in shapes for line in shapely.get_parts(shape)]
    axes.add_collection(LineCollection(chains, colors=color, linewidths=width, zorder=zorder))


def _svg(figure: Figure) -> str:
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    # Inside a page there is no place for a declaration and a document type.
    return re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), count=1, flags=re.DOTALL)
