"""Roads to graph: cut at junctions, weighed in deciseconds, ordered along a Hilbert curve.

Roads meet where they share a node id; a bridge and the road below it share none. A node is a junction if it is the end
of a road or stands more than once in the roads that the mode may use. Two ways through the same junctions stay two
edges; a loop stays an edge that ends where it begins. Banned turns are built in last (`geoservice.network.turns`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from geoservice.crs import ELLIPSOID
from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Floats, Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.ends import copies, edge_order, with_bans, without_bans
from geoservice.network.graph import ACCESS, Csr, Graph, Mode, RoadTable
from geoservice.network.hilbert import hilbert_index
from geoservice.network.slope import directed, stretches, told
from geoservice.network.turns import Streets, TurnRow

FORMAT = 1
# The ellipsoid of CGCS2000 is that of GRS 80 to a tenth of a millimetre.
# km/h to metres a decisecond is division by 36.
DS_KMH_PER_M = 36.0
_MAX_WEIGHT_DS = 2**31 - 1

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class _Pieces:
    """Edges before nodes are numbered; `start` and `stop` are positions in the vertex arrays, both inclusive."""

    road: Int64s
    start: Int64s
    stop: Int64s


@dataclass(frozen=True)
class _Lines:
    """Vertices of usable roads without repeats; `node` is an index into `ids`, the distinct node ids."""

    road: Int64s
    lon: Floats
    lat: Floats
    node: Int64s
    ids: Int64s
    uses: Int64s
    height: Floats | None = None


def round_half_up(value: Floats) -> Floats:
    """To whole numbers, a half upwards.

    Examples
    --------
    >>> round_half_up(np.array([0.5, 1.5, 2.4])).tolist()
    [1.0, 2.0, 2.0]
    """
    return np.floor(value + 0.5)


def revision_of(roads: RoadTable, mode: Mode, turns: Sequence[TurnRow] = (), height_m: Floats | None = None) -> str:
    """SHA-256 over the road arrays, what the mode minds of turns and heights, and all that it declares, hexadecimal."""
    digest = hashlib.sha256()
    declared = {
        "format": FORMAT,
        "classes": roads.classes,
        "mode": [mode.id, mode.access, mode.oneway, float(mode.speed_kmh), sorted(mode.speeds.items())],
        "off_network": [float(mode.off_network_kmh), float(mode.off_network_m), list(mode.barriers)],
    }
    digest.update(json.dumps(declared, sort_keys=True, ensure_ascii=False).encode())
    for array in (
        roads.road_id,
        roads.class_code,
        roads.oneway,
        roads.access,
        roads.speed_kmh,
        roads.vertex_offset,
        roads.lon,
        roads.lat,
        roads.node_id,
    ):
        digest.update(str(array.dtype).encode() + array.size.to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(array).tobytes())
    if mode.turn_bans and turns:
        rows = [asdict(row) for row in sorted(turns, key=lambda row: row.key)]
        digest.update(json.dumps(rows, sort_keys=True, ensure_ascii=False).encode())
    if mode.slope and height_m is not None:
        digest.update(b"height" + np.ascontiguousarray(height_m, dtype=np.float64).tobytes())
    return digest.hexdigest()


def road_speeds(roads: RoadTable, mode: Mode) -> Floats:
    """Speed of the mode on each road in km/h; 0 where it may not be used.

    The speed of the class, and never more than the posted speed.

    Raises
    ------
    BadInput
        ``network.bad-speed`` if the mode declares a speed that is negative or not finite.
    """
    for declared in (mode.speed_kmh, mode.off_network_kmh, *mode.speeds.values()):
        if not (np.isfinite(declared) and declared >= 0):
            raise BadInput("network.bad-speed", mode=mode.id, value=declared)
    by_class = np.array([mode.speeds.get(name, mode.speed_kmh) for name in roads.classes], dtype=np.float64)
    usable = (roads.access & ACCESS[mode.access]) > 0
    speed = np.where(usable, by_class[roads.class_code] if len(roads) else 0.0, 0.0)
    capped: Floats = np.fmin(speed, roads.speed_kmh)
    return capped


def build_graph(
    roads: RoadTable,
    mode: Mode,
    turns: Sequence[TurnRow] = (),
    height_m: Floats | None = None,
    *,
    progress: Progress | None = None,
    core: bool = True,
) -> Graph:
    """The network of a mode.

    Parameters
    ----------
    roads
        All roads; those that the mode may not use are left out.
    mode
        Access, one-ways, speeds, and whether it obeys turn bans and minds slopes.
    turns
        Turn restrictions; those of a mode that does not obey them change nothing.
    height_m
        Height of each vertex of the roads in metres, NaN where unknown; None for level ground. It changes nothing for a
        mode that does not mind slopes.
    progress
        Called with the name of a step and the share done.
    core
        Whether the reverse rows get their core, which speeds up searches of all nodes and changes no answer.

    Raises
    ------
    BadInput
        ``network.no-roads`` if the mode can use no road; ``network.bad-speed``.
    """
    tell = progress or (lambda _step, _share: None)
    tell("roads", 0.0)
    speed_kmh = road_speeds(roads, mode)
    lines = _usable_lines(roads, speed_kmh, height_m if mode.slope else None)
    pieces = _cut(lines)
    if pieces.road.size == 0:
        raise BadInput("network.no-roads", mode=mode.id, roads=len(roads))
    tell("lengths", 0.2)
    step_m = _steps(lines)
    along_m = _running(step_m, lines.road)
    length_m = along_m[pieces.stop] - along_m[pieces.start]
    weight = np.maximum(round_half_up(length_m * DS_KMH_PER_M / speed_kmh[pieces.road]), 1)
    if weight.max() > _MAX_WEIGHT_DS:
        raise BadInput("network.bad-speed", mode=mode.id, value=mode.speed_kmh)
    weights = (weight, weight) if lines.height is None else _sloping(lines, pieces, step_m, speed_kmh)
    tell("nodes", 0.6)
    number, lon, lat = _numbered(lines, pieces)
    order = edge_order(number[lines.node[pieces.start]], number[lines.node[pieces.stop]])
    pieces = _Pieces(pieces.road[order], pieces.start[order], pieces.stop[order])
    edge_u, edge_v = number[lines.node[pieces.start]], number[lines.node[pieces.stop]]
    oneway = roads.oneway[pieces.road] if mode.oneway else np.zeros(pieces.road.size, dtype=np.int8)
    ahead, back = oneway >= 0, oneway <= 0
    tell("rows", 0.8)
    component = _components(lon.size, edge_u, edge_v)
    main = int(np.argmax(np.bincount(component)))
    ways = directed((weights[0][order], weights[1][order]), ahead, back)
    whole, weight_ds = ways.edge, ways.weight.astype(np.int32)
    named, road = _named(lines, number, turns), roads.road_id[pieces.road[whole]]
    position = pieces.start[whole]
    streets = Streets(edge_u[whole], edge_v[whole], road, position, ways.ahead, ways.back, named, lon.size)
    outcomes: Mapping[str, int] = {}
    if mode.turn_bans and turns:
        ends, outcomes = with_bans(streets, turns, mode.access)
    else:
        ends = without_bans(streets)
    node, edge, weight_ds = ends.node, whole[ends.edge], weight_ds[ends.edge]
    slope = {} if lines.height is None else told(lines.height, order.size, whole.size - order.size)
    pieces = _Pieces(pieces.road[edge], pieces.start[edge], pieces.stop[edge])
    vertex, offset = _ranges(pieces.start, pieces.stop + 1)
    reverse = csr(node.size, ends.u, ends.v, weight_ds, ends.back, ends.ahead)
    return Graph(
        lon=lon[node],
        lat=lat[node],
        forward=csr(node.size, ends.u, ends.v, weight_ds, ends.ahead, ends.back),
        reverse=reverse.with_core() if core else reverse,
        edge_u=ends.u,
        edge_v=ends.v,
        edge_road=roads.road_id[pieces.road],
        edge_forward=ends.ahead,
        edge_backward=ends.back,
        edge_weight=weight_ds,
        edge_length_m=length_m[order][edge],
        vertex_offset=offset,
        vertex_lon=lines.lon[vertex],
        vertex_lat=lines.lat[vertex],
        vertex_along_m=along_m[vertex] - np.repeat(along_m[pieces.start], np.diff(offset)),
        component=component[node],
        main_component=main,
        revision=revision_of(roads, mode, turns, height_m),
        mode=mode.id,
        state=ends.state,
        copy=copies(edge),
        turns=outcomes,
        slope=slope,
    )


def csr(nodes: int, u: Int32s, v: Int32s, weight_ds: Int32s, ahead: Bools, back: Bools) -> Csr:
    """Rows of the arcs u to v where `ahead` and v to u where `back`; no loops, the fastest of parallel arcs.

    Examples
    --------
    >>> ends, yes = np.array([[0, 0], [1, 1]], dtype=np.int32), np.ones(2, dtype=bool)
    >>> rows = csr(2, ends[0], ends[1], np.array([9, 7], dtype=np.int32), yes, ~yes)
    >>> rows.indptr.tolist(), rows.arcs.tolist()
    ([0, 1, 1], [[1, 7]])
    """
    source = np.concatenate([u[ahead], v[back]])
    target = np.concatenate([v[ahead], u[back]])
    weight = np.concatenate([weight_ds[ahead], weight_ds[back]])
    order = np.lexsort((weight, target, source))
    source, target, weight = source[order], target[order], weight[order]
    keep = source != target
    keep[1:] &= (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    arcs = np.column_stack([target[keep], weight[keep]]).astype(np.int32)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(source[keep], minlength=nodes))])
    return Csr(indptr.astype(np.int32), np.ascontiguousarray(arcs))


def _sloping(lines: _Lines, pieces: _Pieces, step_m: Floats, speed_kmh: Floats) -> tuple[Floats, Floats]:
    """Weights of the pieces ahead and back, uphill and downhill."""
    assert lines.height is not None
    level = stretches(step_m, lines.height)
    found = []
    for metres in (level.ahead_m, level.back_m):
        along = _running(metres, lines.road)
        taken = (along[pieces.stop] - along[pieces.start]) * DS_KMH_PER_M / speed_kmh[pieces.road]
        found.append(np.clip(round_half_up(taken), 1, _MAX_WEIGHT_DS))
    return found[0], found[1]


def _usable_lines(roads: RoadTable, speed_kmh: Floats, height_m: Floats | None) -> _Lines:
    lengths = np.diff(roads.vertex_offset)
    road = np.repeat(np.arange(len(roads), dtype=np.int64), lengths)
    keep = speed_kmh[road] > 0
    road, lon, lat, ids = road[keep], roads.lon[keep], roads.lat[keep], roads.node_id[keep]
    # A vertex that repeats the one before it adds nothing and would be taken for a junction.
    repeat = np.zeros(road.size, dtype=bool)
    repeat[1:] = (road[1:] == road[:-1]) & (ids[1:] == ids[:-1])
    road, lon, lat, ids = road[~repeat], lon[~repeat], lat[~repeat], ids[~repeat]
    distinct, node, uses = np.unique(ids, return_inverse=True, return_counts=True)
    height = None if height_m is None else np.asarray(height_m, dtype=np.float64)[keep][~repeat]
    return _Lines(road, lon, lat, node.astype(np.int64), distinct, uses.astype(np.int64), height)


def _cut(lines: _Lines) -> _Pieces:
    if lines.road.size == 0:
        nothing = np.empty(0, dtype=np.int64)
        return _Pieces(nothing, nothing, nothing)
    changes = lines.road[1:] != lines.road[:-1]
    first = np.concatenate([[True], changes])
    last = np.concatenate([changes, [True]])
    cut = np.flatnonzero(first | last | (lines.uses[lines.node] > 1))
    same_road = lines.road[cut[1:]] == lines.road[cut[:-1]]
    start, stop = cut[:-1][same_road], cut[1:][same_road]
    return _Pieces(lines.road[start], start, stop)


def _steps(lines: _Lines) -> Floats:
    """Length of each segment; 0 from a road to the next."""
    step_m = ELLIPSOID.inv(lines.lon[:-1], lines.lat[:-1], lines.lon[1:], lines.lat[1:])[2]
    return np.where(lines.road[1:] == lines.road[:-1], step_m, 0.0)


@kernel
def _running(step_m: Floats, road: Int64s) -> Floats:
    """Running length of all lines one after the other, a road at a time: only differences within a road mean anything."""
    along = np.zeros(road.size)
    for i in range(1, road.size):
        if road[i] == road[i - 1]:
            along[i] = along[i - 1] + step_m[i - 1]
    return along


def _numbered(lines: _Lines, pieces: _Pieces) -> tuple[Int32s, Floats, Floats]:
    """Numbers of the distinct node ids in Hilbert order (-1 where no junction), and the nodes' positions."""
    used = np.unique(np.concatenate([pieces.start, pieces.stop]))
    junction, first = np.unique(lines.node[used], return_index=True)
    lon, lat = lines.lon[used[first]], lines.lat[used[first]]
    order = np.argsort(hilbert_index(lon, lat), kind="stable")
    number = np.full(lines.uses.size, -1, dtype=np.int32)
    number[junction[order]] = np.arange(order.size, dtype=np.int32)
    return number, lon[order], lat[order]


