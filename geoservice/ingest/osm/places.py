"""Named places and settlements of OpenStreetMap."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.catalog import Catalog, CodeEntry
from geoservice.ingest.osm.contents import Contents, Line, Thing
from geoservice.ingest.osm.doubles import Doubles, find_doubles
from geoservice.ingest.osm.frames import Builder, clean, counted, examples, multipolygon
from geoservice.ingest.osm.roads import usable_runs
from geoservice.ingest.osm.rules import Rules, Tags
from geoservice.ingest.osm.units import CODE_SYSTEM
from geoservice.ingest.records import RecordSet

LISTED = "、"
NATURAL_RANK = 7
ALIASES = ("name:zh", "name:zh-Hans", "alt_name", "loc_name", "official_name")
FORMER = ("old_name", "old_name:zh", "was:name")
ROMANISED = ("name:zh-Latn-pinyin", "name:zh_pinyin")
MAX_POPULATION = 10_000_000


class PlaceRules:
    """Class, rank and kind of demand point of a place by its tags."""

    def __init__(self, catalog: Catalog) -> None:
        self.classes = Rules.of(catalog.codes["place_classes"])
        self.settlements = Rules.of(catalog.codes["osm_settlements"])

    def class_code(self, tags: Tags) -> str | None:
        """Place-name class; None where the tags are those of no place."""
        entry = self.classes.match(tags)
        if entry is not None:
            return entry.code
        settlement = self.settlements.match(tags)
        stated = settlement.attributes.get("class_code") if settlement else None
        return stated if isinstance(stated, str) else None

    def rank(self, tags: Tags) -> int:
        """Importance of the name, 1 first."""
        settlement = self.settlements.match(tags)
        stated = settlement.attributes.get("rank") if settlement else None
        return stated if isinstance(stated, int) else NATURAL_RANK

    def community(self, tags: Tags) -> tuple[CodeEntry, str] | None:
        """Kind of settlement and its class (urban or rural) where it is a demand point."""
        settlement = self.settlements.match(tags)
        stated = settlement.attributes.get("community") if settlement else None
        return (settlement, stated) if settlement is not None and isinstance(stated, str) else None


def read_places(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Named settlements, waters, landforms and sights.

    The standard name is `name`; further names become aliases or former names. Pieces of one river, connected and of
    one name, are one place, with the key of the piece of the lowest id. A point inside an area of the same class and
    name is left out.
    """
    builder = Builder(catalog.layers["places"])
    rules = PlaceRules(catalog)
    named = [
        (thing, code)
        for thing in (*contents.nodes, *contents.areas)
        if clean(thing.tags.get("name")) and (code := rules.class_code(thing.tags)) is not None
    ]
    doubles = find_doubles(named, named=True)
    for thing, code in named:
        if thing.key not in doubles.points:
            geom = thing.geom if thing.kind == "node" else multipolygon(thing.geom)
            _add_place(builder, rules, thing, code, geom)
    areas = {thing.key for thing, _ in named if thing.kind != "node"}
    for line, geom in _rivers(line for line in contents.lines if line.key not in areas):
        code = rules.class_code(line.tags)
        if code is not None:
            _add_place(builder, rules, line, code, geom)
    _note_doubles(builder, doubles)
    other = [thing.tags["place"] for thing in contents.nodes if _unknown(rules, thing.tags)]
    if other:
        builder.note("import.osm-places-skipped", count=len(other), kinds=counted(other))
    return builder.record_set(source)


