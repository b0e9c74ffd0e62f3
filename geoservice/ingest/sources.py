"""Finds the reader of a file, after looking at its size and, if it is compressed, at its content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from geoservice.errors import BadInput
from geoservice.ingest.readers import vector
from geoservice.ingest.readers.dxf import read_dxf
from geoservice.ingest.readers.parquet import read_parquet
from geoservice.ingest.readers.raw import RawTable
from geoservice.ingest.readers.table import read_csv, read_xlsx
from geoservice.ingest.zips import unpack
from geoservice.settings import ImportSettings

TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
PARQUET = (".parquet", ".geoparquet", ".pq")
DRAWINGS = (".dxf",)
ARCHIVES = (".zip", ".kmz")
SUFFIXES = (*vector.FORMATS, *DRAWINGS, *PARQUET, *TABLES, *ARCHIVES)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"

Score = Callable[[Sequence[str]], int]


def open_source(
    path: Path,
    score: Score,
    *,
    limits: ImportSettings,
    encoding: str | None = None,
    part: str | None = None,
) -> RawTable:
    """Reads one table or feature class of a file.

    Parameters
    ----------
    score
        How many known headers a row of a table holds.
    part
        Name of the layer, of the sheet, or of the file inside an archive; of a drawing its layers, apart by commas.

    Raises
    ------
    BadInput
        ``import.no-file``, ``import.empty-file``, ``import.file-too-large``, ``import.format-unknown``,
        ``import.zip-*``, and what the readers raise.
    """
    suffix = path.suffix.lower()
    _check_size(path, limits)
    if suffix == ".dwg":
        raise BadInput("import.dwg", file=path.name)
    if suffix not in SUFFIXES:
        raise BadInput("import.format-unknown", file=path.name, suffix=suffix or "-", known=" ".join(SUFFIXES))
    if path.is_dir() != (suffix == ".gdb"):
        raise BadInput("import.format-mismatch", file=path.name, format=suffix)
    if suffix in ARCHIVES:
        return _from_archive(path, score, limits=limits, encoding=encoding, part=part)
    if suffix in DRAWINGS:
        return read_dxf(path, part=part, encoding=encoding, limits=limits)
    if suffix in PARQUET:
        return read_parquet(path, max_unpacked_mb=limits.import_max_unpacked_mb)
    if suffix in (".xlsx", ".xlsm"):
        _refuse_old_office(path)
        return read_xlsx(path, score, part=part, max_unpacked_mb=limits.import_max_unpacked_mb)
    if suffix in TABLES:
        return read_csv(path, score, encoding=encoding)
    return vector.read_vector(path, part=part, encoding=encoding)


def _check_size(path: Path, limits: ImportSettings) -> None:
    try:
        files = [one for one in path.rglob("*") if one.is_file()] if path.is_dir() else [path]
        size = sum(one.stat().st_size for one in files)
    except OSError as error:
        raise BadInput("import.no-file", file=path, reason=error.strerror or error) from None
    if size == 0:
        raise BadInput("import.empty-file", file=path.name)
    if size > limits.import_max_file_mb * 2**20:
        raise BadInput(
            "import.file-too-large", file=path.name, size_mb=size // 2**20, most=limits.import_max_file_mb
        )  # fmt: skip


def _refuse_old_office(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(4) == _OLD_OFFICE:
            raise BadInput("import.old-office", file=path.name)


def _from_archive(
    path: Path, score: Score, *, limits: ImportSettings, encoding: str | None, part: str | None
) -> RawTable:
    with TemporaryDirectory(prefix="geoservice-") as folder:
        files = unpack(path, Path(folder), limits.import_max_unpacked_mb)
        found = _datasets(files, Path(folder))
        names = "、".join(sorted(one.name for one in found)) or "-"
        chosen = [one for one in found if part in (one.name, one.stem)] if len(found) > 1 else found
        if not chosen:
            code = "import.zip-several" if found else "import.zip-nothing"
            known = " ".join(one for one in SUFFIXES if one not in ARCHIVES)
            raise BadInput(code, file=path.name, members=names, known=known, first=found[0].name if found else "-")
        inner = None if len(found) > 1 else part
        table = open_source(chosen[0], score, limits=limits, encoding=encoding, part=inner)
        return replace(table, part="/".join(one for one in (chosen[0].name, table.part) if one))


def _datasets(files: list[Path], root: Path) -> list[Path]:
    """Files and geodatabases that a reader exists for; what systems leave in archives is passed over."""
    found: dict[Path, None] = {}
    for file in files:
        relative = file.relative_to(root)
        if any(one.startswith(".") or one == "__MACOSX" for one in relative.parts):
            continue
        geodatabase = next((one for one in [file, *file.parents] if one.suffix.lower() == ".gdb"), None)
        if geodatabase is not None:
            found[geodatabase] = None
        elif file.suffix.lower() in SUFFIXES and file.suffix.lower() not in ARCHIVES:
            found[file] = None
    without_notes = [one for one in found if one.suffix.lower() != ".txt"]
    return without_notes or list(found)
