"""W3: circle polygons, ours and other constructions from the same search, judged by T itself.

T is evaluated at samples every 10 m along usable streets, and at random over the surroundings of each circle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

import geoservice
from geoservice.catalog import Catalog, Mode
from geoservice.coverage.circles import circles
from geoservice.coverage.circles.fronts import edge_vertices, reached_edges
from geoservice.coverage.reach import Field, evaluate, field_of
from geoservice.crs import MetricCrs, metric_crs
from geoservice.network.graph import Graph
from geoservice.network.join import join
from tests.benchmarks.bench import OURS, Case, Way
from tests.benchmarks.cities import walking

SEED = 11
SAMPLE_M = 10.0
BUFFER_M = 25.0
RANDOM_SAMPLES = 1500
# So many circles of a case are judged, since T takes longer than to draw them.
JUDGED = 2
MARGIN_DEGREES = 0.005
Draw = Callable[[Field, int], BaseGeometry]
Floats = NDArray[np.float64]
Truth = dict[str, tuple[Floats, Floats, NDArray[np.bool_]]]


@dataclass(frozen=True)
class Streets:
    """A network, its places to start from, and samples along its streets."""

    graph: Graph
    mode: Mode
    starts: tuple[tuple[float, float], ...]

    @cached_property
    def local(self) -> MetricCrs:
        return metric_crs(float(self.graph.lon.mean()), float(self.graph.lat.mean()))

    @cached_property
    def metres(self) -> tuple[Floats, Floats]:
        """East and north of the vertices of all edges."""
        return self.local.project(self.graph.vertex_lon, self.graph.vertex_lat)

    @cached_property
    def samples(self) -> Floats:
        """Longitude and latitude, shape (2, s), every 10 m along every edge."""
        graph = self.graph
        count = np.maximum(1, np.round(graph.edge_length_m / SAMPLE_M)).astype(np.int64)
        edge = np.repeat(np.arange(graph.edges), count)
        within = np.arange(edge.size) - np.repeat(np.cumsum(count) - count, count)
        # One axis for all edges: each begins where the one before it ends.
        base = np.concatenate([[0.0], np.cumsum(graph.edge_length_m + 1.0)])
        axis = graph.vertex_along_m + base[graph.vertex_edge]
        at = base[edge] + (within + 0.5) / count[edge] * graph.edge_length_m[edge]
        return np.stack([np.interp(at, axis, graph.vertex_lon), np.interp(at, axis, graph.vertex_lat)])

    def field(self, start: int, limit_ds: int) -> Field:
        """The search from one place, join included."""
        lon, lat = self.starts[start]
        return field_of(self.graph, join(self.graph, np.array([lon]), np.array([lat]), self.mode), limit_ds)

    @cached_property
    def _truths(self) -> dict[tuple[int, int], Truth]:
        return {}

    def truth(self, start: int, limit_ds: int) -> Truth:
        """Samples around one place (longitude, latitude), and whether T reaches them, along streets and at random."""
        if (start, limit_ds) not in self._truths:
            field = self.field(start, limit_ds)
            nodes = field.nodes.time_ds >= 0
            west, east = _wider(self.graph.lon[nodes])
            south, north = _wider(self.graph.lat[nodes])
            lon, lat = self.samples
            rng = np.random.default_rng(SEED + start)
            points = {
                "streets": self.samples[:, (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)],
                "area": np.stack([rng.uniform(west, east, RANDOM_SAMPLES), rng.uniform(south, north, RANDOM_SAMPLES)]),
            }
            self._truths[start, limit_ds] = {
                kind: (x, y, evaluate(field, join(self.graph, x, y, self.mode)).within(limit_ds))
                for kind, (x, y) in points.items()
            }
        return self._truths[start, limit_ds]


def circle_cases(graph: Graph, catalog: Catalog, name: str, count: int) -> Iterator[Case]:
    """One case a limit: the circles of some places, one by one, search included."""
    mode = walking(catalog)
    rng = np.random.default_rng(SEED)
    nodes = rng.choice(np.flatnonzero(graph.component == graph.main_component), size=count, replace=False)
    places = tuple((float(graph.lon[node]), float(graph.lat[node])) for node in nodes)
    streets = Streets(graph, mode, places)
    draws: dict[str, tuple[str, Draw]] = {
        OURS: (geoservice.__version__, lambda field, limit: circles(field, mode, [limit])[0].geometry),
        "shapely, union of edge buffers": (shapely.__version__, lambda field, _: buffered(streets, field)),
        "shapely, concave hull 0.1": (shapely.__version__, lambda field, _: hull(streets, field, 0.1)),
        "shapely, concave hull 0.3": (shapely.__version__, lambda field, _: hull(streets, field, 0.3)),
    }
    for minutes in (15, 30):
        limit = minutes * 600
        ways = [_way(streets, subject, told, draw, limit) for subject, (told, draw) in draws.items()]
        facts = {"nodes": graph.nodes, "facilities": count, "limit_ds": limit}
        # No polygon is the answer of another: figures say how good each is.
        yield Case("W3", f"{name}, {count} circles, {minutes} min", ways, oracle="", facts=facts)


def buffered(streets: Streets, field: Field) -> BaseGeometry:
    """Union of buffers of the edges with both ends reached, each by itself, in degrees."""
    edges = reached_edges(field, field.limit_ds)
    both = (field.nodes.time_ds[field.graph.edge_u[edges]] >= 0) & (field.nodes.time_ds[field.graph.edge_v[edges]] >= 0)
    vertices, offset = edge_vertices(field, edges[both])
    x, y = streets.metres
    owner = np.repeat(np.arange(offset.size - 1), np.diff(offset))
    lines = shapely.linestrings(np.column_stack([x[vertices], y[vertices]]), indices=owner)
    return streets.local.to_lonlat(shapely.union_all(shapely.buffer(lines, BUFFER_M, quad_segs=4)))


def hull(streets: Streets, field: Field, ratio: float) -> BaseGeometry:
    """Concave hull of the reached nodes."""
    nodes = np.flatnonzero(field.nodes.time_ds >= 0)
    return shapely.concave_hull(
        shapely.multipoints(np.column_stack([field.graph.lon[nodes], field.graph.lat[nodes]])), ratio
    )


def _way(streets: Streets, subject: str, told: str, draw: Draw, limit_ds: int) -> Way:
    def call() -> list[BaseGeometry]:
        return [draw(streets.field(number, limit_ds), limit_ds) for number in range(len(streets.starts))]

    return Way(
        subject,
        told,
        1,
        call,
        _kept,
        figures=lambda given: quality(streets, given, limit_ds),
    )


def _kept(made: list[BaseGeometry]) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Offsets and bytes of the polygons as WKB, longitude first."""
    parts = [shapely.to_wkb(shape) for shape in made]
    offset = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    return offset, np.frombuffer(b"".join(parts), dtype=np.uint8)


