"""The texts and rules of layers/standards/siting_rules.toml."""

from __future__ import annotations

from collections import Counter
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from geoservice.catalog import Declaration, Identifier, Text, read_declaration
from geoservice.resources import resource


class Kind(StrEnum):
    """What of a place a rule refuses.

    ``inside``: within an area or on its edge. ``within``: nearer than `distance_m`. ``beyond``: farther than
    `distance_m`. ``larger``: a plot of more than `area_m2`.
    """

    INSIDE = "inside"
    WITHIN = "within"
    BEYOND = "beyond"
    LARGER = "larger"


class Selection(Declaration):
    """Objects of a layer: those of some classes, or `but` those; facilities by their type."""

    layer: Identifier
    classes: tuple[str, ...] = ()
    but: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.classes and self.but:
            raise ValueError("classes and but exclude each other")
        return self


class Examples(Declaration):
    """Places in metres east and north of which an object is given as WKT; square metres for ``larger``."""

    object: str | None = None
    passing: tuple[tuple[float, ...], ...] = Field(alias="pass", min_length=1)
    fail: tuple[tuple[float, ...], ...] = Field(min_length=1)


class LegalText(Declaration):
    """A text that rules come from; one that has not been read has none."""

    id: Identifier
    title: Text
    source: str = Field(min_length=1)
    types: tuple[Identifier, ...] = Field(min_length=1)
    valid_from: date | None = None
    valid_to: date | None = None
    superseded_by: Identifier | None = None
    read: bool = True
    setting: bool = False

    def in_force(self, on: date) -> bool:
        """Whether it holds on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or self.valid_to > on)


class Rule(Declaration):
    """One rule; `says` is the wording, `setting` that its distance is a choice of this program."""

    id: Identifier
    text: Identifier
    article: str = Field(min_length=1)
    says: str = Field(min_length=1)
    title: Text
    force: Literal["hard", "soft"]
    types: tuple[Identifier, ...] = Field(min_length=1)
    kind: Kind
    distance_m: float | None = Field(None, gt=0, le=20_000)
    area_m2: float | None = Field(None, gt=0)
    setting: bool = False
    note: str | None = None
    looks_at: tuple[Selection, ...] = ()
    examples: Examples

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        far = self.kind in (Kind.WITHIN, Kind.BEYOND)
        if far != (self.distance_m is not None):
            raise ValueError("distance_m belongs to within and beyond")
        if (self.kind is Kind.LARGER) != (self.area_m2 is not None):
            raise ValueError("area_m2 belongs to larger")
        if (self.kind is Kind.LARGER) == bool(self.looks_at):
            raise ValueError("looks_at belongs to all kinds but larger")
        if (self.kind is Kind.LARGER) == bool(self.examples.object):
            raise ValueError("examples need an object, but for larger")
        if far and not self.setting:
            raise ValueError("no text that was read gives a distance: it is a setting")
        return self

    @property
    def hard(self) -> bool:
        return self.force == "hard"


class OtherType(Declaration):
    """A type that is no civil-affairs facility."""

    id: Identifier
    title: Text


class SitingRules(Declaration):
    """The whole file."""

    others: tuple[OtherType, ...] = ()
    texts: tuple[LegalText, ...]
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for what in (self.texts, self.rules):
            twice = [name for name, times in Counter(one.id for one in what).items() if times > 1]
            if twice:
                raise ValueError(f"{twice[0]!r} stands twice")
        texts = {one.id: one for one in self.texts}
        for rule in self.rules:
            text = texts.get(rule.text)
            if text is None or not text.read or not set(rule.types) <= set(text.types):
                raise ValueError(f"{rule.id}: no such text, or it was not read, or it is not for that type")
        for text in self.texts:
            if text.superseded_by is not None and (text.superseded_by not in texts or text.valid_to is None):
                raise ValueError(f"{text.id}: superseded by an unknown text, or from no day")
        return self

    @property
    def types(self) -> tuple[str, ...]:
        """Types of facilities that any text is for."""
        return tuple(sorted({type_ for text in self.texts for type_ in text.types}))

    @property
    def ruled(self) -> tuple[str, ...]:
        """Types of facilities that any rule is for, whatever the day."""
        return tuple(sorted({type_ for rule in self.rules for type_ in rule.types}))

    def text_of(self, rule: Rule) -> LegalText:
        """The text that a rule comes from."""
        return next(text for text in self.texts if text.id == rule.text)


@cache
def siting_rules() -> SitingRules:
    """What the file says.

    Raises
    ------
    BadDeclaration
        If it is wrong.

    Examples
    --------
    >>> rule = next(one for one in siting_rules().rules if one.id == "tianmen_2019_water")
    >>> rule.title.zh, rule.distance_m, rule.setting
    ('水库、湖泊、河流、引水渠、堤坝附近', 300.0, True)
    >>> siting_rules().text_of(rule).title.zh
    '天门市2019年农村公益性公墓规定'
    """
    return read_declaration(resource("layers", "standards", "siting_rules.toml"), SitingRules)


def rule_told(rule: Rule, on: date) -> dict[str, Any]:
    """A rule with its text as plain values, and whether it holds on a day."""
    text = siting_rules().text_of(rule)
    return {
        "id": rule.id,
        "title": rule.title.model_dump(),
        "text": text_told(text, on),
        "article": rule.article,
        "says": rule.says,
        "force": rule.force,
        "types": list(rule.types),
        "kind": rule.kind.value,
        "distance_m": rule.distance_m,
        "area_m2": rule.area_m2,
        "setting": rule.setting or text.setting,
        "note": rule.note,
        "in_force": text.in_force(on),
        "looks_at": [one.model_dump() for one in rule.looks_at],
        "examples": {
            "object": rule.examples.object,
            "pass": [list(one) for one in rule.examples.passing],
            "fail": [list(one) for one in rule.examples.fail],
        },
    }


def text_told(text: LegalText, on: date) -> dict[str, Any]:
    """A text as plain values, and where it stands on a day."""
    return {
        "id": text.id,
        "title": text.title.model_dump(),
        "source": text.source,
        "valid_from": None if text.valid_from is None else text.valid_from.isoformat(),
        "valid_to": None if text.valid_to is None else text.valid_to.isoformat(),
        "superseded_by": text.superseded_by,
        "read": text.read,
        "setting": text.setting,
        "state": state_of(text, on),
    }


def state_of(text: LegalText, on: date) -> str:
    """``in_force``, ``unread`` (in force, its wording not known here), ``superseded``, ``ended`` or ``not_yet``."""
    if text.in_force(on):
        return "in_force" if text.read else "unread"
    if text.valid_from is not None and on < text.valid_from:
        return "not_yet"
    return "superseded" if text.superseded_by else "ended"
