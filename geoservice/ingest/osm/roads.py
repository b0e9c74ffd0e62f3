"""Ways of OpenStreetMap as records of the layer roads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import shapely

from geoservice.catalog import Catalog, CodeEntry
from geoservice.ingest.osm import tags as road_tags
from geoservice.ingest.osm.contents import Line
from geoservice.ingest.osm.frames import Builder, clean, counted, examples
from geoservice.ingest.osm.rules import Rules
from geoservice.ingest.records import RecordSet

Run = tuple[list[int], list[tuple[float, float]]]


def read_roads(lines: Iterable[Line], catalog: Catalog, source: str) -> RecordSet:
    """Roads and ferries with the ids of their nodes.

    A way that the border of the extract cuts is given as the runs of nodes that the file holds, with keys
    ``osm:way/1/0``, ``osm:way/1/1`` ... . A way that nobody may use is kept, with no modes, so that the map shows it.
    Where bicycles may ride against a one-way street, they get a record of their own that is not one-way, with
    ``/bicycle`` at the end of its key.
    """
    rules = Rules.of(catalog.codes["road_classes"])
    builder = Builder(catalog.layers["roads"])
    skipped: list[str] = []
    cut: list[str] = []
    lost: list[str] = []
    for line in lines:
        entry = rules.match(line.tags)
        if entry is None:
            skipped.extend(line.tags[key] for key in ("highway",) if key in line.tags)
            continue
        runs = list(usable_runs(line))
        if None in line.positions:
            (cut if runs else lost).append(line.key)
        elif not runs:
            lost.append(line.key)
        for index, run in enumerate(runs):
            key = line.key if None not in line.positions else f"{line.key}/{index}"
            _add(builder, line, key, run, entry)
    _notices(builder, skipped, cut, lost)
    return builder.record_set(source)


def usable_runs(line: Line) -> Iterator[Run]:
    """The longest runs of nodes with a position, without a node that repeats its forerunner.

    A run of fewer than two different positions is no line and is left out.
    """
    ids: list[int] = []
    positions: list[tuple[float, float]] = []
    for node, position in zip((*line.node_ids, None), (*line.positions, None), strict=True):
        if position is None or node is None:
            if len(set(positions)) > 1:
                yield ids, positions
            ids, positions = [], []
        elif not ids or ids[-1] != node:
            ids.append(node)
            positions.append(position)


def _add(builder: Builder, line: Line, key: str, run: Run, entry: CodeEntry) -> None:
    default = entry.attributes.get("modes", [])
    modes = road_tags.modes(line.tags, default if isinstance(default, list) else [])
    direction = road_tags.oneway(line.tags)
    ids, positions = run
    fields = {
        "name": clean(line.tags.get("name")) or clean(line.tags.get("ref")),
        "class": entry.code,
        "level": road_tags.level(line.tags),
        "bridge": road_tags.flag(line.tags, "bridge"),
        "tunnel": road_tags.flag(line.tags, "tunnel"),
        "speed_kmh": road_tags.speed_kmh(line.tags),
        "node_ids": ids,
    }
    geom = shapely.LineString(positions)
    if direction != "no" and "bicycle" in modes and road_tags.contraflow_cycling(line.tags):
        modes = [mode for mode in modes if mode != "bicycle"]
        builder.add(line.number, geom, key=f"{key}/bicycle", oneway="no", modes=["bicycle"], **fields)
    builder.add(line.number, geom, key=key, oneway=direction, modes=modes, **fields)


def _notices(builder: Builder, skipped: list[str], cut: list[str], lost: list[str]) -> None:
    if skipped:
        builder.note("import.osm-roads-skipped", count=len(skipped), classes=counted(skipped))
    if cut:
        builder.note("import.osm-roads-cut", count=len(cut), examples=examples(cut))
    if lost:
        builder.note("import.osm-roads-lost", count=len(lost), examples=examples(lost))
    closed = sum(1 for row in builder.rows if not row["modes"])
    if closed:
        builder.note("import.osm-roads-closed", count=closed)
    contraflow = sum(1 for row in builder.rows if str(row["key"]).endswith("/bicycle"))
    if contraflow:
        builder.note("import.osm-contraflow", count=contraflow)
