"""Cells to fields by the declaration of a layer, and the rules that a whole row or a whole file must keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from geoservice.catalog import Catalog, FieldDeclaration, LayerDeclaration
from geoservice.errors import BadInput
from geoservice.ingest.fields import Matched
from geoservice.ingest.parsers import parser_for
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.records import Notice
from geoservice.ingest.values import Column, ValueRefusedError, parse_column, show
from geoservice.language import current_language, translate

# Pairs of fields of which the first may not exceed the second; True where they may not be equal either.
ORDERED = (
    ("nursing_beds", "beds", False),
    ("population_80", "population_60", False),
    ("population_60", "population", False),
    ("population_80", "population", False),
    ("opened_on", "closed_on", True),
    ("valid_from", "valid_to", True),
)


@dataclass(frozen=True)
class Fault:
    """Why a row is refused, by its position."""

    position: int
    label: str | None
    shown: str | None
    reason: ValueRefusedError


@dataclass
class Checked:
    """The declared fields of every row; a refused cell is None and stands in `faults`."""

    columns: dict[str, list[Any]]
    faults: list[Fault] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def refused(self) -> set[int]:
        """Positions of the rows that have a fault."""
        return {fault.position for fault in self.faults}


def check_fields(
    raw: RawTable,
    matched: Matched,
    layer: LayerDeclaration,
    catalog: Catalog,
    *,
    constants: Mapping[str, str],
    file: str,
) -> Checked:
    """Types, lengths, ranges, code lists and required fields.

    Parameters
    ----------
    constants
        Field to a value that every row gets, whatever the source says.

    Raises
    ------
    BadInput
        ``import.missing-column``, ``import.set-field`` or ``import.set-value``.
    """
    known = {declared.name for declared in layer.fields}
    for name in constants:
        if name not in known:
            raise BadInput("import.set-field", file=file, field=name, known="、".join(sorted(known)))
    checked = Checked({})
    for declared in layer.fields:
        parser = parser_for(declared, catalog.codes)
        if declared.name in constants:
            column = parse_column([constants[declared.name]], parser)
            if column.refused:
                raise BadInput(
                    "import.set-value", file=file, field=declared.name, value=constants[declared.name],
                    reason=translate(f"error.{column.refused[0].code}", None, **column.refused[0].details),
                )  # fmt: skip
            checked.columns[declared.name] = column.values * len(raw)
        elif declared.name in matched.fields:
            column = parse_column(raw.cells[matched.fields[declared.name]], parser)
            _note(checked, raw, matched, declared, column)
            _require(raw, matched, declared, column)
            _collect(checked, raw, matched, declared, column)
        elif declared.required and declared.default is None:
            raise _missing_column(raw, layer, declared, file)
        else:
            checked.columns[declared.name] = [declared.default] * len(raw)
    return checked


def label_of(declared: FieldDeclaration, header: str | None = None) -> str:
    """Title of a field in the current language, with the header of the source where it differs."""
    title = declared.title.zh if current_language.get() == "zh" else declared.title.en
    return title if header in (None, title) else f"{title} ({show(header)})"


def _missing_column(raw: RawTable, layer: LayerDeclaration, declared: FieldDeclaration, file: str) -> BadInput:
    headers = "、".join(show(one) or "" for one in raw.headers if one) or "-"
    aliases = "、".join((declared.name, *declared.aliases))
    return BadInput(
        "import.missing-column", file=file, field=label_of(declared), name=declared.name, aliases=aliases,
        headers=headers, layer=layer.id, column=next((one for one in raw.headers if one), "COLUMN"),
    )  # fmt: skip


def _require(raw: RawTable, matched: Matched, declared: FieldDeclaration, column: Column) -> None:
    """Refuses missing values of a required field and fills in the default of others."""
    for position, value in enumerate(column.values):
        if value is not None or position in column.refused:
            continue
        if declared.default is not None:
            column.values[position] = declared.default
        elif declared.required:
            column.refused[position] = _missing(raw, matched, declared, position)


def _missing(raw: RawTable, matched: Matched, declared: FieldDeclaration, position: int) -> ValueRefusedError:
    for index in matched.similar.get(declared.name, ()):
        cell = raw.cells[index][position]
        if cell is not None:
            return ValueRefusedError("import.missing-value-similar", similar=raw.headers[index], found=show(cell))
    return ValueRefusedError("import.missing-value")


def _collect(checked: Checked, raw: RawTable, matched: Matched, declared: FieldDeclaration, column: Column) -> None:
    index = matched.fields[declared.name]
    label = label_of(declared, raw.headers[index])
    checked.columns[declared.name] = column.values
    for position, reason in sorted(column.refused.items()):
        checked.faults.append(Fault(position, label, show(raw.cells[index][position]), reason))


def _note(checked: Checked, raw: RawTable, matched: Matched, declared: FieldDeclaration, column: Column) -> None:
    index = matched.fields[declared.name]
    for code, positions in column.noted.items():
        first = positions[0]
        values = {
            "field": label_of(declared, raw.headers[index]),
            "count": len(positions),
            "first": int(raw.rows[first]),
            "example": show(raw.cells[index][first]),
            "value": show(column.values[first]),
        }
        checked.notices.append(Notice(None, code, values))


def check_order(checked: Checked, layer: LayerDeclaration) -> None:
    """Refuses rows in which one field exceeds another that bounds it: ``import.not-in-order``."""
    columns = checked.columns
    for lesser, greater, strict in ORDERED:
        if lesser not in columns or greater not in columns:
            continue
        label, bound = label_of(layer.field(lesser)), label_of(layer.field(greater))
        for position, (one, other) in enumerate(zip(columns[lesser], columns[greater], strict=True)):
            if one is not None and other is not None and (one > other or (strict and one == other)):
                reason = ValueRefusedError("import.not-in-order", bound=bound, limit=str(other))
                checked.faults.append(Fault(position, label, str(one), reason))
