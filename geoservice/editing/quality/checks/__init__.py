"""All checks: a file a subject."""

from __future__ import annotations

from geoservice.editing.quality.checks import positions, roads, shapes, territory, values
from geoservice.editing.quality.declared import SEVERITIES, Check

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (*territory.CHECKS, *positions.CHECKS, *values.CHECKS, *roads.CHECKS, *shapes.CHECKS),
        key=lambda check: SEVERITIES.index(check.severity),
    )
)
