"""The plain data of a network: roads as flat arrays, and the graph that is built from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats, Int8s, Int32s, Int64s, UInt8s, frozen
from geoservice.network.core import Core, core_of
from geoservice.network.grid import SegmentGrid, chains

ACCESS: Mapping[str, int] = {"walk": 1, "bicycle": 2, "car": 4}
ONEWAY: Mapping[str, int] = {"no": 0, "forward": 1, "backward": -1}


class Mode(Protocol):
    """What the network needs to know of a mode of travel (layers/standards/modes.toml).

    `speeds` gives km/h by road class where it differs from `speed_kmh`; 0 = may not use.
    """

    @property
    def id(self) -> str: ...
    @property
    def access(self) -> str: ...
    @property
    def oneway(self) -> bool: ...
    @property
    def speed_kmh(self) -> float: ...
    @property
    def speeds(self) -> Mapping[str, float]: ...
    @property
    def turn_bans(self) -> bool: ...
    @property
    def slope(self) -> bool: ...
    @property
    def off_network_kmh(self) -> float: ...
    @property
    def off_network_m(self) -> float: ...
    @property
    def barriers(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class RoadRow:
    """One road as a table gives it.

    Attributes
    ----------
    id
        Identifier of the road record.
    class_
        Road class (layers/codes/road_classes.toml).
    oneway
        no, forward or backward, in the direction of the vertices.
    modes
        Access modes that may use it, out of walk, bicycle, car.
    speed_kmh
        Posted speed; None where unknown.
    node_ids
        One a vertex; roads meet where they share one.
    coordinates
        Longitude, latitude in degrees, shape (n, 2).
    """

    id: int
    class_: str
    oneway: str
    modes: Sequence[str]
    speed_kmh: float | None
    node_ids: Sequence[int] | Int64s
    coordinates: Sequence[tuple[float, float]] | Floats


@dataclass(frozen=True)
class RoadTable:
    """All roads in flat arrays; road i owns vertices ``vertex_offset[i]`` to ``vertex_offset[i + 1]``.

    Attributes
    ----------
    road_id
        int64, shape (r,).
    classes
        Names of the road classes that occur.
    class_code
        int32 index into `classes`, shape (r,).
    oneway
        int8: 0 both ways, 1 in the direction of the vertices, -1 against it.
    access
        uint8: sum of 1 walk, 2 bicycle, 4 car.
    speed_kmh
        Posted speed, NaN where unknown.
    vertex_offset
        int64, shape (r + 1,).
    lon, lat
        Degrees, shape (v,).
    node_id
        int64, shape (v,).
    """

    road_id: Int64s
    classes: tuple[str, ...]
    class_code: Int32s
    oneway: Int8s
    access: UInt8s
    speed_kmh: Floats
    vertex_offset: Int64s
    lon: Floats
    lat: Floats
    node_id: Int64s

    def __len__(self) -> int:
        return self.road_id.size

    @classmethod
    def from_rows(cls, rows: Iterable[RoadRow]) -> RoadTable:
        """The table of some roads, in the order of their ids.

        Raises
        ------
        BadInput
            ``network.bad-road`` if a road has fewer than two vertices, not one node id a vertex, a coordinate that
            is not finite, or an unknown one-way or mode.

        Examples
        --------
        >>> street = RoadRow(7, "residential", "no", ["walk"], None, [1, 2], [(113.1, 30.6), (113.2, 30.6)])
        >>> len(RoadTable.from_rows([street])), len(RoadTable.from_rows([]))
        (1, 0)
        """
        ordered = sorted(rows, key=lambda row: row.id)
        shapes = [_checked(row) for row in ordered]
        classes = tuple(sorted({row.class_ for row in ordered}))
        code = {name: index for index, name in enumerate(classes)}
        points = np.concatenate([*shapes, np.empty((0, 2))])
        nodes = [np.asarray(row.node_ids, dtype=np.int64) for row in ordered]
        return cls(
            road_id=np.array([row.id for row in ordered], dtype=np.int64),
            classes=classes,
            class_code=np.array([code[row.class_] for row in ordered], dtype=np.int32),
            oneway=np.array([ONEWAY[row.oneway] for row in ordered], dtype=np.int8),
            access=np.array([sum(ACCESS[mode] for mode in set(row.modes)) for row in ordered], dtype=np.uint8),
            speed_kmh=np.array([row.speed_kmh or np.nan for row in ordered], dtype=np.float64),
            vertex_offset=np.concatenate([[0], np.cumsum([len(shape) for shape in shapes])]).astype(np.int64),
            lon=np.ascontiguousarray(points[:, 0]),
            lat=np.ascontiguousarray(points[:, 1]),
            node_id=np.concatenate([*nodes, np.empty(0, dtype=np.int64)]),
        )


def _checked(row: RoadRow) -> Floats:
    points = np.asarray(row.coordinates, dtype=np.float64).reshape(-1, 2)
    problem = None
    if len(points) < 2 or len(points) != len(row.node_ids):
        problem = f"{len(points)} / {len(row.node_ids)}"
    elif not np.isfinite(points).all():
        problem = "NaN"
    elif row.oneway not in ONEWAY:
        problem = row.oneway
    elif unknown := sorted(set(row.modes) - set(ACCESS)):
        problem = unknown[0]
    if problem is not None:
        raise BadInput("network.bad-road", road=row.id, value=problem)
    return points


@dataclass(frozen=True)
class Csr:
    """Compressed sparse rows: arcs ``indptr[v]`` to ``indptr[v + 1]`` leave node v.

    Attributes
    ----------
    indptr
        int32, shape (n + 1,).
    arcs
        int32, shape (m, 2): target node and weight in ds side by side, for one cache line an arc. Read-only.
    core
        What a nearest search goes through where it is there (`with_core`); it gives what a plain search gives.
    """

    indptr: Int32s
    arcs: Int32s
    core: Core | None = None

    def __post_init__(self) -> None:
        frozen(self.indptr)
        frozen(self.arcs)

    @property
    def nodes(self) -> int:
        return self.indptr.size - 1

    @property
    def target(self) -> Int32s:
        return self.arcs[:, 0]

    @property
    def weight(self) -> Int32s:
        return self.arcs[:, 1]

    def with_core(self) -> Csr:
        """The same rows with their core, which takes as long as some eighty searches of all nodes to make."""
        return replace(self, core=core_of(self.indptr, self.arcs))


@dataclass(frozen=True)
class Statistics:
    """Size of a network; `main_share` is the share of nodes in the main component.

    A junction where turns are banned counts as one node, a road that is copied for it as one edge.
    """

    nodes: int
    edges: int
    components: int
    main_share: float


@dataclass(frozen=True)
class Graph:
    """The network of one mode. An edge is an undirected piece of road between two junctions.

    Attributes
    ----------
    lon, lat
        Of the nodes, degrees, in Hilbert order, shape (n,).
    forward, reverse
        Travel in the allowed direction, and against it. Self loops are left out, of parallel edges the fastest kept.
        A built graph has the core of `reverse`, which is what the time towards facilities is searched on.
    edge_u, edge_v
        int32 end nodes; the geometry runs from u to v.
    edge_road
        int64 id of the road.
    edge_forward, edge_backward
        Whether the mode may travel from u to v, and from v to u.
    edge_weight
        int32, ds, at least 1, of the whole edge in either direction.
    edge_length_m
        On the ellipsoid.
    vertex_offset
        int64, shape (edges + 1,).
    vertex_lon, vertex_lat, vertex_along_m
        Geometry of the edges, and the length from u to each vertex.
    component
        int32 number of the weak component of each node, in the order of their first node.
    main_component
        The component with most nodes; the lower number where two are equal.
    revision
        SHA-256 of the roads and the mode.
    state
        Whether each node stands for having come to a junction by a certain way (`geoservice.network.turns`); None
        where no turn is banned.
    copy
        Whether each edge is a further copy, or the other direction, of one before it; None where there are none.
    turns
        What became of the turn restrictions: outcome to number; empty for a mode that does not obey them.
    slope
        `geoservice.network.slope.told`; empty where no heights are loaded or the mode does not mind them.
    """

    lon: Floats
    lat: Floats
    forward: Csr
    reverse: Csr
    edge_u: Int32s
    edge_v: Int32s
    edge_road: Int64s
    edge_forward: Bools
    edge_backward: Bools
    edge_weight: Int32s
    edge_length_m: Floats
    vertex_offset: Int64s
    vertex_lon: Floats
    vertex_lat: Floats
    vertex_along_m: Floats
    component: Int32s
    main_component: int
    revision: str
    mode: str = field(default="")
    state: Bools | None = None
    copy: Bools | None = None
    turns: Mapping[str, int] = field(default_factory=dict)
    slope: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, np.ndarray):
                frozen(value)

    @property
    def nodes(self) -> int:
        return self.lon.size

    @property
    def edges(self) -> int:
        return self.edge_u.size

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        held = [getattr(self, one.name) for one in fields(self)]
        rows = [part for one in (self.forward, self.reverse) for part in (one.indptr, one.arcs)]
        return sum(part.nbytes for part in (*held, *rows) if isinstance(part, np.ndarray))

    @cached_property
    def statistics(self) -> Statistics:
        """Nodes, edges, components and the share of the main one."""
        component = self.component if self.state is None else self.component[~self.state]
        edges = self.edges if self.copy is None else int(np.count_nonzero(~self.copy))
        sizes = np.bincount(component)
        share = float(sizes[self.main_component]) / component.size
        return Statistics(component.size, edges, sizes.size, share)

    @cached_property
    def vertex_edge(self) -> Int32s:
        """The edge of each vertex, int32."""
        owner = np.repeat(np.arange(self.edges, dtype=np.int32), np.diff(self.vertex_offset))
        frozen(owner)
        return owner

    @cached_property
    def segments(self) -> SegmentGrid:
        """The straight segments of all edges, by cell; x and y are longitude and latitude."""
        scale = float(np.cos(np.radians(self.lat.mean())))
        return SegmentGrid.build(self.vertex_lon, self.vertex_lat, chains(self.vertex_offset), x_per_y=scale)

    @cached_property
    def in_main(self) -> Bools:
        """Whether each edge belongs to the main component."""
        inside: Bools = self.component[self.edge_u] == self.main_component
        return inside
