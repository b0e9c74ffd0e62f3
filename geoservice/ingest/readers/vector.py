"""GeoJSON, GeoPackage, Shapefile, File Geodatabase and FlatGeobuf, through GDAL; KML by its own reader."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from geoservice.errors import BadInput
from geoservice.ingest.readers.kml import read_kml
from geoservice.ingest.readers.raw import Cells, RawTable, cells_of, object_array
from geoservice.ingest.readers.text import decode, known_encoding, read_bytes
from geoservice.ingest.records import Notice

_SNIFFED = 2**16
_CRS_MEMBER = re.compile(r'"crs"\s*:\s*\{[^{}]*"properties"\s*:\s*\{[^{}]*"name"\s*:\s*"([^"]+)"')


@dataclass(frozen=True)
class _Format:
    name: str
    drivers: tuple[str, ...]
    looks_right: Callable[[bytes], bool]


FORMATS = {
    ".geojson": _Format("GeoJSON", ("GeoJSON",), lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"),
    ".json": _Format("GeoJSON", ("GeoJSON",), lambda head: head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"),
    ".gpkg": _Format("GeoPackage", ("GPKG",), lambda head: head.startswith(b"SQLite format 3\x00")),
    ".shp": _Format("Shapefile", ("ESRI Shapefile",), lambda head: head.startswith(b"\x00\x00\x27\x0a")),
    ".gdb": _Format("File Geodatabase", ("OpenFileGDB",), lambda _: True),
    ".fgb": _Format("FlatGeobuf", ("FlatGeobuf",), lambda head: head.startswith(b"fgb")),
    ".kml": _Format("KML", (), lambda head: b"<kml" in head.replace(b"\x00", b"")),
}


def read_vector(path: Path, *, part: str | None = None, encoding: str | None = None) -> RawTable:
    """Reads one feature class.

    Parameters
    ----------
    path
        A file with one of the suffixes in `FORMATS`; for .gdb a directory.
    part
        Name of the layer, where the file holds several.
    encoding
        Encoding of a Shapefile or a GeoJSON file, where its own statement is missing or wrong.

    Raises
    ------
    BadInput
        ``import.format-mismatch``, ``import.shapefile-part``, ``import.broken-file``, ``import.layers-several``,
        ``import.layer-unknown``, ``import.encoding-*`` or ``crs.unknown``.
    """
    suffix = path.suffix.lower()
    known = FORMATS[suffix]
    _check_content(path, known)
    if suffix == ".shp":
        return _shapefile(path, known, encoding)
    if known.name == "GeoJSON":
        return _geojson(path, known, encoding)
    if suffix == ".kml":
        return read_kml(path, part=part)
    layer = _choose_layer(path, part)
    return _table(path, known, _frame(path, path, layer=layer), _info(path, path, known, layer=layer), part=layer)


def _check_content(path: Path, known: _Format) -> None:
    if path.is_dir():
        if not any(path.glob("*.gdbtable")):
            raise BadInput("import.format-mismatch", file=path.name, format=known.name)
        return
    with path.open("rb") as file:
        head = file.read(_SNIFFED)
    if not known.looks_right(head):
        raise BadInput("import.format-mismatch", file=path.name, format=known.name)


@contextmanager
def _quiet() -> Iterator[None]:
    """GDAL's remarks are found again by our own checks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _choose_layer(path: Path, part: str | None) -> str:
    """The layer that is named, or the only one; tables without geometry stand back behind one layer with it."""
    try:
        with _quiet():
            layers = [(str(name), kind is not None) for name, kind in pyogrio.list_layers(path)]
    except DataSourceError as error:
        raise _unreadable(path, error) from None
    names = [name for name, _ in layers]
    shown = "、".join(names) or "-"
    if part is not None:
        if part not in names:
            raise BadInput("import.layer-unknown", file=path.name, layer=part, layers=shown)
        return part
    if not names:
        raise BadInput("import.empty-file", file=path.name)
    drawn = [name for name, spatial in layers if spatial] or names
    if len(drawn) > 1:
        raise BadInput("import.layers-several", file=path.name, layers=shown, first=drawn[0])
    return drawn[0]


