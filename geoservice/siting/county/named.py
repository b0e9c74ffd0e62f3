"""Reasons for a choice with the names of sites and communities in place of numbers."""

from __future__ import annotations

from typing import Any

from geoservice.siting.county.asking import County
from geoservice.siting.explain import Explained
from geoservice.siting.told import explained_told


def explained_by_name(county: County, found: Explained) -> dict[str, Any]:
    """As `explained_told`; a community has its township behind its name, since names recur."""
    named: dict[str, Any] = _named(county, explained_told(county.problem, found))
    return named


def _named(county: County, told: Any) -> Any:
    if isinstance(told, list):
        return [_named(county, one) for one in told]
    if not isinstance(told, dict):
        return told
    plain = {key: _named(county, value) for key, value in told.items() if key not in ("site", "point")}
    if "site" in told:
        return {"site": _site(county, told["site"] - 1)} | plain
    if "point" in told:
        return {"point": _community(county, int(county.points[told["point"] - 1]))} | plain
    return plain


def _site(county: County, site: int) -> str:
    row = -1 if site < county.existing else int(county.candidates.community[site - county.existing])
    return county.problem.site_names[site] if row < 0 else _community(county, row)


def _community(county: County, row: int) -> str:
    communities, units = county.ground.inputs.communities, county.ground.inputs.units
    unit = int(communities.unit_id[row])
    return f"{communities.name[row]}（{units[unit].name}）" if unit in units else str(communities.name[row])
