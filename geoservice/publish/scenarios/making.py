"""A scenario's report in one of its forms, as bytes with a name and a media type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from geoservice.access.release import Release
from geoservice.publish.scenarios.content import Content

Form = Literal["page", "map", "xlsx", "gpkg"]
FORMS: tuple[Form, ...] = get_args(Form)
MEDIA: Mapping[str, str] = {
    "page": "text/html; charset=utf-8",
    "map": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "gpkg": "application/geopackage+sqlite3",
}
ENDINGS: Mapping[str, str] = {"page": ".html", "map": ".map.html", "xlsx": ".xlsx", "gpkg": ".gpkg"}


@dataclass(frozen=True)
class Made:
    """The report; `name` is a file name in ASCII."""

    content: bytes
    name: str
    media_type: str
    release: Release


def make(content: Content, form: Form) -> Made:
    """A report in a form: ``page`` prints on A4, ``map`` is one file that opens offline, ``xlsx``, ``gpkg``."""
    name = "scenario-" + "-".join(str(plan.row.id) for plan in content.plans)
    return Made(_body(content, form), f"{name}{ENDINGS[form]}", MEDIA[form], content.release)


def form_of(file_name: str) -> Form | None:
    """The form that a file's name asks for; None for none.

    Examples
    --------
    >>> form_of("方案.map.html"), form_of("a.html"), form_of("a.XLSX"), form_of("a.pdf")
    ('map', 'page', 'xlsx', None)
    """
    given = file_name.lower()
    for form in ("map", "page", "xlsx", "gpkg"):
        if given.endswith(ENDINGS[form]):
            return form
    return None


def _body(content: Content, form: Form) -> bytes:
    # Each form brings a large library of its own.
    if form == "map":
        from geoservice.publish.scenarios.portable import portable_map

        return portable_map(content).encode()
    if form == "xlsx":
        from geoservice.publish.scenarios.workbook import workbook

        return workbook(content)
    if form == "gpkg":
        from geoservice.publish.scenarios.geopackage import geopackage

        return geopackage(content)
    from geoservice.publish.scenarios.printable import printable

    return printable(content).encode()
