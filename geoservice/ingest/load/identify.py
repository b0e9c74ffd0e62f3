"""Gives every record its key, its defaults, and refuses a key that stands twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geoservice.catalog import LayerDeclaration
from geoservice.ingest.load.staging import identity, missing
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet
from geoservice.language import current_language

# What makes a record the same where its source gives no key.
IDENTIFYING = {
    "facilities": ("type", "name", "township_code", "township_name"),
    "places": ("class_code", "name", "township_code"),
    "units": ("name", "level", "parent_code"),
    "communities": ("name", "township_code", "township_name"),
}
# Where the same line may be drawn twice without harm; a cell of people may not.
REPEATABLE = ("roads", "railways", "walls", "controls")
LEVEL_BY_CODE_LENGTH = {2: "province", 4: "prefecture", 6: "county", 9: "township"}
LOCAL = "local"


def identify(layer: LayerDeclaration, records: RecordSet) -> None:
    """Completes `records` in place: defaults, keys, levels; a second record with a key is refused."""
    frame = records.records
    for declared in layer.fields:
        if declared.name not in frame.columns:
            frame[declared.name] = None
        if declared.default is not None:
            _fill(frame, declared.name, declared.default)
    if layer.id == "units":
        _levels(records)
    derive_keys(layer, records)
    _refuse_doubles(layer, records, _key_field(layer))


def _fill(frame: pd.DataFrame, name: str, default: Any) -> None:
    column = frame[name].astype(object)
    frame[name] = [default if _empty(value) else value for value in column]


def _empty(value: object) -> bool:
    return not isinstance(value, (list, tuple)) and missing(value)


def _levels(records: RecordSet) -> None:
    """The level of a unit from the length of its code; a township where nothing tells, with a notice."""
    frame = records.records
    assumed = 0
    levels = []
    for level, code, system in zip(frame["level"], frame["code"], frame["code_system"], strict=True):
        if _empty(level):
            known = LEVEL_BY_CODE_LENGTH.get(len(str(code))) if system == "mca" and not _empty(code) else None
            assumed += known is None
            levels.append(known or "township")
        else:
            levels.append(level)
    frame["level"] = levels
    if assumed:
        records.notices.append(Notice(None, "import.level-assumed", {"records": assumed}))


def derive_keys(layer: LayerDeclaration, records: RecordSet) -> None:
    """Gives every record without a key or code one that the same record gets again at the next import.

    A place with a code is known by it and its name wherever it is drawn; other places, and layers without identifying
    fields, are known by their geometry. Roads drawn twice are told apart by a number.
    """
    frame = records.records
    key = _key_field(layer)
    if key not in frame.columns:
        frame[key] = None
    bare = np.flatnonzero(frame[key].map(_empty).to_numpy(dtype=bool)) if len(frame) else np.empty(0, dtype=np.intp)
    if not len(bare):
        return
    names = [name for name in IDENTIFYING.get(layer.id, ()) if name in frame.columns]
    rows = [[None if _empty(value) else value for value in row] for row in frame[names].iloc[bare].to_numpy().tolist()]
    if layer.id not in IDENTIFYING or layer.id == "places":
        codes = frame["code"].iloc[bare].tolist() if "code" in frame.columns else [None] * len(bare)
        shapes = shapely.to_wkb(frame[GEOM].to_numpy()[bare], hex=True)
        drawn = [shape or "" if _empty(code) else code for shape, code in zip(shapes, codes, strict=True)]
        rows = [[*row, what] for row, what in zip(rows, drawn, strict=True)]
    keys = frame[key].astype(object).tolist()
    seen: Counter[str] = Counter()
    for position, row in zip(bare.tolist(), rows, strict=True):
        made = identity(layer, row)
        seen[made] += 1
        keys[position] = f"{made}.{seen[made]}" if seen[made] > 1 and layer.id in REPEATABLE else made
    frame[key] = pd.Series(keys, index=frame.index, dtype=object)
    if key == "code":
        systems = frame["code_system"].astype(object).to_numpy(copy=True)
        systems[bare] = LOCAL
        frame["code_system"] = systems
    records.notices.append(Notice(None, "import.key-derived", {"records": len(bare)}))


def _key_field(layer: LayerDeclaration) -> str:
    return "code" if "code_system" in {declared.name for declared in layer.fields} else "key"


def _refuse_doubles(layer: LayerDeclaration, records: RecordSet, key: str) -> None:
    frame = records.records
    columns = [key] if key == "key" else ["code_system", "code_edition", "code"]
    if "valid_from" in frame.columns and layer.id in ("units", "built_up"):
        columns.append("valid_from")
    doubled = frame.duplicated(columns, keep="first")
    if not doubled.any():
        return
    first: dict[tuple[str, ...], int] = {}
    for values, row in zip(frame[columns].astype(str).itertuples(index=False), frame[SOURCE_ROW], strict=True):
        first.setdefault(tuple(values), int(row))
    again = frame[doubled]
    title = getattr(layer.field(key).title, current_language.get())
    refusals = []
    for values, row in zip(again[columns].astype(str).itertuples(index=False), again[SOURCE_ROW], strict=True):
        value = values[columns.index(key)]
        refusals.append(records.refusal(int(row), title, value, "import.duplicate-key", first=first[tuple(values)]))
    records.reject(refusals)
