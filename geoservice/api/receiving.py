"""Files on their way in, as bare bytes."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.types import Scope

from geoservice.api.permits import BYTES
from geoservice.errors import BadRequest, TooLarge
from geoservice.ingest.uploads.naming import check_name
from geoservice.settings import UploadSettings

RAW: dict[str, Any] = {
    "requestBody": {"content": {BYTES: {"schema": {"type": "string", "format": "binary"}}}, "required": True}
}
_FILES = (
    ("PUT", re.compile(r"/api/uploads/[0-9]+/files/[^/]+")),
    ("POST", re.compile(r"/api/names/plans(/inspection)?")),
    ("POST", re.compile(r"/api/siting/files")),
)
_MIB = 2**20
T = TypeVar("T")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def body_limits(limits: UploadSettings) -> Callable[[Scope], tuple[int, float] | None]:
    """Bytes and seconds of a file on its way in; any other request has the limits of all."""

    def of(scope: Scope) -> tuple[int, float] | None:
        sent = any(scope["method"] == method and path.fullmatch(scope["path"]) for method, path in _FILES)
        return (limits.upload_max_mb * _MIB, limits.upload_timeout_s) if sent else None

    return of


@contextmanager
def arriving(name: str, size: int = 0) -> Iterator[None]:
    """Tells what goes wrong while a file comes in.

    Raises
    ------
    BadRequest
        ``uploads.lost`` where whoever sends it has gone.
    TooLarge
        ``uploads.no-room`` where the disk is full.
    """
    try:
        yield
    except ClientDisconnect:
        # Nobody is there to hear it; it is no error of ours.
        raise BadRequest("uploads.lost", file=name) from None
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise TooLarge("uploads.no-room", size_mb=-(-size // _MIB)) from None
        raise


async def receive(request: Request, path: Path) -> int:
    """Writes the body of a request to a file; its size in bytes."""
    size, declared = 0, request.headers.get("content-length", "")
    with arriving(path.name, int(declared) if declared.isdecimal() else 0), path.open("wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            await run_in_threadpool(out.write, chunk)
    return size


async def with_file(request: Request, name: str, do: Callable[[Path, int], T]) -> T:
    """Does something with the body of a request as a file of a name, for as long as it lies here; and its size in bytes.

    Raises
    ------
    BadRequest
        ``uploads.bad-name``
    """
    check_name(name)
    folder = await run_in_threadpool(TemporaryDirectory, prefix="geoservice-")
    try:
        path = Path(folder.name) / name
        size = await receive(request, path)
        return await run_in_threadpool(do, path, size)
    finally:
        await run_in_threadpool(folder.cleanup)
