"""The p-median on networks of the published kind against the classical program (ReVelle and Swain 1970) in scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array, eye_array, hstack, kron, vstack

from geoservice.network.arrays import Floats
from geoservice.siting.answer import Status
from geoservice.siting.instances.pmed import read_pmed
from geoservice.siting.solve import Effort, solve
from tests.siting_files import write_pmed


def classical(distance: Floats, p: int) -> int:
    """Least sum: x[i, j] = 1 where client i goes to site j, y[j] = 1 where it is open."""
    n = len(distance)
    once = hstack([kron(eye_array(n), np.ones((1, n))), coo_array((n, n))])
    only_open = hstack([eye_array(n * n), kron(np.ones((n, 1)), -eye_array(n))])
    number = hstack([coo_array((1, n * n)), coo_array(np.ones((1, n)))])
    found = milp(
        np.concatenate((distance.ravel(), np.zeros(n))),
        constraints=LinearConstraint(
            vstack([once, only_open, number]).tocsr(),
            np.concatenate((np.ones(n), np.full(n * n, -np.inf), [-np.inf])),
            np.concatenate((np.ones(n), np.zeros(n * n), [p])),
        ),
        bounds=Bounds(0, 1),
        integrality=np.concatenate((np.zeros(n * n), np.ones(n))),
    )
    assert found.success
    return round(found.fun)


@pytest.mark.parametrize(("nodes", "p"), [(60, 3), (60, 12), (100, 5), (100, 33)])
def test_the_value_is_that_of_the_classical_program(tmp_path: Path, nodes: int, p: int) -> None:
    write_pmed(tmp_path / "pmed.txt", nodes, p, seed=nodes + p)
    read = read_pmed(tmp_path / "pmed.txt")
    answer = solve(read.problem(), Effort(120))
    assert answer.status is Status.OPTIMAL
    assert answer.value == classical(read.distance, p)
