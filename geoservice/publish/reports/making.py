"""A report in one of its forms, as bytes with a name and a media type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from geoservice.access.release import Release
from geoservice.catalog import Catalog
from geoservice.coverage.indicators.query import indicators_on
from geoservice.publish.reports.content import read_content

Form = Literal["page", "map", "xlsx"]
MEDIA: Mapping[str, str] = {
    "page": "text/html; charset=utf-8",
    "map": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ENDINGS: Mapping[str, str] = {"page": ".html", "map": ".map.html", "xlsx": ".xlsx"}


@dataclass(frozen=True)
class Made:
    """The report; `name` is a file name in ASCII."""

    content: bytes
    name: str
    media_type: str
    run_id: int
    release: Release


def make(
    connection: Connection,
    catalog: Catalog,
    form: str,
    *,
    run_id: int | None,
    service: str | None,
    type_: str | None,
    public_only: bool,
    approval: str | None = None,
) -> Made:
    """A report of a run.

    Parameters
    ----------
    form
        ``page`` (prints on A4), ``map`` (one file, opens offline) or ``xlsx``.
    run_id
        None for the newest.
    service, type_
        The case to tell in full; the headline by default.
    approval
        Map approval number of the installation.

    Raises
    ------
    NotFound, BadRequest
        As `read_content`.
    """
    content = read_content(
        connection, catalog, run_id, service=service, type_=type_, public_only=public_only, approval=approval
    )
    if form == "map":
        from geoservice.publish.reports.portable import portable_map

        body = portable_map(content).encode()
    else:
        indicators = indicators_on(connection, catalog, (), public_only=public_only)
        if form == "xlsx":
            from geoservice.publish.reports.workbook import workbook

            body = workbook(content, indicators)
        else:
            from geoservice.publish.reports.printable import printable

            body = printable(content, catalog, indicators).encode()
    case = content.chosen
    name = f"coverage-{content.run_id}-{case.service.id}-{case.type.code}{ENDINGS[form]}"
    return Made(body, name, MEDIA[form], content.run_id, content.release)
