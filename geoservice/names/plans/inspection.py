"""What a file of proposed names holds, looked at with what was chosen; nothing of it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from geoservice.catalog import Catalog
from geoservice.errors import BadInput
from geoservice.ingest.marks import refuse_marked_file
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.uploads.inspection import SECRET, read_over, told
from geoservice.ingest.uploads.parts import parts_of
from geoservice.names.plans.reading import no_names, records_of
from geoservice.names.plans.wishes import PlanWishes
from geoservice.settings import ImportSettings

_CHOICES = ("import.layers-several", "import.zip-several")


def inspect_plan(path: Path, catalog: Catalog, limits: ImportSettings, wishes: PlanWishes) -> dict[str, Any]:
    """What a file holds, fit for JSON.

    Returns
    -------
    dict
        ``parts`` and ``part``, ``format``, ``encoding``, ``crs`` with ``crs_reason``, ``columns``, ``rows``, ``notices``
        and ``problem`` as `uploads.inspection.inspect` tells them.

    Raises
    ------
    BadInput
        One of `uploads.inspection.SECRET`: nothing of such a file is shown.
    """
    refuse_marked_file(path, catalog)
    parts = parts_of(path, limits.import_max_unpacked_mb)
    found: dict[str, Any] = {
        "parts": parts, "part": None, "format": None, "encoding": None, "crs": None, "crs_reason": None, "columns": [],
        "notices": [], "problem": None, "rows": {"total": None, "refused": None, "numbers": [], "first": []},
    }  # fmt: skip
    try:
        raw = _open(path, catalog, limits, wishes, parts)
        found |= {"part": raw.part, "format": raw.format, "encoding": raw.encoding, "crs": raw.crs and raw.crs[:80]}
        found |= read_over(
            raw,
            lambda: records_of(
                raw,
                catalog,
                wishes.kind,
                file=path.name,
                limits=limits,
                crs=wishes.crs,
                mapping=wishes.mapping,
            ),
        )
        if found["problem"] is None and not any(one["field"] == "name" for one in found["columns"]):
            found["problem"] = told(no_names(raw, path.name))
    except BadInput as error:
        if error.code in SECRET:
            raise
        found["problem"] = told(error)
    return {name: value for name, value in found.items() if name not in ("features", "shift")}


def _open(path: Path, catalog: Catalog, limits: ImportSettings, wishes: PlanWishes, parts: list[str]) -> RawTable:
    try:
        return wishes.open(path, catalog, limits)
    except BadInput as error:
        if wishes.part is not None or error.code not in _CHOICES or not parts:
            raise
    return replace(wishes, part=parts[0]).open(path, catalog, limits)
