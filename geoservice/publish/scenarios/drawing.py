"""A scenario's map on paper as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geoservice.crs import MetricCrs, metric_crs
from geoservice.publish.pictures import WIDTH_IN, lines, svg
from geoservice.publish.reports.drawing import COVERED, UNCOVERED, framed, grounds, rings
from geoservice.publish.reports.words import percent, share
from geoservice.publish.scenarios import words
from geoservice.publish.scenarios.content import FATES, Content

# Told by shape and filling too, never by colour alone.
FATE_COLOURS: Mapping[str, str] = {"kept": COVERED, "gained": "#007a5e", "lost": "#b01657", "left_out": UNCOVERED}
FATE_FILLED: Mapping[str, bool] = {"kept": True, "gained": True, "lost": False, "left_out": False}
_MARKERS: Mapping[str, tuple[str, float]] = {
    "kept": ("o", 6),
    "gained": ("P", 26),
    "lost": ("X", 26),
    "left_out": ("o", 6),
}
STATUS_COLOURS: Mapping[str, str] = {
    "open": "#3a3f45",
    "added": "#8a4fb0",
    "moved": "#9c6b00",
    "resized": "#1f6f8b",
    "opened": "#8a4fb0",
    "dated": "#3a3f45",
    "closed": "#a01010",
}


def scenario_map(content: Content, facility: str) -> str:
    """The map with scale bar, north arrow and legend.

    Parameters
    ----------
    facility
        Title of the facility type.
    """
    figure = Figure()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_aspect("equal")
    local = _local(content)
    grounds(axes, content, local)
    rings(axes, content.circles, local)
    _roads(axes, content, local)
    _communities(axes, content, local)
    _facilities(axes, content, local, facility)
    if axes.collections:
        axes.autoscale_view()
    axes.legend(loc="lower left", frameon=False, fontsize=7)
    return framed(figure, axes)


def township_bars(content: Content) -> str:
    """Share of covered people by township, before and after, the lowest after first."""
    rows = [row for row in content.told["units"] if row["name"] and share(row["after"]) is not None]
    rows.sort(key=lambda row: (share(row["after"]) or 0.0, row["name"]))
    figure = Figure(figsize=(WIDTH_IN, 0.3 + 0.2 * max(1, len(rows))))
    axes = figure.add_axes((0.2, 0.0, 0.66, 1.0))
    at = np.arange(len(rows))[::-1]
    values = [100 * (share(row["after"]) or 0.0) for row in rows]
    was = [100 * (share(row["before"]) or 0.0) for row in rows]
    axes.barh(at, values, color="#4a5fb4", height=0.66)
    axes.barh(at, [100 - value for value in values], left=values, color="#ecebe6", height=0.66)
    axes.scatter(was, at, marker="|", s=60, color="#1d2126", linewidths=1.5, zorder=5)
    for place, row, value in zip(at, rows, values, strict=True):
        by = row["after"]["population_covered"] - row["before"]["population_covered"]
        axes.text(101, place, f"{percent(value / 100)} {words.signed(by)}", va="center")
    axes.set_yticks(at, [row["name"] for row in rows])
    axes.set_xlim(0, 100)
    axes.set_ylim(-0.6, max(1, len(rows)) - 0.4)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return svg(figure)


def _local(content: Content) -> MetricCrs:
    shapes = [one.geometry for one in (*content.units, *content.circles)]
    if shapes:
        west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
        return metric_crs(float(west + east) / 2, float(south + north) / 2)
    lon = [row["lon"] for row in content.communities]
    return metric_crs(float(np.mean(lon)) if lon else 114.0, 0.0)


def _roads(axes: Axes, content: Content, local: MetricCrs) -> None:
    for road in content.told.get("roads", ()):
        shapes = [local.to_metres(shapely.LineString(line)) for line in road["lines"]]
        colour = STATUS_COLOURS["closed" if road["kind"] == "close_road" else "added"]
        lines(axes, shapes, color=colour, width=2.2, zorder=8, style="dashed")


def _communities(axes: Axes, content: Content, local: MetricCrs) -> None:
    for fate in FATES:
        rows = [row for row in content.communities if row["fate"] == fate]
        if rows:
            colour, (marker, size) = FATE_COLOURS[fate], _MARKERS[fate]
            face = colour if FATE_FILLED[fate] else "none"
            label = f"{words.fate_words(fate)} {len(rows)}"
            _scatter(
                axes,
                rows,
                local,
                s=size,
                marker=marker,
                facecolors=face,
                edgecolors=colour,
                linewidths=0.7,
                label=label,
                zorder=9 + (fate in ("gained", "lost")),
            )


def _facilities(axes: Axes, content: Content, local: MetricCrs, facility: str) -> None:
    for status, colour in STATUS_COLOURS.items():
        rows = [row for row in content.facilities if row["status"] == status and row["lon"] is not None]
        if rows:
            face = "none" if status == "closed" else colour
            size = 9 if status == "open" else 34
            label = facility if status == "open" else f"{words.status_words(status)} {len(rows)}"
            _scatter(
                axes,
                rows,
                local,
                s=size,
                marker="^",
                facecolors=face,
                edgecolors=colour,
                linewidths=0.9,
                label=label,
                zorder=12,
            )


def _scatter(axes: Axes, rows: Sequence[Mapping[str, object]], local: MetricCrs, **style: object) -> None:
    lon, lat = (np.array([row[name] for row in rows], dtype=float) for name in ("lon", "lat"))
    x, y = local.project(lon, lat)
    axes.scatter(x, y, **style)  # type: ignore[arg-type]
