"""The application: assembled here, from what it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope
from starlette_compress import CompressMiddleware, add_compress_type
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from geoservice import __version__
from geoservice.access.sealing import sealing
from geoservice.api import problems
from geoservice.api.bodies import BodyMiddleware
from geoservice.api.conditional import REVALIDATE
from geoservice.api.logs import configure_logs
from geoservice.api.metrics import Metrics
from geoservice.api.middleware import RequestMiddleware
from geoservice.api.parameters import plain_query
from geoservice.api.permits import declare
from geoservice.api.preparing import preparing
from geoservice.api.problems import ProblemBody
from geoservice.api.receiving import body_limits
from geoservice.api.routers import (
    account_pages,
    accounts,
    batches,
    case_documents,
    case_pages,
    case_parts,
    cases,
    communities,
    desk_pages,
    doubles,
    evidence,
    facilities,
    geometry,
    health,
    history,
    import_page,
    indicators,
    inventory,
    jobs,
    metrics,
    names,
    ogc_changes,
    ogc_downloads,
    ogc_items,
    ogc_jobs,
    ogc_processes,
    ogc_root,
    ogc_tiles,
    overview,
    page,
    places,
    plans,
    provider,
    quality,
    records,
    reports,
    romanisation,
    runs,
    scenarios,
    session,
    siting,
    siting_files,
    siting_page,
    siting_rules,
    spellings,
    tiles,
    uncertainty,
    units,
    uploads,
)
from geoservice.api.services import Services
from geoservice.catalog import Catalog, load_catalog
from geoservice.database.engine import Database
from geoservice.names.documents.declared import document_rules
from geoservice.names.rules.declared import packs_on
from geoservice.publish.tiles import check_tiles
from geoservice.resources import resource
from geoservice.settings import Settings

# A request is held against one route after another: what is asked for most stands first.
ROUTERS = (
    tiles,
    ogc_items,
    ogc_tiles,
    places,
    health,
    metrics,
    page,
    overview,
    units,
    romanisation,
    names,
    plans,
    facilities,
    geometry,
    communities,
    runs,
    evidence,
    indicators,
    inventory,
    spellings,
    doubles,
    jobs,
    reports,
    uncertainty,
    scenarios,
    siting_files,
    siting_rules,  # its paths look like ids of answers
    siting,
    session,
    accounts,
    account_pages,
    provider,
    history,
    records,
    uploads,
    batches,
    quality,
    cases,
    case_documents,
    case_parts,
    case_pages,
    desk_pages,
    import_page,
    siting_page,
    ogc_root,
    ogc_downloads,
    ogc_changes,
    ogc_processes,
    ogc_jobs,
)
SMALLEST_COMPRESSED = 1024
ZSTD, BROTLI, GZIP = 3, 4, 5
for _media in (
    "text/csv",
    "application/geo+json-seq",
    "application/problem+json",
    "application/schema+json",
    "application/vnd.oai.openapi+json",
    "application/vnd.ogc.fg+json",
    "application/vnd.google-earth.kml+xml",
):
    add_compress_type(_media)


def create_app(
    settings: Settings, *, catalog: Catalog | None = None, database: Database | None = None, ahead: bool = False
) -> FastAPI:
    """The service. The database need not be up: until it is, answers are problems and ``/readyz`` gives the reason.

    Parameters
    ----------
    catalog
        The declarations; the program's own by default.
    database
        One that the caller disposes of; by default the one of the settings, disposed of at shutdown.
    ahead
        Whether what the first requests would wait for is worked out at the start.

    Raises
    ------
    BadDeclaration
        If a declaration is wrong.
    BadSetting
        If a pack of rules is switched on that there is not.
    """
    services = Services.of(settings, catalog or load_catalog(), database or Database(settings))
    check_tiles(services.catalog)
    packs_on()
    document_rules()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        configure_logs()
        with (
            sealing(services.database, settings.audit_file, settings.audit.audit_seal_s),
            preparing(services.database, services.catalog) if ahead else nullcontext(),
        ):
            yield
        if database is None:
            services.database.dispose()

    described: dict[int | str, dict[str, Any]] = {
        "4XX": {"model": ProblemBody, "description": "What was asked for is wrong or absent"},
        "503": {"model": ProblemBody, "description": "The database is down or took too long"},
    }
    app = FastAPI(
        title="geoservice",
        version=__version__,
        summary="Place names, boundaries and service circles of a county",
        # The usual documentation pages load their scripts from elsewhere; the document itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        dependencies=[Depends(plain_query)],
        responses=described,
        redirect_slashes=False,
    )
    app.state.services = services
    app.state.metrics = Metrics(services.database)
    for module in ROUTERS:
        app.include_router(module.router)
    declare(routes())
    app.mount("/static", _Static(directory=resource("web", "static")), name="static")
    problems.install(app, routes())
    # The last one added is the first one asked.
    app.add_middleware(
        CompressMiddleware, minimum_size=SMALLEST_COMPRESSED, zstd_level=ZSTD, brotli_quality=BROTLI, gzip_level=GZIP
    )
    app.add_middleware(
        BodyMiddleware,
        most_bytes=settings.server.body_max_kb * 1024,
        within_s=settings.server.body_timeout_s,
        larger=body_limits(settings.uploads),
    )
    app.add_middleware(RequestMiddleware, language=settings.state.language, metrics=app.state.metrics)
    if settings.server.proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.server.proxies)
    return app


def served() -> FastAPI:
    """The service by the settings of the environment: what each of several processes begins with."""
    return create_app(Settings(), ahead=True)


def routes() -> list[APIRoute]:
    """Every route of the service, pages among them."""
    return [route for module in ROUTERS for route in module.router.routes if isinstance(route, APIRoute)]


class _Static(StaticFiles):
    """Files of the page: kept by the browser, asked for again by their ETag."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.setdefault("Cache-Control", REVALIDATE)
        return response
