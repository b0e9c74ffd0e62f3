"""Roads of a scenario: its figures are those of a run over roads whose records were really changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from sqlalchemy import Connection, text
from starlette.testclient import TestClient

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.reach import field_of
from geoservice.coverage.run import run_coverage
from geoservice.coverage.scenarios.ground import read_ground
from geoservice.coverage.scenarios.links import Wish, links_of, speed_of
from geoservice.coverage.scenarios.state import State
from geoservice.coverage.uncertainty.query import case_of
from geoservice.crs import ELLIPSOID
from geoservice.database.engine import Database
from geoservice.settings import Settings
from tests.people import signed_in

BASE = "http://127.0.0.1:8000"
ON = date(2026, 1, 1)
CASE = {"service": "life_circle", "type": "community_service_centre", "on": ON.isoformat()}


@pytest.fixture(scope="module")
def web(county: Database, settings: Settings, catalog: Catalog) -> TestClient:
    app = create_app(settings, catalog=catalog, database=county)
    return signed_in(TestClient(app, base_url=BASE), county, "planner", name="li")


@pytest.fixture
def copy(county: Database, new_database: Callable[..., Database]) -> Iterator[Database]:
    made = new_database(county)
    yield made
    made.dispose()


@pytest.fixture
def fresh(catalog: Catalog, settings: Settings) -> Callable[[Database, dict[str, str]], dict[str, Any]]:
    """Total of a run over a database as it is."""

    def total(database: Database, case: dict[str, str]) -> dict[str, Any]:
        with database.connect("owner") as connection:
            connection.execute(
                text("update layer_revision set revision = revision + 1, changed_at = now() where layer = 'roads'")
            )
        request = RunRequest(on=ON, services=(case["service"],), types=(case["type"],), circles=False)
        return dict(run_coverage(database, catalog, settings, request, lambda *_: None).as_dict()["cases"][0])

    return total


def tried(web: TestClient, *changes: dict[str, Any], case: dict[str, str] = CASE) -> dict[str, Any]:
    answer = web.post("/api/scenarios/trial", json={**case, "changes": changes})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def same(told: dict[str, Any], run: dict[str, Any]) -> None:
    after = told["total"]["after"]
    assert after == {name: run[name] for name in after}


def busiest(web: TestClient, connection: Connection, case: dict[str, str] = CASE) -> tuple[int, float, float]:
    """A road by the busiest facility whose closing is felt, with a place on it."""
    facilities = web.post("/api/scenarios/standing", json=case).json()["facilities"]
    facility = max(facilities, key=lambda one: one["lost_population"])
    rows = connection.execute(
        text(
            "select id, st_x(p), st_y(p) from (select id, st_lineinterpolatepoint(geom, 0.5) as p from road"
            " where cardinality(modes) > 0 order by geom <-> st_setsrid(st_makepoint(:lon, :lat), 4490), id limit 60) one"
        ),
        facility,
    )
    for number, lon, lat in rows.all():
        if tried(web, {"kind": "close_road", "road": number}, case=case)["lost"]["count"]:
            return number, lon, lat
    raise AssertionError("no road is felt")


def test_a_whole_road_and_all_of_a_name(
    web: TestClient, county: Database, copy: Database, fresh: Callable[..., dict[str, Any]]
) -> None:
    with county.connect("owner") as connection:
        number, *_ = busiest(web, connection)
        name = connection.execute(
            text("select name from road where name is not null group by 1 order by count(*) desc, 1 limit 1")
        ).scalar_one()
    told = tried(web, {"kind": "close_road", "road": number}, {"kind": "close_road", "name": name})
    assert told["lost"]["count"] > 0
    assert told["roads"][0]["roads"] == [number]
    with copy.connect("owner") as connection:
        connection.execute(text("delete from road where id = :id or name = :name"), {"id": number, "name": name})
    same(told, fresh(copy, CASE))


def test_a_piece_of_a_road(
    web: TestClient, county: Database, copy: Database, fresh: Callable[..., dict[str, Any]]
) -> None:
    """What is left of the road becomes two records."""
    with county.connect("owner") as connection:
        number, lon, lat = busiest(web, connection)
    near = web.post("/api/scenarios/road", json={**CASE, "lon": lon, "lat": lat}).json()
    assert near["roads"] == [number]
    told = tried(web, {"kind": "close_road", "lon": lon, "lat": lat})
    (piece,) = told["roads"][0]["lines"]
    assert [piece] == near["lines"]
    with copy.connect("owner") as connection:
        shape, nodes = connection.execute(
            text("select st_asbinary(geom), node_ids from road where id = :id"), {"id": number}
        ).one()
        points = shapely.get_coordinates(shapely.from_wkb(bytes(shape))).tolist()
        first, last = points.index(piece[0]), len(points) - 1 - points[::-1].index(piece[-1])
        assert points[first : last + 1] == piece
        uses = "select count(*) from road, unnest(node_ids) node where node = :node"
        inner = [connection.execute(text(uses), {"node": node}).scalar_one() for node in nodes[first + 1 : last]]
        assert set(inner) <= {1}
        for part, (a, b) in enumerate(((0, first), (last, len(points) - 1))):
            if b > a:
                put_road(connection, f"part{part}", points[a : b + 1], nodes[a : b + 1], like=number)
        connection.execute(text("delete from road where id = :id"), {"id": number})
    same(told, fresh(copy, CASE))


def test_a_road_is_added_and_joined_at_its_ends(
    web: TestClient, county: Database, copy: Database, fresh: Callable[..., dict[str, Any]]
) -> None:
    """The best link, a road from its middle, and one from the middle of a road that is there."""
    best = web.post("/api/scenarios/links", json={**CASE, "most": 1}).json()["items"][0]
    road = {"kind": "add_road", "path": best["path"], "road_class": "tertiary", "name": "新路"}
    told = tried(web, road)
    assert (told["gained"]["count"], told["gained"]["population"]) == (
        best["gained"]["count"],
        best["gained"]["population"],
    )
    assert told["gained"]["count"] > 0
    (line,) = told["roads"][0]["lines"]
    middle = [(line[0][0] + line[1][0]) / 2, (line[0][1] + line[1][1]) / 2]
    branch = spur(middle, "residential", speed_kmh=20)
    with county.connect("owner") as connection:
        _, *there = busiest(web, connection)
    told = tried(web, road, branch, spur(there, "secondary"))
    joined = [[end["road"] for end in one["ends"]] for one in told["roads"]]
    assert joined[0][0]
    assert joined[0][1]
    assert joined[1][0]
    assert joined[2][0]
    with copy.connect("owner") as connection:
        for number, one in enumerate(told["roads"]):
            (line,) = one["lines"]
            nodes = [join(connection, end, 10**17 + 10 * number + place) for place, end in enumerate(one["ends"])]
            put_road(connection, f"new{number}", line, nodes, class_=one["road_class"], speed=(None, 20, None)[number])
    same(told, fresh(copy, CASE))


def spur(at: list[float], class_: str, **more: Any) -> dict[str, Any]:
    return {"kind": "add_road", "path": [at, [at[0] + 0.004, at[1] + 0.003]], "road_class": class_, **more}


def join(connection: Connection, end: dict[str, Any], fresh_node: int) -> int:
    """The node of an end: one of the road's own where it stands there, else a new one put into the road."""
    if end["road"] is None:
        return fresh_node
    number = end["road"]
    if connection.execute(text("select count(*) from road where id = :id"), {"id": number}).scalar_one() == 0:
        number = connection.execute(text("select max(id) from road")).scalar_one()
    shape, nodes = connection.execute(
        text("select st_asbinary(geom), node_ids from road where id = :id"), {"id": number}
    ).one()
    points = shapely.get_coordinates(shapely.from_wkb(bytes(shape)))
    at = np.array([end["lon"], end["lat"]])
    away = np.hypot(*(points - at).T)
    if away.min() == 0:
        return int(nodes[int(away.argmin())])
    gaps = [shapely.LineString(points[k : k + 2]).distance(shapely.Point(at)) for k in range(len(points) - 1)]
    place = int(np.argmin(gaps)) + 1
    connection.execute(
        text("update road set geom = st_geomfromtext(:shape, 4490), node_ids = :nodes where id = :id"),
        {
            "shape": shapely.LineString(np.insert(points, place, at, axis=0)).wkt,
            "nodes": [*nodes[:place], fresh_node, *nodes[place:]],
            "id": number,
        },
    )
    return fresh_node


