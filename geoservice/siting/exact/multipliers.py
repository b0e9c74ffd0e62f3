"""Lower bounds by Lagrange multipliers on "every point is served once" (Cornuejols, Fisher and Nemhauser 1977), compiled.

Each point has its sites in the order of their cost, and a most that it costs in any case (to be left uncovered, say). With
multipliers u, 0 <= u <= most, the least of sum(u) + sum over the sites chosen of sum(min(0, cost - u)) over all choices of
so many sites bounds every choice from below. Multipliers are kept in fractions of 1,024, so that sums of whole costs
below 2^43 are exact.
"""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int8s, Int32s, Int64s
from geoservice.network.compiled import kernel

FREE, OPEN, SHUT = 0, 1, 2
FRACTION = 1024.0
# How much of the new slope is in a step; the rest is the way of before.
_FRESH = 0.6
# How fast the average of choices forgets, by which the site to branch on is found.
_MEMORY = 0.9


@kernel
def climb(  # noqa: PLR0913, PLR0917 - a compiled function takes plain arrays
    start: Int64s,
    site: Int32s,
    cost: Floats,
    most: Floats,
    state: Int8s,
    u: Floats,
    places: int,
    best: float,
    steps: int,
    patience: int,
    step: float,
    slack: float,
    plain: bool,  # noqa: FBT001 - a compiled function takes no keywords
) -> tuple[float, float, Bools, int, float]:
    """Lets a bound rise; settles sites in `state` and leaves the best multipliers in `u`.

    Parameters
    ----------
    start, site, cost
        The sites of each point, cheapest first.
    places
        How many sites may be open in all.
    best
        Value of the best choice known; infinite where there is none.
    plain
        Whether every choice of so many sites is allowed, so that those met here count.

    Returns
    -------
    low, value, chosen, branch, step
        The bound; value and sites of the best choice met; the site to branch on, -1 where all are settled; the length
        of the last step, to go on from.
    """
    points, sites = start.size - 1, state.size
    start, site, cost = _without_shut(start, site, cost, state)
    rho, counts = np.zeros(sites), np.zeros(points)
    average = np.zeros(sites)
    way = np.zeros(points)
    high, highest = u.copy(), -np.inf
    found, found_chosen = np.inf, np.zeros(sites, dtype=np.bool_)
    waited = 0
    for _ in range(steps):
        _savings(start, site, cost, u, rho)
        chosen, rest, _last, _following = _choose(rho, state, places)
        low = u.sum() + rest
        if low > highest:
            highest, waited = low, 0
            high[:] = u
            value = _value(start, site, cost, most, chosen)
            if value < found:
                found, found_chosen = value, chosen
                if plain:
                    best = min(best, value)
        else:
            waited += 1
        average *= _MEMORY
        average += (1 - _MEMORY) * chosen
        if highest - slack > best - 1 or step < 1e-4:
            break
        if waited > patience:
            step, waited = step / 2, 0
            u[:] = high
            way[:] = 0
            continue
        _counts(start, site, cost, u, chosen, counts)
        length = _turn(counts, u, most, way)
        if length < 1e-9:
            break
        ahead = best - low if best < np.inf else 0.05 * abs(low) + 1
        size = step * max(ahead, 1.0) / length
        for i in range(points):
            u[i] = np.rint(min(most[i], max(0.0, u[i] + size * way[i])) * FRACTION) / FRACTION
    u[:] = high
    branch = _settle(start, site, cost, u, state, places, best, slack, average, rho)
    return highest, found, found_chosen, branch, step


@kernel
def _without_shut(start: Int64s, site: Int32s, cost: Floats, state: Int8s) -> tuple[Int64s, Int32s, Floats]:
    new_start, new_site, new_cost = np.zeros_like(start), np.empty_like(site), np.empty_like(cost)
    n = 0
    for i in range(start.size - 1):
        for k in range(start[i], start[i + 1]):
            if state[site[k]] != SHUT:
                new_site[n], new_cost[n] = site[k], cost[k]
                n += 1
        new_start[i + 1] = n
    return new_start, new_site[:n], new_cost[:n]


