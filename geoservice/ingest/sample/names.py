"""Composes names in the manner of the region, each with its reading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoservice.ingest.sample.inputs import Township, Word, Words
from geoservice.ingest.sample.plane import Dice

FAMILY = ("家", "jiā")
VOWELS = tuple("aāáǎàeēéěèoōóǒò")


@dataclass(frozen=True)
class Name:
    """A name and its reading: syllables with tone marks, separated by spaces."""

    han: str
    reading: str

    @property
    def joined(self) -> str:
        """The spelling of a natural village: one word, with an apostrophe before an inner a, e or o.

        Examples
        --------
        >>> Name("曾家垸", "zēng jiā yuàn").joined
        'Zēngjiāyuàn'
        >>> Name("西安", "xī ān").joined
        "Xī'ān"
        >>> Name("", "").joined
        ''
        """
        first, *rest = self.reading.split(" ")
        return first.capitalize() + "".join(f"'{part}" if part.startswith(VOWELS) else part for part in rest)

    def split(self, generic: int) -> str:
        """The spelling with the last `generic` syllables apart.

        Examples
        --------
        >>> Name("陆羽大道", "lù yǔ dà dào").split(2)
        'Lùyǔ Dàdào'
        """
        syllables = self.reading.split(" ")
        cut = len(syllables) - generic
        return " ".join(Name("", " ".join(part)).joined for part in (syllables[:cut], syllables[cut:]))


def village_names(words: Words, dice: Dice) -> Iterator[Name]:
    """Every surname with every generic term, with and without 家, in a random order: 陈家湾, 李台 ..."""
    pairs = [(surname, generic) for surname in words.surnames for generic in words.generics]
    for surname, generic in dice.shuffled(pairs):
        yield _composed(surname, FAMILY, generic)
    for surname, generic in dice.shuffled(pairs):
        yield _composed(surname, generic)


def hamlet_name(words: Words, dice: Dice) -> Name:
    """A name of a natural village, which may well occur again elsewhere: 上陈湾, 李家台 ..."""
    surname, generic = dice.choice(words.surnames), dice.choice(words.generics)
    if dice.unit() < 0.35:
        return _composed(dice.choice(words.modifiers), surname, generic)
    return _composed(surname, FAMILY, generic)


def urban_names(township: Township, words: Words, dice: Dice) -> list[Name]:
    """Names of urban communities: in the city from a stock of words, in a town after its streets."""
    if township.kind == "街道":
        return [Name(han, reading) for han, reading in dice.shuffled(words.urban_words)]
    syllables = township.reading.split(" ")[: len(township.short)]
    return [Name(township.short + han, " ".join([*syllables, reading])) for han, reading in words.town_words]


def _composed(*words: Word) -> Name:
    return Name("".join(han for han, _ in words), " ".join(reading for _, reading in words))
