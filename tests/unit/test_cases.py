"""The life of a case: every legal way, and no other; the days of the law."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.errors import BadRequest, Conflict
from geoservice.names.cases.clock import due_steps, last_day
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.steps import DRAFT, ENDED, Action, move_to, moves, steps_of
from geoservice.names.rules.checking import Verdict

KINDS = sorted({kind for authority in case_rules().authorities for kind in authority.kinds})
STATES = [DRAFT, *(step.id for step in case_rules().steps), "refused", "withdrawn", "returned", "", "nonsense"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_case_goes_through_all_its_steps_in_order(kind: str) -> None:
    state, way = DRAFT, []
    while state not in ENDED:
        state = next(move for move in moves(kind, state) if move.action == Action.ADVANCE).to
        way.append(state)
    assert way == [step.id for step in steps_of(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_needed_is_passed_over(kind: str) -> None:
    needed = [step.id for step in steps_of(kind) if not step.optional]
    for state in (DRAFT, *(step.id for step in steps_of(kind))):
        for move in moves(kind, state):
            if move.action != Action.ADVANCE:
                continue
            names = [DRAFT, *(step.id for step in steps_of(kind))]
            between = names[names.index(state) + 1 : names.index(move.to)]
            assert not set(between) & set(needed)
            assert tuple(between) == move.passes_over


@given(st.sampled_from(KINDS), st.sampled_from(STATES), st.sampled_from(STATES))
def test_every_other_way_is_refused(kind: str, state: str, to: str) -> None:
    known = [DRAFT, *(step.id for step in steps_of(kind)), "refused", "withdrawn"]
    if state not in known:
        return
    legal = {move.to for move in moves(kind, state)}
    if to in legal:
        assert move_to(kind, state, to).to == to
    else:
        with pytest.raises(Conflict):
            move_to(kind, state, to)


def test_who_takes_which_step() -> None:
    rights = {step.id: step.right for step in steps_of("street")}
    assert rights["approved"] == rights["announced"] == "publish"
    assert rights["registered"] == "edit"
    assert [move.right for move in moves("street", DRAFT) if move.action == Action.WITHDRAW] == [None]


def test_an_estate_is_consulted_and_a_township_reviewed_too() -> None:
    assert "approved" not in {move.to for move in moves("estate", "checked")}
    assert {move.to for move in moves("street", "checked")} >= {"approved"}
    assert [step.id for step in steps_of("township") if step.optional] == ["visited"]
    assert "filed" not in {step.id for step in steps_of("township")}


def test_rules_stop_the_approval() -> None:
    with pytest.raises(Conflict, match="违反硬性规定"):
        move_to("street", "checked", "approved", verdicts=[Verdict.VIOLATES], argued=True)
    with pytest.raises(Conflict, match="需要论证"):
        move_to("street", "checked", "approved", verdicts=[Verdict.ARGUE, Verdict.HINT])
    assert move_to("street", "checked", "approved", verdicts=[Verdict.ARGUE], argued=True).to == "approved"
    assert move_to("street", "checked", "approved", verdicts=[Verdict.HINT]).to == "approved"
    assert move_to("street", "checked", "refused", verdicts=[Verdict.VIOLATES]).to == "refused"


def test_the_statutory_days() -> None:
    approved = date(2026, 3, 2)
    street = due_steps(
        "street", {"registered": date(2026, 2, 1), "consulted": date(2026, 2, 20), "approved": approved}, approved
    )
    assert {one.step: one.last_day for one in street} == {"filed": date(2026, 3, 17), "announced": date(2026, 3, 17)}
    # What is approved by a department is announced from its filing on.
    estate = due_steps("estate", {"consulted": date(2026, 2, 1), "approved": approved}, date(2026, 3, 20))
    assert [(one.step, one.days_left) for one in estate] == [("filed", -3)]
    filed = {"consulted": date(2026, 2, 1), "approved": approved, "filed": date(2026, 3, 10)}
    assert [(one.step, one.last_day) for one in due_steps("estate", filed, approved)] == [
        ("announced", date(2026, 3, 25))
    ]
    assert all("第十" in one.term.article for one in street + estate)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_days_are_calendar_days_from_the_day_after(begin: date, days: int) -> None:
    assert last_day(begin, days) - begin == timedelta(days=days)


def test_every_statement_has_its_source() -> None:
    rules = case_rules()
    for term in rules.terms:
        assert term.setting == ("设置" in term.article)
    for one in rules.authorities:
        assert "条例" in one.article
    with pytest.raises(BadRequest, match="castle"):
        rules.authority("castle")
