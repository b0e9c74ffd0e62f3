"""Walls in the database: loaded, drawn with their openings, and read as barriers where a mode names them."""

from __future__ import annotations

from pathlib import Path

import shapely
from sqlalchemy import text

from geoservice.catalog import Catalog
from geoservice.coverage.inputs import read_barriers
from geoservice.database.engine import Database
from geoservice.ingest.importing import ImportRequest, import_file
from geoservice.settings import Settings, StateSettings
from tests.unit.osm_builders import node, osm_file, way


def test_walls_come_with_the_file_and_bar_where_they_are_named(
    database: Database, catalog: Catalog, tmp_path: Path
) -> None:
    file = osm_file(
        tmp_path / "map.osm",
        *(node(1 + k, 113.0 + 0.001 * k, 30.0, **({"barrier": "gate"} if k == 1 else {})) for k in range(3)),
        way(10, [1, 2, 3], {"barrier": "fence"}),
        way(11, [1, 3], {"railway": "rail", "bridge": "yes"}),
        way(12, [1, 3], {"waterway": "canal", "bridge": "aqueduct"}),
    )
    request = ImportRequest(layer="osm", path=file, actor="test")
    import_file(database, catalog, Settings(state=StateSettings(home=tmp_path)), request, lambda *_: None)
    with database.connect("reader") as connection:
        lines = read_barriers(connection, ["water", "railways", "walls"]).lines
        assert read_barriers(connection, ["water", "railways"]).lines.size == 0
        revision = connection.execute(text("select revision from layer_revision where layer = 'walls'")).scalar_one()
        class_ = connection.execute(text("select class from wall")).scalar_one()
    assert (len(lines), class_, revision) == (2, "fence", 1)
    gate = shapely.Point(113.001, 30.0)
    assert all(1.5e-5 < shapely.distance(line, gate) < 2.5e-5 for line in lines)
