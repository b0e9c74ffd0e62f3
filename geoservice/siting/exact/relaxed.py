"""The linear relaxation of a program on a part of its choices, with bounds that do not rest on the solver's tolerances.

Whatever the dual values y of the rows are, the sum of the bounds of (cost - A'y) x over each column's own range, and of y
over each row's, bounds every choice from below (Neumaier and Shcherbina 2004). So a run that was stopped early gives a bound too.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from geoservice.network.arrays import Floats, Int32s
from geoservice.siting.exact.program import Program

_highs = import_module("highspy")  # loaded by name: its types are not complete

# Rounding of sums of whole numbers, by their size.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Bounded:
    """What one run gave.

    Attributes
    ----------
    low
        No choice of this part costs less.
    reduced
        float64, shape (chosen columns,): what one unit more of a column costs at least, against `low`.
    values
        float64, same shape: the columns in the relaxation.
    basis
        The solver's, to go on from.
    """

    low: float
    reduced: Floats
    values: Floats
    basis: Any


class Relaxed:
    """A program without wholeness, as one of least cost; the ranges of some columns change from run to run.

    Parameters
    ----------
    columns
        int32: the columns whose ranges change.
    """

    def __init__(self, program: Program, columns: Int32s) -> None:
        sign = -1.0 if program.maximise else 1.0
        self._program, self._columns = program, columns
        self._cost, self._offset = sign * program.cost, sign * program.offset
        shape = (program.row_lower.size, program.cost.size)
        self._across = csr_array((program.value, program.column, program.start), shape=shape).T.tocsr()
        self._solver = self._given(program)
        self.slack = 1e-6 + _ROUNDING * float(np.abs(program.cost).sum() + abs(program.offset))

    def run(self, lower: Floats, upper: Floats, basis: Any, steps: int, enough: float) -> Bounded | None:
        """Bounds a part of all choices; None where it is empty.

        Parameters
        ----------
        lower, upper
            float64, shape (columns,): their ranges.
        basis
            To start from; None for the first run.
        steps
            Most iterations.
        enough
            The run may end once the bound is beyond this.
        """
        solver = self._solver
        solver.changeColsBounds(self._columns.size, self._columns, lower, upper)
        if basis is not None:
            solver.setBasis(basis)
        solver.setOptionValue("simplex_iteration_limit", steps)
        solver.setOptionValue("objective_bound", enough - self._offset)
        solver.run()
        if solver.getModelStatus() == _highs.HighsModelStatus.kInfeasible:
            return None
        found = solver.getSolution()
        dual = np.asarray(found.row_dual) if found.dual_valid else np.zeros(self._program.row_lower.size)
        values = np.asarray(found.col_value)[self._columns] if found.value_valid else (lower + upper) / 2
        low, reduced = self._bound(dual, lower, upper)
        return Bounded(low, reduced, np.clip(values, lower, upper), solver.getBasis())

    def _bound(self, dual: Floats, lower: Floats, upper: Floats) -> tuple[float, Floats]:
        one = self._program
        dual = np.where(np.isinf(np.where(dual > 0, one.row_lower, one.row_upper)), 0.0, dual)
        ends = np.where(dual > 0, one.row_lower, np.where(dual < 0, one.row_upper, 0.0))
        least, most = one.lower.copy(), one.upper.copy()
        least[self._columns], most[self._columns] = lower, upper
        reduced = self._cost - self._across @ dual
        low = float(dual @ ends) + float(np.where(reduced > 0, reduced * least, reduced * most).sum()) + self._offset
        return low, reduced[self._columns]

    def _given(self, program: Program) -> Any:
        lp = _highs.HighsLp()
        lp.num_col_, lp.num_row_ = program.cost.size, program.row_lower.size
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = self._cost, program.lower, program.upper
        lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
        lp.a_matrix_.format_ = _highs.MatrixFormat.kRowwise
        lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = program.start, program.column, program.value
        solver = _highs.Highs()
        # Without presolve a run goes on from a basis; more threads would only be in each other's way.
        for name, value in {"output_flag": False, "threads": 1, "solver": "simplex", "presolve": "off"}.items():
            solver.setOptionValue(name, value)
        solver.passModel(lp)
        return solver
