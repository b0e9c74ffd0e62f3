"""Rows of a plan as the database keeps them: read, and then marked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import shapely
from geoalchemy2 import WKBElement
from geoalchemy2.shape import from_shape

from geoservice.database.models import SRID
from geoservice.ingest.records import Notice, Refusal
from geoservice.ingest.uploads.store import storable
from geoservice.names.cases.checking import kept
from geoservice.names.clashes.searching import Proposed
from geoservice.names.plans.reading import Line, Plan, fault_in_words, proposed_of
from geoservice.names.plans.telling import inside

Row = Mapping[str, Any]


def rows_of(plan: Plan) -> list[dict[str, Any]]:
    """The rows of a plan that was read, as columns of the table."""
    at = {number: position for position, number in enumerate(plan.raw.rows.tolist())}
    return [_row(plan, line, at.get(line.row)) for line in plan.lines]


def _row(plan: Plan, line: Line, at: int | None) -> dict[str, Any]:
    proposed = plan.proposed.get(line.row)
    told = {
        "name": line.name,
        "reading": None if proposed is None else proposed.reading,
        "cells": [] if at is None else [_cell(column[at]) for column in plan.raw.cells],
        "notes": [asdict(one) for one in line.notes],
        "faults": [asdict(one) for one in line.faults],
    }
    return {
        "row": line.row,
        "geom": None if line.shape is None else from_shape(shapely.force_2d(line.shape), srid=SRID),
        "width_m": line.width_m,
        "length_m": line.length_m,
        **storable(told),
    }


def _cell(value: object) -> Any:
    """A cell as JSON; days as text."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if isinstance(value, date) else str(value)


def line_of(row: Row, kind: str, unit_id: int | None) -> tuple[Line, Proposed | None]:
    """A kept row as it is checked; without a name there is nothing to ask."""
    shape = None if row["geom"] is None else shape_of(row["geom"])
    line = Line(row["row"], row["name"], shape, row["width_m"], row["length_m"], notes=notes_of(row))
    if not line.name:
        line.faults = faults_of(row)
        return line, None
    return line, proposed_of(line, kind, row["reading"], unit_id)


def shape_of(geom: WKBElement) -> shapely.Geometry:
    """A geometry of the database, EPSG:4490, longitude first."""
    return shapely.from_wkb(bytes(geom.data))


def marked(line: Line) -> dict[str, Any]:
    """What a check says of a row, as columns of the table."""
    told = {
        "faults": [asdict(one) for one in line.faults],
        "checked": None if line.outcome is None else kept(line.outcome),
        "inside": inside(line),
    }
    return {
        "row": line.row,
        "mark": line.mark.value,
        "spelling": line.spelling,
        "unconfirmed": list(line.unconfirmed),
        "inside_cut": line.inside_cut,
        **storable(told),
    }


def notes_of(row: Row) -> list[Notice]:
    """What the reader noticed."""
    return [Notice(**one) for one in row["notes"]]


def faults_of(row: Row) -> list[Refusal]:
    """Why a row is not to be read."""
    return [Refusal(**one) for one in row["faults"]]


def item_of(row: Row, language: str) -> dict[str, Any]:
    """A kept row as `telling.item` tells one, in a language; `verdict` is None until it was checked."""
    same = ("row", "name", "spelling", "unconfirmed", "width_m", "length_m", "inside", "inside_cut")
    return {
        **{name: row[name] for name in same},
        "verdict": row["mark"],
        "fault": fault_in_words(faults_of(row)),
        "notes": [one.message for one in notes_of(row)],
        "check": None if row["checked"] is None else row["checked"][language],
    }


def notices_of(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """Notices of the file, in the current language."""
    return [Notice(**one).message for one in told]
