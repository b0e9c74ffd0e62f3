"""What a run is asked: standards by types of facility, and what was found for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.catalog import Catalog, Limit, ServiceStandard
from geoservice.coverage.circles import Circle
from geoservice.coverage.figures import Coverage, Unit
from geoservice.coverage.figures.built_up import Land
from geoservice.coverage.figures.places import Places
from geoservice.coverage.figures.served import Served
from geoservice.errors import BadRequest

# As a declared limit may have.
MOST_MINUTES = 600


@dataclass(frozen=True)
class RunRequest:
    """What to compute.

    Attributes
    ----------
    services, types
        Ids; none for all standards, and for all types of a standard.
    mode, minutes
        In place of what the standards say; None to leave them.
    on
        The day whose facilities, communities and units count.
    circles
        Whether to draw the service circles.
    horizon_minutes
        Up to where times beyond the limit are told, at least the largest limit; None for three hours.
    """

    on: date
    services: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    mode: str | None = None
    minutes: int | None = None
    circles: bool = True
    horizon_minutes: int | None = None


@dataclass(frozen=True)
class Case:
    """One facility type judged by one standard."""

    service: ServiceStandard
    type: str


@dataclass(frozen=True)
class CaseResult:
    """Reach of every community in one case; time -1 where there is none, and then a reason."""

    case: Case
    limits: tuple[Limit, Limit]
    facilities: int
    time_ds: NDArray[np.int32]
    limit_ds: NDArray[np.int32]
    facility_id: NDArray[np.int64]
    reason: NDArray[np.object_]
    served: Served = field(repr=False)
    coverage: Coverage
    places: Places | None = field(default=None, repr=False)
    facility_reasons: Mapping[int, Mapping[str, str]] = field(default_factory=dict, repr=False)
    circles: tuple[tuple[Limit, Circle], ...] = ()
    built_up: Mapping[Unit, Land] | None = None
    whole: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Which communities are covered."""
        within: NDArray[np.bool_] = (self.time_ds >= 0) & (self.time_ds <= self.limit_ds)
        return within


def limits_of(service: ServiceStandard, request: RunRequest) -> tuple[Limit, Limit]:
    """The limits for urban and rural communities, with what the request puts in their place."""
    change: dict[str, Any] = {}
    if request.mode is not None:
        change["mode"] = request.mode
    if request.minutes is not None:
        change["minutes"] = request.minutes
    if change:
        change |= {"source": "request", "setting": True}
    urban, rural = service.limits.urban, service.limits.rural
    return urban.model_copy(update=change), rural.model_copy(update=change)


def cases_of(catalog: Catalog, request: RunRequest) -> list[Case]:
    """The standards and types that a request means.

    Raises
    ------
    BadRequest
        If a service, type or mode is not declared, or the minutes are no limit.
    """
    if request.minutes is not None and not 1 <= request.minutes <= MOST_MINUTES:
        raise BadRequest("figures.bad-minutes", value=request.minutes, most=MOST_MINUTES)
    known_types = {entry.code for entry in catalog.codes["facility_types"].entries}
    for given, known, code in (
        (request.services, set(catalog.services), "coverage.unknown-service"),
        (request.types, known_types, "coverage.unknown-type"),
        ([request.mode] if request.mode else [], set(catalog.modes), "coverage.unknown-mode"),
    ):
        for value in given:
            if value not in known:
                raise BadRequest(code, value=value, known=", ".join(sorted(known)))
    services = [catalog.services[name] for name in request.services or catalog.services]
    if request.types and not request.services:
        # A type on its own is judged by the standards that name it, else by the headline.
        services = [s for s in services if set(s.types) & set(request.types)]
        named = {type_ for service in services for type_ in service.types}
        extra = [Case(catalog.headline, type_) for type_ in request.types if type_ not in named]
        return [Case(s, t) for s in services for t in s.types if t in request.types] + extra
    return [Case(service, type_) for service in services for type_ in request.types or service.types]
