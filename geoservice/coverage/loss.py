"""What the closing of each facility would cost, for every facility at once.

A community is served by the facilities within its limit. Where that is one, its closing takes the cover away; where
there are two, the closing of either leaves a single one. So the three nearest different facilities of a community are
enough, and one search finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geoservice.catalog import Catalog, ServiceStandard
from geoservice.coverage.inputs import Communities
from geoservice.coverage.prepared import Prepared, prepared
from geoservice.coverage.reach import Edges, FacilityFeet, Field, PlaceFeet, seeds_of
from geoservice.coverage.run import RunRequest, cases_of
from geoservice.errors import BadInput
from geoservice.network.arrays import Int32s, Int64s
from geoservice.network.compiled import kernel
from geoservice.network.graph import Csr
from geoservice.network.join import Joins
from geoservice.network.ranked import Ranked, offer, ranked, told
from geoservice.network.search import NEVER
from geoservice.settings import Settings

# One that serves, one that would be left, and one that shows that there are more.
DEPTH = 3


@dataclass(frozen=True)
class People:
    """Communities and their people; a figure that is not known counts as none."""

    communities: int
    population: int
    population_60: int
    population_80: int
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Loss:
    """What the closing of one facility would cost: who loses cover, and who would be left with a single facility."""

    facility_id: int
    name: str
    lost: People
    single: People


@dataclass(frozen=True)
class LossReport:
    """Losses of every facility, by id.

    Attributes
    ----------
    covered, backed_up
        Communities within their limit of at least one facility, and of at least two.
    """

    on: date
    service: str
    type: str
    communities: int
    covered: int
    backed_up: int
    losses: Sequence[Loss]

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self) | {"on": self.on.isoformat()}


def nearest_facilities(field: Field, rows: Csr, places: Joins, k: int = DEPTH) -> Ranked:
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


def losses(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    *,
    service: str,
    type_: str,
    on: date,
) -> LossReport:
    """Losses of every facility of a type that is open on a day, by a service standard.

    Raises
    ------
    BadRequest
        ``coverage.unknown-service``, ``coverage.unknown-type``.
    BadInput
        If there are no roads, no communities with a place, or no facility of the type.
    """
    standard = cases_of(catalog, RunRequest(on=on, services=(service,), types=(type_,)))[0].service
    modes = list(dict.fromkeys((standard.limits.urban.mode, standard.limits.rural.mode)))
    inputs = prepared(connection, catalog, settings, modes, on, database_name)
    mine = np.flatnonzero(inputs.facilities.type == type_)
    if not mine.size:
        raise BadInput("coverage.no-facilities", types=type_)
    within = _within(inputs, standard, type_)
    held = (within >= 0).sum(axis=1)
    return LossReport(
        on=on,
        service=service,
        type=type_,
        communities=len(inputs.communities),
        covered=int((held >= 1).sum()),
        backed_up=int((held >= 2).sum()),
        losses=[
            Loss(
                facility_id=int(inputs.facilities.id[row]),
                name=str(inputs.facilities.name[row]),
                lost=_people(inputs.communities, (held == 1) & (within == number).any(axis=1)),
                single=_people(inputs.communities, (held == 2) & (within == number).any(axis=1)),
            )
            for number, row in enumerate(mine)
        ],
    )


def _within(inputs: Prepared, standard: ServiceStandard, type_: str) -> Int32s:
    """Facilities (numbers within the type) that serve each community, nearest first, -1 where there are fewer."""
    communities, here = inputs.communities, np.flatnonzero(inputs.placed())
    found = np.full((len(communities), DEPTH), -1, dtype=np.int32)
    for limit, members in (
        (standard.limits.urban, communities.urban),
        (standard.limits.rural, ~communities.urban),
    ):
        field = inputs.field(limit.mode, type_)
        near = nearest_facilities(field, inputs.graphs[limit.mode].reverse, inputs.demand(limit.mode))
        part = members[here]
        served = (near.time_ds >= 0) & (near.time_ds <= limit.minutes * 600)
        found[here[part]] = np.where(served, near.source, -1)[part]
    return found


def _people(communities: Communities, chosen: NDArray[np.bool_]) -> People:
    def known(column: NDArray[np.int64]) -> int:
        return int(np.maximum(column[chosen], 0).sum())

    return People(
        communities=int(chosen.sum()),
        population=known(communities.population),
        population_60=known(communities.population_60),
        population_80=known(communities.population_80),
        ids=tuple(communities.id[chosen].tolist()),
    )


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
