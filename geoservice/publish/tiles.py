"""Vector tiles: one statement a tile, from the stored copy in EPSG:3857 and its index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, LargeBinary, Select, bindparam, func, select, true

from geoservice.catalog import Catalog, LayerDeclaration, Tiles
from geoservice.database.actor import acting
from geoservice.database.filters import today
from geoservice.database.models import LayerTouch, Road, UnitVersion
from geoservice.errors import BadDeclaration, BadRequest, NotFound
from geoservice.names.search import standard_name
from geoservice.publish.queries.overview import TABLES, conditions
from geoservice.publish.queries.texts import fixed
from geoservice.publish.revisions import Revision, etag, layer_revision, revision_of

EXTENT = 4096
BUFFER = 64
MAX_ZOOM = 22
# Half the circumference of the earth at the equator in EPSG:3857, in metres.
HALF_WORLD_M = 20037508.342789244

MAJOR_ROADS = ("motorway", "trunk", "primary", "secondary")
# Up to this zoom a name of at most this rank is drawn (1 is the most important).
PLACE_RANKS = ((6, 2), (8, 3), (10, 4), (11, 5), (12, 6))


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile of the usual scheme: `y` counts from the north."""

    z: int
    x: int
    y: int

    @classmethod
    def checked(cls, z: int, x: int, y: int) -> Tile:
        """A tile that exists.

        Raises
        ------
        BadRequest
            If zoom, column or row lies outside the scheme.

        Examples
        --------
        >>> Tile.checked(1, 0, 1)
        Tile(z=1, x=0, y=1)
        """
        if not 0 <= z <= MAX_ZOOM or not (0 <= x < 2**z and 0 <= y < 2**z):
            raise BadRequest("tiles.out-of-range", z=z, x=x, y=y)
        return cls(z, x, y)


def tile_layer(catalog: Catalog, layer_id: str) -> LayerDeclaration:
    """The declaration of a layer that has tiles.

    Raises
    ------
    NotFound
        If there is none of that id.
    """
    layer = catalog.layers.get(layer_id)
    if layer is None or layer.tiles is None:
        raise NotFound("tiles.unknown-layer", layer=layer_id)
    return layer


def check_tiles(catalog: Catalog) -> None:
    """Refuses a declaration that asks for a field that its tiles cannot hold.

    Raises
    ------
    BadDeclaration
        For the first such field.
    """
    for layer in catalog.layers.values():
        if layer.tiles is None:
            continue
        if layer.id not in TABLES:
            raise BadDeclaration("tiles.no-table", layer=layer.id)
        unknown = [name for name in layer.tiles.fields if name not in _columns(layer.id, today())]
        if unknown:
            raise BadDeclaration("tiles.unknown-field", layer=layer.id, field=unknown[0])


def tile_etag(layer: LayerDeclaration, revision: Revision | None, tile: Tile, day: date) -> str:
    """Changes with the records within the tile, the layer's declaration and, because of dates in force, the day."""
    return etag("tile", layer.id, revision, layer.tiles, tile, day)


def tile_place(layer: LayerDeclaration, tile: Tile) -> str:
    """What a tile is kept under: one for each audience."""
    return etag("tile", layer.id, tile)


def tile_revision(connection: Connection, layer: str, wanted: Tile) -> Revision | None:
    """State of a layer within one tile, as the public sees it; for others, who see more, of the whole layer."""
    if acting.get().reads:
        return layer_revision(connection, layer)
    row = connection.execute(_newest_touch(layer), asdict(wanted)).one_or_none()
    return None if row is None else Revision(row.revision, row.at)


def tile(connection: Connection, layer: LayerDeclaration, wanted: Tile, *, day: date) -> bytes:
    """A vector tile with one layer named as the layer's id; empty where nothing is to be shown.

    Parameters
    ----------
    day
        Records in force on this day are shown.
    """
    if not _drawn(layer, wanted):
        return b""
    data: bytes | None = connection.scalar(tile_statement(layer, wanted.z, day=day), asdict(wanted))
    return data or b""


def tile_with_revision(
    connection: Connection, layer: LayerDeclaration, wanted: Tile, *, day: date
) -> tuple[bytes, Revision | None]:
    """A tile and the state that it was made from, by one statement."""
    if not _drawn(layer, wanted):
        return b"", tile_revision(connection, layer.id, wanted)
    statement = _with_revision(tile_statement(layer, wanted.z, day=day), layer.id, bool(acting.get().reads))
    row = connection.execute(statement, asdict(wanted)).one()
    return row.data or b"", None if row.revision is None else Revision(row.revision, row.at)


def _drawn(layer: LayerDeclaration, wanted: Tile) -> bool:
    return layer.tiles is not None and wanted.z >= layer.tiles.minzoom


@lru_cache(maxsize=1024)
def _with_revision(made: Select[bytes], layer_id: str, reads: bool) -> Select[Any]:  # noqa: FBT001 - the key
    state = (revision_of(layer_id) if reads else _newest_touch(layer_id)).subquery("state")
    data = made.subquery("tile")
    both = select(data.c[0].label("data"), state.c.revision, state.c.at).select_from(
        data.join(state, true(), isouter=True)
    )
    return both.execution_options(**made.get_execution_options())


