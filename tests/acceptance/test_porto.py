"""Porto's roads: the network counted and explained, random demand points, and the same roads drawn without nodes.

The figures are told in docs/porto.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from geoservice.catalog import Catalog, Mode
from geoservice.coverage.reach import evaluate, field_of
from geoservice.database.engine import Database
from geoservice.network.build import build_graph
from geoservice.network.graph import Graph, RoadRow, RoadTable
from geoservice.network.join import Joins, join
from geoservice.network.networks import build_networks
from geoservice.network.search import MAX_LIMIT_DS
from geoservice.settings import Settings
from tests.acceptance.helpers import Desk, counts, notices, silent
from tests.acceptance.oracle import ELLIPSOID, Cut, Line, cut, reach_times

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SEED = 20260101
POINTS = 1000
UTM = 32629
# Counted elsewhere with a plain filter, access tags ignored.
OUTSIDE_NODES, OUTSIDE_EDGES, OUTSIDE_COMPONENTS = 75_444, 103_107, 928
NOT_WALKED = {"motorway", "motorway_link"}
NO_STREETS = {"proposed", "construction", "raceway", "services", "bus_stop", "unclassified;tertiary"}
DIRECTION = {"no": "双向", "forward": "单行", "backward": "逆向"}
TRAVELLER = {"walk": "步行", "bicycle": "自行车", "car": "汽车"}


@pytest.fixture(scope="module")
def extract(shared_data: Path) -> Path:
    return shared_data / "osm" / "porto.osm.pbf"


@pytest.fixture(scope="module")
def porto(extract: Path, new_database: Callable[[], Database], catalog: Catalog, settings: Settings) -> Desk:
    desk = Desk(new_database(), catalog, settings)
    outcome = desk.load("osm", extract)
    assert counts(outcome)["refused"] == 0
    return desk


@pytest.fixture(scope="module")
def walk(porto: Desk) -> Graph:
    return porto.graph("walk")


@pytest.fixture(scope="module")
def demand(walk: Graph) -> NDArray[np.float64]:
    return points_near_streets(walk, POINTS, SEED)


def points_near_streets(graph: Graph, count: int, seed: int, most_m: float = 200.0) -> NDArray[np.float64]:
    """Longitudes and latitudes of random points, each within a distance of a random place on a random street."""
    rng = np.random.default_rng(seed)
    share = graph.edge_length_m / graph.edge_length_m.sum()
    edges = rng.choice(graph.edges, size=count, p=share)
    along = rng.random(count) * graph.edge_length_m[edges]
    lon, lat = np.empty(count), np.empty(count)
    for number, edge in enumerate(edges):
        part = slice(graph.vertex_offset[edge], graph.vertex_offset[edge + 1])
        lon[number] = np.interp(along[number], graph.vertex_along_m[part], graph.vertex_lon[part])
        lat[number] = np.interp(along[number], graph.vertex_along_m[part], graph.vertex_lat[part])
    lon, lat, _ = ELLIPSOID.fwd(lon, lat, rng.random(count) * 360, rng.random(count) * most_m)
    return np.stack([lon, lat])


def plain_filter(extract: Path, left_out: set[str]) -> Cut:
    """What the file holds where every way is open to everybody."""
    there = {node.id for node in osmium.FileProcessor(extract, osmium.osm.NODE)}
    lines = []
    for way in osmium.FileProcessor(extract, osmium.osm.WAY):
        kind = way.tags.get("highway")
        if kind and kind not in left_out:
            nodes = [node.ref for node in way.nodes if node.ref in there]
            lines.append(Line(nodes, np.zeros((len(nodes), 2))))
    return cut(lines, weigh=False)


def test_the_network_is_what_the_node_ids_say(porto, walk, catalog, settings):
    (built,) = build_networks(porto.database, catalog, settings, ["walk"], silent)
    expected = cut(porto.lines("walk"))
    assert (built["nodes"], built["edges"], built["components"]) == expected[:3] == (74_143, 101_470, 948)
    assert built["main_share"] == pytest.approx(expected.main_share) == pytest.approx(0.9646, abs=1e-4)
    assert walk.edge_weight.sum() == sum(expected.weights_ds)


def test_the_difference_to_the_plain_filter_is_access(porto, extract, catalog):
    """What a plain filter counts more is closed to walkers by its tags.

    With every way open, but neither motorways nor what is no street: 75,501 nodes, 103,179 edges, 923 components, and
    our own build gives the very same once access is ignored. The count from elsewhere (75,444 / 103,107 / 928) is less
    than 0.1 % away in nodes and edges; without the 33 bridleways ours is 75,446 / 103,099 / 924. Its list of classes
    is not known, so the last 2 nodes, 8 edges and 4 fragments stay unexplained.

    Ours as used has 1,358 nodes and 1,709 edges fewer and 25 fragments more, all by the 865 ways closed to walkers:
    access=private 697, access=no 85, foot=no 62, agricultural 7, delivery 7, foot=private 7.
    """
    plain = plain_filter(extract, NOT_WALKED | NO_STREETS)
    assert plain[:3] == (75_501, 103_179, 923)
    assert plain.nodes == pytest.approx(OUTSIDE_NODES, rel=0.001)
    assert plain.edges == pytest.approx(OUTSIDE_EDGES, rel=0.001)
    assert plain.components == pytest.approx(OUTSIDE_COMPONENTS, rel=0.01)
    assert plain_filter(extract, NOT_WALKED | NO_STREETS | {"bridleway"})[:3] == (75_446, 103_099, 924)

    opened = build_graph(open_to_all(porto), catalog.modes["walk"]).statistics
    assert (opened.nodes, opened.edges, opened.components) == plain[:3]

    closed = closed_to_walkers(porto, extract)
    assert closed.total() == 865
    assert closed == {
        "access=private": 697,
        "access=no": 85,
        "foot=no": 62,
        "access=agricultural": 7,
        "access=delivery": 7,
        "foot=private": 7,
    }


def open_to_all(porto: Desk) -> RoadTable:
    """The roads of the database as if no tag closed any of them; cycling against a one-way is the same way again."""
    default = {entry.code: entry.attributes["modes"] for entry in porto.catalog.codes["road_classes"].entries}
    rows = porto.rows(
        "select id, class, node_ids, st_asbinary(geom) from road where key not like '%/bicycle' order by id"
    )
    return RoadTable.from_rows(
        RoadRow(
            id=id_,
            class_=class_,
            oneway="no",
            modes=default[class_],
            speed_kmh=None,
            node_ids=nodes,
            coordinates=shapely.get_coordinates(shapely.from_wkb(bytes(shape))),
        )
        for id_, class_, nodes, shape in rows
    )


def closed_to_walkers(porto: Desk, extract: Path) -> Counter[str]:
    """The tags that close ways to walkers although their class is open, and how many each closes."""
    default = {entry.code: entry.attributes["modes"] for entry in porto.catalog.codes["road_classes"].entries}
    closed = {
        int(key.removeprefix("osm:way/"))
        for key, class_, modes in porto.rows("select key, class, modes from road where key ~ '^osm:way/[0-9]+$'")
        if "walk" in default[class_] and "walk" not in modes
    }
    found: Counter[str] = Counter()
    for way in osmium.FileProcessor(extract, osmium.osm.WAY):
        if way.id in closed:
            key = next(key for key in ("foot", "access") if way.tags.get(key) not in (None, "yes"))
            found[f"{key}={way.tags[key]}"] += 1
    return found


def test_points_near_the_main_network_join_it(walk, demand, catalog):
    """Nearest-street snapping would leave some on fragments; none that the main network is in reach of stays there."""
    mode = catalog.modes["walk"]
    found = join(walk, *demand, mode)
    main, any_ = distances_m(walk, demand)
    near = main <= mode.off_network_m - 0.01
    assert found.joined.all()
    assert not found.island[near].any()
    assert found.island[main > mode.off_network_m + 0.01].all()
    on_fragment = near & (any_ < main - 0.01)
    # The points would be of no use if every nearest street belonged to the main network.
    assert on_fragment.sum() > 5
    assert near.sum() > 950


def distances_m(graph: Graph, places: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of places to the main component, and to any; measured in the plane of UTM."""
    plane = Transformer.from_crs(4490, UTM, always_xy=True)
    x, y = plane.transform(graph.vertex_lon, graph.vertex_lat)
    edge = np.repeat(np.arange(graph.edges), np.diff(graph.vertex_offset))
    lines = shapely.linestrings(np.column_stack([x, y]), indices=edge)
    points = shapely.points(*plane.transform(*places))
    found = []
    for part in (lines[graph.component[graph.edge_u] == graph.main_component], lines):
        _, away = shapely.STRtree(part).query_nearest(points, return_distance=True, all_matches=False)
        found.append(away / scale_at(places))
    return found[0], found[1]


