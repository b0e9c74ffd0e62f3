"""One OpenStreetMap file to record sets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from geoservice.catalog import Catalog
from geoservice.ingest.osm.contents import Contents, Progress, read_contents
from geoservice.ingest.osm.controls import read_controls
from geoservice.ingest.osm.facilities import read_facilities
from geoservice.ingest.osm.frames import counted
from geoservice.ingest.osm.ground import read_built_up, read_railways, read_water
from geoservice.ingest.osm.places import read_communities, read_places
from geoservice.ingest.osm.roads import read_roads
from geoservice.ingest.osm.rules import Rules
from geoservice.ingest.osm.turns import KEYS as TURN_KEYS
from geoservice.ingest.osm.turns import read_turns
from geoservice.ingest.osm.units import read_units
from geoservice.ingest.osm.walls import read_walls
from geoservice.ingest.records import Notice, RecordSet
from geoservice.settings import WALL_OPENING_M

CODE_LISTS = ("facility_types", "place_classes", "osm_settlements", "road_classes", "wall_classes", "control_classes")
FIXED_KEYS = frozenset(
    {"barrier", "boundary", "entrance", "highway", "landuse", "natural", "place", "railway", "waterway"}
)


def read_osm(
    path: Path, catalog: Catalog, *, wall_opening_m: float = WALL_OPENING_M, progress: Progress | None = None
) -> list[RecordSet]:
    """All layers of an OpenStreetMap file, in the order in which they are to be loaded.

    Parameters
    ----------
    path
        A .osm.pbf, .osm, .osm.gz or .osm.bz2 file.
    catalog
        Says which tags make which class, type and level.
    wall_opening_m
        Width of the gap in a wall at a gate or a road, in metres.
    progress
        Called now and then with the number of objects read.

    Returns
    -------
    list of RecordSet
        Units, places, communities, facilities, roads, railways, water, walls, built-up areas and controlled land; in EPSG:4490, longitude
        first (WGS 84 and CGCS2000 are taken as one). Empty where the file holds none. The roads bring their turn
        restrictions.

    Raises
    ------
    BadInput
        If the file is missing, empty or damaged. Nothing is given back of such a file.
    """
    keys = (FIXED_KEYS | TURN_KEYS).union(*(Rules.of(catalog.codes[id_]).keys for id_ in CODE_LISTS))
    contents = read_contents(path, keys, progress)
    return [
        read_units(contents, catalog, path.name),
        read_places(contents, catalog, path.name),
        read_communities(contents, catalog, path.name),
        read_facilities(contents, catalog, path.name),
        _with_turns(read_roads(contents.lines, catalog, path.name), contents),
        read_railways(contents, catalog, path.name),
        read_water(contents, catalog, path.name),
        read_walls(contents, catalog, path.name, wall_opening_m),
        read_built_up(contents, catalog, path.name),
        read_controls(contents, catalog, path.name),
    ]


def _with_turns(roads: RecordSet, contents: Contents) -> RecordSet:
    turns = read_turns(contents.restrictions)
    if not turns:
        return replace(roads, turns=turns)
    told = Notice(None, "import.osm-turns", {"count": len(turns), "kinds": counted(turn.kind for turn in turns)})
    return replace(roads, turns=turns, notices=[*roads.notices, told])
