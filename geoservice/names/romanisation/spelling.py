"""Syllables joined into a segment: rules 9 to 13 of 1984."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_TONES = dict.fromkeys(map(ord, "\u0300\u0301\u0304\u030c"))


@dataclass(frozen=True, slots=True)
class Spelt:
    """A segment in letters.

    Attributes
    ----------
    breaks
        Offsets in the text before which a line may be broken, with a hyphen at its end (rule 13).
    apostrophes
        Indexes of the syllables before which one stands (rule 11).
    """

    text: str
    breaks: tuple[int, ...] = ()
    apostrophes: tuple[int, ...] = ()


def join(syllables: Sequence[str], rhotic: frozenset[int] = frozenset()) -> Spelt:
    """Joins the syllables of one segment.

    Parameters
    ----------
    syllables
        With tone marks.
    rhotic
        Indexes of those that are a written 儿 that colours the syllable before it.

    Examples
    --------
    >>> join(["xī", "ān"])
    Spelt(text="Xī'ān", breaks=(2,), apostrophes=(1,))
    >>> join(["pén", "ér"], frozenset({1})).text, join([]).text
    ('Pénr', '')
    """
    text, breaks, apostrophes = "", list[int](), list[int]()
    for at, syllable in enumerate(syllables):
        if at in rhotic and at > 0:
            text += "r"
            continue
        if at > 0:
            breaks.append(len(text))
            if without_tones(syllable)[:1] in "aoe":
                apostrophes.append(at)
                text += "'"
        text += syllable if text else syllable[:1].upper() + syllable[1:]
    return Spelt(text, tuple(breaks), tuple(apostrophes))


def without_tones(text: str) -> str:
    """Letters without tone marks; ü stays.

    Examples
    --------
    >>> without_tones("Lǚjiāwān"), without_tones("")
    ('Lüjiawan', '')
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).translate(_TONES))
