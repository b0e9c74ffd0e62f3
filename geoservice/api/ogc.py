"""What requests for the OGC API have in common: format, language, parameters, answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import Response

from geoservice.api.conditional import Condition, condition
from geoservice.api.identity import Identity, identify
from geoservice.errors import BadRequest
from geoservice.language import current_language
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.registry import FORMATS
from geoservice.publish.ogc.links import GEOJSON, Place
from geoservice.publish.revisions import etag

ROOT = "/ogc"
# These parameters every resource knows.
COMMON = ("f", "lang")
_HTML = re.compile(r"\s*(text/html|application/xhtml\+xml)\s*(?:;|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Asking:
    """A request: where it came in, what it asks for, who asks and what they hold already.

    Attributes
    ----------
    file
        The format, where it is neither JSON nor HTML.
    """

    place: Place
    given: Mapping[str, str]
    wants_html: bool
    condition: Condition
    who: Identity
    file: Format | None = None

    @property
    def format(self) -> str:
        """``json`` or ``html``."""
        return "html" if self.wants_html else "json"

    def known(self, names: Iterable[str] = ()) -> None:
        """Refuses parameters that the resource does not know.

        Raises
        ------
        BadRequest
            ``api.unknown-parameter`` with the name of the first.
        """
        allowed = sorted({*COMMON, *names})
        unknown = sorted(set(self.given) - set(allowed))
        if unknown:
            raise BadRequest("api.unknown-parameter", name=unknown[0][:60], allowed=", ".join(allowed))

    def answer(
        self, document: Any, page: Callable[[], Response], *, media_type: str = "application/json", state: object = None
    ) -> Response:
        """A document as JSON or as a page; 304 where the client holds it.

        Parameters
        ----------
        state
            What the document was made from; the document itself by default.
        """
        if self.wants_html:
            return self.paged(page())
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        tag = etag("ogc", state or text)
        return varied(self.condition.answer(tag, lambda: Response(text.encode(), media_type=media_type)))

    @staticmethod
    def paged(page: Response) -> Response:
        """A page, which depends on format, language and who asks."""
        page.headers["Vary"] = "Accept, Accept-Language, Cookie"
        return page


def varied(response: Response) -> Response:
    """An answer that depends on format and language, and that pages of other sites may read where anybody may."""
    response.headers["Vary"] = "Accept, Accept-Language"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Content-Crs, ETag, Link"
    response.headers.setdefault("Content-Language", current_language.get())
    return response


async def asking(request: Request) -> Asking:
    """The request, with its format from ``f``, else from Accept.

    Raises
    ------
    BadRequest
        ``ogc.unknown-format``
    """
    return await _asking(request, {})


async def asking_file(request: Request) -> Asking:
    """The same where features are given out as files too."""
    return await _asking(request, FORMATS)


async def _asking(request: Request, files: Mapping[str, Format]) -> Asking:
    given = dict(request.query_params)
    wanted, accept = given.get("f"), request.headers.get("accept", "")
    if wanted is not None and wanted not in ("json", "html", *files):
        raise BadRequest("ogc.unknown-format", value=wanted[:60], allowed=", ".join(("json", "html", *files)))
    file = files.get(wanted) if wanted is not None else preferred_file(accept, files)
    html = wanted == "html" or (wanted is None and file is None and prefers_html(accept))
    if html or file is not None:
        # Fields of a form that were left empty.
        given = {name: value for name, value in given.items() if value}
    base = f"{request.url.scheme}://{request.url.netloc}{ROOT}"
    query = tuple((name, value) for name, value in given.items() if name != "f")
    place = Place(base, request.url.path.removeprefix(ROOT).rstrip("/"), query)
    return Asking(place, given, html, await condition(request), await identify(request), file)


Ask = Annotated[Asking, Depends(asking)]
AskFile = Annotated[Asking, Depends(asking_file)]


def preferred_file(accept: str, files: Mapping[str, Format]) -> Format | None:
    """The format that a header Accept names first, where that is neither JSON nor HTML.

    Examples
    --------
    >>> preferred_file("text/csv, */*;q=0.1", FORMATS).id
    'csv'
    >>> preferred_file("text/html, text/csv;q=0.5", FORMATS) is None, preferred_file("*/*", FORMATS) is None
    (True, True)
    """
    known = {one.media_type.partition(";")[0]: one for one in files.values() if one.media_type != GEOJSON}
    best, weight = None, 0.0
    for part in accept[:1000].split(","):
        name, _, rest = part.partition(";")
        found = re.search(r"(?:^|;)\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)", rest)
        given = float(found[1]) if found else 1.0
        if given > weight:
            best, weight = known.get(name.strip().lower()), given
    return best


def prefers_html(accept: str) -> bool:
    """Whether a header Accept names HTML before, or with more weight than, anything of JSON.

    Examples
    --------
    >>> prefers_html("text/html,application/xhtml+xml,*/*;q=0.8"), prefers_html("application/geo+json, text/html")
    (True, False)
    >>> prefers_html("*/*"), prefers_html("text/html;q=0.2, application/json"), prefers_html("")
    (False, False, False)
    """
    weights = {"html": 0.0, "json": 0.0}
    for part in accept[:1000].split(","):
        kind = "html" if _HTML.match(part) else "json"
        found = re.search(r";\s*q\s*=\s*([01](?:\.[0-9]{0,3})?)", part)
        weight = float(found[1]) if found else 1.0
        if part.strip().startswith("*/*"):
            weight = min(weight, 0.001)
        # The earlier of two equal ones wins.
        if weight > max(weights.values()):
            weights[kind] = weight
    return weights["html"] > weights["json"]
