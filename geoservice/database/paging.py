"""Pages by a stable key: the next page begins after the last record of this one, however many there are."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, tuple_

from geoservice.errors import BadRequest

LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the token of those that follow; None at the end."""

    items: list[dict[str, Any]]
    next: str | None


@dataclass(frozen=True, slots=True)
class Key:
    """One column of the key that a list is ordered by, and the type of its values."""

    name: str
    column: Any
    type: type[int | str]


def page(
    connection: Connection, statement: Select[Any], keys: Sequence[Key], *, limit: int, after: str | None = None
) -> Page:
    """Runs a statement for one page.

    Parameters
    ----------
    statement
        Without order; it selects every key under its name. Keys whose name begins with an underscore are left out
        of the records.
    keys
        Together unique and never null.
    after
        The token of the page before.

    Raises
    ------
    BadRequest
        If the token was not made here.
    """
    columns: list[ColumnElement[Any]] = [key.column for key in keys]
    if after is not None:
        values = decode(after, [key.type for key in keys])
        statement = statement.where(tuple_(*columns) > tuple_(*values))
    rows = connection.execute(statement.order_by(*columns).limit(limit + 1)).mappings().all()
    last = rows[limit - 1] if len(rows) > limit else None
    token = encode([last[key.name] for key in keys]) if last is not None else None
    return Page([_shown(row) for row in rows[:limit]], token)


def encode(values: Sequence[int | str]) -> str:
    """A token that stands for a place in a list.

    Examples
    --------
    >>> decode(encode([3, "天门"]), [int, str])
    [3, '天门']
    """
    text = json.dumps(list(values), ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(token: str, types: Sequence[type[int | str]]) -> list[int | str]:
    """The values of a token.

    Raises
    ------
    BadRequest
        If it holds anything else than values of these types.
    """
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        values = json.loads(data)
    except (ValueError, binascii.Error, RecursionError):
        raise BadRequest("api.bad-token") from None
    if not isinstance(values, list) or len(values) != len(types):
        raise BadRequest("api.bad-token")
    for value, kind in zip(values, types, strict=True):
        if type(value) is not kind or not _storable(value):
            raise BadRequest("api.bad-token")
    return values


def _storable(value: int | str) -> bool:
    """Whether PostgreSQL can hold it."""
    if isinstance(value, int):
        return -LARGEST <= value <= LARGEST
    return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _shown(row: RowMapping) -> dict[str, Any]:
    return {name: value for name, value in row.items() if not name.startswith("_")}
