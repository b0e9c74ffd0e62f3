"""What a plan of the county keeps, as arrays of its problem: what exists, costs, spacing, floors of townships."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geoservice.coverage.scenarios.ground import Ground
from geoservice.crs import ELLIPSOID
from geoservice.errors import BadInput
from geoservice.network.arrays import Bools, Int32s, Int64s
from geoservice.siting.county.candidates import Candidates
from geoservice.siting.county.question import Question

MOST_CONFLICTS = 1_000_000
# The mean radius of the ellipsoid, and how much farther two places may seem apart on a sphere of it than they are.
_RADIUS_M, _SPHERE = 6_371_009.0, 1.01


def given_up(ground: Ground, question: Question) -> Bools:
    """Which of the existing facilities may be given up: of those inside the county, all or those that are named.

    Raises
    ------
    BadInput
        ``siting.no-facility`` for an id that is none of them, ``siting.too-few-existing``.
    """
    asked, row = question.existing, ground.row
    if not asked.most:
        return np.zeros(row.size, dtype=np.bool_)
    facilities = ground.inputs.facilities
    inside = ground.inside(facilities.lon[row], facilities.lat[row])
    ids = np.array([record.id for record in ground.register[: row.size]], dtype=np.int64)
    for one in asked.only:
        if one not in ids[inside]:
            raise BadInput("siting.no-facility", id=one)
    free: Bools = inside & np.isin(ids, asked.only) if asked.only else inside
    if asked.most > free.sum():
        raise BadInput("siting.too-few-existing", asked=asked.most, there=int(free.sum()))
    return free


def costs_of(ground: Ground, candidates: Candidates, question: Question) -> Int64s:
    """Cost of each site: none of what exists, of a candidate its own or that of all."""
    own = np.full(len(candidates), -1, dtype=np.int64) if candidates.cost is None else candidates.cost
    new = np.where(own < 0, question.limits.cost or 0, own)
    return np.concatenate([np.zeros(ground.row.size, dtype=np.int64), new])


def too_near(ground: Ground, candidates: Candidates, spacing_m: float | None) -> Int32s:
    """Pairs of sites nearer to each other than the spacing, by geodesics; exactly so far is enough.

    Raises
    ------
    BadInput
        ``siting.spacing-too-wide``
    """
    if spacing_m is None:
        return np.empty((0, 2), dtype=np.int32)
    facilities, row = ground.inputs.facilities, ground.row
    lon = np.concatenate([facilities.lon[row], candidates.lon])
    lat = np.concatenate([facilities.lat[row], candidates.lat])
    x, y = np.radians(lon), np.radians(lat)
    globe = np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)]) * _RADIUS_M
    tree = cKDTree(globe)
    reach = spacing_m * _SPHERE
    if (tree.count_neighbors(tree, reach) - lon.size) // 2 > MOST_CONFLICTS:
        raise BadInput("siting.spacing-too-wide", spacing_m=spacing_m, most=MOST_CONFLICTS)
    first, second = tree.query_pairs(reach, output_type="ndarray").reshape(-1, 2).T
    # Two facilities that exist both stay, however near they are.
    new = second >= row.size
    first, second = first[new], second[new]
    _, _, apart = ELLIPSOID.inv(lon[first], lat[first], lon[second], lat[second])
    near = np.asarray(apart) < spacing_m
    found: Int32s = np.column_stack([first[near], second[near]]).astype(np.int32)
    return found[np.lexsort((found[:, 1], found[:, 0]))]


def floors_of(question: Question, unit: Int64s) -> tuple[Int32s | None, Int64s | None]:
    """The township of each demand point among those with a floor, -1 for the others, and thousandths by township.

    Parameters
    ----------
    unit
        Id of the township of each demand point, -1 where it is not known.

    Raises
    ------
    BadInput
        ``siting.no-township`` for a unit without demand points.
    """
    floors = dict(question.limits.floors)
    if not floors:
        return None, None
    here = np.unique(unit[unit >= 0])
    for one in floors:
        if one is not None and one not in here:
            raise BadInput("siting.no-township", unit_id=one)
    asked = [int(one) for one in here if int(one) in floors or None in floors]
    number = {one: place for place, one in enumerate(asked)}
    group = np.array([number.get(int(one), -1) for one in unit], dtype=np.int32)
    every = floors.get(None, 0)
    return group, np.array([floors.get(one, every) for one in asked], dtype=np.int64)
