"""What is worked out once for a state of the records: extents and counts, by audience."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.database.actor import acting
from geoservice.publish.ogc.extents import Extent, extents
from geoservice.publish.ogc.model import Collection, collections
from geoservice.publish.ogc.queries import COUNTED, Asked, Features, counted, features
from geoservice.publish.revisions import layer_revisions

V = TypeVar("V")
_MOST = 500


class Recent(Generic[V]):
    """The values that were asked for last.

    Examples
    --------
    >>> recent = Recent[int](most=1)
    >>> recent.put("a", 1)
    >>> recent.put("b", 2)
    >>> recent.get("a") is None, recent.get("b")
    (True, 2)
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._lock = Lock()
        self._values: OrderedDict[Hashable, V] = OrderedDict()

    def get(self, key: Hashable) -> V | None:
        """The value of a key; None where it is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def put(self, key: Hashable, value: V) -> None:
        """Keeps a value; the one that nobody has asked for longest goes."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)


class Published:
    """The collections of an installation, and what is kept about them.

    Attributes
    ----------
    counts
        By question, the state that features were counted in and how many there were.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.collections: Mapping[str, Collection] = collections(catalog)
        self.counts: Recent[tuple[str, int]] = Recent()
        self._extents: Recent[Extent | bool] = Recent()

    def seen(
        self, connection: Connection, today: date, only: Sequence[str] = ()
    ) -> dict[str, tuple[Collection, Extent]]:
        """Collections that whoever acts may see anything of, with their extents; all, or `only` some."""
        revisions = layer_revisions(connection)
        wanted = [one for one in self.collections.values() if not only or one.id in only]
        keys = {one.id: (one.id, revisions.get(one.id), acting.get().audience, today) for one in wanted}
        known = {id_: self._extents.get(key) for id_, key in keys.items()}
        missing = [one for one in wanted if known[one.id] is None]
        if missing:
            found = extents(connection, missing, today=today)
            for one in missing:
                known[one.id] = found.get(one.id, False)
                self._extents.put(keys[one.id], found.get(one.id, False))
        return {one.id: (one, extent) for one in wanted if isinstance(extent := known[one.id], Extent)}

    def page(
        self, connection: Connection, one: Collection, asked: Asked, selection: Hashable
    ) -> tuple[Features, int | None]:
        """A page of features, and how many there are in all where that is known.

        Parameters
        ----------
        selection
            Tells apart questions that different features fit.
        """
        key = (one.id, selection, acting.get().audience, asked.today)
        known = self.counts.get(key)
        found = features(connection, one, asked, count=known is None and asked.after is None)
        if asked.after is None and found.last is None:
            return found, found.returned
        if known is None or known[0] != found.mark:
            if asked.after is not None:
                return found, None
            matched = found.matched if known is None else counted(connection, one, asked)
            known = (found.mark, COUNTED + 1 if matched is None else matched)
            self.counts.put(key, known)
        return found, known[1] if known[1] <= COUNTED else None
