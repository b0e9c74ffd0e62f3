"""Checks asked of the database in the name of whoever acts: exact counts, and the largest findings."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from geoservice.catalog import Catalog
from geoservice.editing.quality.checks import CHECKS
from geoservice.editing.quality.checks.sql import TABLES
from geoservice.editing.quality.declared import Check, load_thresholds
from geoservice.errors import NotFound
from geoservice.ingest.load import registered_twice

# Findings that are told of one check; the count is exact however many there are.
MOST = 1000
LONGEST_SHAPE = 2000

State = Literal["counted", "too-long", "not-yours"]

# Shapes of many vertices are told by their box: the place counts, and an answer stays small.
_ASKED = """
    with found as ({sql}),
    largest as (
        select f.*, count(*) over () as total from found f
        order by coalesce(f.area_m2, f.length_m) desc nulls last, f.ids, st_xmin(f.shape), st_ymin(f.shape) limit :most
    )
    select ids, names, area_m2, length_m, value, other, pieces, total,
           st_x(p.geom) as lon, st_y(p.geom) as lat,
           st_xmin(shape) as west, st_ymin(shape) as south, st_xmax(shape) as east, st_ymax(shape) as north,
           st_asgeojson(case when st_npoints(shape) > :longest then st_envelope(shape) else shape end, 8) as geometry
    from largest l cross join lateral (select st_pointonsurface(l.shape) as geom) p
    order by coalesce(area_m2, length_m) desc nulls last, ids, west, south
"""
_TIMEOUT = text("select set_config('statement_timeout', :ms, true)")
_PRESENT = text("select current_setting('statement_timeout')")


@dataclass(frozen=True)
class Finding:
    """One place where something may be wrong.

    Attributes
    ----------
    ids, names
        Records of the check's layer, the one to be mended first; at most 20 of them.
    area_m2, length_m
        On the ellipsoid; None where they say nothing.
    value, other
        What the texts name.
    pieces
        How many parts, vertices or records it counts.
    lon, lat, bbox
        A point on it and west, south, east, north in degrees (EPSG:4490); None where it has no place.
    geometry
        GeoJSON, longitude first.
    """

    ids: tuple[int, ...]
    names: tuple[str, ...]
    area_m2: float | None
    length_m: float | None
    value: str | None
    other: str | None
    pieces: int
    lon: float | None
    lat: float | None
    bbox: tuple[float, float, float, float] | None
    geometry: dict[str, Any] | None


@dataclass(frozen=True)
class Result:
    """What a check has found.

    Attributes
    ----------
    state
        ``counted``; ``too-long`` where it took longer than it may; ``not-yours`` where only who sees every record
        can tell.
    count
        Exact; None where it was not counted.
    findings
        The largest, at most `MOST`.
    """

    check: Check
    state: State
    count: int | None
    findings: tuple[Finding, ...]


def check_named(name: str) -> Check:
    """A check by its id.

    Raises
    ------
    NotFound
        ``quality.no-check``

    Examples
    --------
    >>> check_named("units.overlap").severity
    'error'
    """
    for check in CHECKS:
        if check.id == name:
            return check
    raise NotFound("quality.no-check", check=name[:60])


def mend(check: Check, record: int) -> str:
    """Address of the page that opens a record ready to mend.

    Examples
    --------
    >>> mend(check_named("units.overlap"), 7), mend(check_named("communities.no-people"), 7)
    ('/data?layer=units&record=7&edit=geometry', '/data?layer=communities&record=7&edit=values&field=population')
    """
    how = "edit=geometry" if check.mend == "geometry" else f"edit=values&field={check.mend}"
    return f"/data?layer={check.layer}&record={record}&{how}"


def layers_read(check: Check) -> tuple[str, ...]:
    """Layers whose change may change what a check finds.

    Examples
    --------
    >>> layers_read(check_named("facilities.off-road"))
    ('facilities', 'roads')
    """
    return tuple(layer for layer, table in TABLES.items() if re.search(rf"\b{table}\b", check.sql))


def run_check(
    connection: Connection, check: Check, *, catalog: Catalog, day: date, whole: bool, within_s: float, most: int = MOST
) -> Result:
    """One check, in a savepoint of its own: whatever becomes of it, the connection goes on.

    Parameters
    ----------
    day
        Records in force on this day count.
    whole
        Whether whoever asks sees every record.
    within_s
        Deadline of each of its statements.
    most
        Findings that are told.
    """
    if check.whole and not whole:
        return Result(check, "not-yours", None, ())
    try:
        with connection.begin_nested():
            before = connection.execute(_PRESENT).scalar_one()
            connection.execute(_TIMEOUT, {"ms": str(max(1, int(within_s * 1000)))})
            given = parameters(catalog, day)
            if check.prepare is not None:
                given |= check.prepare(connection, given)
            asked = text(_ASKED.format(sql=check.sql))
            rows = connection.execute(asked, {**given, "most": most, "longest": LONGEST_SHAPE}).mappings().all()
            connection.execute(_TIMEOUT, {"ms": before})
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "57014":
            raise
        return Result(check, "too-long", None, ())
    return Result(check, "counted", rows[0]["total"] if rows else 0, tuple(_finding(row) for row in rows))


def run_checks(
    connection: Connection, *, catalog: Catalog, day: date, whole: bool, each_s: float, most: int = MOST
) -> Iterator[Result]:
    """Every check, errors first; `each_s` is the deadline of each."""
    for check in CHECKS:
        yield run_check(connection, check, catalog=catalog, day=day, whole=whole, within_s=each_s, most=most)


def parameters(catalog: Catalog, day: date) -> dict[str, Any]:
    """What the checks are asked with: the day, the thresholds, and what the declarations know."""
    declared = load_thresholds(catalog)
    mode = catalog.modes[declared.off_road.mode]
    classes = [entry.code for entry in catalog.codes["road_classes"].entries]
    listed = {
        name: [entry.code for entry in catalog.codes[name].entries] for name in ("facility_types", "place_classes")
    }
    return {
        **declared.figures,
        **listed,
        "day": day,
        "road_classes": classes,
        "bed_types": list(declared.beds.types),
        "access": mode.access,
        "barred": [name for name in classes if mode.class_speed_kmh(name) == 0],
        "off_road_m": mode.off_network_m,
        **registered_twice.asked(catalog),
    }


def _finding(row: Mapping[Any, Any]) -> Finding:
    box = (row["west"], row["south"], row["east"], row["north"])
    return Finding(
        **{name: row[name] for name in ("area_m2", "length_m", "value", "other", "pieces", "lon", "lat")},
        ids=tuple(row["ids"]),
        names=tuple(row["names"]),
        bbox=None if box[0] is None else box,
        geometry=None if row["geometry"] is None else json.loads(row["geometry"]),
    )