@kernel
def _savings(start: Int64s, site: Int32s, cost: Floats, u: Floats, rho: Floats) -> None:
    """What each site saves against the multipliers, negative."""
    rho[:] = 0
    for i in range(u.size):
        for k in range(start[i], start[i + 1]):
            if cost[k] >= u[i]:
                break
            rho[site[k]] += cost[k] - u[i]


@kernel
def _counts(start: Int64s, site: Int32s, cost: Floats, u: Floats, chosen: Bools, counts: Floats) -> None:
    """How many of the chosen sites serve each point at less than its multiplier."""
    for i in range(u.size):
        counts[i] = 0
        for k in range(start[i], start[i + 1]):
            if cost[k] >= u[i]:
                break
            if chosen[site[k]]:
                counts[i] += 1


@kernel
def _turn(counts: Floats, u: Floats, most: Floats, way: Floats) -> float:
    """Turns the way towards the slope; gives its squared length."""
    length = 0.0
    for i in range(u.size):
        slope = 1 - counts[i]
        if (slope > 0 and u[i] >= most[i]) or (slope < 0 and u[i] <= 0):
            slope = 0.0
        way[i] = _FRESH * slope + (1 - _FRESH) * way[i]
        length += way[i] * way[i]
    return length


@kernel
def _choose(rho: Floats, state: Int8s, places: int) -> tuple[Bools, float, float, float]:
    """Open sites and those free ones that save most: the choice, its sum, and the last that fits and the next."""
    chosen = state == OPEN
    total = 0.0
    for j in range(state.size):
        if chosen[j]:
            total += rho[j]
    room = places - chosen.sum()
    free = np.flatnonzero(state == FREE)
    order = free[np.argsort(rho[free], kind="mergesort")]
    for k in range(min(max(room, 0), order.size)):
        if rho[order[k]] >= 0:
            break
        chosen[order[k]] = True
        total += rho[order[k]]
    last = rho[order[room - 1]] if 0 < room <= order.size else 0.0
    following = rho[order[room]] if 0 <= room < order.size else 0.0
    return chosen, total, min(last, 0.0), min(following, 0.0)


@kernel
def _value(start: Int64s, site: Int32s, cost: Floats, most: Floats, chosen: Bools) -> float:
    """What a choice costs."""
    total = 0.0
    for i in range(most.size):
        mine = most[i]
        for k in range(start[i], start[i + 1]):
            if chosen[site[k]]:
                mine = min(mine, cost[k])
                break
        total += mine
    return total


@kernel
def _settle(  # noqa: PLR0913, PLR0917 - a compiled function takes plain arrays
    start: Int64s,
    site: Int32s,
    cost: Floats,
    u: Floats,
    state: Int8s,
    places: int,
    best: float,
    slack: float,
    average: Floats,
    rho: Floats,
) -> int:
    """Opens or shuts for good what any better choice must have or cannot have; gives the site to branch on."""
    _savings(start, site, cost, u, rho)
    chosen, rest, last, following = _choose(rho, state, places)
    low = u.sum() + rest - slack
    room = places - (state == OPEN).sum()
    branch, most_torn = -1, -1.0
    for j in range(state.size):
        if state[j] != FREE:
            continue
        if chosen[j]:
            if low + following - rho[j] > best - 1:
                state[j] = OPEN
                continue
        elif room <= 0 or low + rho[j] - last > best - 1:
            state[j] = SHUT
            continue
        torn = min(average[j], 1 - average[j])
        # Of sites that no step was torn about, the one that saves most.
        torn = torn if torn > 0.02 else 0.02 * rho[j] / (rho[j] - 1)
        if torn > most_torn:
            branch, most_torn = j, torn
    return branch
