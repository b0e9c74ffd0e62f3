"""One thing drawn twice: as a point and as the area around it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import shapely

from geoservice.ingest.osm.contents import Thing
from geoservice.ingest.osm.frames import clean


@dataclass(frozen=True)
class Doubles:
    """Keys of the points that lie in an area of their own kind and name, and of those areas.

    `areas` also holds the areas inside a larger one of the same kind and name; they are among the `points`, too: both
    sets name what may be left out, the first where the areas are kept, the second where the points are.
    """

    points: frozenset[str]
    areas: frozenset[str]


def find_doubles(things: Iterable[tuple[Thing, str]], *, named: bool) -> Doubles:
    """Points that repeat the area in which they lie.

    Parameters
    ----------
    things
        Things with their kind.
    named
        Whether only equal names make a double; otherwise a thing without a name also repeats a named one.
    """
    by_kind: dict[str, list[Thing]] = defaultdict(list)
    for thing, kind in things:
        by_kind[kind].append(thing)
    points: set[str] = set()
    areas: set[str] = set()
    for group in by_kind.values():
        large = [thing for thing in group if thing.kind != "node"]
        if not large:
            continue
        anchors = [shapely.point_on_surface(thing.geom) for thing in group]
        tree = shapely.STRtree([thing.geom for thing in large])
        for inner, outer in tree.query(anchors, predicate="intersects").T:
            one, other = group[inner], large[outer]
            if one is other or not _same_name(one, other, named=named) or not _within(one, other):
                continue
            points.add(one.key)
            areas.add(other.key if one.kind == "node" else one.key)
    return Doubles(frozenset(points), frozenset(areas))


def _within(one: Thing, other: Thing) -> bool:
    """Of two areas the larger one stays, of two equal ones that with the lower number."""
    if one.kind == "node":
        return True
    return (one.geom.area, -one.number) < (other.geom.area, -other.number)


def _same_name(one: Thing, other: Thing, *, named: bool) -> bool:
    first, second = clean(one.tags.get("name")), clean(other.tags.get("name"))
    return first == second or (not named and (first is None or second is None))
