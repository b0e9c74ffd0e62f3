"""All that networks are built from, read once, with what people call the roads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.network.arrays import Bools, Floats
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, Mode, RoadTable
from geoservice.network.networks import read_heights, read_roads, read_turns
from geoservice.network.turns import TurnRow

_NAMES = text("select name, bridge from road where cardinality(modes) > 0 order by id")


@dataclass(frozen=True)
class Lines:
    """Roads in the order of `table`, which may hold several parts of one road under its id.

    Attributes
    ----------
    name
        None where a road has none.
    bridge
        Whether a road is one.
    height_m
        Of each vertex, NaN where unknown; None where none are loaded.
    """

    table: RoadTable = field(repr=False)
    name: NDArray[np.object_] = field(repr=False)
    bridge: Bools = field(repr=False)
    turns: Sequence[TurnRow] = field(default=(), repr=False)
    height_m: Floats | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays, about."""
        return 24 * self.table.lon.size + 64 * len(self.table)

    def networks(self, modes: Mapping[str, Mode]) -> dict[str, Graph]:
        """The network of each mode, built anew; without cores, which take longer to make than they save once."""
        return {
            name: build_graph(self.table, mode, self.turns, self.height_m, core=False) for name, mode in modes.items()
        }


def read_lines(connection: Connection) -> Lines:
    """Every road that some mode may use, as whoever acts sees them."""
    table, rows = read_roads(connection), connection.execute(_NAMES).all()
    return Lines(
        table=table,
        name=np.array([row[0] for row in rows], dtype=object),
        bridge=np.array([row[1] for row in rows], dtype=bool),
        turns=read_turns(connection),
        height_m=read_heights(connection, table),
    )


class LineBook:
    """Lines that are read when somebody first needs them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lines: Lines | None = None

    def read(self, connection: Connection) -> Lines:
        """The lines, read where they are not yet."""
        with self._lock:
            if self._lines is None:
                self._lines = read_lines(connection)
            return self._lines

    @property
    def lines(self) -> Lines:
        """The lines; they have to have been read."""
        assert self._lines is not None, "read the lines first"
        return self._lines
