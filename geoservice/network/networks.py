"""The network of each mode from the roads in the database, built once for a revision of its input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, text

from geoservice.catalog import Catalog, Mode
from geoservice.database.engine import Database
from geoservice.errors import BadRequest, Unavailable
from geoservice.network.arrays import Floats
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.store import load, save
from geoservice.network.turns import TurnRow
from geoservice.settings import Settings

Progress = Callable[[str, int, int], None]

_ROADS = text(
    "select id, class, oneway, modes, speed_kmh, node_ids, st_asbinary(geom) from road"
    " where cardinality(modes) > 0 order by id"
)


_TURNS = text(
    "select key, kind, from_ways, via_nodes, via_ways, to_ways, modes, condition from turn_restriction order by key"
)
_HEIGHTS = text(
    "select r.id, h.heights from road r join road_height h using (key)"
    " where cardinality(r.modes) > 0 and h.shape = md5(st_asbinary(r.geom)) order by r.id"
)
_WAYS = text("""
    select substring(key from '^osm:way/[0-9]+') as way, array_agg(id order by id)
    from road
    where substring(key from '^osm:way/[0-9]+') in (
        select unnest(from_ways || via_ways || to_ways) from turn_restriction
    )
    group by way
""")


def network_folder(settings: Settings) -> Path:
    """Where graphs are kept."""
    return settings.home / "networks"


def default_modes(catalog: Catalog) -> list[str]:
    """The modes that service standards use, walking first."""
    used = [
        limit.mode for service in catalog.services.values() for limit in (service.limits.urban, service.limits.rural)
    ]
    return list(dict.fromkeys(sorted(used, key=lambda mode: (mode != "walk", used.index(mode)))))


def build_networks(
    database: Database, catalog: Catalog, settings: Settings, modes: Sequence[str] | None, progress: Progress
) -> list[dict[str, Any]]:
    """Builds and stores the network of each mode.

    Returns
    -------
    One dictionary a mode: mode, nodes, edges, components, main_share, revision; and for a mode that obeys turn bans
    ``turn_bans``, what became of each restriction; for one that minds slopes, where heights are loaded, ``slope``.

    Raises
    ------
    BadRequest
        If a mode is not declared.
    BadInput
        If no road is loaded that a mode may use.
    """
    wanted = list(modes or default_modes(catalog))
    unknown = [mode for mode in wanted if mode not in catalog.modes]
    if unknown:
        raise BadRequest("network.unknown-mode", mode=unknown[0], known=", ".join(catalog.modes))
    with database.connect("reader") as connection:
        roads, turns = read_roads(connection), read_turns(connection)
        heights = read_heights(connection, roads)
        revision = _roads_revision(connection)
        built = []
        for number, mode in enumerate(wanted):
            progress(f"network.step.build:{mode}", number, len(wanted))
            ground = _Ground(roads, turns, heights)
            graph = _build(ground, catalog.modes[mode], settings, revision, database.name)
            told = {"turn_bans": dict(graph.turns)} if catalog.modes[mode].turn_bans else {}
            told |= {"slope": dict(graph.slope)} if graph.slope else {}
            built.append({"mode": mode, **asdict(graph.statistics), **told, "revision": graph.revision})
            progress(f"network.step.build:{mode}", number + 1, len(wanted))
    return built


def networks_for(
    connection: Connection, catalog: Catalog, settings: Settings, modes: Iterable[str], database_name: str
) -> dict[str, Graph]:
    """The networks of some modes as the roads now are: the stored ones where they are current, else built anew."""
    revision = _roads_revision(connection)
    graphs: dict[str, Graph] = {}
    roads: RoadTable | None = None
    for mode in dict.fromkeys(modes):
        declared = catalog.modes[mode]
        known = _known(settings, _key(declared, revision, database_name))
        if known is not None:
            with suppress(Unavailable):
                graphs[mode] = load(network_folder(settings), known, verify=False)
                continue
        roads = roads or read_roads(connection)
        turns = read_turns(connection) if declared.turn_bans else []
        heights = read_heights(connection, roads) if declared.slope else None
        graphs[mode] = _build(_Ground(roads, turns, heights), declared, settings, revision, database_name)
    return graphs


def read_roads(connection: Connection) -> RoadTable:
    """Every road that some mode may use."""
    rows = connection.execute(_ROADS).all()
    shapes = shapely.from_wkb([bytes(row[6]) for row in rows])
    points, owner = shapely.get_coordinates(np.asarray(shapes, dtype=object), return_index=True)
    ends = np.searchsorted(owner, np.arange(len(rows) + 1))
    return RoadTable.from_rows(
        RoadRow(
            id=row[0],
            class_=row[1],
            oneway=row[2],
            modes=row[3],
            speed_kmh=row[4],
            node_ids=row[5],
            coordinates=points[ends[number] : ends[number + 1]],
        )
        for number, row in enumerate(rows)
    )


def read_turns(connection: Connection) -> list[TurnRow]:
    """Every turn restriction, its ways as the ids of their roads."""
    rows = connection.execute(_TURNS).all()
    if not rows:
        return []
    roads: dict[str, tuple[int, ...]] = {way: tuple(ids) for way, ids in connection.execute(_WAYS)}

    def ids(ways: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        return tuple(roads.get(way, ()) for way in ways)

    return [
        TurnRow(
            key=row.key,
            kind=row.kind,
            from_ways=ids(row.from_ways),
            via_nodes=tuple(row.via_nodes),
            via_ways=ids(row.via_ways),
            to_ways=ids(row.to_ways),
            modes=tuple(row.modes),
            conditional=row.condition is not None,
        )
        for row in rows
    ]


def read_heights(connection: Connection, roads: RoadTable) -> Floats | None:
    """Height of each vertex of the roads in metres, NaN where unknown; None where none are loaded."""
    rows = connection.execute(_HEIGHTS).all()
    if not rows:
        return None
    found = np.full(roads.lon.size, np.nan)
    where = np.searchsorted(roads.road_id, [row[0] for row in rows])
    for number, row in zip(where.tolist(), rows, strict=True):
        found[roads.vertex_offset[number] : roads.vertex_offset[number + 1]] = row[1]
    return found


_SEES_ALL = text("""
    select current_user <> 'geoservice_app' or geoservice.somewhere('reads') or geoservice.ground_is_public()