def _info(path: Path, source: Path | bytes, known: _Format, **options: Any) -> dict[str, Any]:
    try:
        with _quiet():
            info: dict[str, Any] = pyogrio.read_info(source, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None
    if info["driver"] not in known.drivers:
        raise BadInput("import.format-mismatch", file=path.name, format=known.name)
    return info


def _frame(path: Path, source: Path | bytes, **options: Any) -> pd.DataFrame:
    try:
        with _quiet():
            frame: pd.DataFrame = pyogrio.read_dataframe(source, datetime_as_string=True, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError, RuntimeError) as error:
        raise _unreadable(path, error) from None
    return frame


def _unreadable(path: Path, error: Exception) -> BadInput:
    if "too complex/large" in str(error):
        return BadInput("import.feature-too-large", file=path.name)
    reason = str(error).split("; It might help", maxsplit=1)[0].replace(str(path), path.name)
    return BadInput("import.broken-file", file=path.name, reason=reason[:300])


def _table(
    path: Path,
    known: _Format,
    frame: pd.DataFrame,
    info: dict[str, Any],
    *,
    part: str | None = None,
    encoding: str | None = None,
) -> RawTable:
    headers = [str(name) for name in frame.columns if name != "geometry"]
    geometry = object_array(frame["geometry"].tolist()) if "geometry" in frame else None
    if geometry is None and not headers:
        raise BadInput("import.empty-file", file=path.name)
    return RawTable(
        format=known.name,
        headers=headers,
        cells=[cells_of(frame[name]) for name in headers],
        rows=np.arange(1, len(frame) + 1),
        geometry=geometry,
        crs=_stated_crs(info["crs"]),
        encoding=encoding,
        unit="feature",
        part=part,
    )


def _stated_crs(text: str | None) -> str | None:
    if text is None or "undefined" in text[:60].lower() or "unknown" in text[:60].lower():
        return None
    return text


def _geojson(path: Path, known: _Format, encoding: str | None) -> RawTable:
    data = read_bytes(path)
    text, used = decode(data, encoding, file=path.name)
    stated = _CRS_MEMBER.search(text[:_SNIFFED]) or _CRS_MEMBER.search(text[-_SNIFFED:])
    # The reader's estimate of memory: about three and a half million vertices in one feature.
    pyogrio.set_gdal_config_options({"OGR_GEOJSON_MAX_OBJ_SIZE": "2048"})
    source = data if used in ("utf-8", "utf-8-sig") else text.encode()
    table = _table(path, known, _frame(path, source), _info(path, source, known), encoding=used)
    if stated:
        table.crs = stated[1]  # GDAL falls back to WGS 84 without a word where it does not know the name
    if used != "utf-8" and encoding is None:
        table.notices.append(Notice(None, "import.encoding-detected", {"encoding": used}))
    return table


def _shapefile(path: Path, known: _Format, encoding: str | None) -> RawTable:
    """Reads the bytes of all texts one to one through ISO-8859-1 and decodes them here, strictly."""
    beside = {one.suffix.lower(): one for one in path.parent.iterdir() if one.stem == path.stem}
    for suffix in (".shx", ".dbf"):
        if suffix not in beside:
            raise BadInput("import.shapefile-part", file=path.name, missing=path.stem + suffix)
    _check_lengths(path, beside)
    raw = _table(
        path, known, _frame(path, path, encoding="ISO-8859-1"), _info(path, path, known, encoding="ISO-8859-1")
    )
    stated = _stated_encoding(beside)
    candidates = [encoding] if encoding else _candidates(stated, _texts_of(raw))
    widths = _widths(beside[".dbf"], len(raw.headers))
    for candidate in candidates:
        recoded = _recoded(raw, widths, known_encoding(candidate, file=path.name))
        if recoded is not None:
            raw.headers, raw.cells, cut = recoded
            raw.encoding = candidate
            _note_encoding(raw, stated, given=encoding is not None, cut=cut)
            return raw
    row, value = _first_bad(raw, candidates[0])
    raise BadInput(
        "import.encoding-wrong",
        file=path.stem + ".dbf",
        row=row,
        encoding=candidates[0],
        value=value,
        other="gbk" if candidates[0].lower().startswith("utf") else "utf-8",
    )


def _candidates(stated: str | None, texts: list[str]) -> list[str]:
    """UTF-8 comes first: more than a few bytes of another encoding hardly ever pass for it, the reverse they do."""
    others = [stated, "utf-8"] if stated and sum(len(one) for one in texts if not one.isascii()) < 24 else ["utf-8"]
    return list(dict.fromkeys([*others, *([stated] if stated else []), "gb18030"]))


def _note_encoding(raw: RawTable, stated: str | None, *, given: bool, cut: int) -> None:
    if not given and raw.encoding != stated and any(not header.isascii() for header in _texts_of(raw)):
        raw.notices.append(Notice(None, "import.encoding-detected", {"encoding": raw.encoding}))
    if cut:
        raw.notices.append(Notice(None, "import.text-cut", {"count": cut}))


def _texts_of(raw: RawTable) -> list[str]:
    return raw.headers + [cell for column in raw.cells for cell in column if isinstance(cell, str)]


def _stated_encoding(beside: dict[str, Path]) -> str | None:
    """What .cpg says, else the language byte of the .dbf; None where neither names a known encoding."""
    if ".cpg" in beside:
        text = beside[".cpg"].read_bytes()[:40].decode("ascii", "ignore").strip()
        name = {"936": "gb18030", "OEM 936": "gb18030", "65001": "utf-8"}.get(text, text)
        try:
            return known_encoding(name, file="")
        except BadInput:
            return None
    header = _bytes_at(beside[".dbf"], 0, 30)
    return "gb18030" if len(header) == 30 and header[29] in (0x4D, 0x7A) else None


def _check_lengths(path: Path, beside: dict[str, Path]) -> None:
    """Refuses files that were cut short: GDAL reads what is left of them without a word."""
    table = _bytes_at(beside[".dbf"], 0, 32)
    indexed = (beside[".shx"].stat().st_size - 100) // 8
    stated = 2 * int.from_bytes(_bytes_at(path, 24, 4), "big")
    rows, head, width = (int.from_bytes(table[a:b], "little") for a, b in ((4, 8), (8, 10), (10, 12)))
    for file, least in ((path, stated), (beside[".dbf"], head + rows * width)):
        if file.stat().st_size < least:
            reason = f"{file.stat().st_size} < {least} bytes"
            raise BadInput("import.broken-file", file=file.name, reason=reason)
    if indexed != rows:
        raise BadInput("import.broken-file", file=path.name, reason=f".shx: {indexed}, .dbf: {rows}")


def _bytes_at(path: Path, start: int, count: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(count)


def _widths(table: Path, count: int) -> list[int]:
    """Bytes of each field of a .dbf: a value that fills its field may have been cut within a character."""
    header = _bytes_at(table, 0, 32 * (count + 1))
    return (
        [header[32 * number + 16] for number in range(1, count + 1)]
        if len(header) == 32 * (count + 1)
        else [254] * count
    )


def _recoded(raw: RawTable, widths: list[int], encoding: str) -> tuple[list[str], list[Cells], int] | None:
    """Headers and cells decoded, and the number of values cut within a character; None where one does not fit."""
    cut = 0
    columns = []
    for column, width in zip(raw.cells, widths, strict=True):
        cells = column.copy()
        for index, cell in enumerate(column):
            if not isinstance(cell, str) or cell.isascii():
                continue
            data = cell.encode("iso-8859-1")
            text = _strict(data, encoding)
            if text is None and len(data) == width:
                text = _without_tail(data, encoding)
                cut += text is not None
            if text is None:
                return None
            cells[index] = text
        columns.append(cells)
    headers = [_header(header.encode("iso-8859-1"), encoding) for header in raw.headers]
    return headers, columns, cut


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _without_tail(data: bytes, encoding: str) -> str | None:
    return next((text for drop in (1, 2, 3) if (text := _strict(data[:-drop], encoding)) is not None), None)


def _header(data: bytes, encoding: str) -> str:
    """A field name; its ten bytes may end within a character, which is dropped."""
    return _strict(data, encoding) or _without_tail(data, encoding) or data.decode(encoding, "replace")


def _first_bad(raw: RawTable, encoding: str) -> tuple[int, str]:
    for column in raw.cells:
        for index, cell in enumerate(column):
            if isinstance(cell, str) and not cell.isascii():
                data = cell.encode("iso-8859-1")
                if _strict(data, encoding) is None:
                    return int(raw.rows[index]), data[:8].hex(" ")
    return 1, "-"
