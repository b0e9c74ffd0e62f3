"""The 8,105 characters of 通用规范汉字表, with their level and the readings of two dictionaries."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from geoservice.errors import BadDeclaration
from geoservice.resources import resource

FIRST_LEVEL, SECOND_LEVEL = 3500, 6500
# Planes 2 and 3 hold Han characters only; the newest are unknown to older versions of Python.
_IDEOGRAPHIC = range(0x20000, 0x3FFFE)


@dataclass(frozen=True, slots=True)
class Character:
    """One character of the table.

    Attributes
    ----------
    number
        Its place in the table, 1 to 8105.
    readings
        With tone marks, of 通用规范汉字字典 (Unihan kTGHZ2013).
    earlier
        The same of 现代汉语词典 of 1983 (Unihan kXHC1983).
    """

    number: int
    readings: tuple[str, ...]
    earlier: tuple[str, ...]

    @property
    def level(self) -> int:
        """1, 2 or 3; level 3 is as free to use in names as the others."""
        return 1 if self.number <= FIRST_LEVEL else 2 if self.number <= SECOND_LEVEL else 3


@cache
def character_table() -> Mapping[str, Character]:
    """Every character of the table.

    Raises
    ------
    BadDeclaration
        If layers/names/characters.tsv is not as script/characters.py writes it.

    Examples
    --------
    >>> len(character_table()), character_table()["汈"].level, character_table()["干"].readings
    (8105, 3, ('gān', 'gàn'))
    """
    path = resource("layers", "names", "characters.tsv")
    found: dict[str, Character] = {}
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    next(lines, None)
    for line in lines:
        try:
            character, number, readings, earlier = line.split("\t")
            found[character] = Character(int(number), _split(readings), _split(earlier))
        except ValueError as error:
            raise BadDeclaration("catalog.unreadable", file=path, reason=f"{error}: {line[:40]!r}") from None
    return MappingProxyType(found)


def _split(readings: str) -> tuple[str, ...]:
    return tuple(filter(None, readings.split(",")))


def outside_table(text: str) -> tuple[str, ...]:
    """The characters of a text that are neither in the table nor ASCII, each once.

    Examples
    --------
    >>> outside_table("垌塚镇"), outside_table("剅河镇"), outside_table("")
    (('塚',), (), ())
    """
    table = character_table()
    return tuple(dict.fromkeys(each for each in text if not each.isascii() and each not in table))


def is_han(character: str) -> bool:
    r"""Whether it is a Han character with a code point of its own.

    Examples
    --------
    >>> is_han("𣲗"), is_han("\U0003158e"), is_han("〇"), is_han("氵"), is_han("A"), is_han("\ue000")
    (True, True, True, True, False, False)
    """
    name = unicodedata.name(character, "")
    return (
        name.startswith(("CJK UNIFIED", "CJK COMPATIBILITY IDEOGRAPH"))
        or character == "〇"
        or ord(character) in _IDEOGRAPHIC
    )


def told(characters: Iterable[str]) -> str:
    """Characters with their code points, so that those which no font shows are named too.

    Examples
    --------
    >>> told("臺A"), told("")
    ('臺 (U+81FA)、A (U+0041)', '')
    """
    found = list(characters)
    shown = [f"{each if each.isprintable() or is_han(each) else '□'} (U+{ord(each):04X})" for each in found[:20]]
    return "、".join(shown) + ("…" if len(found) > 20 else "")
