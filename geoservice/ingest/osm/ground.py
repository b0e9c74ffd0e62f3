"""Railways, water and built-up land of OpenStreetMap."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import shapely

from geoservice.catalog import Catalog
from geoservice.ingest.osm.contents import Contents, Line, Thing
from geoservice.ingest.osm.frames import Builder, clean, examples, multipolygon
from geoservice.ingest.osm.roads import usable_runs
from geoservice.ingest.osm.rules import Tags
from geoservice.ingest.osm.tags import flag
from geoservice.ingest.records import RecordSet

RAILWAYS = frozenset({"rail", "light_rail", "subway", "tram", "narrow_gauge", "monorail", "funicular"})
WATERWAYS = frozenset({"river", "canal", "stream", "ditch", "drain"})
BUILT_UP = frozenset({"residential", "commercial", "industrial", "retail"})
WATER_LAND = frozenset({"reservoir", "basin"})

LONGEST_CLASS = 40

# What runs below ground has a class of its own: it is drawn, but nothing above ground is stopped by it.
UNDERGROUND = "underground"
# Nor by what crosses on a bridge: one passes below it.
ELEVATED = "elevated"


def read_railways(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Tracks in use; those in a tunnel and the underground have the class ``underground``, on a bridge ``elevated``."""
    builder = Builder(catalog.layers["railways"])
    _add_lines(builder, contents.lines, "railway", RAILWAYS)
    return builder.record_set(source)


def read_water(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Lines of rivers, canals and streams, and areas of water; in a tunnel ``underground``, on a bridge ``elevated``."""
    builder = Builder(catalog.layers["water"])
    _add_lines(builder, contents.lines, "waterway", WATERWAYS)
    _add_areas(builder, ((thing, _water_class(thing.tags)) for thing in contents.areas))
    _note_unbuilt(builder, contents, lambda tags: _water_class(tags) is not None)
    return builder.record_set(source)


def read_built_up(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Residential, commercial, industrial and retail land."""
    builder = Builder(catalog.layers["built_up"])
    _add_areas(builder, ((thing, _built_up_class(thing.tags)) for thing in contents.areas))
    _note_unbuilt(builder, contents, lambda tags: _built_up_class(tags) is not None)
    return builder.record_set(source)


def _water_class(tags: Tags) -> str | None:
    if tags.get("natural") == "water":
        kind = clean(tags.get("water")) or ""
        return kind if 0 < len(kind) <= LONGEST_CLASS else "water"
    if tags.get("waterway") == "riverbank":
        return "river"
    land = tags.get("landuse")
    return land if land in WATER_LAND else None


def _built_up_class(tags: Tags) -> str | None:
    land = tags.get("landuse")
    return land if land in BUILT_UP else None


def _add_lines(builder: Builder, lines: Iterable[Line], tag: str, classes: frozenset[str]) -> None:
    for line in lines:
        class_ = line.tags.get(tag)
        if class_ not in classes:
            continue
        parts = [shapely.LineString(positions) for _, positions in usable_runs(line)]
        if not parts:
            continue
        above = flag(line.tags, "bridge")
        below = (class_ == "subway" and not above) or flag(line.tags, "tunnel")
        builder.add(
            line.number,
            parts[0] if len(parts) == 1 else shapely.MultiLineString(parts),
            key=line.key,
            name=clean(line.tags.get("name")),
            **{"class": UNDERGROUND if below else ELEVATED if above else class_},
        )


def _add_areas(builder: Builder, classified: Iterable[tuple[Thing, str | None]]) -> None:
    repaired: list[str] = []
    for thing, class_ in classified:
        if class_ is None:
            continue
        geom = multipolygon(thing.geom)
        if not thing.geom.is_valid:
            repaired.append(thing.key)
        if geom.is_empty:
            continue
        name = clean(thing.tags.get("name"))
        builder.add(thing.number, geom, key=thing.key, name=name, **{"class": class_})
    if repaired:
        builder.note("import.osm-areas-repaired", count=len(repaired), examples=examples(repaired))


def _note_unbuilt(builder: Builder, contents: Contents, wanted: Callable[[Tags], bool]) -> None:
    unbuilt = [f"relation {id_}" for id_, tags in contents.unbuilt.items() if wanted(tags)]
    if unbuilt:
        builder.note("import.osm-areas-cut", count=len(unbuilt), examples=examples(unbuilt))
