"""Administrative units of OpenStreetMap."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely

from geoservice.catalog import Catalog
from geoservice.database.models.units import LEVELS
from geoservice.ingest.osm.contents import Contents, Thing
from geoservice.ingest.osm.frames import Builder, clean, counted, examples, multipolygon
from geoservice.ingest.osm.rules import Tags
from geoservice.ingest.records import RecordSet

CODE_SYSTEM = "osm"
DEFAULT = "default"
KINDS = re.compile("(特别行政区|自治区|自治州|自治县|自治旗|街道|地区|苏木|省|市|盟|县|旗|区|镇|乡)$")
COUNTRY_LEVEL = 4


@dataclass(frozen=True)
class _Unit:
    thing: Thing
    admin_level: int
    name: str
    geom: shapely.MultiPolygon
    inside: shapely.Point

    @property
    def country(self) -> str | None:
        """Country that the unit's own tags name."""
        return _country(self.thing.tags)


def read_units(contents: Contents, catalog: Catalog, source: str) -> RecordSet:
    """Units whose border is complete in the file, each with the smallest unit of a higher level that holds it.

    Their codes are the numbers of the relations, code system ``osm``, with no edition: a later extract changes the
    unit instead of adding one. Which admin_level is which level says layers/codes/osm_admin_levels.toml.
    """
    builder = Builder(catalog.layers["units"])
    tables = {entry.code: entry.attributes for entry in catalog.codes["osm_admin_levels"].entries}
    units = sorted(_complete(contents), key=lambda unit: (unit.admin_level, unit.thing.id))
    levels = _levels(units, tables)
    for unit in units:
        level = levels.get(unit.thing.id)
        if level is None:
            continue
        parent = _parent(unit, units, levels)
        kind = KINDS.search(unit.name)
        builder.add(
            unit.thing.number,
            unit.geom,
            code=unit.thing.code,
            code_system=CODE_SYSTEM,
            code_edition="",
            name=unit.name,
            level=level,
            kind=kind[1] if kind else None,
            parent_code=parent.thing.code if parent else None,
            source=f"OpenStreetMap {unit.thing.kind} {unit.thing.id}",
        )
    left = [str(unit.admin_level) for unit in units if unit.thing.id not in levels]
    if left:
        builder.note("import.osm-units-left-out", count=len(left), levels=counted(left))
    _note_incomplete(builder, contents)
    return builder.record_set(source)


def _is_unit(tags: Tags) -> bool:
    return tags.get("boundary") == "administrative" and _admin_level(tags) is not None


def _admin_level(tags: Tags) -> int | None:
    text = tags.get("admin_level", "")
    return int(text) if re.fullmatch(r"[1-9]|1[0-2]", text) else None


def _country(tags: Tags) -> str | None:
    for key in ("ISO3166-1", "ISO3166-1:alpha2", "country_code", "is_in:country_code"):
        if re.fullmatch("[A-Za-z]{2}", tags.get(key, "")):
            return tags[key].upper()
    part = re.match("([A-Za-z]{2})-", tags.get("ISO3166-2", ""))
    return part[1].upper() if part else None


def _complete(contents: Contents) -> list[_Unit]:
    units: list[_Unit] = []
    for thing in contents.areas:
        level, name = _admin_level(thing.tags), clean(thing.tags.get("name"))
        if not _is_unit(thing.tags) or level is None or name is None:
            continue
        geom = multipolygon(thing.geom)
        if not geom.is_empty:
            units.append(_Unit(thing, level, name, geom, shapely.point_on_surface(geom)))
    return units


def _levels(units: Sequence[_Unit], tables: Mapping[str, Mapping[str, object]]) -> dict[int, str]:
    """Level by the id of the relation, for the units that are to be loaded."""
    countries = [unit for unit in units if unit.country and unit.admin_level <= COUNTRY_LEVEL]
    whole_country = any(unit.admin_level == 2 for unit in countries)
    levels: dict[int, str] = {}
    for unit in units:
        country = unit.country or next((other.country for other in countries if other.geom.covers(unit.inside)), None)
        if country is None and whole_country:
            continue
        table = tables.get(country or DEFAULT, tables[DEFAULT])
        level = table.get(f"admin_level_{unit.admin_level}")
        if isinstance(level, str) and level in LEVELS:
            levels[unit.thing.id] = level
    return levels


def _parent(unit: _Unit, units: Sequence[_Unit], levels: Mapping[int, str]) -> _Unit | None:
    own = LEVELS.index(levels[unit.thing.id])
    holders = [
        other
        for other in units
        if other.thing.id in levels and LEVELS.index(levels[other.thing.id]) < own and other.geom.covers(unit.inside)
    ]
    return max(holders, key=lambda other: LEVELS.index(levels[other.thing.id]), default=None)


def _note_incomplete(builder: Builder, contents: Contents) -> None:
    names = [clean(tags.get("name")) or f"r{id_}" for id_, tags in contents.unbuilt.items() if _is_unit(tags)]
    if names:
        builder.note("import.osm-units-cut", count=len(names), examples=examples(names))
