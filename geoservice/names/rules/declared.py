"""The rules as the file declares them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from geoservice.catalog import Declaration, Text, read_declaration
from geoservice.errors import BadSetting
from geoservice.resources import resource
from geoservice.settings import NamingSettings

Force = Literal["hard", "soft", "hint"]


class Pack(Declaration):
    """Rules of one source, switched on or off together."""

    id: str
    title: Text
    source: str = Field(min_length=1)
    valid_from: date | None = None
    valid_to: date | None = None


class Examples(Declaration):
    """Names that pass and that do not: ``name|kind``."""

    passing: tuple[str, ...] = Field(alias="pass")
    fail: tuple[str, ...]


class Rule(Declaration):
    """One rule; a final one knows no exemption."""

    id: str
    pack: str
    article: str = Field(min_length=1)
    force: Force
    title: Text
    text: Text
    exemption: Text
    examples: Examples
    kinds: tuple[str, ...] = ()
    list: str | None = None
    setting: bool = False
    final: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


class TermSize(Declaration):
    """How wide and how long what a generic term stands for is here; nothing is asked where a number is missing."""

    term: str = Field(min_length=1)
    min_width_m: float | None = Field(None, ge=0)
    max_width_m: float | None = Field(None, ge=0)
    min_length_m: float | None = Field(None, ge=0)
    max_length_m: float | None = Field(None, ge=0)

    def bounds(self, measure: str) -> tuple[float | None, float | None]:
        """Least and most metres of ``width`` or ``length``."""
        return getattr(self, f"min_{measure}_m"), getattr(self, f"max_{measure}_m")


class NamingRules(Declaration):
    """File layers/standards/naming_rules.toml."""

    default_packs: tuple[str, ...]
    packs: tuple[Pack, ...]
    rules: tuple[Rule, ...]
    lists: dict[str, tuple[str, ...]]
    term_sizes: tuple[TermSize, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        packs = {pack.id for pack in self.packs}
        unknown = {rule.pack for rule in self.rules} | set(self.default_packs)
        if unknown - packs:
            raise ValueError(f"no such pack: {', '.join(sorted(unknown - packs))}")
        missing = {rule.list for rule in self.rules if rule.list} - set(self.lists)
        if missing:
            raise ValueError(f"no such list: {', '.join(sorted(missing))}")
        return self


@cache
def naming_rules() -> NamingRules:
    """What the file says.

    Raises
    ------
    BadDeclaration
        If it is wrong.
    """
    return read_declaration(resource("layers", "standards", "naming_rules.toml"), NamingRules)


@cache
def packs_on() -> tuple[str, ...]:
    """Packs that are switched on here: those that the setting names, else the default ones of the declaration.

    Raises
    ------
    BadSetting
        If the setting names a pack that there is not.
    """
    declared = naming_rules()
    wanted = NamingSettings().packs
    if wanted is None:
        return declared.default_packs
    known = [pack.id for pack in declared.packs]
    for one in wanted:
        if one not in known:
            raise BadSetting(
                "setting.invalid", key="GEOSERVICE_NAMING_PACKS", value=one, reason=f"known: {', '.join(known)}"
            )
    return wanted


def rules_for(kind: str, day: date, packs: Iterable[str] | None = None) -> list[Rule]:
    """Rules in force on a day for a kind of name, of the packs that are switched on."""
    declared = naming_rules()
    wanted = set(packs_on() if packs is None else packs)
    in_force = {pack.id for pack in declared.packs if pack.id in wanted and _holds(pack, day)}
    return [
        rule
        for rule in declared.rules
        if rule.pack in in_force and _holds(rule, day) and (not rule.kinds or kind in rule.kinds)
    ]


def _holds(one: Pack | Rule, day: date) -> bool:
    return (one.valid_from is None or one.valid_from <= day) and (one.valid_to is None or one.valid_to > day)
