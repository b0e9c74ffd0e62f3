"""Texts without case and without accents, as PostgreSQL works them out: the same for columns and for values.

Pinyin without its tones is what `without_accents` leaves of it: 干驿 is found as ``Ganyi`` and as ``Gānyì``.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func

# Letters whose mark is no character of its own.
_STRUCK, _PLAIN = "øØđĐłŁħĦŧŦı", "oOdDlLhHtTi"


def without_case(value: Any) -> ColumnElement[str]:
    """Upper and lower case as one: what has two small forms (ς and σ, ſ and s, ß and ss) too."""
    folded: ColumnElement[str] = func.replace(func.lower(func.upper(value)), "ß", "ss")
    return folded


def without_accents(value: Any) -> ColumnElement[str]:
    """Letters without the marks above and below them."""
    apart = func.pg_catalog.normalize(value, "NFD")
    bare = func.pg_catalog.normalize(func.regexp_replace(apart, "[\u0300-\u036f]", "", "g"), "NFC")
    plain: ColumnElement[str] = func.translate(bare, _STRUCK, _PLAIN)
    return plain
