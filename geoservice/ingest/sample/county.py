"""Draws the sample county and writes its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from geoservice.catalog import Catalog
from geoservice.errors import BadInput
from geoservice.ingest.sample.facilities import Building, build_all
from geoservice.ingest.sample.files import Record, on_earth, write_csv, write_geojson, write_text
from geoservice.ingest.sample.grids import draw_grids
from geoservice.ingest.sample.inputs import Figures, Territory, read_inputs
from geoservice.ingest.sample.lines import RoadLine
from geoservice.ingest.sample.people import Resident, settle
from geoservice.ingest.sample.places import NamedPlace, name_places
from geoservice.ingest.sample.plane import Dice, to_lonlat
from geoservice.ingest.sample.roads import Network, Scene, draw_network
from geoservice.ingest.sample.settlements import island_sites, urban_sites, village_sites
from geoservice.ingest.sample.territory import draw_land
from geoservice.ingest.sample.waters import draw_waters

Rows = Iterator[tuple[Record, BaseGeometry | None]]
MARGIN_M = 160.0
COMMUNITY_COLUMNS = (
    "code",
    "code_system",
    "code_edition",
    "name",
    "class",
    "township_code",
    "township_name",
    "population",
    "population_60",
    "population_80",
    "households",
    "population_date",
    "lon",
    "lat",
)
FACILITY_COLUMNS = (
    "key",
    "name",
    "type",
    "township_code",
    "township_name",
    "address",
    "beds",
    "nursing_beds",
    "area_m2",
    "opened_on",
    "lon",
    "lat",
)


@dataclass(frozen=True)
class Sample:
    """Everything that is drawn, in the plane (metres)."""

    scene: Scene
    figures: Figures
    network: Network
    residents: tuple[Resident, ...]
    buildings: tuple[Building, ...]
    places: tuple[NamedPlace, ...]


def write_sample(folder: Path, catalog: Catalog) -> list[Path]:
    """Writes the files of the sample county; equal inputs give equal bytes.

    Parameters
    ----------
    folder
        Where to; made if it does not exist. Files of the same names are replaced.
    catalog
        The code lists that the records refer to.

    Returns
    -------
    list of Path
        The layers' files in the order of import, then NOTICE.txt.

    Raises
    ------
    BadInput
        If the folder cannot be written.
    BadDeclaration
        If an input in layers/sample is wrong.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sample = draw_sample()
        _check_types(sample, catalog)
        notice = sample.scene.territory.notice
        return [
            write_geojson(folder / "units.geojson", _units(sample.scene), notice),
            write_geojson(folder / "water.geojson", _water(sample.scene), notice),
            write_geojson(folder / "built_up.geojson", _built_up(sample.scene), notice),
            write_geojson(folder / "railways.geojson", _railways(sample.scene), notice),
            write_geojson(folder / "roads.geojson", _roads(sample.network.roads), notice),
            write_csv(folder / "communities.csv", COMMUNITY_COLUMNS, _communities(sample), notice),
            write_csv(folder / "facilities.csv", FACILITY_COLUMNS, _facilities(sample), notice),
            write_geojson(folder / "places.geojson", _places(sample), notice),
            write_text(folder / "NOTICE.txt", _notice(sample.scene.territory)),
        ]
    except OSError as error:
        raise BadInput("sample.unwritable", folder=folder, reason=error.strerror or error) from None


def draw_sample() -> Sample:
    """Draws the county from the inputs in layers/sample; each step has dice of its own."""
    territory, figures, words = read_inputs()
    dice = [Dice(territory.seed + step) for step in range(10)]
    land = draw_land(territory, dice[0])
    waters = draw_waters(territory, dice[1])
    grids = draw_grids(territory, dice[2])
    scene = Scene(territory, land, waters, grids, words)
    villages = village_sites(territory, land, waters, grids, dice[3])
    urban = urban_sites(territory, land, grids, dice[4])
    network = draw_network(scene, villages, island_sites(land, waters), dice[5])
    residents = settle(scene, [*villages, *urban, *network.apart], figures.population, dice[6])
    buildings = build_all(scene, residents, figures.facilities, dice[7])
    places = name_places(scene, residents, dice[8])
    return Sample(scene, figures, network, tuple(residents), tuple(buildings), tuple(places))


def _check_types(sample: Sample, catalog: Catalog) -> None:
    known = {entry.code for entry in catalog.codes["facility_types"].entries}
    known |= {entry.code for entry in catalog.codes["place_classes"].entries}
    used = {building.type for building in sample.buildings} | {place.class_code for place in sample.places}
    if used - known:
        raise BadInput("sample.unknown-type", codes=", ".join(sorted(used - known)))


