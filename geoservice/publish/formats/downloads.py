"""What can be downloaded: links for machines, names for people."""

from __future__ import annotations

from typing import Any

from geoservice.language import current_language, translate
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.registry import offered
from geoservice.publish.formats.systems import SHIFTED
from geoservice.publish.ogc.crs import offered as systems
from geoservice.publish.ogc.extents import Extent
from geoservice.publish.ogc.links import FORMATS, Link, Place, itself, link
from geoservice.publish.ogc.model import Collection, said


def enclosures(place: Place, one: Collection) -> list[Link]:
    """The whole collection as a file, in every format that can hold it."""
    address = place.to("collections", one.id, "download")
    return [
        link(f"{address}?f={form.id}", "enclosure", form.media_type, translate(f"export.format.{form.id}"))
        for form in offered(one)
    ]


def choice(place: Place, one: Collection, extent: Extent) -> dict[str, Any]:
    """The document of the address without a format."""
    return {
        "title": translate("export.title", None, layer=said(one.layer.title, current_language.get())),
        "schematic": extent.schematic,
        "formats": [
            {
                "id": form.id,
                "title": translate(f"export.format.{form.id}"),
                "told": translate(f"export.told.{form.id}"),
                "mediaType": form.media_type,
                "ending": form.endings[0],
                "beside": form.beside,
                "crs": _systems(form, extent),
                "href": place.to("collections", one.id, "download") + f"?f={form.id}",
            }
            for form in offered(one)
        ],
        "links": [*itself(place, "json", FORMATS), *enclosures(place, one)],
    }


def _systems(form: Format, extent: Extent) -> list[str]:
    known = [crs.uri for crs in systems(extent.bounds)] if form.takes_any_system else []
    return [*known, *(SHIFTED if form.shifts else ())]
