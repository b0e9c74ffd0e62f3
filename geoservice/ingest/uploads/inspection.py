"""What an upload holds: its layer, its columns, its coordinates, its first rows; looked at with what was chosen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from geoservice.errors import BadInput, GeoserviceError
from geoservice.ingest.fields import header_score
from geoservice.ingest.importing import DEM
from geoservice.ingest.importing import OSM as OSM_LAYER
from geoservice.ingest.load import NOT_UNDONE
from geoservice.ingest.marks import refuse_marked_file, refuse_secret_table
from geoservice.ingest.osm.source import SUFFIXES as OSM_SUFFIXES
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.reading import read_table
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet
from geoservice.ingest.reference import reference_for
from geoservice.ingest.sources import open_source
from geoservice.ingest.uploads.guessing import scores
from geoservice.ingest.uploads.naming import RASTERS
from geoservice.ingest.uploads.parts import parts_of
from geoservice.ingest.uploads.wishes import Wishes
from geoservice.settings import Settings

FIRST_ROWS = 50
SAMPLES = 3
LONGEST_CELL = 120
# Of a larger table the first rows tell enough to choose by; the check looks at all of them.
MOST_READ = 20_000
_MOST_VERTICES = 20_000
SECRET = ("import.secret", "import.secret-file")


def inspect(database: Database, catalog: Catalog, settings: Settings, path: Path, wishes: Wishes) -> dict[str, Any]:
    """What a file holds, fit for JSON.

    Returns
    -------
    dict
        ``layer`` and ``scores`` of all layers, ``parts`` and ``part``, ``format``, ``encoding``, ``crs`` with
        ``crs_reason`` (given, stated, assumed, zone, shift) and ``shift``; ``columns``, each with its ``header``,
        ``samples`` and the ``field`` that it holds; ``rows`` (``total``, ``refused``, ``numbers`` and cells of the
        ``first`` ones as read); ``features`` of them in CRS84; ``notices``; ``problem`` (code and values) where it
        cannot be read in this way; ``undo``: whether the import could be undone.

    Raises
    ------
    BadInput
        One of `SECRET`: nothing of such a file is shown.
    """
    refuse_marked_file(path, catalog)
    found: dict[str, Any] = {**_nothing(), "parts": parts_of(path, settings.imports.import_max_unpacked_mb)}
    if path.name.lower().endswith(tuple(OSM_SUFFIXES)):
        return {**found, "layer": OSM_LAYER, "format": "OpenStreetMap"}
    if path.suffix.lower() in RASTERS:
        layer = wishes.layer if wishes.layer in ("population", DEM) else "population"
        return {**found, "layer": layer, "format": "GeoTIFF", "undo": layer not in NOT_UNDONE}
    try:
        raw = _open(catalog, settings, path, wishes, found["parts"])
        refuse_secret_table(raw, catalog, file=path.name)
        found |= _table(raw, catalog, path.name, wishes)
        with database.connect("reader") as connection:
            reference = reference_for(connection, found["layer"])
        found |= read_over(
            raw,
            lambda: read_table(
                raw.head(MOST_READ),
                catalog.layers[found["layer"]],
                catalog,
                file=path.name,
                crs=wishes.crs,
                mapping=wishes.mapping,
                constants=wishes.constants,
                reference=reference,
                limits=settings.imports,
            ),
        )
    except BadInput as error:
        if error.code in SECRET:
            raise
        found["problem"] = told(error)
    return found


def told(error: GeoserviceError) -> dict[str, Any]:
    """An error as JSON, to be put into words when somebody reads it."""
    values = {name: value if isinstance(value, (int, float)) else str(value) for name, value in error.values.items()}
    return {"code": error.code, "values": values}


def noticed(notice: Notice) -> dict[str, Any]:
    """A notice as JSON."""
    return {"row": notice.row, "code": notice.code, "values": {name: str(one) for name, one in notice.values.items()}}


def _nothing() -> dict[str, Any]:
    return {
        "layer": None, "scores": [], "parts": [], "part": None, "format": None, "encoding": None, "crs": None,
        "crs_reason": None, "shift": None, "columns": [], "notices": [], "problem": None, "undo": True,
        "rows": {"total": None, "refused": None, "numbers": [], "first": []},
        "features": {"type": "FeatureCollection", "features": []},
    }  # fmt: skip


def _open(catalog: Catalog, settings: Settings, path: Path, wishes: Wishes, parts: list[str]) -> RawTable:
    wanted = catalog.layers.get(wishes.layer or "")
    layers = list(catalog.layers.values()) if wanted is None else [wanted]

    def score(headers: Any) -> int:
        return max(header_score(headers, layer, wishes.mapping) for layer in layers)

    part = wishes.part
    try:
        return open_source(path, score, limits=settings.imports, encoding=wishes.encoding, part=part)
    except BadInput as error:
        if part is not None or error.code not in ("import.layers-several", "import.zip-several") or not parts:
            raise
    return open_source(path, score, limits=settings.imports, encoding=wishes.encoding, part=parts[0])


def _table(raw: RawTable, catalog: Catalog, file: str, wishes: Wishes) -> dict[str, Any]:
    fitting = scores(raw, catalog, file)
    layer = wishes.layer if wishes.layer in catalog.layers else next(iter(fitting))
    return {
        "layer": layer,
        "scores": [{"layer": name, "score": round(score, 1)} for name, score in fitting.items()],
        "part": raw.part,
        "format": raw.format,
        "encoding": raw.encoding,
        "crs": raw.crs and raw.crs[:80],
        "undo": layer not in NOT_UNDONE,
    }


def read_over(raw: RawTable, read: Callable[[], RecordSet]) -> dict[str, Any]:
    """What the reader makes of a table, beside what stands there.

    Returns
    -------
    dict
        ``columns``, ``rows`` and ``problem``, and what `inspect` tells of its coordinates where it can be read.

    Raises
    ------
    BadInput
        One of `SECRET`.
    """
    problem, records = None, None
    try:
        records = read()
    except BadInput as error:
        if error.code in SECRET:
            raise
        problem = told(error)
    fields = {} if records is None else {header: name for name, header in records.report["columns"].items()}
    columns = [
        {"header": header, "samples": _samples(cells), "field": fields.get(header)}
        for header, cells in zip(raw.headers, raw.cells, strict=True)
    ]
    rows = {
        "total": len(raw),
        "refused": None if records is None or len(raw) > MOST_READ else records.refused,
        "numbers": raw.rows[:FIRST_ROWS].tolist(),
        "first": [[_shown(cells[at]) for cells in raw.cells] for at in range(min(FIRST_ROWS, len(raw)))],
    }
    found = {"columns": columns, "rows": rows, "problem": problem}
    return found if records is None else found | _placed(records, rows["numbers"])


def _samples(cells: Any) -> list[str]:
    shown = (_shown(cell) for cell in cells[:1000] if cell is not None)
    return list(dict.fromkeys(one for one in shown if one))[:SAMPLES]


def _shown(cell: object) -> str | None:
    return None if cell is None else str(cell)[:LONGEST_CELL].replace("\x00", "")


def _placed(records: RecordSet, numbers: list[int]) -> dict[str, Any]:
    frame = records.records[records.records[SOURCE_ROW].isin(numbers)]
    report: Mapping[str, Any] = records.report
    return {
        "crs": report["crs"],
        "crs_reason": report["crs_reason"],
        "shift": json.loads(json.dumps(report["shift"], default=str)),
        "notices": [noticed(one) for one in records.notices[:100]],
        "features": {"type": "FeatureCollection", "features": _features(frame)},
    }


def _features(frame: Any) -> list[dict[str, Any]]:
    """The shapes, coarse enough to be sent; EPSG:4490 is CRS84 but for some centimetres."""
    shapes = np.asarray(frame[GEOM].to_numpy(), dtype=object)
    rows = frame[SOURCE_ROW].tolist()
    count = int(shapely.get_num_coordinates(shapes).sum()) if len(shapes) else 0
    if count > _MOST_VERTICES:
        west, _, east, _ = shapely.total_bounds(shapes).tolist()
        shapes = shapely.simplify(shapes, (east - west) / 2000)
    return [
        {"type": "Feature", "properties": {"row": int(row)}, "geometry": json.loads(shapely.to_geojson(shape))}
        for row, shape in zip(rows, shapes, strict=True)
        if shape is not None and not shapely.is_empty(shape)
    ]
