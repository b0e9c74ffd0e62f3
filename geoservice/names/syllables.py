"""Whose word each syllable of a registered name is."""

from __future__ import annotations

from dataclasses import dataclass

from geoservice.ingest.characters import is_han
from geoservice.ingest.reading_chain import read_name
from geoservice.ingest.reading_sources import is_stated


@dataclass(frozen=True, slots=True)
class Syllable:
    """One character with its reading.

    Attributes
    ----------
    source
        A code of layers/codes/reading_sources.toml where somebody stated the whole reading, else where this program took
        the syllable from (`geoservice.ingest.reading_chain.Origin`); ``none`` where it would read the character otherwise today.
    confirmed
        Whether there is nothing to ask: stated, sourced, or the only reading that there is.
    """

    character: str
    syllable: str
    source: str
    confirmed: bool


def syllables(name: str, reading: str | None, source: str | None) -> list[Syllable]:
    """The syllables of a name; empty where its reading is not one syllable a character.

    Parameters
    ----------
    reading
        As the registry keeps it: with tone marks, apart by blanks.
    source
        Code of whose word that is.

    Examples
    --------
    >>> [(one.syllable, one.source) for one in syllables("干驿镇", "gān yì zhèn", "approved")][:2]
    [('gān', 'approved'), ('yì', 'approved')]
    >>> [(one.source, one.confirmed) for one in syllables("曾家台", "zēng jiā tái", "dictionary")][0]
    ('surname', True)
    >>> syllables("Soldeu", None, None), syllables("陆羽1路", "lù yǔ1 lù", "dictionary")
    ([], [])
    """
    said = (reading or "").split()
    if len(said) != len(name) or not all(map(is_han, name)):
        return []
    if is_stated(source):
        return [Syllable(one, syllable, source or "", confirmed=True) for one, syllable in zip(name, said, strict=True)]
    return [
        Syllable(one.character, syllable, one.origin, one.confirmed)
        if one.syllable == syllable
        else Syllable(one.character, syllable, "none", confirmed=False)
        for one, syllable in zip(read_name(name), said, strict=True)
    ]
