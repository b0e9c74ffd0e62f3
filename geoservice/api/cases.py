"""What the resources of cases share."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from fastapi import Header, Response
from sqlalchemy import Connection

from geoservice.api.geojson import ewkb_of
from geoservice.api.services import Services
from geoservice.api.shapes_cases import CaseShape, NewName
from geoservice.api.versions import version_tag
from geoservice.database.filters import today
from geoservice.names.cases import reading, telling
from geoservice.names.cases.writing import NameGiven

IfMatch = Annotated[str | None, Header(description="ETag of the case that the change starts from")]


def answer(service: Services, connection: Connection, response: Response, case_id: int) -> CaseShape:
    """A case as it is now, with its version as ETag."""
    case = reading.case_of(connection, case_id)
    response.headers["ETag"] = version_tag(case.version)
    response.headers["Cache-Control"] = "no-store"
    found = reading.situation(connection, case)
    return CaseShape.model_validate(telling.whole(found, service.actor, today()))


def name_given(given: NewName) -> NameGiven:
    """What an applicant says of one name, as the desk takes it."""
    return NameGiven(**name_values(given, given.model_dump()))


def name_values(given: NewName, values: dict[str, Any]) -> dict[str, Any]:
    """Values of a form as the columns of a name take them."""
    found = {name: value for name, value in values.items() if name != "geometry"}
    for size in ("length_m", "width_m"):
        if found.get(size) is not None:
            found[size] = Decimal(str(round(found[size], 1)))
    if "geometry" in values:
        found["shape"] = None if given.geometry is None else ewkb_of(given.geometry)
    return found
