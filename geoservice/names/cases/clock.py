"""By when the next steps are due: the days of the law, counted from the day after."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from geoservice.names.cases.declared import Term, case_rules

SATURDAY = 5


@dataclass(frozen=True)
class Due:
    """A step and its last day; `days_left` is negative when it is overdue."""

    step: str
    last_day: date
    days_left: int
    term: Term


def due_steps(kind: str, taken: Mapping[str, date], today: date, *, past: Collection[str] = ()) -> list[Due]:
    """Steps that are due, the most urgent first.

    Parameters
    ----------
    kind
        Of the name.
    taken
        Step to the day on which it was taken.
    past
        Steps that the case has left behind, taken or passed over: they are due no longer.

    Examples
    --------
    >>> [(one.step, one.last_day.isoformat()) for one in due_steps("street", {"approved": date(2026, 3, 2)}, date(2026, 3, 10))]
    [('filed', '2026-03-17'), ('announced', '2026-03-17')]
    """
    rules = case_rules()
    authority = rules.authority(kind)
    found = []
    for term in rules.terms:
        if not term.holds_for(authority):
            continue
        if term.step in taken or term.step in past or term.step in authority.skips or term.after not in taken:
            continue
        last = last_day(taken[term.after], term.days)
        found.append(Due(term.step, last, (last - today).days, term))
    return sorted(found, key=lambda one: one.last_day)


def last_day(begin: date, days: int) -> date:
    """The last of so many calendar days that begin on the day after; moved off holidays only where that is set.

    Examples
    --------
    >>> last_day(date(2026, 2, 14), 15)
    datetime.date(2026, 3, 1)
    """
    clock = case_rules().clock
    last = begin + timedelta(days=days)
    while clock.moves_from_holidays and (last.weekday() >= SATURDAY or last in clock.holidays):
        last += timedelta(days=1)
    return last


def overdue_since(days: int, today: date) -> date:
    """The latest day from which a term of so many days has run out.

    Examples
    --------
    >>> overdue_since(15, date(2026, 3, 2))
    datetime.date(2026, 2, 14)
    """
    begin = today - timedelta(days=days + 1)
    while last_day(begin, days) >= today:
        begin -= timedelta(days=1)
    return begin
