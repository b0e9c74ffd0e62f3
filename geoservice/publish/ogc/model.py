"""Collections and their properties, as the layers declare them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from geoservice.catalog import Catalog, CodeEntry, FieldDeclaration, LayerDeclaration, Text
from geoservice.errors import NotFound
from geoservice.publish.queries.overview import TABLES

Kind = Literal["text", "integer", "number", "date", "code", "boolean", "list"]
GEOMETRY = "geometry"
# Beside the layer's own records: an answer changes with these as well.
_NAMED_BY = {"places": ("units",), "facilities": ("units",), "communities": ("units",)}
_TITLES = {
    "unit_id": Text(zh="区划的内部编号", en="Id of the unit"),
    "schematic": Text(zh="示意数据，非测绘成果", en="Schematic, not surveyed"),
}
# First and last day in force.
_DATES = {"facilities": ("opened_on", "closed_on")}
# Notes of the office about its own work, with names of persons: they do not go out.
_INTERNAL = {"places": {"remark", "registered_on", "registered_by", "registered_office"}}
_AREAL = {"units", "built_up", "controls", "water", "places", "population"}


@dataclass(frozen=True)
class Property:
    """One property of the features of a collection."""

    name: str
    kind: Kind
    title: Text
    help: Text | None = None
    unit: str | None = None
    codes: tuple[CodeEntry, ...] = ()
    max_length: int | None = None
    min: float | None = None
    max: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether it has an order and can be asked for by its value."""
        return self.kind != "list"


@dataclass(frozen=True, eq=False)
class Collection:
    """A layer as a collection of features; equal only to itself, so that what is made for it can be kept.

    Attributes
    ----------
    inputs
        Layers whose revisions an answer depends on.
    dates
        Properties that hold the first day in force and the first day no longer in force.
    """

    layer: LayerDeclaration
    properties: Mapping[str, Property]
    inputs: tuple[str, ...]
    dates: tuple[str, str] | None

    @property
    def id(self) -> str:
        """As addresses name it."""
        return self.layer.id

    @property
    def areal(self) -> bool:
        """Whether it may hold areas."""
        return self.layer.id in _AREAL

    @property
    def geometry_types(self) -> tuple[str, ...]:
        """Types of geometry that its features may have."""
        return self.layer.geometry_types or (self.layer.geometry,)


def collections(catalog: Catalog) -> Mapping[str, Collection]:
    """Every layer that can be a collection, in the order of the layers; who sees which is for the database to say.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> found = collections(load_catalog())
    >>> found["facilities"].dates, found["roads"].dates
    (('opened_on', 'closed_on'), None)
    >>> found["places"].properties["name"].title.zh
    '标准名称'
    """
    return MappingProxyType(
        {layer.id: _collection(catalog, layer) for layer in catalog.layers.values() if layer.id in TABLES}
    )


def find(known: Mapping[str, Collection], collection_id: str) -> Collection:
    """The collection of an id.

    Raises
    ------
    NotFound
        ``ogc.no-collection``
    """
    found = known.get(collection_id)
    if found is None:
        raise NotFound("ogc.no-collection", id=collection_id[:60])
    return found


def _collection(catalog: Catalog, layer: LayerDeclaration) -> Collection:
    kept_in = _INTERNAL.get(layer.id, set())
    declared = {field.name: _property(catalog, field) for field in layer.fields if field.name not in kept_in}
    added: dict[str, Property] = {}
    if layer.id == "units":
        added["unit_id"] = Property("unit_id", "integer", _TITLES["unit_id"])
    added["schematic"] = Property("schematic", "boolean", _TITLES["schematic"])
    dates = _DATES.get(layer.id, ("valid_from", "valid_to"))
    return Collection(
        layer,
        MappingProxyType(declared | added),
        (layer.id, *_NAMED_BY.get(layer.id, ())),
        dates if set(dates) <= declared.keys() else None,
    )


def _property(catalog: Catalog, field: FieldDeclaration) -> Property:
    return Property(
        field.name,
        field.type,
        field.title,
        field.help,
        field.unit,
        catalog.codes[field.codes].entries if field.codes else (),
        field.max_length,
        field.min,
        field.max,
    )


def said(text: Text, language: str) -> str:
    """A text in a language."""
    found: Any = text.zh if language == "zh" else text.en
    return str(found)
