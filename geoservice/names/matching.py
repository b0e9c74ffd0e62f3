"""How a name answers what was typed, tier by tier; each tier as a check of the name and as a question to an index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, false, func, literal, or_
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY, array

from geoservice.database.filters import containing
from geoservice.database.models.places import BEGINNING, FIRST_INITIALS, FIRST_LETTERS, LONGEST_SOUND
from geoservice.ingest.name_keys import syllables_beginning
from geoservice.names.query import SHORTEST_PART, NameQuery

EXACT, PREFIX, INITIALS, PART = range(4)
HAS_LETTERS = "+"  # among the sounds of a name in which letters or digits are written
Condition = ColumnElement[bool]
# Columns of a name, or of what was read of one: folded, pinyin, tones, initials.
Columns = Any
Check = Callable[[Columns], Condition]
# Syllables of a reading without tones; one that may go on ends in a star.
Way = Sequence[str]
MOST_WHOLE, MOST_COUNTED = 300, 30  # readings that are looked up at once, and of which it is asked how many there are


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
    only_counted
        Whether what the indexes are asked tells nothing of how many they are.
    by_beginning
        Whether `index` asks the index of beginnings, which holds standing and importance as they are.
    in_order
        Whether that index gives the names in the order of the search.
    put_together
        Whether the index puts what it is asked together from many words, which takes as long each time.
    """

    number: int
    check: Check
    index: Callable[[Columns], Sequence[Condition]]
    counted: Check | None = None
    only_counted: bool = False
    by_beginning: bool = False
    in_order: bool = False
    put_together: bool = False


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

    long = len(key) > FIRST_LETTERS
    whole, beginning = _lexeme(f"^{key}$"), _lexeme(f"^{key}", begun=long)
    tiers = [
        Tier(EXACT, said(is_it), lambda name: [_sounding(name, whole)]),
        Tier(
            PREFIX,
            said(begins),
            lambda name: [_sounding(name, beginning)],
            lambda name: name.pinyin.like(f"{key}%"),
            put_together=long,
        ),
    ]
    asked, counted = [beginning], [tiers[1].counted]
    if query.initials is not None:
        first = query.initials
        many = len(first) > FIRST_INITIALS
        initials = _lexeme(f"~{first}", begun=many)
        tiers.append(
            Tier(
                INITIALS,
                lambda name: _among(name.initials, first),
                lambda name: [_sounding(name, initials)],
                lambda name: name.initials.like(f"{first}%"),
                put_together=many,
            )
        )
        asked.append(initials)
        counted.append(tiers[2].counted)
    if len(key) >= SHORTEST_PART:

        def inside(name: Columns) -> Condition:
            return and_(name.pinyin.like(f"%{key}%"), sounds(name))

        part = _lexeme(key, begun=True)
        tiers.append(Tier(PART, inside, lambda name: [_sounding(name, part)], put_together=True))
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

    def asking(*lexemes: str) -> Callable[[Columns], Sequence[Condition]]:
        # Where letters are written in a name, those that were typed may be meant as they stand.
        said = [*dict.fromkeys(lexemes), _lexeme(HAS_LETTERS)] if all(lexemes) else []

        def index(name: Columns) -> Sequence[Condition]:
            written = [_has(name, gram) for gram in query.grams]
            return [_sounding(name, *said), *written] if said else written

        return index

    whole = _readings(query.ways)
    begun = asking(*map(_begun, query.ways))
    inside = asking(*map(_inside, query.ways))
    indexes = {PREFIX: begun, PART: inside}
    indexes[EXACT] = asking(*(_lexeme(f"^{one}$") for one in whole)) if whole else begun
    sound = query.tones or ""
    patterns = {EXACT: f"(^| ){sound}($| )", PREFIX: f"(^| ){sound}", PART: f"[1-5]{sound}"}

    def either(tier: Tier) -> Tier:
        heard = sounding(patterns[tier.number])
        known = tier.number == EXACT and bool(whole)
        return Tier(
            tier.number,
            lambda name: or_(tier.check(name), heard(name)),
            indexes[tier.number],
            (lambda name: name.pinyin.in_(whole[:MOST_COUNTED])) if known else None,
            only_counted=known,
            put_together=True,
        )

    plain = _text(query)
    return Answering(tuple(map(either, plain.tiers)), inside)


def _readings(ways: Sequence[Way]) -> list[str]:
    """Each whole reading that they can be, without tones, the shortest first; none where these are too many."""
    found: dict[str, None] = {}
    for way in ways:
        may_be = [syllables_beginning(one[:-1]) if one.endswith("*") else (one,) for one in way]
        if not all(may_be) or prod(map(len, may_be)) > MOST_WHOLE:
            return []
        found |= dict.fromkeys(map("".join, product(*may_be)))
    return sorted(found, key=len) if len(found) <= MOST_WHOLE else []


def _begun(way: Way) -> str:
    known = "".join(way).partition("*")[0]
    begun = _lexeme(f"^{known[:FIRST_LETTERS]}")
    # What neighbours sound like says little more where the first of them is known whole, and is no chance apart from it.
    return f"{begun} & {_inside(way)}" if way[0].endswith("*") and _inside(way) else begun


def _inside(way: Way) -> str:
    """What each two neighbours sound like, where one of them is known whole; nothing where none is."""
    found = []
    for first, second in pairwise(way):
        if not first.endswith("*"):
            found.append(_lexeme(f"{first}+{second[0]}"))
        elif not second.endswith("*"):
            found.append(_lexeme(f"{first[0]}+{second}"))
    return " & ".join(found)


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
