"""Papers of a case: which there are, and each as a file."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Response
from fastapi import Path as InPath
from pydantic import Field

from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, PathId, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes_cases import CaseDocuments, DocumentLine
from geoservice.database.filters import today
from geoservice.names.cases.reading import case_of, situation
from geoservice.names.documents import telling
from geoservice.publish.documents.making import MEDIA, Form, make

router = APIRouter(prefix="/api/cases/{case_id}/documents", tags=["cases"], dependencies=[needs(Permission.READ)])

_CONTENT: dict[str, dict[str, str]] = {media.partition(";")[0]: {} for media in MEDIA.values()}
# The page brings its own style and its picture, and nothing else.
_OF_A_PAPER = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; sandbox"
)
DocumentId = Annotated[str, InPath(max_length=60, description="Id in the list", examples=["announcement"])]


class Wanted(Parameters):
    """Which form."""

    format: Form = Field("html", description="html prints on A4, docx is to be worked on")


@router.get("", dependencies=[Depends(no_query)])
def documents(service: Service, response: Response, case_id: PathId) -> CaseDocuments:
    """Every paper of a case, whether it can be drawn now, and else why not."""
    response.headers["Cache-Control"] = "no-store"
    with service.read() as connection:
        found = situation(connection, case_of(connection, case_id))
        return CaseDocuments(items=[DocumentLine.model_validate(one) for one in telling.papers(found)])


@router.get("/{document}", responses={200: {"content": _CONTENT}}, response_class=Response)
def document(service: Service, case_id: PathId, document: DocumentId, given: Annotated[Wanted, Query()]) -> Response:
    """One paper as a file; what is not known stays a blank in it."""
    with service.read() as connection:
        made = make(
            connection,
            service.catalog,
            given.format,
            case_id=case_id,
            document=document,
            day=today(),
            approval=service.approval,
        )
    made.release.check(public=service.actor.is_public)
    disposition = "inline" if given.format == "html" else "attachment"
    headers = {
        "Content-Disposition": f"{disposition}; filename=\"{made.ascii_name}\"; filename*=UTF-8''{quote(made.name)}",
        "Cache-Control": "no-store",
    }
    if given.format == "html":
        headers["Content-Security-Policy"] = _OF_A_PAPER
    return Response(made.content, media_type=made.media_type, headers=headers)
