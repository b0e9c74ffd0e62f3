"""A scenario as a GeoPackage: communities, facilities, townships, circles, and a table of what it says of itself."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import shapely

from geoservice.crs import SRID
from geoservice.language import translate
from geoservice.publish.reports.words import titled
from geoservice.publish.scenarios import words
from geoservice.publish.scenarios.content import Content

_FIGURES = ("population", "population_60", "within_before", "within")
_UNIT_FIGURES = ("facilities", "communities_covered", "population", "population_covered", "population_60_covered")
Columns = Mapping[str, Any]


def geopackage(content: Content) -> bytes:
    """The file as bytes; longitude first in EPSG:4490, names of columns in English, words in them as the reader's."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.gpkg"
        _write(path, "communities", "Point", _communities(content))
        _write(path, "facilities", "Point", _facilities(content))
        _write(path, "townships", "MultiPolygon", _townships(content))
        if content.circles:
            _write(path, "circles", "MultiPolygon", _circles(content))
        _write(path, "changes", None, _changes(content))
        _write(path, "about", None, {"line": pa.array(_about(content), pa.string())})
        return path.read_bytes()


def _write(path: Path, layer: str, geometry_type: str | None, columns: Columns) -> None:
    # Imported late: GDAL loads for nobody else.
    import pyogrio

    placed = geometry_type is not None
    pyogrio.write_arrow(
        pa.table(dict(columns)),
        path,
        layer=layer,
        driver="GPKG",
        geometry_name="geometry" if placed else None,
        geometry_type=geometry_type,
        crs=f"EPSG:{SRID}" if placed else None,
        append=path.exists(),
    )


def _communities(content: Content) -> Columns:
    rows = content.communities
    return {
        "community_id": _integers(rows, "id"),
        "name": _texts(rows, "name"),
        "unit": _texts(rows, "unit"),
        "fate": _texts(rows, "fate"),
        "fate_words": pa.array([words.fate_words(row["fate"]) for row in rows], pa.string()),
        **{name: _integers(rows, name) for name in _FIGURES},
        "time_s": pa.array([row["time_s"] for row in rows], pa.float64()),
        "nearest": pa.array([None if row["nearest"] is None else _name(row["nearest"]) for row in rows], pa.string()),
        "geometry": _points(rows),
    }


def _facilities(content: Content) -> Columns:
    rows = [row for row in content.facilities if row["lon"] is not None]
    return {
        "facility_id": _integers(rows, "facility"),
        "site": _integers(rows, "site"),
        "name": pa.array([_name(row) for row in rows], pa.string()),
        "status": _texts(rows, "status"),
        "places": _integers(rows, "places"),
        "opened_on": _texts(rows, "opened_on"),
        "closed_on": _texts(rows, "closed_on"),
        "lost_population": pa.array([row.get("lost_population") for row in rows], pa.int64()),
        "geometry": _points(rows),
    }


def _townships(content: Content) -> Columns:
    told = {row["unit_id"]: row for row in content.told["units"]}
    rows = [(one, told[one.values["unit_id"]]) for one in content.units if one.values["unit_id"] in told]
    shapes = [one.geometry for one, _ in rows]
    return {
        "unit_id": pa.array([row["unit_id"] for _, row in rows], pa.int64()),
        "name": pa.array([row["name"] for _, row in rows], pa.string()),
        **{
            f"{name}_{state}": pa.array([row[state][name] for _, row in rows], pa.int64())
            for name in _UNIT_FIGURES
            for state in ("before", "after")
        },
        "geometry": _areas(shapes),
    }


def _circles(content: Content) -> Columns:
    return {
        "mode": pa.array([one.values["mode"] for one in content.circles], pa.string()),
        "minutes": pa.array([one.values["minutes"] for one in content.circles], pa.int64()),
        "area_km2": pa.array([one.values["area_km2"] for one in content.circles], pa.float64()),
        "geometry": _areas([one.geometry for one in content.circles]),
    }


def _changes(content: Content) -> Columns:
    rows = [
        (plan.row.name, number, line)
        for plan in content.plans
        for number, line in enumerate(words.changes_told(plan), start=1)
    ]
    return {
        "scenario": pa.array([row[0] for row in rows], pa.string()),
        "number": pa.array([row[1] for row in rows], pa.int64()),
        "change": pa.array([row[2] for row in rows], pa.string()),
    }


def _about(content: Content) -> list[str]:
    return [
        titled(content.title),
        *content.release.words(),
        *words.dates(content),
        *words.assumptions(content),
        *(translate("scenario.report.text", None, text=one) for one in words.texts_applied(content)),
        *words.rules(content),
        *words.sources(content),
        *content.attributions,
    ]


def _name(row: Mapping[str, Any]) -> str:
    return row["name"] or translate("scenario.site", None, number=row["site"])


def _texts(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    return pa.array([row[name] for row in rows], pa.string())


def _integers(rows: Sequence[Mapping[str, Any]], name: str) -> Any:
    return pa.array([row[name] for row in rows], pa.int64())


def _points(rows: Sequence[Mapping[str, Any]]) -> Any:
    return pa.array([shapely.to_wkb(shapely.Point(row["lon"], row["lat"])) for row in rows], pa.binary())


def _areas(shapes: Sequence[Any]) -> Any:
    several = [shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.area]) for shape in shapes]
    return pa.array([shapely.to_wkb(shape) for shape in several], pa.binary())
