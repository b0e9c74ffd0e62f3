"""A sheet, a map file or a drawing of proposed names, read row by row; nothing of it is left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import shapely

from geoservice.catalog import Catalog, Declaration, FieldDeclaration, LayerDeclaration, read_declaration
from geoservice.crs import ELLIPSOID
from geoservice.database.models import SRID
from geoservice.errors import BadInput, BadRequest
from geoservice.ingest.fields import header_score
from geoservice.ingest.marks import refuse_marked_file, refuse_secret_table
from geoservice.ingest.name_keys import parse_reading
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.reading import read_table
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet, Refusal
from geoservice.ingest.sources import open_source
from geoservice.names.clashes.comparing import Match
from geoservice.names.clashes.searching import Proposed, codes_of
from geoservice.names.rules.checking import Checked, Verdict
from geoservice.resources import resource
from geoservice.settings import ImportSettings

MOST_ROWS = 5000
LAYER = "places"
FARTHEST_M = 1000


class Mark(StrEnum):
    """What a row is marked with: a verdict, or why there is none."""

    VIOLATES = "violates"  # 违反
    ARGUE = "argue"  # 需论证
    HINT = "hint"  # 提示
    PASSES = "passes"  # 通过
    MISSING = "missing"  # 没有名称
    UNREAD = "unread"  # 读不出


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
    shape
        Where it lies, EPSG:4490, longitude first; None where nobody said.
    width_m, length_m
        As stated; the length is measured on the ellipsoid where only a line is there.
    outcome
        None where there is no name to check; `faults` say why, or it is missing.
    notes
        What the reader noticed of the row: a text between two lines, a line with two names.
    spelling
        In Roman letters; None where it cannot be spelt.
    unconfirmed
        Characters with several readings of which nobody confirmed one.
    inside
        Rows of the plan that it clashes with, `inside_cut` where there are more.
    """

    row: int
    name: str
    shape: Any = None
    width_m: float | None = None
    length_m: float | None = None
    outcome: Checked | None = None
    faults: list[Refusal] = field(default_factory=list)
    notes: list[Notice] = field(default_factory=list)
    spelling: str | None = None
    unconfirmed: tuple[str, ...] = ()
    inside: list[Inside] = field(default_factory=list)
    inside_cut: bool = False

    @property
    def fault(self) -> str | None:
        """Why the row could not be read, in the current language."""
        return fault_in_words(self.faults)

    @property
    def mark(self) -> Mark:
        """The gravest verdict, clashes inside of the plan among them; a row with notes is looked at by somebody."""
        if self.faults:
            return Mark.UNREAD
        if self.outcome is None:
            return Mark.MISSING
        same = any(one.match.tier == 1 and one.match.whole for one in self.inside)
        close = any(one.match.tier <= 2 for one in self.inside)
        inside = [Verdict.VIOLATES] if same else [Verdict.ARGUE] if close else []
        noticed = [Verdict.HINT] if self.notes else []
        return Mark(min([self.outcome.verdict, *inside, *noticed], key=list(Verdict).index).value)


def fault_in_words(faults: Sequence[Refusal]) -> str | None:
    """Why a row could not be read, in the current language; None where nothing is wrong."""
    told = [one.reason if one.field is None else f"{one.field}：{one.reason}" for one in faults]
    return " ".join(told) or None


@dataclass(frozen=True)
class Plan:
    """A plan as it was read.

    Attributes
    ----------
    notices
        Of the file as a whole.
    crs
        The reference system that the coordinates were read in; None without any.
    """

    raw: RawTable
    lines: list[Line]
    proposed: Mapping[int, Proposed]
    notices: Sequence[Notice] = ()
    crs: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> dict[str, int]:
        """Rows by mark."""
        return count_marks(self.lines)


def count_marks(lines: Sequence[Line]) -> dict[str, int]:
    """Rows by mark."""
    found = Counter(line.mark for line in lines)
    return {mark.value: found[mark] for mark in Mark}


class PlanFile(Declaration):
    """File layers/standards/name_plans.toml."""

    name_aliases: tuple[str, ...]
    fields: tuple[FieldDeclaration, ...]


@cache
def plan_file() -> PlanFile:
    """What the file says.

    Raises
    ------
    BadDeclaration
        If it is wrong.
    """
    return read_declaration(resource("layers", "standards", "name_plans.toml"), PlanFile)


def plan_layer(catalog: Catalog) -> LayerDeclaration:
    """The layer places as a plan fills it: the name may be missing, width and length may be there."""
    layer, declared = catalog.layers[LAYER], plan_file()
    fields = [
        one.model_copy(update={"required": False, "aliases": (*one.aliases, *declared.name_aliases)})
        if one.name == "name"
        else one
        for one in layer.fields
    ]
    return layer.model_copy(update={"fields": (*fields, *declared.fields)})


def within_limits(limits: ImportSettings, within_m: float | None) -> ImportSettings:
    """The limits of a reader with another distance between a text and its line; None for the one that is set.

    Raises
    ------
    BadRequest
        ``names.bad-distance`` unless it is above 0 and at most 1,000.
    """
    if within_m is None:
        return limits
    if not 0 < within_m <= FARTHEST_M:
        raise BadRequest("names.bad-distance", value=f"{within_m:g}", most=FARTHEST_M)
    return limits.model_copy(update={"dxf_within_m": within_m})


