"""The bureau's own roads: what their fields say, and the network that their lines make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from geoservice.catalog import Catalog
from geoservice.ingest.load.identify import derive_keys
from geoservice.ingest.load.staging import missing
from geoservice.ingest.noding import Lines, NetworkReport, Noded, describe, node_lines, node_numbers
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet

Progress = Callable[[str, int, int], None]

LISTED_NEAR_MISSES = 1000
SHOWN_NEAR_MISSES = 5
GROUND, BRIDGE, TUNNEL = 0, 1, 2


@dataclass
class _Road:
    """What one record says."""

    oneway: str
    modes: list[str]
    level: int
    bridge: bool
    tunnel: bool

    @property
    def structure(self) -> int:
        return TUNNEL if self.tunnel else BRIDGE if self.bridge else GROUND


def read_roads(
    records: RecordSet, catalog: Catalog, tolerance_m: float, *, progress: Progress | None = None
) -> RecordSet:
    """Roads as a network: lines noded, directions and modes of travel in our words.

    Parameters
    ----------
    records
        Records of the layer roads as `reading.read_layer` gives them: geometry in EPSG:4490, longitude first.
    catalog
        Says who may use a road of a class where the record does not.
    tolerance_m
        Ends nearer than this to an end or to a line are joined to it.
    progress
        Called with the key of a step, the steps done and all steps.

    Returns
    -------
    RecordSet
        The same records with `node_ids`, with vertices added where lines meet and ends moved by no more than the
        tolerance; `report["network"]` counts what was done and lists near misses. A second reading of the same file
        gives the same.
    """
    tell = progress or (lambda _step, _done, _all: None)
    tell("import.step.noding", 0, 2)
    frame = records.records.reset_index(drop=True)
    if not len(frame):
        return replace(records, records=frame.assign(node_ids=None))
    said = [_road(row, catalog) for row in frame.to_dict("records")]
    names = [_named(key, row) for key, row in zip(frame["key"], frame[SOURCE_ROW], strict=True)]
    # From the lines as they were drawn, so that a new road does not change the keys of those that it meets.
    records.records = frame
    derive_keys(catalog.layers["roads"], records)
    noded = node_lines(_lines(frame, said, catalog), tolerance_m)
    tell("import.step.noding", 1, 2)
    report = describe(noded)
    frame, short = _noded_frame(frame, said, noded)
    tell("import.step.noding", 2, 2)
    return replace(
        records,
        records=frame,
        notices=[*records.notices, *_notices(report, names, short)],
        report={**records.report, "network": _shown(report, names, tolerance_m)},
    )


def _named(key: object, row: object) -> str:
    """What a person finds a line by: its key, else its number in the file."""
    return f"#{row}" if missing(key) else str(key)


def _road(row: Mapping[Any, Any], catalog: Catalog) -> _Road:
    oneway = "no" if missing(row.get("oneway")) else row["oneway"]
    level = int(row.get("level") or 0)
    return _Road(oneway, modes_of(row, catalog), level, bool(row.get("bridge")), bool(row.get("tunnel")))


def modes_of(row: Mapping[Any, Any], catalog: Catalog) -> list[str]:
    """Who may use a road: those that its record names in `modes`, else those of its `class`."""
    given = row.get("modes")
    if isinstance(given, Sequence) and not isinstance(given, str) and given:
        return list(given)
    entry = next((one for one in catalog.codes["road_classes"].entries if one.code == row.get("class")), None)
    default = entry.attributes.get("modes") if entry else None
    return list(default) if isinstance(default, list) else []


def _lines(frame: gpd.GeoDataFrame, roads: Sequence[_Road], catalog: Catalog) -> Lines:
    positions, owner = shapely.get_coordinates(frame.geometry.array, return_index=True)
    counts = np.bincount(owner, minlength=len(frame))
    barred = {
        entry.code
        for entry in catalog.codes["road_classes"].entries
        if entry.attributes.get("level_crossings") is False
    }
    return Lines(
        np.concatenate([[0], np.cumsum(counts)]),
        positions[:, 0].copy(),
        positions[:, 1].copy(),
        np.array([road.level for road in roads], dtype=np.int64),
        np.array([road.structure for road in roads], dtype=np.int64),
        ~frame["class"].isin(barred).to_numpy(dtype=bool),
    )


def _noded_frame(frame: gpd.GeoDataFrame, roads: Sequence[_Road], noded: Noded) -> tuple[gpd.GeoDataFrame, list[int]]:
    """The records with their nodes, and the rows of lines shorter than the tolerance, of which a point is left."""
    lines = noded.lines
    positions = np.column_stack([lines.lon, lines.lat])
    geoms = np.asarray(shapely.linestrings(positions, indices=lines.line))
    numbers = np.split(node_numbers(noded), lines.offset[1:-1])
    columns: dict[str, list[Any]] = {
        "oneway": [road.oneway for road in roads],
        "modes": [road.modes for road in roads],
        "level": [road.level for road in roads],
        "bridge": [road.bridge for road in roads],
        "tunnel": [road.tunnel for road in roads],
        "node_ids": [part.tolist() for part in numbers],
    }
    after = frame.copy()
    for name, values in columns.items():
        after[name] = np.fromiter(values, dtype=object, count=len(values))
    after[GEOM] = gpd.GeoSeries(geoms, crs=frame.crs, index=frame.index)
    point = shapely.length(geoms) == 0
    short = after.loc[point, SOURCE_ROW].astype(int).tolist()
    return after[~point].reset_index(drop=True), short


def _notices(report: NetworkReport, names: Sequence[str], short: Sequence[int]) -> list[Notice]:
    notices = [
        Notice(
            None,
            "import.roads-noded",
            {
                "ends": report.ends_moved,
                "splits": report.splits,
                "crossings": report.crossings,
                "components": report.components,
                "dead_ends": report.dead_ends,
            },
        )
    ]
    if short:
        rows = ", ".join(map(str, short[:SHOWN_NEAR_MISSES]))
        notices.append(Notice(None, "import.roads-too-short", {"count": len(short), "rows": rows}))
    if report.near_misses:
        shown = "; ".join(
            f"{names[miss.line]} → {names[miss.other]} {miss.gap_m} m ({miss.lon:.6f}, {miss.lat:.6f})"
            for miss in report.near_misses[:SHOWN_NEAR_MISSES]
        )
        notices.append(Notice(None, "import.roads-near-misses", {"count": len(report.near_misses), "examples": shown}))
    return notices


def _shown(report: NetworkReport, names: Sequence[str], tolerance_m: float) -> dict[str, Any]:
    misses = [
        {
            "key": names[miss.line],
            "other": names[miss.other],
            "lon": round(miss.lon, 7),
            "lat": round(miss.lat, 7),
            "gap_m": miss.gap_m,
        }
        for miss in report.near_misses[:LISTED_NEAR_MISSES]
    ]
    return {
        "tolerance_m": tolerance_m,
        **report.counts(),
        "near_misses": len(report.near_misses),
        "near_miss_list": misses,
    }
