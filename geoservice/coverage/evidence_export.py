"""Evidence as files: one feature, a collection of all, or a sheet whose parts add up to the times."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from geoservice.access.release import Release
from geoservice.coverage.evidence_parts import Evidence
from geoservice.language import translate

COLUMNS = (
    "community_id",
    "community",
    "class",
    "service",
    "type",
    "mode",
    "facility_id",
    "facility",
    "access_ds",
    "network_ds",
    "egress_ds",
    "time_ds",
    "limit_ds",
    "margin_ds",
    "covered",
    "reason",
    "access_m",
    "network_m",
    "egress_m",
    "length_m",
    "parts",
)


def collection(found: Sequence[Evidence], release: Release) -> dict[str, Any]:
    """All ways as a GeoJSON FeatureCollection; the parts of each add up to its ``time_ds``."""
    return {
        "type": "FeatureCollection",
        "schematic": release.schematic,
        "notice": translate("notice.schematic") if release.schematic else None,
        "release": release.as_dict(),
        "features": [one.as_feature() for one in found],
    }


def feature(one: Evidence, release: Release) -> dict[str, Any]:
    """One way as a GeoJSON Feature."""
    return one.as_feature() | {"release": release.as_dict()}


def sheet(found: Sequence[Evidence], release: Release) -> str:
    """All ways as CSV, a line a community: access, network and egress add up to ``time_ds``, times in deciseconds.

    The last columns, the same in each line, are those of the release: a sheet has no other place for them.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    told = replace(release, drawn=False).as_dict()
    writer.writerow([*COLUMNS, *told])
    for one in found:
        row = _row(one)
        writer.writerow([*(_plain(row[name]) for name in COLUMNS), *map(_plain, told.values())])
    return file.getvalue()


def dumped(value: dict[str, Any]) -> str:
    """As JSON text."""
    return json.dumps(value, ensure_ascii=False)


def _row(one: Evidence) -> dict[str, Any]:
    told, path = one.as_dict(), one.path
    row = {name: told.get(name) for name in COLUMNS}
    row |= {"community_id": one.community.id, "community": one.community.name, "class": one.class_}
    if one.facility is not None:
        row |= {"facility_id": one.facility.id, "facility": one.facility.name}
    if path is not None:
        row |= {
            "access_ds": path.access.time_ds,
            "network_ds": sum(step.time_ds for step in path.steps),
            "egress_ds": path.egress.time_ds,
            "access_m": path.access.length_m,
            "network_m": round(sum(step.length_m for step in path.steps), 3),
            "egress_m": path.egress.length_m,
            "parts": len(path.steps),
        }
    return row


def _plain(value: Any) -> Any:
    """A cell; text that a sheet would take for a formula is kept text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t") else value
