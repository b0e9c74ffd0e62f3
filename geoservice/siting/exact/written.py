"""A program with the way from its columns to sites and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int64s
from geoservice.siting.exact.program import Builder, Program
from geoservice.siting.problem import Problem


@dataclass(frozen=True)
class Written:
    """A program over a problem's sites.

    Attributes
    ----------
    kept, column
        Candidates that have a column, and those columns.
    """

    problem: Problem
    program: Program
    kept: Int64s
    column: Int64s

    @classmethod
    def of(cls, problem: Problem, builder: Builder, column: Int64s) -> Written:
        """From what `add_sites` gave."""
        kept = np.flatnonzero(column >= 0)
        return cls(problem, builder.build(), kept, column[kept])

    def read(self, values: Floats) -> list[int]:
        """The sites of a solution, existing ones among them."""
        sites: list[int] = np.flatnonzero(self.chosen(values[self.column])).tolist()
        return sites

    def chosen(self, values: Floats) -> Bools:
        """All sites, shape (sites,), where those that have a column have these values."""
        chosen = self.problem.fixed.copy()
        chosen[self.kept[values > 0.5]] = True
        return chosen

    def write(self, sites: list[int] | None) -> Floats | None:
        """Columns to start from, NaN where the solver has to find them."""
        if sites is None:
            return None
        start = np.full(self.program.cost.size, np.nan)
        start[self.column] = np.isin(self.kept, sites)
        return start
