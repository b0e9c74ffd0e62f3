"""Reads layers/ into typed objects and refuses what is wrong with file, key and reason."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from geoservice.errors import BadDeclaration
from geoservice.resources import resource

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class Declaration(BaseModel):
    """A part of a file in layers/: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Declaration):
    """A text in both languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class FieldDeclaration(Declaration):
    """One field of a layer.

    Attributes
    ----------
    codes
        The list that a code, or each word of a list, is from.
    help
        What belongs into it, for whoever fills in a form.
    form
        What a text has to look like (`geoservice.ingest.parsers`).
    """

    name: Identifier
    type: Literal["text", "integer", "number", "date", "code", "boolean", "list"]
    title: Text
    help: Text | None = None
    required: bool = False
    max_length: int | None = Field(None, ge=1)
    min: float | None = None
    max: float | None = None
    codes: Identifier | None = None
    form: Literal["place_code"] | None = None
    unit: str | None = None
    aliases: tuple[str, ...] = ()
    default: str | int | float | bool | None = None

    @model_validator(mode="after")
    def _codes_go_with_code(self) -> Self:
        if self.type != "list" and (self.type == "code") != (self.codes is not None):
            raise ValueError(f"field {self.name}: type 'code' and a key 'codes' go together")
        return self


class Publication(Declaration):
    """What imported records are unless the file says otherwise."""

    classification: Literal["public", "internal"] = "internal"
    published: bool = False

    @model_validator(mode="after")
    def _published_is_public(self) -> Self:
        if self.published and self.classification != "public":
            raise ValueError("only what is public may be published")
        return self


class Tiles(Declaration):
    """Zooms and fields of the vector tiles of a layer."""

    minzoom: int = Field(0, ge=0, le=22)
    maxzoom: int = Field(14, ge=0, le=22)
    fields: tuple[str, ...] = ()


class Style(Declaration):
    """How the map draws a layer by default."""

    kind: Literal["fill", "line", "circle", "symbol"]
    color: Colour
    outline: Colour | None = None
    width: float | None = None
    visible: bool = True


class NotKept(Declaration):
    """Columns that files of a layer have and that are left out, and why."""

    headers: tuple[str, ...] = Field(min_length=1)
    why: Text


class LayerDeclaration(Declaration):
    """One file of layers/layers."""

    id: Identifier
    table: Identifier
    geometry: Literal["Point", "LineString", "MultiPolygon", "Geometry"]
    geometry_types: tuple[str, ...] = ()
    geometry_required: bool = True
    key: tuple[Identifier, ...]
    order: int
    title: Text
    publication: Publication = Publication()
    tiles: Tiles | None = None
    style: Style | None = None
    fields: tuple[FieldDeclaration, ...]
    not_kept: tuple[NotKept, ...] = ()

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        names = [field.name for field in self.fields]
        if len(set(names)) != len(names):
            raise ValueError("a field is declared twice")
        missing = set(self.key) - set(names)
        if missing:
            raise ValueError(f"key names {', '.join(sorted(missing))}, which is no field")
        seen: dict[str, str] = {}
        for field in self.fields:
            for alias in (field.name, field.title.zh, *field.aliases):
                folded = alias.casefold().replace(" ", "")
                if seen.setdefault(folded, field.name) != field.name:
                    raise ValueError(f"alias {alias!r} stands for both {seen[folded]} and {field.name}")
        return self

    def field(self, name: str) -> FieldDeclaration:
        """The field of that name; KeyError where there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


class CodeEntry(Declaration):
    """One entry of a code list."""

    code: str = Field(min_length=1, max_length=60)
    title: Text
    aliases: tuple[str, ...] = ()
    color: Colour | None = None
    shape: str | None = None
    osm: tuple[dict[str, str | list[str]], ...] = ()
    source: str | None = None
    setting: bool = False
    note: str | None = None
    parent: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    attributes: dict[str, str | int | float | bool | list[str]] = {}


class CodeList(Declaration):
    """One file of layers/codes."""

    id: Identifier
    title: Text
    source: str
    note: str | None = None
    entries: tuple[CodeEntry, ...]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Self:
        seen: set[str] = set()
        for entry in self.entries:
            if entry.code in seen:
                raise ValueError(f"code {entry.code!r} stands twice")
            seen.add(entry.code)
        return self

    def find(self, value: str) -> CodeEntry | None:
        """The entry whose code, title or alias is `value`; None where there is none.

        Examples
        --------
        >>> catalog = load_catalog()
        >>> catalog.codes["facility_types"].find("养老机构").code
        'nursing_home'
        >>> catalog.codes["facility_types"].find("") is None
        True
        """
        wanted = value.strip().casefold()
        for entry in self.entries:
            if wanted in (entry.code.casefold(), entry.title.zh.casefold(), entry.title.en.casefold()):
                return entry
        for entry in self.entries:
            if wanted in (alias.casefold() for alias in entry.aliases):
                return entry
        return None


