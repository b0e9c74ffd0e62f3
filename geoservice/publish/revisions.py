"""The revision of what goes out: caches and ETags are keyed by it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, Text, any_, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import InstrumentedAttribute

from geoservice import __version__
from geoservice.database.actor import acting
from geoservice.database.models import LayerRevision
from geoservice.publish.queries.texts import fixed


@dataclass(frozen=True, slots=True)
class Revision:
    """State of a layer. The moment tells apart two databases that both count from one."""

    number: int
    changed_at: datetime


def layer_revisions(connection: Connection) -> dict[str, Revision]:
    """State of every layer that has ever been declared to the database, as whoever acts sees it."""
    statement = select(LayerRevision.layer, *_columns())
    return {layer: Revision(number, changed_at) for layer, number, changed_at in connection.execute(statement)}


def layer_revision(connection: Connection, layer: str) -> Revision | None:
    """State of one layer, as whoever acts sees it; None where nothing was ever loaded."""
    row = connection.execute(revision_of(layer)).one_or_none()
    return None if row is None else Revision(*row)


def revision_of(layer: str) -> Select[Any]:
    """State of one layer as a row of ``revision`` and ``at``, for a statement that reads its records in the same moment."""
    number, changed_at = _columns()
    columns: tuple[Any, ...] = (number.label("revision"), changed_at.label("at"))
    return select(*columns).where(LayerRevision.layer == layer)


def revision_mark(layers: Sequence[str]) -> ScalarSelect[str]:
    """State of several layers as one text, for a statement that reads their records in the same moment."""
    number, changed_at = _columns()
    one = cast(number, Text).concat(fixed("@")).concat(cast(func.extract("epoch", changed_at), Text))
    ordered = aggregate_order_by(fixed(","), LayerRevision.layer)
    marks = func.string_agg(LayerRevision.layer.concat(fixed(" ")).concat(one), ordered)
    # Not IN, whose length would be written into the statement at every execution.
    found = select(func.coalesce(marks, fixed(""))).where(LayerRevision.layer == any_(array(layers)))
    return found.scalar_subquery()


def _columns() -> tuple[InstrumentedAttribute[int], InstrumentedAttribute[datetime]]:
    """A change of what is not published is no change to the public."""
    if acting.get().reads:
        return LayerRevision.revision, LayerRevision.changed_at
    return LayerRevision.public_revision, LayerRevision.public_changed_at


def etag(*parts: object) -> str:
    """A weak ETag of everything that an answer depends on, the program's own version and the audience included.

    Examples
    --------
    >>> etag("roads", 1) == etag("roads", 1), etag("roads", 1) == etag("roads", 2)
    (True, False)
    >>> etag()[:3]
    'W/"'
    """
    text = "\x1f".join(map(_text, (__version__, acting.get().audience, *parts)))
    return f'W/"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


def _text(part: object) -> str:
    if isinstance(part, Revision):
        return f"{part.number}@{part.changed_at.isoformat()}"
    return part.isoformat() if isinstance(part, date) else repr(part)
