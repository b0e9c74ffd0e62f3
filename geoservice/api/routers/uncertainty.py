"""How sure a coverage figure is, and its circle in other forms; from public inputs only, worked out when asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BeforeValidator, Field

from geoservice.access.roles import Permission
from geoservice.api.conditional import Condition, Conditional
from geoservice.api.parameters import Code, Day, Parameters
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.coverage.forms import Form, forms
from geoservice.coverage.inputs import INPUT_LAYERS
from geoservice.coverage.uncertainty.certainty import certainty
from geoservice.coverage.uncertainty.declared import load_uncertainty
from geoservice.coverage.uncertainty.methods import method_coverage
from geoservice.coverage.uncertainty.query import Case, Ground, case_of
from geoservice.coverage.uncertainty.walkers import walker_coverage
from geoservice.database.filters import today
from geoservice.errors import BadRequest
from geoservice.publish.queries.circles import TOLERANCE_DEGREES
from geoservice.publish.queries.runs import latest_run
from geoservice.publish.revisions import etag, layer_revisions

router = APIRouter(prefix="/api/coverage", tags=["coverage"], dependencies=[needs(Permission.PUBLIC)])

# A caller waits for the answer: the shell takes more.
MOST_DRAWS = 200
_LAYERS = {*INPUT_LAYERS, "built_up"}


def _whole(value: Any) -> Any:
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) <= 19):
        raise ValueError("0-9")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]


class Asked(Parameters):
    """A standard, a facility type and a day."""

    service: Code | None = Field(None, description="Id of the service standard; the headline by default")
    type: Code | None = Field(None, description="Code of the facility type; the standard's own by default")
    on: Day | None = Field(None, description="Day whose facilities, communities and units count; today by default")

    def case(self, service: Services) -> Case:
        """The case that is meant."""
        return case_of(service.catalog, self.service, self.type, self.on or today())


class Drawn(Asked):
    """The same in many draws."""

    draws: Whole | None = Field(None, description=f"1 to {MOST_DRAWS}", examples=[100])
    seed: Whole | None = Field(None, description="Equal seeds give equal draws", examples=[1])


@router.get("/uncertainty", response_model=dict[str, Any])
def coverage_uncertainty(service: Service, given: Annotated[Drawn, Query()], condition: Conditional) -> Response:
    """Each community with the number of draws of speed and ways that cover it, and sums by unit."""
    if given.draws is not None and not 1 <= given.draws <= MOST_DRAWS:
        raise BadRequest("uncertainty.bad-draws", value=given.draws, most=MOST_DRAWS)
    draws = given.draws or min(load_uncertainty(service.catalog).draws.count, MOST_DRAWS)
    deadline_s = service.settings.database.statement_timeout_s

    def work(ground: Ground, case: Case) -> dict[str, Any]:
        # One thread: a request takes no core from the others.
        found = certainty(ground, case, draws=draws, seed=given.seed, threads=1, within_s=deadline_s)
        return found.as_dict()

    return _answer(service, "uncertainty", given, condition, work)


@router.get("/methods", response_model=dict[str, Any])
def coverage_methods(service: Service, given: Annotated[Asked, Query()], condition: Conditional) -> Response:
    """Each community by network, area and straight line, with a mark where the method decides, and sums by unit.

    By area only where a run has drawn the circle and nothing has changed since.
    """
    # A circle may take longer to draw than a caller waits: those of runs serve.
    return _answer(service, "methods", given, condition, lambda *asked: method_coverage(*asked, draw=False).as_dict())


@router.get("/speeds", response_model=dict[str, Any])
def coverage_speeds(service: Service, given: Annotated[Asked, Query()], condition: Conditional) -> Response:
    """Coverage at each declared walking speed by age, of each unit and each community."""
    return _answer(service, "speeds", given, condition, lambda *asked: walker_coverage(*asked).as_dict())


class Shaped(Asked):
    """The circle of a standard and a type in another form."""

    form: Form = Field(description="rings: by minutes; overlap: by how many facilities; nearest: by facility; lines")
    of: Literal["urban", "rural"] = Field("urban", description="The limit of which communities")


@router.get("/forms", responses={200: {"content": {"application/geo+json": {}}}})
def coverage_forms(service: Service, given: Annotated[Shaped, Query()], condition: Conditional) -> Response:
    """The service circle in another form as a GeoJSON FeatureCollection, the widest part first: pictures, no figure."""

    def work(ground: Ground, case: Case) -> dict[str, Any]:
        found = forms(ground, case, given.form, urban=given.of == "urban")
        found.release.check(public=service.actor.is_public)
        return found.as_dict(tolerance=TOLERANCE_DEGREES)

    return _answer(service, "forms", given, condition, work, media_type="application/geo+json")


def _answer(
    service: Services,
    what: str,
    given: Asked,
    condition: Condition,
    work: Callable[[Ground, Case], dict[str, Any]],
    media_type: str = "application/json",
) -> Response:
    """The answer under its ETag: kept, or worked out when its turn comes; nobody holds a connection while waiting."""
    case = given.case(service)
    with service.read() as connection:
        revisions = sorted((name, state) for name, state in layer_revisions(connection).items() if name in _LAYERS)
        run = latest_run(connection) if what in ("methods", "forms") else None
    tag = etag(what, revisions, run, case.on, given, service.declared, service.approval)

    def make() -> bytes:
        with service.read() as connection:
            ground = Ground(
                connection,
                service.catalog,
                service.settings,
                service.database.name,
                public_only=not service.actor.reads.everywhere,
            )
            return json.dumps(work(ground, case), ensure_ascii=False).encode()

    def body() -> Response:
        made = service.worked.body(tag, make, wait_s=service.settings.database.statement_timeout_s)
        return Response(made, media_type=media_type)

    return condition.answer(tag, body)
