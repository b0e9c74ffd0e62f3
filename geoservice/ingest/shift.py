"""Whether a file is shifted as GCJ-02 or BD-09, found by comparison with geometry of known position.

Nothing in a file says so. Three hypotheses are scored, and none is chosen unless it is clearly the best.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoservice.crs import BD09, ELLIPSOID, GCJ02, Crs, in_shifted_region, metric_crs
from geoservice.ingest.readers.raw import Cells

DECLARED = "declared"
HYPOTHESES = (DECLARED, GCJ02, BD09)

# The margin: the error of the best hypothesis is at most this share of the error of the next one, for overlap the
# error being 1 - intersection over union, and differs from it by at least the absolute step.
MARGIN_SHARE = 0.6
MARGIN_IOU = 0.005
MARGIN_M = 100.0
# Roads of a town lie so near to each other that a shifted line is never far from some road.
MARGIN_ROADS_M = 5.0
# A best score worse than this proves that the two sources show different things.
WORST_IOU = 0.5
WORST_POINTS_M = 1000.0
WORST_ROADS_M = 50.0
# One pair of points may agree by accident.
LEAST_POINTS = 3
LEAST_SAMPLES = 50

_MOST_PAIRS = 500
_MOST_SAMPLES = 5000
_AREAS, _POINTS, _LINES = (3, 6), (0, 4), (1, 5)


@dataclass(frozen=True)
class Reference:
    """Geometry of known position, never of the schematic sample; EPSG:4490, longitude first.

    Attributes
    ----------
    geometry
        Points, lines or polygons, in any mixture: each kind is compared with its own kind.
    codes, names
        Of each geometry; None where it has none. Roads need neither.
    """

    geometry: Cells
    codes: Sequence[str | None] = ()
    names: Sequence[str | None] = ()

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees; None when empty."""
        bounds = shapely.total_bounds(self.geometry)
        if not np.isfinite(bounds).all():
            return None
        west, south, east, north = bounds.tolist()
        return west, south, east, north