def put_road(
    connection: Connection,
    key: str,
    points: Any,
    nodes: Any,
    *,
    like: int | None = None,
    class_: str = "",
    speed: float | None = None,
) -> None:
    shape = shapely.to_wkb(shapely.LineString(points))
    given = {"key": key, "shape": shape, "nodes": list(nodes), "like": like, "class": class_, "speed": speed}
    if like is not None:
        connection.execute(
            text(
                "insert into road (key, name, class, oneway, modes, speed_kmh, node_ids, geom)"
                " select :key, name, class, oneway, modes, speed_kmh, :nodes, st_setsrid(st_geomfromwkb(:shape), 4490)"
                " from road where id = :like"
            ),
            given,
        )
        return
    connection.execute(
        text(
            "insert into road (key, class, modes, speed_kmh, node_ids, geom) values (:key, :class,"
            " '{walk,bicycle,car}', :speed, :nodes, st_setsrid(st_geomfromwkb(:shape), 4490))"
        ),
        given,
    )


def test_roads_and_facilities_in_any_order_and_taken_back(web: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        number, *_ = busiest(web, connection)
    close = {"kind": "close_road", "road": number}
    add = {"kind": "add", "lon": 113.166, "lat": 30.66}
    told = [tried(web, *changes) for changes in ((close, add), (add, close))]
    for name in ("total", "units", "indicators"):
        assert told[0][name] == told[1][name]
    nothing = tried(web)
    kept = web.post("/api/scenarios", json={**CASE, "name": "封路", "changes": [close]}).json()
    assert kept["trial"]["total"]["after"] != nothing["total"]["after"]
    back = web.post(f"/api/scenarios/{kept['id']}/undo", json={}, headers={"If-Match": f'"v{kept["version"]}"'}).json()
    assert back["trial"]["total"]["after"] == nothing["total"]["after"]
    page = web.post("/api/scenarios", json={**CASE, "name": "封路", "changes": [close, add]}).json()
    for form in ("page", "map", "xlsx", "gpkg"):
        assert web.get(f"/api/scenarios/{page['id']}/report", params={"form": form}).status_code == 200


def test_the_circle_is_of_the_changed_roads(web: TestClient, county: Database) -> None:
    with county.connect("owner") as connection:
        number, lon, lat = busiest(web, connection)
    at = {**CASE, "lon": lon, "lat": lat}
    before = web.post("/api/scenarios/circle", json=at).json()["features"]
    after = web.post("/api/scenarios/circle", json={**at, "changes": [{"kind": "close_road", "road": number}]}).json()[
        "features"
    ]
    areas = [[one["properties"]["area_km2"] for one in shapes] for shapes in (before, after)]
    assert areas[0] != areas[1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "close_road"}, "scenario.bad-change"),
        ({"kind": "close_road", "road": 987654321}, "scenario.no-such-road"),
        ({"kind": "close_road", "name": "没有的路"}, "scenario.no-such-road"),
        ({"kind": "close_road", "lon": 0.0, "lat": 0.0}, "scenario.no-road-here"),
        ({"kind": "add_road", "path": [[113.1, 30.6], [113.2, 30.6]], "road_class": "moon"}, "scenario.no-such-class"),
        ({"kind": "add_road", "path": [[113.1, 30.6], [113.1, 30.6]], "road_class": "tertiary"}, "scenario.long-road"),
        ({"kind": "add_road", "path": [[113.1, 30.6], [120.2, 30.6]], "road_class": "tertiary"}, "scenario.long-road"),
        ({"kind": "add_road", "path": [[0, 0], [0.01, 0]], "road_class": "tertiary"}, "scenario.unjoined-road"),
        (
            {"kind": "add_road", "path": [[113.1, 30.6], [113.2, 30.6]], "road_class": "tertiary", "lon": 1},
            "scenario.bad-change",
        ),
        ({"kind": "close", "road": 1}, "scenario.bad-change"),
    ],
)
def test_what_cannot_be_is_refused(web: TestClient, change: dict[str, Any], expected: str) -> None:
    answer = web.post("/api/scenarios/trial", json={**CASE, "changes": [change]})
    assert (answer.status_code, answer.json()["code"]) == (422, expected)
    assert "1" in answer.json()["detail"]


