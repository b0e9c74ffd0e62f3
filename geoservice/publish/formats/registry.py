"""Every format, declared here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from geoservice.errors import BadRequest
from geoservice.publish.formats.csv_wkt import CSV
from geoservice.publish.formats.dxf import DXF
from geoservice.publish.formats.flatgeobuf import FLATGEOBUF
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.geojson import GEOJSON, GEOJSONSEQ, JSONFG
from geoservice.publish.formats.geoparquet import GEOPARQUET
from geoservice.publish.formats.gpkg import GPKG
from geoservice.publish.formats.kml import KML
from geoservice.publish.formats.shapefile import SHAPEFILE
from geoservice.publish.formats.xlsx import XLSX
from geoservice.publish.ogc.model import Collection

FORMATS: Mapping[str, Format] = MappingProxyType(
    {one.id: one for one in (GPKG, XLSX, CSV, GEOJSON, GEOJSONSEQ, JSONFG, SHAPEFILE, KML, DXF, FLATGEOBUF, GEOPARQUET)}
)


def by_name(file_name: str) -> Format:
    """The format of a file by the ending of its name.

    Raises
    ------
    BadRequest
        ``export.unknown-ending``

    Examples
    --------
    >>> by_name("地名.GPKG").id, by_name("a.fg.json").id, by_name("a.json").id
    ('gpkg', 'jsonfg', 'geojson')
    """
    lowered = file_name.lower()
    endings = {ending: one for one in FORMATS.values() for ending in one.endings if lowered.endswith(ending)}
    if not endings:
        allowed = ", ".join(one.endings[0] for one in FORMATS.values())
        raise BadRequest("export.unknown-ending", file=file_name[:120], allowed=allowed)
    return endings[max(endings, key=len)]


def offered(collection: Collection) -> list[Format]:
    """The formats that can hold a collection."""
    return [one for one in FORMATS.values() if one.takes(collection)]
