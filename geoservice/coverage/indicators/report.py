"""All indicators on several days, beside what the plan states, with its contradictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from geoservice.access.release import Release
from geoservice.coverage.indicators.counting import Value, count, entered, value_of
from geoservice.coverage.indicators.declared import Implied, Indicator, Indicators, Stated
from geoservice.coverage.indicators.entries import Entry
from geoservice.coverage.indicators.situation import Situation
from geoservice.database.models import CLASSIFICATIONS


@dataclass(frozen=True)
class ImpliedFigure:
    """What two figures of the plan imply, beside what is loaded on the first day."""

    place: str
    figure: int
    rate: float
    per: int
    implied: int
    loaded: int


@dataclass(frozen=True)
class Row:
    """One indicator.

    Attributes
    ----------
    values
        One a day, in the order of the days.
    contradictions
        Groups of stated figures for one year that differ.
    """

    indicator: Indicator
    values: Sequence[Value]
    contradictions: Sequence[Sequence[Stated]]
    implied: Sequence[ImpliedFigure]

    @property
    def change(self) -> float | None:
        """From the first to the last day; None where one of them has no value."""
        first, last = self.values[0].value, self.values[-1].value
        return None if first is None or last is None or len(self.values) < 2 else last - first

    def as_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        one = self.indicator
        return {
            "id": one.id,
            "title": one.title.model_dump(),
            "unit": one.unit.model_dump(),
            "computed": one.numerator is not None,
            "formula": _formula(one),
            "source": one.source,
            "note": None if one.note is None else one.note.model_dump(),
            "target": None if one.target is None else one.target.model_dump(),
            "stated": [stated.model_dump() for stated in one.stated],
            "contradictions": [[stated.model_dump() for stated in group] for group in self.contradictions],
            "implied": [asdict(figure) for figure in self.implied],
            "values": [asdict(value) | {"on": value.on.isoformat()} for value in self.values],
            "change": self.change,
        }


@dataclass(frozen=True)
class Estimates:
    """Communities of a day whose people are an estimate, and from what."""

    on: date
    communities: int
    sources: str


@dataclass(frozen=True)
class IndicatorReport:
    """All indicators of a plan."""

    declared: Indicators
    days: Sequence[date]
    rows: Sequence[Row]
    population_dates: Sequence[date]
    classification: str
    published: bool
    schematic: bool
    estimated: Sequence[Estimates] = ()

    @property
    def release(self) -> Release:
        """What stands on it wherever it goes; it shows no map."""
        return Release(max(self.days), self.classification, self.schematic, drawn=False)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        plan = self.declared.plan
        return {
            "plan": plan.model_dump(mode="json"),
            "belonging": self.declared.belonging.model_dump(),
            "days": [day.isoformat() for day in self.days],
            "population_dates": [day.isoformat() for day in self.population_dates],
            "classification": self.classification,
            "published": self.published,
            "schematic": self.schematic,
            "release": self.release.as_dict(),
            "population_estimated": [asdict(one) | {"on": one.on.isoformat()} for one in self.estimated],
            "items": [row.as_dict() for row in self.rows],
        }


def report(
    declared: Indicators, situations: Sequence[Situation], entries: Mapping[str, Sequence[Entry]]
) -> IndicatorReport:
    """All indicators in some situations: of different days, or before and after a change.

    Parameters
    ----------
    situations
        At least one.
    entries
        Figures entered by hand, by indicator, the newest entry first; the newest of the situation's own year counts.
    """
    return IndicatorReport(
        declared=declared,
        days=[one.on for one in situations],
        rows=[_row(one, situations, entries.get(one.id, ())) for one in declared.indicators],
        population_dates=sorted({day for one in situations for day in one.residents.dates}),
        classification=max((one.classification for one in situations), key=CLASSIFICATIONS.index),
        published=all(one.published for one in situations),
        schematic=any(one.schematic for one in situations),
        estimated=[
            Estimates(one.on, one.residents.estimated, "; ".join(one.residents.sources))
            for one in situations
            if one.residents.estimated
        ],
    )


def _row(indicator: Indicator, situations: Sequence[Situation], entries: Sequence[Entry]) -> Row:
    return Row(
        indicator=indicator,
        values=[figure_of(indicator, situation, entries) for situation in situations],
        contradictions=contradictions(indicator.stated),
        implied=[_implied(one, situations[0]) for one in indicator.implied],
    )


def figure_of(indicator: Indicator, situation: Situation, entries: Sequence[Entry]) -> Value:
    """An indicator on a day: counted, or the newest figure entered by hand for the day's own year."""
    if indicator.numerator is not None:
        return value_of(indicator, situation)
    for entry in entries:
        if entry.on.year == situation.on.year and entry.on <= situation.on:
            return entered(indicator, situation.on, entry.value, entry.source)
    return Value(situation.on, None, "not_entered")


def contradictions(stated: Sequence[Stated]) -> list[list[Stated]]:
    """Figures for one year in one unit that differ.

    Examples
    --------
    >>> text, table = Stated(year=2020, value=67, place="text"), Stated(year=2020, value=55, place="table 1")
    >>> [[one.value for one in group] for group in contradictions([text, table])]
    [[67.0, 55.0]]
    >>> contradictions([table])
    []
    """
    groups: dict[tuple[int, str | None], list[Stated]] = {}
    for one in stated:
        groups.setdefault((one.year, one.unit), []).append(one)
    return [group for group in groups.values() if len({one.value for one in group}) > 1]


def _implied(implied: Implied, situation: Situation) -> ImpliedFigure:
    return ImpliedFigure(
        place=implied.place,
        figure=implied.figure,
        rate=implied.rate,
        per=implied.per,
        implied=round(implied.figure / implied.rate * implied.per),
        loaded=int(count(implied.of, situation).amount),
    )


def _formula(indicator: Indicator) -> dict[str, Any] | None:
    if indicator.numerator is None:
        return None
    parts = (indicator.numerator, indicator.denominator)
    above, below = (None if part is None else part.model_dump(by_alias=True, exclude_defaults=True) for part in parts)
    return {"numerator": above, "denominator": below, "factor": indicator.factor}
