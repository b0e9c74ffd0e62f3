"""Plans of proposed names: a file handed in, its rows checked in the background, and handed back marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Body, Depends, Query, Request, Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api.cases import answer
from geoservice.api.parameters import PathId, no_query
from geoservice.api.permits import BYTES, needs
from geoservice.api.receiving import RAW, with_file
from geoservice.api.services import Service, Services
from geoservice.api.shapes import Title
from geoservice.api.shapes_cases import CaseShape
from geoservice.api.shapes_plans import (
    FieldTitle,
    PlanCase,
    PlanFeatures,
    PlanInspection,
    PlanLine,
    PlanLines,
    PlanList,
    PlanOrder,
    PlanReading,
    PlanShape,
    RowsWanted,
    SheetWanted,
)
from geoservice.api.shapes_uploads import Nothing, notice_told, problem_told, work_told
from geoservice.database.filters import today
from geoservice.errors import Conflict
from geoservice.ingest.sources import SUFFIXES
from geoservice.jobs import board
from geoservice.language import current_language, translate
from geoservice.names.cases.positions import refuse_unknown_unit
from geoservice.names.cases.writing import MOST_NAMES
from geoservice.names.plans import store
from geoservice.names.plans.applying import Application, apply
from geoservice.names.plans.background import submit_check
from geoservice.names.plans.drawing import bounds_of, clashes_of, features_of
from geoservice.names.plans.inspection import inspect_plan
from geoservice.names.plans.keeping import Row, item_of, notices_of
from geoservice.names.plans.marking import marked_kept
from geoservice.names.plans.reading import MOST_ROWS, plan_layer
from geoservice.names.plans.sheets import MEDIA_TYPES, format_of, sheet_of
from geoservice.names.plans.wishes import PlanWishes

router = APIRouter(prefix="/api/names/plans", tags=["place names"])

CAP = 500
READ, EDIT, SEND = needs(Permission.READ), needs(Permission.EDIT), needs(Permission.READ, BYTES)
_FIELDS = ("name", "reading", "width_m", "length_m")
_MIB = 2**20
_SHEETS: dict[str, dict[str, str]] = {media.partition(";")[0]: {} for media in MEDIA_TYPES.values()}
T = TypeVar("T")


@router.get("", dependencies=[READ, Depends(no_query)])
def my_plans(service: Service, response: Response) -> PlanList:
    """One's own plans, the newest first, and what may be handed in."""
    _private(response)
    with service.read() as connection:
        items = [_shape(service, connection, row) for row in store.plan_rows(connection, service.actor.name)]
    titles = {one.name: one.title for one in plan_layer(service.catalog).fields}
    return PlanList(
        items=items,
        fields=[FieldTitle(name=name, title=Title.of(titles[name])) for name in _FIELDS],
        suffixes=[one for one in SUFFIXES if one != ".gdb"],
        max_bytes=service.settings.uploads.upload_max_mb * _MIB,
        max_rows=MOST_ROWS,
        max_plans=store.MOST_PLANS,
        max_case=MOST_NAMES,
    )


@router.post("", status_code=202, openapi_extra=RAW, dependencies=[SEND])
async def hand_in(service: Service, request: Request, given: Annotated[PlanOrder, Query()]) -> PlanShape:
    """A file as bare bytes: it is read at once, and its names are checked in the background."""
    return await _with_file(request, given, lambda path, size, wishes: _handed_in(service, path, size, wishes))


@router.post("/inspection", openapi_extra=RAW, dependencies=[SEND])
async def look_into(
    service: Service, request: Request, response: Response, given: Annotated[PlanOrder, Query()]
) -> PlanInspection:
    """What is in a file, read with what was chosen; nothing of it is kept."""
    _private(response)
    return await _with_file(request, given, lambda path, _, wishes: _looked_into(service, path, wishes))


async def _with_file(request: Request, given: PlanOrder, do: Callable[[Path, int, PlanWishes], T]) -> T:
    """Does something with a file for as long as it lies here."""
    wishes = given.wishes()
    return await with_file(request, given.file, lambda path, size: do(path, size, wishes))


def _handed_in(service: Services, path: Path, size: int, wishes: PlanWishes) -> PlanShape:
    catalog, limits = service.catalog, service.settings.imports
    if wishes.unit_id is not None:
        with service.read() as connection:
            refuse_unknown_unit(connection, wishes.unit_id)
    plan = wishes.read(wishes.open(path, catalog, limits), catalog, limits, file=path.name)
    with service.read() as connection:
        plan_id = store.keep(
            connection, service.settings, plan, wishes, owner=service.actor.name, file=path.name, size=size
        )
        submit_check(connection, store.plan_row(connection, plan_id), service.actor)
        return _shape(service, connection, store.plan_row(connection, plan_id))


def _looked_into(service: Services, path: Path, wishes: PlanWishes) -> PlanInspection:
    found = inspect_plan(path, service.catalog, service.settings.imports, wishes)
    words = {"notices": [notice_told(one) for one in found["notices"]], "problem": problem_told(found["problem"])}
    return PlanInspection(**{**found, **words})


