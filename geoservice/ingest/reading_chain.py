"""How each character of a name is read, and on whose word: the search, the import and the spelling ask here.

In this order: the officer's own reading, the words of layers/names, surnames, phrases of the dictionary, and the
readings of the single character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pypinyin import Style, pinyin
from pypinyin.constants import PHRASES_DICT
from pypinyin.contrib.tone_convert import to_tone
from pypinyin.seg import mmseg

from geoservice.ingest.characters import character_table
from geoservice.ingest.readings import longest_word, surnames, surnames_file, terms, words

Origin = Literal["officer", "table", "surname", "phrase", "dictionary", "pypinyin", "none"]
_SYLLABLE = re.compile(r"[a-zü]+[1-5]?")
_NOT_OF_A_FAMILY = frozenset("园庭具电居乐")


@dataclass(frozen=True, slots=True)
class Read:
    """One character and its reading.

    Attributes
    ----------
    syllable
        With tone mark and ü; empty where nobody knows one.
    origin
        Whose word it is.
    source
        In detail: an address, a field of Unihan, a phrase; None where the origin says all.
    readings
        Every reading of the character in the dictionary (Unihan kTGHZ2013); empty outside of 通用规范汉字表.
    confirmed
        Whether there is nothing to ask: a single reading, a sourced one, or the officer's.
    """

    character: str
    syllable: str
    origin: Origin
    source: str | None = None
    readings: tuple[str, ...] = ()
    confirmed: bool = False

    @property
    def unconfirmed_polyphone(self) -> bool:
        """Whether the character has several readings and nobody confirmed this one."""
        return len(self.readings) > 1 and not self.confirmed


def read_name(text: str, stated: Sequence[str] | None = None) -> tuple[Read, ...]:
    """The reading of each character of a name of Han characters.

    Parameters
    ----------
    stated
        The officer's reading, one numbered or marked syllable a character; it stands above all others.

    Examples
    --------
    >>> [each.syllable for each in read_name("曾家台")], read_name("曾家台")[0].origin
    (['zēng', 'jiā', 'tái'], 'surname')
    >>> read_name("干驿")[0].unconfirmed_polyphone, read_name("干驿", ["gan1", "yi4"])[0].unconfirmed_polyphone
    (True, False)
    >>> read_name("")
    ()
    """
    known = [character_table().get(character) for character in text]
    found = [
        Read(character, syllable, "none", readings=entry.readings if entry else ())
        for character, syllable, entry in zip(text, marked_syllables(text), known, strict=True)
    ]
    for step in (_single, _phrases, _terms, _surnames, _words):
        step(text, found)
    if stated:
        found = [
            replace(each, syllable=_marked(syllable), origin="officer", source=None, confirmed=True)
            for each, syllable in zip(found, stated, strict=True)
        ]
    return tuple(found)


def marked_syllables(text: str) -> list[str]:
    """The reading of pypinyin, one syllable a character, with tone marks; empty where it knows none.

    Examples
    --------
    >>> marked_syllables("吕家湾"), marked_syllables("")
    (['lǚ', 'jiā', 'wān'], [])
    """
    return [_marked(syllable) for syllable in numbered_syllables(text)]


def numbered_syllables(text: str) -> list[str]:
    """The same with numbers, as the dictionary gives them; what is no Han character stands for itself."""
    return [
        each
        for run in re.findall(r"[^\x00-\x7f]+|[\x00-\x7f]", text)
        for syllable in pinyin(run, style=Style.TONE3, neutral_tone_with_five=True, errors=" ".join)
        for each in syllable[0].split(" ")
    ]


def word_readings(text: str) -> list[tuple[int, str]]:
    """Where the words of layers/names stand in a text, the longest first, without overlap.

    Examples
    --------
    >>> word_readings("大佛子山镇"), word_readings("")
    ([(1, '佛子山')], [])
    """
    found, at, known, longest = [], 0, words(), longest_word()
    while at < len(text):
        word = next((text[at : at + n] for n in range(longest, 1, -1) if text[at : at + n] in known), None)
        if word:
            found.append((at, word))
        at += len(word or " ")
    return found


def _single(text: str, found: list[Read]) -> None:
    for at, _ in enumerate(text):
        each = found[at]
        if len(each.readings) == 1:
            found[at] = replace(
                each, syllable=each.readings[0], origin="dictionary", source="Unihan kTGHZ2013", confirmed=True
            )
        elif each.syllable:
            found[at] = replace(each, origin="pypinyin", source="pypinyin")


def _phrases(text: str, found: list[Read]) -> None:
    start = 0
    for phrase in mmseg.seg.cut(text):
        if len(phrase) > 1 and phrase in PHRASES_DICT:
            for at, syllables in enumerate(PHRASES_DICT[phrase], start):
                if at < len(found) and len(found[at].readings) != 1:
                    found[at] = replace(found[at], syllable=_marked(syllables[0]), origin="phrase", source=phrase)
        start += len(phrase)


def as_generic(read: Read) -> Read:
    """The reading of a character that stands as a generic term; the officer's word stays.

    Examples
    --------
    >>> as_generic(read_name("弄")[0]).syllable
    'lòng'
    """
    entry = terms().get(read.character)
    if entry is None or read.origin in {"officer", "table"} or len(read.readings) == 1:
        return read
    return replace(read, syllable=entry.reading, origin="table", source=entry.source, confirmed=entry.confirmed)


def _terms(text: str, found: list[Read]) -> None:
    for at, character in enumerate(text):
        entry = terms().get(character)
        if at > 0 and entry is not None and entry.anywhere:
            found[at] = as_generic(found[at])


def _surnames(text: str, found: list[Read]) -> None:
    file, known = surnames_file(), surnames()
    for at, character in enumerate(text[:-1]):
        entry, family = known.get(character), text[at + 1] == "家" and text[at + 2 : at + 3] not in _NOT_OF_A_FAMILY
        led = at == 0 or (family and at == 1 and text[0] in file.modifiers and text[:2] not in {"小区", "新区", "老区"})
        if entry is None or not led:
            continue
        if family or (at == 0 and not entry.only_before_family and text[1] in file.before and text[1] != "家"):
            source = entry.source or entry.unihan
            found[at] = replace(
                found[at],
                syllable=entry.reading,
                origin="surname",
                source=source,
                confirmed=family and entry.confirmed,
            )


def _words(text: str, found: list[Read]) -> None:
    for start, word in word_readings(text):
        entry = words()[word]
        for at, syllable in enumerate(entry.reading.split(), start):
            single = found[at].readings == (syllable,)
            if not single:
                found[at] = replace(
                    found[at],
                    syllable=syllable,
                    origin="table",
                    source=entry.source or entry.note,
                    confirmed=entry.confirmed,
                )


def _marked(syllable: str) -> str:
    """A syllable with its tone mark; empty for what is none."""
    text = unicodedata.normalize("NFC", syllable.replace("v", "ü"))
    if text[-1:].isdigit():
        if not _SYLLABLE.fullmatch(text):
            return ""
        return str(to_tone(text.removesuffix("5"))).replace("v", "ü")
    plain = unicodedata.normalize("NFD", text)
    return text if plain[:1].isascii() and plain[:1].isalpha() else ""
