"""spopt with CBC beside ours: its fastest documented call, on a matrix of costs."""

from __future__ import annotations

import time
import warnings
from importlib.metadata import version

import numpy as np

from geoservice.siting.problem import Model, Problem

# Name, version, seconds, sites (None where there are none), status.
Found = tuple[str, str, float, list[int] | None, str]


def peer(problem: Problem, seconds: float) -> Found | None:
    """What spopt finds; None where it is not installed or has no such model."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pulp
            from spopt.locate import LSCP, MCLP, PCenter, PMedian
        except ImportError:
            return None
        matrix, weight, p = _matrix(problem), problem.weight.astype(float), problem.p
        limit = 0.0 if problem.limit is None else float(problem.limit.max())
        fixed = problem.fixed if problem.fixed.any() else None
        total = None if p is None else p + int(problem.fixed.sum())
        stay = {"predefined_facilities_arr": fixed.astype(int)} if fixed is not None else {}
        begun = time.perf_counter()
        match problem.model:
            case Model.MCLP:
                made = MCLP.from_cost_matrix(matrix, weight, limit, total, **stay)
            case Model.LSCP:
                made = LSCP.from_cost_matrix(matrix, limit, **stay)
            case Model.PMEDIAN:
                made = PMedian.from_cost_matrix(matrix, weight, total, **stay)
            case Model.PCENTRE:
                made = PCenter.from_cost_matrix(matrix, total, **stay)
            case _:
                return None
        try:
            made = made.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds), results=False)
        except RuntimeError:
            return "spopt + CBC", version("spopt"), time.perf_counter() - begun, None, "failed"
        spent = time.perf_counter() - begun
        sites = [j for j, one in enumerate(made.fac_vars) if (one.value() or 0) > 0.5]
        proven = made.problem.status == 1 and made.problem.sol_status == 1
        return "spopt + CBC", version("spopt"), spent, sites, "optimal" if proven else "feasible"


def _matrix(problem: Problem) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Time of each point and candidate; far beyond every limit where there is no way."""
    times = problem.times
    matrix = np.full((problem.points, problem.sites), 10.0 * (float(times.time.max()) + 1))
    matrix[times.point(), times.site] = times.time
    return matrix