@router.get("/{plan_id}", dependencies=[READ, Depends(no_query)])
def one_plan(service: Service, response: Response, plan_id: PathId) -> PlanShape:
    """A plan with its check, how far that is, and what it came to."""
    _private(response)
    with service.read() as connection:
        return _shape(service, connection, store.plan_row(connection, plan_id))


@router.get("/{plan_id}/rows", dependencies=[READ])
def rows(service: Service, response: Response, plan_id: PathId, given: Annotated[RowsWanted, Query()]) -> PlanLines:
    """Rows of a plan in the order of the source, with what was found of each."""
    _private(response)
    marks, limit = given.marks(), given.capped(CAP)
    with service.read() as connection:
        store.plan_row(connection, plan_id)
        found = store.lines(connection, plan_id, marks=marks, number=given.row, limit=limit, after=given.after)
    return PlanLines(items=[_line(row) for row in found.items], next=found.next)


@router.get("/{plan_id}/features", dependencies=[READ, Depends(no_query)])
def features(service: Service, response: Response, plan_id: PathId) -> PlanFeatures:
    """Where the rows lie, and the names that they may be taken for."""
    _private(response)
    with service.read() as connection:
        store.plan_row(connection, plan_id)
        found = store.all_lines(connection, plan_id)
    clashes, cut = clashes_of(found, current_language.get())
    return PlanFeatures.model_validate({"features": features_of(found), "clashes": clashes, "clashes_cut": cut})


@router.get("/{plan_id}/sheet", responses={200: {"content": _SHEETS}}, response_class=Response, dependencies=[READ])
def sheet(service: Service, plan_id: PathId, given: Annotated[SheetWanted, Query()]) -> Response:
    """The file as it came, each row marked, with a summary; a drawing comes back as a workbook."""
    with service.read() as connection:
        plan = store.plan_row(connection, plan_id)
        store.refuse_unchecked(plan)
        found = store.all_lines(connection, plan_id)
    format_ = given.format or format_of(plan.file)
    name = f"{PurePosixPath(plan.file).stem}.{translate('names.marked')}.{format_}"
    disposition = f"attachment; filename=\"plan-{plan_id}.{format_}\"; filename*=UTF-8''{quote(name)}"
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return Response(sheet_of(marked_kept(plan, found), format_), media_type=MEDIA_TYPES[format_], headers=headers)


@router.post("/{plan_id}/check", status_code=202, dependencies=[READ, Depends(no_query)])
def check_again(service: Service, plan_id: PathId, _: Annotated[Nothing, Body()]) -> PlanShape:
    """Checks a plan anew, against the names of now."""
    with service.read() as connection:
        row = store.plan_row(connection, plan_id, lock=True)
        if row.owner != service.actor.name:
            # The check would see what whoever asks may see, and the plan is another's.
            raise Conflict("names.plan-of-another", owner=row.owner)
        submit_check(connection, row, service.actor)
        return _shape(service, connection, store.plan_row(connection, plan_id))


@router.post("/{plan_id}/cancel", dependencies=[READ, Depends(no_query)])
def cancel(service: Service, plan_id: PathId, _: Annotated[Nothing, Body()]) -> PlanShape:
    """Cancels the check: one that waits at once, one that runs at its next step."""
    with service.read() as connection:
        row = store.plan_row(connection, plan_id)
        if row.job_id is None:
            raise Conflict("names.plan-no-job", id=plan_id)
        board.cancel(connection, row.job_id)
        return _shape(service, connection, row)


@router.post("/{plan_id}/case", status_code=201, dependencies=[EDIT, Depends(no_query)])
def make_case(service: Service, response: Response, plan_id: PathId, given: Annotated[PlanCase, Body()]) -> CaseShape:
    """Makes a case of naming, as a draft, of rows of a plan; geometry, width, length and reading go with them."""
    application = Application(given.title, given.unit_id, given.applicant, given.contact)
    with service.read() as connection:
        case_id = apply(connection, service.catalog, service.actor, plan_id, given.rows, application, day=today())
        return answer(service, connection, response, case_id)


@router.delete("/{plan_id}", dependencies=[READ, Depends(no_query)])
def throw_away(service: Service, plan_id: PathId) -> PlanShape:
    """Throws a plan away; cases that were made of it stay. The answer is what it was."""
    with service.read() as connection:
        shape = _shape(service, connection, store.plan_row(connection, plan_id))
        store.remove(connection, plan_id)
    return shape


def _private(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


def _line(row: Row) -> PlanLine:
    told = {**item_of(row, current_language.get()), "bounds": bounds_of(row), "case_id": row["case_id"]}
    return PlanLine.model_validate(told)


def _shape(service: Services, connection: Connection, row: store.PlanRow) -> PlanShape:
    same = ("id", "owner", "created_at", "file", "size", "kind", "rows", "counts", "checked_on")
    told: dict[str, Any] = {name: getattr(row, name) for name in same}
    reading = {name: row.reading[name] for name in ("format", "part", "crs", "columns")}
    return PlanShape(
        **told,
        expires_at=row.created_at + timedelta(hours=service.settings.uploads.upload_keep_h),
        reading=PlanReading(**reading, notices=notices_of(row.reading["notices"])),
        unit_id=row.wishes["unit_id"],
        job=None if row.job_id is None else work_told(board.job(connection, row.job_id)),
        sheet=format_of(row.file),
    )
