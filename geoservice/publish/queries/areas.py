"""Figures of a drawn area from a stored run: of the communities whose point lies inside."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from geoservice.coverage.figures import Demand, count
from geoservice.coverage.figures.equity import gini_of_time
from geoservice.crs import metric_crs
from geoservice.database.filters import visible
from geoservice.database.models import SRID, Community, CoverageFacility, CoverageReach, Facility
from geoservice.database.people import PEOPLE, of_community, people_columns
from geoservice.errors import BadInput, Conflict

MOST_LISTED = 1000
_UNJOINED = ("no_place", "off_network", "blocked")


def area_figures(
    connection: Connection,
    run: dict[str, Any],
    area: BaseGeometry,
    *,
    service: str,
    type_: str,
    public_only: bool = True,
) -> dict[str, Any]:
    """People and communities inside an area, by the times of a run.

    A point on the edge is inside: areas that share an edge may both count it.

    Parameters
    ----------
    run
        As `runs.run` gives it.
    area
        Degrees, EPSG:4490.

    Raises
    ------
    Conflict
        ``figures.communities-changed`` if communities or their people have changed since the run: people of now do not go with times
        of then.
    BadInput
        ``figures.area.outside`` if the area lies outside the extent of the run's communities.
    """
    if {"communities", "population"} & set(run["changed"]):
        raise Conflict("figures.communities-changed", run=run["id"])
    case = (
        CoverageReach.run_id == run["id"],
        CoverageReach.standard_id == service,
        CoverageReach.type == type_,
        visible(Community) if public_only else true(),
    )
    _check_extent(connection, area, case)
    rows = _communities(connection, area, case, public_only=public_only)
    facilities = _facilities(connection, area, run["id"], service, type_, public_only=public_only)
    figures = count(_demand(rows), np.full(len(facilities), -1, dtype=np.int64), outside=_outside(facilities)).total
    time_ds = np.array([-1 if row["time_ds"] is None else row["time_ds"] for row in rows], dtype=np.int32)
    return {
        "run": run["id"],
        "service": service,
        "type": type_,
        "stale": run["stale"],
        "schematic": run["schematic"],
        "area_km2": _area_km2(area),
        "covered_population_share": figures.population_share,
        "covered_communities_share": figures.communities_share,
        **asdict(figures),
        "communities_estimated": sum(row["population_estimated"] for row in rows),
        "gini_time": gini_of_time(time_ds, _column(rows, "population")),
        "items": [
            {
                "community_id": row["id"],
                "name": row["name"],
                "covered": row["covered"],
                "time_s": None if row["time_ds"] is None else row["time_ds"] / 10,
                "reason": row["reason"],
                "population": row["population"],
                "population_estimated": row["population_estimated"],
            }
            for row in rows[:MOST_LISTED]
        ],
        "truncated": len(rows) > MOST_LISTED,
    }


def _check_extent(connection: Connection, area: BaseGeometry, case: tuple[ColumnElement[bool], ...]) -> None:
    sides = [side(func.ST_Extent(Community.geom)) for side in (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)]
    joined = select(*sides).join_from(CoverageReach, Community, Community.id == CoverageReach.community_id)
    west, south, east, north = connection.execute(joined.where(*case)).one()
    if west is None:
        raise BadInput("figures.area.outside", extent="-")
    if not area.intersects(shapely.box(west, south, east, north)):
        raise BadInput("figures.area.outside", extent=f"{west:.4f},{south:.4f},{east:.4f},{north:.4f}")


def _inside(geom: Any, area: BaseGeometry) -> ColumnElement[bool]:
    """The first half is what the index answers."""
    shape = func.ST_GeomFromWKB(shapely.to_wkb(area), SRID)
    return and_(geom.op("&&")(shape), func.ST_Intersects(geom, shape))


def _communities(
    connection: Connection, area: BaseGeometry, case: tuple[ColumnElement[bool], ...], *, public_only: bool
) -> list[dict[str, Any]]:
    statement = (
        select(
            *(Community.id, Community.name, Community.unit_id),
            *people_columns(),
            Community.households,
            *(CoverageReach.time_ds, CoverageReach.covered, CoverageReach.reason),
            *(CoverageReach.facilities_within, CoverageReach.by_neighbour),
        )
        .join_from(CoverageReach, Community, Community.id == CoverageReach.community_id)
        .outerjoin(PEOPLE, of_community(public_only=public_only))
        .where(*case, _inside(Community.geom, area))
        .order_by(Community.id)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def _facilities(
    connection: Connection, area: BaseGeometry, run_id: int, service: str, type_: str, *, public_only: bool
) -> list[bool | None]:
    """Of each facility inside whether it lies outside the county."""
    statement = (
        select(CoverageFacility.outside)
        .join(Facility, Facility.id == CoverageFacility.facility_id)
        .where(
            CoverageFacility.run_id == run_id,
            CoverageFacility.standard_id == service,
            CoverageFacility.type == type_,
            visible(Facility) if public_only else true(),
            _inside(Facility.geom, area),
        )
    )
    return list(connection.execute(statement).scalars())


def _demand(rows: list[dict[str, Any]]) -> Demand:
    known = [row["by_neighbour"] for row in rows]
    return Demand(
        unit=np.full(len(rows), -1, dtype=np.int64),
        joined=np.array([row["reason"] not in _UNJOINED for row in rows], dtype=bool),
        covered=np.array([row["covered"] for row in rows], dtype=bool),
        backed_up=np.array([row["facilities_within"] >= 2 for row in rows], dtype=bool),
        by_neighbour=None if not rows or None in known else np.array(known, dtype=bool),
        population=_column(rows, "population"),
        population_60=_column(rows, "population_60"),
        population_80=_column(rows, "population_80"),
        households=_column(rows, "households"),
    )


def _outside(facilities: list[bool | None]) -> Any:
    return None if not facilities or None in facilities else np.array(facilities, dtype=bool)


def _column(rows: list[dict[str, Any]], name: str) -> Any:
    return np.array([-1 if row[name] is None else row[name] for row in rows], dtype=np.int64)


def _area_km2(area: BaseGeometry) -> float:
    """In the metric projection of the place."""
    centre = area.representative_point()
    local = metric_crs(centre.x, centre.y)
    return (
        float(shapely.area(shapely.transform(area, lambda p: np.column_stack(local.project(p[:, 0], p[:, 1]))))) / 1e6
    )
