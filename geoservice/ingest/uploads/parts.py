"""What a file holds several of: sheets of a workbook, layers of a container, files of an archive."""

from __future__ import annotations

import warnings
from pathlib import Path, PurePosixPath

import openpyxl
import pyogrio
from pyogrio.errors import DataSourceError

from geoservice.errors import BadInput
from geoservice.ingest.readers.dxf import layers_of
from geoservice.ingest.sources import ARCHIVES, DRAWINGS, SUFFIXES
from geoservice.ingest.zips import BROKEN, check_zip, member_name

MOST_LISTED = 200
_BOOKS = (".xlsx", ".xlsm")
_CONTAINERS = (".gpkg",)


def parts_of(path: Path, max_unpacked_mb: int) -> list[str]:
    """Names of the parts of a file, in its order, at most `MOST_LISTED`; empty where it has none to choose from.

    A file that cannot be read has none either: whoever reads it says why.
    """
    suffix = path.suffix.lower()
    try:
        if suffix in _BOOKS:
            return _sheets(path, max_unpacked_mb)
        if suffix in _CONTAINERS:
            return [str(name) for name, _ in pyogrio.list_layers(path)][:MOST_LISTED]
        if suffix in DRAWINGS:
            return layers_of(path)[:MOST_LISTED]
        if suffix in ARCHIVES:
            return _members(path, max_unpacked_mb)
    except (*BROKEN, BadInput, DataSourceError, OSError, ValueError, KeyError, TypeError, SyntaxError):
        return []
    return []


def _sheets(path: Path, max_unpacked_mb: int) -> list[str]:
    check_zip(path, max_unpacked_mb)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(path, read_only=True)
    try:
        return [sheet.title for sheet in book.worksheets][:MOST_LISTED]
    finally:
        book.close()


def _members(path: Path, max_unpacked_mb: int) -> list[str]:
    """Files with a reader, as `sources.open_source` names them; a geodatabase is a folder."""
    found: dict[str, None] = {}
    for member in check_zip(path, max_unpacked_mb):
        relative = PurePosixPath(member_name(member))
        if any(one.startswith(".") or one == "__MACOSX" for one in relative.parts):
            continue
        folder = next((one for one in relative.parts if one.lower().endswith(".gdb")), None)
        if folder is not None:
            found[folder] = None
        elif relative.suffix.lower() in SUFFIXES and relative.suffix.lower() not in ARCHIVES:
            found[relative.name] = None
    names = [one for one in found if not one.lower().endswith(".txt")] or list(found)
    return names[:MOST_LISTED] if len(names) > 1 else []
