"""Features as files: sent piece by piece, ended wherever the client breaks off, nothing left behind."""

from __future__ import annotations

from collections.abc import Generator
from datetime import date
from email.utils import format_datetime
from urllib.parse import quote

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from geoservice.api.conditional import REVALIDATE
from geoservice.api.ogc import Asking, varied
from geoservice.api.ogc_pages import download_page
from geoservice.api.services import Services
from geoservice.database.filters import today
from geoservice.database.paging import encode
from geoservice.language import translate
from geoservice.publish.formats import downloads
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.running import ABOUT, ACCESS_LEVEL, LEVELS, Limits, Running, Wanted, begin
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.model import Collection
from geoservice.publish.ogc.queries import marked
from geoservice.publish.revisions import etag

# Beside those of every answer, to pages of other sites.
_EXPOSED = ", Content-Disposition, Geoservice-Classification, Geoservice-Schematic, Geoservice-Crs"


class Sent(Response):
    """An export as a response; an error before its first byte is answered as one."""

    def __init__(self, running: Running, headers: dict[str, str]) -> None:
        super().__init__(headers=headers, media_type=running.format.media_type)
        del self.headers["content-length"]
        self.running = running

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chunks = self.running.chunks()
        met: list[Exception] = []
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._listen, receive)
                try:
                    await self._send(chunks, send, only_headers=scope.get("geoservice.head", False))
                except Exception as error:  # noqa: BLE001 - told once the listener is gone; a group would wrap it
                    met.append(error)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await run_sync(chunks.close)
                await run_sync(self.running.close)
        if met and not self.running.stopped:
            raise met[0]

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.running.stop()

    async def _send(self, chunks: Generator[bytes, None, None], send: Send, *, only_headers: bool) -> None:
        first = b"" if only_headers else await run_sync(next, chunks, b"")
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        piece = first
        # Who reads too slowly is left: the answer then has no end, and no client takes it for whole.
        with anyio.move_on_after(self.running.left_s()) as scope:
            while piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                piece = await run_sync(next, chunks, b"")
        if not scope.cancelled_caught:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


def page(service: Services, ask: Asking, one: Collection, form: Format) -> Response:
    """One page of features as a file; the next page is named in the header Link."""
    wanted = Wanted(one, form, ask.given, today(), page=service.settings.server.max_results)
    limits = Limits(deadline_s=service.settings.database.statement_timeout_s)
    held = _held(service, ask, one, wanted.today)
    if held is not None:
        return varied(held)
    running = begin(
        service.database, service.settings, service.ogc, wanted,
        actor=service.actor, limits=limits, request_id=service.request_id,
    )  # fmt: skip
    links = [f'<{ask.place.here(f=form.id)}>; rel="self"']
    if running.last is not None:
        links.append(f'<{ask.place.here(f=form.id, after=encode([running.last]))}>; rel="next"')
    links.append(f'<{ask.place.to("collections", one.id)}>; rel="collection"')
    return _answer(ask, one, running, links)


def download(service: Services, ask: Asking, one: Collection, form: Format) -> Response:
    """All features of a collection that fit as a file."""
    exports = service.settings.server
    level = ask.given.get(ACCESS_LEVEL, LEVELS[-1])
    wanted = Wanted(one, form, ask.given, today(), level=level)
    held = _held(service, ask, one, wanted.today)
    if held is not None:
        return varied(held)
    release = service.exporting.enter()
    try:
        running = begin(
            service.database, service.settings, service.ogc, wanted, actor=service.actor,
            limits=Limits(exports.export_deadline_s, exports.export_max_rows), request_id=service.request_id,
        )  # fmt: skip
    except BaseException:
        release()
        raise
    running.finally_(release)
    links = [f'<{ask.place.to("collections", one.id)}>; rel="collection"']
    if form.beside:
        links.append(f'<{ask.place.here(**{"f": form.id, ABOUT: "true"})}>; rel="describedby"; type="application/json"')
    response = _answer(ask, one, running, links)
    name = f"{one.id}{form.endings[0]}"
    titled = quote(f"{one.layer.title.zh}{form.endings[0]}")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{name}\"; filename*=UTF-8''{titled}"
    return response


def about(service: Services, ask: Asking, one: Collection, form: Format) -> Response:
    """What a file says of itself, for formats that have no place for it, and for whoever wants to know before."""
    wanted = Wanted(one, form, ask.given, today(), level=ask.given.get(ACCESS_LEVEL, LEVELS[-1]))
    limits = Limits(deadline_s=service.settings.database.statement_timeout_s)
    running = begin(
        service.database, service.settings, service.ogc, wanted,
        actor=service.actor, limits=limits, request_id=service.request_id,
    )  # fmt: skip
    try:
        return varied(Response(running.beside(), media_type="application/json"))
    finally:
        running.close()


def choice(service: Services, ask: Asking, one: Collection, extent: Extent) -> Response:
    """What there is to choose from: as JSON, or as a page with a form."""
    document, exports = downloads.choice(ask.place, one, extent), service.settings.server
    bounds = translate(
        "export.bounds", None, most=f"{exports.export_max_rows:,}", minutes=f"{exports.export_deadline_s / 60:g}"
    )
    return ask.answer(document, lambda: download_page(ask, one, extent, document, bounds))


def _held(service: Services, ask: Asking, one: Collection, day: date) -> Response | None:
    """304 where the client holds it."""
    if not ask.condition.given:
        return None
    with service.read() as connection:
        tag = _tag(ask, marked(connection, one), day)
    return ask.condition.answer(tag, Response) if ask.condition.holds(tag) else None


def _answer(ask: Asking, one: Collection, running: Running, links: list[str]) -> Response:
    content = running.content
    tag = _tag(ask, marked(content.connection, one), today())
    response = Sent(
        running,
        {
            "ETag": tag,
            "Cache-Control": REVALIDATE,
            "Last-Modified": format_datetime(content.facts.changed_at, usegmt=True),
            "Link": ", ".join(links),
            "Geoservice-Classification": content.facts.classification,
            "Geoservice-Schematic": "true" if content.facts.schematic else "false",
            "Geoservice-Crs": content.system.name,
        },
    )
    if content.system.shift is None:
        response.headers["Content-Crs"] = content.system.crs.header
    varied(response)
    response.headers["Access-Control-Expose-Headers"] += _EXPOSED
    return response


def _tag(ask: Asking, mark: str, day: date) -> str:
    return etag("file", mark, day, ask.place.root, ask.place.path, sorted(ask.given.items()), ask.file and ask.file.id)
