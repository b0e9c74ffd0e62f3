"""A place name cut into its specific term (专名) and its generic term (通名)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from geoservice.catalog import CodeEntry, CodeList, read_declaration
from geoservice.resources import resource

LIST = "generic_terms"


@dataclass(frozen=True, slots=True)
class Terms:
    """Specific and generic term; a name without a generic term is specific as a whole."""

    specific: str
    generic: str | None


@dataclass(frozen=True, slots=True)
class _Ending:
    text: str
    classes: tuple[str, ...]


def split_terms(name: str, class_code: str | None = None) -> Terms:
    """Cuts a name before the longest generic term of its class.

    Parameters
    ----------
    class_code
        Of the place, as in layers/codes/place_classes.toml: 皂市镇 ends in 镇, the village 李家湾 in no generic term that
        stands apart. Without it the terms of all classes count.

    Examples
    --------
    >>> split_terms("皂市镇", "21"), split_terms("陆羽大道", "23")
    (Terms(specific='皂市', generic='镇'), Terms(specific='陆羽', generic='大道'))
    >>> split_terms("李家湾", "22200"), split_terms("镇", "21")
    (Terms(specific='李家湾', generic=None), Terms(specific='镇', generic=None))
    """
    for ending in _endings():
        if len(name) > len(ending.text) and name.endswith(ending.text) and _fits(ending, class_code):
            return Terms(name[: -len(ending.text)], ending.text)
    return Terms(name, None)


def _fits(ending: _Ending, class_code: str | None) -> bool:
    return class_code is None or any(
        class_code.startswith(known) or known.startswith(class_code) for known in ending.classes
    )


@cache
def _endings() -> Sequence[_Ending]:
    """Endings that stand apart, the longest first."""
    codes = read_declaration(resource("layers", "codes", f"{LIST}.toml"), CodeList)
    found = [
        _Ending(text, _classes(entry))
        for entry in codes.entries
        if entry.attributes.get("split")
        for text in (entry.title.zh, *entry.aliases)
    ]
    return sorted(found, key=lambda ending: -len(ending.text))


def _classes(entry: CodeEntry) -> tuple[str, ...]:
    given = entry.attributes.get("classes", [])
    return tuple(given) if isinstance(given, list) else ()
