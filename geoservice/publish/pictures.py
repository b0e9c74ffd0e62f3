"""What pictures on paper share: colours, grounds, scale bar and north arrow, SVG whose text stays text.

Text stays text in the SVG, so that the reader's own fonts draw it; glyphs that this machine lacks do not matter.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable

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

# For the room that text takes in SVG, where the page names the fonts that draw it; in other pictures these draw it. The
# Chinese forms of characters before the Japanese.
_HAN = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK JP")
_HERE = set(get_font_names())
FONTS = [*(name for name in _HAN if name in _HERE), "DejaVu Sans"]
LAND, WATER, ROAD, BORDER, INK = "#f7f5f0", "#c6dce8", "#d9c08f", "#7d718c", "#1d2126"
WIDTH_IN = 7.4
# Set once for the program: a setting a drawing would meet those of other threads.
rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "geoservice", "font.family": FONTS, "font.size": 8})


def frame(axes: Axes) -> None:
    """Scale bar and north arrow; the map's north is that of its projection."""
    west, east = axes.get_xlim()
    south, north = axes.get_ylim()
    width, height = east - west, north - south
    length = round_length(width / 5)
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


def round_length(metres: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer.

    Examples
    --------
    >>> round_length(7300.0), round_length(260.0)
    (5000.0, 200.0)
    """
    power = float(10 ** np.floor(np.log10(max(metres, 1.0))))
    return max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0))


def is_area(shape: BaseGeometry) -> bool:
    """Whether a shape, in metres or degrees, is a polygon or several."""
    return bool(shapely.get_dimensions(shape) == 2)


def fill(
    axes: Axes, shapes: Iterable[BaseGeometry], *, face: str, edge: str, zorder: float, alpha: float = 1.0
) -> None:
    """Polygons of shapes in metres, filled; whatever else there is stays undrawn."""
    paths = [_path(polygon) for shape in shapes for polygon in shapely.get_parts(shape) if is_area(polygon)]
    axes.add_collection(PathCollection(paths, facecolors=face, edgecolors=edge, alpha=alpha, zorder=zorder))


def _path(polygon: BaseGeometry) -> Path:
    rings = [Path(shapely.get_coordinates(ring), closed=True) for ring in shapely.get_rings(polygon)]
    return Path.make_compound_path(*rings)


def lines(
    axes: Axes, shapes: Iterable[BaseGeometry], *, color: str, width: float, zorder: float, style: str = "solid"
) -> None:
    """Lines of shapes in metres."""
    chains = [shapely.get_coordinates(line) for shape in shapes for line in shapely.get_parts(shape)]
    axes.add_collection(LineCollection(chains, colors=color, linewidths=width, linestyles=style, zorder=zorder))


def svg(figure: Figure) -> str:
    """The figure as an SVG element for the inside of a page."""
    FigureCanvasSVG(figure)
    buffer = io.StringIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure.savefig(buffer, format="svg", metadata={"Date": None}, transparent=True)
    # Inside a page there is no place for a declaration and a document type.
    return re.sub(r"^.*?(?=<svg)", "", buffer.getvalue(), count=1, flags=re.DOTALL)
