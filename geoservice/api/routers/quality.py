"""What is doubtful in the records, for those who see what is not published."""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from fastapi.responses import RedirectResponse, Response
from pydantic import Field
from sqlalchemy import Connection

from geoservice.access.roles import Permission, allows
from geoservice.api.conditional import Conditional
from geoservice.api.identity import Who
from geoservice.api.pages import page_for
from geoservice.api.parameters import Code, Day, Paged, Parameters
from geoservice.api.permits import needs
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Title
from geoservice.api.shapes_quality import CheckList, CheckShape, FindingList, FindingProperties, FindingShape, Mend
from geoservice.catalog import Catalog
from geoservice.database.filters import today
from geoservice.database.paging import decode, encode
from geoservice.editing.quality.checks import CHECKS
from geoservice.editing.quality.declared import Check
from geoservice.editing.quality.running import MOST, Finding, Result, check_named, layers_read, mend, run_check
from geoservice.editing.quality.wording import explanation, title, what
from geoservice.language import LANGUAGES
from geoservice.publish.revisions import etag, layer_revisions

router = APIRouter(tags=["quality"])
READ = needs(Permission.READ)
# The list counts every check before it answers: some may use up the time of several.
DEADLINES = 3


class Asked(Parameters):
    """Records in force on this day count."""

    on: Day | None = Field(None, description="Today by default")


class Listed(Asked):
    """The checks with their counts, or at once without."""

    counts: Annotated[bool, Field(description="Whether to count")] = True


class Findings(Paged, Asked):
    """A page of findings."""


@router.get("/api/quality", dependencies=[READ], response_model=CheckList)
def checks(service: Service, given: Annotated[Listed, Query()], condition: Conditional) -> Response:
    """Every check with the number of its findings, errors first."""
    day = given.on or today()
    if not given.counts:
        items = [_told(service.catalog, Result(check, "counted", None, ())) for check in CHECKS]
        plain = [item.model_copy(update={"state": "not-asked"}) for item in items]
        return _answer(CheckList(on=day, items=plain), kept=False)
    with service.read() as connection:
        tag = etag("quality", service.declared, day, sorted(layer_revisions(connection).items()))
        end = monotonic() + DEADLINES * service.settings.database.statement_timeout_s
        found: list[Result] = []

        def body() -> Response:
            found.extend(_result(service, connection, check, day, end - monotonic()) for check in CHECKS)
            return _answer(CheckList(on=day, items=[_told(service.catalog, one) for one in found]))

        answer = condition.answer(tag, body)
    return _unkept(answer, found)


@router.get("/api/quality/{check}", dependencies=[READ], response_model=FindingList)
def findings(
    service: Service,
    check: Annotated[Code, InPath(description="Id of the check", examples=["units.overlap"])],
    given: Annotated[Findings, Query()],
    condition: Conditional,
) -> Response:
    """Findings of a check as GeoJSON, the largest first."""
    asked, day, limit = check_named(check), given.on or today(), given.capped(MOST)
    first = 0 if given.after is None else int(decode(given.after, [int])[0])
    with service.read() as connection:
        tag = etag("quality", asked.id, day, limit, first, _state(service, connection, asked))
        found: list[Result] = []

        def body() -> Response:
            found.append(_result(service, connection, asked, day, service.settings.database.statement_timeout_s))
            return _answer(_page(service.catalog, found[0], day, max(first, 0), limit))

        answer = condition.answer(tag, body)
    return _unkept(answer, found)


@router.get("/data/quality", include_in_schema=False, dependencies=[needs(Permission.PUBLIC)])
def quality_page(who: Who) -> Response:
    """The page; to sign in first where nobody has who sees what is not published."""
    if who.must_change:
        return RedirectResponse("/account", status_code=303)
    if not allows(who.actor, Permission.READ):
        return RedirectResponse("/sign-in?next=/data/quality", status_code=303)
    return page_for("quality.html", who, "quality")


def _state(service: Services, connection: Connection, check: Check) -> list[object]:
    """What the findings of a check depend on, beside the day."""
    revisions = layer_revisions(connection)
    return [service.declared, *((layer, revisions.get(layer)) for layer in layers_read(check))]


def _result(service: Services, connection: Connection, check: Check, day: date, within_s: float) -> Result:
    """A check's findings, the ones worked out before where nothing has changed since."""
    tag = etag("findings", check.id, day, *_state(service, connection, check))
    most_s = min(within_s, service.settings.database.statement_timeout_s)
    whole = service.actor.reads.everywhere

    def run() -> Result:
        if most_s <= 0:
            return Result(check, "too-long", None, ())
        return run_check(connection, check, catalog=service.catalog, day=day, whole=whole, within_s=most_s)

    return service.checked.found(tag, run)


def _told(catalog: Catalog, result: Result) -> CheckShape:
    check = result.check
    return CheckShape(
        id=check.id,
        layer=check.layer,
        layer_title=Title.of(catalog.layers[check.layer].title),
        severity=check.severity,
        title=Title(**{language: title(check, catalog, language) for language in LANGUAGES}),
        help=Title(**{language: explanation(check, catalog, language) for language in LANGUAGES}),
        state=result.state,
        count=result.count,
    )


def _page(catalog: Catalog, result: Result, day: date, first: int, limit: int) -> FindingList:
    shown = result.findings[first : first + limit]
    last = first + len(shown)
    return FindingList(
        check=_told(catalog, result),
        on=day,
        features=[_feature(catalog, result.check, one, number) for number, one in enumerate(shown, first + 1)],
        told=len(result.findings),
        next=encode([last]) if shown and last < len(result.findings) else None,
    )


def _feature(catalog: Catalog, check: Check, found: Finding, number: int) -> FindingShape:
    records = [Mend(id=one, name=name, href=mend(check, one)) for one, name in zip(found.ids, found.names, strict=True)]
    told = FindingProperties(
        layer=check.layer,
        what=Title(**{language: what(check, found, catalog, language) for language in LANGUAGES}),
        records=records,
        pieces=found.pieces,
        area_m2=found.area_m2,
        length_m=found.length_m,
        point=None if found.lon is None or found.lat is None else (found.lon, found.lat),
    )
    return FindingShape(id=number, bbox=found.bbox, geometry=found.geometry, properties=told)


def _answer(told: CheckList | FindingList, *, kept: bool = True) -> Response:
    headers = {} if kept else {"Cache-Control": "no-store"}
    return Response(told.model_dump_json(), media_type="application/json", headers=headers)


def _unkept(answer: Response, results: list[Result]) -> Response:
    """What could not be counted now may be countable the next time: no client keeps that answer."""
    if any(one.state == "too-long" for one in results):
        del answer.headers["ETag"]
        answer.headers["Cache-Control"] = "no-store"
    return answer
