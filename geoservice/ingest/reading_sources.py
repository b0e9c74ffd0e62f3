"""Whose word the reading of a name is: layers/codes/reading_sources.toml."""

from __future__ import annotations

import re
import unicodedata

DICTIONARY = "dictionary"
STATED = ("approved", "national_base", "officer", "stated")
_TONES = re.compile("[\u0304\u0301\u030c\u0306\u0300]|[A-Za-z][1-5]")


def is_stated(source: str | None) -> bool:
    """Whether somebody has said so: then that reading is the only one.

    Examples
    --------
    >>> is_stated("national_base"), is_stated("dictionary"), is_stated(None)
    (True, False, False)
    """
    return source in STATED


def has_tones(spelling: str | None) -> bool:
    """Whether a spelling tells its tones.

    Examples
    --------
    >>> has_tones("Gānyì Zhèn"), has_tones("gan1yi4"), has_tones("Ganyi Zhen"), has_tones(None)
    (True, True, False, False)
    """
    return bool(_TONES.search(unicodedata.normalize("NFD", spelling or "")))
