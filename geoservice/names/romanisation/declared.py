"""What the spelling goes by: layers/names/spelling.toml and the generic terms of layers/codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from geoservice.catalog import CodeList, Declaration, read_declaration
from geoservice.errors import BadRequest
from geoservice.resources import resource

SpellingClass = Literal[
    "province", "county", "township", "village", "street", "estate", "water", "mountain", "facility"
]
CLASSES: tuple[SpellingClass, ...] = get_args(SpellingClass)
UNITS: tuple[SpellingClass, ...] = ("province", "county", "township")
_CODES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "township": ("21",),
        "village": (),
        "street": ("23",),
        "estate": ("22100",),
        "water": ("12",),
        "mountain": ("13",),
        "facility": ("24", "25", "26", "27"),
    }
)


class Divided(Declaration):
    """A text whose segments are stated."""

    parts: tuple[str, ...] = Field(min_length=1)


class Body(Divided):
    """The ending of the name of a villagers' or residents' body."""

    text: str

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if "".join(self.parts) != self.text:
            raise ValueError(f"{self.text}: the parts do not add up to it")
        return self


class Division(Divided):
    """A name whose segments are stated, and the rule that states them."""

    name: str
    rule: int = Field(ge=1, le=14)

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if "".join(self.parts) != self.name:
            raise ValueError(f"{self.name}: the parts do not add up to it")
        return self


class SpellingFile(Declaration):
    """layers/names/spelling.toml."""

    source: str
    modifiers: str
    whole: tuple[str, ...]
    landmarks: str
    persons: tuple[str, ...]
    not_erhua: tuple[str, ...]
    peoples: tuple[str, ...]
    institution_words: tuple[str, ...]
    generics: dict[str, tuple[str, ...]]
    bodies: tuple[Body, ...]
    divisions: tuple[Division, ...]


def spelling_class(value: str) -> SpellingClass:
    """A class by its name.

    Raises
    ------
    BadRequest
        ``names.unknown-kind``.

    Examples
    --------
    >>> spelling_class("village")
    'village'
    """
    for known in CLASSES:
        if value == known:
            return known
    raise BadRequest("names.unknown-kind", value=value[:60], known="、".join(CLASSES))


@cache
def spelling_file() -> SpellingFile:
    """The lists, read once."""
    return read_declaration(resource("layers", "names", "spelling.toml"), SpellingFile)


@cache
def generics(class_: SpellingClass) -> Sequence[str]:
    """The generic terms that a name of this class may end in, the longest first.

    Examples
    --------
    >>> "镇" in generics("township"), "口" in generics("township"), generics("village")
    (True, False, ())
    """
    kind = "township" if class_ in UNITS else class_
    known = set(spelling_file().generics.get(kind, ()))
    for entry in _generic_terms().entries:
        classes = entry.attributes.get("classes", [])
        if isinstance(classes, list) and set(classes) & set(_CODES[kind]):
            known.update((entry.title.zh, *entry.aliases))
    return tuple(sorted(known, key=lambda term: (-len(term), term)))


@cache
def all_generics() -> Sequence[str]:
    """The generic terms of every class, the longest first: 口 and 河 among them, which a town's name may hold."""
    known = {term for terms in spelling_file().generics.values() for term in terms}
    known |= {term for entry in _generic_terms().entries for term in (entry.title.zh, *entry.aliases)}
    return tuple(sorted(known, key=lambda term: (-len(term), term)))


def _generic_terms() -> CodeList:
    return read_declaration(resource("layers", "codes", "generic_terms.toml"), CodeList)
