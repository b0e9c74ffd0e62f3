"""How the records of each layer lie in the tables: the row of the record, and its parts such as names and codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from sqlalchemy import Table

from geoservice.catalog import Catalog, FieldDeclaration, LayerDeclaration
from geoservice.database.models import (
    Base,
    BuiltUpArea,
    Community,
    CommunityCode,
    Control,
    Facility,
    Place,
    PlaceName,
    Railway,
    Road,
    UnitCode,
    UnitVersion,
    Wall,
    Water,
)
from geoservice.errors import NotFound

# Said by the unit that a record names, which is chosen and not typed.
BY_UNIT = ("township_code", "township_name", "parent_code")
CODE_FIELDS = {"code": "code", "code_system": "system", "code_edition": "edition"}
NAME_KINDS = {
    "name": "standard",
    "alias": "alias",
    "abbreviation": "abbreviation",
    "former_name": "former",
    "map_name": "map",
}
# Of a place's standard name in force.
NAME_FIELDS = ("reading", "reading_source", "romanisation", "valid_from", "valid_to")


@dataclass(frozen=True)
class Part:
    """Rows that belong to a record.

    Attributes
    ----------
    owner
        Their column that names it.
    of
        The column of the record's row that it names.
    """

    table: Table
    owner: str
    of: str = "id"


@dataclass(frozen=True)
class Kept:
    """How one layer is kept.

    Attributes
    ----------
    table
        Holds geometry, level, publication and version of the record.
    unit
        Column with the unit that the record belongs to; None where it belongs to none.
    parts
        Rows of other tables that belong to it.
    elsewhere
        Declared fields that lie in parts.
    """

    layer: LayerDeclaration
    table: Table
    unit: str | None = None
    parts: tuple[Part, ...] = ()
    elsewhere: frozenset[str] = field(default_factory=frozenset)

    @property
    def fields(self) -> tuple[FieldDeclaration, ...]:
        """The declared fields that people see and change."""
        return tuple(one for one in self.layer.fields if one.name not in BY_UNIT)

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the fields that are columns of the record's own row."""
        return tuple(one.name for one in self.fields if one.name not in self.elsewhere)

    @property
    def identity(self) -> tuple[str, ...]:
        """Fields that a record is found by again; given once and not changed."""
        return ("code_system", "code_edition", "code") if "code_system" in self.layer.key else ("key",)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


_MODELS: Mapping[str, type[Base]] = MappingProxyType(
    {
        "facilities": Facility,
        "roads": Road,
        "railways": Railway,
        "water": Water,
        "walls": Wall,
        "controls": Control,
        "built_up": BuiltUpArea,
        "communities": Community,
        "places": Place,
        "units": UnitVersion,
    }
)
_DETAILS: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "facilities": {"unit": "unit_id"},
        "communities": {
            "unit": "unit_id",
            "parts": (Part(_table(CommunityCode), "community_id"),),
            "elsewhere": frozenset(CODE_FIELDS),
        },
        "places": {
            "unit": "unit_id",
            "parts": (Part(_table(PlaceName), "place_id"),),
            "elsewhere": frozenset(NAME_KINDS) | frozenset(NAME_FIELDS),
        },
        "units": {
            "unit": "parent_id",
            "parts": (Part(_table(UnitCode), "unit_id", of="unit_id"),),
            "elsewhere": frozenset(CODE_FIELDS),
        },
    }
)


def kept_layer(catalog: Catalog, layer: str) -> Kept:
    """How a layer is kept.

    Raises
    ------
    NotFound
        ``records.no-layer`` where its records are not changed one by one; people in cells belong to their source.
    """
    if layer not in _MODELS or layer not in catalog.layers:
        known = ", ".join(one for one in catalog.layers if one in _MODELS)
        raise NotFound("records.no-layer", layer=layer[:60], known=known)
    return Kept(catalog.layers[layer], _table(_MODELS[layer]), **_DETAILS.get(layer, {}))


def is_kept(layer: str) -> bool:
    """Whether the records of a layer are changed one by one."""
    return layer in _MODELS


def kept_layers(catalog: Catalog) -> list[Kept]:
    """All layers whose records are changed one by one, in their order."""
    return [kept_layer(catalog, layer) for layer in catalog.layers if layer in _MODELS]
