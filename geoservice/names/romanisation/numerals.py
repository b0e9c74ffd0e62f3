"""Numerals in names: which are ordinals of streets, and their value."""

from __future__ import annotations

import re

_DIGITS = "零一二三四五六七八九"
NUMERAL = re.compile("[〇零一二三四五六七八九十百]+")
_ORDINAL = re.compile("(?:([一二三四五六七八九])百)?(?:([一二三四五六七八九])?(十))?([一二三四五六七八九])?")
TRAILING = re.compile("[一二三四五六七八九十百]+$")


def ordinal_value(text: str) -> int | None:
    """The value of a numeral that is formed as one; None for figures in a row such as 三八 or 五一.

    Examples
    --------
    >>> ordinal_value("二"), ordinal_value("四十二"), ordinal_value("十"), ordinal_value("三八"), ordinal_value("")
    (2, 42, 10, None, None)
    """
    match = _ORDINAL.fullmatch(text)
    if not text or match is None:
        return None
    hundreds, tens, ten, ones = match.groups()
    value = _DIGITS.index(hundreds) * 100 if hundreds else 0
    if ten:
        value += (_DIGITS.index(tens) if tens else 1) * 10
    return value + (_DIGITS.index(ones) if ones else 0)
