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
from geoservice.coverage.backup import nearest_facilities
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.coverage.inputs import Communities, Estimated
from geoservice.coverage.prepared import Prepared, prepared
from geoservice.errors import BadInput
from geoservice.network.arrays import Int32s
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
    population_estimated: Estimated

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return asdict(self) | {"on": self.on.isoformat()}


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
    limits = (standard.limits.urban, standard.limits.rural)
    inputs = prepared(connection, catalog, settings, limits, on, database_name)
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
        population_estimated=inputs.estimated,
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
        near = nearest_facilities(field, inputs.graphs[limit.mode].reverse, inputs.demand(limit.mode), DEPTH)
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
