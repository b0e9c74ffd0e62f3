"""A raster of people from file to estimates: nothing of it is stored but what the communities get."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import shapely
from sqlalchemy import Connection, insert

from geoservice.catalog import LayerDeclaration
from geoservice.database.filters import today
from geoservice.database.models import ImportBatch
from geoservice.database.trail import imported
from geoservice.errors import BadInput
from geoservice.ingest.load import ImportReport, LoadOptions
from geoservice.ingest.population.demand import read_territories
from geoservice.ingest.population.estimates import keep_shares
from geoservice.ingest.population.raster_sharing import Progress, RasterSums, share_raster
from geoservice.ingest.population.rasters import Raster, opened
from geoservice.ingest.population.sharing import to_shares
from geoservice.ingest.population.sources import LAYER, WITHIN_M, Given, belongs_to, open_source, settle_overlaps
from geoservice.ingest.population.telling import told
from geoservice.ingest.population.territories import Territories
from geoservice.ingest.records import Notice

# People a square kilometre, over the whole ground of the communities reached: the densest cities of the world, taken
# as a whole, have about that many. A band of densities summed as counts goes far beyond.
MOST_PER_KM2 = 20_000


@dataclass(frozen=True)
class RasterRequest:
    """Which band of which file, and how it is shared; see `importing.PopulationWishes`."""

    path: Path
    crs: str | None = None
    band: int | None = None
    nodata: float | None = None
    on: date | None = None
    within_m: int | None = None
    replace: bool = False


def import_raster(
    connection: Connection, layer: LayerDeclaration, request: RasterRequest, options: LoadOptions, progress: Progress
) -> ImportReport:
    """Shares a raster over the communities of today, in the caller's transaction.

    Raises
    ------
    BadInput
        If the raster is not fit, has nobody in it, or lies wholly outside of the communities' ground.
    Conflict
        ``population.no-communities`` or ``population.overlap``
    """
    day = today()
    territories = read_territories(connection, day, request.within_m or WITHIN_M)
    with opened(request.path, crs=request.crs, band=request.band, nodata=request.nodata) as raster:
        sums = share_raster(raster, territories, progress)
        source_name, crs = raster.file, raster.crs.name
        band = None if raster.data.count == 1 else str(raster.band)
        _refuse_empty(raster, sums, territories)
    publication = options.publication(layer)
    given = Given(
        name=source_name,
        kind="raster",
        sha256=options.sha256,
        crs=crs,
        actor=options.actor,
        classification=publication.classification,
        published=publication.published,
        schematic=options.schematic,
        band=band,
        on=request.on,
        within_m=request.within_m or WITHIN_M,
    )
    source_id, anew = open_source(connection, given, republish=options.publish is not None)
    replaced = settle_overlaps(connection, source_id, sums.area, replace=request.replace)
    shared = keep_shares(connection, source_id, to_shares(sums.milli, territories), day)
    notices = [*_notices(sums, territories, replaced), *shared.notices]
    if anew:
        notices.insert(0, Notice(None, "population.new-edition", {"name": source_name}))
    report = ImportReport(
        layer=LAYER,
        source=source_name,
        read=sums.cells,
        loaded=sums.cells if shared.changed else 0,
        changed=0,
        unchanged=0 if shared.changed else sums.cells,
        refused=0,
        notices=notices,
        details={"source_crs": crs, "format": "GeoTIFF", "band": band or "1"},
    )
    batch_id = _keep_batch(connection, report, options, published=publication.published)
    belongs_to(connection, source_id, batch_id, replaced=bool(replaced))
    report.details["population"] = told(connection, source_id, shared)
    return report


def _refuse_empty(raster: Raster, sums: RasterSums, territories: Territories) -> None:
    if sums.area is None or sums.people < 0.5:
        raise BadInput("population.nobody", file=raster.file, cells=sums.cells)
    if not sums.milli.reached.any():
        ground = territories.local.to_lonlat(shapely.box(*shapely.total_bounds(territories.areas())))
        raise BadInput(
            "population.elsewhere",
            file=raster.file,
            raster=_shown(sums.area),
            ground=_shown(ground),
            crs=raster.crs.name,
        )


def _shown(shape: Any) -> str:
    return ", ".join(f"{side:.4f}" for side in shapely.bounds(shape))


def _notices(sums: RasterSums, territories: Territories, replaced: Sequence[str]) -> list[Notice]:
    notices = []
    if replaced:
        notices.append(Notice(None, "population.replaced", {"names": ", ".join(replaced)}))
    if sums.missing:
        notices.append(Notice(None, "population.nan", {"count": sums.missing}))
    ground_km2 = float(shapely.area(territories.areas()[sums.milli.reached]).sum()) / 1e6
    inside = float(sums.milli.territory["population"].sum()) / 1000
    if inside > MOST_PER_KM2 * ground_km2:
        density = f"{inside / ground_km2:,.0f}"
        notices.append(Notice(None, "population.implausible", {"density": density, "most": f"{MOST_PER_KM2:,}"}))
    return notices


def _keep_batch(connection: Connection, report: ImportReport, options: LoadOptions, *, published: bool) -> int:
    values = {
        "layer": report.layer,
        "source_name": report.source,
        "source_sha256": options.sha256,
        "source_crs": report.details["source_crs"],
        "actor": options.actor,
        "schematic": options.schematic,
        "rows_read": report.read,
        "loaded": report.loaded,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "refused": 0,
        "report": report.as_dict(),
        "published": published,
    }
    batch_id = connection.execute(insert(ImportBatch).values(values).returning(ImportBatch.id)).scalar_one()
    imported(connection, batch_id)
    return batch_id
