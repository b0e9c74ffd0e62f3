"""Road links at the shell: lines that are read, and what each of them brings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from geoservice.errors import BadInput
from geoservice.language import translate
from geoservice.terminal import print_table

MOST_LINES = 20
MOST_NAMED = 4
_Path = list[tuple[float, float]]


def read_paths(file: Path) -> list[_Path]:
    """The lines of a GeoJSON file in degrees, at most twenty.

    Raises
    ------
    BadInput
        ``scenario.bad-lines``
    """
    try:
        given = json.loads(file.read_text("utf-8"))
        features = given["features"] if given["type"] == "FeatureCollection" else [given]
        shapes = [one.get("geometry", one) for one in features]
        paths = [[(float(at[0]), float(at[1])) for at in one["coordinates"]] for one in shapes]
        fits = all(one["type"] == "LineString" for one in shapes)
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise BadInput("scenario.bad-lines", file=file, most=MOST_LINES) from None
    if not fits or not 0 < len(paths) <= MOST_LINES or not all(_is_line(path) for path in paths):
        raise BadInput("scenario.bad-lines", file=file, most=MOST_LINES)
    return paths


def _is_line(path: _Path) -> bool:
    # NaN is not within anything.
    return len(path) > 1 and all(abs(lon) <= 180 and abs(lat) <= 90 for lon, lat in path)


def print_links(links: Sequence[dict[str, Any]]) -> None:
    """A line a link: people, communities by name, length, whether it needs a bridge, where."""
    keys = ("people", "communities", "length", "bridge", "from", "to")
    rows = []
    for one in links:
        gained = one["gained"]
        names = "、".join(item["name"] for item in gained["items"][:MOST_NAMED])
        ends = [f"{lon:.6f}, {lat:.6f}" for lon, lat in (one["path"][0], one["path"][-1])]
        told = f"{gained['count']} {names}"
        bridge = translate("yes" if one["bridge"] else "no")
        rows.append([gained["population"], told, round(one["length_m"]), bridge, *ends])
    print_table(translate("scenario.links"), [translate(f"scenario.link.{key}") for key in keys], rows)
