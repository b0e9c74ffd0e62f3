"""One OpenStreetMap file to record sets."""

from __future__ import annotations

from pathlib import Path

from geoservice.catalog import Catalog
from geoservice.ingest.osm.contents import Progress, read_contents
from geoservice.ingest.osm.facilities import read_facilities
from geoservice.ingest.osm.ground import read_built_up, read_railways, read_water
from geoservice.ingest.osm.places import read_communities, read_places
from geoservice.ingest.osm.roads import read_roads
from geoservice.ingest.osm.rules import Rules
from geoservice.ingest.osm.units import read_units
from geoservice.ingest.records import RecordSet

CODE_LISTS = ("facility_types", "place_classes", "osm_settlements", "road_classes")
FIXED_KEYS = frozenset({"boundary", "highway", "landuse", "natural", "place", "railway", "waterway"})


def read_osm(path: Path, catalog: Catalog, *, progress: Progress | None = None) -> list[RecordSet]:
    """All layers of an OpenStreetMap file, in the order in which they are to be loaded.

    Parameters
    ----------
    path
        A .osm.pbf, .osm, .osm.gz or .osm.bz2 file.
    catalog
        Says which tags make which class, type and level.
    progress
        Called now and then with the number of objects read.

    Returns
    -------
    list of RecordSet
        Units, places, communities, facilities, roads, railways, water and built-up areas; in EPSG:4490, longitude
        first (WGS 84 and CGCS2000 are taken as one). Empty where the file holds none.

    Raises
    ------
    BadInput
        If the file is missing, empty or damaged. Nothing is given back of such a file.
    """
    keys = FIXED_KEYS.union(*(Rules.of(catalog.codes[id_]).keys for id_ in CODE_LISTS))
    contents = read_contents(path, keys, progress)
    return [
        read_units(contents, catalog, path.name),
        read_places(contents, catalog, path.name),
        read_communities(contents, catalog, path.name),
        read_facilities(contents, catalog, path.name),
        read_roads(contents.lines, catalog, path.name),
        read_railways(contents, catalog, path.name),
        read_water(contents, catalog, path.name),
        read_built_up(contents, catalog, path.name),
    ]
