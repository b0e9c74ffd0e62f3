"""A plan as it is handed back: the columns of its source, and beside them what was found, in the current language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geoservice.language import current_language, translate
from geoservice.names.plans.keeping import item_of, notices_of, shape_of
from geoservice.names.plans.reading import Mark, Plan
from geoservice.names.plans.store import PlanRow
from geoservice.names.plans.telling import item

COLUMNS = ("verdict", "reasons", "clashes", "inside", "spelling")


@dataclass(frozen=True)
class MarkedLine:
    """One row: its own cells, the columns of `COLUMNS`, and where it lies (EPSG:4490, longitude first)."""

    row: int
    mark: Mark
    cells: Sequence[Any]
    told: Sequence[str]
    shape: Any = None


@dataclass(frozen=True)
class MarkedPlan:
    """All rows, and the summary: pairs of a title and a text or a number."""

    headers: Sequence[str]
    lines: Sequence[MarkedLine]
    summary: Sequence[tuple[str, str | int]]

    @property
    def added(self) -> list[str]:
        """Titles of the columns that were added."""
        return [translate(f"names.column.{name}") for name in COLUMNS]


def marked_plan(plan: Plan, file: str) -> MarkedPlan:
    """A plan that was just checked."""
    cells = {int(number): [column[at] for column in plan.raw.cells] for at, number in enumerate(plan.raw.rows)}
    items = [item(line) for line in plan.lines]
    lines = [_line(one, cells.get(line.row, []), line.shape) for one, line in zip(items, plan.lines, strict=True)]
    notices = [notice.message for notice in plan.notices]
    return MarkedPlan(plan.raw.headers, lines, _summary(file, plan.counts, items, notices))


def marked_kept(plan: PlanRow, rows: Sequence[Mapping[str, Any]]) -> MarkedPlan:
    """A plan that was kept; it was checked."""
    items = [item_of(row, current_language.get()) for row in rows]
    lines = [
        _line(one, row["cells"], None if row["geom"] is None else shape_of(row["geom"]))
        for one, row in zip(items, rows, strict=True)
    ]
    summary = _summary(plan.file, plan.counts or {}, items, notices_of(plan.reading["notices"]))
    return MarkedPlan(plan.reading["headers"], lines, summary)


def _line(one: Mapping[str, Any], cells: Sequence[Any], shape: Any) -> MarkedLine:
    check = one["check"]
    notes = list(one["notes"])
    told = [translate(f"names.verdict.{one['verdict']}")]
    if check is None:
        told += [_text([one["fault"] or translate("names.no-name"), *notes]), "", ""]
    else:
        faults = [one["fault"]] if one["fault"] else []
        reasons = [
            f"{ruled['title']}：{ruled['reason']}（{ruled['source']}）"
            for ruled in check["verdicts"]
            if ruled["reason"]
        ]
        told += [
            _text([*faults, *reasons, *notes]),
            _text([f"{clash['name']}：{clash['why']}" for clash in check["clashes"]]),
            _text(_inside(one)),
        ]
    return MarkedLine(one["row"], Mark(one["verdict"]), cells, [*told, one["spelling"] or ""], shape)


def _inside(one: Mapping[str, Any]) -> list[str]:
    more = [translate("names.inside-more")] if one["inside_cut"] else []
    return [*(translate("names.inside", None, row=hit["row"], name=hit["name"]) for hit in one["inside"]), *more]


def _text(parts: Sequence[str]) -> str:
    return "；".join(parts)


def _summary(
    file: str, counts: Mapping[str, int], items: Sequence[Mapping[str, Any]], notices: Sequence[str]
) -> list[tuple[str, str | int]]:
    """File, rows by verdict, rows by the rule that they do not pass, and what the reader said."""
    broken = Counter(
        f"{ruled['title']}（{ruled['source']}）"
        for one in items
        if one["check"] is not None
        for ruled in one["check"]["verdicts"]
        if ruled["verdict"] != "passes"
    )
    return [
        (translate("names.summary.file"), file),
        (translate("names.summary.rows"), len(items)),
        *((translate(f"names.verdict.{mark.value}"), counts.get(mark.value, 0)) for mark in Mark),
        (translate("names.summary.inside"), sum(bool(one["inside"]) for one in items)),
        *((translate("names.summary.rule", None, rule=rule), count) for rule, count in broken.most_common()),
        *((translate("names.summary.note"), one) for one in notices),
    ]
