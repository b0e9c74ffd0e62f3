"""Small record sets for tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import MultiPolygon, box

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.ingest.load import LoadOptions
from geoservice.ingest.records import GEOM, SOURCE_ROW, RecordSet
from geoservice.settings import AuditSettings, Settings

OPTIONS = LoadOptions(actor="test", sha256="0" * 64)


def record_set(layer: str, rows: Sequence[Mapping[str, Any]], source: str = "test.geojson") -> RecordSet:
    """A record set of rows as a reader would make it."""
    names = list(dict.fromkeys(name for row in rows for name in row if name != GEOM))
    data: dict[str, Any] = {name: [row.get(name) for row in rows] for name in names}
    data[SOURCE_ROW] = list(range(1, len(rows) + 1))
    geometries = np.array([row.get(GEOM) for row in rows] or [], dtype=object)
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometries, crs=4490), crs=4490).rename_geometry(GEOM)
    return RecordSet(layer=layer, records=frame, rows_read=len(rows), source_crs="EPSG:4490", source=source)


def square(west: float, south: float, size: float = 0.1) -> MultiPolygon:
    """A square of `size` degrees."""
    return MultiPolygon([box(west, south, west + size, south + size)])


def given_database(
    monkeypatch: pytest.MonkeyPatch, module: Any, database: Database, heads: Path, catalog: Catalog | None = None
) -> None:
    """Commands of a module work on a database that is there already."""
    settings = Settings(state=database.settings.state, audit=AuditSettings(audit_file=heads))

    @contextmanager
    def ready() -> Iterator[tuple[Settings, Catalog | None, Database]]:
        yield settings, catalog, database

    monkeypatch.setattr(module, "ready", ready)
