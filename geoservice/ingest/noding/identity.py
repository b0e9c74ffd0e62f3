"""Lasting numbers for nodes that have none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoservice.ingest.noding.drawing import Floats, Integers
from geoservice.ingest.noding.rounds import Noded

# About a centimetre.
PER_DEGREE = 1e7

# Set in every number made here: those of OpenStreetMap are far below.
OWN = np.uint64(1 << 62)
LOW_62_BITS = np.uint64((1 << 62) - 1)


def node_numbers(noded: Noded) -> Integers:
    """A number for each vertex that depends on the position and level of its node alone; int64, 2**62 and above.

    Nodes at one position (a road on a bridge over another one) differ by their level.
    """
    lines = noded.lines
    nodes, first = np.unique(noded.node, return_index=True)
    level = np.full(len(nodes), np.iinfo(np.int64).max)
    np.minimum.at(level, noded.node, lines.level[lines.line])
    east, north = _rounded(lines.lon[first]), _rounded(lines.lat[first])
    order = np.lexsort((nodes, level, north, east))
    key = np.stack([east, north, level])[:, order]
    again = np.concatenate([[False], (np.diff(key, axis=1) == 0).all(axis=0)])
    place = np.zeros(len(nodes), dtype=np.int64)
    place[order] = _since_false(again)
    return _numbers(east, north, level, place)[noded.node]


def own_numbers(positions: NDArray[np.float64], level: int) -> Integers:
    """The same for the vertices of one line; shape (n, 2) in degrees, longitude first."""
    same = np.full(len(positions), level, dtype=np.int64)
    return _numbers(_rounded(positions[:, 0]), _rounded(positions[:, 1]), same, np.zeros_like(same))


def _numbers(*parts: Integers) -> Integers:
    mixed = np.zeros(len(parts[0]), dtype=np.uint64)
    for part in parts:
        mixed = _mix(mixed ^ part.view(np.uint64))
    numbers: Integers = ((mixed & LOW_62_BITS) | OWN).view(np.int64)
    return numbers


def _rounded(degrees: Floats) -> Integers:
    return np.rint(degrees * PER_DEGREE).astype(np.int64)


def _since_false(flags: NDArray[np.bool_]) -> Integers:
    """How many true flags in a row end at each place."""
    place = np.arange(len(flags))
    start = np.maximum.accumulate(np.where(flags, 0, place))
    return place - start


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014): each input bit changes half of the output bits."""
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
