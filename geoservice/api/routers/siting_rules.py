"""Exclusion rules: which there are, what they say of places, and what land remains."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from fastapi import APIRouter, Body, Depends, Query, Response

from geoservice.access.roles import Permission
from geoservice.api import scenarios
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes_exclusions import (
    ExclusionsAsked,
    ExclusionsTold,
    LandAsked,
    LandTold,
    PlaceTold,
    RuleList,
    RulesAsked,
)
from geoservice.database.filters import today
from geoservice.language import current_language, translate
from geoservice.publish.queries.entries import entries_revision
from geoservice.publish.revisions import etag, layer_revisions
from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.engine import Exclusions, exclude
from geoservice.siting.exclusion.land import land_left, land_told
from geoservice.siting.exclusion.listed import refuse_unknown, rules_listed
from geoservice.siting.exclusion.told import applied_told, breaches_of

router = APIRouter(prefix="/api/siting", tags=["siting"], dependencies=[needs(Permission.COMPUTE)])


@router.get("/rules")
def rules(response: Response, given: Annotated[RulesAsked, Query()]) -> RuleList:
    """Texts with where they stand on a day, and rules with article, distance and examples."""
    scenarios.private(response)
    return RuleList.model_validate(rules_listed(given.type, given.on or today()))


@router.post("/exclusions", dependencies=[Depends(no_query)])
def exclusions(service: Service, response: Response, given: Annotated[ExclusionsAsked, Body()]) -> ExclusionsTold:
    """What rules say of places: broken ones first, with the distance, by how many metres, and the nearest object."""
    scenarios.private(response)
    asked = Asked.parse(given.type, given.on or today(), given.rules)
    lon, lat = (np.array([getattr(one, name) for one in given.points]) for name in ("lon", "lat"))
    areas = np.array([np.nan if one.area_m2 is None else one.area_m2 for one in given.points])
    with service.read() as connection:
        found = exclude(connection, asked, lon, lat, areas)
    return ExclusionsTold(
        applied=applied_told(found),
        points=[_place(found, number) for number in range(lon.size)],
        notice=translate("notice.schematic") if found.schematic else None,
    )


@router.get("/land", response_model=LandTold)
def land(service: Service, given: Annotated[LandAsked, Query()]) -> Response:
    """What land remains for a type and what each rule takes of it: a picture; places are judged one by one."""
    refuse_unknown(given.type)
    asked = Asked.parse(given.type, given.on or today(), given.rules)
    with service.read() as connection:
        seen = sorted(layer_revisions(connection).items()), entries_revision(connection, public_only=False)
    # Rules are told in the reader's language.
    tag = etag("land", *seen, asked.type, asked.on, given.rules, service.declared, current_language.get())

    def make() -> bytes:
        with service.read() as connection:
            told = LandTold.model_validate(land_told(land_left(connection, asked)))
        return told.model_dump_json().encode()

    made = Response(
        service.worked.body(tag, make, wait_s=service.settings.database.statement_timeout_s),
        media_type="application/json",
    )
    scenarios.private(made)
    return made


def _place(found: Exclusions, number: int) -> PlaceTold:
    return PlaceTold(
        lon=float(found.lon[number]),
        lat=float(found.lat[number]),
        allowed=bool(found.kept[number]),
        rules=breaches_of(found, number, all_rules=True),
    )