def open_plan(
    path: Path,
    catalog: Catalog,
    *,
    limits: ImportSettings,
    mapping: Mapping[str, str] | None = None,
    part: str | None = None,
    encoding: str | None = None,
) -> RawTable:
    """The table of a plan as it stands in the file.

    Raises
    ------
    BadInput
        Where the file cannot be read, is marked as secret, or holds more than 5,000 rows.
    """
    refuse_marked_file(path, catalog)
    layer, wanted = plan_layer(catalog), dict(mapping or {})
    raw = open_source(
        path, lambda headers: header_score(headers, layer, wanted), limits=limits, part=part, encoding=encoding
    )
    refuse_secret_table(raw, catalog, file=path.name)
    if len(raw) > MOST_ROWS:
        raise BadInput("names.plan-too-large", count=len(raw), most=MOST_ROWS)
    return raw


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
    """Reads the proposed names of a sheet, a map file or a drawing.

    Parameters
    ----------
    mapping
        Field of the layer places, ``width_m`` or ``length_m`` to the column that holds it: ``{"name": "路名"}``.
    part
        Sheet or layer; of a drawing its layers, as `readers.dxf.read_dxf` takes them.
    unit_id
        Unit that names without a position lie in.

    Raises
    ------
    BadInput
        Where the file as a whole is of no use, or holds more than 5,000 names.
    """
    raw = open_plan(path, catalog, limits=limits, mapping=mapping, part=part)
    return plan_of(raw, catalog, kind, file=path.name, limits=limits, crs=crs, mapping=mapping, unit_id=unit_id)


def plan_of(
    raw: RawTable,
    catalog: Catalog,
    kind: str,
    *,
    file: str,
    limits: ImportSettings,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    unit_id: int | None = None,
) -> Plan:
    """The plan in a table that has been opened; see `read_plan`.

    Raises
    ------
    BadInput
        ``names.plan-no-column`` where no column holds the names, and what `reading.read_table` raises.
    """
    records = records_of(raw, catalog, kind, file=file, limits=limits, crs=crs, mapping=mapping)
    if "name" not in records.report["columns"]:
        raise no_names(raw, file)
    noticed: defaultdict[int, list[Notice]] = defaultdict(list)
    for notice in raw.notices:
        if notice.row is not None:
            noticed[notice.row].append(notice)
    lines: list[Line] = []
    proposed: dict[int, Proposed] = {}
    for row in records.records.to_dict("records"):
        line = _line(row)
        line.notes = noticed[line.row]
        lines.append(line)
        if line.name:
            reading = row.get("reading") or None
            if reading and parse_reading(line.name, reading) is None:
                values = {"name": line.name, "reading": reading[:60]}
                line.notes = [*line.notes, Notice(line.row, "names.reading-does-not-fit", values)]
            proposed[line.row] = proposed_of(line, kind, reading, unit_id)
    lines += _faulty(records)
    lines.sort(key=lambda line: line.row)
    told = [notice for notice in records.notices if notice.row is None]
    return Plan(raw, lines, proposed, told, records.source_crs, records.report["columns"])


def no_names(raw: RawTable, file: str) -> BadInput:
    """``names.plan-no-column`` with the columns that there are."""
    return BadInput("names.plan-no-column", file=file, headers="、".join(filter(None, raw.headers))[:400] or "-")


def records_of(
    raw: RawTable,
    catalog: Catalog,
    kind: str,
    *,
    file: str,
    limits: ImportSettings,
    crs: str | None,
    mapping: Mapping[str, str] | None,
) -> RecordSet:
    """The rows of a table as records of the layer places; see `read_plan`."""
    return read_table(
        raw,
        plan_layer(catalog),
        catalog,
        file=file,
        crs=crs,
        mapping=mapping or {},
        constants={"class_code": codes_of(catalog, kind)[0]},
        reference=None,
        limits=limits,
    )


def _line(row: Mapping[str, Any]) -> Line:
    shape, length = row[GEOM], row.get("length_m")
    if length is None and shape is not None and "Line" in shape.geom_type:
        length = round(float(ELLIPSOID.geometry_length(shape)), 1)
    return Line(int(row[SOURCE_ROW]), row["name"] or "", shape, row.get("width_m"), length)


def proposed_of(line: Line, kind: str, reading: str | None, unit_id: int | None) -> Proposed:
    """A row that has a name as the search for clashes takes it."""
    shape = None
    if line.shape is not None:
        shape = shapely.to_wkb(shapely.set_srid(line.shape, SRID), hex=True, include_srid=True)
    return Proposed(line.name, kind, reading, shape, unit_id, width_m=line.width_m, length_m=line.length_m)


def _faulty(records: RecordSet) -> list[Line]:
    faults: defaultdict[int, list[Refusal]] = defaultdict(list)
    for one in records.refusals:
        faults[one.row or 0].append(one)
    return [Line(row, "", faults=told) for row, told in faults.items()]
