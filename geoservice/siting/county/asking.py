"""The problem that a question about the county makes; times are those of coverage, exact on the network."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from geoservice.catalog import Limit
from geoservice.coverage.cases import MOST_MINUTES
from geoservice.coverage.figures.declared import Capacity
from geoservice.coverage.figures.places import MILLI
from geoservice.coverage.pairs import Pairs
from geoservice.coverage.scenarios.ground import Ground
from geoservice.coverage.uncertainty.query import limits_ds, members_of
from geoservice.coverage.whatif import reached
from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Int64s
from geoservice.siting.county.candidates import Candidates
from geoservice.siting.county.conditions import costs_of, floors_of, given_up, too_near
from geoservice.siting.county.question import SCALE, Group, Question
from geoservice.siting.problem import Model, Problem, Times, with_given_up


@dataclass(frozen=True)
class County:
    """A question, what it is asked of, and the problem that it makes.

    Attributes
    ----------
    points
        int64 row of the community of each demand point: those with people of the group.
    islands
        int64 rows of communities that are no points of models without a limit: on a fragment of the network that no
        existing facility serves, each of which would need a site of its own before any plan were allowed.
    column
        The figure of communities that counts as people.
    weight
        int64 by community: what it counts, in units of 1/``problem.scale`` of a person, or of a place.
    problem
        Its sites are the existing facilities by their number, then the candidates. Those that may be given up count
        towards its p, as what takes their place does. Weights are
        people; with weights of groups thousandths of a person, for ``capacity`` of a place, as coverage keeps them.
    """

    question: Question
    ground: Ground = field(repr=False)
    candidates: Candidates = field(repr=False)
    points: Int64s = field(repr=False)
    islands: Int64s = field(repr=False)
    column: str
    weight: Int64s = field(repr=False)
    problem: Problem = field(repr=False)

    @property
    def existing(self) -> int:
        """Number of existing facilities."""
        return int(self.ground.row.size)

    @property
    def revisions(self) -> dict[str, int]:
        """State of the layers that the answer depends on: those of the figures, and those that rules look at."""
        ruled = self.candidates.ruled
        return dict(sorted({**({} if ruled is None else ruled.revisions), **self.ground.revisions}.items()))

    @property
    def people(self) -> Int64s:
        """People of the group by community, none where not known."""
        known: Int64s = np.maximum(getattr(self.ground.inputs.communities, self.column), 0)
        return known


def ask(ground: Ground, question: Question, candidates: Candidates) -> County:
    """The problem of a question.

    Raises
    ------
    BadInput
        ``siting.no-people``, ``siting.no-rule`` where nothing says how many places people of the type ask for,
        ``siting.needs``, ``siting.too-large``, ``siting.no-facility``, ``siting.too-few-existing``,
        ``network.bad-point``.
    """
    rule = _rule(ground, question) if question.model is Model.CAPACITY else None
    column = rule.group if rule else (question.group or Group.ALL).column
    weight = _weight(ground, question, column, rule)
    covers = question.model.covers
    pairs = _pairs(ground, candidates, covers=covers)
    apart = np.zeros(weight.size, dtype=np.bool_) if covers else _apart(ground, pairs)
    points, islands = np.flatnonzero((weight > 0) & ~apart), np.flatnonzero((weight > 0) & apart)
    if not points.size:
        raise BadInput("siting.no-people", column=column)
    sites = ground.row.size + len(candidates)
    old = np.zeros(sites, dtype=np.bool_)
    old[: ground.row.size] = given_up(ground, question)
    p, keep = with_given_up(old, question.p, question.existing.close, question.existing.move)
    group, floor = floors_of(question, ground.inputs.communities.unit_id[points])
    problem = Problem(
        model=question.model,
        weight=weight[points],
        times=_of_points(pairs, points, weight.size),
        sites=sites,
        p=p,
        limit=limits_ds(ground.inputs, question.case.limits)[points] if covers else None,
        fixed=(np.arange(sites) < ground.row.size) & ~old,
        old=old,
        keep=keep,
        cost=costs_of(ground, candidates, question) if question.costs else None,
        budget=question.limits.budget,
        capacity=_capacity(ground, rule, candidates, question.places) if rule else None,
        conflicts=too_near(ground, candidates, question.limits.spacing_m),
        group=group,
        floor=floor,
        ties=question.ties,
        point_names=tuple(str(name) for name in ground.inputs.communities.name[points]),
        site_names=(*ground.names(), *candidates.name),
        scale=MILLI if rule else (SCALE if question.weights else 1),
        per_unit=10,
    )
    return County(question, ground, candidates, points, islands, column, weight, problem)


def _weight(ground: Ground, question: Question, column: str, rule: Capacity | None) -> Int64s:
    """What each community counts; a figure that is not known counts nothing."""

    def people(name: str) -> Int64s:
        known: Int64s = np.maximum(getattr(ground.inputs.communities, name), 0)
        return known

    if not question.weights:
        return people(column) * (rule.per_thousand if rule else 1)
    found = np.zeros(len(ground.inputs.communities), dtype=np.int64)
    for group, milli in question.weights:
        found += people(group.column) * milli
    return found


def _pairs(ground: Ground, candidates: Candidates, *, covers: bool) -> Pairs:
    """Communities with sites up to the limit of each, or as far as any limit may go where the model has none."""
    facilities, row = ground.inputs.facilities, ground.row
    limits = ground.case.limits if covers else _widest(ground.case.limits)
    lon = np.concatenate([facilities.lon[row], candidates.lon])
    lat = np.concatenate([facilities.lat[row], candidates.lat])
    return reached(ground.inputs, limits, lon, lat)


def _apart(ground: Ground, pairs: Pairs) -> Bools:
    """Communities on a fragment of the network that no existing facility serves."""
    inputs, here = ground.inputs, np.flatnonzero(ground.inputs.placed())
    apart = np.zeros(len(inputs.communities), dtype=np.bool_)
    for limit, members in members_of(inputs, ground.case.limits):
        apart[members] = inputs.demand(limit.mode).island[np.searchsorted(here, members)]
    apart[pairs.place[pairs.facility < ground.row.size]] = False
    return apart


def _of_points(pairs: Pairs, points: Int64s, communities: int) -> Times:
    number = np.full(communities, -1, dtype=np.int32)
    number[points] = np.arange(points.size, dtype=np.int32)
    mine = number[pairs.place] >= 0
    return Times.of(points.size, number[pairs.place[mine]], pairs.facility[mine], pairs.time_ds[mine])


def _widest(limits: tuple[Limit, Limit]) -> tuple[Limit, Limit]:
    urban, rural = (limit.model_copy(update={"minutes": MOST_MINUTES}) for limit in limits)
    return urban, rural


def _rule(ground: Ground, question: Question) -> Capacity:
    if ground.rule is None:
        raise BadInput("siting.no-rule", type=question.case.type)
    return ground.rule


def _capacity(ground: Ground, rule: Capacity, candidates: Candidates, places: int | None) -> Int64s:
    """Thousandths of a place of each site; an existing one that tells none gives none, as in coverage."""
    held: Int64s = np.maximum(getattr(ground.inputs.facilities, rule.field)[ground.row], 0)
    if places is None and (candidates.places < 0).any():
        raise BadInput("siting.needs", model=Model.CAPACITY.value, name="--places")
    new = np.where(candidates.places < 0, places or 0, candidates.places)
    return np.concatenate([held, new]) * MILLI
