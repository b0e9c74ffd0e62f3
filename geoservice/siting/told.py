"""Answers in the units of people, as plain values and in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from geoservice.language import translate
from geoservice.siting.answer import Answer, Status
from geoservice.siting.evaluate import Worth, evaluate
from geoservice.siting.explain import Explained, Swap
from geoservice.siting.phased import Phase
from geoservice.siting.problem import Model, Problem


def phases_told(problem: Problem, phases: Sequence[Phase]) -> list[dict[str, Any]]:
    """Years of a plan in phases, what each opens and gives up; `price`: what is lost against the year planned by itself."""
    sign = 1 if problem.model.maximises else -1

    def price(phase: Phase) -> float | int | None:
        if phase.answer.value is None or phase.alone.value is None:
            return None
        return in_units(problem, sign * (phase.alone.value - phase.answer.value))

    return [
        {
            "p": phase.p,
            "sites": [site + 1 for site in phase.answer.sites],
            "opens": [site + 1 for site in phase.opens],
            "closes": [site + 1 for site in phase.closes],
            "value": in_units(problem, phase.answer.value),
            "status": phase.answer.status.value,
            "alone_value": in_units(problem, phase.alone.value),
            "alone_bound": in_units(problem, phase.alone.bound),
            "alone_status": phase.alone.status.value,
            "price": price(phase),
        }
        for phase in phases
    ]


def final_answer(phases: Sequence[Phase]) -> Answer:
    """The plan of the last year, held against what could be had without phases."""
    last = phases[-1]
    if last.answer.value is None or last.answer is last.alone:
        return last.answer
    proven = last.answer.value == last.alone.bound
    return replace(
        last.answer, bound=last.alone.bound, status=Status.OPTIMAL if proven else Status.FEASIBLE, time_bound=None
    )


def explained_told(problem: Problem, found: Explained) -> dict[str, Any]:
    """Reasons in the units of people; sites and points are numbered from 1."""

    def swap(one: Swap) -> dict[str, Any]:
        return {"site": one.site + 1, "value": in_units(problem, one.value), "change": in_units(problem, one.change)}

    return {
        "value": in_units(problem, found.value),
        "sites": [
            {
                "site": one.site + 1,
                "without": in_units(problem, one.without),
                "alone": _people(problem, one.alone),
                "runners_up": [swap(other) for other in one.runners_up],
                "tied": one.tied,
            }
            for one in found.sites
        ],
        "next": [swap(one) for one in found.next],
        "left": [
            {
                "point": one.point + 1,
                "people": _people(problem, one.weight),
                "by": [swap(other) for other in one.by],
            }
            for one in found.left
        ],
    }


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


def _people(problem: Problem, weight: int) -> float | int:
    """A weight in people, whole where it can be."""
    return weight / problem.scale if weight % problem.scale else weight // problem.scale


def _mean(problem: Problem, time_sum: int | None, worth: Worth | None) -> float | None:
    """A sum of weight times time as the mean of those served, in the unit of time."""
    if time_sum is None or worth is None or not worth.covered:
        return None
    return time_sum / worth.covered / problem.per_unit


def _closed(problem: Problem, answer: Answer) -> list[int]:
    """Existing sites that are given up, numbered from 1."""
    return [site + 1 for site in np.flatnonzero(problem.old).tolist() if site not in set(answer.sites)]


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
        "closed": [] if worth is None else _closed(problem, answer),
        "site_names": [problem.site_names[site] for site in answer.sites] if problem.site_names else None,
        "new_sites": None if worth is None else worth.new,
        "covered_share": None if worth is None or not people else worth.covered / people,
        "mean_time": None if worth is None else _mean(problem, worth.time_sum, worth),
        "worst_time": None if worth is None else worth.worst / problem.per_unit,
        "unreachable": [point + 1 for point in answer.unreachable],
        "mean_time_bound": _mean(problem, answer.time_bound, worth) if problem.ties else None,
        "unreachable_names": [problem.point_names[one] for one in answer.unreachable] if problem.point_names else None,
        "first_value": in_units(problem, answer.first),
        "first_s": answer.first_s,
        "best_s": answer.best_s,
        "seconds": answer.seconds,
        "seed": answer.seed,
        "solver": answer.solver,
    }
