"""A file of any kind to the validated records of a layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoservice.catalog import Catalog, LayerDeclaration
from geoservice.crs import BD09, GCJ02, SRID, Crs
from geoservice.errors import BadInput
from geoservice.ingest.coordinates import REASONS, fitting_system, locate, refuse_unlikely_drawing, swapped_in
from geoservice.ingest.fields import Matched, fold, header_score, match_headers
from geoservice.ingest.geometry import Prepared, clean, refuse_swapped, repair, to_lonlat
from geoservice.ingest.marks import check_marks
from geoservice.ingest.ranges import refuse_other_systems, widen
from geoservice.ingest.readers.dxf import FORMAT as DXF
from geoservice.ingest.readers.raw import Cells, RawTable, object_array
from geoservice.ingest.records import GEOM, SOURCE_ROW, Notice, RecordSet, Refusal
from geoservice.ingest.schematic import told_schematic
from geoservice.ingest.shift import DECLARED, Reference, ShiftReport, detect_shift
from geoservice.ingest.sources import open_source
from geoservice.ingest.validate import Checked, Fault, check_fields, check_order
from geoservice.ingest.values import ValueRefusedError, show
from geoservice.language import current_language, translate
from geoservice.settings import ImportSettings

Progress = Callable[[str, int, int], None]
"""Called with the key of a text that names the step, the steps done and all steps."""

_SHOWN_COLUMNS = 100
_STEPS = ("import.step.read", "import.step.fields", "import.step.geometry", "import.step.records")


@dataclass
class _Placed:
    """Geometries on their way into EPSG:4490."""

    prepared: Prepared
    crs: Crs | None = None
    reason: str | None = None
    shift: ShiftReport | None = None


def read_layer(  # noqa: PLR0913  each is an option of an import
    path: Path,
    layer: LayerDeclaration,
    catalog: Catalog,
    *,
    crs: str | None = None,
    mapping: Mapping[str, str] | None = None,
    encoding: str | None = None,
    reference: Reference | None = None,
    limits: ImportSettings,
    progress: Progress | None = None,
    part: str | None = None,
    constants: Mapping[str, str] | None = None,
) -> RecordSet:
    """Reads, checks and transforms the records of a file.

    Parameters
    ----------
    path
        A file of one of `sources.SUFFIXES`, or a File Geodatabase.
    crs
        Reference system of the coordinates, as `Crs.parse` reads it; wins over what the file says.
    mapping
        Field, or position (lon, lat, north, east, x, y, wkt), to the column that holds it.
    encoding
        Encoding of the texts, where the file does not say it or says it wrongly.
    reference
        Geometry of known position, to find a shifted file and swapped columns.
    limits
        Largest file, largest unpacked size, most vertices of a geometry.
    part
        Layer of a geodatabase, sheet of a workbook, or file of an archive.
    constants
        Field to a value that every record gets.

    Returns
    -------
    RecordSet
        With `report` keys ``format``, ``part``, ``encoding``, ``crs``, ``crs_reason`` (given, stated, assumed, zone,
        shift), ``columns``, ``unused``, ``shift`` (None where nothing was compared).

    Raises
    ------
    BadInput
        Where the file as a whole is of no use; what is wrong with single rows stands in `refusals`.
    """
    step = _steps(progress)
    mapping = dict(mapping or {})
    raw = open_source(
        path, lambda headers: header_score(headers, layer, mapping), limits=limits, encoding=encoding, part=part
    )
    step()
    return read_table(
        raw, layer, catalog, file=path.name, crs=crs, mapping=mapping, constants=constants, reference=reference,
        limits=limits, step=step,
    )  # fmt: skip


def read_table(  # noqa: PLR0913  each is an option of an import
    raw: RawTable,
    layer: LayerDeclaration,
    catalog: Catalog,
    *,
    file: str,
    crs: str | None,
    mapping: Mapping[str, str],
    constants: Mapping[str, str] | None,
    reference: Reference | None,
    limits: ImportSettings,
    step: Callable[[], None] = lambda: None,
) -> RecordSet:
    """Checks and transforms the records of a table that has been opened; see `read_layer`.

    Parameters
    ----------
    file
        Its name in what is told.
    """
    given = None if crs is None else Crs.parse(crs)
    if not len(raw):
        raise BadInput("import.empty-file", file=file)
    rows_read = len(raw)
    raw, parts = _explode(raw, layer)
    matched = match_headers(raw.headers, layer, mapping, file=file, positions=raw.geometry is None)
    marked = check_marks(raw, matched, catalog, file=file)
    checked = check_fields(raw, matched, layer, catalog, constants=constants or {}, file=file)
    check_order(checked, layer)
    checked.columns |= marked.columns
    checked.faults += marked.faults
    step()
    placed = _place(raw, matched, checked, layer, given, reference=reference, limits=limits, file=file)
    step()
    _number_parts(checked, layer, parts)
    records = _assemble(raw, matched, checked, placed, layer, file=file)
    records.schematic = told_schematic(raw, file=file)
    records.rows_read = rows_read
    step()
    return records


def _steps(progress: Progress | None) -> Callable[[], None]:
    done = 0

    def step() -> None:
        nonlocal done
        if progress is not None:
            progress(_STEPS[done], done + 1, len(_STEPS))
        done += 1

    return step


def _explode(raw: RawTable, layer: LayerDeclaration) -> tuple[RawTable, list[int]]:
    """One row a line where a layer of lines gets lines of several parts; the number of each part from 1."""
    if raw.geometry is None or layer.geometry != "LineString":
        return raw, [1] * len(raw)
    counts = np.where(shapely.get_type_id(raw.geometry) == 5, shapely.get_num_geometries(raw.geometry), 1)
    counts = np.maximum(counts, 1)
    if counts.max() == 1:
        return raw, [1] * len(raw)
    source = np.repeat(np.arange(len(raw)), counts)
    parts = np.concatenate([np.arange(1, count + 1) for count in counts])
    lines = [
        shapely.get_geometry(raw.geometry[index], part - 1) if counts[index] > 1 else raw.geometry[index]
        for index, part in zip(source, parts, strict=True)
    ]
    exploded = replace(
        raw, cells=[column[source] for column in raw.cells], rows=raw.rows[source], geometry=object_array(lines)
    )
    exploded.unreadable = {int(np.flatnonzero(source == at)[0]): why for at, why in raw.unreadable.items()}
    values = {"count": int(np.count_nonzero(counts > 1)), "parts": int(counts[counts > 1].sum())}
    exploded.notices = [*raw.notices, Notice(None, "import.lines-split", values)]
    return exploded, parts.tolist()


def _number_parts(checked: Checked, layer: LayerDeclaration, parts: list[int]) -> None:
    """The second and later parts of a split line get the key of the line with their number."""
    if layer.key != ("key",):
        return
    keys = checked.columns["key"]
    for position, part in enumerate(parts):
        if part > 1 and keys[position] is not None:
            keys[position] = f"{keys[position]}/{part}"


def _place(
    raw: RawTable,
    matched: Matched,
    checked: Checked,
    layer: LayerDeclaration,
    given: Crs | None,
    *,
    reference: Reference | None,
    limits: ImportSettings,
    file: str,
) -> _Placed:
    """Geometry of every row in EPSG:4490, and why rows without it are refused."""
    geometry, crs, reason = _locate(raw, matched, checked, layer, given, reference=reference, file=file)
    if crs is None:
        if layer.geometry_required:
            headers = "、".join(one for one in raw.headers if one) or "-"
            raise BadInput("import.no-position", file=file, headers=headers, layer=layer.id)
        return _Placed(Prepared(geometry))
    already = checked.refused
    prepared = clean(geometry, layer, limits.import_max_vertices)
    for position, why in raw.unreadable.items():
        prepared.refused[position] = ValueRefusedError("import.geometry-unreadable", why=why)
    placed = _Placed(prepared, crs, reason)
    if crs.geographic and raw.geometry is not None:
        _refuse_swapped(prepared.geometry, reference, file)
    if crs.geographic:
        _find_shift(placed, checked, given, reference)
    if placed.crs is not None:
        to_lonlat(prepared, placed.crs)
    repair(prepared)
    if layer.geometry_required:
        for position in np.flatnonzero(shapely.is_missing(prepared.geometry)).tolist():
            if position not in prepared.refused and position not in already:
                prepared.refused[position] = ValueRefusedError("import.geometry-missing")
    return placed


def _locate(
    raw: RawTable,
    matched: Matched,
    checked: Checked,
    layer: LayerDeclaration,
    given: Crs | None,
    *,
    reference: Reference | None,
    file: str,
) -> tuple[Cells, Crs | None, str | None]:
    if raw.geometry is None:
        bounds = None if reference is None else reference.bounds
        located = locate(raw, matched, given, file=file, bounds=bounds)
        if located is None:
            return np.full(len(raw), None, dtype=object), None, None
        plain, others = refuse_other_systems(raw, matched)
        if given is None:
            located.refused |= others
            located.geometry[list(others)] = None
            located.reason = "stated" if plain and located.crs.plain_degrees else located.reason
        widen(raw, matched, located, checked.columns, layer, file=file)
        checked.notices += located.notices
        for position, (header, refused) in located.refused.items():
            cell = raw.column(header)[position]
            checked.faults.append(Fault(position, show(header), show(cell), refused))
        _note_crs(checked, located.crs, located.reason)
        return located.geometry, located.crs, located.reason
    if not (~shapely.is_missing(raw.geometry)).any() and raw.crs is None and given is None:
        return raw.geometry, None, None
    crs, reason = _vector_crs(raw, given, checked, file)
    _note_crs(checked, crs, reason)
    return raw.geometry, crs, reason


def _vector_crs(raw: RawTable, given: Crs | None, checked: Checked, file: str) -> tuple[Crs, str]:
    if raw.format == DXF:
        return _drawing_crs(raw, given, file), "given"
    if given is not None:
        stated = _stated(raw)
        if stated not in (None, f"EPSG:{SRID}" if given.plain_degrees else given.name) and not given.shifted:
            checked.notices.append(Notice(None, "import.crs-overridden", {"stated": stated, "crs": given.name}))
        return given, "given"
    if raw.crs is not None:
        try:
            return Crs.parse(raw.crs), "stated"
        except BadInput as error:
            stated = raw.crs[:80]
            raise BadInput("import.crs-stated", file=file, stated=stated, reason=error.message) from None
    west, south, east, north = shapely.total_bounds(raw.geometry).tolist()
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        return Crs.parse(f"EPSG:{SRID}"), "assumed"
    raise BadInput("import.crs-missing", file=file, value=f"{west:.15g}, {south:.15g}")


def _drawing_crs(raw: RawTable, given: Crs | None, file: str) -> Crs:
    """A drawing knows no reference system: somebody has to say it."""
    if given is None:
        x, y = next(iter(shapely.get_coordinates(raw.geometry).tolist()), (0.0, 0.0))
        raise BadInput("import.dxf-crs", file=file, value=f"{x:.15g}, {y:.15g}", fits=fitting_system(x, y))
    refuse_unlikely_drawing(raw.geometry if raw.geometry is not None else object_array([]), given, file=file)
    return given


def _stated(raw: RawTable) -> str | None:
    """Name of the system that the file states; all that mean plain degrees go by the name EPSG:4490."""
    if raw.crs is None:
        return None
    try:
        stated = Crs.parse(raw.crs)
    except BadInput:
        return raw.crs[:80]
    return f"EPSG:{SRID}" if stated.plain_degrees else stated.name


def _note_crs(checked: Checked, crs: Crs, reason: str) -> None:
    if reason in REASONS:
        checked.notices.append(Notice(None, REASONS[reason], {"crs": crs.name}))


def _refuse_swapped(geometry: Cells, reference: Reference | None, file: str) -> None:
    refuse_swapped(geometry, file=file)
    bounds = None if reference is None else reference.bounds
    coordinates = shapely.get_coordinates(geometry)
    if bounds is not None and len(coordinates) and swapped_in(coordinates[:, 0], coordinates[:, 1], bounds):
        value = f"{coordinates[0, 0]:.15g}, {coordinates[0, 1]:.15g}"
        raise BadInput("import.swapped-geometry", file=file, value=value)


def _find_shift(placed: _Placed, checked: Checked, given: Crs | None, reference: Reference | None) -> None:
    """Applies a found shift where no reference system was given, warns where the given one is contradicted."""
    columns = checked.columns
    report = detect_shift(
        placed.prepared.geometry, reference, codes=columns.get("code", ()), names=columns.get("name", ())
    )
    placed.shift = report
    values = {"scores": report.shown(), "matched": report.matched}
    if given is not None:
        expected = given.name if given.shifted else DECLARED
        if report.verdict not in (None, expected):
            checked.notices.append(
                Notice(None, "import.shift-contradicts", {**values, "crs": given.name, "found": report.verdict})
            )
    elif report.verdict in (GCJ02, BD09):
        placed.crs, placed.reason = Crs.parse(str(report.verdict)), "shift"
        checked.notices.append(Notice(None, "import.shift-found", {**values, "found": report.verdict}))
    elif report.verdict is None and report.reason != "outside-region":
        why = translate(f"import.shift-reason.{report.reason}")
        checked.notices.append(Notice(None, "import.shift-undecidable", {**values, "why": why}))


def _assemble(
    raw: RawTable, matched: Matched, checked: Checked, placed: _Placed, layer: LayerDeclaration, *, file: str
) -> RecordSet:
    prepared = placed.prepared
    refusals = [_refusal(raw, fault, file) for fault in checked.faults]
    refusals += [
        _refusal(raw, _geometry_fault(raw, matched, position, reason), file)
        for position, reason in prepared.refused.items()
    ]
    refusals.sort(key=lambda one: one.row or 0)
    refused = checked.refused | set(prepared.refused)
    # A row of the source is loaded with all its parts or not at all.
    rows = {int(raw.rows[position]) for position in refused}
    kept = np.flatnonzero(~np.isin(raw.rows, list(rows)))
    return RecordSet(
        layer=layer.id,
        records=_frame(raw, checked, prepared, kept),
        refusals=refusals,
        notices=[*raw.notices, *checked.notices, *_geometry_notices(raw, prepared, rows), *_unused(matched, layer)],
        source_crs=None if placed.crs is None else placed.crs.name,
        source=file,
        report={
            "format": raw.format,
            "unit": raw.unit,
            "part": raw.part,
            "encoding": raw.encoding,
            "crs": None if placed.crs is None else placed.crs.name,
            "crs_reason": placed.reason,
            "columns": {
                name: raw.headers[index]
                for name, index in {**matched.fields, **matched.positions, **matched.marks}.items()
            },
            "unused": list(matched.unused),
            "shift": None if placed.shift is None else placed.shift.as_dict(),
        },
        rejected=_rejected(raw, refusals, rows),
    )  # fmt: skip


def _refusal(raw: RawTable, fault: Fault, file: str) -> Refusal:
    values = {"file": file, "unit": raw.unit, **fault.reason.details}
    return Refusal(int(raw.rows[fault.position]), fault.label, fault.shown, fault.reason.code, values)


def _geometry_fault(raw: RawTable, matched: Matched, position: int, reason: ValueRefusedError) -> Fault:
    if raw.geometry is None:
        indices = list(matched.positions.values())
        cells = [show(raw.cells[index][position]) or "" for index in indices]
        return Fault(position, "、".join(raw.headers[index] for index in indices), ", ".join(cells) or None, reason)
    shape = raw.geometry[position]
    shown = None if shape is None else f"{shape.geom_type} {_first_position(shape)}"
    return Fault(position, translate("import.geometry"), shown, reason)


def _first_position(shape: Any) -> str:
    coordinates = shapely.get_coordinates(shape)
    return f"({coordinates[0, 0]:.9g} {coordinates[0, 1]:.9g} …)" if len(coordinates) else "EMPTY"


def _geometry_notices(raw: RawTable, prepared: Prepared, refused: set[int]) -> list[Notice]:
    notices = [
        Notice(int(raw.rows[position]), "import.repaired", values)
        for position, values in prepared.repaired.items()
        if int(raw.rows[position]) not in refused
    ]
    if prepared.flattened:
        notices.append(Notice(None, "import.heights-dropped", {"count": prepared.flattened}))
    return notices


def _unused(matched: Matched, layer: LayerDeclaration) -> list[Notice]:
    """Columns that are left out: those that the layer declares with the reason, the others by name."""
    left = list(matched.unused)
    notices = []
    for declared in layer.not_kept:
        known = {fold(header) for header in declared.headers}
        met = [one for one in left if fold(one) in known]
        left = [one for one in left if one not in met]
        if met:
            values = {"columns": "、".join(met), "why": getattr(declared.why, current_language.get())}
            notices.append(Notice(None, "import.columns-not-kept", values))
    if left:
        shown = "、".join(show(one) or "" for one in left[:_SHOWN_COLUMNS])
        notices.append(Notice(None, "import.columns-unused", {"columns": shown, "count": len(left)}))
    return notices


def _frame(raw: RawTable, checked: Checked, prepared: Prepared, kept: Any) -> gpd.GeoDataFrame:
    columns = {
        name: pd.Series(object_array(values)[kept], dtype=object) for name, values in checked.columns.items()
    }  # fmt: skip
    frame = pd.DataFrame({**columns, SOURCE_ROW: raw.rows[kept]})
    frame[GEOM] = gpd.GeoSeries(prepared.geometry[kept], crs=SRID, index=frame.index)
    return gpd.GeoDataFrame(frame, geometry=GEOM)


def _rejected(raw: RawTable, refusals: list[Refusal], rows: set[int]) -> pd.DataFrame:
    """Refused rows with the headers of the source; a repeated header gets its column number."""
    first = {int(row): position for position, row in reversed(list(enumerate(raw.rows.tolist())))}
    positions = [first[row] for row in sorted(rows)]
    columns: dict[str, list[Any]] = {SOURCE_ROW: sorted(rows)}
    for index, (header, cells) in enumerate(zip(raw.headers, raw.cells, strict=True), start=1):
        name = header if header and header not in columns else f"{header}_{index}"
        columns[name] = [None if cells[position] is None else str(cells[position]) for position in positions]
    if raw.geometry is not None:
        columns["wkt"] = shapely.to_wkt(raw.geometry[positions], rounding_precision=9).tolist() if positions else []
    reasons: dict[int, list[str]] = {}
    for refusal in refusals:
        text = refusal.reason if refusal.field is None else f"{refusal.field}: {refusal.reason}"
        reasons.setdefault(refusal.row or 0, []).append(text)
    columns["reason"] = [" ".join(reasons.get(row, [])) for row in sorted(rows)]
    return pd.DataFrame(columns)
