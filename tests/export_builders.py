"""Records that are hard to write down: rare characters, long and empty values, holes, many parts, none at all."""

from __future__ import annotations

from typing import Any

import shapely
from shapely import wkb
from sqlalchemy import text

from geoservice.database.engine import Database

RARE = "𠀀𫠆屋台（北）"
LONG = "长" * 100
# Outlines with a hole and several parts, lines, points, and a place that nobody has found.
SHAPES: dict[str, Any] = {
    "带洞": shapely.MultiPolygon(
        [
            shapely.Polygon(
                shapely.box(113.0, 30.5, 113.2, 30.7).exterior, [shapely.box(113.05, 30.55, 113.1, 30.6).exterior]
            )
        ]
    ),
    "多块": shapely.MultiPolygon([shapely.box(113.3, 30.5, 113.31, 30.51), shapely.box(113.4, 30.5, 113.41, 30.51)]),
    "河": shapely.LineString([(113.0, 30.4), (113.1, 30.41), (113.2, 30.4)]),
    RARE: shapely.Point(113.165123, 30.663451),
    "=1+1": shapely.MultiPoint([(113.5, 30.5), (113.6, 30.6)]),
    LONG: shapely.Point(113.25, 30.25),
    "失考": None,
}
SECRET = "内部仓库"


def load_places(database: Database, *, schematic: bool = True) -> None:
    """Published places with these names and shapes, and one that is internal."""
    with database.connect("owner") as connection:
        batch = connection.execute(
            text(
                "insert into import_batch (layer, source_name, source_sha256, actor, rows_read, loaded, changed, unchanged,"
                " refused, published) values ('places', '普查成果.xlsx', '0', 'test', 8, 8, 0, 0, 0, true) returning id"
            )
        ).scalar_one()
        for position, (name, shape) in enumerate([*SHAPES.items(), (SECRET, shapely.Point(113.1, 30.1))]):
            public = name != SECRET
            place = connection.execute(
                text(
                    "insert into place (key, class_code, geom, classification, published, schematic, batch_id)"
                    " values (:key, '21610', st_geomfromwkb(:geom, 4490), :level, :published, :schematic, :batch)"
                    " returning id"
                ),
                {
                    "key": f"k{position}",
                    "geom": None if shape is None else wkb.dumps(shape),
                    "level": "public" if public else "internal",
                    "published": public,
                    "schematic": schematic,
                    "batch": batch,
                },
            ).scalar_one()
            connection.execute(
                text(
                    "insert into place_name (place_id, kind, name, pinyin, tones, initials, grams, valid_from, valid_to,"
                    " classification, published)"
                    " values (:place, 'standard', :name, '', '', '', '{}', :start, :end, :level, :published)"
                ),
                {
                    "place": place,
                    "name": name,
                    "start": "2001-02-03",
                    "end": "2010-01-01" if name == "失考" else None,
                    "level": "public" if public else "internal",
                    "published": public,
                },
            )


def load_water(database: Database) -> None:
    """Published waters: an outline with an island, a river in two parts, and one whose name no file takes for a formula."""
    shapes = {RARE: SHAPES["带洞"], LONG: shapely.MultiLineString([SHAPES["河"], [(113.3, 30.4), (113.4, 30.41)]])}
    with database.connect("owner") as connection:
        for position, (name, shape) in enumerate(shapes.items()):
            connection.execute(
                text(
                    "insert into water (key, name, class, geom, classification, published, schematic)"
                    " values (:key, :name, :class, st_geomfromwkb(:geom, 4490), 'public', true, true)"
                ),
                {"key": f"w{position}", "name": name, "class": "river", "geom": wkb.dumps(shape)},
            )
