"""How close two names are: same characters, same sound, another tone, nearly the same sound, nearly the same form."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from geoservice.ingest.alike import near_sound, same_form
from geoservice.ingest.name_keys import all_readings, folded
from geoservice.ingest.terms import split_terms

Syllables = tuple[str, ...]


class Tier(IntEnum):
    """The closer the lower."""

    SAME = 1  # same characters; variants of one character (塆 for 湾) count as the same
    SAME_SOUND = 2  # same syllables and tones, other characters
    OTHER_TONE = 3  # same syllables, other tones
    NEAR_SOUND = 4  # syllables that local speech does not tell apart
    NEAR_FORM = 5  # characters that look alike


@dataclass(frozen=True, slots=True)
class Sounding:
    """A name as it is compared.

    Attributes
    ----------
    specific
        Its specific term, folded; `whole` is the whole name.
    readings
        Numbered syllables of the whole name, the likeliest first.
    confirmed
        Whether somebody has stated the reading: then there is one.
    """

    name: str
    specific: str
    whole: str
    readings: tuple[Syllables, ...]
    confirmed: bool

    @classmethod
    def of(cls, name: str, class_code: str | None = None, reading: str | None = None) -> Sounding:
        """From a name as it is written."""
        return _sounding(name, class_code, reading)

    @property
    def specific_readings(self) -> tuple[Syllables, ...]:
        """Readings of the specific term, each once."""
        return tuple(dict.fromkeys(reading[: len(self.specific)] for reading in self.readings))


@lru_cache(maxsize=100_000)
def _sounding(name: str, class_code: str | None, reading: str | None) -> Sounding:
    whole = folded(name)
    readings = tuple(all_readings(whole, reading))
    specific = split_terms(whole, class_code).specific
    return Sounding(name, specific, whole, readings, confirmed=bool(reading) and len(readings) == 1)


@dataclass(frozen=True, slots=True)
class Match:
    """How two names are close.

    Attributes
    ----------
    whole
        Whether the whole names are, and not the specific terms alone.
    mine, theirs
        The readings by which they are, empty where the characters decide.
    unlikely
        Whether that needs a reading other than the likeliest of one of them.
    near
        Ids of the near sounds that it takes.
    """

    tier: Tier
    whole: bool
    mine: Syllables = ()
    theirs: Syllables = ()
    unlikely: bool = False


def compare(mine: Sounding, theirs: Sounding, near: frozenset[str] | None = None) -> Match | None:
    """The closest way in which two names may be taken for each other; None where there is none.

    Of equal tiers the whole name counts before the specific term, and likely readings before others.

    Parameters
    ----------
    near
        Ids of the near sounds that count; all by default.

    Examples
    --------
    >>> compare(Sounding.of("汪场镇", "21"), Sounding.of("王场镇", "21")).tier.name
    'OTHER_TONE'
    >>> compare(Sounding.of("马安镇", "21"), Sounding.of("马鞍乡", "21")).tier.name
    'SAME_SOUND'
    >>> compare(Sounding.of("岳口镇", "21"), Sounding.of("多祥镇", "21")) is None
    True
    """
    found = [match for match in (_whole(mine, theirs, near), _specific(mine, theirs, near)) if match is not None]
    return min(found, key=lambda match: (match.tier, match.unlikely, not match.whole), default=None)


def _whole(mine: Sounding, theirs: Sounding, near: frozenset[str] | None) -> Match | None:
    return _closest(mine.whole, theirs.whole, mine.readings, theirs.readings, near, whole=True)


def _specific(mine: Sounding, theirs: Sounding, near: frozenset[str] | None) -> Match | None:
    return _closest(mine.specific, theirs.specific, mine.specific_readings, theirs.specific_readings, near, whole=False)


def _closest(
    one: str,
    other: str,
    mine: tuple[Syllables, ...],
    theirs: tuple[Syllables, ...],
    near: frozenset[str] | None,
    *,
    whole: bool,
) -> Match | None:
    if one == other:
        return Match(Tier.SAME, whole)
    sounds = [
        Match(tier, whole, a, b, unlikely=bool(at or to))
        for at, a in enumerate(mine)
        for to, b in enumerate(theirs)
        if (tier := _sound_tier(a, b, near)) is not None
    ]
    if same_form(one) == same_form(other):
        sounds.append(Match(Tier.NEAR_FORM, whole))
    return min(sounds, key=lambda match: (match.unlikely and match.tier != Tier.NEAR_FORM, match.tier), default=None)


def _sound_tier(mine: Syllables, theirs: Syllables, near: frozenset[str] | None) -> Tier | None:
    if len(mine) != len(theirs) or not mine:
        return None
    if mine == theirs:
        return Tier.SAME_SOUND
    if [one.rstrip("12345") for one in mine] == [one.rstrip("12345") for one in theirs]:
        return Tier.OTHER_TONE
    if [near_sound(one, near) for one in mine] == [near_sound(one, near) for one in theirs]:
        return Tier.NEAR_SOUND
    return None