def read_communities(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Settlements as demand points, with the population that OpenStreetMap states.

    A city is left out where the file has parts of a city, so that nobody is counted twice.
    """
    builder = Builder(catalog.layers["communities"])
    rules = PlaceRules(catalog)
    found = [
        (thing, kind.code, class_)
        for thing in (*contents.nodes, *contents.areas)
        if clean(thing.tags.get("name")) and (community := rules.community(thing.tags)) is not None
        for kind, class_ in [community]
    ]
    doubles = find_doubles([(thing, kind) for thing, kind, _ in found], named=True)
    parts = any(kind in ("suburb", "quarter", "neighbourhood") for _, kind, _ in found)
    cities = [thing for thing, kind, _ in found if kind == "city"] if parts else []
    uncounted: list[str] = []
    for thing, _, class_ in found:
        if thing.key in doubles.areas or thing in cities:
            continue
        population = plain_number(thing.tags.get("population"))
        if population is None:
            uncounted.append(thing.code)
        builder.add(
            thing.number,
            thing.geom if thing.kind == "node" else shapely.point_on_surface(thing.geom),
            code=thing.code,
            code_system=CODE_SYSTEM,
            code_edition="",
            name=clean(thing.tags.get("name")),
            population=population,
            **{"class": class_},
        )
    if cities:
        builder.note("import.osm-cities-left-out", names=examples(thing.tags["name"] for thing in cities))
    if uncounted:
        builder.note("import.osm-no-population", count=len(uncounted), total=len(builder.rows))
    return builder.record_set(source)


def plain_number(text: str | None) -> int | None:
    """A number of people or beds that is written in digits only; None for anything else.

    Examples
    --------
    >>> plain_number("12480"), plain_number("约3000"), plain_number("12,480"), plain_number(None)
    (12480, None, None, None)
    """
    if text is None or not re.fullmatch("[0-9]{1,8}", text.strip()):
        return None
    number = int(text)
    return number if number <= MAX_POPULATION else None


def listed(tags: Tags, keys: Iterable[str], *, but: str | None) -> str | None:
    """All names under the keys, each once and without `but`, joined by 、; None where there is none."""
    names = (clean(part) for key in keys for part in tags.get(key, "").split(";"))
    kept = dict.fromkeys(name for name in names if name and name != but)
    return LISTED.join(kept) or None


def _add_place(builder: Builder, rules: PlaceRules, thing: Thing | Line, code: str, geom: BaseGeometry) -> None:
    tags = thing.tags
    name = clean(tags.get("name"))
    builder.add(
        thing.number,
        geom,
        key=thing.key,
        name=name,
        class_code=code,
        alias=listed(tags, ALIASES, but=name),
        abbreviation=listed(tags, ("short_name",), but=name),
        former_name=listed(tags, FORMER, but=name),
        romanisation=next((clean(tags[key]) for key in ROMANISED if key in tags), None),
        rank=rules.rank(tags),
    )


def _rivers(lines: Iterable[Line]) -> list[tuple[Line, BaseGeometry]]:
    """Named waterways: connected pieces of one name and kind as one line each."""
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        name, kind = clean(line.tags.get("name")), line.tags.get("waterway")
        if name and kind:
            groups[name, kind].append(line)
    return [
        (min(pieces, key=lambda line: line.id), geom)
        for group in groups.values()
        for pieces in _connected(group)
        if (geom := _joined(pieces)) is not None
    ]


def _connected(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines in groups that hang together by shared nodes."""
    groups: list[tuple[set[int], list[Line]]] = []
    for line in lines:
        nodes, members = set(line.node_ids), [line]
        apart: list[tuple[set[int], list[Line]]] = []
        for other_nodes, other_members in groups:
            if nodes.isdisjoint(other_nodes):
                apart.append((other_nodes, other_members))
            else:
                nodes |= other_nodes
                members = other_members + members
        groups = [*apart, (nodes, members)]
    return [members for _, members in groups]


def _joined(lines: Sequence[Line]) -> BaseGeometry | None:
    parts = [shapely.LineString(positions) for line in lines for _, positions in usable_runs(line)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiLineString(parts)


def _unknown(rules: PlaceRules, tags: Tags) -> bool:
    return "place" in tags and bool(clean(tags.get("name"))) and rules.class_code(tags) is None


def _note_doubles(builder: Builder, doubles: Doubles) -> None:
    if doubles.points:
        builder.note("import.osm-doubles", count=len(doubles.points), examples=examples(sorted(doubles.points)))
