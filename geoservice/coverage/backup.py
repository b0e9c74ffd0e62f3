"""The few nearest different facilities of places, by the sums that `reach` makes."""

from __future__ import annotations

import numpy as np

from geoservice.coverage.reach import Edges, FacilityFeet, Field, PlaceFeet, seeds_of
from geoservice.network.arrays import Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr
from geoservice.network.join import Joins
from geoservice.network.ranked import Ranked, offer, ranked, told
from geoservice.network.search import NEVER


def nearest_facilities(field: Field, rows: Csr, places: Joins, k: int) -> Ranked:
    """The k nearest different facilities of places, with T to each of them alone.

    Parameters
    ----------
    field
        From the facilities, by the same mode.
    rows
        ``graph.reverse`` where the field is towards the facilities, ``graph.forward`` where it is from them.
    places
        Feet of the places.
    k
        At least 1.
    """
    graph, facilities = field.graph, field.facilities
    nodes = ranked(rows, seeds_of(graph, facilities, field.ahead, field.back), field.limit_ds, k)
    time, source = _ranked_places(
        (graph.edge_u, graph.edge_v, graph.edge_weight, field.ahead, field.back),
        (nodes.time_ds, nodes.source),
        (field.feet_offset, field.feet_order, field.feet_facility, facilities.fraction, facilities.leg_ds),
        (places.edge, places.fraction, places.from_u_ds, places.from_v_ds),
        (places.offset, places.leg_ds),
        field.limit_ds,
    )
    return told(time, source)


@kernel
def _ranked_places(
    edges: Edges,
    nodes: tuple[Int32s, Int32s],
    feet: FacilityFeet,
    places: PlaceFeet,
    legs: tuple[Int64s, Int32s],
    limit: int,
) -> tuple[Int32s, Int32s]:
    """The lists of places from those of the nodes, by the sums that `reach` makes."""
    edge_u, edge_v, edge_weight, ahead, back = edges
    node_time, node_source = nodes
    feet_offset, order, owner, there, there_leg = feet
    edge, fraction, from_u, from_v = places
    offset, leg = legs
    k = node_time.shape[1]
    time = np.full((offset.size - 1, k), NEVER, dtype=np.int32)
    source = np.full((offset.size - 1, k), NEVER, dtype=np.int32)
    for p in range(offset.size - 1):
        for f in range(offset[p], offset[p + 1]):
            e, here = edge[f], fraction[f]
            u, v = edge_u[e], edge_v[e]
            for i in range(k):
                t = np.int64(node_time[u, i]) + from_u[f] + leg[f]
                if (back[e] or here == 0.0) and node_time[u, i] >= 0 and t <= limit:
                    offer(time, source, p, t, node_source[u, i])
                t = np.int64(node_time[v, i]) + from_v[f] + leg[f]
                if (ahead[e] or here == 1.0) and node_time[v, i] >= 0 and t <= limit:
                    offer(time, source, p, t, node_source[v, i])
            for j in range(feet_offset[e], feet_offset[e + 1]):
                g = order[j]
                away = there[g] - here
                if not (away == 0.0 or (away > 0.0 and ahead[e]) or (away < 0.0 and back[e])):
                    continue
                t = np.int64(np.floor(edge_weight[e] * abs(away) + 0.5)) + there_leg[g] + leg[f]
                if t <= limit:
                    offer(time, source, p, t, owner[g])
    return time, source