""")


@dataclass(frozen=True)
class _Ground:
    """What the database says of the roads; `heights` as `build_graph` takes them."""

    roads: RoadTable
    turns: Sequence[TurnRow]
    heights: Floats | None


def _build(ground: _Ground, mode: Mode, settings: Settings, revision: str, database_name: str) -> Graph:
    graph = build_graph(ground.roads, mode, ground.turns, ground.heights)
    folder = network_folder(settings)
    save(graph, folder)
    index = folder / f"{_key(mode, revision, database_name)}.json"
    fresh = index.with_suffix(".new")
    fresh.write_text(json.dumps({"revision": graph.revision}), encoding="utf-8")
    fresh.replace(index)
    return graph


def _roads_revision(connection: Connection) -> str:
    """Revision of the roads and its moment: two databases with one state directory never share a graph by chance.

    Who does not see all roads has networks of their own.
    """
    row = connection.execute(text("select revision, changed_at from layer_revision where layer = 'roads'")).first()
    revision = "0" if row is None else f"{row.revision} {row.changed_at.timestamp():.6f}"
    return revision if connection.execute(_SEES_ALL).scalar_one() else f"{revision} public"


def _known(settings: Settings, key: str) -> str | None:
    """The graph revision that was built for a key; None where there is none."""
    try:
        content = json.loads((network_folder(settings) / f"{key}.json").read_text(encoding="utf-8"))
        return str(content["revision"])
    except (OSError, ValueError, KeyError):
        return None


def _key(mode: Mode, revision: str, database_name: str) -> str:
    declared = json.dumps([mode.model_dump(mode="json"), revision, database_name], sort_keys=True)
    return f"{mode.id}-{hashlib.sha256(declared.encode()).hexdigest()[:16]}"
