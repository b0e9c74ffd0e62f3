"""Roads that a scenario closes or adds: as records of roads would be changed, with what is told of each change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import shapely

from geoservice.coverage.prepared import Prepared
from geoservice.coverage.scenarios.changes import Change
from geoservice.errors import BadInput
from geoservice.network.altering import (
    End,
    NewRoad,
    Spot,
    length_m,
    nearest_spot,
    piece_at,
    with_road,
    without_piece,
    without_roads,
)
from geoservice.network.arrays import Bools
from geoservice.network.barriers import Barriers
from geoservice.network.lines import Lines

# How far from a road a click may lie that means it, and an end of a new road that is joined to it.
PICK_M = 300.0
SNAP_M = 200.0
LONGEST_ROAD_M = 50_000.0
Refuse = Callable[..., BadInput]
Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class RoadTold:
    """One change of roads.

    Attributes
    ----------
    roads
        Ids of the roads that are closed.
    lines
        What is closed or added, degrees.
    ends
        Of a road that is added: where it is joined, and to which road.
    bridge
        Whether what is closed is a bridge, or what is added crosses what bars the way (water, railways) and needs one.
    """

    kind: str
    name: str | None
    road_class: str | None
    roads: tuple[int, ...]
    length_m: float
    bridge: bool
    ends: tuple[End, ...] = ()
    lines: tuple[Line, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return asdict(self) | {"lines": [[list(at) for at in line] for line in self.lines]}


def altered(lines: Lines, change: Change, modes_of: Any, inputs: Prepared, refuse: Refuse) -> tuple[Lines, RoadTold]:
    """Roads after one change of roads.

    Parameters
    ----------
    modes_of
        Road class to the modes that may use a road of it.
    inputs
        Its barriers tell what needs a bridge.
    refuse
        Makes the error of a change that cannot be made.

    Raises
    ------
    BadInput
        ``scenario.no-such-road``, ``scenario.no-road-here``, ``scenario.no-such-class``, ``scenario.unjoined-road``,
        ``scenario.long-road``.
    """
    if change.kind == "add_road":
        return _added(lines, change, modes_of, inputs, refuse)
    if change.lon is not None:
        spot = picked(lines, change, refuse)
        first, last = piece_at(lines, spot)
        return without_piece(lines, spot), _closed(lines, _row(lines, spot.row), [(first, last)])
    gone = lines.name == change.name if change.road is None else lines.table.road_id == change.road
    if not gone.any():
        raise refuse("scenario.no-such-road", road=change.name or f"#{change.road}")
    offset = lines.table.vertex_offset
    spans = [(int(offset[row]), int(offset[row + 1]) - 1) for row in np.flatnonzero(gone)]
    return without_roads(lines, gone), _closed(lines, gone, spans)


def picked(lines: Lines, change: Change, refuse: Refuse) -> Spot:
    """The place on a road that is meant by degrees, on one road where the change names it.

    Raises
    ------
    BadInput
        ``scenario.no-road-here``, ``scenario.no-such-road``.
    """
    assert change.lon is not None
    assert change.lat is not None
    among = None if change.road is None else lines.table.road_id == change.road
    if among is not None and not among.any():
        raise refuse("scenario.no-such-road", road=f"#{change.road}")
    spot = nearest_spot(lines, change.lon, change.lat, among)
    if spot is None or spot.away_m > PICK_M:
        raise refuse("scenario.no-road-here", lon=f"{change.lon:.6f}", lat=f"{change.lat:.6f}", most=f"{PICK_M:g}")
    return spot


def described(lines: Lines, spot: Spot) -> RoadTold:
    """The piece of a road that a spot lies on."""
    return _closed(lines, _row(lines, spot.row), [piece_at(lines, spot)])


def _row(lines: Lines, row: int) -> Bools:
    found = np.zeros(len(lines.table), dtype=bool)
    found[row] = True
    return found


def _closed(lines: Lines, rows: Bools, spans: list[tuple[int, int]]) -> RoadTold:
    table, first = lines.table, int(np.flatnonzero(rows)[0])
    drawn = tuple(
        tuple(zip(table.lon[a : b + 1].tolist(), table.lat[a : b + 1].tolist(), strict=True)) for a, b in spans
    )
    return RoadTold(
        kind="close_road",
        name=lines.name[first],
        road_class=table.classes[table.class_code[first]],
        roads=tuple(dict.fromkeys(table.road_id[rows].tolist())),
        length_m=round(sum(length_m(line) for line in drawn), 1),
        bridge=bool(lines.bridge[rows].any()),
        lines=drawn,
    )


def _added(lines: Lines, change: Change, modes_of: Any, inputs: Prepared, refuse: Refuse) -> tuple[Lines, RoadTold]:
    assert change.path is not None
    assert change.road_class is not None
    if change.road_class not in modes_of:
        raise refuse("scenario.no-such-class", value=change.road_class, known=", ".join(modes_of))
    metres = length_m(change.path)
    if not 1 <= metres <= LONGEST_ROAD_M:
        raise refuse("scenario.long-road", length=f"{metres:.0f}", most=f"{LONGEST_ROAD_M:.0f}")
    road = NewRoad(change.path, change.road_class, modes_of[change.road_class], change.speed_kmh, change.name)
    grown, ends = with_road(lines, road, SNAP_M)
    if not any(end.road is not None for end in ends):
        raise refuse("scenario.unjoined-road", most=f"{SNAP_M:g}")
    drawn: Line = ((ends[0].lon, ends[0].lat), *change.path[1:-1], (ends[1].lon, ends[1].lat))
    crosses = any(bars(one, drawn) for one in inputs.barriers.values())
    told = RoadTold("add_road", change.name, change.road_class, (), round(length_m(drawn), 1), crosses, ends, (drawn,))
    return grown, told


def bars(barriers: Barriers, path: Line) -> bool:
    """Whether something that bars the way lies across a line in degrees."""
    line = shapely.LineString(path)
    near = barriers.meeting(line)
    return bool(shapely.intersects(near.lines, line).any() or shapely.intersects(near.areas, line).any())
