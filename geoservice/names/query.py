"""What somebody typed into the search for place names, read once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from geoservice.ingest.name_keys import folded, grams, letters, split_syllables

SHORTEST_PART = 3
LONGEST_INITIALS = 12
_APART = re.compile(r"[\s'\u2019\u02bc\-·]+")
_TONE_MARKS = re.compile("[\u0300\u0301\u0304\u0306\u030c]")


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query for names.

    Attributes
    ----------
    kind
        ``all`` when nothing was typed, ``nothing`` when no letter was, ``text`` where a character is other than a Latin letter or a digit,
        ``letters`` for pinyin, initials and Latin names.
    text
        For ``text``: folded as names are; for ``letters``: lower-case ASCII.
    grams
        For ``text``: what the index of characters and pairs is asked.
    tones
        For ``letters``: a regular expression on the column of numbered tones, made of letters and digits alone;
        None where the query cannot be read as pinyin.
    toned
        Whether a tone was typed: then only names with that tone are meant.
    """

    kind: Literal["all", "nothing", "text", "letters"]
    text: str
    grams: tuple[str, ...] = ()
    tones: str | None = None
    toned: bool = False

    @classmethod
    def parse(cls, typed: str) -> NameQuery:
        """Reads what was typed.

        Examples
        --------
        >>> NameQuery.parse("天门").grams
        ('天', '天门', '门')
        >>> NameQuery.parse("Tiān mén").text, NameQuery.parse("tian1men").toned
        ('tianmen', True)
        >>> NameQuery.parse("  ").kind
        'all'
        """
        text = folded(typed)
        if not any(character.isalnum() for character in text):
            return cls("nothing" if typed.strip() else "all", "")
        plain = letters(unicodedata.normalize("NFKC", typed))
        if grams("".join(character for character in text if not character.isdigit())) or not plain:
            return cls("text", text, grams=grams(typed))
        syllables = _syllables(unicodedata.normalize("NFKC", typed))
        if not syllables:
            return cls("letters", plain)
        toned = any(character.isdigit() for way in syllables for character in "".join(way))
        toneless = re.sub("[1-5]", "", "".join(syllables[0]))
        return cls("letters", toneless, tones=_pattern(syllables), toned=toned)

    @property
    def initials(self) -> str | None:
        """The query as initials; None where it cannot be any."""
        return self.text if self.kind == "letters" and not self.toned and len(self.text) <= LONGEST_INITIALS else None


def _syllables(typed: str) -> list[tuple[str, ...]]:
    """Every reading of the query as pinyin; empty where a part of it is none."""
    parts = [part for part in _APART.split(typed.strip()) if part]
    ways: list[tuple[str, ...]] = [()]
    for position, part in enumerate(parts):
        splits = split_syllables(part, unfinished=position == len(parts) - 1)
        ways = [(*way, *split) for way in ways for split in splits][:8]
    return ways


def _pattern(ways: list[tuple[str, ...]]) -> str:
    """Matches numbered syllables from the beginning of one on; a tone that was not typed may be any."""
    patterns = dict.fromkeys("".join(map(_syllable_pattern, way)) for way in ways)
    return f"(^|[ 1-5])({'|'.join(patterns)})"


def _syllable_pattern(syllable: str) -> str:
    bare = syllable.rstrip("12345")
    tone = syllable[len(bare) :] or "[1-5]?"
    inside = "[1-5]?".join("[uv]" if here == "u" and before in "ln" else here for before, here in _neighbours(bare))
    return f"{inside}{tone}"


def _neighbours(text: str) -> list[tuple[str, str]]:
    return list(zip(chain([" "], text), text, strict=False))
