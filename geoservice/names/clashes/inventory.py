"""Names that already clash, as they are: an inventory, and no error of anybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from geoservice.names.clashes.comparing import Sounding, Tier


@dataclass(frozen=True)
class Group:
    """Names whose specific terms are the same, or sound the same and are written differently.

    Attributes
    ----------
    terms
        The specific terms, each once, in the order of their first name.
    names
        Every name, as it is written; positions of the given list in `positions`.
    """

    tier: Tier
    terms: tuple[str, ...]
    names: tuple[str, ...]
    positions: tuple[int, ...]


def inventory(names: Sequence[Sounding], tier: Tier) -> list[Group]:
    """Groups of names of one scope by their specific terms, the largest first.

    Parameters
    ----------
    tier
        ``SAME`` for the same characters; ``SAME_SOUND`` and ``OTHER_TONE`` for terms that are written differently and
        sound the same, with or without the tone, in their likeliest reading.
    """
    if tier == Tier.SAME:
        found = _grouped((one.specific, at) for at, one in enumerate(names))
        groups = [_group(tier, names, positions) for positions in found if len(positions) > 1]
    else:
        found = _grouped((_sound(one, tier), at) for at, one in enumerate(names) if one.readings)
        groups = [_group(tier, names, positions) for positions in found]
        groups = [group for group in groups if len(group.terms) > 1]
    return sorted(groups, key=lambda group: (-len(group.names), group.positions))


def _sound(name: Sounding, tier: Tier) -> str:
    syllables = name.specific_readings[0]
    return "'".join(syllables if tier == Tier.SAME_SOUND else [one.rstrip("12345") for one in syllables])


def _grouped(keyed: Iterable[tuple[str, int]]) -> list[list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for key, position in keyed:
        found[key].append(position)
    return list(found.values())


def _group(tier: Tier, names: Sequence[Sounding], positions: Sequence[int]) -> Group:
    terms = tuple(dict.fromkeys(names[at].specific for at in positions))
    return Group(tier, terms, tuple(names[at].name for at in positions), tuple(positions))