def test_all_roads_closed_is_told(web: TestClient) -> None:
    answer = web.post(
        "/api/scenarios/trial",
        json={**CASE, "changes": [{"kind": "add_road", "path": [[113.1, 30.6]], "road_class": "tertiary"}]},
    )
    assert answer.status_code in (400, 422)


def test_links_are_all_that_there_are_and_bring_what_a_built_road_brings(web: TestClient) -> None:
    """What a link brings at least is never more than what it brings; the best of all pairs is in the list."""
    wish = {**CASE, "most": 5, "longest_m": 1200, "detour": 2}
    told = web.post("/api/scenarios/links", json=wish).json()
    assert told["pairs"] >= len(told["items"]) > 0
    people = [one["gained"]["population"] for one in told["items"]]
    assert people == sorted(people, reverse=True)
    for one in told["items"]:
        assert one["gained"]["population"] >= one["at_least"]["population"]
        assert one["gained"]["count"] >= one["at_least"]["communities"] > 0
        assert one["length_m"] <= 1200
        assert one["network_s"] is None or one["network_s"] > 2 * one["time_s"]
        built = tried(web, {"kind": "add_road", "path": one["path"], "road_class": "tertiary"})
        assert built["gained"] == one["gained"]
    names = [tuple(item["id"] for item in one["gained"]["items"]) for one in told["items"]]
    assert len(set(names)) == len(names)
    dry = web.post("/api/scenarios/links", json={**wish, "bridges": False}).json()
    assert not any(one["bridge"] for one in dry["items"])
    given = web.post("/api/scenarios/links", json={**CASE, "links": [told["items"][0]["path"]]}).json()
    assert given["items"][0]["gained"] == told["items"][0]["gained"]
    quick = web.post("/api/scenarios/links", json={**wish, "exact": False}).json()
    assert [one["gained"] for one in quick["items"]] == [None] * len(told["items"])


