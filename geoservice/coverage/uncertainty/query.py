"""What the three answers start from: a standard and a type on a day, and the inputs of that day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.catalog import Catalog, Limit, ServiceStandard
from geoservice.coverage.cases import RunRequest, cases_of
from geoservice.coverage.inputs import Publication, read_publication
from geoservice.coverage.prepared import NO_PLACE, Prepared, prepared
from geoservice.coverage.reach import evaluate
from geoservice.errors import BadInput, NotFound
from geoservice.network.arrays import Int32s
from geoservice.network.graph import Graph
from geoservice.settings import Settings

# Inputs beside communities, facilities and roads that a public answer may rest on only where they are public.
_OTHERS = ("water", "railway", "built_up_area")
_PUBLIC_UNITS = text("""
    select unit_id from unit_version where published and classification = 'public'
    and (valid_from is null or valid_from <= :on) and (valid_to is null or valid_to > :on)
""")


@dataclass(frozen=True)
class Ground:
    """Where an answer is worked out: who asks for what, and in which installation.

    Attributes
    ----------
    public_only
        Whether the answer goes out to everybody: it may rest on public inputs only, and names public units only.
    """

    connection: Connection
    catalog: Catalog
    settings: Settings
    database_name: str
    public_only: bool = False


@dataclass(frozen=True)
class Case:
    """One facility type judged by one standard on a day."""

    service: ServiceStandard
    type: str
    on: date

    @property
    def limits(self) -> tuple[Limit, Limit]:
        """For urban and for rural communities."""
        return self.service.limits.urban, self.service.limits.rural

    def as_dict(self) -> dict[str, Any]:
        """The case with its assumptions."""
        urban, rural = self.limits
        return {
            "service": self.service.id,
            "type": self.type,
            "on": self.on.isoformat(),
            "direction": "to_facility",
            "limits": {"urban": urban.model_dump(), "rural": rural.model_dump()},
            "source": self.service.source,
            "unclassified_as": "rural",
        }


def case_of(catalog: Catalog, service: str | None, type_: str | None, on: date) -> Case:
    """The case that is meant; without a service the headline, without a type the headline's.

    Raises
    ------
    BadRequest
        ``coverage.unknown-service``, ``coverage.unknown-type``.
    """
    standard = catalog.services.get(service or "", catalog.headline)
    chosen = type_ or standard.headline_type or standard.types[0]
    found = cases_of(catalog, RunRequest(on=on, services=(service or standard.id,), types=(chosen,)))[0]
    return Case(found.service, found.type, on)


def read_inputs(ground: Ground, case: Case, limits: tuple[Limit, ...]) -> tuple[Prepared, Publication]:
    """What is in force on the day of a case, with the networks of some limits.

    Raises
    ------
    NotFound
        ``uncertainty.not-public`` where the answer is for everybody and an input is not.
    BadInput
        If there are no roads, no communities with a place, no people, or no facility of the type.
    """
    inputs, publication = read_ground(ground, case, limits)
    if (inputs.communities.population < 0).all():
        raise BadInput("uncertainty.no-population", count=len(inputs.communities))
    return inputs, publication


def read_ground(ground: Ground, case: Case, limits: tuple[Limit, ...]) -> tuple[Prepared, Publication]:
    """The same whether or not people are known."""
    publication = read_publication(ground.connection)
    if ground.public_only and not (publication.published and _all_public(ground.connection)):
        raise NotFound("uncertainty.not-public")
    inputs = prepared(ground.connection, ground.catalog, ground.settings, limits, case.on, ground.database_name)
    if ground.public_only:
        shown = set(ground.connection.execute(_PUBLIC_UNITS, {"on": case.on}).scalars())
        inputs.units = {id_: row if id_ in shown else replace(row, name="") for id_, row in inputs.units.items()}
    if not (inputs.facilities.type == case.type).any():
        raise BadInput("coverage.no-facilities", types=case.type)
    return inputs, publication


def _all_public(connection: Connection) -> bool:
    checks = " and ".join(
        f"not exists (select from {table} where not published or classification <> 'public')" for table in _OTHERS
    )
    return bool(connection.execute(text(f"select {checks}")).scalar_one())


def members_of(inputs: Prepared, limits: tuple[Limit, Limit]) -> Iterator[tuple[Limit, NDArray[np.int64]]]:
    """Each limit with the numbers of the communities that it judges and that have a place."""
    urban = inputs.communities.urban
    for limit, judged in zip(limits, (urban, ~urban), strict=True):
        yield limit, np.flatnonzero(judged & inputs.placed())


def limits_ds(inputs: Prepared, limits: tuple[Limit, Limit]) -> Int32s:
    """Limit of each community, ds."""
    urban, rural = (limit.minutes * 600 for limit in limits)
    return np.where(inputs.communities.urban, urban, rural).astype(np.int32)


def plain_times(inputs: Prepared, case: Case, limits: tuple[Limit, Limit]) -> tuple[Int32s, NDArray[np.object_]]:
    """Time of each community as a run has it, -1 where there is none, and then the reason."""
    size, here = len(inputs.communities), np.flatnonzero(inputs.placed())
    times = np.full(size, -1, dtype=np.int32)
    reasons = np.full(size, NO_PLACE, dtype=object)
    for limit, members in members_of(inputs, limits):
        found = evaluate(inputs.field(limit.mode, case.type), inputs.demand(limit.mode))
        rows = np.searchsorted(here, members)
        times[members], reasons[members] = found.time_ds[rows], found.reason[rows]
    return times, reasons


def edge_classes(connection: Connection, graph: Graph) -> tuple[tuple[str, ...], Int32s]:
    """Road classes, and the one of each edge; the last, without a name, for roads that are no longer there."""
    rows = connection.execute(text("select id, class from road order by id")).all()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    names = sorted({row[1] for row in rows})
    number = {name: code for code, name in enumerate(names)}
    codes = np.array([number[row[1]] for row in rows], dtype=np.int32)
    return (*names, ""), codes_of(graph.edge_road, ids, codes, len(names))


def codes_of(road: NDArray[np.int64], ids: NDArray[np.int64], codes: Int32s, missing: int) -> Int32s:
    """The code of each road.

    Parameters
    ----------
    ids, codes
        Known roads in the order of their ids, and the code of each.
    missing
        The code of those that are not known.

    Examples
    --------
    >>> known = np.array([3, 8]), np.array([1, 0], dtype=np.int32)
    >>> codes_of(np.array([8, 3, 5, 9]), *known, 2).tolist()
    [0, 1, 2, 2]
    """
    if not ids.size:
        return np.full(road.size, missing, dtype=np.int32)
    at = np.minimum(np.searchsorted(ids, road), ids.size - 1)
    return np.where(ids[at] == road, codes[at], missing).astype(np.int32)
