"""The declarations of layers/standards/uncertainty.toml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from geoservice.catalog import Catalog, Declaration, Identifier, Text, read_declaration
from geoservice.errors import BadDeclaration
from geoservice.resources import resource


class DrawSettings(Declaration):
    """What is drawn; the file's head says how."""

    count: int = Field(ge=1)
    most: int = Field(ge=1, le=10_000)
    seed: int = Field(ge=0, lt=2**63)
    speed_share: float = Field(ge=0, lt=1)
    off_network_share: float = Field(ge=0, lt=1)
    open_share: float = Field(ge=0, le=1)
    likely_share: float = Field(gt=0, le=1)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _count_is_allowed(self) -> Self:
        if self.count > self.most:
            raise ValueError("count is more than most")
        return self


class MethodSettings(Declaration):
    """From which share of its township's built-up land on a community counts as covered by area."""

    areal_share: float = Field(gt=0, le=1)
    source: str = Field(min_length=1)


class WalkerSpeed(Declaration):
    """One speed on foot."""

    id: Identifier
    title: Text
    speed_ms: float = Field(gt=0, le=10)
    source: str = Field(min_length=1)


class Walkers(Declaration):
    """Speeds on the roads of a mode."""

    mode: Identifier
    speeds: tuple[WalkerSpeed, ...] = Field(min_length=1)


class UncertaintySettings(Declaration):
    """The whole file."""

    draws: DrawSettings
    methods: MethodSettings
    walkers: Walkers


def load_uncertainty(catalog: Catalog, path: Path | None = None) -> UncertaintySettings:
    """Reads and checks the settings.

    Raises
    ------
    BadDeclaration
        With file, key and reason.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> [one.speed_ms for one in load_uncertainty(load_catalog()).walkers.speeds]
    [1.2, 0.9, 0.6]
    """
    file = path or resource("layers", "standards", "uncertainty.toml")
    found = _read(file)
    if found.walkers.mode not in catalog.modes:
        raise BadDeclaration(
            "catalog.unknown-reference", file=file, key="walkers.mode", value=found.walkers.mode, what="mode"
        )
    seen = set(catalog.modes)
    for one in found.walkers.speeds:
        if one.id in seen:
            raise BadDeclaration("catalog.invalid", file=file, key="walkers.speeds", reason=f"{one.id!r} stands twice")
        seen.add(one.id)
    return found


@cache
def _read(file: Path) -> UncertaintySettings:
    return read_declaration(file, UncertaintySettings)
