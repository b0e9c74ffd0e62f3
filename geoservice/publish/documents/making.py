"""A paper of a case in one of its forms, as bytes with a name and a media type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from sqlalchemy import Connection

from geoservice.access.release import PUBLIC, Release
from geoservice.catalog import Catalog
from geoservice.names.cases.reading import case_of, situation
from geoservice.names.documents.composing import compose
from geoservice.names.documents.declared import declared
from geoservice.names.documents.model import Document

Form = Literal["html", "docx"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA: Mapping[str, str] = {
    "html": "text/html; charset=utf-8",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True)
class Made:
    """The file; `name` is in Chinese, `ascii_name` for those who cannot read that."""

    content: bytes
    name: str
    ascii_name: str
    media_type: str
    release: Release
    document: Document


def make(
    connection: Connection,
    catalog: Catalog,
    form: Form,
    *,
    case_id: int,
    document: str,
    day: date,
    approval: str | None = None,
) -> Made:
    """A paper of a case.

    Parameters
    ----------
    document
        Its id in layers/documents.
    day
        Units and names in force on it are shown.
    approval
        Map approval number (审图号) of the installation.

    Raises
    ------
    NotFound
        ``cases.no-case``, ``documents.no-document``
    Conflict
        ``documents.too-early`` and others where it cannot be drawn now.
    """
    # Matplotlib is heavy and wanted here only.
    from geoservice.publish.documents.locating import locate
    from geoservice.publish.documents.marks import marks_of

    rules = declared(document)
    composed = compose(connection, catalog, situation(connection, case_of(connection, case_id)), rules, day)
    # What goes to the public shows published records only, whoever draws it.
    public_only = composed.classification == PUBLIC
    charts = [
        locate(connection, one, day, schematic=composed.schematic, public_only=public_only) for one in composed.maps
    ]
    marks = marks_of(composed, charts, approval)
    if form == "docx":
        from geoservice.publish.documents.word import word

        content = word(composed, charts, marks)
    else:
        from geoservice.publish.documents.page import page

        content = page(composed, charts, marks).encode()
    return Made(
        content=content,
        name=f"{composed.file_stem}.{form}",
        ascii_name=f"case-{case_id}-{document}.{form}",
        media_type=MEDIA[form],
        release=marks.release,
        document=composed,
    )