class Mode(Declaration):
    """A way to travel."""

    id: Identifier
    title: Text
    access: Literal["walk", "bicycle", "car"]
    oneway: bool
    turn_bans: bool = False
    slope: bool = False
    speed_kmh: float = Field(gt=0, le=200)
    speeds: dict[str, Annotated[float, Field(ge=0, le=200)]] = {}
    off_network_kmh: float = Field(gt=0, le=50)
    off_network_m: float = Field(ge=0, le=5000)
    barriers: tuple[str, ...] = ()
    source: str = Field(min_length=1)
    setting: bool
    note: str | None = None

    def class_speed_kmh(self, road_class: str) -> float:
        """Speed on a class of road in km/h; 0 where the mode may not use it."""
        return self.speeds.get(road_class, self.speed_kmh)


class Limit(Declaration):
    """Minutes by a mode."""

    mode: Identifier
    minutes: int = Field(ge=1, le=600)
    source: str = Field(min_length=1)
    setting: bool = True


class Limits(Declaration):
    """The limit for each class of community."""

    urban: Limit
    rural: Limit


class ServiceStandard(Declaration):
    """A service standard: facility types that must be within the minutes of a community's class."""

    id: Identifier
    title: Text
    types: tuple[Identifier, ...] = Field(min_length=1)
    limits: Limits
    rings: tuple[int, ...] = ()
    headline: bool = False
    headline_type: Identifier | None = None
    source: str = Field(min_length=1)
    note: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Catalog:
    """All declarations by their id."""

    layers: Mapping[str, LayerDeclaration]
    codes: Mapping[str, CodeList]
    modes: Mapping[str, Mode]
    services: Mapping[str, ServiceStandard]

    @property
    def headline(self) -> ServiceStandard:
        """The one standard whose coverage is quoted first."""
        return next(service for service in self.services.values() if service.headline)


class _ModesFile(Declaration):
    modes: tuple[Mode, ...]


class _ServicesFile(Declaration):
    services: tuple[ServiceStandard, ...]


def load_catalog(folder: Path | None = None) -> Catalog:
    """Reads and checks every declaration.

    Parameters
    ----------
    folder
        The folder layers/; the program's own by default.

    Raises
    ------
    BadDeclaration
        For the first wrong declaration, with its file, key and reason.
    """
    root = folder or resource("layers")
    layers = [read_declaration(path, LayerDeclaration) for path in sorted((root / "layers").glob("*.toml"))]
    codes = [read_declaration(path, CodeList) for path in sorted((root / "codes").glob("*.toml"))]
    modes = read_declaration(root / "standards" / "modes.toml", _ModesFile).modes
    services = read_declaration(root / "standards" / "services.toml", _ServicesFile).services
    catalog = Catalog(
        layers=_by_id(root / "layers", sorted(layers, key=lambda layer: layer.order)),
        codes=_by_id(root / "codes", codes),
        modes=_by_id(root / "standards" / "modes.toml", modes),
        services=_by_id(root / "standards" / "services.toml", services),
    )
    _check_references(root, catalog)
    return catalog


D = TypeVar("D", bound=Declaration)
Named = TypeVar("Named", LayerDeclaration, CodeList, Mode, ServiceStandard)


def read_declaration(path: Path, kind: type[D]) -> D:
    """A file of layers/ as a declaration.

    Raises
    ------
    BadDeclaration
        With file, key and reason.
    """
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadDeclaration("catalog.missing", file=path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadDeclaration("catalog.unreadable", file=path, reason=error) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "-"
        raise BadDeclaration("catalog.invalid", file=path, key=key, reason=first["msg"]) from None


def _by_id(path: Path, declarations: Sequence[Named]) -> Mapping[str, Named]:
    found: dict[str, Named] = {}
    for declaration in declarations:
        if declaration.id in found:
            raise BadDeclaration("catalog.invalid", file=path, key="id", reason=f"{declaration.id!r} stands twice")
        found[declaration.id] = declaration
    return MappingProxyType(found)


def _check_references(root: Path, catalog: Catalog) -> None:
    for layer in catalog.layers.values():
        for field in layer.fields:
            if field.codes is not None and field.codes not in catalog.codes:
                _refuse(root, f"layers/{layer.id}.toml", f"fields.{field.name}.codes", field.codes, "code list")
    for mode in catalog.modes.values():
        for barrier in mode.barriers:
            if barrier not in catalog.layers:
                _refuse(root, "standards/modes.toml", f"{mode.id}.barriers", barrier, "layer")
    _check_services(root, catalog)


def _check_services(root: Path, catalog: Catalog) -> None:
    file = "standards/services.toml"
    known = {entry.code for entry in catalog.codes["facility_types"].entries}
    for service in catalog.services.values():
        for limit in (service.limits.urban, service.limits.rural):
            if limit.mode not in catalog.modes:
                _refuse(root, file, f"{service.id}.limits", limit.mode, "mode")
        for type_ in (*service.types, *([service.headline_type] if service.headline_type else [])):
            if type_ not in known:
                _refuse(root, file, f"{service.id}.types", type_, "facility type")
    if sum(service.headline for service in catalog.services.values()) != 1:
        raise BadDeclaration("catalog.invalid", file=root / file, key="headline", reason="exactly one service has it")


def _refuse(root: Path, file: str, key: str, value: str, what: str) -> None:
    raise BadDeclaration("catalog.unknown-reference", file=root / file, key=key, value=value, what=what)
