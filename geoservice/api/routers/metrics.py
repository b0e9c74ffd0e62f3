"""What the server has counted, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from geoservice.access.roles import Permission
from geoservice.api.metrics import may_read
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.errors import Forbidden

router = APIRouter(tags=["health"], dependencies=[Depends(no_query), needs(Permission.PUBLIC)])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Text format of Prometheus"}},
)
def metrics(service: Service, request: Request) -> Response:
    """Requests by route, connections and jobs; only for the addresses of GEOSERVICE_METRICS_FROM."""
    client = request.client.host if request.client else None
    if not may_read(client, service.settings.server.metrics_from or ""):
        raise Forbidden("api.metrics-elsewhere")
    body = request.app.state.metrics.text()
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
