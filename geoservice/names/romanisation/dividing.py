"""A name cut into the segments that are written apart: rules 1 to 7 and 14 of 1984."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from geoservice.names.romanisation.declared import UNITS, SpellingClass, all_generics, generics, spelling_file
from geoservice.names.romanisation.numerals import NUMERAL, TRAILING, ordinal_value

_BOUND_ORDINALS = frozenset("巷弄条里")
_SERIES = frozenset("经纬东西南北中")
_UNIT = re.compile("(.{2,}?|.(?=县))(自治州|自治县|街道|省|市|县|区|镇|乡)")


@dataclass(frozen=True, slots=True)
class Piece:
    """What is written as one segment; `digits` where it is written in figures, after `lead` (第)."""

    text: str
    generic: bool = False
    digits: str | None = None
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A rule that was applied: its number, what it did, and to which part of the name."""

    rule: int
    what: str
    part: str


@dataclass(slots=True)
class Cutting:
    """The pieces found so far, from the front, and the rules that cut them."""

    pieces: list[Piece] = field(default_factory=list)
    rules: list[Ruled] = field(default_factory=list)

    def add(self, *pieces: Piece) -> None:
        self.pieces += [piece for piece in pieces if piece.text]

    def note(self, rule: int, what: str, part: str) -> None:
        self.rules.append(Ruled(rule, what, part))


def divide(name: str, class_: SpellingClass) -> Cutting:
    """The segments of a name; joined they are the name.

    Examples
    --------
    >>> [piece.text for piece in divide("朝阳门内大街", "street").pieces]
    ['朝阳门内', '大街']
    >>> [piece.text for piece in divide("岳口镇", "township").pieces], len(divide("李庄", "village").pieces)
    (['岳口', '镇'], 1)
    >>> divide("", "village").pieces
    []
    """
    cutting = Cutting()
    stated = next((one for one in spelling_file().divisions if one.name == name and class_ != "village"), None)
    if stated is not None:
        cutting.add(*(_stated_piece(part, class_) for part in stated.parts))
        cutting.note(stated.rule, "stated", name)
    else:
        _CUTTERS[class_](name, class_, cutting)
    cutting.pieces = [small for piece in cutting.pieces for small in _figures(piece)]
    _remark(cutting)
    return cutting


def _stated_piece(part: str, class_: SpellingClass) -> Piece:
    value = ordinal_value(part)
    return Piece(part, generic=part in generics(class_), digits=None if value is None else str(value))


def _ending(text: str, class_: SpellingClass) -> str:
    return next((term for term in generics(class_) if text.endswith(term) and len(text) > len(term)), "")


def _village(name: str, _: SpellingClass, cutting: Cutting) -> None:
    body = next((one for one in spelling_file().bodies if name.endswith(one.text) and name != one.text), None)
    place = name.removesuffix(body.text) if body else name
    cutting.add(Piece(place))
    cutting.note(3, "joined", place)
    if body is not None:
        cutting.add(*(Piece(part, generic=True) for part in body.parts))
        cutting.note(14, "body", body.text)


def _unit(name: str, class_: SpellingClass, cutting: Cutting) -> None:
    generic = _ending(name, class_)
    specific = name.removesuffix(generic) if generic else name
    peoples = _peoples(specific)
    place = specific[: len(specific) - len("".join(peoples))]
    cutting.add(Piece(place), *(Piece(people) for people in peoples), Piece(generic, generic=True))
    _note_split(specific, generic, cutting)
    for people in peoples:
        cutting.note(2, "apart", people)
    inner = next((term for term in all_generics() if specific.endswith(term) and len(specific) > len(term)), "")
    if generic and inner and not peoples and specific not in spelling_file().persons:
        cutting.note(4, "specific", inner)


def _peoples(specific: str) -> list[str]:
    """The peoples that a specific term ends in, in their order."""
    found: list[str] = []
    known = sorted(spelling_file().peoples, key=len, reverse=True)
    while people := next((one for one in known if specific.endswith(one) and specific != one), ""):
        found.insert(0, people)
        specific = specific.removesuffix(people)
    return found


def _natural(name: str, class_: SpellingClass, cutting: Cutting) -> None:
    generic = _ending(name, class_)
    specific = name.removesuffix(generic) if generic else name
    if match := re.match(f"第(?:{NUMERAL.pattern})(?=..)", specific):
        cutting.add(Piece(match[0]))
        cutting.note(2, "apart", match[0])
        specific = specific.removeprefix(match[0])
    modifier = specific[-1:] if len(specific) > 2 and specific[-1] in "新老故" and len(generic) == 1 else ""
    specific = specific.removesuffix(modifier) if modifier else specific
    cutting.add(Piece(specific), Piece(modifier + generic, generic=True))
    _note_split(specific, modifier + generic, cutting)
    if modifier:
        cutting.note(2, "with_generic", modifier)
    elif specific[:1] in spelling_file().modifiers and len(specific) > 1:
        cutting.note(2, "with_specific", specific[0])
    inner = _ending(specific, class_)
    if inner and specific not in spelling_file().persons:
        cutting.note(4, "specific", inner)


def _street(name: str, class_: SpellingClass, cutting: Cutting) -> None:
    generic = _ending(name, class_)
    specific = name.removesuffix(generic) if generic else name
    ordinal = _ordinal(specific, generic) if generic else None
    if ordinal is not None:
        _before(specific.removesuffix(ordinal.text), class_, cutting, split=True)
        cutting.add(ordinal, Piece(generic, generic=True))
        cutting.note(7, "ordinal", ordinal.text)
        cutting.note(1, "split", f"{specific}/{generic}")
        return
    modifiers = _modifiers(specific) if generic else ""
    place = specific.removesuffix(modifiers) if modifiers else specific
    _before(place, class_, cutting, split=False)
    cutting.add(Piece(modifiers + generic, generic=True))
    _note_split(place, modifiers + generic, cutting)
    if modifiers:
        cutting.note(2, "with_generic", modifiers)


