"""The search of a kept question: told as it goes on, and whatever it found is kept, however it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.jobs.work import Cancelled, Step
from geoservice.settings import Settings
from geoservice.siting.answer import Answer
from geoservice.siting.answers import store
from geoservice.siting.county.asking import County
from geoservice.siting.county.form import QuestionForm
from geoservice.siting.county.reading import read_county
from geoservice.siting.county.ruled import priced
from geoservice.siting.county.told import county_told
from geoservice.siting.phased import Phase, free_answer, solve_phased
from geoservice.siting.problem import Problem
from geoservice.siting.solve import State, Watch, solve
from geoservice.siting.told import final_answer, in_units

_TELL_S, _AGAIN_S = 0.25, 1.0
# For the price of one rule at most.
_PRICE_S = 20.0
_MOST_MOMENTS = 200
# Words are those of whoever reads: what stands for them is kept.
_WORDS = ("model_text", "status_text", "ended_text", "notice")


def solve_kept(database: Database, catalog: Catalog, settings: Settings, answer_id: int, step: Step) -> None:
    """Solves a question in the name of whoever asked.

    Raises
    ------
    Cancelled
        Where somebody has cancelled; what was found by then is kept.
    BadInput
        As `read_county`.
    NotFound
        ``siting.none``
    """
    step("siting.step.read", 0, 1)
    with database.connect() as connection:
        row = store.answer(connection, answer_id)
        if row.answer is not None:
            return
        form = QuestionForm.from_json(row.question)
        question = form.question(catalog, row.on_date)
        county = read_county(connection, catalog, settings, database.name, question)
    watching = Watching(database, answer_id, county.problem, form, step)
    answer, told = _told(county, form, Search(watching, watching.listen, watching.stopped))
    kept = _keys(answer, told)
    with database.connect() as connection:
        store.tell(connection, answer_id, watching.told(told["value"], told["bound"], answer.seconds))
        store.write(connection, answer_id, answer=kept, base=county.revisions)
    if watching.cancelled:
        raise Cancelled


def solve_now(county: County, form: QuestionForm) -> dict[str, Any]:
    """The answer as `solve_kept` keeps it; nobody watches, nothing is written down."""
    answer, told = _told(county, form, Search())
    return _keys(answer, told)


def _keys(answer: Answer, told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if name not in _WORDS} | {"reasons": list(answer.reasons)}


@dataclass(frozen=True)
class Search:
    """Who hears of a search, of those for prices, and who may stop it; by default nobody."""

    watch: Watch = lambda _: None
    listen: Watch = lambda _: None
    stopped: Callable[[], bool] = lambda: False


def _told(county: County, form: QuestionForm, search: Search) -> tuple[Answer, dict[str, Any]]:
    answer, phases = _searched(county.problem, form, search)
    told = county_told(county, answer, phases, form.order)
    if form.prices:
        told["prices"] = _priced(county, free_answer(answer, phases), form, search)
    return answer, told


def _searched(problem: Problem, form: QuestionForm, search: Search) -> tuple[Answer, list[Phase]]:
    years = form.years()
    if years is None:
        return solve(problem, form.effort(), watch=search.watch, cancelled=search.stopped), []
    found = solve_phased(problem, years, form.effort(), watch=search.watch, cancelled=search.stopped)
    return final_answer(found), found


def _priced(county: County, answer: Answer, form: QuestionForm, search: Search) -> list[dict[str, Any]]:
    """What each rule costs; each is given a part of the time, and none after a cancelling."""
    effort = replace(form.effort(), seconds=min(form.time_limit_s, _PRICE_S))

    def solved(problem: Problem) -> Answer:
        return solve(problem, effort, watch=search.listen, cancelled=search.stopped)

    return [] if search.stopped() else priced(county, answer, solved)


class Watching:
    """Writes down value and bound as they come, some times a second, and hears of a cancelling."""

    def __init__(self, database: Database, answer_id: int, problem: Problem, form: QuestionForm, step: Step) -> None:
        self._database = database
        self._answer_id = answer_id
        self._problem = problem
        self._step = step
        self._limit_s = form.time_limit_s
        self._state: State | None = None
        self._part = 0
        self._begun = time.monotonic()
        self._told_at = -_TELL_S
        self._trail: list[dict[str, Any]] = []
        self._written: tuple[int, int] | None = None
        self._written_at = -_AGAIN_S
        self.cancelled = False

    def stopped(self) -> bool:
        """Whether somebody has cancelled."""
        return self.cancelled

    def __call__(self, state: State) -> None:
        if state is not self._state:
            # The next of the searches that a plan in phases takes.
            self._state, self._part, self._trail = state, self._part + 1, []
        value, bound = (in_units(self._problem, one) for one in (state.value, state.bound))
        self._note(value, bound, state.seconds)
        if time.monotonic() - self._told_at < _TELL_S or self.cancelled:
            return
        self._told_at = time.monotonic()
        self._hear("siting.step.solve", min(self._spent(), self._limit() - 1), self._limit())
        now = self._part, len(self._trail)
        if self._written != now or time.monotonic() - self._written_at >= _AGAIN_S:
            self._written, self._written_at = now, time.monotonic()
            with self._database.connect() as connection:
                store.tell(connection, self._answer_id, self.told(value, bound, state.seconds))

    def listen(self, state: State) -> None:
        """Watches a search that is not told of."""
        if time.monotonic() - self._told_at >= _TELL_S and not self.cancelled:
            self._told_at = time.monotonic()
            self._hear("siting.step.prices", int(state.seconds), self._limit())

    def _hear(self, step: str, done: int, total: int) -> None:
        try:
            self._step(step, done, total)
        except Cancelled:
            self.cancelled = True

    def told(self, value: float | None, bound: float | None, seconds: float) -> Mapping[str, Any]:
        """What is known so far."""
        return {
            "value": value,
            "bound": bound,
            "seconds": round(seconds, 2),
            "part": self._part,
            "trail": list(self._trail),
        }

    def _note(self, value: float | None, bound: float | None, seconds: float) -> None:
        last = self._trail[-1] if self._trail else {"value": None, "bound": None}
        if (value, bound) == (last["value"], last["bound"]):
            return
        moment = {"seconds": round(seconds, 2), "value": value, "bound": bound}
        if len(self._trail) >= _MOST_MOMENTS:
            self._trail.pop(len(self._trail) // 2)
        self._trail.append(moment)

    def _spent(self) -> int:
        return int(time.monotonic() - self._begun)

    def _limit(self) -> int:
        return max(1, round(self._limit_s))