def quality(streets: Streets, made: list[BaseGeometry], limit_ds: int) -> dict[str, Any]:
    """How far polygons agree with T.

    Returns
    -------
    Of samples every 10 m along streets: ``streets_reached_inside``, the share reached by T that lies inside, and
    ``streets_inside_unreached``, the share of the inside that T does not reach. ``area_...``: the same of samples at
    random, evenly over the box around the circle. ``polygons``: how many came out as an area.
    """
    counted = {"streets": np.zeros(3), "area": np.zeros(3)}
    for number, shape in enumerate(made[:JUDGED]):
        shapely.prepare(shape)
        for kind, (x, y, within) in streets.truth(number, limit_ds).items():
            inside = shapely.contains_xy(shape, x, y)
            counted[kind] += [(within & inside).sum(), within.sum(), inside.sum()]
    found: dict[str, Any] = {"polygons": sum(shapely.area(shape) > 0 for shape in made)}
    for kind, (both, within, inside) in counted.items():
        found[f"{kind}_reached_inside"] = round(float(both / max(within, 1)), 5)
        found[f"{kind}_inside_unreached"] = round(float(1 - both / inside), 5) if inside else None
    found["polygons"] = int(found["polygons"])
    return found


def _wider(degrees: Floats) -> tuple[float, float]:
    """Least and greatest, with a margin of about half a kilometre."""
    return float(degrees.min()) - MARGIN_DEGREES, float(degrees.max()) + MARGIN_DEGREES
