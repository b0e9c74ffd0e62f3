"""Readings that place names have and dictionaries do not: words, surnames, and characters read in several ways.

Words and surnames are files of layers/names that an officer can read and edit, each entry with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Self

from pydantic import Field, model_validator

from geoservice.catalog import Declaration, read_declaration
from geoservice.resources import resource


class Sourced(Declaration):
    """A reading and where it comes from; without a source it is not confirmed."""

    reading: str = Field(min_length=1)
    confirmed: bool = False
    source: str | None = None
    quote: str | None = None
    unihan: str | None = None
    see: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _confirmed_by_a_source(self) -> Self:
        if self.confirmed and not self.source:
            raise ValueError("what is confirmed names its source")
        return self


class Word(Sourced):
    """The reading of a word wherever it stands in a name: one syllable a character, with tone marks."""

    word: str = Field(min_length=2)
    unit: str | None = None

    @model_validator(mode="after")
    def _one_syllable_a_character(self) -> Self:
        if len(self.reading.split()) != len(self.word):
            raise ValueError(f"{self.word}: one syllable a character")
        return self


class Surname(Sourced):
    """The reading of a character as a surname."""

    character: str = Field(min_length=1, max_length=1)
    confirmed: bool = True
    only_before_family: bool = False

    @model_validator(mode="after")
    def _confirmed_by_a_quote(self) -> Self:
        if self.confirmed and not self.quote:
            raise ValueError(f"{self.character}: what is confirmed quotes its source")
        return self


class Term(Sourced):
    """The reading of a single character as a generic term, or `anywhere` but at the beginning of a name."""

    character: str = Field(min_length=1, max_length=1)
    anywhere: bool = False


class _WordsFile(Declaration):
    words: tuple[Word, ...]
    terms: tuple[Term, ...] = ()


class SurnamesFile(Declaration):
    """Surnames, the terms before which they are meant, and what may stand before them."""

    before: str = Field(min_length=1)
    modifiers: str = Field(min_length=1)
    surnames: tuple[Surname, ...]


@cache
def words() -> Mapping[str, Word]:
    """The words of layers/names/readings.toml.

    Examples
    --------
    >>> words()["干驿"].reading, words()["监利"].confirmed
    ('gān yì', True)
    """
    return MappingProxyType({entry.word: entry for entry in _words_file().words})


@cache
def terms() -> Mapping[str, Term]:
    """The generic terms of one character of layers/names/readings.toml.

    Examples
    --------
    >>> terms()["弄"].reading
    'lòng'
    """
    return MappingProxyType({entry.character: entry for entry in _words_file().terms})


@cache
def _words_file() -> _WordsFile:
    return read_declaration(resource("layers", "names", "readings.toml"), _WordsFile)


@cache
def longest_word() -> int:
    """Characters of the longest word."""
    return max(map(len, words()))


@cache
def surnames_file() -> SurnamesFile:
    """layers/names/surnames.toml."""
    return read_declaration(resource("layers", "names", "surnames.toml"), SurnamesFile)


@cache
def surnames() -> Mapping[str, Surname]:
    """The surnames by their character.

    Examples
    --------
    >>> surnames()["曾"].reading
    'zēng'
    """
    return MappingProxyType({entry.character: entry for entry in surnames_file().surnames})


# Characters that place names read in more than one way: each of these finds the name.
POLYPHONES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "干": ("gan1", "gan4"),
        "佛": ("fo2", "fu2"),
        "长": ("chang2", "zhang3"),
        "重": ("chong2", "zhong4"),
        "朝": ("chao2", "zhao1"),
        "都": ("du1", "dou1"),
        "洞": ("dong4", "tong2"),
        "什": ("shi2", "shen2"),
        "行": ("hang2", "xing2"),
        "会": ("hui4", "kuai4"),
        "六": ("liu4", "lu4"),
        "堡": ("bao3", "bu3", "pu4"),
        "圩": ("xu1", "wei2"),
        "埔": ("bu4", "pu3"),
        "陂": ("pi2", "bei1", "po1"),
        "泊": ("bo2", "po1"),
        "盛": ("sheng4", "cheng2"),
        "厦": ("sha4", "xia4"),
        "铅": ("qian1", "yan2"),
        "番": ("fan1", "pan1"),
        "柏": ("bai3", "bo2"),
        "角": ("jiao3", "jue2"),
        "宿": ("su4", "xiu3"),
        "场": ("chang3", "chang2"),
        "渑": ("mian3", "sheng2"),
        "峒": ("dong4", "tong2"),
        "枞": ("zong1", "cong1"),
        "蚌": ("bang4", "beng4"),
        "荥": ("xing2", "ying2"),
        "歙": ("she4", "xi1"),
        "涡": ("guo1", "wo1"),
        "巷": ("xiang4", "hang4"),
        "藏": ("zang4", "cang2"),
    }
)
