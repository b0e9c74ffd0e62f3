"""A cover problem made smaller without changing its best value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from geoservice.network.arrays import Bools, Int32s, Int64s
from geoservice.siting.problem import Problem

# Products of the cover matrix beyond so many terms are not made.
_MOST_TERMS = 400_000_000


@dataclass(frozen=True)
class Rows:
    """Points with people that are covered alike, merged.

    Attributes
    ----------
    start, site
        int64 and int32: free candidates that cover row i are site[start[i] : start[i + 1]], ascending.
    weight
        int64: people of the row.
    group
        int64: township, -1 where it does not matter.
    standing
        int64: existing sites that cover it, at most two.
    """

    start: Int64s
    site: Int32s
    weight: Int64s
    group: Int64s
    standing: Int64s

    def __len__(self) -> int:
        return self.weight.size

    def row(self) -> Int64s:
        """The row of each pair."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    def matrix(self, sites: int) -> csr_array:
        """Rows by candidates, 1 where one covers the other."""
        return csr_array((np.ones(self.site.size, dtype=np.int32), self.site, self.start), shape=(len(self), sites))

    def without(self, sites: Bools) -> Rows:
        """The rows without some candidates, merged anew."""
        kept = ~sites[self.site]
        counts = np.bincount(self.row()[kept], minlength=len(self))
        start = np.concatenate(([0], np.cumsum(counts)))
        return _merged(start, self.site[kept], self.weight, self.group, self.standing)

    def only(self, kept: Bools) -> Rows:
        """Some of the rows."""
        pairs = kept[self.row()]
        start = np.concatenate(([0], np.cumsum(np.diff(self.start)[kept])))
        return Rows(start, self.site[pairs], self.weight[kept], self.group[kept], self.standing[kept])


def rows_of(problem: Problem) -> Rows:
    """Rows of a cover problem: points with people that somebody could cover, merged where they are covered alike.

    What only sites that are shut could cover is a row without sites.
    """
    times = problem.covering()
    weight = np.where(np.diff(times.start) > 0, problem.weight, 0)
    standing = np.zeros(problem.points, dtype=np.int64)
    by_fixed = problem.fixed[times.site]
    np.add.at(standing, times.point()[by_fixed], 1)
    kept = times.only(~by_fixed & ~problem.shut[times.site])
    group = np.full(problem.points, -1, dtype=np.int64) if problem.group is None else problem.group.astype(np.int64)
    merged = _merged(kept.start, kept.site, weight, group, np.minimum(standing, 2))
    return merged.only(merged.weight > 0)


def all_rows(problem: Problem) -> Rows:
    """Rows in which existing sites are told like the others."""
    times = problem.covering()
    none = np.zeros(problem.points, dtype=np.int64)
    merged = _merged(times.start, times.site, problem.weight, none - 1, none)
    return merged.only((merged.weight > 0) & (np.diff(merged.start) > 0))


def _merged(start: Int64s, site: Int32s, weight: Int64s, group: Int64s, standing: Int64s) -> Rows:
    found: dict[tuple[bytes, int, int], int] = {}
    sums: list[int] = []
    sets: list[Int32s] = []
    keys: list[tuple[int, int]] = []
    for row in range(weight.size):
        mine = np.sort(site[start[row] : start[row + 1]])
        more = (int(group[row]), int(standing[row]))
        number = found.setdefault((mine.tobytes(), *more), len(sums))
        if number == len(sums):
            sums.append(0)
            sets.append(mine)
            keys.append(more)
        sums[number] += int(weight[row])
    sizes = np.array([one.size for one in sets], dtype=np.int64)
    groups, stands = np.array(keys, dtype=np.int64).reshape(-1, 2).T
    together = np.concatenate(sets) if sets else np.empty(0, dtype=np.int32)
    return Rows(
        np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        together,
        np.array(sums, dtype=np.int64),
        groups,
        stands,
    )


def dominated(rows: Rows, problem: Problem) -> Bools:
    """Candidates in whose place another one covers the same and more and costs no more, shape (sites,).

    Lawful where a second cover counts nothing and no spacing forbids the other. Of equals the first stays. Existing
    sites of which some have to stay are never left out.
    """
    none = np.zeros(problem.sites, dtype=np.bool_)
    by_row = np.diff(rows.start)
    if problem.conflicting().size or int((by_row**2).sum()) > _MOST_TERMS:
        return none
    matrix = rows.matrix(problem.sites)
    common = (matrix.T @ matrix).tocoo()
    size = np.bincount(rows.site, minlength=problem.sites)
    small, large = common.coords
    other = small != large
    small, large, shared = small[other], large[other], common.data[other]
    inside = shared == size[small]
    better = (size[large] > size[small]) | (large < small)
    if problem.cost is not None:
        dearer = problem.cost[large] > problem.cost[small]
        cheaper = problem.cost[large] < problem.cost[small]
        better = ~dearer & (better | cheaper)
    beaten = none.copy()
    beaten[small[inside & better]] = True
    beaten[size == 0] = True
    return beaten & ~problem.old if problem.keep else beaten


def implied(rows: Rows, sites: int) -> Bools:
    """Rows covered whenever another row is, shape (rows,): of no use where every row has to be covered."""
    by_site = np.bincount(rows.site, minlength=sites)
    if int((by_site.astype(np.int64) ** 2).sum()) > _MOST_TERMS:
        return np.zeros(len(rows), dtype=np.bool_)
    matrix = rows.matrix(sites)
    common = (matrix @ matrix.T).tocoo()
    size = np.diff(rows.start)
    small, large = common.coords
    other = (small != large) & (common.data == size[small])
    small, large = small[other], large[other]
    found = np.zeros(len(rows), dtype=np.bool_)
    found[large[(size[large] > size[small]) | (small < large)]] = True
    return found
