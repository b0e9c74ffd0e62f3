"""OGC API: whole collections as files."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from geoservice.access.roles import Permission
from geoservice.api import ogc_files
from geoservice.api.ogc import ROOT, AskFile
from geoservice.api.permits import needs
from geoservice.api.routers.ogc_root import seen
from geoservice.api.services import Service
from geoservice.errors import BadRequest
from geoservice.publish.formats.parameters import DOWNLOAD
from geoservice.publish.formats.running import ABOUT, parameter_names
from geoservice.publish.ogc.model import find

router = APIRouter(prefix=f"{ROOT}/collections", tags=["OGC API"], dependencies=[needs(Permission.PUBLIC)])


@router.get("/{collection_id}/download", response_class=Response, openapi_extra={"parameters": DOWNLOAD})
def download(service: Service, ask: AskFile, collection_id: str) -> Response:
    """All features of a collection, or those that fit, as one file; without a format, what there is to choose from."""
    one = find(service.ogc.collections, collection_id)
    ask.known(parameter_names(one))
    if ask.file is not None:
        about = ask.given.get(ABOUT, "false")
        if about not in ("true", "false"):
            raise BadRequest("api.bad-parameter", name=ABOUT, value=about[:60], expected="true, false")
        if about == "true":
            return ogc_files.about(service, ask, one, ask.file)
        return ogc_files.download(service, ask, one, ask.file)
    with service.read() as connection:
        _, extent = seen(service, connection, one)
    return ogc_files.choice(service, ask, one, extent)
