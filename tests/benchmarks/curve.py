"""What a part of a run costs by its size: ``python -m tests.benchmarks.curve EXTRACT.osm.pbf COPIES``.

Copies of a city stand apart from each other, so that each holds as much as the city itself.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import fields
from pathlib import Path

import numpy as np
import shapely

from geoservice.catalog import load_catalog
from geoservice.coverage.reach import evaluate, field_of
from geoservice.ingest.osm import read_osm
from geoservice.network.build import build_graph
from geoservice.network.graph import Csr, Graph, RoadRow, RoadTable
from geoservice.network.join import join
from tests.benchmarks.cities import walking

PLACES, FACILITIES = 2_000, 100
LIMIT_DS = 18_000
STEP_DEGREES = 0.5
COLUMNS = 10


def table(path: Path, copies: int) -> RoadTable:
    """The roads of a city so many times."""
    catalog = load_catalog()
    (roads,) = (part for part in read_osm(path, catalog) if part.layer == "roads")
    frame = roads.records
    names = ("class", "oneway", "modes", "speed_kmh", "node_ids", "geom")
    rows = list(zip(*(frame[name] for name in names), strict=True))
    most = max(max(nodes) for *_, nodes, _ in rows) + 1
    return RoadTable.from_rows(
        RoadRow(
            number + copy * len(rows),
            class_,
            oneway,
            modes,
            speed,
            np.asarray(nodes) + copy * most,
            shapely.get_coordinates(shape) + np.array([copy % COLUMNS, copy // COLUMNS]) * STEP_DEGREES,
        )
        for copy in range(copies)
        for number, (class_, oneway, modes, speed, nodes, shape) in enumerate(rows)
    )


def arrays_mib(graph: Graph) -> float:
    """What the arrays of a graph take."""
    total = 0
    for field in fields(graph):
        value = getattr(graph, field.name)
        parts = [value.indptr, value.arcs] if isinstance(value, Csr) else [value]
        total += sum(part.nbytes for part in parts if isinstance(part, np.ndarray))
    return total / 2**20


def main(path: Path, copies: int) -> None:
    """Measures and prints one line of JSON."""
    mode = replace_barriers(walking(load_catalog()))
    roads = table(path, copies)
    told: dict[str, float] = {}
    graph = timed(told, "build_s", lambda: build_graph(roads, mode))
    chosen = np.random.default_rng(7).choice(graph.nodes, PLACES, replace=False)
    lon, lat = graph.lon[chosen] + 0.0003, graph.lat[chosen] + 0.0003
    places = timed(told, "join_s", lambda: join(graph, lon, lat, mode))
    facilities = join(graph, lon[:FACILITIES], lat[:FACILITIES], mode)
    field_of(graph, facilities, LIMIT_DS)
    field = timed(told, "search_s", lambda: field_of(graph, facilities, LIMIT_DS))
    timed(told, "evaluate_s", lambda: evaluate(field, places))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sizes = {"nodes": graph.nodes, "edges": graph.edges, "arrays_mib": arrays_mib(graph), "peak_mib": peak_mib}
    sys.stdout.write(json.dumps(sizes | {name: round(value, 3) for name, value in told.items()}) + "\n")


def replace_barriers(mode):
    """The mode without barriers: roads alone are copied."""
    return mode.model_copy(update={"barriers": ()})


def timed(told, name, work):
    """The result of some work; its time in seconds goes into `told`."""
    began = time.perf_counter()
    found = work()
    told[name] = time.perf_counter() - began
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
