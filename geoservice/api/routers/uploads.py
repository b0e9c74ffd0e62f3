"""Uploads: files sent, looked into, checked and loaded."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from geoservice.access.roles import Permission
from geoservice.api.parameters import PathId, no_query
from geoservice.api.permits import BYTES, needs
from geoservice.api.receiving import RAW, arriving
from geoservice.api.services import Service, Services
from geoservice.api.shapes_uploads import (
    FileShape,
    Nothing,
    UploadList,
    UploadOrder,
    UploadShape,
    WishOrder,
    inspection_told,
    layer_choice,
    outcome_told,
    work_told,
)
from geoservice.errors import BadInput, BadRequest, Conflict, NotFound
from geoservice.ingest.importing import DEM, OSM
from geoservice.ingest.load.within import BY_UNIT
from geoservice.ingest.uploads import store
from geoservice.ingest.uploads.background import submit_import
from geoservice.ingest.uploads.inspection import SECRET, inspect
from geoservice.ingest.uploads.naming import MOST_FILES, SIDECARS, SUFFIXES, SentFile
from geoservice.ingest.uploads.rights import may_publish
from geoservice.ingest.uploads.store import Folder, UploadRow
from geoservice.ingest.uploads.wishes import Wishes, as_json
from geoservice.jobs import board

router = APIRouter(prefix="/api/uploads", tags=["uploads"], dependencies=[Depends(no_query)])

EDIT = needs(Permission.EDIT)
FileName = Annotated[str, InPath(max_length=480, description="Plain name of a file that was announced")]
_MIB = 2**20


@router.get("", dependencies=[EDIT])
def my_uploads(service: Service, response: Response) -> UploadList:
    """One's own uploads, the newest first, and what may be sent."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        items = [_shape(service, connection, row) for row in store.uploads(connection, service.actor.name)]
    limited = not service.actor.edits.everywhere
    layers = [
        layer_choice(layer, service.catalog, allowed=not limited or layer.id in BY_UNIT)
        for layer in service.catalog.layers.values()
    ]
    return UploadList(
        items=items,
        layers=layers,
        suffixes=list(SUFFIXES),
        sidecars=list(SIDECARS),
        max_bytes=service.settings.uploads.upload_max_mb * _MIB,
        max_files=MOST_FILES,
    )


@router.post("", status_code=201, dependencies=[EDIT])
def begin(service: Service, order: Annotated[UploadOrder, Body()]) -> UploadShape:
    """Announces the files of one source; each is sent by a request of its own."""
    files = [SentFile(one.name, one.size) for one in order.files]
    with service.read() as connection:
        upload_id = store.begin(connection, service.settings, files, service.actor.name)
        return _shape(service, connection, store.upload(connection, upload_id))


@router.put("/{upload_id}/files/{name}", openapi_extra=RAW, dependencies=[needs(Permission.EDIT, BYTES)])
async def send_file(service: Service, request: Request, upload_id: PathId, name: FileName) -> UploadShape:
    """One file, as bare bytes. It is there whole, or not at all."""
    file = await run_in_threadpool(_declared, service, upload_id, name)
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit()):
        raise BadRequest("uploads.no-length")
    if int(length) != file.size:
        raise BadRequest("uploads.other-size", file=file.name, size=file.size, given=int(length))
    with arriving(file.name, file.size):
        await _receive(request, Folder(service.settings, upload_id), file)
    return await run_in_threadpool(_arrived, service, upload_id, file.name)


async def _receive(request: Request, folder: Folder, file: SentFile) -> None:
    """The bytes of a file; with more or fewer than were announced nothing stays."""
    size = 0
    with folder.receive(file.name) as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > file.size:
                raise BadRequest("uploads.other-size", file=file.name, size=file.size, given=size)
            await run_in_threadpool(out.write, chunk)
        if size != file.size:
            raise BadRequest("uploads.other-size", file=file.name, size=file.size, given=size)


def _declared(service: Services, upload_id: int, name: str) -> SentFile:
    with service.read() as connection:
        return store.declared(store.upload(connection, upload_id), name)


def _arrived(service: Services, upload_id: int, name: str) -> UploadShape:
    try:
        with service.read() as connection:
            return _shape(service, connection, store.arrived(connection, upload_id, name))
    except NotFound:
        # It was thrown away while the file came in.
        Folder(service.settings, upload_id).remove()
        raise


