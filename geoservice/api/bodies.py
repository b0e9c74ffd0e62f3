"""What a request may bring: a body of a bounded size, in a bounded time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geoservice.api.problems import problem
from geoservice.errors import GeoserviceError, TooLarge, TooSlow

Larger = Callable[[Scope], tuple[int, float] | None]
_GONE: Message = {"type": "http.disconnect"}


class BodyMiddleware:
    """Refuses a body that is too large or too slow before anybody keeps all of it.

    Parameters
    ----------
    larger
        Bytes and seconds for a request that may bring more; None for all others.
    """

    def __init__(self, app: ASGIApp, *, most_bytes: int, within_s: float, larger: Larger = lambda _: None) -> None:
        self.app = app
        self.most_bytes = most_bytes
        self.within_s = within_s
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most_bytes, within_s = self.larger(scope) or (self.most_bytes, self.within_s)
        body = _Body(receive, most_bytes, within_s)
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > most_bytes:
            body.refuse_size()
        answer = _Answer(scope, body, send)
        if body.refusal is None:
            try:
                await self.app(scope, body.receive, answer.send)
            except Exception:
                # To the application a refused body is a client that has gone.
                if body.refusal is None:
                    raise
        await answer.refuse()


class _Body:
    """A body on its way in; refused, it looks to the application as if the client had gone."""

    def __init__(self, receive: Receive, most_bytes: int, within_s: float) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._within_s = within_s
        self._ends: float | None = None
        self._bytes = 0
        self._whole = False
        self.refusal: GeoserviceError | None = None

    async def receive(self) -> Message:
        if self.refusal is not None:
            return _GONE
        if self._whole:
            # Only the end of the connection is still to come, and that may take its time.
            return await self._receive()
        clock = asyncio.get_running_loop().time
        self._ends = self._ends or clock() + self._within_s
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            self.refusal = TooSlow("api.body-too-slow", seconds=f"{self._within_s:g}")
            return _GONE
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > self._most_bytes:
            self.refuse_size()
            return _GONE
        return message

    def refuse_size(self) -> None:
        self.refusal = TooLarge("api.body-too-large", most_kb=self._most_bytes // 1024)


class _Answer:
    """Sends what the application says, unless the body was refused before it said anything."""

    def __init__(self, scope: Scope, body: _Body, send: Send) -> None:
        self._scope = scope
        self._body = body
        self._send = send
        self._begun = False

    async def send(self, message: Message) -> None:
        if self._begun or self._body.refusal is None:
            self._begun = True
            await self._send(message)

    async def refuse(self) -> None:
        if self._body.refusal is None or self._begun:
            return
        # What is left of the body is not read: the connection ends with the answer.
        response = problem(
            self._scope.get("geoservice.request_id"), self._body.refusal, headers={"Connection": "close"}
        )
        await response(self._scope, self._body.receive, self._send)
