"""A name in Roman letters, with the proof of its spelling.

Rules: 中国地名汉语拼音字母拼写规则（汉语地名部分）, [84]中地字第17号.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from geoservice.errors import BadRequest
from geoservice.ingest.characters import is_han, outside_table, told
from geoservice.ingest.name_keys import parse_reading
from geoservice.ingest.reading_chain import Read, as_generic, read_name
from geoservice.names.romanisation.declared import SpellingClass, spelling_file
from geoservice.names.romanisation.dividing import Piece, Ruled, divide
from geoservice.names.romanisation.spelling import Spelt, join, without_tones

LONGEST = 100
_ROAD_CODE = re.compile("^[GSXYC][0-9]{1,4}(?=.)")
_FIGURES = re.compile("[0-9]")


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two spaces of the spelling."""

    text: str
    spelling: str
    generic: bool


@dataclass(frozen=True, slots=True)
class Romanised:
    """A spelling and what it rests on.

    Attributes
    ----------
    plain
        The spelling without tone marks; ü stays.
    breaks
        Offsets in `spelling` before which a line may be broken within a segment, with a hyphen at its end.
    readings
        One a character of the name that is read; figures are not.
    outside
        Characters that are not in 通用规范汉字表.
    """

    name: str
    class_: SpellingClass
    spelling: str
    plain: str
    segments: tuple[Segment, ...]
    breaks: tuple[int, ...]
    readings: tuple[Read, ...]
    rules: tuple[Ruled, ...]
    outside: tuple[str, ...]

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """Characters with several readings of which nobody confirmed one."""
        return tuple(dict.fromkeys(each.character for each in self.readings if each.unconfirmed_polyphone))


def romanise(name: str, class_: SpellingClass, reading: str | None = None) -> Romanised:
    """Spells a name by the rules of 1984 for its class.

    Parameters
    ----------
    name
        Han characters; figures, and the letter of a road's code before them, stand for themselves.
    reading
        The officer's: pinyin with tone marks or numbers, joined or not; it stands above every other source.

    Raises
    ------
    BadRequest
        ``names.empty``, ``names.too-long``, ``names.not-han`` and ``names.no-reading`` with the characters,
        ``names.reading-does-not-fit``.

    Examples
    --------
    >>> romanise("干驿镇", "township").spelling, romanise("曾家台", "village").spelling
    ('Gānyì Zhèn', 'Zēngjiātái')
    >>> romanise("二马路", "street").spelling, romanise("陆羽大道", "street").plain
    ('2 Mǎlù', 'Luyu Dadao')
    >>> romanise("", "village")
    Traceback (most recent call last):
    geoservice.errors.BadRequest: ...
    """
    text = checked_name(name, class_)
    reads = read_name(text, _stated(text, reading))
    cutting = divide(text, class_)
    segments, breaks, rules, read = list[Segment](), list[int](), list(cutting.rules), list[Read]()
    at, offset = 0, 0
    for piece in cutting.pieces:
        own = [as_generic(each) if piece.generic else each for each in reads[at : at + len(piece.text)]]
        spelt = _spell(piece, own, text, at)
        segments.append(Segment(piece.text, spelt.text, piece.generic))
        breaks += [offset + place for place in spelt.breaks]
        rules += _letters(piece, own, spelt, text, at)
        read += [each for each in own if piece.digits is None or each.character == piece.lead]
        at, offset = at + len(piece.text), offset + len(spelt.text) + 1
    if unread := "".join(dict.fromkeys(each.character for each in read if not each.syllable)):
        raise BadRequest("names.no-reading", characters=told(unread))
    spelling = " ".join(segment.spelling for segment in segments)
    return Romanised(
        text,
        class_,
        spelling,
        without_tones(spelling),
        tuple(segments),
        tuple(breaks),
        tuple(read),
        tuple(rules),
        outside_table(text),
    )


def checked_name(name: str, class_: SpellingClass) -> str:
    """The name in one width, refused where it holds what cannot be spelt.

    Examples
    --------
    >>> checked_name(" 岳口镇 ", "township"), checked_name("１０路", "street")
    ('岳口镇', '10路')
    """
    if len(name) > LONGEST:
        raise BadRequest("names.too-long", length=len(name), most=LONGEST)
    text = unicodedata.normalize("NFKC", name).strip()
    if not text:
        raise BadRequest("names.empty")
    han = _ROAD_CODE.sub("", text) if class_ == "street" else text
    if other := "".join(dict.fromkeys(each for each in _FIGURES.sub("", han) if not is_han(each))):
        raise BadRequest("names.not-han", characters=told(other))
    if not _FIGURES.sub("", han):
        raise BadRequest("names.not-han", characters=told(text))
    return text


def _stated(text: str, reading: str | None) -> Sequence[str] | None:
    if reading is None or not reading.strip():
        return None
    syllables = parse_reading(text, reading) if len(reading) <= 10 * LONGEST else None
    if syllables is None or len(syllables) != len(text):
        raise BadRequest("names.reading-does-not-fit", name=text, reading=reading[:60])
    return syllables


def _rhotic(text: str, start: int, length: int) -> frozenset[int]:
    """Which characters of a segment are a 儿 that colours the one before it."""
    words = spelling_file().not_erhua
    return frozenset(
        at for at in range(1, length) if text[start + at] == "儿" and text[start + at - 1 : start + at + 1] not in words
    )


def _spell(piece: Piece, reads: Sequence[Read], text: str, start: int) -> Spelt:
    if piece.digits is None:
        return join([each.syllable for each in reads], _rhotic(text, start, len(piece.text)))
    return Spelt(f"{join([reads[0].syllable]).text}-{piece.digits}" if piece.lead else piece.digits)


def _letters(piece: Piece, reads: Sequence[Read], spelt: Spelt, text: str, start: int) -> list[Ruled]:
    """The rules on the letters of one segment."""
    if piece.digits is not None and not piece.lead:
        return []
    rules = [Ruled(10, "capital", spelt.text)]
    rules += [Ruled(11, "apostrophe", reads[at].syllable) for at in spelt.apostrophes]
    rules += [
        Ruled(12, "rhotic", text[start + at - 1 : start + at + 1]) for at in _rhotic(text, start, len(piece.text))
    ]
    return rules
