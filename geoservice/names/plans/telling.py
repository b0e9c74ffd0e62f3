"""Plans as plain data, for JSON and for people."""

from __future__ import annotations

from typing import Any

from geoservice.names import telling
from geoservice.names.plans.reading import Line, Plan


def plan_as_dict(plan: Plan) -> dict[str, Any]:
    """Rows with what they are marked with, fit for JSON."""
    return {
        "rows": len(plan.lines),
        "counts": plan.counts,
        "crs": plan.crs,
        "notices": [notice.message for notice in plan.notices],
        "items": [item(line) for line in plan.lines],
    }


def item(line: Line) -> dict[str, Any]:
    """A row with its check."""
    return {**head(line), "check": None if line.outcome is None else telling.checked(line.outcome)}


def head(line: Line) -> dict[str, Any]:
    """A row without its check."""
    return {
        "row": line.row,
        "name": line.name,
        "verdict": line.mark.value,
        "fault": line.fault,
        "spelling": line.spelling,
        "unconfirmed": list(line.unconfirmed),
        "width_m": line.width_m,
        "length_m": line.length_m,
        "notes": [notice.message for notice in line.notes],
        "inside": inside(line),
        "inside_cut": line.inside_cut,
    }


def inside(line: Line) -> list[dict[str, Any]]:
    """Rows of the plan that a row clashes with."""
    return [
        {"row": one.row, "name": one.name, "tier": one.match.tier.name.lower(), "whole": one.match.whole}
        for one in line.inside
    ]
