"""Reads what is of interest in an OpenStreetMap file into plain objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import osmium
import shapely
from osmium.filter import KeyFilter
from osmium.osm import Area, Node, OSMObject, Relation, Way
from shapely.geometry.base import BaseGeometry

from geoservice.errors import BadInput
from geoservice.ingest.osm.source import check_file, reading, sorted_copy

Kind = Literal["node", "way", "relation"]
Progress = Callable[[int], None]

PROGRESS_EVERY = 50_000
ORDER = {Node: 0, Way: 1, Relation: 2}


@dataclass(frozen=True, slots=True)
class Line:
    """A way as it stands in the file, also where some of its nodes are missing.

    Attributes
    ----------
    number
        Place of the object in the file, from 1.
    node_ids
        All nodes of the way.
    positions
        Longitude and latitude in degrees of each node; None where the file does not hold the node.
    """

    id: int
    number: int
    tags: dict[str, str]
    node_ids: tuple[int, ...]
    positions: tuple[tuple[float, float] | None, ...]

    @property
    def key(self) -> str:
        """For example ``osm:way/123``."""
        return f"osm:way/{self.id}"


@dataclass(frozen=True, slots=True)
class Thing:
    """A node as a point, or a closed way or relation as an area (MultiPolygon); EPSG:4490, longitude first."""

    kind: Kind
    id: int
    number: int
    tags: dict[str, str]
    geom: BaseGeometry

    @property
    def key(self) -> str:
        """For example ``osm:node/123``."""
        return f"osm:{self.kind}/{self.id}"

    @property
    def code(self) -> str:
        """For example ``n123``."""
        return f"{self.kind[0]}{self.id}"


@dataclass(frozen=True, slots=True)
class Members:
    """A relation with its members: ``n``, ``w`` or ``r``, id and role of each."""

    id: int
    tags: dict[str, str]
    members: tuple[tuple[str, int, str], ...]

    @property
    def key(self) -> str:
        """For example ``osm:relation/123``."""
        return f"osm:relation/{self.id}"


@dataclass
class Contents:
    """All objects of interest of one file.

    Attributes
    ----------
    relations, unbuilt
        Tags of all relations, and of those of which no area could be built, mostly because the extract cuts them.
    restrictions
        Relations of the type restriction.
    positionless
        Nodes without a position on Earth.
    objects
        Objects of all kinds in the file.
    """

    nodes: list[Thing] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    areas: list[Thing] = field(default_factory=list)
    relations: dict[int, dict[str, str]] = field(default_factory=dict)
    unbuilt: dict[int, dict[str, str]] = field(default_factory=dict)
    restrictions: list[Members] = field(default_factory=list)
    positionless: int = 0
    objects: int = 0


class _Unsorted(Exception):
    """The objects do not stand in the usual order."""


def read_contents(path: Path, keys: Collection[str], progress: Progress | None = None) -> Contents:
    """All objects of a file that bear one of the keys.

    Parameters
    ----------
    path
        A .osm.pbf, .osm, .osm.gz or .osm.bz2 file, sorted or not.
    keys
        Keys of tags; objects with none of them are left out.
    progress
        Called now and then with the number of objects read.

    Raises
    ------
    BadInput
        If the file is missing, empty, damaged, cut short, holds changes instead of a map, or objects that were never
        uploaded.
    """
    file = check_file(path)
    wanted = frozenset(keys)
    try:
        with reading(path), _order_told():
            return _read(path, file, wanted, progress)
    except _Unsorted:
        with sorted_copy(path) as ordered, reading(path):
            return _read(path, ordered, wanted, progress)


@contextmanager
def _order_told() -> Iterator[None]:
    """Osmium itself minds the order where it builds areas."""
    try:
        yield
    except RuntimeError as error:
        if "out of order" in str(error):
            raise _Unsorted from None
        raise


def _read(path: Path, file: osmium.io.File, wanted: frozenset[str], progress: Progress | None) -> Contents:
    contents = Contents()
    numbers: dict[tuple[str, int], int] = {}
    built: list[tuple[Kind, int, dict[str, str], BaseGeometry]] = []
    processor = osmium.FileProcessor(file).with_areas(KeyFilter(*sorted(wanted)))
    if processor.header.has_multiple_object_versions:
        raise BadInput("import.osm-not-a-map", file=path.name)
    for item in _in_order(path, processor, contents):
        if progress is not None and contents.objects % PROGRESS_EVERY == 0:
            progress(contents.objects)
        if not item.tags:
            continue
        tags = dict(item.tags)
        if wanted.isdisjoint(tags):
            continue
        if isinstance(item, Area):
            kind: Kind = "way" if item.from_way() else "relation"
            built.append((kind, item.orig_id(), tags, _polygon(item)))
            continue
        _keep(item, tags, contents, numbers)
    contents.areas = [
        Thing(kind, id_, numbers[kind, id_], tags, geom) for kind, id_, tags, geom in built if not geom.is_empty
    ]
    done = {thing.id for thing in contents.areas if thing.kind == "relation"}
    contents.unbuilt = {id_: tags for id_, tags in contents.relations.items() if id_ not in done}
    contents.areas.sort(key=lambda thing: thing.number)
    if contents.objects == 0:
        raise BadInput("import.osm-empty", file=path.name)
    if progress is not None:
        progress(contents.objects)
    return contents


def _in_order(path: Path, processor: osmium.FileProcessor, contents: Contents) -> Iterator[OSMObject[Any]]:
    """The objects, counted, once they are known to be part of a map and in the usual order."""
    last = (0, 0)
    for item in processor:
        if not isinstance(item, OSMObject):
            continue
        if not isinstance(item, Area):
            contents.objects += 1
            if item.deleted or not item.visible:
                raise BadInput("import.osm-not-a-map", file=path.name)
            if item.id <= 0:
                raise BadInput("import.osm-not-uploaded", file=path.name, id=item.id)
            place = (ORDER[type(item)], item.id)
            if place <= last:
                raise _Unsorted
            last = place
        yield item


def _keep(item: OSMObject[Any], tags: dict[str, str], contents: Contents, numbers: dict[tuple[str, int], int]) -> None:
    number = contents.objects
    if isinstance(item, Node):
        location = item.location
        if location.valid():
            contents.nodes.append(Thing("node", item.id, number, tags, shapely.Point(location.lon, location.lat)))
        else:
            contents.positionless += 1
    elif isinstance(item, Way):
        numbers["way", item.id] = number
        node_ids = tuple(node.ref for node in item.nodes)
        positions = tuple(
            (node.location.lon, node.location.lat) if node.location.valid() else None for node in item.nodes
        )
        contents.lines.append(Line(item.id, number, tags, node_ids, positions))
    elif isinstance(item, Relation):
        numbers["relation", item.id] = number
        contents.relations[item.id] = tags
        if tags.get("type") == "restriction":
            members = tuple((member.type, member.ref, member.role) for member in item.members)
            contents.restrictions.append(Members(item.id, tags, members))


def _polygon(area: Area) -> BaseGeometry:
    """The area as a MultiPolygon; empty where its rings do not close."""
    try:
        return shapely.from_wkb(osmium.geom.WKBFactory().create_multipolygon(area))
    except RuntimeError:
        return shapely.MultiPolygon()
