"""What is still loose in a network of lines: dead ends, near misses, separate parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from geoservice.ingest.noding.drawing import Drawing, Integers, Plane
from geoservice.ingest.noding.rounds import Noded, components

NEAR_MISS_M = 10.0

# An end that is near a line which its own line meets within this many metres is no near miss but a short stub.
STUB_M = 3 * NEAR_MISS_M


@dataclass(frozen=True)
class NearMiss:
    """An end that meets nothing, near a line.

    Attributes
    ----------
    line, other
        The line of the end, and the nearest other line.
    lon, lat
        Position of the end in degrees.
    gap_m
        Metres between them.
    """

    line: int
    other: int
    lon: float
    lat: float
    gap_m: float


@dataclass(frozen=True)
class NetworkReport:
    """Counts of a network, and its near misses in the order of their gap."""

    lines: int
    nodes: int
    junctions: int
    components: int
    largest_component_lines: int
    dead_ends: int
    ends_moved: int
    splits: int
    crossings: int
    near_misses: tuple[NearMiss, ...]

    def counts(self) -> dict[str, Any]:
        """All but the list, fit for JSON."""
        return {name: value for name, value in vars(self).items() if name != "near_misses"}


def describe(noded: Noded, near_miss_m: float = NEAR_MISS_M) -> NetworkReport:
    """The report of a network.

    Parameters
    ----------
    noded
        Lines with their nodes.
    near_miss_m
        How near a dead end must be to another line to be called a near miss, in metres.
    """
    lines = noded.lines
    line = lines.line
    nodes = int(noded.node.max()) + 1 if len(noded.node) else 0
    uses = np.bincount(noded.node, minlength=nodes)
    ends = np.unique(np.concatenate([lines.offset[:-1], lines.offset[1:] - 1]))
    dead = ends[uses[noded.node[ends]] == 1]
    first = noded.node[lines.offset[:-1]]
    part = components(nodes, first[line], noded.node)[first]
    sizes = np.bincount(part) if len(part) else np.zeros(1, dtype=np.int64)
    return NetworkReport(
        lines=len(lines.level),
        nodes=nodes,
        junctions=int(np.count_nonzero(uses > 1)),
        components=int(np.count_nonzero(sizes)),
        largest_component_lines=int(sizes.max()),
        dead_ends=len(dead),
        ends_moved=noded.ends_moved,
        splits=noded.splits,
        crossings=noded.crossings,
        near_misses=_near_misses(noded, dead, near_miss_m),
    )


def _near_misses(noded: Noded, dead: Integers, near_miss_m: float) -> tuple[NearMiss, ...]:
    lines = noded.lines
    drawing = Drawing.of(lines, Plane.around(lines.lat))
    line, pieces = drawing.line, drawing.pieces
    segments = drawing.segments(pieces)
    points = np.asarray(shapely.points(drawing.x[dead], drawing.y[dead]))
    found, piece = shapely.STRtree(segments).query(points, predicate="dwithin", distance=near_miss_m)
    gap = shapely.distance(points[found], segments[piece])
    vertex, other = dead[found], line[pieces[piece]]
    misses: dict[int, NearMiss] = {}
    for index in np.lexsort((other, gap)):
        end, near = int(vertex[index]), int(other[index])
        own = int(line[end])
        if end not in misses and own != near and not _stub(noded, drawing, end, near):
            misses[end] = NearMiss(own, near, float(lines.lon[end]), float(lines.lat[end]), round(float(gap[index]), 2))
    return tuple(misses.values())


def _stub(noded: Noded, drawing: Drawing, end: int, other: int) -> bool:
    """Whether the line of an end meets the other line close to that end."""
    own = int(drawing.line[end])
    mine = np.arange(drawing.offset[own], drawing.offset[own + 1])
    theirs = noded.node[drawing.offset[other] : drawing.offset[other + 1]]
    shared = mine[np.isin(noded.node[mine], theirs)]
    if not len(shared):
        return False
    gap = np.hypot(drawing.x[shared] - drawing.x[end], drawing.y[shared] - drawing.y[end])
    return bool(gap.min() <= STUB_M)
