"""Facilities of OpenStreetMap."""

from __future__ import annotations

import shapely

from geoservice.catalog import Catalog, CodeEntry
from geoservice.ingest.osm.contents import Contents, Thing
from geoservice.ingest.osm.doubles import find_doubles
from geoservice.ingest.osm.frames import Builder, clean, counted, examples
from geoservice.ingest.osm.places import plain_number
from geoservice.ingest.osm.rules import Rules, Tags
from geoservice.ingest.osm.tags import flag
from geoservice.ingest.records import RecordSet

CLOSED = ("disused", "abandoned", "demolished", "removed")
ADDRESS = ("addr:province", "addr:city", "addr:district", "addr:subdistrict", "addr:street", "addr:housenumber")


def read_facilities(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Facilities by the tags in layers/codes/facility_types.toml.

    An area is given as a point inside it. A point in an area of the same type, of the same name or where one of them
    has none, is left out. What has no name gets its type and number as one.
    """
    builder = Builder(catalog.layers["facilities"])
    rules = Rules.of(catalog.codes["facility_types"])
    found = [
        (thing, type_)
        for thing in (*contents.nodes, *contents.areas)
        if (type_ := rules.match(thing.tags)) is not None and not any(flag(thing.tags, key) for key in CLOSED)
    ]
    doubles = find_doubles([(thing, type_.code) for thing, type_ in found], named=False)
    names = {key: name for thing, _ in found if (name := clean(thing.tags.get("name"))) for key in (thing.key,)}
    unnamed: list[str] = []
    for thing, type_ in found:
        if thing.key in doubles.points:
            continue
        if thing.key not in names:
            unnamed.append(type_.title.zh)
        builder.add(
            thing.number,
            thing.geom if thing.kind == "node" else shapely.point_on_surface(thing.geom),
            key=thing.key,
            name=names.get(thing.key) or _description(thing, type_),
            type=type_.code,
            address=_address(thing.tags),
            beds=plain_number(thing.tags.get("beds")) or plain_number(thing.tags.get("capacity:beds")),
        )
    if doubles.points:
        builder.note("import.osm-doubles", count=len(doubles.points), examples=examples(sorted(doubles.points)))
    if unnamed:
        builder.note("import.osm-unnamed", count=len(unnamed), types=counted(unnamed))
    return builder.record_set(source)


def _description(thing: Thing, type_: CodeEntry) -> str:
    return f"未命名{type_.title.zh}（OSM {thing.kind} {thing.id}）"


def _address(tags: Tags) -> str | None:
    """The address as one text, from the large to the small."""
    full = clean(tags.get("addr:full"))
    if full:
        return full
    parts = [part for key in ADDRESS if (part := clean(tags.get(key)))]
    if not any(key in tags for key in ("addr:street", "addr:housenumber")):
        return None
    joiner = "" if all(not part.isascii() for part in parts[:1]) else " "
    return joiner.join(parts)
