"""Pages of the OGC API for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.responses import Response

from geoservice.api.ogc import Asking
from geoservice.api.pages import page_for
from geoservice.database.paging import encode
from geoservice.language import current_language, translate
from geoservice.publish.ogc import wording
from geoservice.publish.ogc.crs import CRS84, OgcCrs, offered
from geoservice.publish.ogc.documents import ITEM_FORMATS
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.links import Place, itself
from geoservice.publish.ogc.model import Collection, said
from geoservice.publish.ogc.queries import Features
from geoservice.publish.ogc.tiling import QUAD

Document = Mapping[str, Any]
Step = tuple[str, str]


def landing_page(ask: Asking, document: Document, *, count: int, processes: int, schematic: bool) -> Response:
    """What there is, and how to open it elsewhere."""
    return page_of(
        "ogc_landing.html",
        ask,
        [],
        document["links"],
        count=count,
        processes=processes,
        schematic=schematic,
        address=ask.place.root,
    )


def conformance_page(ask: Asking, document: Document) -> Response:
    """Conformance classes."""
    return page_of("ogc_conformance.html", ask, [_step("conformance")], document["links"], document=document)


def api_page(ask: Asking, document: Document) -> Response:
    """The parameters of each address."""
    return page_of("ogc_api.html", ask, [_step("api")], [], document=document)


def collections_page(ask: Asking, document: Document) -> Response:
    """All collections."""
    schematic = any(one["schematic"] for one in document["collections"])
    steps = [_step("collections")]
    return page_of("ogc_collections.html", ask, steps, document["links"], document=document, schematic=schematic)


def collection_page(ask: Asking, one: Collection, extent: Extent, document: Document) -> Response:
    """One collection."""
    return page_of(
        "ogc_collection.html",
        ask,
        _steps(one),
        document["links"],
        document=document,
        schematic=extent.schematic,
        has_map=extent.bounds is not None,
        tiled=one.layer.tiles is not None,
        address=ask.place.to("collections", one.id),
        systems=wording.system_names(offered(extent.bounds)),
    )


def download_page(ask: Asking, one: Collection, extent: Extent, document: Document, bounds: str) -> Response:
    """What can be downloaded, with a form."""
    return page_of(
        "ogc_download.html",
        ask,
        [*_steps(one), (translate("export.download"), "")],
        document["links"],
        id=one.id,
        heading=document["title"],
        formats=document["formats"],
        systems=wording.system_names(offered(extent.bounds)),
        dated=one.dates is not None,
        staff=not ask.who.actor.is_public,
        schematic=extent.schematic,
        bounds=bounds,
    )


def schema_page(ask: Asking, one: Collection, document: Document, name: str) -> Response:
    """Properties of the features of a collection."""
    language = current_language.get()
    codes = {
        found.name: [(entry.code, said(entry.title, language)) for entry in found.codes]
        for found in one.properties.values()
    }
    steps = [*_steps(one), _step(name)]
    links = itself(ask.place, "html", {"json": "application/schema+json", "html": "text/html"})
    return page_of("ogc_schema.html", ask, steps, links, document=document, codes={"id": (), "geometry": ()} | codes)


def tiling_page(ask: Asking, document: Document) -> Response:
    """The tile matrix set, or the list of it."""
    one = document["tileMatrixSets"][0] if "tileMatrixSets" in document else document
    steps = [(translate("ogc.tiling"), "/ogc/tileMatrixSets?f=html")]
    rows = [
        (level["id"], f"1 : {level['scaleDenominator']:,.0f}", f"{level['cellSize']:.3f} m", f"{level['matrixWidth']:,} × {level['matrixHeight']:,}")
        for level in document.get("tileMatrices", ())
    ]  # fmt: skip
    where = "/ogc/tileMatrixSets/" + one["id"] + "?f=html"
    facts = [(translate("ogc.id"), where, one["id"]), (translate("ogc.crs"), "", one["crs"])]
    columns = [translate(f"ogc.tiles.{name}") for name in ("matrix", "scale", "cell", "size")]
    return page_of(
        "ogc_tiles.html",
        ask,
        steps if not rows else [*steps, (one["id"], "")],
        document["links"],
        facts=facts,
        rows=rows,
        columns=columns,
    )


def tilesets_page(ask: Asking, one: Collection, document: Document) -> Response:
    """The tileset of a collection, or the list of it."""
    found = document["tilesets"][0] if "tilesets" in document else document
    steps = [*_steps(one), (translate("ogc.tiles"), _at(one.id, "tiles"))]
    rows = [
        (level["tileMatrix"], f"{level['minTileRow']} – {level['maxTileRow']}", f"{level['minTileCol']} – {level['maxTileCol']}")
        for level in document.get("tileMatrixSetLimits", ())
    ]  # fmt: skip
    facts = [
        (translate("ogc.tiling"), _at(one.id, "tiles", QUAD), QUAD),
        (translate("ogc.crs"), "", found["crs"]),
        *((translate("ogc.address"), "", item["href"]) for item in found["links"] if item["rel"] == "item"),
    ]
    columns = [translate(f"ogc.tiles.{name}") for name in ("matrix", "rows", "columns")]
    return page_of(
        "ogc_tiles.html",
        ask,
        steps if "tilesets" in document else [*steps, (QUAD, "")],
        document["links"],
        facts=facts,
        rows=rows,
        columns=columns,
    )


def items_page(ask: Asking, one: Collection, found: Features, matched: int | None, crs: OgcCrs) -> Response:
    """A page of features."""
    language, shown = current_language.get(), wording.columns(one)
    text = found.written.decode()
    rows, features = wording.rows(one, text, language), json.loads(f"[{text}]")
    return page_of(
        "ogc_items.html",
        ask,
        [*_steps(one), _step("records")],
        itself(ask.place, "html", ITEM_FORMATS),
        id=one.id,
        layer=said(one.layer.title, language),
        fields=wording.fields(one, ask.given, language),
        asked={name: ask.given.get(name, "") for name in ("datetime", "bbox", "filter")},
        dated=one.dates is not None,
        told=wording.counted_words(found.returned, matched),
        columns=[said(column.title, language) for column in shown],
        rows=rows,
        schematic=any(feature["properties"]["schematic"] for feature in features),
        has_map=crs == CRS84 and any(feature["geometry"] for feature in features),
        geojson=ask.place.here(f="json"),
        next=None if found.last is None else ask.place.here(f="html", after=encode([found.last])),
        first=ask.place.here(leave=("after",), f="html") if "after" in ask.given else None,
    )


def item_page(ask: Asking, one: Collection, text: str, crs: OgcCrs) -> Response:
    """One feature."""
    feature, language = json.loads(text), current_language.get()
    properties = feature["properties"]
    heading = properties.get("name") or f"{said(one.layer.title, language)} {feature['id']}"
    geometry = feature["geometry"]
    return page_of(
        "ogc_item.html",
        ask,
        [*_steps(one), (translate("ogc.records"), _at(one.id, "items")), (str(feature["id"]), "")],
        itself(ask.place, "html", ITEM_FORMATS),
        id=feature["id"],
        heading=heading,
        values=wording.details(one, properties, language),
        geometry=_geometry_words(geometry),
        schematic=properties["schematic"],
        has_map=geometry is not None and crs == CRS84,
        geojson=ask.place.here(f="json"),
    )


def _geometry_words(geometry: Mapping[str, Any] | None) -> str:
    if geometry is None:
        return translate("ogc.geometry.none")
    if geometry["type"] == "Point":
        return "Point " + ", ".join(str(number) for number in geometry["coordinates"])
    return str(geometry["type"])


def page_of(
    template: str, ask: Asking, steps: Sequence[Step], links: Sequence[Mapping[str, str]], **values: Any
) -> Response:
    """A page below the landing page: `steps` lead to it."""
    trail = [(translate("ogc.name"), "/ogc?f=html"), *steps]
    return page_for(template, ask.who, "ogc", trail=trail, links=links, **values)


def _steps(one: Collection) -> list[Step]:
    title = said(one.layer.title, current_language.get())
    return [(translate("ogc.collections"), _at()), (title, _at(one.id))]


def _step(name: str) -> Step:
    return translate(f"ogc.{name}"), f"/ogc/{name}?f=html"


def _at(*parts: str) -> str:
    return Place("/ogc").to("collections", *parts) + "?f=html"
