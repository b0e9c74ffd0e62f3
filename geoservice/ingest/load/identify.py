"""Gives every record its key, its defaults, and refuses a key that stands twice."""

from __future__ import annotations

from typing import Any

import pandas as pd
import shapely

from geoservice.catalog import LayerDeclaration
from geoservice.ingest.load.staging import identity, missing
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet, Refusal

# What makes a record the same where its source gives no key.
IDENTIFYING = {
    "facilities": ("type", "name", "township_code", "township_name"),
    "places": ("class_code", "name", "township_code"),
    "units": ("name", "level", "parent_code"),
    "communities": ("name", "township_code", "township_name"),
}
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
    key = "code" if "code_system" in {declared.name for declared in layer.fields} else "key"
    _keys(layer, records, key)
    _refuse_doubles(layer, records, key)


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


def _keys(layer: LayerDeclaration, records: RecordSet, key: str) -> None:
    frame = records.records
    bare = frame[key].map(_empty).to_numpy(dtype=bool) if len(frame) else []
    if not any(bare):
        return
    fields = IDENTIFYING.get(layer.id, ())
    frame[key] = frame[key].astype(object)
    for index in frame.index[bare]:
        values: list[object] = [frame.at[index, name] for name in fields if name in frame.columns]
        if not fields or layer.id == "places":
            geometry = frame.at[index, GEOM]
            values.append(shapely.to_wkb(geometry, hex=True) if geometry is not None else "")
        values = [None if _empty(value) else value for value in values]
        frame.at[index, key] = identity(layer, values)
        if key == "code":
            frame.at[index, "code_system"] = LOCAL
    records.notices.append(Notice(None, "import.key-derived", {"records": int(sum(bare))}))


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
    refusals = []
    for values, row in zip(again[columns].astype(str).itertuples(index=False), again[SOURCE_ROW], strict=True):
        value = values[columns.index(key)]
        reason = {"file": records.source, "first": first[tuple(values)]}
        refusals.append(Refusal(int(row), layer.field(key).title.zh, value, "import.duplicate-key", reason))
    records.reject(refusals)
