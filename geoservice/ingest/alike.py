"""What makes place names sound or look alike, and the keys by which such names are found.

Two names that may be taken for each other in any way share a key: how closely is decided from the names themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import Field

from geoservice.catalog import Declaration, Text, read_declaration
from geoservice.ingest.name_keys import all_readings, folded
from geoservice.ingest.terms import split_terms
from geoservice.resources import resource

SYLLABLE = re.compile(r"([a-z]+?)([1-5])?")
INITIAL = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)(.*)")


class NearSound(Declaration):
    """Initials or finals that are taken for each other."""

    id: str
    title: Text
    initials: dict[str, str] = Field(default_factory=dict)
    finals: dict[str, str] = Field(default_factory=dict)
    setting: bool = True


class NearForms(Declaration):
    """Characters that are taken for each other; each group counts as one."""

    groups: tuple[str, ...]
    setting: bool = True


class Scope(Declaration):
    """Where a name may not repeat."""

    id: str
    title: Text
    kinds: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    scope: str = Field(pattern="^(nation|province|county|built_up)$")
    article: str
    setting: bool = False


class RegisteredTwice(Declaration):
    """When an organisation's record and a unit's are of one village.

    Attributes
    ----------
    near_m
        They lie no further apart.
    endings
        What a name ends in behind the specific term, as regular expressions, the longest first.
    """

    near_m: float = Field(gt=0)
    endings: tuple[str, ...]
    reason: str
    setting: bool = True


class Spellings(Declaration):
    """When two spellings are of one place: names that differ by variants or look-alikes, and lie no further apart."""

    near_m: float = Field(gt=0)
    reason: str
    setting: bool = True


class Alike(Declaration):
    """File layers/standards/names.toml."""

    near_sounds: tuple[NearSound, ...]
    near_forms: NearForms
    scopes: tuple[Scope, ...]
    registered_twice: RegisteredTwice
    spellings: Spellings


@cache
def alike() -> Alike:
    """What the file says.

    Raises
    ------
    BadDeclaration
        If it is wrong.
    """
    return read_declaration(resource("layers", "standards", "names.toml"), Alike)


def near_sound(syllable: str, ids: frozenset[str] | None = None) -> str:
    """A syllable without its tone in which sounds that are not told apart are one.

    Parameters
    ----------
    syllable
        Numbered or bare: ``zhang1``.
    ids
        Of the near sounds that count; all by default.

    Examples
    --------
    >>> near_sound("zhang1"), near_sound("nan2"), near_sound("zhang1", frozenset()), near_sound("lv4")
    ('zan', 'lan', 'zhang', 'lv')
    """
    bare = syllable.rstrip("12345")
    initials, finals = _folds(ids)
    match = INITIAL.fullmatch(bare)
    if match is None:
        return bare
    initial, final = match.groups()
    for ending, plain in finals.items():
        if final.endswith(ending):
            final = final[: -len(ending)] + plain
            break
    return initials.get(initial, initial) + final


@cache
def _folds(ids: frozenset[str] | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    initials: dict[str, str] = {}
    finals: dict[str, str] = {}
    for one in alike().near_sounds:
        if ids is None or one.id in ids:
            initials |= one.initials
            finals |= one.finals
    return initials, finals


def same_form(name: str) -> str:
    """A name in which characters that look alike are one.

    Examples
    --------
    >>> same_form("候口") == same_form("侯口"), same_form("李家塆") == same_form("李家湾")
    (True, True)
    """
    return folded(name).translate(_forms())


@cache
def _forms() -> dict[int, str]:
    found: dict[int, str] = {}
    for group in alike().near_forms.groups:
        # A character of two groups joins them.
        first = next((found[ord(one)] for one in group if ord(one) in found), group[0])
        joined = {found[ord(one)] for one in group if ord(one) in found} - {first}
        for code, to in found.items():
            found[code] = first if to in joined else to
        found |= {ord(one): first for one in group}
    return found


def alike_keys(name: str, class_code: str | None, reading: str | None = None) -> tuple[str, ...]:
    """Keys of a name: by the sound of its specific term in each reading, by its form; and the same of the whole name.

    Parameters
    ----------
    reading
        The stated one, where there is one: then it is the only one.

    Examples
    --------
    >>> sorted(set(alike_keys("汪场镇", "21")) & set(alike_keys("王场镇", "21")))
    ['S:wancanzen', 's:wancan']
    """
    return tuple(sorted(set(_keys(name, class_code, reading))))


def _keys(name: str, class_code: str | None, reading: str | None) -> Iterator[str]:
    specific = split_terms(folded(name), class_code).specific
    for syllables in all_readings(folded(name), reading):
        near = [near_sound(one) for one in syllables]
        yield "S:" + "".join(near)
        yield "s:" + "".join(near[: _spoken(specific, near)])
    yield "F:" + same_form(name)
    yield "f:" + same_form(specific)


def _spoken(specific: str, syllables: list[str]) -> int:
    """How many syllables the specific term has: one a character where the whole name is Han."""
    return min(len(specific), len(syllables))
