"""What somebody typed into the search for place names, read once."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import chain
from typing import Literal

from geoservice.ingest.name_keys import MAX_READINGS, all_readings, folded, grams, letters, split_syllables

SHORTEST_PART = 3
LONGEST_INITIALS = 12
_APART = re.compile(r"[\s'\u2019\u02bc\-·]+")
_PARTS = re.compile(
    r"([\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff〇]+)|([a-z\u00fc\u0300-\u030c1-5āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]+)"
)
_SYLLABLE = re.compile("[a-z]+")
_TONE_MARKS = re.compile("[\u0300\u0301\u0304\u0306\u030c]")


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A query for names.

    Attributes
    ----------
    kind
        ``all`` when nothing was typed, ``nothing`` when no letter was, ``text`` where a character is other than a Latin letter or a digit,
        ``letters`` for pinyin, initials and Latin names, ``mixed`` for Han characters beside pinyin or initials.
    text
        For ``text``: folded as names are; for ``letters``: lower-case ASCII.
    grams
        For ``text`` and ``mixed``: what the index of characters and pairs is asked.
    written
        For ``mixed``: its parts in Han characters, folded.
    ways
        For ``mixed``: each reading as syllables without tones; one that may go on ends in a star.
    """

    kind: Literal["all", "nothing", "text", "letters", "mixed"]
    text: str
    grams: tuple[str, ...] = ()
    tones: str | None = None
    toned: bool = False
    written: tuple[str, ...] = ()
    ways: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, typed: str) -> NameQuery:
        """Reads what was typed.

        Examples
        --------
        >>> NameQuery.parse("天门").grams
        ('天', '天门', '门')
        >>> NameQuery.parse("Tiān mén").text, NameQuery.parse("tian1men").toned
        ('tianmen', True)
        >>> NameQuery.parse("天men").written, NameQuery.parse("天xi").ways, NameQuery.parse("8号").kind
        (('天',), (('tian', 'xi*'),), 'text')
        >>> NameQuery.parse("  ").kind
        'all'
        """
        text = folded(typed)
        if not any(character.isalnum() for character in text):
            return cls("nothing" if typed.strip() else "all", "")
        plain = letters(unicodedata.normalize("NFKC", typed))
        if grams("".join(character for character in text if not character.isdigit())) or not plain:
            return _mixed(typed, text) or cls("text", text, grams=grams(typed))
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


def _mixed(typed: str, text: str) -> NameQuery | None:
    """Han characters beside Latin letters that can be pinyin or initials; None where it is not that."""
    whole = "".join(_APART.split(unicodedata.normalize("NFKC", typed).lower()))
    parts = _PARTS.findall(whole)
    if "".join(map("".join, parts)) != whole or not any(latin for _, latin in parts):
        return None
    ways: list[tuple[str, ...]] = [()]
    for position, (han, latin) in enumerate(parts):
        said = _written(han) if han else _said(latin, last=position == len(parts) - 1)
        ways = [(*way, *more) for way in ways for more in said][:MAX_READINGS]
    if not ways:
        return None
    written = tuple(folded(han) for han, _ in parts if han)
    asked = tuple(dict.fromkeys(gram for han in written for gram in grams(han)))
    pattern = "|".join(dict.fromkeys("".join(map(_spoken, way)) for way in ways))
    toneless = tuple(dict.fromkeys(tuple(re.sub("[1-5]", "", syllable) for syllable in way) for way in ways))
    return NameQuery("mixed", text, grams=asked, tones=f"({pattern})", written=written, ways=toneless)


def _written(han: str) -> list[tuple[str, ...]]:
    """Characters in each of their readings, the tone left open; none where one has no reading."""
    ways = [tuple(syllable.rstrip("12345") for syllable in way) for way in all_readings(han)]
    return [way for way in ways if all(_SYLLABLE.fullmatch(syllable) for syllable in way)]


def _said(latin: str, *, last: bool) -> list[tuple[str, ...]]:
    """Letters as syllables, of which the last may go on, else as initials; what goes on ends in a star."""
    ways = split_syllables(latin, unfinished=last)
    if ways:
        return [(*way[:-1], _begun(way[-1]) if last else way[-1]) for way in ways]
    return [tuple(map(_begun, latin))] if latin.isascii() and latin.isalpha() else []


def _begun(syllable: str) -> str:
    return syllable if syllable[-1].isdigit() else f"{syllable}*"


def _spoken(syllable: str) -> str:
    """A pattern of numbered syllables."""
    return syllable if syllable[-1].isdigit() else syllable.replace("*", "[a-z]*") + "[1-5]"


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
