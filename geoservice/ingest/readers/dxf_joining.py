"""Texts of a drawing joined to the lines that they name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import shapely

from geoservice.ingest.readers.dxf_drawing import DrawnLine, DrawnText

Relation = Literal["joined", "unnamed", "between", "alone", "several", "unreadable"]
# Two lines that a text touches both are as near as each other, whatever the last millimetre says.
NEAR_M = 1.0
# Ends nearer than this are one point.
SAME_POINT_M = 0.001


@dataclass
class Named:
    """A line with its name, a line without one, or a name without a line.

    Attributes
    ----------
    relation
        joined; unnamed: no text belongs to the line; between: a second line is almost as near as the first; alone: no
        line within the distance; several: the line has other names too; unreadable: a line that could not be read.
    shape
        The line, or the middle of the text.
    distance_m
        From the middle of the text to the line.
    others
        Names that compete on the same line.
    """

    name: str | None
    layer: str
    relation: Relation
    shape: Any
    distance_m: float | None = None
    others: tuple[str, ...] = ()
    fault: str | None = None


@dataclass
class _Line:
    layer: str
    shape: Any
    texts: dict[str, float] = field(default_factory=dict)


def join(
    lines: Iterable[DrawnLine], texts: Iterable[DrawnText], *, within_m: float, ratio: float, scale: tuple[float, float]
) -> list[Named]:
    """Joins each text to the nearest line of its layer.

    Parameters
    ----------
    within_m
        A text farther from every line of its layer than this is alone.
    ratio
        A text is between two lines where the second is nearer than this times the first, which counts as one metre at
        least.
    scale
        Metres of one unit of the drawing, east and north.

    Returns
    -------
    list of Named
        Lines first, with those of their names, then texts without a line; nothing is left out.
    """
    readable, faults = _readable(lines)
    by_layer: defaultdict[str, list[_Line]] = defaultdict(list)
    for one in readable:
        by_layer[one.layer].append(one)
    loose: list[Named] = []
    of_layer: defaultdict[str, list[DrawnText]] = defaultdict(list)
    for text in texts:
        of_layer[text.layer].append(text)
    for layer, found in of_layer.items():
        loose += _join_layer(by_layer[layer], found, within_m, ratio, scale)
    return [*(named for line in _one_a_name(readable, scale) for named in _told(line)), *loose, *faults]


def _readable(lines: Iterable[DrawnLine]) -> tuple[list[_Line], list[Named]]:
    whole: list[_Line] = []
    faults: list[Named] = []
    pieces: defaultdict[str, list[Any]] = defaultdict(list)
    for line in lines:
        if line.shape is None:
            faults.append(Named(None, line.layer, "unreadable", None, fault=line.fault))
        elif line.piece:
            pieces[line.layer].append(line.shape)
        else:
            whole.append(_Line(line.layer, line.shape))
    for layer, shapes in pieces.items():
        whole += [_Line(layer, shape) for shape in chains(shapes)]
    return whole, faults


def chains(pieces: Sequence[Any]) -> list[Any]:
    """Pieces that meet end to end, and nothing else meets there, as one line.

    Examples
    --------
    >>> [shape.wkt for shape in chains(list(shapely.from_wkt(["LINESTRING (0 0, 1 0)", "LINESTRING (1 0, 2 1)"])))]
    ['LINESTRING (0 0, 1 0, 2 1)']
    >>> chains([])
    []
    """
    if not pieces:
        return []
    snapped = shapely.set_precision(np.array(pieces, dtype=object), SAME_POINT_M, mode="pointwise")
    merged = shapely.line_merge(shapely.multilinestrings(snapped[shapely.length(snapped) > 0]))
    return list(shapely.get_parts(merged))


def _join_layer(
    lines: list[_Line], texts: list[DrawnText], within_m: float, ratio: float, scale: tuple[float, float]
) -> Iterator[Named]:
    shapes = shapely.transform(np.array([line.shape for line in lines], dtype=object), lambda at: at * scale)
    tree = shapely.STRtree(shapes)
    for text in texts:
        middle = shapely.Point(text.x * scale[0], text.y * scale[1])
        # So far out that a second line almost as near as the last possible first is still seen.
        near = tree.query(middle, predicate="dwithin", distance=max(within_m, NEAR_M) * ratio)
        distances = shapely.distance(shapes[near], middle)
        order = np.argsort(distances, kind="stable")
        here = shapely.Point(text.x, text.y)
        if not len(order) or distances[order[0]] > within_m:
            yield Named(text.text, text.layer, "alone", here)
            continue
        first = float(distances[order[0]])
        if len(order) > 1 and distances[order[1]] <= max(first, NEAR_M) * ratio:
            yield Named(text.text, text.layer, "between", here, first)
            continue
        held = lines[int(near[order[0]])].texts
        held[text.text] = min(held.get(text.text, first), first)


def _one_a_name(lines: list[_Line], scale: tuple[float, float]) -> list[_Line]:
    """Lines of one layer and one name that touch are one road."""
    groups: defaultdict[tuple[str, str], list[_Line]] = defaultdict(list)
    found: list[_Line] = []
    for line in lines:
        if len(line.texts) == 1:
            groups[line.layer, next(iter(line.texts))].append(line)
        else:
            found.append(line)
    for (layer, name), members in groups.items():
        for shapes in _touching([one.shape for one in members], SAME_POINT_M / max(scale)):
            distance = min(one.texts[name] for one in members)
            shape = shapes[0] if len(shapes) == 1 else shapely.multilinestrings(shapes)
            found.append(_Line(layer, shape, {name: distance}))
    return found


def _touching(shapes: list[Any], distance: float) -> list[list[Any]]:
    """Shapes in groups that hang together."""
    left = list(shapes)
    groups = []
    while left:
        group = [left.pop(0)]
        for member in group:
            touched = [one for one in left if shapely.dwithin(member, one, distance)]
            group += touched
            left = [one for one in left if not any(one is other for other in touched)]
        groups.append(group)
    return groups


def _told(line: _Line) -> Iterator[Named]:
    if not line.texts:
        yield Named(None, line.layer, "unnamed", line.shape)
    relation: Relation = "joined" if len(line.texts) == 1 else "several"
    for name, distance in line.texts.items():
        others = tuple(other for other in line.texts if other != name)
        yield Named(name, line.layer, relation, line.shape, distance, others)
