"""What a reader hands to the loader: validated records, and what was refused or noticed on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geoservice.language import catalogue, current_language, translate

SOURCE_ROW = "source_row"
GEOM = "geom"
CLASSIFICATION = "classification"
INTERNAL = "internal"


@dataclass(frozen=True)
class Refusal:
    """One row of the source that may not be loaded.

    Attributes
    ----------
    row
        Row of a table as a spreadsheet counts it (the header included), or number of a feature, from 1; None where
        the whole file is meant.
    field
        Title of the field in the source or in the declaration; None where the row or its geometry is meant.
    value
        The value as text, shortened; None where nothing was given.
    reason_code
        Code of the text, as in `geoservice.errors`: ``error.<code>`` and ``remedy.<code>``.
    reason_values
        What that text names.
    """

    row: int | None
    field: str | None
    value: str | None
    reason_code: str
    reason_values: Mapping[str, object] = attribute(default_factory=dict)

    @property
    def reason(self) -> str:
        """The reason in the current language."""
        return translate(f"error.{self.reason_code}", current_language.get(), **self._values())

    @property
    def message(self) -> str:
        """File, row, field, value and reason in one line."""
        values = self._values()
        parts = [str(values["file"])] if "file" in values else []
        if self.row is not None:
            unit = "feature" if values.get("unit") == "feature" else "row"
            parts.append(translate(f"import.place.{unit}", current_language.get(), **values))
        given = [name for name in ("field", "value") if values[name] is not None]
        parts += [translate(f"import.place.{name}", current_language.get(), **values) for name in given]
        return " · ".join([*parts, self.reason])

    @property
    def remedy(self) -> str | None:
        """What to do about it, in the current language, where a remedy is known."""
        key = f"remedy.{self.reason_code}"
        if key not in catalogue(current_language.get()):
            return None
        return translate(key, current_language.get(), **self._values())

    def as_dict(self) -> dict[str, object]:
        """All of it, fit for JSON; `message` is what a person reads."""
        return {
            "message": self.message,
            "row": self.row,
            "field": self.field,
            "value": self.value,
            "code": self.reason_code,
            "reason": self.reason,
            "remedy": self.remedy,
        }

    def _values(self) -> dict[str, object]:
        return {"row": self.row, "field": self.field, "value": self.value, **self.reason_values}


@dataclass(frozen=True)
class Notice:
    """Something that was changed or assumed, and that a person should know; nothing was refused for it.

    Attributes
    ----------
    row
        As in `Refusal`; None where the whole file is meant.
    code
        Code of the text: ``notice.<code>``.
    values
        What that text names.
    """

    row: int | None
    code: str
    values: Mapping[str, object] = attribute(default_factory=dict)

    @property
    def message(self) -> str:
        """The text in the current language."""
        values = {"row": self.row, **self.values}
        return translate(f"notice.{self.code}", current_language.get(), **values)

    def as_dict(self) -> dict[str, object]:
        """Row, code and text, fit for JSON."""
        return {"row": self.row, "code": self.code, "text": self.message}


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn restriction as its source gives it; ways by the keys of their roads, without what cut them.

    Attributes
    ----------
    key
        For example ``osm:relation/1``.
    kind
        no_left_turn, only_straight_on ...
    via_nodes
        Node ids.
    modes
        Access modes that must obey it.
    condition
        When it holds; None for always.
    """

    key: str
    kind: str
    from_ways: tuple[str, ...]
    via_nodes: tuple[int, ...]
    via_ways: tuple[str, ...]
    to_ways: tuple[str, ...]
    modes: tuple[str, ...]
    condition: str | None = None


@dataclass
class RecordSet:
    """The records of one source for one layer.

    Attributes
    ----------
    layer
        Id of the layer.
    records
        One row a record that may be loaded: the declared fields, `geom` (shapely, EPSG:4490, longitude first, or
        None) and `source_row`; `classification` is ``internal`` for a row that its source marks so. Missing values are
        None.
    refusals, notices
        What was refused and what should be known.
    rows_read
        Rows or features of the source, blank rows not counted.
    source_crs
        The reference system that the coordinates were read in, for example ``EPSG:4547`` or ``GCJ02``; None without
        geometry.
    source
        Name of the file.
    report
        What else the reader found, fit for JSON: format, what a row is (unit: row or feature), encoding, columns, why that reference system, scores of a
        shift.
    rejected
        The refused rows as they stand in the source, with `source_row`, geometry as WKT and the reasons: what a
        person corrects and imports again.
    turns
        Turn restrictions that come with roads; None where the source knows of none, so that those of before stay.
    schematic
        Whether the source says of its records that they are schematic: 示意数据, 非测绘成果.
    """

    layer: str
    records: gpd.GeoDataFrame
    refusals: list[Refusal] = attribute(default_factory=list)
    notices: list[Notice] = attribute(default_factory=list)
    rows_read: int = 0
    source_crs: str | None = None
    source: str = ""
    report: dict[str, Any] = attribute(default_factory=dict)
    rejected: pd.DataFrame = attribute(default_factory=pd.DataFrame)
    turns: Sequence[Turn] | None = None
    schematic: bool = False

    def refusal(self, row: int, field: str | None, value: object, code: str, **values: object) -> Refusal:
        """A refusal of one row that names the file and what its rows are."""
        named = {"file": self.source, "unit": self.report.get("unit", "row"), **values}
        return Refusal(row, field, None if value is None else str(value)[:80], code, named)

    def reject(self, refusals: Sequence[Refusal]) -> None:
        """Moves records that turn out to be wrong later to the refused ones."""
        if not refusals:
            return
        reasons: dict[int, str] = {}
        for refusal in refusals:
            reasons[refusal.row or 0] = f"{reasons.get(refusal.row or 0, '')} {refusal.message}".strip()
        self.refusals.extend(refusals)
        rows = self.records[SOURCE_ROW].isin(list(reasons)).to_numpy(dtype=bool)
        wrong = pd.DataFrame(self.records[rows]).dropna(axis="columns", how="all")
        if GEOM in wrong:
            wrong = wrong.assign(wkt=shapely.to_wkt(wrong.pop(GEOM).to_numpy(), rounding_precision=9))
        wrong["reason"] = [reasons[int(row)] for row in wrong[SOURCE_ROW]]
        self.rejected = pd.concat([self.rejected, wrong], ignore_index=True)
        self.records = self.records[~rows].reset_index(drop=True)

    @property
    def refused(self) -> int:
        """Number of rows that were refused, whatever the number of reasons."""
        return len({refusal.row for refusal in self.refusals})
