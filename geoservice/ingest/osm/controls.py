"""Controlled land and objects of OpenStreetMap: what siting rules look at."""

from __future__ import annotations

import shapely

from geoservice.catalog import Catalog
from geoservice.ingest.osm.contents import Contents
from geoservice.ingest.osm.frames import Builder, clean, multipolygon
from geoservice.ingest.osm.roads import usable_runs
from geoservice.ingest.osm.rules import Rules
from geoservice.ingest.records import RecordSet

# Drawn as lines; the others are areas or points.
LINES = frozenset({"dyke"})


def read_controls(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Areas, dykes and points by the tags in layers/codes/control_classes.toml.

    OpenStreetMap tells what the land looks like, not what the law says of it; a class that it does not know stays empty.
    """
    builder = Builder(catalog.layers["controls"])
    rules = Rules.of(catalog.codes["control_classes"])
    for thing in (*contents.nodes, *contents.areas):
        entry = rules.match(thing.tags)
        if entry is None:
            continue
        geom = thing.geom if thing.kind == "node" else multipolygon(thing.geom)
        if not geom.is_empty:
            name = clean(thing.tags.get("name"))
            builder.add(thing.number, geom, key=thing.key, name=name, **{"class": entry.code})
    for line in contents.lines:
        entry = rules.match(line.tags)
        if entry is None or entry.code not in LINES:
            continue
        parts = [shapely.LineString(positions) for _, positions in usable_runs(line)]
        if parts:
            geom = parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)
            builder.add(line.number, geom, key=line.key, name=clean(line.tags.get("name")), **{"class": entry.code})
    return builder.record_set(source)