def scale_at(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres of the plane a metre on the ground."""
    plane = Transformer.from_crs(4490, UTM, always_xy=True)
    lon, lat, _ = ELLIPSOID.fwd(*places, np.zeros(places.shape[1]), np.full(places.shape[1], 100.0))
    one, other = plane.transform(*places), plane.transform(lon, lat)
    scale: NDArray[np.float64] = np.hypot(one[0] - other[0], one[1] - other[1]) / 100.0
    return scale


@pytest.mark.parametrize("mode", ["walk", "car"])
@pytest.mark.parametrize("direction", ["to_facility", "from_facility"])
def test_reach_times_are_those_of_scipy(porto, demand, catalog, mode, direction):
    """Every demand point, exactly, with one-ways and in both directions."""
    graph, declared = porto.graph(mode), catalog.modes[mode]
    places = join(graph, *demand, declared)
    goals = join(graph, *points_near_streets(graph, 25, SEED + 1), declared)
    found = evaluate(field_of(graph, goals, MAX_LIMIT_DS, direction), places)
    expected = reach_times(graph, goals, places, to_facility=direction == "to_facility")
    expected[~np.isfinite(expected)] = -1
    assert found.time_ds.tolist() == expected.tolist()
    assert (found.time_ds >= 0).sum() > 950


@pytest.fixture(scope="module")
def redrawn(
    porto: Desk,
    new_database: Callable[[], Database],
    catalog: Catalog,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Desk:
    """The same roads as a bureau would draw them: lines cut anywhere, no nodes, metres, Chinese headers."""
    path = tmp_path_factory.mktemp("道路") / "波尔图道路.gpkg"
    pieces = unnoded(porto)
    pieces.to_file(path, driver="GPKG", layer="道路")
    desk = Desk(new_database(), catalog, settings)
    outcome = desk.load("roads", path)
    found = counts(outcome)
    assert found["read"] == len(pieces) > 100_000
    assert (found["refused"], found["changed"], found["unchanged"]) == (0, 0, 0)
    # Lines shorter than the tolerance shrink to a point, and that is told.
    assert 0 < found["read"] - found["loaded"] < 300
    assert any("道路已连成路网" in notice for notice in notices(outcome))
    again = counts(desk.load("roads", path))
    assert (again["loaded"], again["changed"]) == (0, 0)
    return desk


def unnoded(porto: Desk) -> gpd.GeoDataFrame:
    """Each road cut at one vertex in five, the pieces in any order, in UTM metres."""
    rng = np.random.default_rng(7)
    rows = porto.rows(
        "select name, class, oneway, modes, level, bridge, tunnel, speed_kmh, st_asbinary(geom) from road"
        " where cardinality(modes) > 0 order by key"
    )
    told, parts = [], []
    for name, class_, oneway, modes, level, bridge, tunnel, speed, shape in rows:
        line = shapely.get_coordinates(shapely.from_wkb(bytes(shape)))
        cuts = [0, *(at for at in range(1, len(line) - 1) if rng.random() < 0.2), len(line) - 1]
        for start, stop in pairwise(cuts):
            travellers = "、".join(TRAVELLER[mode] for mode in modes)
            flags = ["是" if flag else "否" for flag in (bridge, tunnel)]
            told.append((name, class_, DIRECTION[oneway], travellers, level, *flags, speed))
            parts.append(line[start : stop + 1])
    flat = np.concatenate(parts)
    metres = np.column_stack(Transformer.from_crs(4490, UTM, always_xy=True).transform(flat[:, 0], flat[:, 1]))
    lines = shapely.linestrings(metres, indices=np.repeat(np.arange(len(parts)), [len(part) for part in parts]))
    table = pd.DataFrame(told, columns=["名称", "道路等级", "单行", "通行方式", "层级", "桥梁", "隧道", "限速"])
    return gpd.GeoDataFrame(table, geometry=lines, crs=UTM).iloc[rng.permutation(len(parts))]


@pytest.mark.parametrize("mode", ["walk", "car"])
def test_lines_without_nodes_give_the_same_travel_times(porto, redrawn, demand, catalog, mode):
    """40 origins to 1,000 destinations, in both networks.

    A few journeys come out shorter: where two roads of one level are drawn across each other and share no node in
    OpenStreetMap, the lines alone can only be read as a crossing.
    """
    declared = catalog.modes[mode]
    origins = np.random.default_rng(5).choice(POINTS, 40, replace=False)
    before, after = (travel_times(desk.graph(mode), demand, origins, declared) for desk in (porto, redrawn))
    # On foot all reach all; by car a start may lie where one-ways let nobody in.
    known = (before > 0) & (after > 0)
    assert known.mean() > 0.95
    assert ((before >= 0) & (after < 0)).sum() == 0
    change = after[known] / before[known] - 1.0
    told = {share: f"{np.quantile(np.abs(change), share):.5f}" for share in (0.5, 0.9, 0.95, 0.99, 0.999, 1.0)}
    print(
        f"{mode}: {known.sum()} journeys, quantiles of the change {told}, {np.mean(np.abs(change) > 0.01):.5f} above 1 %"
    )
    assert np.quantile(np.abs(change), 0.99) < 0.01
    assert change.max() < 0.01


def travel_times(
    graph: Graph, demand: NDArray[np.float64], origins: NDArray[np.int64], mode: Mode
) -> NDArray[np.float64]:
    """Time in ds from each origin (rows) to each demand point; -1 where there is none."""
    places: Joins = join(graph, *demand, mode)
    rows = []
    for origin in origins:
        start = join(graph, *demand[:, [origin]], mode)
        rows.append(evaluate(field_of(graph, start, MAX_LIMIT_DS, "from_facility"), places).time_ds)
    return np.array(rows, dtype=np.float64)
