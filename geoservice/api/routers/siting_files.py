"""Candidates read from a file: plots, each by a point inside it, or points. Nothing of the file is kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from geoservice.access.roles import Permission
from geoservice.api import scenarios
from geoservice.api.permits import BYTES, needs
from geoservice.api.receiving import RAW, with_file
from geoservice.api.services import Service, Services
from geoservice.api.shapes_siting import CandidateFile, OutsideRead, PlaceRead, PlacesRead
from geoservice.coverage.uncertainty.query import case_of
from geoservice.database.filters import today
from geoservice.errors import BadInput
from geoservice.siting.county.candidates import Candidates, plots_in, points_in
from geoservice.siting.county.form import LONGEST_NAME, MOST_POINTS
from geoservice.siting.county.plots import outside_shares, thinned

router = APIRouter(prefix="/api/siting", tags=["siting"])


@router.post("/files", openapi_extra=RAW, dependencies=[needs(Permission.COMPUTE, BYTES)])
async def read_file(
    service: Service, request: Request, response: Response, given: Annotated[CandidateFile, Query()]
) -> PlacesRead:
    """A file as bare bytes: its candidates, to be named as points of a question; nothing of it is kept."""
    scenarios.private(response)
    return await with_file(request, given.file, lambda path, _: _read(service, path, given))


def _read(service: Services, path: Path, given: CandidateFile) -> PlacesRead:
    told = {"crs": given.crs, "encoding": given.encoding}
    with service.read() as connection:
        if given.kind == "plots":
            found = plots_in(connection, service.catalog, service.settings, path, **told)
        else:
            code = given.type or next(entry.code for entry in service.catalog.codes["facility_types"].entries)
            found = points_in(connection, service.catalog, service.settings, path, code, **told)
        if not 0 < len(found) <= MOST_POINTS:
            raise BadInput("siting.file-places", count=len(found), most=MOST_POINTS)
        outside = _outside(service, connection, given, found)
    return PlacesRead(points=_told(found), outside=outside)


def _outside(service: Services, connection: Connection, given: CandidateFile, found: Candidates) -> list[OutsideRead]:
    """Candidates that lie outside the county, wholly or in part."""
    case = case_of(service.catalog, given.service, given.type, given.on or today())
    _, ground = scenarios.ground_of(service, connection, case)
    shares, refused = outside_shares(ground, found), ~ground.inside(found.lon, found.lat)
    return [
        OutsideRead(number=number, share=round(float(shares[number]), 4), refused=bool(refused[number]))
        for number in np.flatnonzero((shares > 0) | refused).tolist()
    ]


def _told(found: Candidates) -> list[PlaceRead]:
    areas = np.full(len(found), np.nan) if found.area_m2 is None else found.area_m2
    shapes = [None] * len(found) if found.outline is None else found.outline.tolist()
    rows = zip(
        found.name, found.lon.tolist(), found.lat.tolist(), found.places.tolist(), areas.tolist(), shapes, strict=True
    )
    return [
        PlaceRead(
            name=name.strip()[:LONGEST_NAME] or "?",
            lon=lon,
            lat=lat,
            places=None if places < 0 else places,
            area_m2=None if np.isnan(area) else area,
            outline=thinned(shape),
        )
        for name, lon, lat, places, area, shape in rows
    ]
