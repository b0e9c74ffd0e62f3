"""Which entry of a code list an OpenStreetMap object belongs to, by its tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geoservice.catalog import CodeEntry, CodeList

Tags = Mapping[str, str]


@dataclass(frozen=True)
class Rules:
    """The tag groups of a code list, in the list's order.

    Attributes
    ----------
    groups
        Pairs of an entry and the tags that make an object one of it: each key with the values that fit.
    keys
        All keys that a rule looks at.
    """

    groups: tuple[tuple[CodeEntry, tuple[tuple[str, frozenset[str]], ...]], ...]
    keys: frozenset[str]

    @classmethod
    def of(cls, codes: CodeList) -> Rules:
        """The rules of a code list.

        Examples
        --------
        >>> from geoservice.catalog import load_catalog
        >>> rules = Rules.of(load_catalog().codes["facility_types"])
        >>> rules.match({"amenity": "grave_yard", "name": "青山公墓"}).code
        'cemetery'
        >>> rules.match({}) is None
        True
        """
        groups = tuple(
            (entry, tuple((key, _values(value)) for key, value in group.items()))
            for entry in codes.entries
            for group in entry.osm
        )
        return cls(groups, frozenset(key for _, group in groups for key, _ in group))

    def match(self, tags: Tags) -> CodeEntry | None:
        """The first entry one of whose groups the tags bear in full; None where there is none."""
        if self.keys.isdisjoint(tags):
            return None
        for entry, group in self.groups:
            if all(tags.get(key) in values for key, values in group):
                return entry
        return None


def _values(value: str | list[str]) -> frozenset[str]:
    return frozenset([value] if isinstance(value, str) else value)
