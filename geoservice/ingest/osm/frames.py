"""Rows to record sets."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.catalog import LayerDeclaration
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet, Refusal

Row = dict[str, Any]

# The licence (ODbL 1.0) asks for these words wherever the data are shown.
ATTRIBUTION = "© OpenStreetMap contributors"
SOURCE_CRS = "EPSG:4326"
# The licence (ODbL 1.0) asks for these words wherever the data are shown.
ATTRIBUTION = "© OpenStreetMap contributors"
CRS = "EPSG:4490"
MAX_LATITUDE = 85.06
EXAMPLES = 5


def clean(text: str | None) -> str | None:
    r"""A text without control characters and outer blanks; None where nothing is left.

    Examples
    --------
    >>> clean(" 天门\x00市 "), clean("  "), clean(None)
    ('天门市', None, None)
    """
    if text is None:
        return None
    kept = "".join(" " if char in "\t\r\n" else char for char in text)
    return "".join(char for char in kept if unicodedata.category(char) != "Cc").strip() or None


def counted(values: Iterable[str]) -> str:
    """The values with their number, most frequent first: ``construction 3, proposed 1``."""
    ordered = sorted(Counter(values).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{value} {count}" for value, count in ordered)


def examples(values: Iterable[object]) -> str:
    """The first few values."""
    listed = [str(value) for value in values]
    return ", ".join(listed[:EXAMPLES]) + (" ..." if len(listed) > EXAMPLES else "")


def multipolygon(geom: BaseGeometry) -> shapely.MultiPolygon:
    """The polygons of a geometry, made valid; empty where it has none.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    >>> len(multipolygon(bow_tie).geoms), multipolygon(shapely.Point(0, 0)).is_empty
    (2, True)
    """
    if not geom.is_valid:
        geom = shapely.make_valid(geom)
    parts = [part for part in shapely.get_parts(shapely.get_parts(geom)) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon([part for part in parts if part.area > 0])


class Builder:
    """Collects the rows of one layer and what is to be said about them."""

    def __init__(self, layer: LayerDeclaration) -> None:
        self.layer = layer
        self.rows: list[Row] = []
        self.refusals: list[Refusal] = []
        self.notices: list[Notice] = []
        self._limits = {field.name: field.max_length for field in layer.fields if field.max_length is not None}
        self._required = {field.name for field in layer.fields if field.required}

    def add(self, number: int, geom: BaseGeometry | None, **fields: object) -> None:
        """One record; refused where a needed text is too long or the geometry reaches beyond the map."""
        row: Row = dict(fields)
        for name, limit in self._limits.items():
            value = row.get(name)
            if not isinstance(value, str) or len(value) <= limit:
                continue
            if name in self._required:
                self._refuse(number, name, value, "import.osm-too-long", limit=limit)
                return
            row[name] = None
            self.notices.append(Notice(number, "import.osm-text-left-out", {"field": name, "limit": limit}))
        if geom is not None and not _on_map(geom):
            self._refuse(number, GEOM, geom.wkt, "import.osm-beyond-map", limit=MAX_LATITUDE)
            return
        self.rows.append({**row, GEOM: geom, SOURCE_ROW: number})

    def note(self, code: str, **values: object) -> None:
        """A notice about the file."""
        self.notices.append(Notice(None, code, values))

    def record_set(self, source: str, report: Mapping[str, Any] | None = None) -> RecordSet:
        """All rows as a record set."""
        columns = [*(field.name for field in self.layer.fields), *_further(self.layer.id), SOURCE_ROW]
        frame = pd.DataFrame({name: pd.Series([row.get(name) for row in self.rows], dtype=object) for name in columns})
        frame[SOURCE_ROW] = frame[SOURCE_ROW].astype("int64")
        geoms = gpd.GeoSeries([row[GEOM] for row in self.rows], crs=CRS, index=frame.index)
        return RecordSet(
            layer=self.layer.id,
            records=gpd.GeoDataFrame(frame, geometry=geoms.rename(GEOM)).rename_geometry(GEOM),
            refusals=self.refusals,
            notices=self.notices,
            rows_read=len(self.rows) + len({refusal.row for refusal in self.refusals}),
            source_crs=SOURCE_CRS,
            source=source,
            report={"format": "OpenStreetMap", "attribution": ATTRIBUTION, **(report or {})},
        )

    def _refuse(self, number: int, field: str, value: str, code: str, **values: object) -> None:
        shown = value if len(value) <= 80 else value[:77] + "..."
        self.refusals.append(Refusal(number, field, shown, code, values))


def _further(layer: str) -> tuple[str, ...]:
    """Columns of a record that no file of a person may set."""
    return ("node_ids",) if layer == "roads" else ()


def _on_map(geom: BaseGeometry) -> bool:
    west, south, east, north = geom.bounds
    return west >= -180 and east <= 180 and south >= -MAX_LATITUDE and north <= MAX_LATITUDE
