"""A step of a record's history in words: titles of fields, values as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import shapely
from sqlalchemy import Connection, text

from geoservice.access.history import Change
from geoservice.catalog import Catalog, FieldDeclaration, LayerDeclaration, Text
from geoservice.crs import ELLIPSOID
from geoservice.language import LANGUAGES, catalogue, current_language, translate

# Tables of parts and the layer whose fields they hold.
_LAYER_OF = {
    "place_name": "places",
    "unit_version": "units",
    "unit": "units",
    "unit_code": "units",
    "community_code": "communities",
}
_UNITS = ("unit_id", "parent_id")
_SHAPES = ("geom",)
_UNIT_NAMES = text(
    "select distinct on (unit_id) unit_id, name from geoservice.unit_version where unit_id = any(:ids)"
    " order by unit_id, valid_from desc nulls last"
)


@dataclass(frozen=True)
class ToldField:
    """One field that changed.

    Attributes
    ----------
    title
        In both languages; None for what only programs read.
    before, after
        As stored; geometries as GeoJSON, EPSG:4490, longitude first.
    shown
        Before and after as people read them, in the current language.
    moved_m
        How far a point moved, on the ellipsoid.
    """

    name: str
    title: Text | None
    before: Any
    after: Any
    shown: tuple[str | None, str | None]
    moved_m: float | None = None


class Wording:
    """Tells the fields of steps; names of units are looked up once, as far as whoever asks may see them."""

    def __init__(self, connection: Connection, catalog: Catalog, steps: Iterable[Change]) -> None:
        self._catalog = catalog
        self._layers = {layer.table: layer for layer in catalog.layers.values()}
        wanted = {
            value for step in steps for name in _UNITS for value in step.fields.get(name, ()) if value is not None
        }
        rows = connection.execute(_UNIT_NAMES, {"ids": sorted(wanted)}) if wanted else ()
        self._units: Mapping[int, str] = {row.unit_id: row.name for row in rows}

    def tell(self, step: Change) -> list[ToldField]:
        """The fields of a step, those with a title first."""
        told = [self._field(step.table, name, before, after) for name, (before, after) in step.fields.items()]
        return sorted(told, key=lambda one: one.title is None)

    def _field(self, table: str, name: str, before: Any, after: Any) -> ToldField:
        declared = self._declared(table, name)
        title = _common_title(name) or (declared.title if declared else None)
        if name in _SHAPES:
            old, new = (shapely.from_wkb(value) if value else None for value in (before, after))
            return ToldField(
                name, title, _geojson(old), _geojson(new), (_outline(old), _outline(new)), _moved(old, new)
            )
        shown = (self._shown(name, declared, before), self._shown(name, declared, after))
        return ToldField(name, title, before, after, shown)

    def _declared(self, table: str, name: str) -> FieldDeclaration | None:
        layer: LayerDeclaration | None = self._layers.get(table) or self._catalog.layers.get(_LAYER_OF.get(table, ""))
        return next((one for one in layer.fields if one.name == name), None) if layer else None

    def _shown(self, name: str, declared: FieldDeclaration | None, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return translate("history.yes" if value else "history.no")
        if name in _UNITS:
            return self._units.get(value, f"#{value}")
        if name == "classification":
            return self._code("classification_levels", str(value))
        if declared is not None and declared.codes is not None:
            return self._code(declared.codes, str(value))
        if isinstance(value, list):
            return "、".join(map(str, value))
        return str(value)

    def _code(self, list_id: str, value: str) -> str:
        entry = self._catalog.codes[list_id].find(value)
        if entry is None:
            return value
        shown: str = getattr(entry.title, current_language.get())
        return shown


@cache
def _common_title(name: str) -> Text | None:
    """Of fields that several tables have beside the declared ones."""
    key = f"history.field.{name}"
    if key not in catalogue("zh"):
        return None
    return Text(**{language: translate(key, language) for language in LANGUAGES})


def _geojson(shape: Any) -> Any:
    return None if shape is None else shapely.geometry.mapping(shape)


def _outline(shape: Any) -> str | None:
    if shape is None:
        return None
    if shape.geom_type == "Point":
        return f"{shape.y:.6f} N, {shape.x:.6f} E"
    if shape.area:
        hectares = abs(ELLIPSOID.geometry_area_perimeter(shape)[0]) / 1e4
        return translate("history.area", None, hectares=f"{hectares:,.2f}", points=shapely.get_num_coordinates(shape))
    metres = ELLIPSOID.geometry_length(shape)
    return translate("history.line", None, metres=f"{metres:,.1f}", points=shapely.get_num_coordinates(shape))


def _moved(before: Any, after: Any) -> float | None:
    if before is None or after is None or {before.geom_type, after.geom_type} != {"Point"}:
        return None
    return round(float(ELLIPSOID.inv(before.x, before.y, after.x, after.y)[2]), 2)
