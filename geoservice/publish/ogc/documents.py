"""The documents that describe the service: landing page, conformance, collections, schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geoservice.database.paging import encode
from geoservice.language import translate
from geoservice.publish.formats.downloads import enclosures
from geoservice.publish.ogc.crs import CRS84_URI, STORAGE_URI, offered
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.links import FORMATS, GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Link, Place, itself, link
from geoservice.publish.ogc.model import Collection, said
from geoservice.publish.ogc.processes.documents import CLASSES as PROCESS_CLASSES
from geoservice.publish.ogc.processes.documents import JOBS, PROCESSES
from geoservice.publish.ogc.queries import Features
from geoservice.publish.ogc.tiling import TILING_SCHEMES, VECTOR_TILESETS

_FEATURES_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/"
_FEATURES_2 = "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/"
_FEATURES_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/"
_FEATURES_4 = "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/"
_FEATURES_5 = "http://www.opengis.net/spec/ogcapi-features-5/1.0/conf/"
_TILES_1 = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_COMMON_3 = "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/"
# Of standards that are not passed yet, and the names that drafts of Common part 3 had.
DRAFTS = (
    *(f"{_FEATURES_4}{name}" for name in ("create-replace-delete", "update", "optimistic-locking-etags", "features")),
    *(f"{_FEATURES_5}{name}" for name in ("schemas", "core-roles-features", "returnables-and-receivables")),
)
CONFORMANCE = (
    *(f"{_FEATURES_1}{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_FEATURES_2}crs",
    *(f"{_FEATURES_3}{name}" for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")),
    *(f"{_COMMON_3}{name}" for name in ("schemas", "advanced-property-roles", "returnables-and-receivables")),
    *(f"{_TILES_1}{name}" for name in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt")),
    *(f"{_CQL2}{name}" for name in (
        "cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators", "case-insensitive-comparison",
        "accent-insensitive-comparison", "basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions",
        "temporal-functions",
    )),
    *PROCESS_CLASSES,
    *DRAFTS,
)  # fmt: skip
GREGORIAN = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"
ITEM_FORMATS = {"json": GEOJSON, "html": HTML}

Document = dict[str, Any]


@dataclass(frozen=True)
class Described:
    """What documents say beside the declarations.

    Attributes
    ----------
    attributions
        Whom the licences of the imported files ask to name.
    approval
        Map approval number of the installation.
    """

    language: str
    attributions: Sequence[str] = ()
    approval: str | None = None


def landing(place: Place, given: str, *, schematic: bool) -> Document:
    """The landing page."""
    return {
        "title": translate("app.name"),
        "description": _notice(translate("ogc.about"), schematic=schematic),
        "links": [
            *itself(place, given, FORMATS),
            link(place.to("api"), "service-desc", OPENAPI, translate("ogc.api")),
            link(place.to("api") + "?f=html", "service-doc", HTML, translate("ogc.api")),
            link(place.to("conformance"), "conformance", JSON, translate("ogc.conformance")),
            link(place.to("collections"), "data", JSON, translate("ogc.collections")),
            link(place.to("processes"), PROCESSES, JSON, translate("ogc.processes")),
            link(place.to("jobs"), JOBS, JSON, translate("ogc.jobs")),
            link(place.to("tileMatrixSets"), TILING_SCHEMES, JSON, translate("ogc.tiling")),
        ],
    }


def conformance(place: Place, given: str) -> Document:
    """What the service conforms to."""
    return {"conformsTo": list(CONFORMANCE), "drafts": list(DRAFTS), "links": itself(place, given, FORMATS)}


def collection_list(
    place: Place, given: str, found: Mapping[str, tuple[Collection, Extent]], described: Described
) -> Document:
    """All collections that whoever asks may see anything of."""
    return {
        "links": itself(place, given, FORMATS),
        "collections": [
            {**_collection(place, one, extent, described), "links": _links(place, one, described)}
            for one, extent in found.values()
        ],
    }


def collection(place: Place, given: str, one: Collection, extent: Extent, described: Described) -> Document:
    """One collection."""
    links = [*itself(place, given, FORMATS), *_links(place, one, described)[2:]]
    return {**_collection(place, one, extent, described), "links": links}


def _collection(place: Place, one: Collection, extent: Extent, described: Described) -> Document:
    del place
    reach: Document = {}
    if extent.bounds is not None:
        reach["spatial"] = {"bbox": [list(extent.bounds)], "crs": CRS84_URI}
    if extent.first is not None and extent.last is not None:
        interval = [f"{day.isoformat()}T00:00:00Z" for day in (extent.first, extent.last)]
        reach["temporal"] = {"interval": [interval], "trs": GREGORIAN}
    title = said(one.layer.title, described.language)
    text = translate("ogc.collection.about", None, title=title)
    found: Document = {
        "id": one.id,
        "title": title,
        "description": _notice(text, schematic=extent.schematic),
        "itemType": "feature",
        "extent": reach,
        "crs": [crs.uri for crs in offered(extent.bounds)],
        "storageCrs": STORAGE_URI,
    }
    if described.attributions:
        found["attribution"] = "；".join(described.attributions)
    if described.approval:
        found["mapApproval"] = described.approval
    found["schematic"] = extent.schematic
    return found


def _links(place: Place, one: Collection, described: Described) -> list[Link]:
    here = place.to("collections", one.id)
    title = said(one.layer.title, described.language)
    tiles = [link(f"{here}/tiles", VECTOR_TILESETS, JSON, translate("ogc.tiles"))] if one.layer.tiles else []
    return [
        link(here, "self", JSON, title),
        link(f"{here}?f=html", "alternate", HTML, title),
        link(f"{here}/items", "items", GEOJSON, title),
        link(f"{here}/items?f=html", "items", HTML, title),
        link(f"{here}/queryables", "http://www.opengis.net/def/rel/ogc/1.0/queryables", SCHEMA),
        link(f"{here}/schema", "http://www.opengis.net/def/rel/ogc/1.0/schema", SCHEMA),
        *enclosures(place, one),
        *tiles,
    ]


def _notice(text: str, *, schematic: bool) -> str:
    return f"{translate('notice.schematic')} {text}" if schematic else text


def feature_list(place: Place, one: Collection, found: Features, *, matched: int | None, described: Described) -> bytes:
    """A page of features without the moment that it is given out at, which `stamped` puts before it."""
    links = itself(place, "json", ITEM_FORMATS)
    if found.last is not None:
        links.append(link(place.here(f="json", after=encode([found.last])), "next", GEOJSON))
    links.append(link(place.to("collections", one.id), "collection", JSON, said(one.layer.title, described.language)))
    head: Document = {"numberReturned": found.returned}
    if matched is not None:
        head["numberMatched"] = matched
    head["links"] = links
    return b"".join((compact(head)[1:-1].encode(), b',"features":[', found.written, b"]}"))


def stamped(page: bytes, moment: datetime) -> bytes:
    """A page of features that is given out at a moment in UTC.

    Examples
    --------
    >>> stamped(b'"numberReturned":0,"features":[]}', datetime(2026, 1, 1))
    b'{"type":"FeatureCollection","timeStamp":"2026-01-01T00:00:00Z","numberReturned":0,"features":[]}'
    """
    when = moment.replace(tzinfo=None).isoformat(timespec="seconds")
    return f'{{"type":"FeatureCollection","timeStamp":"{when}Z",'.encode() + page


def feature(place: Place, one: Collection, text: str, described: Described) -> bytes:
    """One feature."""
    links = itself(place, "json", ITEM_FORMATS)
    links.append(link(place.to("collections", one.id), "collection", JSON, said(one.layer.title, described.language)))
    return f'{text[:-1]},"links":{compact(links)}}}'.encode()


def compact(document: Any) -> str:
    """As JSON without blanks."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