def _ordinal(specific: str, generic: str) -> Piece | None:
    """The numeral that a specific term ends in, where it numbers the street."""
    match = TRAILING.search(specific)
    if match is None or specific.endswith(spelling_file().whole) or ordinal_value(match[0]) is None:
        return None
    text, front = match[0], specific[: match.start()]
    digits = str(ordinal_value(text))
    if front.endswith("第"):
        return Piece("第" + text, digits=digits, lead="第")
    bound = generic in _BOUND_ORDINALS or len(front) != 1 or front in _SERIES
    return Piece(text, digits=digits) if bound else None


def _modifiers(specific: str) -> str:
    """The single-syllable modifiers that belong to the generic term behind them."""
    known, whole = spelling_file().modifiers, spelling_file().whole
    taken = ""
    while len(specific) > 1 and specific[-1] in known and not specific.endswith(whole):
        if len(specific) == 2 and (taken or specific[0] not in known):
            break
        if specific[-1] in "内外上下":
            break
        taken, specific = specific[-1] + taken, specific[:-1]
    return taken


def _before(text: str, class_: SpellingClass, cutting: Cutting, *, split: bool) -> None:
    """What stands before the last term of a street: landmarks and streets within it are cut in turn."""
    marks = spelling_file().landmarks
    if match := re.fullmatch(f"(.+[{marks}])([东西南北前后].{{2,}})", text):
        cutting.add(Piece(match[1]), Piece(match[2]))
        cutting.note(2, "apart", match[1])
        return
    inner = _ending(text, class_)
    modifiers = _modifiers(text.removesuffix(inner)) if inner else ""
    if len(inner) > 1 or (split and modifiers):
        place = text.removesuffix(modifiers + inner)
        cutting.add(Piece(place), Piece(modifiers + inner, generic=True))
        cutting.note(2, "apart", modifiers + inner)
        cutting.note(4, "specific", text)
        return
    cutting.add(Piece(text))
    if inner:
        cutting.note(4, "specific", inner)
    elif len(text) > 2 and text[-1] in "内外":
        cutting.note(2, "with_specific", text[-1])


def _estate(name: str, class_: SpellingClass, cutting: Cutting) -> None:
    if match := re.fullmatch("([^0-9]+)([0-9].*)", name):
        _estate(match[1], class_, cutting)
        cutting.add(Piece(match[2]))
        return
    generic = _ending(name, class_)
    specific = name.removesuffix(generic) if generic else name
    if len(generic) == 1:
        cutting.add(Piece(name))
        cutting.note(14, "single", generic)
        return
    inner = _ending(specific, class_) if generic else ""
    place = specific.removesuffix(inner) if len(inner) > 1 else specific
    cutting.add(Piece(place), Piece(specific.removeprefix(place), generic=True), Piece(generic, generic=True))
    if generic:
        cutting.note(14, "split", "/".join(piece.text for piece in cutting.pieces))


def _facility(name: str, class_: SpellingClass, cutting: Cutting) -> None:
    words = sorted({*generics(class_), *spelling_file().institution_words}, key=len, reverse=True)
    text, tail = name, list[Piece]()
    while word := next((one for one in words if len(one) > 1 and text.endswith(one) and text != one), ""):
        tail.insert(0, Piece(word, generic=True))
        text = text.removesuffix(word)
    while match := _UNIT.match(text):
        if match.end() == len(text) and not tail:
            break
        cutting.add(Piece(match[1]), Piece(match[2], generic=True))
        cutting.note(1, "split", f"{match[1]}/{match[2]}")
        text = text[match.end() :]
    cutting.add(Piece(text), *tail)
    if tail:
        cutting.note(14, "split", "/".join(piece.text for piece in cutting.pieces))
    elif single := _ending(text, class_):
        cutting.note(14, "single", single)


def _note_split(specific: str, generic: str, cutting: Cutting) -> None:
    if specific and generic:
        cutting.note(1, "split", f"{specific}/{generic}")
    else:
        cutting.note(1, "unsplit", specific or generic)


def _figures(piece: Piece) -> list[Piece]:
    """Figures in a piece stand apart from its characters."""
    if piece.digits is not None or not re.search("[0-9]", piece.text):
        return [piece]
    parts = re.findall("[A-Z]?[0-9]+|[^A-Z0-9]+|[A-Z]", piece.text)
    return [Piece(part, digits=part) if part[-1].isdigit() else Piece(part, generic=piece.generic) for part in parts]


def _remark(cutting: Cutting) -> None:
    """Rules that leave the cut as it is: personal names, numerals in pinyin, codes in figures."""
    for person in spelling_file().persons:
        if any(person in piece.text for piece in cutting.pieces):
            cutting.note(5, "person", person)
    for piece in cutting.pieces:
        if piece.digits is not None and piece.digits == piece.text:
            cutting.note(7, "code", piece.text)
        elif piece.digits is None:
            for numeral in NUMERAL.findall(piece.text):
                cutting.note(6, "numeral", numeral)


Cutter = Callable[[str, SpellingClass, Cutting], None]
_CUTTERS: Mapping[SpellingClass, Cutter] = MappingProxyType(
    {
        **dict.fromkeys(UNITS, _unit),
        "village": _village,
        "street": _street,
        "estate": _estate,
        "water": _natural,
        "mountain": _natural,
        "facility": _facility,
    }
)
