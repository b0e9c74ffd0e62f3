"""All swaps of a cover problem at once, compiled (after Resende and Werneck 2007, who do it for the p-median)."""

from __future__ import annotations

from geoservice.network.arrays import Floats, Int64s
from geoservice.network.compiled import kernel


@kernel
def add_swaps(start: Int64s, site: Int64s, row: Int64s, loss: Int64s, mended: Int64s, change: Floats) -> None:
    """Adds to each swap what the site that goes takes along, less what the one that comes makes good.

    Parameters
    ----------
    start, site
        The sites that cover point i are site[start[i] : start[i + 1]].
    row
        Shape (sites,): the row of each site that may go, -1 for the others.
    loss, mended
        Shape (points,): what a point loses with one of its sites, and what of it stays where both sites of a swap cover it.
    change
        Shape (rows, sites): what is added to.
    """
    for i in range(start.size - 1):
        if loss[i] == 0 and mended[i] == 0:
            continue
        for k in range(start[i], start[i + 1]):
            out = row[site[k]]
            if out < 0:
                continue
            change[out] -= loss[i]
            for other in range(start[i], start[i + 1]):
                change[out, site[other]] += mended[i]
