"""How a name answers what was typed, tier by tier; each tier as a check of the name and as a question to an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, false, func, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array

from geoservice.database.filters import containing
from geoservice.database.models.places import BEGINNING, FIRST_INITIALS, FIRST_LETTERS, LONGEST_SOUND
from geoservice.names.query import SHORTEST_PART, NameQuery

EXACT, PREFIX, INITIALS, PART = range(4)
HAS_LETTERS = "+"  # among the sounds of a name in which letters or digits are written
Condition = ColumnElement[bool]
# Columns of a name, or of what was read of one: folded, pinyin, tones, initials.
Columns = Any
Check = Callable[[Columns], Condition]


@dataclass(frozen=True)
class Tier:
    """One way to answer.

    Attributes
    ----------
    check
        Whether a name answers so; asks nothing but what the ordered index holds.
    index
        What the indexes are asked first: each condition alone holds for every name that answers so, all of them for few
        others.
    counted
        What about as many names fulfil as answer so, where the planner counts that better than what the indexes are asked.
    by_beginning
        Whether `index` asks the index of beginnings, which holds standing and importance as they are.
    in_order
        Whether that index gives the names in the order of the search.
    """

    number: int
    check: Check
    index: Callable[[Columns], Sequence[Condition]]
    counted: Check | None = None
    by_beginning: bool = False
    in_order: bool = False


@dataclass(frozen=True)
class Answering:
    """All tiers, the best first; a name belongs to the first that it answers.

    Attributes
    ----------
    index, counted
        As for a tier, for all of them at once.
    """

    tiers: tuple[Tier, ...]
    index: Callable[[Columns], Sequence[Condition]]
    counted: Check | None = None


def answering(query: NameQuery) -> Answering:
    """The tiers of a query; none where nothing can answer it."""
    if query.kind == "all":
        every = Tier(EXACT, lambda name: name.standing == 0, lambda name: [name.standing == 0])
        return Answering((every,), every.index)
    return {"letters": _letters, "text": _text, "mixed": _mixed, "nothing": _nothing}[query.kind](query)


def _nothing(_: NameQuery) -> Answering:
    return Answering((), lambda _: [false()])


def tier_number(tiers: Sequence[Tier], name: Columns) -> ColumnElement[int]:
    """The tier of a name that answers at all."""
    *better, last = tiers
    ways = [(tier.check(name), tier.number) for tier in better]
    return case(*ways, else_=last.number) if ways else literal(last.number)


def answers(tiers: Sequence[Tier], name: Columns) -> Condition:
    """Whether a name answers in one of the tiers."""
    return or_(false(), *(tier.check(name) for tier in tiers))


def only(tiers: Sequence[Tier], number: int, name: Columns) -> Condition:
    """Whether a name answers in one tier and in none before it."""
    mine = next(tier for tier in tiers if tier.number == number)
    before = [tier.check(name) for tier in tiers if tier.number < number]
    return and_(mine.check(name), ~or_(*before)) if before else mine.check(name)


def _text(query: NameQuery) -> Answering:
    typed, first = query.text, query.text[:BEGINNING]
    pairs = [gram for gram in query.grams if len(gram) > 1] or list(query.grams)

    def within(name: Columns) -> Sequence[Condition]:
        return [_has(name, gram) for gram in pairs] or [name.name.ilike(containing(typed))]

    return Answering(
        (
            Tier(
                EXACT,
                lambda name: name.folded == typed,
                lambda name: [name.beginning == first],
                by_beginning=True,
                in_order=True,
            ),
            Tier(
                PREFIX,
                lambda name: func.starts_with(name.folded, typed),
                lambda name: [name.beginning.like(containing(first).removeprefix("%"))],
                by_beginning=True,
            ),
            Tier(PART, lambda name: func.strpos(name.folded, typed) > 0, within),
        ),
        within,
    )


def _letters(query: NameQuery) -> Answering:
    """Every pattern below consists of letters and digits, so nothing in it needs an escape."""
    key = query.text

    def sounds(name: Columns) -> Condition:
        latin = name.tones == name.pinyin
        return or_(latin, name.tones.regexp_match(query.tones)) if query.tones else latin

    def said(check: Check) -> Check:
        return (lambda name: and_(check(name), sounds(name))) if query.toned else check

    def begins(name: Columns) -> Condition:
        return or_(name.pinyin.like(f"{key}%"), name.pinyin.like(f"% {key}%"))

    def is_it(name: Columns) -> Condition:
        return literal(" ").concat(name.pinyin).concat(" ").like(f"% {key} %")

    whole, beginning = _lexeme(f"^{key}$"), _lexeme(f"^{key}", begun=len(key) > FIRST_LETTERS)
    tiers = [
        Tier(EXACT, said(is_it), lambda name: [_sounding(name, whole)]),
        Tier(PREFIX, said(begins), lambda name: [_sounding(name, beginning)], lambda name: name.pinyin.like(f"{key}%")),
    ]
    asked, counted = [beginning], [tiers[1].counted]
    if query.initials is not None:
        first = query.initials
        initials = _lexeme(f"~{first}", begun=len(first) > FIRST_INITIALS)
        tiers.append(
            Tier(
                INITIALS,
                lambda name: _among(name.initials, first),
                lambda name: [_sounding(name, initials)],
                lambda name: name.initials.like(f"{first}%"),
            )
        )
        asked.append(initials)
        counted.append(tiers[2].counted)
    if len(key) >= SHORTEST_PART:

        def inside(name: Columns) -> Condition:
            return and_(name.pinyin.like(f"%{key}%"), sounds(name))

        part = _lexeme(key, begun=True)
        tiers.append(Tier(PART, inside, lambda name: [_sounding(name, part)]))
        asked.append(part)
    return Answering(
        tuple(tiers),
        lambda name: [_sounding(name, *asked)],
        lambda name: or_(*(count(name) for count in counted if count is not None)),
    )


def _mixed(query: NameQuery) -> Answering:
    """Han characters where they stand, and the sound of the whole: 天men, t门; or the letters as they are written."""

    def sounding(pattern: str) -> Check:
        def check(name: Columns) -> Condition:
            written = [func.strpos(name.folded, part) > 0 for part in query.written]
            return and_(*written, name.tones.regexp_match(pattern))

        return check

    def index(name: Columns) -> Sequence[Condition]:
        held = [_has(name, gram) for gram in query.grams]
        if query.neighbours:
            ways = (" & ".join(map(_lexeme, way)) for way in query.neighbours)
            return [_sounding(name, *ways, _lexeme(HAS_LETTERS)), *held]
        return held

    sound = query.tones or ""
    patterns = {EXACT: f"(^| ){sound}($| )", PREFIX: f"(^| ){sound}", PART: f"[1-5]{sound}"}

    def either(tier: Tier) -> Tier:
        heard = sounding(patterns[tier.number])
        return Tier(tier.number, lambda name: or_(tier.check(name), heard(name)), index)

    plain = _text(query)
    return Answering(tuple(map(either, plain.tiers)), index)


def _among(readings: Any, beginning: str) -> Condition:
    """Whether one of several readings, apart by spaces, begins so; a blank at the end asks for the whole one."""
    return literal(" ").concat(readings).concat(" ").like(f"% {beginning}%")


def _lexeme(sound: str, *, begun: bool = False) -> str:
    """What is looked up among the sounds of a name: `^` before a reading, `$` after a whole one, `~` before its initials."""
    return f"'{sound[:LONGEST_SOUND]}'{':*' if begun else ''}"


def _sounding(name: Columns, *lexemes: str) -> Condition:
    """Whether a name has one of them."""
    found: Condition = name.sounds.bool_op("@@")(cast(literal(" | ".join(lexemes), Text), TSQUERY))
    return found


def _has(name: Columns, gram: str) -> Condition:
    held: Condition = name.grams.contains(cast(array([gram]), ARRAY(Text)))
    return held
