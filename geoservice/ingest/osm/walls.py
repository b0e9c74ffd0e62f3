"""Walls and fences of OpenStreetMap, open where one can pass.

A wall is open at a gate or an entrance on it, and where a road that walkers may use meets it at a node or crosses it on
the ground. Sources: the pages Key:barrier and Key:entrance of the OpenStreetMap wiki.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.catalog import Catalog
from geoservice.ingest.osm import tags as road_tags
from geoservice.ingest.osm.contents import Contents, Line
from geoservice.ingest.osm.frames import Builder, clean
from geoservice.ingest.osm.roads import usable_runs
from geoservice.ingest.osm.rules import Rules, Tags
from geoservice.ingest.records import RecordSet

# Nodes of the key barrier that walkers pass.
GATES = frozenset(
    {
        "gate",
        "entrance",
        "kissing_gate",
        "lift_gate",
        "swing_gate",
        "sliding_gate",
        "wicket_gate",
        "hampshire_gate",
        "sally_port",
        "stile",
        "turnstile",
        "full-height_turnstile",
        "cycle_barrier",
        "bollard",
        "chain",
        "cattle_grid",
        "toll_booth",
        "border_control",
    }
)
_SHUT_ENTRANCES = frozenset({"no", "emergency"})
_DEGREE_M = 111_320.0


def read_walls(contents: Contents, catalog: Catalog, source: str, opening_m: float) -> RecordSet:
    """Walls on the ground with their openings cut out.

    Parameters
    ----------
    opening_m
        Width of an opening in metres: OpenStreetMap mostly gives the place of a gate only.
    """
    rules = Rules.of(catalog.codes["wall_classes"])
    walls = [(line, entry.code) for line in contents.lines if (entry := rules.match(line.tags)) and _on_ground(line)]
    builder = Builder(catalog.layers["walls"])
    if walls:
        roads = _Roads.of(contents, catalog)
        gates = {thing.id for thing in contents.nodes if _passable(thing.tags)}
        opened = 0
        for line, class_ in walls:
            geom, openings = _opened(line, gates, roads, opening_m)
            opened += openings
            if geom is not None:
                name = clean(line.tags.get("name"))
                builder.add(line.number, geom, key=line.key, name=name, **{"class": class_})
        builder.note("import.osm-walls", count=len(builder.rows), openings=opened, width=opening_m)
    return builder.record_set(source)


class _Roads:
    """Ways that walkers may use: their nodes, and their lines on the ground."""

    def __init__(self, nodes: frozenset[int], lines: list[BaseGeometry]) -> None:
        self.nodes, self.lines = nodes, lines
        self.tree = shapely.STRtree(lines)

    @classmethod
    def of(cls, contents: Contents, catalog: Catalog) -> _Roads:
        rules = Rules.of(catalog.codes["road_classes"])
        nodes: set[int] = set()
        lines: list[BaseGeometry] = []
        for line in contents.lines:
            entry = rules.match(line.tags)
            default = entry.attributes.get("modes", []) if entry else []
            if not isinstance(default, list) or "walk" not in road_tags.modes(line.tags, default):
                continue
            nodes.update(line.node_ids)
            if _on_ground(line):
                lines += [shapely.LineString(positions) for _, positions in usable_runs(line)]
        return cls(frozenset(nodes), lines)

    def crossings(self, wall: BaseGeometry) -> list[tuple[float, float]]:
        """Where they cross a wall."""
        met = [shapely.intersection(wall, self.lines[k]) for k in self.tree.query(wall, "intersects")]
        return [(float(x), float(y)) for x, y in shapely.get_coordinates(shapely.centroid(_parts(met)))]


def _parts(geometries: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    return [part for one in geometries for part in shapely.get_parts(one) if not part.is_empty]


def _on_ground(line: Line) -> bool:
    above_or_below = road_tags.flag(line.tags, "bridge") or road_tags.flag(line.tags, "tunnel")
    return not above_or_below and road_tags.level(line.tags) == 0


def _passable(tags: Tags) -> bool:
    """Whether a node is a gate or an entrance that walkers pass."""
    is_gate = tags.get("barrier") in GATES or tags.get("entrance", "no") not in _SHUT_ENTRANCES
    said = (tags.get(key, "").strip().lower() for key in road_tags.ACCESS_KEYS["walk"])
    return is_gate and next((word for word in said if word), "yes") not in road_tags.CLOSED


def _opened(
    line: Line, gates: set[int], roads: _Roads, opening_m: float
) -> tuple[shapely.LineString | shapely.MultiLineString | None, int]:
    """What is left of a wall, and how many openings it has."""
    runs = list(usable_runs(line))
    parts = [shapely.LineString(positions) for _, positions in runs]
    if not parts:
        return None, 0
    wall = parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)
    spots = {
        position for ids, positions in runs for id_, position in zip(ids, positions, strict=True)
        if id_ in gates or id_ in roads.nodes
    }  # fmt: skip
    spots.update(spot for spot in roads.crossings(wall) if not _near(spot, spots, opening_m))
    if not spots:
        return wall, 0
    left = _without(wall, sorted(spots), opening_m / 2)
    return left, len(spots)


def _near(spot: tuple[float, float], others: set[tuple[float, float]], width_m: float) -> bool:
    scale = np.cos(np.radians(spot[1]))
    away = (np.hypot((spot[0] - x) * scale, spot[1] - y) * _DEGREE_M for x, y in others)
    return any(metres < width_m / 2 for metres in away)


def _without(
    wall: BaseGeometry, spots: list[tuple[float, float]], radius_m: float
) -> shapely.LineString | shapely.MultiLineString | None:
    middle = np.array(spots).mean(axis=0)
    scale = np.array([_DEGREE_M * np.cos(np.radians(middle[1])), _DEGREE_M])
    flat = shapely.transform(wall, lambda points: (points - middle) * scale)
    discs = shapely.buffer(shapely.points((np.array(spots) - middle) * scale), radius_m)
    left = shapely.transform(shapely.difference(flat, shapely.union_all(discs)), lambda at: at / scale + middle)
    lines = [part for part in shapely.get_parts(left) if part.geom_type == "LineString" and part.length > 0]
    if not lines:
        return None
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)