def tile_statement(layer: LayerDeclaration, z: int, *, day: date) -> Select[bytes]:
    """The statement of a tile, which takes ``z``, ``x`` and ``y``.

    A feature's id is its record's, and every feature is there, in the order of ids.
    """
    return _statement(layer.id, layer.geometry == "Point", layer.tiles or Tiles(), z, day, bool(acting.get().reads))


@lru_cache(maxsize=1024)
def _statement(layer_id: str, points: bool, tiles: Tiles, z: int, day: date, _reads: bool) -> Select[bytes]:  # noqa: FBT001 - the key
    """Putting it together takes longer than many a tile: it is kept, by what `visible` makes of who acts too."""
    table = TABLES[layer_id]
    columns = _columns(layer_id, day)
    identity = columns["id"]
    shape = table.geom_3857 if points or z >= tiles.maxzoom else _simplified(table, z)
    geom = func.ST_AsMVTGeom(shape, func.ST_TileEnvelope(*_PLACE), EXTENT, BUFFER, true())
    features = (
        select(geom.label("geom"), identity.label("feature_id"), *(columns[name].label(name) for name in tiles.fields))
        .select_from(table)
        .where(table.geom_3857.op("&&")(_AROUND), *conditions(layer_id, day), *_by_zoom(layer_id, z))
        .order_by(identity)
    )
    rows = features.subquery("features")
    row: ColumnElement[Any] = rows.table_valued()
    encoded = func.ST_AsMVT(row, layer_id, EXTENT, "geom", "feature_id", type_=LargeBinary)
    # A shape that vanishes within the tile is null, and left out by the encoder.
    return select(encoded.label("data")).select_from(rows).execution_options(one_plan=points, as_bytes=True)


_PLACE = tuple(bindparam(name, type_=Integer) for name in "zxy")
_WHOLE_WORLD = func.ST_MakeEnvelope(-HALF_WORLD_M, -HALF_WORLD_M, HALF_WORLD_M, HALF_WORLD_M, 3857)
# The tile with its margin: made of constants alone, so that the planner folds it and answers && from an index.
_AROUND = func.ST_TileEnvelope(*_PLACE, _WHOLE_WORLD, BUFFER / EXTENT)


@lru_cache(maxsize=64)
def _newest_touch(layer_id: str) -> Select[Any]:
    columns: tuple[Any, ...] = (LayerTouch.revision, LayerTouch.at)
    found = select(*columns).where(
        LayerTouch.layer == fixed(layer_id), LayerTouch.area.op("&&")(_AROUND), LayerTouch.revision.is_not(None)
    )
    return found.order_by(LayerTouch.revision.desc()).limit(1).execution_options(one_plan=True)


def _simplified(table: Any, z: int) -> Any:
    """Lines and areas without what is finer than an eighth of a pixel; the same for neighbours of one line."""
    tolerance_m = 2 * HALF_WORLD_M / 2**z / EXTENT * 2
    return func.ST_Simplify(table.geom_3857, tolerance_m, true())


def _by_zoom(layer_id: str, z: int) -> tuple[Any, ...]:
    """Less of a layer where little can be told apart; by rule, never at random."""
    classes, rank = road_classes(layer_id, z), place_rank(layer_id, z)
    if classes:
        return (Road.class_.in_(classes),)
    return (TABLES[layer_id].rank <= rank,) if rank else ()


def road_classes(layer_id: str, z: int) -> tuple[str, ...]:
    """The classes of roads that a zoom shows; none where it shows all of them."""
    if layer_id != "roads" or z >= 12:
        return ()
    return MAJOR_ROADS if z < 10 else (*MAJOR_ROADS, "tertiary")


def place_rank(layer_id: str, z: int) -> int | None:
    """The last rank of places that a zoom shows; None where it shows all of them."""
    return next((rank for zoom, rank in PLACE_RANKS if z <= zoom), None) if layer_id == "places" else None


def thinning(layer_id: str, z: int) -> str | None:
    """The rule by which a zoom leaves records out, for whoever reads the tile; None where it shows all.

    Examples
    --------
    >>> thinning("places", 10), thinning("roads", 9), thinning("facilities", 0)
    ('rank <= 4', 'class in motorway, trunk, primary, secondary', None)
    """
    classes, rank = road_classes(layer_id, z), place_rank(layer_id, z)
    if classes:
        return f"class in {', '.join(classes)}"
    return f"rank <= {rank}" if rank else None


def _columns(layer_id: str, day: date) -> Mapping[str, Any]:
    """What the tiles of a layer may hold, by the name of the field."""
    table = TABLES[layer_id]
    columns = {column.name: column for column in table.__table__.columns if column.name not in _NEVER}
    if layer_id == "units":
        columns["id"] = UnitVersion.unit_id
    if layer_id == "places":
        columns["name"] = standard_name(table.id, day)
    return MappingProxyType(columns)


_NEVER = {"geom", "geom_3857", "node_ids", "modes", "classification", "published", "batch_id", "grams"}
