"""DXF drawings: lines with the names that are written beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from geoservice.errors import BadInput
from geoservice.ingest.readers.dxf_drawing import Drawing, DrawnText, read_drawing, shown_layers
from geoservice.ingest.readers.dxf_joining import Named, join
from geoservice.ingest.readers.raw import RawTable, object_array
from geoservice.ingest.records import Notice
from geoservice.language import translate
from geoservice.settings import ImportSettings

FORMAT = "DXF"
_METRES_A_DEGREE = 111_320.0
_HAN = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\ue000-\uf8ff\U00020000-\U0003ffff]")
_SHOWN = 20
_VERTICES_LOOKED_AT = 10_000


def read_dxf(path: Path, *, part: str | None = None, encoding: str | None = None, limits: ImportSettings) -> RawTable:
    """Reads the roads of a drawing: each line with the text beside it, lines without a text and texts without a line.

    Parameters
    ----------
    part
        Layers that hold them, apart by commas; ``TEXTS=LINES`` where the names of the lines of one layer stand on
        another. By default all that show both texts and lines.
    encoding
        Of its texts, where the file does not say it or says it wrongly.
    limits
        How far a text may stand from its line, when two lines are as near, how far a chord may lie from its arc.

    Returns
    -------
    RawTable
        No reference system: a drawing knows none.

    Raises
    ------
    BadInput
        ``import.dxf-no-layer``, ``import.layer-unknown``, ``import.empty-file``, and what `read_drawing` raises.
    """
    scale, flatten = (1.0, 1.0), limits.dxf_flatten_m
    drawing = read_drawing(path, encoding=encoding, flatten=flatten, most_vertices=limits.import_max_vertices)
    if not drawing.counts:
        raise BadInput("import.empty-file", file=path.name)
    if _in_degrees(drawing):
        scale = _metres_a_degree(drawing)
        flatten /= _METRES_A_DEGREE
        drawing = read_drawing(path, encoding=encoding, flatten=flatten, most_vertices=limits.import_max_vertices)
    chosen = _chosen(path, drawing, part)
    lines = [one for one in drawing.lines if one.layer in chosen.values()]
    texts = [replace(one, layer=chosen[one.layer]) for one in drawing.texts if one.layer in chosen]
    names = [one for one in texts if _HAN.search(one.text)]
    named = join(lines, names, within_m=limits.dxf_within_m, ratio=limits.dxf_ratio, scale=scale)
    table = _table(named, drawing, limits)
    table.part = part
    table.notices = [*_left(drawing, chosen), *_no_names(texts), *table.notices]
    return table


def layers_of(path: Path) -> list[str]:
    """Layers of a drawing that hold texts or lines.

    Raises
    ------
    BadInput
        As `read_drawing`.
    """
    drawing = read_drawing(path, encoding=None, flatten=1.0, most_vertices=_VERTICES_LOOKED_AT)
    return [layer for layer, _, _ in shown_layers(drawing)]


def _in_degrees(drawing: Drawing) -> bool:
    coordinates = _coordinates(drawing)
    return bool(len(coordinates)) and bool((np.abs(coordinates) <= (180.0, 180.0)).all())


def _coordinates(drawing: Drawing) -> Any:
    shapes = [one.shape for one in drawing.lines if one.shape is not None]
    return np.concatenate(
        [shapely.get_coordinates(shapes), np.array([(one.x, one.y) for one in drawing.texts]).reshape(-1, 2)]
    )


def _metres_a_degree(drawing: Drawing) -> tuple[float, float]:
    middle = float(np.median(_coordinates(drawing)[:, 1]))
    return _METRES_A_DEGREE * max(math.cos(math.radians(middle)), 0.01), _METRES_A_DEGREE


def _chosen(path: Path, drawing: Drawing, part: str | None) -> Mapping[str, str]:
    """Layer of texts to the layer of their lines."""
    counts = drawing.counts
    told = "、".join(_shown_layer(drawing, layer) for layer, _, _ in list(shown_layers(drawing))[:_SHOWN])
    if part is not None:
        pairs = [one.partition("=") for one in part.split(",") if one.strip()]
        chosen = {texts.strip(): (lines or texts).strip() for texts, _, lines in pairs}
        for layer in (*chosen, *chosen.values()):
            if layer not in counts:
                raise BadInput("import.layer-unknown", file=path.name, layer=layer, layers=told)
    else:
        both = [layer for layer, held in counts.items() if all(held) and layer not in drawing.hidden]
        chosen = {layer: layer for layer in both}
    if not chosen:
        raise BadInput("import.dxf-no-layer", file=path.name, layers=told)
    return chosen


def _shown_layer(drawing: Drawing, layer: str) -> str:
    texts, lines = drawing.counts[layer]
    key = "dxf.layer-hidden" if layer in drawing.hidden else "dxf.layer"
    return translate(key, None, layer=layer, texts=texts, lines=lines)


def _table(named: list[Named], drawing: Drawing, limits: ImportSettings) -> RawTable:
    headers = [translate(f"dxf.column.{name}") for name in ("name", "layer", "relation", "distance")]
    columns = (
        [one.name for one in named],
        [one.layer for one in named],
        [translate(f"dxf.relation.{one.relation}") for one in named],
        [None if one.distance_m is None else round(one.distance_m, 1) for one in named],
    )
    table = RawTable(
        format=FORMAT,
        headers=headers,
        cells=[object_array(column) for column in columns],
        rows=np.arange(1, len(named) + 1),
        geometry=object_array([one.shape for one in named]),
        encoding=drawing.encoding,
        unit="feature",
    )
    table.unreadable = {at: one.fault or "-" for at, one in enumerate(named) if one.relation == "unreadable"}
    values = {"within_m": f"{limits.dxf_within_m:g}", "ratio": f"{limits.dxf_ratio:g}"}
    for row, one in enumerate(named, start=1):
        if one.relation in ("between", "alone", "several"):
            told = {"name": one.name, "others": "、".join(one.others), **values}
            table.notices.append(Notice(row, f"import.dxf-{one.relation}", told))
    return table


def _left(drawing: Drawing, chosen: Mapping[str, str]) -> list[Notice]:
    """What was read, what was left, each with its numbers."""
    used = {*chosen, *chosen.values()}
    rest = [layer for layer, _, _ in shown_layers(drawing) if layer not in used]
    read = "、".join(_shown_layer(drawing, layer) for layer in sorted(used))
    notices = [Notice(None, "import.dxf-layers", {"layers": read})]
    if rest:
        layers = "、".join(_shown_layer(drawing, layer) for layer in rest[:_SHOWN]) + (
            "…" if len(rest) > _SHOWN else ""
        )
        notices.append(Notice(None, "import.dxf-layers-left", {"count": len(rest), "layers": layers}))
    if drawing.others:
        kinds = "、".join(f"{kind} {count}" for kind, count in drawing.others.most_common(_SHOWN))
        notices.append(Notice(None, "import.dxf-others", {"kinds": kinds}))
    return notices


def _no_names(texts: list[DrawnText]) -> list[Notice]:
    """Texts without a Han character (widths, heights, numbers) are no names in Chinese."""
    left = [one.text for one in texts if not _HAN.search(one.text)]
    if not left:
        return []
    shown = "、".join(dict.fromkeys(text[:20] for text in left[:100]))
    return [Notice(None, "import.dxf-no-names", {"count": len(left), "texts": shown[:200]})]
