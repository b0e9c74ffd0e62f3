"""What a check is, and the thresholds of layers/standards/quality.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from sqlalchemy import Connection

from geoservice.catalog import Catalog, Declaration, Identifier, read_declaration
from geoservice.errors import BadDeclaration
from geoservice.resources import resource

Severity = Literal["error", "warning", "hint"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "hint")
Prepare = Callable[[Connection, Mapping[str, object]], Mapping[str, object]]


class Threshold(Declaration):
    """A figure and why it is this one; its unit stands in its name."""

    value: float = Field(gt=0, allow_inf_nan=False)
    reason: str = Field(min_length=1)


class OffRoad(Declaration):
    """The mode whose longest leg off the roads counts."""

    mode: Identifier
    reason: str = Field(min_length=1)


class Beds(Declaration):
    """Facility types whose beds are counted."""

    types: tuple[Identifier, ...] = Field(min_length=1)
    reason: str = Field(min_length=1)


class Thresholds(Declaration):
    """The whole file."""

    source: str = Field(min_length=1)
    off_road: OffRoad
    near_m: Threshold
    sliver_m2: Threshold
    sliver_m: Threshold
    gap_m2: Threshold
    large_unit_km2: Threshold
    spike_degrees: Threshold
    short_m: Threshold
    jump_m: Threshold
    loose_end_m: Threshold
    island_roads: Threshold
    aged_share: Threshold
    beds: Beds

    @property
    def figures(self) -> dict[str, float]:
        """Every figure by its name."""
        found = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: one.value for name, one in found.items() if isinstance(one, Threshold)}


@dataclass(frozen=True)
class Check:
    """One thing that may be wrong with the records of a layer.

    Attributes
    ----------
    kind
        Its texts are ``quality.<kind>``, ``quality.<kind>.help`` and ``quality.<kind>.found``.
    layer
        Whose records are to be mended.
    mend
        ``geometry``, or the field to look at.
    sql
        One row a finding, with the columns of `geoservice.editing.quality.checks.sql.finding`.
    limit
        The threshold that its texts name; none by default.
    whole
        Whether only who sees every record can tell: to others a neighbour or a parent would seem to be missing.
    prepare
        Works out further parameters of `sql` from the others.
    """

    kind: str
    layer: str
    severity: Severity
    mend: str
    sql: str
    limit: str | None = None
    whole: bool = False
    prepare: Prepare | None = None

    @property
    def id(self) -> str:
        """For example ``units.overlap``."""
        return f"{self.layer}.{self.kind}"


def load_thresholds(catalog: Catalog, path: Path | None = None) -> Thresholds:
    """Reads and checks the thresholds.

    Raises
    ------
    BadDeclaration
        With file, key and reason.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> load_thresholds(load_catalog()).near_m.value
    100.0
    """
    file = path or resource("layers", "standards", "quality.toml")
    found = _read(file)
    if found.off_road.mode not in catalog.modes:
        raise BadDeclaration(
            "catalog.unknown-reference", file=file, key="off_road.mode", value=found.off_road.mode, what="mode"
        )
    known = {entry.code for entry in catalog.codes["facility_types"].entries}
    for type_ in found.beds.types:
        if type_ not in known:
            raise BadDeclaration(
                "catalog.unknown-reference", file=file, key="beds.types", value=type_, what="facility type"
            )
    return found


@cache
def _read(file: Path) -> Thresholds:
    return read_declaration(file, Thresholds)
