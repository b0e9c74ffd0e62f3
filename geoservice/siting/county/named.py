"""Reasons for a choice with the names of sites and communities in place of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from geoservice.siting.county.asking import County
from geoservice.siting.explain import Explained
from geoservice.siting.told import explained_told


def explained_by_name(county: County, found: Explained) -> dict[str, Any]:
    """As `explained_told`, with degrees; a community has its township behind its name, since names recur."""
    named: dict[str, Any] = _named(county, explained_told(county.problem, found))
    return named


def _named(county: County, told: Any) -> Any:
    if isinstance(told, list):
        return [_named(county, one) for one in told]
    if not isinstance(told, dict):
        return told
    plain = {key: _named(county, value) for key, value in told.items() if key not in ("site", "point")}
    if "site" in told:
        return {"site": _site(county, told["site"] - 1), **_where(county, told["site"] - 1)} | plain
    if "point" in told:
        row, communities = int(county.points[told["point"] - 1]), county.ground.inputs.communities
        place = _degrees(communities.lon[row], communities.lat[row])
        return {"point": _community(county, row), "id": int(communities.id[row]), **place} | plain
    return plain


def _where(county: County, site: int) -> dict[str, float | None]:
    if site < county.existing:
        facilities, row = county.ground.inputs.facilities, county.ground.row[site]
        return _degrees(facilities.lon[row], facilities.lat[row])
    number = site - county.existing
    return _degrees(county.candidates.lon[number], county.candidates.lat[number])


def _degrees(lon: float, lat: float) -> dict[str, float | None]:
    known = bool(np.isfinite(lon) and np.isfinite(lat))
    return {"lon": float(lon) if known else None, "lat": float(lat) if known else None}


def _site(county: County, site: int) -> str:
    row = -1 if site < county.existing else int(county.candidates.community[site - county.existing])
    return county.problem.site_names[site] if row < 0 else _community(county, row)


def _community(county: County, row: int) -> str:
    communities, units = county.ground.inputs.communities, county.ground.inputs.units
    unit = int(communities.unit_id[row])
    return f"{communities.name[row]}（{units[unit].name}）" if unit in units else str(communities.name[row])