@dataclass(frozen=True)
class ShiftReport:
    """What the comparison found.

    Attributes
    ----------
    verdict
        ``declared``, ``GCJ02``, ``BD09``, or None where it cannot be decided (不能判定).
    measure
        ``iou`` (more is better) or ``distance_m`` (less is better); None where nothing was compared.
    scores
        Hypothesis to score.
    matched
        Pairs, or sampled points of roads, that were compared.
    reason
        Why there is no verdict: ``no-reference``, ``no-match``, ``too-few``, ``not-similar``, ``not-separated``,
        ``outside-region``; ``decided`` otherwise.
    """

    verdict: str | None
    reason: str
    measure: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    matched: int = 0

    def as_dict(self) -> dict[str, object]:
        """Fit for JSON."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "measure": self.measure,
            "scores": {name: round(score, 4) for name, score in self.scores.items()},
            "matched": self.matched,
        }

    def shown(self) -> str:
        """The scores in one line, for a message."""
        form = "{}={:.4f}" if self.measure == "iou" else "{}={:.1f} m"
        return ", ".join(form.format(name, score) for name, score in self.scores.items()) or "-"


def detect_shift(
    geometry: Cells,
    reference: Reference | None,
    *,
    codes: Sequence[str | None] = (),
    names: Sequence[str | None] = (),
) -> ShiftReport:
    """Compares geometries under three hypotheses with the reference.

    Parameters
    ----------
    geometry
        Degrees as the file holds them, longitude first; None is left out.
    codes, names
        Of each geometry.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> points = np.array([shapely.Point(113.1 + step / 50, 30.6) for step in range(4)], dtype=object)
    >>> known = Reference(points, names=["a", "b", "c", "d"])
    >>> shifted = Crs.parse("GCJ02").from_lonlat(points)
    >>> detect_shift(shifted, known, names=["a", "b", "c", "d"]).verdict
    'GCJ02'
    >>> detect_shift(shifted, None).reason
    'no-reference'
    """
    coordinates = shapely.get_coordinates(geometry[shapely.get_type_id(geometry) >= 0][:_MOST_PAIRS])
    if not len(coordinates) or not in_shifted_region(coordinates[:, 0], coordinates[:, 1]).any():
        return ShiftReport(None, "outside-region")
    if reference is None or not len(reference.geometry):
        return ShiftReport(None, "no-reference")
    kind = _kind(geometry)
    if kind == _LINES:
        return _compare_lines(geometry, reference)
    pairs = _pairs(geometry, reference, kind, codes, names)
    if not pairs:
        return ShiftReport(None, "no-match")
    mine = geometry[[one for one, _ in pairs]]
    theirs = reference.geometry[[other for _, other in pairs]]
    return _compare_areas(mine, theirs) if kind == _AREAS else _compare_points(mine, theirs)


def _kind(geometry: Cells) -> tuple[int, int]:
    types = Counter(shapely.get_type_id(geometry).tolist())
    return max((_AREAS, _POINTS, _LINES), key=lambda kind: sum(types[one] for one in kind))


def _of_kind(geometry: Cells, kind: tuple[int, int]) -> NDArray[np.intp]:
    return np.flatnonzero(np.isin(shapely.get_type_id(geometry), kind))


def _pairs(
    geometry: Cells,
    reference: Reference,
    kind: tuple[int, int],
    codes: Sequence[str | None],
    names: Sequence[str | None],
) -> list[tuple[int, int]]:
    """Positions of geometries and of references with the same code, else with a name that occurs once in both."""
    mine, theirs = _of_kind(geometry, kind).tolist(), _of_kind(reference.geometry, kind).tolist()
    found: dict[int, int] = {}
    for own, others in ((names, reference.names), (codes, reference.codes)):  # the later one, codes, wins
        if len(own) and len(others):
            left, right = _once(mine, own, geometry), _once(theirs, others, reference.geometry)
            found |= {left[text]: right[text] for text in left if text in right}
    pairs = sorted(found.items())
    step = max(1, len(pairs) // _MOST_PAIRS)
    return pairs[::step]


def _once(positions: Sequence[int], texts: Sequence[str | None], geometry: Cells) -> dict[str, int]:
    """Text to the position of the one geometry that bears it; a geometry that is listed twice counts once."""
    found: dict[str, int] = {}
    several = set()
    for position in positions:
        text = texts[position]
        if text is None:
            continue
        first = found.setdefault(text, position)
        if first != position and not geometry[position].equals_exact(geometry[first]):
            several.add(text)
    return {text: position for text, position in found.items() if text not in several}


def _moved(geometry: Any) -> dict[str, Any]:
    """The geometry under each hypothesis."""
    return {
        DECLARED: geometry,
        GCJ02: Crs.parse(GCJ02).to_lonlat(geometry),
        BD09: Crs.parse(BD09).to_lonlat(geometry),
    }


def _compare_areas(mine: Cells, theirs: Cells) -> ShiftReport:
    scores = {}
    theirs = shapely.make_valid(theirs)
    for name, moved in _moved(mine).items():
        moved = shapely.make_valid(moved)  # noqa: PLW2901  the hypothesis, mended
        common = shapely.area(shapely.intersection(moved, theirs))
        scores[name] = float(np.median(common / (shapely.area(moved) + shapely.area(theirs) - common)))
    errors = {name: 1.0 - score for name, score in scores.items()}
    return _verdict("iou", scores, errors, len(mine), worst=1.0 - WORST_IOU, step=MARGIN_IOU)


def _compare_points(mine: Cells, theirs: Cells) -> ShiftReport:
    goal = shapely.get_coordinates(shapely.centroid(theirs))
    scores = {}
    for name, moved in _moved(mine).items():
        here = shapely.get_coordinates(shapely.centroid(moved))
        _, _, distance = ELLIPSOID.inv(here[:, 0], here[:, 1], goal[:, 0], goal[:, 1])
        scores[name] = float(np.median(distance))
    return _verdict(
        "distance_m", scores, scores, len(mine), worst=WORST_POINTS_M, step=MARGIN_M, least=LEAST_POINTS
    )  # fmt: skip


def _compare_lines(geometry: Cells, reference: Reference) -> ShiftReport:
    roads = reference.geometry[_of_kind(reference.geometry, _LINES)]
    if not len(roads):
        return ShiftReport(None, "no-match")
    samples = _samples(geometry[_of_kind(geometry, _LINES)])
    middle = np.median(samples, axis=0)
    local = metric_crs(float(middle[0]), float(middle[1]))
    roads = local.to_metres(roads)
    tree = shapely.STRtree(roads)
    west, south, east, north = shapely.total_bounds(roads).tolist()
    near = shapely.box(west - 2000.0, south - 2000.0, east + 2000.0, north + 2000.0)
    scores, used = {}, 0
    for name, moved in _moved(shapely.points(samples)).items():
        points = local.to_metres(moved)
        points = points[shapely.within(points, near)]
        if len(points) < LEAST_SAMPLES:
            return ShiftReport(None, "too-few", matched=len(points))
        _, distance = tree.query_nearest(points, return_distance=True, all_matches=False)
        scores[name], used = float(np.median(distance)), len(points)
    return _verdict("distance_m", scores, scores, used, worst=WORST_ROADS_M, step=MARGIN_ROADS_M)


def _samples(lines: Cells) -> NDArray[np.float64]:
    """Vertices and middles of segments, thinned evenly."""
    parts = shapely.get_parts(lines)
    coordinates, owner = shapely.get_coordinates(parts, return_index=True)
    same = owner[1:] == owner[:-1]
    middles = (coordinates[1:] + coordinates[:-1])[same] / 2
    points: NDArray[np.float64] = np.concatenate([coordinates, middles])
    return points[:: max(1, len(points) // _MOST_SAMPLES)]


def _verdict(
    measure: str,
    scores: dict[str, float],
    errors: dict[str, float],
    matched: int,
    *,
    worst: float,
    step: float,
    least: int = 1,
) -> ShiftReport:
    best, second = sorted(errors, key=lambda name: errors[name])[:2]
    reason = "decided"
    if matched < least:
        reason = "too-few"
    elif errors[best] > worst:
        reason = "not-similar"
    elif errors[best] > MARGIN_SHARE * errors[second] or errors[second] - errors[best] < step:
        reason = "not-separated"
    return ShiftReport(best if reason == "decided" else None, reason, measure, scores, matched)
