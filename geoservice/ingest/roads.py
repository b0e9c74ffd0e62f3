"""The bureau's own roads: what their fields say, and the network that their lines make."""

from __future__ import annotations

import unicodedata
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
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet, Refusal
from geoservice.language import current_language

Progress = Callable[[str, int, int], None]

DIRECTIONS = {
    "no": ("no", "false", "0", "n", "b", "both", "twoway", "否", "双向", "双向通行", "双行", "双", "非单行"),
    "forward": ("forward", "yes", "true", "1", "y", "f", "ft", "是", "单向", "单行", "单向通行", "正向", "顺向", "正"),
    "backward": ("backward", "reverse", "-1", "t", "tf", "逆向", "反向", "逆", "反"),
}
TRAVELLERS = {
    "walk": ("walk", "foot", "pedestrian", "步行", "行人"),
    "bicycle": ("bicycle", "bike", "ebike", "自行车", "非机动车", "电动自行车", "电动车"),
    "car": ("car", "motor_vehicle", "motorcar", "汽车", "机动车", "小汽车"),
}
LISTED_NEAR_MISSES = 1000
SHOWN_NEAR_MISSES = 5
GROUND, BRIDGE, TUNNEL = 0, 1, 2


@dataclass
class _Road:
    """What one record says, or why it is refused."""

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
    refusals: list[Refusal] = []
    roads = [_road(row, catalog, records, refusals) for row in records.records.to_dict("records")]
    said = [road for road in roads if road is not None]
    records.reject(refusals)
    frame = records.records.reset_index(drop=True)
    if not len(frame):
        return replace(records, records=frame.assign(node_ids=None))
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


def direction(value: object) -> str | None:
    """``no``, ``forward`` or ``backward`` in the direction of the drawing; None for a word that is not known.

    Examples
    --------
    >>> direction("单行"), direction("逆向"), direction(None), direction("FT"), direction("也许")
    ('forward', 'backward', 'no', 'forward', None)
    """
    word = _folded(value)
    return "no" if not word else next((name for name, words in DIRECTIONS.items() if word in words), None)


def traveller(value: object) -> str | None:
    """``walk``, ``bicycle`` or ``car``; None for a word that is not known.

    Examples
    --------
    >>> traveller("步行"), traveller("bicycle"), traveller("马")
    ('walk', 'bicycle', None)
    """
    word = _folded(value)
    return next((name for name, words in TRAVELLERS.items() if word in words), None)


def _folded(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    text = unicodedata.normalize("NFKC", str(value)).strip().casefold()
    return text.removesuffix(".0")


def _road(row: Mapping[Any, Any], catalog: Catalog, records: RecordSet, refusals: list[Refusal]) -> _Road | None:
    number = int(row[SOURCE_ROW])
    oneway = direction(row.get("oneway"))
    if oneway is None:
        refusals.append(records.refusal(number, _title(catalog, "oneway"), row["oneway"], "import.roads-oneway"))
    modes = _modes(row, catalog)
    if modes is None:
        refusals.append(
            records.refusal(number, _title(catalog, "modes"), "、".join(map(str, row["modes"])), "import.roads-mode")
        )
    if oneway is None or modes is None:
        return None
    return _Road(oneway, modes, int(row.get("level") or 0), bool(row.get("bridge")), bool(row.get("tunnel")))


def _title(catalog: Catalog, name: str) -> str:
    title: str = getattr(catalog.layers["roads"].field(name).title, current_language.get())
    return title


def _modes(row: Mapping[Any, Any], catalog: Catalog) -> list[str] | None:
    """The modes of the record, else those of its class; None where one is not known."""
    given = row.get("modes")
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        entry = next((one for one in catalog.codes["road_classes"].entries if one.code == row.get("class")), None)
        default = entry.attributes.get("modes") if entry else None
        return list(default) if isinstance(default, list) else []
    known = [traveller(word) for word in given]
    if None in known:
        return None
    return [mode for mode in TRAVELLERS if mode in known]


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
