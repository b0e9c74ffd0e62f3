"""What a file is written from: the rows of one collection, read batch by batch as whoever asks sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from geoservice.publish.formats.facts import Facts
from geoservice.publish.formats.systems import System
from geoservice.publish.ogc.crs import MERCATOR
from geoservice.publish.ogc.model import Collection, Property
from geoservice.publish.ogc.sources import Source

BATCH = 2000
# Between the words of a list in formats that know no lists; the import reads it back.
LISTED = "；"

Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Content:
    """The rows of an export and what is told of them.

    Attributes
    ----------
    heads
        Property to the name of its column.
    on
        What was asked for as time; None for all that was ever in force.
    watch
        Called after each batch with the number of rows; ends an export that takes too long.
    """

    connection: Connection
    collection: Collection
    found: Source
    conditions: tuple[ColumnElement[bool], ...]
    system: System
    heads: Mapping[str, str]
    facts: Facts
    on: str | None = None
    approval: str | None = None
    watch: Callable[[int], None] = lambda _: None

    @property
    def properties(self) -> Sequence[Property]:
        """Properties in their order."""
        return tuple(self.collection.properties.values())

    @property
    def values(self) -> list[ColumnElement[Any]]:
        """Columns of the properties."""
        return [self.found.columns[name] for name in self.collection.properties]

    @property
    def geometry(self) -> ColumnElement[Any]:
        """The geometry in the system of the file, before a shift; east first."""
        crs, table = self.system.crs, self.found.table
        if crs.epsg == MERCATOR:
            geom: ColumnElement[Any] = table.geom_3857
            return geom
        return func.ST_Transform(table.geom, crs.epsg) if crs.metric else table.geom

    @property
    def wkb(self) -> ColumnElement[Any]:
        """The same as WKB, which holds no system."""
        return func.ST_AsBinary(self.geometry, type_=None)

    def select(self, *columns: Any, where: Sequence[Any] = (), size: int = BATCH) -> Iterator[Rows]:
        """Rows by id, batch by batch: no more than one batch is ever held."""
        statement = (
            select(*columns)
            .select_from(self.found.joined)
            .where(*self.conditions, *where)
            .order_by(self.found.id)
            .execution_options(stream_results=True, yield_per=size)
        )
        with self.connection.execute(statement) as result:
            for batch in result.partitions(size):
                yield batch
                self.watch(len(batch))

    def records(self, *, where: Sequence[Any] = ()) -> Iterator[Rows]:
        """Rows of id, WKB before a shift, values of the properties."""
        return self.select(self.found.id, self.wkb, *self.values, where=where)


def plain(value: Any) -> Any:
    """A value for formats that know no lists.

    Examples
    --------
    >>> plain(["a", "b"]), plain(None), plain(1)
    ('a；b', None, 1)
    """
    return LISTED.join(map(str, value)) if isinstance(value, list) else value