def test_the_set_of_links_by_another_way(county: Database, settings: Settings, catalog: Catalog) -> None:
    """All pairs of junctions at most 800 m apart, their ways by scipy: the same number of links that bring anything."""
    with county.connect("owner") as connection:
        case = case_of(catalog, CASE["service"], CASE["type"], ON)
        ground = read_ground(connection, catalog, settings, county.name, case)
    state, wish = State.begin(ground), Wish(longest_m=800.0, detour=2.0, most=20)
    found = links_of(state, wish)
    graph, inputs = ground.inputs.graphs[found.mode], ground.inputs
    arcs = csr_matrix(
        (graph.forward.weight.astype(float), graph.forward.target, graph.forward.indptr), shape=(graph.nodes,) * 2
    )
    limit = case.limits[1].minutes * 600
    onward = field_of(graph, inputs.join(found.mode, *places(state)), limit).nodes.time_ds.astype(float)
    onward[onward < 0] = np.inf
    feet, here = inputs.demand(found.mode), np.flatnonzero(inputs.placed())
    wanting = [
        row
        for row in np.flatnonzero(feet.joined & ~inputs.communities.urban[here])
        if state.situation.within[here[row]] == 0
    ]
    assert wanting
    speed = speed_of(state, wish.road_class)
    u, v = np.triu_indices(graph.nodes, 1)
    close = np.abs(graph.lat[u] - graph.lat[v]) < 0.0085
    u, v = u[close], v[close]
    close = np.abs(graph.lon[u] - graph.lon[v]) < 0.01
    u, v = u[close], v[close]
    length = np.asarray(ELLIPSOID.inv(graph.lon[u], graph.lat[u], graph.lon[v], graph.lat[v])[2])
    fits = (length <= 800.0) & (length >= 10.0)
    u, v, time = u[fits], v[fits], np.maximum(np.floor(length[fits] * 36 / speed + 0.5), 1)
    brings = np.zeros(u.size, dtype=bool)
    for row in wanting:
        start = np.full(graph.nodes, np.inf)
        for foot in range(feet.offset[row], feet.offset[row + 1]):
            edge = feet.edge[foot]
            for node, rest in ((graph.edge_u[edge], feet.from_u_ds[foot]), (graph.edge_v[edge], feet.from_v_ds[foot])):
                start[node] = min(start[node], rest + feet.leg_ds[foot])
        seeds = np.flatnonzero(np.isfinite(start))
        ways = dijkstra(arcs, indices=seeds) + start[seeds, None]
        reach = ways.min(axis=0)
        brings |= np.minimum(reach[u] + onward[v], reach[v] + onward[u]) + time <= limit
    u, v, time = u[brings], v[brings], time[brings]
    starts, place = np.unique(u, return_inverse=True)
    there, back = (dijkstra(one, indices=starts)[place, v] for one in (arcs, arcs.T.tocsr()))
    assert found.pairs == int((np.minimum(there, back) > 2.0 * time).sum()) > 0


def places(state: State) -> tuple[Any, Any]:
    sites = list(state.situation.sites.values())
    return np.array([site.lon for site in sites]), np.array([site.lat for site in sites])
