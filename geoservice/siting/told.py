"""Answers in the units of people, as plain values and in words."""

from __future__ import annotations

from typing import Any

from geoservice.language import translate
from geoservice.siting.answer import Answer
from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Model, Problem


def in_units(problem: Problem, value: int | None) -> float | int | None:
    """A value or bound in people, in people times time, in time, in sites or their cost.

    Whole where it can be.
    """
    if value is None:
        return None
    by = {
        Model.LSCP: 1,
        Model.PCENTRE: problem.per_unit,
        Model.PMEDIAN: problem.per_unit * problem.scale,
    }.get(problem.model, problem.scale)
    return value // by if value % by == 0 else value / by


def as_told(problem: Problem, answer: Answer) -> dict[str, Any]:
    """An answer with what its sites are worth; sites and points are numbered from 1."""
    worth = evaluate(problem, answer.sites) if answer.value is not None else None
    people = int(problem.weight.sum())
    return {
        "model": problem.model.value,
        "model_text": translate(f"siting.model.{problem.model.value}"),
        "points": problem.points,
        "candidates": problem.sites,
        "p": problem.p,
        "value": in_units(problem, answer.value),
        "bound": in_units(problem, answer.bound),
        "gap": answer.gap,
        "status": answer.status.value,
        "status_text": translate(f"siting.status.{answer.status.value}"),
        "ended": answer.ended.value,
        "ended_text": translate(f"siting.ended.{answer.ended.value}"),
        "detail": answer.detail,
        "reasons": [translate(f"siting.reason.{reason}") for reason in answer.reasons],
        "sites": [site + 1 for site in answer.sites],
        "new_sites": None if worth is None else worth.new,
        "covered_share": None if worth is None or not people else worth.covered / people,
        "mean_time": None if worth is None or not worth.covered else worth.time_sum / worth.covered / problem.per_unit,
        "worst_time": None if worth is None else worth.worst / problem.per_unit,
        "unreachable": [point + 1 for point in answer.unreachable],
        "first_value": in_units(problem, answer.first),
        "first_s": answer.first_s,
        "best_s": answer.best_s,
        "seconds": answer.seconds,
        "seed": answer.seed,
        "solver": answer.solver,
    }
