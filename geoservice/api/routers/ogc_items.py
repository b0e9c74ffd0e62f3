"""OGC API: features of a collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import ogc_files
from geoservice.api.applying import may_edit
from geoservice.api.ogc import COMMON, ROOT, Ask, AskFile, Asking, varied
from geoservice.api.ogc_pages import item_page, items_page
from geoservice.api.permits import needs
from geoservice.api.routers.ogc_root import described, seen
from geoservice.api.services import Service, Services
from geoservice.api.versions import version_tag
from geoservice.database.filters import today
from geoservice.database.paging import LARGEST
from geoservice.editing.kept import is_kept, kept_layer
from geoservice.editing.reading import with_ids
from geoservice.errors import NotFound
from geoservice.language import current_language
from geoservice.publish.formats.parameters import FILE_FORMAT, FILE_NAMES, ITEM_CRS
from geoservice.publish.formats.running import COLUMN_NAMES
from geoservice.publish.ogc import documents
from geoservice.publish.ogc.crs import OgcCrs, offered
from geoservice.publish.ogc.links import GEOJSON
from geoservice.publish.ogc.model import Collection, find
from geoservice.publish.ogc.parameters import common
from geoservice.publish.ogc.queries import feature, marked
from geoservice.publish.ogc.reading import PAGING, asked, parameter_names, system
from geoservice.publish.revisions import etag

router = APIRouter(prefix=f"{ROOT}/collections", tags=["OGC API"], dependencies=[needs(Permission.PUBLIC)])
_COMMON = common(10_000)
_FILES = {one["name"]: one for one in (FILE_FORMAT, ITEM_CRS, FILE_NAMES)}
_ONE = [_COMMON[name] for name in ("f", "lang", "crs")]
_MANY = [_FILES.get(name, one) for name, one in {**_COMMON, **_FILES}.items()]


@router.get("/{collection_id}/items", response_class=Response, openapi_extra={"parameters": _MANY})
def items(service: Service, ask: AskFile, collection_id: str) -> Response:
    """Features of a collection, by id, page by page: each page names the next."""
    one = find(service.ogc.collections, collection_id)
    if ask.file is not None and ask.file.media_type != GEOJSON:
        ask.known((*parameter_names(one), COLUMN_NAMES))
        return ogc_files.page(service, ask, one, ask.file)
    ask.known(parameter_names(one))
    day = today()
    with service.look() as connection:

        def systems() -> Sequence[OgcCrs]:
            return offered(seen(service, connection, one)[1].bounds)

        wanted = asked(ask.given, one, today=day, most=service.settings.server.max_results, systems=systems)
        place = _place(ask, day)
        if not ask.wants_html and (ask.condition.given or service.pages.holds(place)):
            tag = _tag(place, marked(connection, one))
            kept = service.pages.get(place, tag)
            if kept is not None or ask.condition.holds(tag):
                return _page(ask, tag, kept or b"", wanted.crs)
        found, matched = service.ogc.page(connection, one, wanted, _selection(ask.given))
        if not found.returned:
            seen(service, connection, one)
    if ask.wants_html:
        return ask.paged(items_page(ask, one, found, matched, wanted.crs))
    page = documents.feature_list(ask.place, one, found, matched=matched, described=described(service))
    tag = _tag(place, found.mark)
    service.pages.put(place, tag, page)
    return _page(ask, tag, page, wanted.crs)


@router.get("/{collection_id}/items/{feature_id}", response_class=Response, openapi_extra={"parameters": _ONE})
def item(service: Service, ask: Ask, collection_id: str, feature_id: str) -> Response:
    """One feature."""
    one = find(service.ogc.collections, collection_id)
    ask.known(("crs",))
    number = numbered(one, feature_id)
    with service.look() as connection:
        crs = system("crs", ask.given, lambda: offered(seen(service, connection, one)[1].bounds))
        if ask.wants_html:
            text, _ = found_feature(connection, one, number, crs)
            return ask.paged(item_page(ask, one, text, crs))
        return feature_answer(service, ask, connection, one, number, crs)


def feature_answer(
    service: Services, ask: Asking, connection: Connection, one: Collection, number: int, crs: OgcCrs
) -> Response:
    """A feature as GeoJSON; for whoever may change it with the tag of its version, which a change starts from."""
    # Read first: the tag is never newer than the feature.
    version = _version(service, connection, one, number)
    text, mark = found_feature(connection, one, number, crs)
    tag = _tag(_place(ask, today()), mark)
    if version is not None:
        tag = version_tag(version, tag.strip('W/"'))
    body = documents.feature(ask.place, one, text, described(service))
    return _given(ask, tag, lambda: body, crs)


def found_feature(connection: Connection, one: Collection, number: int, crs: OgcCrs) -> tuple[str, str]:
    """A feature as GeoJSON text and the state that it was read from.

    Raises
    ------
    NotFound
        ``ogc.no-feature``
    """
    found = feature(connection, one, number, today=today(), crs=crs)
    if found is None:
        raise _missing(one, str(number))
    return found


def numbered(one: Collection, feature_id: str) -> int:
    """The id of a feature as a number.

    Raises
    ------
    NotFound
        ``ogc.no-feature`` for a text that can be none.
    """
    number = int(feature_id) if re.fullmatch(r"[0-9]{1,19}", feature_id, re.ASCII) else 0
    if not 0 < number <= LARGEST:
        raise _missing(one, feature_id)
    return number


def _missing(one: Collection, feature_id: str) -> NotFound:
    return NotFound("ogc.no-feature", id=feature_id[:60], collection=one.id)


def _version(service: Services, connection: Connection, one: Collection, number: int) -> int | None:
    if not is_kept(one.id) or not may_edit(service, kept := kept_layer(service.catalog, one.id)):
        return None
    found = with_ids(connection, kept, [number])
    return found[number].version if number in found else None


def _place(ask: Asking, day: date) -> str:
    """Everything that decides about an answer but the state of the records."""
    return etag("ogc", day, ask.place.root, ask.place.path, sorted(ask.given.items()), current_language.get())


def _tag(place: str, mark: str) -> str:
    return etag("ogc", place, mark)


def _selection(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What decides which features fit."""
    return tuple(sorted(pair for pair in given.items() if pair[0] not in (*PAGING, *COMMON)))


def _page(ask: Asking, tag: str, page: bytes, crs: OgcCrs) -> Response:
    return _given(ask, tag, lambda: documents.stamped(page, datetime.now(UTC)), crs)


def _given(ask: Asking, tag: str, body: Callable[[], bytes], crs: OgcCrs) -> Response:
    """GeoJSON in a system; 304 where the client holds it."""
    response = ask.condition.answer(tag, lambda: Response(body(), media_type=GEOJSON))
    response.headers["Content-Crs"] = crs.header
    return varied(response)