@router.get("/{upload_id}", dependencies=[EDIT])
def one_upload(service: Service, response: Response, upload_id: PathId) -> UploadShape:
    """An upload with what was found in it, its job, and what that came to."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        return _shape(service, connection, store.upload(connection, upload_id))


@router.post("/{upload_id}/inspection", dependencies=[EDIT])
def look_into(service: Service, upload_id: PathId, order: Annotated[WishOrder, Body()]) -> UploadShape:
    """Looks into the files anew, with what was chosen. A file marked as secret is thrown away at once."""
    wishes = order.wishes()
    _known_layer(service, wishes)
    with service.read() as connection:
        row = store.upload(connection, upload_id)
        store.refuse_half(row)
        store.refuse_busy(connection, row)
    path = Folder(service.settings, upload_id).main(row, service.settings)
    try:
        found = inspect(service.database, service.catalog, service.settings, path, wishes)
    except BadInput as error:
        if error.code in SECRET:
            with service.read() as connection:
                store.remove(connection, service.settings, upload_id)
        raise
    with service.read() as connection:
        store.keep_inspection(connection, upload_id, wishes, found)
        return _shape(service, connection, store.upload(connection, upload_id))


def _known_layer(service: Services, wishes: Wishes) -> None:
    known = (OSM, DEM, *service.catalog.layers)
    if wishes.layer is not None and wishes.layer not in known:
        raise BadRequest("import.unknown-layer", layer=wishes.layer[:60], known=", ".join(known))


@router.post("/{upload_id}/check", status_code=202, dependencies=[EDIT])
def check(service: Service, upload_id: PathId, _: Annotated[Nothing, Body()]) -> UploadShape:
    """Hands in a job that loads it all and takes it back."""
    return _submit(service, upload_id, "check")


@router.post("/{upload_id}/load", status_code=202, dependencies=[EDIT])
def load(service: Service, upload_id: PathId, _: Annotated[Nothing, Body()]) -> UploadShape:
    """Hands in a job that loads it."""
    return _submit(service, upload_id, "load")


def _submit(service: Services, upload_id: int, action: str) -> UploadShape:
    with service.read() as connection:
        row = store.upload(connection, upload_id, lock=True)
        if row.owner != service.actor.name:
            # The load would be in their name, and the files are another's.
            raise Conflict("uploads.of-another", owner=row.owner)
        submit_import(connection, row, service.actor, action)
        return _shape(service, connection, store.upload(connection, upload_id))


@router.post("/{upload_id}/cancel", dependencies=[EDIT])
def cancel(service: Service, upload_id: PathId, _: Annotated[Nothing, Body()]) -> UploadShape:
    """Cancels the job of an upload: one that waits at once, one that runs at its next step."""
    with service.read() as connection:
        row = store.upload(connection, upload_id)
        if row.job_id is None:
            raise Conflict("uploads.no-job", id=upload_id)
        board.cancel(connection, row.job_id)
        return _shape(service, connection, row)


@router.get("/{upload_id}/refused.csv", response_class=FileResponse, dependencies=[EDIT])
def refused_rows(service: Service, upload_id: PathId) -> FileResponse:
    """The refused rows with their own columns and the reasons, to be mended and sent again."""
    with service.read() as connection:
        row = store.upload(connection, upload_id)
    folder = Folder(service.settings, upload_id)
    if row.outcome is None or not folder.refused.is_file():
        raise NotFound("uploads.none-refused", id=upload_id)
    name = f"{folder.main(row, service.settings).stem}.refused.csv"
    return FileResponse(folder.refused, media_type="text/csv; charset=utf-8", filename=name, headers=_PRIVATE)


_PRIVATE = {"Cache-Control": "no-store"}


@router.delete("/{upload_id}", dependencies=[EDIT])
def throw_away(service: Service, upload_id: PathId) -> UploadShape:
    """Throws an upload away; what was loaded from it stays. The answer is what it was."""
    with service.read() as connection:
        shape = _shape(service, connection, store.upload(connection, upload_id))
        store.remove(connection, service.settings, upload_id)
    return shape


def _shape(service: Services, connection: Connection, row: UploadRow) -> UploadShape:
    told: dict[str, Any] = as_json(row.wishes)
    return UploadShape(
        id=row.id,
        owner=row.owner,
        created_at=row.created_at,
        files=[FileShape(**one) for one in row.files],
        wishes=WishOrder(**told),
        inspection=inspection_told(row.inspection),
        job=None if row.job_id is None else work_told(board.job(connection, row.job_id)),
        outcome=outcome_told(row.outcome),
        may_publish=may_publish(service.actor),
    )
