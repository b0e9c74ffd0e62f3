"""A whole plan of proposed names checked at once, clashes inside the plan too; the answer is the sheet marked row by row."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.models import SRID
from geoservice.errors import BadInput
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.fields import header_score
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.reading import read_layer
from geoservice.ingest.records import GEOM, SOURCE_ROW
from geoservice.ingest.sources import open_source
from geoservice.language import current_language, translate
from geoservice.names import telling
from geoservice.names.clashes.comparing import Match, Sounding, compare
from geoservice.names.clashes.searching import Proposed, codes_of
from geoservice.names.rules.checking import Checked, Verdict, check_name
from geoservice.settings import ImportSettings

MOST_ROWS = 5000
LAYER = "places"
_FILLS = {Verdict.VIOLATES: "F4C7B8", Verdict.ARGUE: "FBE3B5", Verdict.HINT: "E3E9F7", Verdict.PASSES: "FFFFFF"}
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Inside:
    """A name of the same plan that a name may be taken for."""

    row: int
    name: str
    match: Match


@dataclass
class Line:
    """One row of the plan.

    Attributes
    ----------
    row
        As a spreadsheet counts it, or number of the feature.
    outcome
        None where the row is no name at all; `fault` says why.
    inside
        Rows of the plan that it clashes with.
    """

    row: int
    name: str
    outcome: Checked | None = None
    fault: str | None = None
    inside: list[Inside] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """The gravest, clashes inside of the plan among them."""
        if self.outcome is None:
            return Verdict.VIOLATES
        same = any(one.match.tier == 1 and one.match.whole for one in self.inside)
        close = any(one.match.tier <= 2 for one in self.inside)
        worst = [self.outcome.verdict, *([Verdict.VIOLATES] if same else [Verdict.ARGUE] if close else [])]
        return min(worst, key=list(Verdict).index)


@dataclass(frozen=True)
class Plan:
    """A plan as it was read."""

    raw: RawTable
    lines: list[Line]
    proposed: Mapping[int, Proposed]

    @property
    def counts(self) -> dict[str, int]:
        """Rows by verdict."""
        found = Counter(line.verdict for line in self.lines)
        return {verdict.value: found[verdict] for verdict in Verdict}


def read_plan(
    path: Path,
    catalog: Catalog,
    kind: str,
    *,
    limits: ImportSettings,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    part: str | None = None,
    unit_id: int | None = None,
) -> Plan:
    """Reads the proposed names of a sheet or a map file.

    Parameters
    ----------
    mapping
        Field of the layer places to the column that holds it: ``{"name": "路名"}``.
    unit_id
        Unit that names without a position lie in.

    Raises
    ------
    BadInput
        Where the file as a whole is of no use, or holds more than 5,000 names.
    """
    layer = catalog.layers[LAYER]
    wanted = dict(mapping or {})
    raw = open_source(path, lambda headers: header_score(headers, layer, wanted), limits=limits, part=part)
    if len(raw) > MOST_ROWS:
        raise BadInput("names.plan-too-large", count=len(raw), most=MOST_ROWS)
    code = codes_of(catalog, kind)[0]
    records = read_layer(
        path, layer, catalog, crs=crs, mapping=wanted, limits=limits, part=part, constants={"class_code": code}
    )
    lines: list[Line] = []
    proposed: dict[int, Proposed] = {}
    for row in records.records.to_dict("records"):
        number = int(row[SOURCE_ROW])
        shape = row[GEOM]
        where = None if shape is None else _ewkb(shape)
        proposed[number] = Proposed(row["name"], kind, row.get("reading"), where, unit_id)
        lines.append(Line(number, row["name"]))
    for refused in {refusal.row for refusal in records.refusals}:
        reasons = [f"{one.field}：{one.reason}" for one in records.refusals if one.row == refused]
        lines.append(Line(int(refused or 0), "", fault=" ".join(reasons)))
    return Plan(raw, sorted(lines, key=lambda line: line.row), proposed)


def _ewkb(shape: Any) -> str:
    written: str = shapely.to_wkb(shapely.set_srid(shape, SRID), hex=True, include_srid=True)
    return written


def check_plan(
    connection: Connection, catalog: Catalog, plan: Plan, *, day: date, progress: Progress = lambda _done, _all: None
) -> None:
    """Checks every name of a plan against the rules, the names that there are, and the rest of the plan."""
    for done, line in enumerate(plan.lines, start=1):
        if line.row in plan.proposed:
            try:
                line.outcome = check_name(connection, catalog, plan.proposed[line.row], day=day)
            except BadInput as error:
                line.fault = error.message
        progress(done, len(plan.lines))
    _compare_inside(catalog, plan)


def _compare_inside(catalog: Catalog, plan: Plan) -> None:
    lines = [line for line in plan.lines if line.outcome is not None]
    holders: defaultdict[str, list[int]] = defaultdict(list)
    soundings = []
    for at, line in enumerate(lines):
        proposed = plan.proposed[line.row]
        code = codes_of(catalog, proposed.kind)[0]
        soundings.append(Sounding.of(proposed.name, code, proposed.reading))
        for key in alike_keys(proposed.name, code, proposed.reading):
            holders[key].append(at)
    pairs = {(a, b) for group in holders.values() for a in group for b in group if a < b}
    for a, b in sorted(pairs):
        match = compare(soundings[a], soundings[b])
        if match is not None:
            lines[a].inside.append(Inside(lines[b].row, lines[b].name, match))
            lines[b].inside.append(Inside(lines[a].row, lines[a].name, match))


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """Rows with their verdicts, fit for JSON."""
    return {
        "rows": len(plan.lines),
        "counts": plan.counts,
        "items": [
            {
                "row": line.row,
                "name": line.name,
                "verdict": line.verdict.value,
                "fault": line.fault,
                "check": None if line.outcome is None else telling.checked(line.outcome),
                "inside": [
                    {"row": one.row, "name": one.name, "tier": one.match.tier.name.lower(), "whole": one.match.whole}
                    for one in line.inside
                ],
            }
            for line in plan.lines
        ],
    }


def write_plan(plan: Plan, path: Path) -> None:
    """The sheet of a plan as it came, each row with its verdict, the reasons with their sources, and what it clashes with."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = translate("names.sheet")
    added = [translate(f"names.column.{name}") for name in ("verdict", "reasons", "clashes", "inside")]
    sheet.append([*plan.raw.headers, *added])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    by_row = {line.row: line for line in plan.lines}
    for position, number in enumerate(plan.raw.rows.tolist()):
        line = by_row.get(number)
        cells = [_cell(column[position]) for column in plan.raw.cells]
        sheet.append([*cells, *(_told(line) if line else [""] * len(added))])
        if line is not None:
            fill = PatternFill("solid", fgColor=_FILLS[line.verdict])
            for cell in sheet[sheet.max_row][len(cells) :]:
                cell.fill = fill
    sheet.freeze_panes = "A2"
    for at in range(len(added)):
        sheet.column_dimensions[get_column_letter(len(plan.raw.headers) + at + 1)].width = 14 if at == 0 else 48
    book.save(path)


def _told(line: Line) -> list[str]:
    verdict = translate(f"names.verdict.{line.verdict.value}")
    if line.outcome is None:
        return [verdict, line.fault or "", "", ""]
    language = current_language.get()
    reasons = [
        f"{getattr(one.rule.title, language)}：{getattr(one.reason, language)}（{one.source}）"
        for one in line.outcome.rulings
        if one.reason is not None
    ]
    clashes = [] if line.outcome.found is None else line.outcome.found.clashes
    return [
        verdict,
        _text(reasons),
        _text([f"{one.name}：{telling.why(one)}" for one in clashes]),
        _text(_inside(line)),
    ]


def _inside(line: Line) -> Sequence[str]:
    return [translate("names.inside", None, row=one.row, name=one.name) for one in line.inside]


def _text(parts: Sequence[str]) -> str:
    """One cell; a text that a spreadsheet would take for a formula is none."""
    return str(_cell("；".join(parts)))


def _cell(value: object) -> Any:
    if value is None or isinstance(value, (int, float, date)):
        return value
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
