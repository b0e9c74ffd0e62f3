"""Roads of an OpenStreetMap file by a plain filter, as an outside count would read them: access tags ignored."""

from __future__ import annotations

from pathlib import Path

import osmium
import shapely

from geoservice.network.graph import RoadRow, RoadTable

_NO_ROADS = {"proposed", "construction", "motorway", "motorway_link", "raceway", "bus_guideway", "corridor", "platform"}
_ONEWAY = {"yes": "forward", "1": "forward", "true": "forward", "-1": "backward"}


def osm_roads(path: Path) -> RoadTable:
    rows = []
    ways = (
        osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter("highway"))
    )
    for way in ways:
        nodes = [(node.ref, (node.lon, node.lat)) for node in way.nodes if node.location.valid()]
        if way.tags["highway"] in _NO_ROADS or len(nodes) < 2:
            continue
        oneway = _ONEWAY.get(way.tags.get("oneway", ""), "no")
        ids, shape = zip(*nodes, strict=True)
        rows.append(RoadRow(way.id, way.tags["highway"], oneway, ["walk", "car"], None, ids, shape))
    return RoadTable.from_rows(rows)


def osm_lines(path: Path, key: str, values: set[str]) -> list[shapely.LineString]:
    """Ways of a key with one of some values, as lines."""
    ways = (
        osmium.FileProcessor(str(path), osmium.osm.NODE | osmium.osm.WAY)
        .with_locations()
        .with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
        .with_filter(osmium.filter.KeyFilter(key))
    )
    lines = []
    for way in ways:
        nodes = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
        if way.tags[key] in values and len(nodes) > 1 and "tunnel" not in way.tags:
            lines.append(shapely.LineString(nodes))
    return lines
