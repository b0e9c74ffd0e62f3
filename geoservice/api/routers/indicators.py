"""The plan's indicators: as data, and as a page that needs no script."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import Field, StringConstraints

from geoservice.access.roles import Permission
from geoservice.api.conditional import REVALIDATE, Conditional
from geoservice.api.parameters import Parameters
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.coverage.indicators import words
from geoservice.coverage.indicators.query import indicators_on
from geoservice.errors import BadRequest
from geoservice.language import current_language
from geoservice.publish.pages import render
from geoservice.publish.queries.entries import entries_revision
from geoservice.publish.revisions import etag, layer_revisions

router = APIRouter(tags=["indicators"], dependencies=[needs(Permission.PUBLIC)])


class Days(Parameters):
    """The days of evaluation."""

    on: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        None,
        description="ISO dates, separated by commas; the plan's own by default",
        examples=["2020-12-31,2025-12-31"],
    )

    @property
    def days(self) -> list[date]:
        """The dates.

        Raises
        ------
        BadRequest
            If one is none.
        """
        return [_day(part) for part in self.on.split(",")] if self.on else []


def _day(part: str) -> date:
    try:
        return date.fromisoformat(part.strip())
    except ValueError:
        raise BadRequest("indicators.bad-day", value=part[:40]) from None


@router.get("/api/indicators", response_model=dict[str, Any])
def indicators(service: Service, given: Annotated[Days, Query()], condition: Conditional) -> Response:
    """Every indicator on some days, with the plan's own figures, contradictions and formulae; public records only."""
    with service.read() as connection:
        tag = etag("indicators", given.on, sorted(layer_revisions(connection).items()), entries_revision(connection))

        def body() -> Response:
            found = indicators_on(
                connection, service.catalog, given.days, public_only=not service.actor.reads.everywhere
            )
            found.release.check(public=service.actor.is_public)
            return Response(json.dumps(found.as_dict(), ensure_ascii=False), media_type="application/json")

        return condition.answer(tag, body)


@router.get("/indicators", include_in_schema=False, response_class=HTMLResponse)
def indicators_page(service: Service) -> HTMLResponse:
    """The indicators on the plan's days of evaluation, as a page."""
    with service.read() as connection:
        found = indicators_on(connection, service.catalog, (), public_only=not service.actor.reads.everywhere)
    found.release.check(public=service.actor.is_public)
    html = render("indicators.html", report=found, words=words, catalog=service.catalog, lang=current_language.get())
    return HTMLResponse(html, headers={"Cache-Control": REVALIDATE, "Vary": "Accept-Language, Cookie"})
