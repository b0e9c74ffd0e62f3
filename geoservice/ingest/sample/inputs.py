"""Reads layers/sample/*.toml into typed objects."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from geoservice.errors import BadDeclaration
from geoservice.resources import resource

LonLat = tuple[float, float]
Word = tuple[str, str]


class _Input(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class County(_Input):
    """The county unit; its outline is a ring of longitudes and latitudes (EPSG:4490)."""

    code: str
    name: str
    kind: str
    parent_code: str
    reading: str
    romanisation: str
    area_km2: float
    outline: tuple[LonLat, ...]


class Township(_Input):
    """A township unit; `weight_m` pushes its limit outwards."""

    code: str
    name: str
    kind: str
    seat: LonLat
    villages: int
    urban: int
    reading: str
    romanisation: str
    weight_m: float

    @property
    def short(self) -> str:
        """The name without 镇, 乡 or 街道."""
        return self.name.removesuffix(self.kind)


class River(_Input):
    """A river along a course."""

    key: str
    name: str
    reading: str
    romanisation: str
    width_m: float
    course: tuple[LonLat, ...]


class Lake(_Input):
    """A lake or reservoir; width and height in metres."""

    key: str
    name: str
    reading: str
    centre: LonLat
    size_m: tuple[float, float]


class Course(_Input):
    """A canal or a railway."""

    key: str
    name: str
    course: tuple[LonLat, ...]
    class_: str = "canal"


class MainRoad(_Input):
    """A road through a chain of seats, or the links between pairs of seats; "core" is the city."""

    class_: str
    name: str
    seats: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


class Motorway(_Input):
    """The motorway, with interchanges on the main roads between the named seats."""

    name: str
    course: tuple[LonLat, ...]
    interchanges: tuple[tuple[str, str], ...]


class Grid(_Input):
    """A street grid; spacing in metres."""

    columns: int
    rows: int
    spacing_m: float
    centre: LonLat | None = None


class Apart(_Input):
    """Villages that no network reaches."""

    off_road: tuple[str, ...]
    islands: tuple[str, ...]
    across_river: tuple[str, ...]


class Territory(_Input):
    """layers/sample/county.toml."""

    notice: str
    seed: int
    code_system: str
    code_edition: str
    county: County
    townships: tuple[Township, ...]
    rivers: tuple[River, ...]
    canals: tuple[Course, ...]
    lakes: tuple[Lake, ...]
    railways: tuple[Course, ...]
    main_roads: tuple[MainRoad, ...]
    motorway: Motorway
    core_grid: Grid
    town_grid: Grid
    apart: Apart


class PopulationFigures(_Input):
    """Totals and shares of people."""

    total: int
    aged_60: int
    aged_80_share: float
    household_size: float
    date: date
    urban_weight: float


class FacilityFigures(_Input):
    """Counts of facilities and beds."""

    beds: int
    nursing_beds: int
    nursing_homes: int
    day_care_centres: int
    rural_mutual_aid_centres: int
    rural_cemeteries: int
    urban_cemeteries: int
    urban_cemetery_area_m2: int
    funeral_homes: tuple[str, ...]
    columbaria: tuple[str, ...]
    rural_service_centre_share: float
    urban_service_centres: int
    social_work_stations: int
    minors_protection_stations: int
    volunteer_station_share: float
    rescue_stations: int
    marriage_registries: int
    welfare_institutions: int
    city_hospitals: int


class Figures(_Input):
    """layers/sample/figures.toml."""

    population: PopulationFigures
    facilities: FacilityFigures


class Words(_Input):
    """layers/sample/names.toml: words with their readings."""

    surnames: tuple[Word, ...]
    generics: tuple[Word, ...]
    modifiers: tuple[Word, ...]
    urban_words: tuple[Word, ...]
    town_words: tuple[Word, ...]
    streets_east: tuple[Word, ...]
    streets_north: tuple[Word, ...]


Input = TypeVar("Input", bound=_Input)


def read_inputs(folder: Path | None = None) -> tuple[Territory, Figures, Words]:
    """The three input files of the sample.

    Raises
    ------
    BadDeclaration
        With the file, the key and the reason.
    """
    root = folder or resource("layers", "sample")
    return (
        _read(root / "county.toml", Territory),
        _read(root / "figures.toml", Figures),
        _read(root / "names.toml", Words),
    )


def _read(path: Path, kind: type[Input]) -> Input:
    try:
        return kind.model_validate(_renamed(tomllib.loads(path.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        raise BadDeclaration("sample.missing-input", file=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDeclaration("sample.bad-input", file=path, key="-", reason=error) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "-"
        raise BadDeclaration("sample.bad-input", file=path, key=key, reason=first["msg"]) from None


def _renamed(value: Any) -> Any:
    """The key `class` as `class_`, which Python can hold."""
    if isinstance(value, dict):
        return {("class_" if key == "class" else key): _renamed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    return value
