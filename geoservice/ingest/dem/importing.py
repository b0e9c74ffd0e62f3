"""One raster of heights into the database: sampled at the roads, kept by the vertex."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geoservice.crs import ELLIPSOID
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import event
from geoservice.errors import BadInput
from geoservice.ingest.dem.raster import Dem, opened
from geoservice.ingest.load import ImportReport, LoadOptions
from geoservice.ingest.load.keyed import Counts, Provenance, merge
from geoservice.ingest.load.loader import INTERNAL, PUBLIC, close_batch, open_batch
from geoservice.ingest.load.staging import TABLE, copy_rows
from geoservice.ingest.records import Notice

Progress = Callable[[str, int, int], None]
Floats = NDArray[np.float64]
LAYER = "dem"
# The ellipsoid of CGCS2000 is that of GRS 80 to a tenth of a millimetre.

_ROADS = text(
    "select r.key, st_asbinary(r.geom), r.bridge or r.tunnel, h.shape, h.heights"
    " from road r left join road_height h using (key) where cardinality(r.modes) > 0 order by r.id"
)


@dataclass(frozen=True)
class _Roads:
    """Roads and what is known of their heights; road i owns vertices ``offset[i]`` to ``offset[i + 1]``."""

    keys: list[str]
    shapes: list[str]
    carried: NDArray[np.bool_]
    offset: NDArray[np.int64]
    lon: Floats
    lat: Floats
    before: Floats


def import_dem(
    connection: Connection,
    path: Path,
    options: LoadOptions,
    progress: Progress,
    *,
    crs: str | None = None,
    band: int | None = None,
    nodata: float | None = None,
) -> ImportReport:
    """Heights at the vertices of all roads under a raster, in the caller's transaction; those elsewhere stay.

    Returns
    -------
    ImportReport
        Counts of roads.

    Raises
    ------
    BadInput
        What `opened` raises; ``dem.no-roads``, ``dem.elsewhere`` or ``dem.no-heights``.
    """
    with opened(path, crs=crs, band=band, nodata=nodata) as dem:
        progress("import.step.dem", 0, 2)
        roads = _read(connection)
        if not roads.keys:
            raise BadInput("dem.no-roads", file=dem.file)
        sampled = dem.sample(roads.lon, roads.lat)
        _refuse_nothing(dem, roads, sampled)
        name, system = dem.file, dem.crs.name
    progress("import.step.dem", 1, 2)
    heights = np.where(np.isfinite(sampled), sampled, roads.before)
    heights = _carried(roads, heights)
    if not np.isfinite(heights).any():
        raise BadInput("dem.no-heights", file=name, vertices=int(np.isfinite(sampled).sum()))
    # Heights may be secret: what nobody has called public is not.
    given = PUBLIC if options.publish else INTERNAL
    batch_id = open_batch(connection, LAYER, name, system, options, read=len(roads.keys))
    provenance = Provenance(batch_id, given.classification, given.published, options.schematic)
    counts = _keep(connection, roads, heights, provenance)
    if options.publish is not None:
        connection.execute(
            text("update road_height set classification = :classification, published = :published"), given.model_dump()
        )
    known = np.isfinite(heights)
    report = ImportReport(
        layer=LAYER,
        source=name,
        read=len(roads.keys),
        loaded=counts.loaded,
        changed=counts.changed,
        unchanged=len(roads.keys) - counts.loaded - counts.changed,
        refused=0,
        notices=[_told(sampled, known, heights)],
        details={
            "source_crs": system,
            "format": "GeoTIFF",
            "vertices": int(known.size),
            "with_height": int(known.sum()),
            "sampled": int(np.isfinite(sampled).sum()),
            "lowest_m": round(float(heights[known].min()), 1),
            "highest_m": round(float(heights[known].max()), 1),
        },
    )
    close_batch(connection, batch_id, report, published=given.published)
    if counts.loaded or counts.changed:
        bump_revision(connection, "roads")
    progress("import.step.dem", 2, 2)
    return report


def clear_heights(connection: Connection) -> int:
    """Takes all heights out, so that the ground is level again; the number of roads that had some."""
    removed = connection.execute(text("delete from road_height")).rowcount
    if removed:
        bump_revision(connection, "roads")
        event(connection, "clear_heights", table="road_height", details={"removed": removed})
    return removed


def _read(connection: Connection) -> _Roads:
    rows = connection.execute(_ROADS).all()
    wkb = [bytes(row[1]) for row in rows]
    points, owner = shapely.get_coordinates(np.asarray(shapely.from_wkb(wkb), dtype=object), return_index=True)
    offset = np.searchsorted(owner, np.arange(len(rows) + 1)).astype(np.int64)
    shapes = [hashlib.md5(one, usedforsecurity=False).hexdigest() for one in wkb]
    before = np.full(len(points), np.nan)
    for number, row in enumerate(rows):
        if row[3] == shapes[number]:
            before[offset[number] : offset[number + 1]] = row[4]
    carried = np.array([row[2] for row in rows], dtype=bool)
    return _Roads([row[0] for row in rows], shapes, carried, offset, points[:, 0], points[:, 1], before)


def _refuse_nothing(dem: Dem, roads: _Roads, sampled: Floats) -> None:
    if np.isfinite(sampled).any():
        return
    x, y = dem.crs.project(roads.lon, roads.lat)
    box = dem.data.bounds
    west, east = sorted((box.left, box.right))
    south, north = sorted((box.bottom, box.top))
    over = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    if over.any():
        raise BadInput("dem.no-heights", file=dem.file, vertices=int(over.sum()))
    raise BadInput(
        "dem.elsewhere",
        file=dem.file,
        crs=dem.crs.name,
        raster=f"{west:.6g}, {south:.6g}, {east:.6g}, {north:.6g}",
        roads=f"{np.min(x):.6g}, {np.min(y):.6g}, {np.max(x):.6g}, {np.max(y):.6g}",
    )


def _carried(roads: _Roads, heights: Floats) -> Floats:
    """Bridges and tunnels keep an even slope from end to end: the ground below or above them is not their way."""
    after = heights.copy()
    for road in np.flatnonzero(roads.carried).tolist():
        part = slice(int(roads.offset[road]), int(roads.offset[road + 1]))
        lon, lat = roads.lon[part], roads.lat[part]
        along = np.concatenate([[0.0], np.cumsum(ELLIPSOID.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])])
        first, last = heights[part][0], heights[part][-1]
        after[part] = first + (last - first) * (along / max(along[-1], 1e-9))
    return after


def _keep(connection: Connection, roads: _Roads, heights: Floats, provenance: Provenance) -> Counts:
    """Roads of which some vertex has a height; what has the same heights as before keeps its batch."""
    connection.execute(text(f"drop table if exists {TABLE}"))
    connection.execute(
        text(f"create temporary table {TABLE} (source_row bigint, key text, shape text, heights real[]) on commit drop")
    )
    parts = np.split(heights.astype(np.float32), roads.offset[1:-1])
    rows = (
        (number, roads.keys[number], roads.shapes[number], part.tolist())
        for number, part in enumerate(parts)
        if np.isfinite(part).any()
    )
    copy_rows(connection, ["source_row", "key", "shape", "heights"], rows)
    return merge(connection, "road_height", {name: f"s.{name}" for name in ("key", "shape", "heights")}, provenance)


def _told(sampled: Floats, known: NDArray[np.bool_], heights: Floats) -> Notice:
    return Notice(
        None,
        "import.dem",
        {
            "sampled": int(np.isfinite(sampled).sum()),
            "vertices": int(known.size),
            "missing": int((~known).sum()),
            "lowest": f"{heights[known].min():.1f}",
            "highest": f"{heights[known].max():.1f}",
        },
    )
