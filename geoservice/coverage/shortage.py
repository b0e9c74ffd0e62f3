"""Places of a facility type against the people within its limit, as everything stands on a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection

from geoservice.catalog import Catalog, Limit
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.coverage.figures.declared import Capacity, Group, Places, capacities
from geoservice.coverage.figures.places import places_of
from geoservice.coverage.figures.served import serve
from geoservice.coverage.inputs import Estimated
from geoservice.coverage.prepared import prepared
from geoservice.errors import BadInput, BadRequest
from geoservice.settings import Settings


@dataclass(frozen=True)
class Filling:
    """How full a facility gets, nearest first.

    Attributes
    ----------
    capacity
        Places; None where not known.
    taken_milli
        Thousandths of a place.
    full
        Whether every place is taken.
    effective_ds
        Time of the farthest community that gets a place: where the facility is full, its circle ends there; None where
        nobody gets one.
    """

    facility_id: int
    name: str
    capacity: int | None
    taken_milli: int
    full: bool
    effective_ds: int | None


@dataclass(frozen=True)
class ShortageReport:
    """Sums, and each facility; see `places.Places` for the names of the sums."""

    on: date
    service: str
    type: str
    limits: tuple[Limit, Limit]
    sums: dict[str, Any]
    facilities: Sequence[Filling]
    estimated: Estimated

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        urban, rural = (limit.model_dump(mode="json") for limit in self.limits)
        return {
            "on": self.on.isoformat(),
            "service": self.service,
            "type": self.type,
            "limits": {"urban": urban, "rural": rural},
            **self.sums,
            "population_estimated": self.estimated.as_dict(),
            "by_facility": [asdict(one) for one in self.facilities],
        }


def rule_of(
    type_: str, field: Places | None = None, group: Group | None = None, per_thousand: int | None = None
) -> Capacity:
    """The declared rule of a type, with what is given in its place.

    Raises
    ------
    BadRequest
        ``figures.no-rule`` if nothing is declared for the type and what is given is not a whole rule.

    Examples
    --------
    >>> rule_of("nursing_home", per_thousand=1000).per_thousand
    1000
    """
    declared = capacities().get(type_)
    given = {"field": field, "group": group, "per_thousand": per_thousand}
    change = {name: value for name, value in given.items() if value is not None}
    if declared is None:
        if len(change) < len(given):
            raise BadRequest("figures.no-rule", type=type_, known=", ".join(sorted(capacities())))
        return Capacity.model_validate({"type": type_, **change, "source": "request", "setting": True})
    if not change:
        return declared
    return Capacity.model_validate({**declared.model_dump(), **change, "source": "request", "setting": True})


def shortage(
    connection: Connection,
    catalog: Catalog,
    settings: Settings,
    database_name: str,
    *,
    service: str | None,
    rule: Capacity,
    on: date,
) -> ShortageReport:
    """Places against people on a day.

    Parameters
    ----------
    service
        A service standard; None for the first that names the type.

    Raises
    ------
    BadRequest
        ``coverage.unknown-service``, ``coverage.unknown-type``.
    BadInput
        If there are no roads, no communities with a place, no facility of the type, none that tells its places, or
        nobody of the group.
    """
    request = RunRequest(on=on, services=(service,) if service else (), types=(rule.type,))
    case = cases_of(catalog, request)[0]
    limits = (case.service.limits.urban, case.service.limits.rural)
    inputs = prepared(connection, catalog, settings, limits, on, database_name)
    communities, mine = inputs.communities, np.flatnonzero(inputs.facilities.type == rule.type)
    if not mine.size:
        raise BadInput("coverage.no-facilities", types=rule.type)
    urban, rural = (limit.minutes * 600 for limit in limits)
    served = serve(inputs, rule.type, limits, np.where(communities.urban, urban, rural).astype(np.int32))
    found = places_of(communities, inputs.facilities, served, rule)
    if found is None:
        raise BadInput("figures.no-places", type=rule.type, field=rule.field, count=mine.size)
    if (found.people < 0).all():
        raise BadInput("figures.no-people", group=rule.group, count=len(communities))
    rows = zip(mine, found.capacity.tolist(), found.allocation.taken.tolist(), found.full, strict=True)
    farthest = found.allocation.farthest_ds.tolist()
    return ShortageReport(
        on=on,
        service=case.service.id,
        type=rule.type,
        limits=limits,
        sums=found.as_dict(),
        facilities=[
            Filling(
                facility_id=int(inputs.facilities.id[row]),
                name=str(inputs.facilities.name[row]),
                capacity=places if places >= 0 else None,
                taken_milli=taken,
                full=full,
                effective_ds=farthest[number] if farthest[number] >= 0 else None,
            )
            for number, (row, places, taken, full) in enumerate(rows)
        ],
        estimated=inputs.estimated,
    )