def _named(lines: _Lines, number: Int32s, turns: Sequence[TurnRow]) -> dict[int, int]:
    """The nodes of the graph by those of their ids that turn restrictions name."""
    ids = np.unique(np.array([id_ for row in turns for id_ in row.via_nodes], dtype=np.int64))
    found = np.isin(lines.ids, ids)
    return {id_: node for id_, node in zip(lines.ids[found].tolist(), number[found].tolist(), strict=True) if node >= 0}


def _ranges(start: Int64s, stop: Int64s) -> tuple[Int64s, Int64s]:
    """The positions start to stop of all pieces one after the other, and their offsets."""
    offset = np.concatenate([[0], np.cumsum(stop - start)])
    positions = np.arange(offset[-1]) + np.repeat(start - offset[:-1], stop - start)
    return positions, offset


def _components(nodes: int, u: Int32s, v: Int32s) -> Int32s:
    return _label(nodes, u, v)


@kernel
def _label(nodes: int, u: Int32s, v: Int32s) -> Int32s:
    parent = np.arange(nodes).astype(np.int32)
    for i in range(u.size):
        a, b = u[i], v[i]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        # The lower number becomes the root, so that labels follow the first node.
        if a < b:
            parent[b] = a
        elif b < a:
            parent[a] = b
    label = np.empty(nodes, dtype=np.int32)
    count = 0
    for i in range(nodes):
        if parent[i] == i:
            label[i] = count
            count += 1
        else:
            label[i] = label[parent[i]]
    return label
