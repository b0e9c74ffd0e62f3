"""Questions about geometries while they are drawn; nothing is kept."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import shapely.geometry
from fastapi import APIRouter, Body, Depends, Response

from geoservice.access.roles import Permission
from geoservice.api.parameters import no_query
from geoservice.api.permits import needs
from geoservice.api.shapes_geometry import (
    Checked,
    CheckQuestion,
    DrawingFault,
    Merged,
    MergeQuestion,
    Pieces,
    ProjectedList,
    ProjectedShape,
    ProjectQuestion,
    SplitQuestion,
)
from geoservice.crs import Crs
from geoservice.editing.cutting import merge, split
from geoservice.editing.geometry import faults, measures, read_geometry
from geoservice.editing.projecting import from_degrees, to_degrees
from geoservice.errors import BadInput, BadRequest


def _unkept(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(
    prefix="/api/geometry", tags=["geometry"],
    dependencies=[needs(Permission.EDIT), Depends(no_query), Depends(_unkept)],
)  # fmt: skip


@router.post("/split")
def split_geometry(given: Annotated[SplitQuestion, Body()]) -> Pieces:
    """Cuts a polygon or a line along a line; both sides of a cut have the same coordinates."""
    pieces = split(read_geometry(given.geometry), read_geometry(given.line))
    return Pieces(items=[_plain(piece) for piece in pieces])


@router.post("/merge")
def merge_geometries(given: Annotated[MergeQuestion, Body()]) -> Merged:
    """Makes one of two polygons with a common border, or of two lines with a common end."""
    return Merged(geometry=_plain(merge(read_geometry(given.geometry), read_geometry(given.other))))


@router.post("/check")
def check_geometry(given: Annotated[CheckQuestion, Body()]) -> Checked:
    """What is wrong with a geometry, where, and how long and large it is."""
    shape = read_geometry(given.geometry)
    found = faults(shape, [read_geometry(one) for one in given.neighbours], given.within)
    return Checked(items=[DrawingFault(**asdict(fault)) for fault in found], **asdict(measures(shape)))


@router.post("/project")
def project_positions(given: Annotated[ProjectQuestion, Body()]) -> ProjectedList:
    """Coordinates in degrees and in survey metres."""
    try:
        degrees = to_degrees(given.positions, Crs.parse(given.source))
        found = [from_degrees(degrees, target) for target in given.targets]
    except BadRequest:
        raise
    except BadInput as error:
        raise BadRequest(error.code, **error.values) from None
    return ProjectedList(items=[ProjectedShape(**asdict(one)) for one in found])


def _plain(shape: Any) -> dict[str, Any]:
    """GeoJSON whose numbers are the coordinates to the last bit."""
    found: dict[str, Any] = json.loads(json.dumps(shapely.geometry.mapping(shape)))
    return found
