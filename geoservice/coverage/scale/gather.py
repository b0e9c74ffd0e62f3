"""The answers of all parts put together; what does not add up is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.answers import Answer, Standing
from geoservice.coverage.circles.painting import Painted
from geoservice.coverage.pairs import Pairs
from geoservice.coverage.scale.part import PartAnswer, Question
from geoservice.errors import Conflict
from geoservice.network.arrays import Int64s


@dataclass
class Gathered:
    """What has come back so far.

    Attributes
    ----------
    answers
        By mode and type.
    borders
        Of circles, by mode, type and limit, a part a cell.
    """

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    borders: dict[tuple[str, str, int], list[Painted]] = field(default_factory=dict)


def gather(
    parts: Iterable[PartAnswer], questions: Sequence[Question], homes: int, supply: Mapping[str, int]
) -> Gathered:
    """Put the answers of the parts of all modes together.

    Parameters
    ----------
    homes
        How many communities have a place.
    supply
        How many facilities each type has.

    Raises
    ------
    Conflict
        ``scale.incomplete`` if a community or facility did not come back exactly once.
    """
    found: dict[tuple[str, str], list[tuple[Int64s, Int64s, Answer]]] = {(q.mode, q.type): [] for q in questions}
    gathered = Gathered()
    for part in parts:
        for question, answer in part.answers:
            found[question.mode, question.type].append((part.homes, part.own[question.type], answer))
        for (type_, limit), border in part.borders.items():
            gathered.borders.setdefault((part.mode, type_, limit), []).append(border)
    for key, answers in found.items():
        gathered.answers[key] = _one(answers, homes, supply[key[1]])
    return gathered


def _one(found: Sequence[tuple[Int64s, Int64s, Answer]], homes: int, supply: int) -> Answer:
    place = _once([part[0] for part in found], homes)
    own = _once([part[1] for part in found], supply)
    answers = [part[2] for part in found]
    pairs = [(part[0][part[2].pairs.place], part[2].pairs.facility, part[2].pairs.time_ds) for part in found]
    return Answer(
        time_ds=_set(place, [one.time_ds for one in answers]),
        facility=_set(place, [one.facility for one in answers]),
        second_ds=_set(place, [one.second_ds for one in answers]),
        second=_set(place, [one.second for one in answers]),
        pairs=Pairs.of(*(np.concatenate(column) for column in zip(*pairs, strict=True))),
        homes=Standing(
            _set(place, [one.homes.status for one in answers]), _set(place, [one.homes.island for one in answers])
        ),
        supply=Standing(
            _set(own, [one.supply.status for one in answers]), _set(own, [one.supply.island for one in answers])
        ),
    )


def _once(numbers: Sequence[Int64s], count: int) -> Int64s:
    """All numbers, each of which must be there exactly once."""
    together = np.concatenate([*numbers, np.empty(0, dtype=np.int64)])
    times = np.bincount(together, minlength=count)
    if together.size != count or (times != 1).any():
        raise Conflict("scale.incomplete", back=together.size, count=count)
    return together


def _set(place: Int64s, columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    values = np.concatenate(columns)
    ordered = np.empty_like(values)
    ordered[place] = values
    return ordered
