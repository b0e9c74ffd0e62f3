"""Pictures of a report as SVG: the map of one case, and bars by township."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geoservice.crs import MetricCrs, metric_crs
from geoservice.publish.pictures import BORDER, INK, LAND, ROAD, WATER, WIDTH_IN, fill, frame, is_area, lines, svg
from geoservice.publish.reports.content import Content, Shown
from geoservice.publish.reports.words import percent, share

# One hue, lighter outward; covered and uncovered differ in shape too.
RINGS = ("#2c3f94", "#6478c6", "#98a6de", "#bcc6ea")
COVERED, UNCOVERED = "#2c3f94", "#c0490a"


class Grounds(Protocol):
    """What lies below all else."""

    @property
    def units(self) -> Sequence[Shown]: ...
    @property
    def waters(self) -> Sequence[Shown]: ...
    @property
    def roads(self) -> Sequence[Shown]: ...


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
    grounds(axes, content, local)
    rings(axes, content.circles, local)
    _points(axes, content, local, names)
    return framed(figure, axes)


def framed(figure: Figure, axes: Axes) -> str:
    """The finished map, as high as its content needs."""
    frame(axes)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    figure.set_size_inches(WIDTH_IN, min(max(WIDTH_IN * (north - south) / (east - west), 3.0), 9.0))
    return svg(figure)


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
    return svg(figure)


def _local(content: Content) -> MetricCrs:
    shapes = [one.geometry for one in (*content.units, *content.facilities, *content.circles)]
    lon, lat = [row["lon"] for row in content.chosen.communities if row["lon"] is not None], 0.0
    if shapes:
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        return metric_crs(float(west + east) / 2, float(south + north) / 2)
    return metric_crs(float(np.mean(lon)) if lon else 114.0, lat)


def grounds(axes: Axes, content: Grounds, local: MetricCrs) -> None:
    """Units with their names, waters and main roads."""
    units = [local.to_metres(one.geometry) for one in content.units]
    fill(axes, units, face=LAND, edge="none", zorder=1)
    waters = [local.to_metres(one.geometry) for one in content.waters]
    fill(axes, [shape for shape in waters if is_area(shape)], face=WATER, edge="none", zorder=2)
    lines(axes, [shape for shape in waters if not is_area(shape)], color=WATER, width=0.8, zorder=2)
    lines(axes, [local.to_metres(one.geometry) for one in content.roads], color=ROAD, width=0.6, zorder=4)
    lines(axes, [shapely.boundary(shape) for shape in units], color="#ffffff", width=1.8, zorder=5)
    lines(axes, [shapely.boundary(shape) for shape in units], color=BORDER, width=0.6, zorder=6)
    for one, shape in zip(content.units, units, strict=True):
        middle = shapely.point_on_surface(shape)
        axes.text(middle.x, middle.y, one.name, ha="center", va="center", color="#33373c", fontsize=6.5, zorder=12)


def rings(axes: Axes, circles: Sequence[Shown], local: MetricCrs) -> None:
    """Circles, the widest first."""
    for rank, ring in enumerate(circles):
        colour = RINGS[min(len(circles) - 1 - rank, len(RINGS) - 1)]
        shape = local.to_metres(ring.geometry)
        fill(axes, [shape], face=colour, edge="none", zorder=3, alpha=0.25)
        lines(axes, [shapely.boundary(shape)], color=colour, width=0.5, zorder=7)


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
