"""One point of the radius formulation: a column for each distance tells that no site within it is open."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Floats, Int64s
from geoservice.siting.exact.program import Builder


def add_levels(builder: Builder, column: Int64s, cost: Floats, most: float) -> int:
    """Adds what a point costs: at its cheapest open site, or `most` where none is cheaper than that.

    Parameters
    ----------
    column, cost
        Columns of the sites that may serve it, and what that costs.
    most
        Infinite: one of them has to be open.

    Returns
    -------
    int
        The column that is 1 where no site cheaper than `most` is open; -1 where there is none.
    """
    near = np.flatnonzero(cost < most)
    values, level = np.unique(cost[near], return_inverse=True)
    if not values.size:
        if np.isfinite(most):
            builder.offset += most
        else:
            builder.rows(1, lower=1.0)  # nobody may serve it
        return -1
    builder.offset += float(values[0])
    steps = np.append(np.diff(values), most - values[-1]) if np.isfinite(most) else np.diff(values)
    first = builder.columns(steps.size, cost=steps, upper=np.inf)
    rows = builder.rows(values.size, lower=np.where(np.arange(values.size) == 0, 1.0, 0.0))
    builder.entries(rows + level, column[near], 1.0)
    builder.entries(rows + np.arange(steps.size), first + np.arange(steps.size), 1.0)
    builder.entries(rows + 1 + np.arange(values.size - 1), first + np.arange(values.size - 1), -1.0)
    return first + steps.size - 1 if np.isfinite(most) else -1
