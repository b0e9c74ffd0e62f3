"""How a plan shall be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from geoservice.catalog import Catalog
from geoservice.ingest.readers.raw import RawTable
from geoservice.names.plans.reading import Plan, open_plan, plan_of, within_limits
from geoservice.settings import ImportSettings


@dataclass(frozen=True)
class PlanWishes:
    """What somebody has chosen; what is None is guessed. All as in `reading.read_plan`."""

    kind: str
    crs: str | None = None
    part: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    within_m: float | None = None
    unit_id: int | None = None

    def open(self, path: Path, catalog: Catalog, limits: ImportSettings) -> RawTable:
        """The table as it stands in a file, as `reading.open_plan` opens it."""
        limits = within_limits(limits, self.within_m)
        return open_plan(path, catalog, limits=limits, mapping=self.mapping, part=self.part, encoding=self.encoding)

    def read(self, raw: RawTable, catalog: Catalog, limits: ImportSettings, *, file: str) -> Plan:
        """The plan in that table, as `reading.plan_of` reads it."""
        return plan_of(
            raw,
            catalog,
            self.kind,
            file=file,
            limits=limits,
            crs=self.crs,
            mapping=self.mapping,
            unit_id=self.unit_id,
        )

    def as_json(self) -> dict[str, Any]:
        """Without the kind, which has a column of its own."""
        return {name: value for name, value in asdict(self).items() if name != "kind"}
