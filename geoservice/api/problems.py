"""Errors as problems (RFC 9457): each kind of error is mapped here, once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Route

from geoservice.editing.checking import Refused
from geoservice.errors import BadRequest, Deadline, GeoserviceError, NotFound, Unavailable, WrongMethod
from geoservice.language import translate

logger = logging.getLogger("geoservice.api")
LONGEST_VALUE = 120
NOT_MIGRATED = ("42P01", "42703", "3F000")
# What an error of these says is for the operator: it names hosts, files and accounts.
OPERATORS = ("database.", "cluster.", "catalog.", "setting.")

# Below it standards say which status a wrong body has: 400.
_STANDARD = "/ogc/"

# Types that a standard has a name for; of all others the type is a URN of the code.
_PROCESSES = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/"
STANDARD_TYPES = {
    "ogc.no-process": f"{_PROCESSES}no-such-process",
    "ogc.no-job": f"{_PROCESSES}no-such-job",
    "ogc.result-not-ready": f"{_PROCESSES}result-not-ready",
}


class FaultShape(BaseModel):
    """What is wrong with one field of one of the given records, counted from 0; `at` is where a geometry is wrong."""

    index: int
    field: str
    code: str
    reason: str
    remedy: str | None = None
    at: tuple[float, float] | None = None


class ProblemBody(BaseModel):
    """A problem as RFC 9457 defines it, with our stable code and, where known, a remedy."""

    type: str = Field(description="URI of the kind: a standard's where it has one, else the URN of the code")
    title: str
    status: int
    detail: str
    code: str
    remedy: str | None = None
    request_id: str | None = None
    faults: list[FaultShape] | None = Field(None, description="Of given records, each beside its field")


class Problem(JSONResponse):
    """A problem as a response."""

    media_type = "application/problem+json"


def install(app: FastAPI, routes: Sequence[Route]) -> None:
    """Registers the mapping of every error; `routes` tell which methods there are."""
    app.state.routes = routes
    app.add_exception_handler(GeoserviceError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _busy)


def problem(
    request_id: str | None, error: GeoserviceError, *, headers: dict[str, str] | None = None, status: int | None = None
) -> Problem:
    """The response for an error of ours, in the language of the request; with a status of its own where one is given."""
    status = error.status if status is None else status
    shown = error
    if error.code.startswith(OPERATORS) and not isinstance(error, Deadline):
        shown = Unavailable("api.unavailable") if status == HTTPStatus.SERVICE_UNAVAILABLE else _internal()
    body = ProblemBody(
        type=STANDARD_TYPES.get(error.code, f"urn:geoservice:problem:{error.code}"),
        title=translate(f"api.title.{status}"),
        status=status,
        detail=shown.message,
        code=error.code,
        remedy=shown.remedy,
        request_id=request_id,
        faults=[FaultShape(**asdict(one)) for one in error.faults] if isinstance(error, Refused) else None,
    )
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if isinstance(error, WrongMethod):
        headers["Allow"] = str(error.values["allow"])
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.setdefault("Retry-After", "2")
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers.setdefault("Retry-After", str(error.values.get("seconds", 60)))
    return Problem(body.model_dump(exclude_none=True), status_code=status, headers=headers)


def unexpected(request_id: str | None, error: Exception) -> Problem:
    """The response for an error that nobody foresaw: its text goes to the log and not to the client."""
    logger.error("unexpected error", exc_info=error, extra={"request_id": request_id})
    return problem(request_id, _internal())


def _internal() -> GeoserviceError:
    return GeoserviceError("api.internal")


def _id(request: Request) -> str | None:
    found: str | None = request.scope.get("geoservice.request_id")
    return found


async def _ours(request: Request, error: Exception) -> Problem:
    assert isinstance(error, GeoserviceError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s: %s", error.code, error.message, extra={"request_id": _id(request)})
    standard = error.status == HTTPStatus.UNPROCESSABLE_ENTITY and request.url.path.startswith(_STANDARD)
    return problem(_id(request), error, status=HTTPStatus.BAD_REQUEST if standard else None)


async def _invalid(request: Request, error: Exception) -> Problem:
    assert isinstance(error, RequestValidationError)
    first: dict[str, Any] = error.errors()[0]
    name = _writable(first["loc"][-1])
    if first["type"] == "missing":
        return problem(_id(request), BadRequest("api.missing-parameter", name=name))
    value = _writable(first.get("input"))
    expected = _expected(first)
    return problem(_id(request), BadRequest("api.bad-parameter", name=name, value=value, expected=expected))


def _writable(value: object) -> str:
    """The beginning of a value, without halves of characters, which no answer can hold."""
    return str(value)[:LONGEST_VALUE].encode("utf-8", "replace").decode()


_SIGNS = {"ge": "≥ {}", "gt": "> {}", "le": "≤ {}", "lt": "< {}", "max_length": "≤ {} characters", "expected": "{}"}


def _expected(error: dict[str, Any]) -> str:
    """What a value should have been, in signs that need no translation where possible."""
    context = error.get("ctx", {})
    if "error" in context:
        return str(context["error"])
    for name, sign in _SIGNS.items():
        if name in context:
            return sign.format(context[name])
    return str(context.get("pattern", error["msg"]))


async def _http(request: Request, error: Exception) -> Problem:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(_id(request), NotFound("api.no-resource", path=request.url.path[:LONGEST_VALUE]))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refused = WrongMethod("api.method-not-allowed", method=request.method[:20], allow=_allowed(request, error))
        return problem(_id(request), refused)
    if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(_id(request), BadRequest("api.bad-request"))
    return unexpected(_id(request), error)


def _allowed(request: Request, error: HTTPException) -> str:
    """Methods that the routes of a path know."""
    path, known = request.scope["path"], request.app.state.routes
    methods = {method for route in known if route.path_regex.match(path) for method in route.methods}
    if not methods:
        methods = set((error.headers or {}).get("Allow", "GET").split(", "))
    return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))


async def _database(request: Request, error: Exception) -> Problem:
    assert isinstance(error, DBAPIError)
    if isinstance(error, DataError):
        logger.warning("value refused by the database", exc_info=error, extra={"request_id": _id(request)})
        return problem(_id(request), BadRequest("api.bad-request"))
    if getattr(error.orig, "sqlstate", None) in NOT_MIGRATED:
        logger.error("the database is not migrated", exc_info=error, extra={"request_id": _id(request)})
        return problem(_id(request), Unavailable("api.not-migrated"))
    return unexpected(_id(request), error)


async def _busy(request: Request, _: Exception) -> Problem:
    return problem(_id(request), Unavailable("api.busy"))
