"""Parameters of downloads, as OpenAPI describes them."""

from __future__ import annotations

from geoservice.publish.formats.registry import FORMATS
from geoservice.publish.formats.running import ABOUT, ACCESS_LEVEL, COLUMN_NAMES, LEVELS, NAMES
from geoservice.publish.ogc.parameters import BBOX, BBOX_CRS, CRS, DATETIME, LANGUAGE, Parameter, query

FILE_FORMAT = query("f", "Format, instead of the header Accept", {"type": "string", "enum": ["json", "html", *FORMATS]})
FILE_CRS = query(
    "crs",
    "Coordinate system: one that the collection lists, or gcj02, bd09 where the format takes them. By default the format's"
    " own. Coordinates stand east first, but for JSON-FG.",
    {"type": "string"},
)
FILE_NAMES = query(
    COLUMN_NAMES, "Names of columns: ids, or titles in a language", {"type": "string", "enum": list(NAMES)}
)
LEVEL = query(
    ACCESS_LEVEL,
    "Only what the public sees, or all that whoever asks may see (the default)",
    {"type": "string", "enum": list(LEVELS)},
)
ABOUT_FILE = query(ABOUT, "What the file would say of itself, as JSON, instead of the file", {"type": "boolean"})
DOWNLOAD: list[Parameter] = [FILE_FORMAT, LANGUAGE, BBOX, BBOX_CRS, DATETIME, FILE_CRS, FILE_NAMES, LEVEL, ABOUT_FILE]
ITEM_CRS = {**FILE_CRS, "description": CRS["description"] + " As a file, gcj02 and bd09 where the format takes them."}
