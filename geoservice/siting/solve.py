"""A first choice within about a second, then the proof in a process of its own.

Whatever happens to that process, the best choice stays; its value is recomputed here by the checker, never taken from
the solver.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from geoservice.errors import BadInput
from geoservice.siting.answer import Answer, Ended, Status
from geoservice.siting.evaluate import evaluate
from geoservice.siting.problem import Problem
from geoservice.siting.proof import Proof
from geoservice.siting.reasons import reasons_of
from geoservice.siting.search.first import first_choice

FIRST_S = 0.8
_TICK_S = 0.1


@dataclass(frozen=True)
class Effort:
    """How long and how to look.

    Attributes
    ----------
    seconds
        For everything, first choice and start of the proof included.
    threads
        0: as the solver likes.
    """

    seconds: float = 60.0
    seed: int = 1
    threads: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= 7 * 86400:
            raise BadInput("siting.bad-time-limit", value=self.seconds)
        if not 0 <= self.seed < 2**31:
            raise BadInput("siting.bad-seed", value=self.seed)


@dataclass
class State:
    """What is known so far."""

    problem: Problem
    started: float = field(default_factory=time.monotonic)
    sites: tuple[int, ...] = ()
    value: int | None = None
    bound: int | None = None
    best_s: float | None = None
    time_sum: int | None = None
    time_bound: int | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def offer(self, sites: list[int]) -> None:
        """Takes a choice where it keeps all conditions and is better than the best."""
        worth = evaluate(self.problem, sites)
        if not worth.allowed or worth.value is None:
            return
        sign = -1 if self.problem.model.maximises else 1
        mine = (sign * worth.value, worth.time_sum if self.problem.ties else 0)
        if self.value is None or mine < (sign * self.value, self.time_sum if self.problem.ties else 0):
            self.sites, self.value, self.best_s = tuple(sites), worth.value, self.seconds
            self.time_sum = worth.time_sum

    def limit(self, bound: int) -> None:
        """Takes a bound where it is better than the best."""
        better = min if self.problem.model.maximises else max
        self.bound = bound if self.bound is None else better(self.bound, bound)

    def limit_time(self, bound: int) -> None:
        """Takes a bound of the sum of times among choices of the best value."""
        self.time_bound = bound if self.time_bound is None else max(self.time_bound, bound)

    @property
    def proven(self) -> bool:
        return self.value is not None and self.value == self.bound

    @property
    def finished(self) -> bool:
        """Whether the proof is complete, that of ties too where they are told apart."""
        return self.proven and (not self.problem.ties or self.time_sum == self.time_bound)


Watch = Callable[[State], None]


def solve(
    problem: Problem,
    effort: Effort | None = None,
    *,
    watch: Watch = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Answer:
    """The best choice that can be found, and what is proven of it.

    Parameters
    ----------
    watch
        Called with what is known whenever that has changed, and ten times a second while the proof goes on.
    cancelled
        Asked ten times a second whether to stop; a `KeyboardInterrupt` stops it too.
    """
    effort = Effort() if effort is None else effort
    state = State(problem)
    first, first_s = _begin(state, effort)
    watch(state)
    with Proof(
        problem, list(state.sites) or None, effort.seed, effort.threads, effort.seconds - state.seconds
    ) as proof:
        try:
            while (message := proof.next(_TICK_S)) is not proof.ENDED:
                if isinstance(message, dict):
                    _take(state, message)
                watch(state)
                if state.finished or cancelled() or state.seconds > effort.seconds:
                    break
        except KeyboardInterrupt:
            cancelled = _yes
        word, detail, solver = proof.status, proof.detail, proof.solver
    ended = _ended(state, word, effort, cancelled)
    return Answer(
        status=_status(state, word),
        ended=ended,
        sites=state.sites,
        value=state.value,
        bound=state.bound,
        first=first,
        first_s=first_s,
        best_s=state.best_s,
        time_sum=state.time_sum,
        time_bound=state.time_bound,
        seconds=state.seconds,
        seed=effort.seed,
        solver=solver,
        unreachable=tuple(problem.unreachable().tolist()),
        reasons=reasons_of(problem, effort.seed) if word == "infeasible" else (),
        detail=detail if ended is Ended.CRASHED else None,
    )


def _yes() -> bool:
    return True


def _begin(state: State, effort: Effort) -> tuple[int | None, float | None]:
    deadline = state.started + min(FIRST_S, effort.seconds / 2)
    sites = first_choice(state.problem, seed=effort.seed, deadline=deadline)
    if sites is None:
        return None, None
    state.offer(sites)
    return state.value, state.best_s


def _take(state: State, message: dict[str, object]) -> None:
    sites, bound = message.get("sites"), message.get("bound")
    if isinstance(sites, list):
        state.offer(sites)
    if isinstance(bound, int):
        state.limit(bound)
    time_bound = message.get("time_bound")
    if isinstance(time_bound, int):
        state.limit_time(time_bound)


def _status(state: State, word: str | None) -> Status:
    if state.value is None:
        return Status.INFEASIBLE if word == "infeasible" else Status.UNKNOWN
    return Status.OPTIMAL if state.proven else Status.FEASIBLE


def _ended(state: State, word: str | None, effort: Effort, cancelled: Callable[[], bool]) -> Ended:
    if state.finished or word == "infeasible":
        return Ended.PROVEN
    if cancelled():
        return Ended.CANCELLED
    if word == "stopped" or state.seconds >= effort.seconds:
        return Ended.TIME
    return Ended.CRASHED