def _units(scene: Scene) -> Rows:
    territory = scene.territory
    county = territory.county
    parts = [Polygon(on_earth(unit.exterior).coords) for unit in scene.land.units]
    common = {"code_system": territory.code_system, "code_edition": territory.code_edition}
    whole = shapely.get_parts(shapely.coverage_union_all(parts))
    yield (
        {
            "code": county.code,
            **common,
            "name": county.name,
            "level": "county",
            "kind": county.kind,
            "parent_code": county.parent_code,
            "source": territory.notice,
        },
        MultiPolygon(list(whole)),
    )
    for township, part in zip(territory.townships, parts, strict=True):
        record = {
            "code": township.code,
            **common,
            "name": township.name,
            "level": "township",
            "kind": township.kind,
            "parent_code": county.code,
            "source": territory.notice,
        }
        yield record, MultiPolygon([part])


def _water(scene: Scene) -> Rows:
    for river in scene.territory.rivers:
        record = {"key": f"sample-{river.key}", "name": river.name, "class": "river"}
        yield record, on_earth(MultiPolygon([scene.waters.rivers[river.key]]))
    for lake in scene.territory.lakes:
        kind = "reservoir" if lake.name.endswith("水库") else "lake"
        record = {"key": f"sample-{lake.key}", "name": lake.name, "class": kind}
        yield record, on_earth(MultiPolygon([scene.waters.lakes[lake.key]]))
    for canal in scene.territory.canals:
        record = {"key": f"sample-{canal.key}", "name": canal.name, "class": canal.class_}
        yield record, on_earth(scene.waters.canals[canal.key])


def _built_up(scene: Scene) -> Rows:
    grids = {"城区": scene.grids.core, **scene.grids.towns}
    for number, (name, grid) in enumerate(grids.items()):
        record = {"key": f"sample-built-up-{number}", "name": f"{name}建成区", "class": "built_up"}
        yield record, on_earth(MultiPolygon([grid.outline(MARGIN_M)]))


def _railways(scene: Scene) -> Rows:
    for railway in scene.territory.railways:
        record = {"key": f"sample-{railway.key}", "name": railway.name, "class": railway.class_}
        yield record, on_earth(scene.waters.railways[railway.key])


def _roads(roads: tuple[RoadLine, ...]) -> Rows:
    for number, road in enumerate(roads):
        record = {
            "key": f"sample-road-{number + 1:05d}",
            "name": road.name,
            "class": road.class_,
            "oneway": road.oneway,
            "level": road.level,
            "bridge": road.bridge,
        }
        yield record, on_earth(LineString(road.points))


def _communities(sample: Sample) -> Iterator[Record]:
    for resident in sample.residents:
        lon, lat = to_lonlat(resident.at)
        yield {
            "code": resident.code,
            "code_system": "sample",
            "code_edition": "1",
            "name": resident.name,
            "class": "urban" if resident.site.urban else "rural",
            "township_code": resident.township.code,
            "township_name": resident.township.name,
            "population": resident.population,
            "population_60": resident.aged_60,
            "population_80": resident.aged_80,
            "households": resident.households,
            "population_date": sample.figures.population.date,
            "lon": lon,
            "lat": lat,
        }


def _facilities(sample: Sample) -> Iterator[Record]:
    county = sample.scene.territory.county.name
    for number, building in enumerate(sample.buildings):
        lon, lat = to_lonlat(building.at)
        yield {
            "key": f"sample-facility-{number + 1:04d}",
            "name": building.name,
            "type": building.type,
            "township_code": building.beside.township.code,
            "township_name": building.beside.township.name,
            "address": f"{county}{building.beside.township.name}{building.beside.name}",
            "beds": building.beds,
            "nursing_beds": building.nursing_beds,
            "area_m2": building.area_m2,
            "opened_on": building.opened_on,
            "lon": lon,
            "lat": lat,
        }


def _places(sample: Sample) -> Rows:
    for place in sample.places:
        record = {
            "key": f"sample-{place.key}",
            "name": place.name,
            "class_code": place.class_code,
            "alias": place.alias,
            "former_name": place.former_name,
            "reading": place.reading,
            "romanisation": place.romanisation,
            "rank": place.rank,
            "township_code": place.township.code if place.township else None,
        }
        yield record, on_earth(place.shape)


def _notice(territory: Territory) -> str:
    return (
        f"{territory.notice}\n\n"
        "乡镇（街道）名称、代码为真实名称和民政部代码，总人口等合计数取自公开规划；\n"
        "界线、道路、水系、铁路、建成区、村（社区）、设施和自然村的名称、位置、数值均为编造，\n"
        "仅用于演示和试验，不得作为行政区划、地名或统计依据。\n\n"
        "Schematic data, not a survey. Names and codes of the townships are real and the totals official; all geometry,\n"
        "villages, facilities and their figures are made up. For demonstration and tests only.\n"
    )


__all__ = ["Sample", "draw_sample", "write_sample"]
