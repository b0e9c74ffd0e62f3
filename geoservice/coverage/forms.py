"""The service circle of a case in other forms: by minutes, by how many facilities are in reach, split, as roads."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoservice.access.release import Release
from geoservice.catalog import Limit
from geoservice.coverage.circles import circles
from geoservice.coverage.circles.lines import reached_lines
from geoservice.coverage.circles.zones import Ask, Zone, nearest, overlaps
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.uncertainty.drawn import circle_of
from geoservice.coverage.uncertainty.query import Case, Ground, read_ground
from geoservice.crs import ELLIPSOID
from geoservice.errors import BadRequest, NotFound
from geoservice.language import translate

Form = Literal["rings", "overlap", "nearest", "lines"]
FORMS: tuple[Form, ...] = get_args(Form)
# Where a standard declares no rings.
EVERY_MINUTES = 5
MOST_RINGS = 30
# A centimetre.
_DIGITS = 7


@dataclass(frozen=True)
class Part:
    """A piece of a form: what tells it apart, its geometry by longitude and latitude, its size."""

    told: dict[str, Any]
    geometry: BaseGeometry


@dataclass(frozen=True)
class Forms:
    """One form of a circle, the widest part first."""

    case: Case
    form: Form
    limit: Limit
    parts: Sequence[Part]
    release: Release

    def as_dict(self, *, tolerance: float = 0.0) -> dict[str, Any]:
        """A GeoJSON FeatureCollection (RFC 7946), outlines thinned by a tolerance in degrees."""
        return {
            "type": "FeatureCollection",
            "form": self.form,
            "service": self.case.service.id,
            "facility_type": self.case.type,
            "on": self.case.on.isoformat(),
            "limit": self.limit.model_dump(mode="json"),
            "schematic": self.release.schematic,
            "notice": translate("notice.schematic") if self.release.schematic else None,
            "release": self.release.as_dict(),
            "features": [
                {
                    "type": "Feature",
                    "properties": part.told | {"mode": self.limit.mode, "schematic": self.release.schematic},
                    "geometry": json.loads(shapely.to_geojson(_thinned(part.geometry, tolerance))),
                }
                for part in self.parts
            ],
        }


def forms(ground: Ground, case: Case, form: Form, *, urban: bool, minutes: int | None = None) -> Forms:
    """A circle of today's inputs in one form.

    Parameters
    ----------
    urban
        Whether the limit of urban or that of rural communities is meant.
    minutes
        In place of the limit's.

    Raises
    ------
    BadRequest
        ``figures.bad-minutes``.
    NotFound
        ``coverage.no-circle`` if no facility is joined to the network; and as `read_ground`.
    """
    limit = case.limits[0 if urban else 1]
    if minutes is not None:
        if not 1 <= minutes <= 600:
            raise BadRequest("figures.bad-minutes", value=minutes, most=600)
        limit = limit.model_copy(update={"minutes": minutes, "source": "request", "setting": True})
    inputs, publication = read_ground(ground, case, (limit,))
    if not inputs.field(limit.mode, case.type).facilities.joined.any():
        raise NotFound("coverage.no-circle", type=case.type, mode=limit.mode)
    parts = _MAKERS[form](ground, case, inputs, limit)
    approval = ground.settings.release.map_approval
    release = Release(case.on, publication.classification, publication.schematic, approval=approval)
    return Forms(case, form, limit, parts, release)


def _rings(_: Ground, case: Case, inputs: Prepared, limit: Limit) -> list[Part]:
    mode, wanted = inputs.modes[limit.mode], rings_of(case, limit)
    field, barriers = inputs.field(limit.mode, case.type), inputs.barriers[mode.barriers]
    drawn = circles(field, mode, [600 * each for each in wanted], barriers)
    parts = [
        Part({"minutes": each, "area_km2": round(circle.area_km2, 6)}, circle.geometry)
        for each, circle in zip(wanted, drawn, strict=True)
    ]
    return parts[::-1]


def rings_of(case: Case, limit: Limit) -> list[int]:
    """Minutes of the rings up to a limit: those that the standard declares, else every five, and the limit itself."""
    step = max(EVERY_MINUTES, -(-limit.minutes // MOST_RINGS))
    inner = case.service.rings or range(step, limit.minutes, step)
    return [*sorted({each for each in inner if 0 < each < limit.minutes}), limit.minutes]


def _overlap(ground: Ground, case: Case, inputs: Prepared, limit: Limit) -> list[Part]:
    circle = _circle(ground, case, inputs, limit)
    whole = Part({"facilities": 1, "minutes": limit.minutes, "area_km2": _km2(circle)}, circle)
    return [
        whole,
        *(_part("facilities", zone.key, limit, zone) for zone in overlaps(_ask(case, inputs, limit), circle)),
    ]


def _nearest(ground: Ground, case: Case, inputs: Prepared, limit: Limit) -> list[Part]:
    mine = inputs.facilities.type == case.type
    ids, names = inputs.facilities.id[mine], inputs.facilities.name[mine]
    zones = nearest(_ask(case, inputs, limit), _circle(ground, case, inputs, limit))
    zones.sort(key=lambda zone: -zone.area_km2)
    parts = [_part("facility_id", int(ids[zone.key]), limit, zone) for zone in zones]
    for part, zone in zip(parts, zones, strict=True):
        part.told["name"] = names[zone.key]
    return parts


def _lines(_: Ground, case: Case, inputs: Prepared, limit: Limit) -> list[Part]:
    wanted = rings_of(case, limit)
    found = reached_lines(
        inputs.field(limit.mode, case.type), inputs.modes[limit.mode], [600 * each for each in wanted]
    )
    return [Part({"minutes": each, "length_km": _km(lines)}, lines) for each, lines in zip(wanted, found, strict=True)][
        ::-1
    ]


def _circle(ground: Ground, case: Case, inputs: Prepared, limit: Limit) -> BaseGeometry:
    drawn = circle_of(ground, case, inputs, limit, draw=True)
    return drawn.shape if drawn is not None else shapely.MultiPolygon()


def _ask(case: Case, inputs: Prepared, limit: Limit) -> Ask:
    mode = inputs.modes[limit.mode]
    return Ask(
        inputs.field(limit.mode, case.type),
        inputs.graphs[limit.mode].reverse,
        lambda lon, lat: inputs.join(limit.mode, lon, lat),
        600 * limit.minutes,
        mode.off_network_kmh / 36.0,
    )


def _part(key: str, value: int, limit: Limit, zone: Zone) -> Part:
    return Part({key: value, "minutes": limit.minutes, "area_km2": round(zone.area_km2, 6)}, zone.geometry)


def _km2(shape: BaseGeometry) -> float:
    return round(abs(ELLIPSOID.geometry_area_perimeter(shape)[0]) / 1e6, 6)


def _km(lines: BaseGeometry) -> float:
    return round(ELLIPSOID.geometry_length(lines) / 1e3, 6)


def _thinned(shape: BaseGeometry, tolerance: float) -> BaseGeometry:
    if tolerance:
        shape = shapely.simplify(shape, tolerance, preserve_topology=False)
        if shape.geom_type.endswith("Polygon"):
            shape = shapely.MultiPolygon(
                [one for one in shapely.get_parts(shapely.make_valid(shape)) if one.area > 0.0]
            )
    return shapely.transform(shape, lambda at: np.round(at, _DIGITS))


_MAKERS: dict[Form, Callable[[Ground, Case, Prepared, Limit], list[Part]]] = {
    "rings": _rings,
    "overlap": _overlap,
    "nearest": _nearest,
    "lines": _lines,
}
