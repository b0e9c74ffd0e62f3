"""Programs solved by HiGHS, with whatever it finds told while it works."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from geoservice.network.arrays import Floats
from geoservice.siting.exact.program import Program

_highs = import_module("highspy")  # loaded by name: its types are not complete

# Values are whole numbers: a bound less than one away proves them.
_GAP = 0.99
# How far a bound may be off by the solver's arithmetic.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Ran:
    """How a run ended.

    Attributes
    ----------
    status
        ``optimal``, ``infeasible`` or ``stopped``.
    bound
        No choice is better; None where nothing is known.
    values
        The columns of the best choice found; None where there is none.
    """

    status: str
    bound: int | None
    values: Floats | None


@dataclass(frozen=True)
class Settings:
    """Seed, threads (0: as HiGHS likes) and the moment of `time.monotonic` at which to stop."""

    seed: int
    threads: int
    deadline: float


Better = Callable[[Floats], None]
Bound = Callable[[int], None]


def version() -> str:
    """The solver and its version."""
    return f"HiGHS {_highs.Highs().version()}"


def run(
    program: Program,
    settings: Settings,
    *,
    start: Floats | None = None,
    better: Better,
    bound: Bound,
    whole_value: bool = True,
) -> Ran:
    """Solves a program whose value is a whole number at every choice.

    Parameters
    ----------
    start
        Values of all columns to start from, or NaN where the solver has to find them.
    whole_value
        False: the value may be anything, and the gap has to close.
    """
    if not program.cost.size:
        return _without_columns(program, bound)
    solver = _solver(settings, whole_value=whole_value)
    _give(solver, program)
    if start is not None:
        known = np.flatnonzero(~np.isnan(start))
        solver.setSolution(known.size, known.astype(np.int32), start[known])
    told = _Told(program.maximise, better, bound)
    solver.cbMipImprovingSolution.subscribe(told.improved)
    solver.cbMipInterrupt.subscribe(told.logged)
    solver.run()
    kinds = _highs.HighsModelStatus
    status = solver.getModelStatus()
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Ran("infeasible", None, None)
    info = solver.getInfo()
    ended = _whole(info.mip_dual_bound, maximise=program.maximise) if program.whole.any() else None
    if not program.whole.any() and status == kinds.kOptimal:
        ended = _whole(info.objective_function_value, maximise=program.maximise)
    if ended is not None:
        bound(ended)
    found = info.primal_solution_status == 2
    values = np.asarray(solver.getSolution().col_value) if found else None
    if start is not None and values is not None and not _as_told(program, values, info.objective_function_value):
        # 1.16 may take a start for better than it is where presolve has changed the program, and stop at once.
        return run(program, settings, better=better, bound=bound, whole_value=whole_value)
    return Ran("optimal" if status == kinds.kOptimal else "stopped", ended, values)


def _as_told(program: Program, values: Floats, told: float) -> bool:
    """Whether a choice is worth what the solver says of it."""
    return abs(float(program.cost @ values) + program.offset - told) <= max(1e-3, 1e-9 * abs(told))


def _without_columns(program: Program, bound: Bound) -> Ran:
    """Nothing to choose: the rows hold or they do not."""
    if (program.row_lower > 0).any() or (program.row_upper < 0).any():
        return Ran("infeasible", None, None)
    value = int(program.offset)
    bound(value)
    return Ran("optimal", value, np.empty(0))


class _Told:
    """What the solver's callbacks say, passed on."""

    def __init__(self, maximise: bool, better: Better, bound: Bound) -> None:  # noqa: FBT001 - two kinds of program
        self._maximise, self._better, self._bound = maximise, better, bound

    def improved(self, event: Any) -> None:
        self._better(np.array(event.data_out.mip_solution))

    def logged(self, event: Any) -> None:
        known = _whole(event.data_out.mip_dual_bound, maximise=self._maximise)
        if known is not None:
            self._bound(known)


def _whole(bound: float, *, maximise: bool) -> int | None:
    """A bound of the solver as the whole number that it proves."""
    if not np.isfinite(bound) or abs(bound) >= 1e30:
        return None
    slack = max(_ROUNDING, abs(bound) * 1e-10)
    return int(np.floor(bound + slack)) if maximise else int(np.ceil(bound - slack))


def _solver(settings: Settings, *, whole_value: bool) -> Any:
    solver = _highs.Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "random_seed": settings.seed,
        "threads": settings.threads,
        "time_limit": max(0.01, settings.deadline - time.monotonic()),
        "mip_rel_gap": 0.0,
        "mip_abs_gap": _GAP if whole_value else 1e-6,
        "mip_feasibility_tolerance": 1e-6,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def _give(solver: Any, program: Program) -> None:
    lp = _highs.HighsLp()
    lp.num_col_, lp.num_row_ = program.cost.size, program.row_lower.size
    lp.sense_ = _highs.ObjSense.kMaximize if program.maximise else _highs.ObjSense.kMinimize
    lp.offset_ = program.offset
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = _highs.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = program.start, program.column, program.value
    kinds = _highs.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in program.whole]
    solver.passModel(lp)
