"""Siting instances written in the published formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def write_pmed(path: Path, nodes: int, p: int, seed: int) -> None:
    """A network as Beasley (1985) drew them: a path through all nodes, then random edges to nodes² / 50, costs 1 to 100.

    Ends are drawn with repetition, so that some edges stand twice with different costs.
    """
    chance = np.random.default_rng(seed)
    ends = [(node, node + 1) for node in range(1, nodes)]
    while len(ends) < nodes * nodes // 50:
        a, b = chance.integers(1, nodes + 1, 2).tolist()
        if a != b:
            ends.append((a, b))
    lines = [f" {a} {b} {chance.integers(1, 101)}" for a, b in ends]
    path.write_text("\n".join([f" {nodes} {len(lines)} {p}", *lines]) + "\n", encoding="ascii")


def write_planar(path: Path, points: int, seed: int, *, head: str = "x y demand") -> None:
    """Points on a square of 100 by 100 with whole coordinates, demand 1 to 99."""
    chance = np.random.default_rng(seed)
    rows = np.column_stack((chance.integers(0, 101, (points, 2)), chance.integers(1, 100, points)))
    path.write_text("\n".join([head, *(" ".join(map(str, row)) for row in rows.tolist())]) + "\n", encoding="ascii")
