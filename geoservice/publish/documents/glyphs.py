"""Which fonts of this machine can draw a text: a character that none of them has is never drawn as a box."""

from __future__ import annotations

from functools import cache

from matplotlib import get_data_path
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font

from geoservice.publish.pictures import FONTS

# Fonts that matplotlib brings along hold signs of formulas, or placeholders for everything.
_OWN = get_data_path()


def fonts_for(text: str) -> list[str] | None:
    r"""Families that together have every character; None where a character is in no font here.

    Examples
    --------
    >>> fonts_for("Nan 1") == FONTS, fonts_for("\ue000\U0010fffd") is None
    (True, True)
    """
    families = list(FONTS)
    for character in dict.fromkeys(text):
        if character.isspace() or any(_has(_path(family), character) for family in families):
            continue
        family = _family_with(character)
        if family is None:
            return None
        families.append(family)
    return families


@cache
def _path(family: str) -> str:
    return str(findfont(FontProperties(family=[family])))


@cache
def _family_with(character: str) -> str | None:
    """A family of this machine that has a character."""
    for entry in fontManager.ttflist:
        if not entry.fname.startswith(_OWN) and _has(entry.fname, character):
            return str(entry.name)
    return None


@cache
def _has(path: str, character: str) -> bool:
    try:
        return bool(get_font(path).get_char_index(ord(character)))
    except (OSError, RuntimeError):  # a font that cannot be opened draws nothing
        return False
