"""What is done for every request: an id, the language, headers of protection, one line of log, no lost error."""

from __future__ import annotations

import logging
import re
import time
import uuid
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geoservice.api.identity import NOBODY
from geoservice.api.metrics import Metrics
from geoservice.api.problems import unexpected
from geoservice.language import LANGUAGES, current_language

access_log = logging.getLogger("geoservice.access")

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; worker-src 'self' blob:; child-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PREFERENCE = re.compile(r"\s*([A-Za-z*-]{1,20})\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?\s*")


class RequestMiddleware:
    """The outermost layer. HEAD is answered as GET without its body."""

    def __init__(self, app: ASGIApp, *, language: str, metrics: Metrics) -> None:
        self.app = app
        self.language = language
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        method = scope["method"]
        scope["geoservice.request_id"] = request_id
        scope["geoservice.head"] = method == "HEAD"
        scope["method"] = "GET" if method == "HEAD" else method
        current_language.set(request_language(headers, scope["query_string"], default=self.language))
        answer = _Answer(scope, send, request_id, with_body=method != "HEAD")
        self.metrics.began()
        began = time.perf_counter()
        try:
            await self.app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - the last line of defence
            response = unexpected(request_id, error)
            if not answer.status:
                await response(scope, receive, answer)
        finally:
            took = time.perf_counter() - began
            self.metrics.ended(scope, method, answer.status, took)
            _log(scope, method, answer.status, took)


class _Answer:
    """Sends what the app sends, with our headers."""

    def __init__(self, scope: Scope, send: Send, request_id: str, *, with_body: bool) -> None:
        self.scope = scope
        self.send = send
        self.request_id = request_id
        self.with_body = with_body
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if self.scope.get("geoservice.identity", NOBODY) is not NOBODY:
                # What somebody sees who is known is nobody else's to keep.
                headers["Cache-Control"] = "private, " + headers.get("Cache-Control", "no-cache")
                headers.add_vary_header("Cookie, Authorization")
        elif message["type"] == "http.response.body" and not self.with_body:
            message = {**message, "body": b""}
        await self.send(message)


def request_language(headers: Headers, query: bytes, *, default: str) -> str:
    """The language of an answer: ``?lang=``, else the cookie ``lang``, else what the browser prefers.

    Examples
    --------
    >>> request_language(Headers({"accept-language": "fr, en;q=0.5, zh;q=0.4"}), b"", default="zh")
    'en'
    >>> request_language(Headers({}), b"lang=en", default="zh")
    'en'
    """
    for wanted in (QueryParams(query).get("lang"), _cookie(headers), *_preferred(headers.get("accept-language", ""))):
        language = (wanted or "")[:2].lower()
        if language in LANGUAGES:
            return language
    return default


def _cookie(headers: Headers) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get("lang")
    except CookieError:
        return None
    return found.value if found else None


def _preferred(header: str) -> list[str]:
    weighed = []
    for part in header[:500].split(","):
        match = _PREFERENCE.fullmatch(part)
        if match and float(match[2] or 1) > 0:
            weighed.append((-float(match[2] or 1), match[1]))
    return [name for _, name in sorted(weighed, key=lambda pair: pair[0])]


def _log(scope: Scope, method: str, status: int, seconds: float) -> None:
    route = scope.get("route")
    access_log.info(
        "request",
        extra={
            "request_id": scope["geoservice.request_id"],
            "actor": scope.get("geoservice.identity", NOBODY).actor.name,
            "method": method,
            "route": getattr(route, "path", None),
            "path": scope["path"],
            "status": status,
            "duration_ms": round(seconds * 1000, 1),
        },
    )
