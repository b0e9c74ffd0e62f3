"""What processes answer while the client waits: read from the database, then worked out with no connection held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import BoundedSemaphore
from typing import Any

from sqlalchemy import Connection

from geoservice.api import scenarios
from geoservice.api.services import Services
from geoservice.coverage.scenarios.circle import circle_told
from geoservice.coverage.uncertainty.query import Case, case_of
from geoservice.database.filters import today
from geoservice.errors import BadInput, BadRequest, TooMany
from geoservice.publish.ogc.processes.siting import AT_ONCE_S, at_once, form_of, sites_of
from geoservice.siting.answers.showing import in_words
from geoservice.siting.answers.solving import solve_now
from geoservice.siting.county.asking import ask
from geoservice.siting.county.candidates import candidates_of

Outputs = dict[str, Any]
# Searches at a time in one process: each takes a core.
_PLACES = BoundedSemaphore(2)


def case(service: Services, values: Mapping[str, Any]) -> Case:
    """Standard, type and day of inputs."""
    return case_of(service.catalog, values.get("service"), values.get("type"), values.get("on") or today())


def _circle(service: Services, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Outputs]:
    _, ground = scenarios.ground_of(service, connection, case(service, values))
    return lambda: {"circles": circle_told(ground, *values["point"])}


def _siting(service: Services, connection: Connection, values: Mapping[str, Any]) -> Callable[[], Outputs]:
    form = form_of(values)
    try:
        question = form.question(service.catalog, form.on or today())
        form = at_once(form)
        _, ground = scenarios.ground_of(service, connection, question.case)
        candidates = candidates_of(connection, service.catalog, service.settings, ground, question)
        county = ask(ground, question, candidates)
    except BadInput as error:
        # A question that cannot be asked so is a request that cannot be.
        raise BadRequest(error.code, **error.values) from None

    def work() -> Outputs:
        if not _PLACES.acquire(blocking=False):
            raise TooMany("siting.searches", seconds=f"{AT_ONCE_S:g}")
        try:
            found = solve_now(county, form)
        finally:
            _PLACES.release()
        return {"answer": in_words(found), "sites": sites_of(found)}

    return work


AT_ONCE: Mapping[str, Callable[[Services, Connection, Mapping[str, Any]], Callable[[], Outputs]]] = {
    "service-circle": _circle,
    "siting": _siting,
}
