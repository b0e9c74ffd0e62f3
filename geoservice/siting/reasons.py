"""Why no choice keeps all conditions, in words: conditions without which there would be one are looked for singly."""

from __future__ import annotations

from geoservice.siting.problem import Problem


def reasons_of(problem: Problem) -> tuple[str, ...]:
    """Keys of the conditions that a problem sets and that together cannot be kept."""
    found = []
    if problem.p is not None:
        found.append("p")
    if problem.budget is not None:
        found.append("budget")
    if problem.conflicting().size:
        found.append("spacing")
    if problem.needs().any():
        found.append("floor")
    return tuple(found)
