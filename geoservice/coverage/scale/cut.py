"""Cells of an area, and the part of a network that can matter to the places of a cell."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.build import csr
from geoservice.network.graph import Graph, Mode

# The shortest degree of latitude is 110,574 m, of longitude 111,319 m times the cosine; one in a hundred is added.
_DEGREE_M = 110_574.0 / 1.01
# What rounding can add to a way: half a decisecond at each foot and each leg.
_ROUNDED_DS = 4


@dataclass(frozen=True)
class Cell:
    """A box in degrees; west and south belong to it, east and north do not."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lon: Floats, lat: Floats) -> Bools:
        """Which places belong to it."""
        inside: Bools = (lon >= self.west) & (lon < self.east) & (lat >= self.south) & (lat < self.north)
        return inside

    def grown(self, metres: float) -> Cell:
        """The box with a margin of at least so many metres on all sides.

        Examples
        --------
        >>> Cell(113.0, 30.0, 113.1, 30.1).grown(1000).south < 29.991
        True
        """
        high = metres / _DEGREE_M
        furthest = min(max(abs(self.south), abs(self.north)) + high, 89.0)
        wide = high / float(np.cos(np.radians(furthest)))
        return Cell(self.west - wide, self.south - high, self.east + wide, self.north + high)


def cells_of(lon: Floats, lat: Floats, count: int, margin_m: float) -> list[Cell]:
    """Cells that fill the box of some places and a margin about it, with about as many places in each.

    Parameters
    ----------
    lon, lat
        Degrees, shape (n,), n > 0.
    count
        How many cells; fewer where places are few.
    margin_m
        Around the outermost places.

    Examples
    --------
    >>> cells = cells_of(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4), 2, 10.0)
    >>> [int(cell.holds(np.array([1.0, 2.0, 3.0, 4.0]), np.zeros(4)).sum()) for cell in cells]
    [2, 2]
    """
    whole = Cell(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())).grown(margin_m + 1.0)
    return _split(whole, lon, lat, count)


def _split(cell: Cell, lon: Floats, lat: Floats, count: int) -> list[Cell]:
    if count <= 1 or lon.size < 2:
        return [cell]
    scale = float(np.cos(np.radians(lat.mean())))
    wide = float(np.ptp(lon)) * scale >= float(np.ptp(lat))
    along = lon if wide else lat
    at = float(np.quantile(along, (count // 2) / count, method="higher"))
    # A cut between two places, so that none lies on it.
    before = along[along < at]
    if not before.size:
        return [cell]
    middle = (float(before.max()) + at) / 2
    if not float(before.max()) < middle:
        middle = at
    first = along < middle
    if wide:
        halves = Cell(cell.west, cell.south, middle, cell.north), Cell(middle, cell.south, cell.east, cell.north)
    else:
        halves = Cell(cell.west, cell.south, cell.east, middle), Cell(cell.west, middle, cell.east, cell.north)
    return [
        *_split(halves[0], lon[first], lat[first], count // 2),
        *_split(halves[1], lon[~first], lat[~first], count - count // 2),
    ]


@dataclass(frozen=True)
class Cutter:
    """Cuts parts from one network."""

    graph: Graph

    @cached_property
    def _bounds(self) -> tuple[Floats, Floats, Floats, Floats]:
        """West, south, east, north of each edge."""
        graph, first = self.graph, self.graph.vertex_offset[:-1]
        return (
            np.minimum.reduceat(graph.vertex_lon, first),
            np.minimum.reduceat(graph.vertex_lat, first),
            np.maximum.reduceat(graph.vertex_lon, first),
            np.maximum.reduceat(graph.vertex_lat, first),
        )

    @cached_property
    def fastest(self) -> float:
        """Most metres a decisecond on any edge as it is weighed: rounding makes short edges quicker than the mode."""
        return float(np.max(self.graph.edge_length_m / self.graph.edge_weight))

    def halo_m(self, mode: Mode, time_ds: int) -> float:
        """How far apart a place and a facility can be whose time is at most `time_ds`: the way and both legs."""
        return self.fastest * (time_ds + _ROUNDED_DS) + 2.0 * mode.off_network_m + 1.0

    def cut(self, box: Cell) -> Graph:
        """The edges whose own box meets a box, in their order, with the components of the whole."""
        graph = self.graph
        west, south, east, north = self._bounds
        keep = (west <= box.east) & (east >= box.west) & (south <= box.north) & (north >= box.south)
        # A network has an edge at least; one too many changes nothing.
        keep[0] |= not keep.any()
        edges = np.flatnonzero(keep)
        nodes = np.unique(np.concatenate([graph.edge_u[edges], graph.edge_v[edges]]))
        u = np.searchsorted(nodes, graph.edge_u[edges]).astype(np.int32)
        v = np.searchsorted(nodes, graph.edge_v[edges]).astype(np.int32)
        return _part(graph, edges, nodes, u, v)


def _part(graph: Graph, edges: Int64s, nodes: Int32s, u: Int32s, v: Int32s) -> Graph:
    start, stop = graph.vertex_offset[edges], graph.vertex_offset[edges + 1]
    offset = np.concatenate([[0], np.cumsum(stop - start)]).astype(np.int64)
    vertices = np.arange(offset[-1]) + np.repeat(start - offset[:-1], stop - start)
    ahead, back, weight = graph.edge_forward[edges], graph.edge_backward[edges], graph.edge_weight[edges]
    return Graph(
        lon=graph.lon[nodes],
        lat=graph.lat[nodes],
        forward=csr(nodes.size, u, v, weight, ahead, back),
        reverse=csr(nodes.size, u, v, weight, back, ahead),
        edge_u=u,
        edge_v=v,
        edge_road=graph.edge_road[edges],
        edge_forward=ahead,
        edge_backward=back,
        edge_weight=weight,
        edge_length_m=graph.edge_length_m[edges],
        vertex_offset=offset,
        vertex_lon=graph.vertex_lon[vertices],
        vertex_lat=graph.vertex_lat[vertices],
        vertex_along_m=graph.vertex_along_m[vertices],
        component=graph.component[nodes],
        main_component=graph.main_component,
        revision=graph.revision,
        mode=graph.mode,
        state=None if graph.state is None else graph.state[nodes],
        copy=None if graph.copy is None else graph.copy[edges],
        turns=graph.turns,
        slope=graph.slope,
    )
