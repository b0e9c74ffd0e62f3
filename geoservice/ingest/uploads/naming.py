"""Which files may be handed in together, by their names and sizes, before any of them is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from geoservice.errors import BadInput, BadRequest, TooLarge
from geoservice.ingest.osm.source import SUFFIXES as OSM_SUFFIXES
from geoservice.ingest.readers import vector
from geoservice.ingest.sources import ARCHIVES, DRAWINGS, PARQUET, TABLES
from geoservice.settings import UploadSettings

SHAPEFILE = ".shp"
SIDECARS = (".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".qix", ".qpj")
_NEEDED = (".dbf", ".shx")
RASTERS = (".tif", ".tiff")

# A geodatabase is a folder: it comes in a zip.
SUFFIXES = tuple(
    dict.fromkeys(
        (
            *(one for one in vector.FORMATS if one != ".gdb"),
            *DRAWINGS,
            *PARQUET,
            *TABLES,
            *ARCHIVES,
            *RASTERS,
            *OSM_SUFFIXES,
        )
    )
)
MOST_FILES = 12
LONGEST_NAME = 120
_MIB = 2**20


@dataclass(frozen=True)
class SentFile:
    """One file as it is declared: its name without any folder, and its size in bytes."""

    name: str
    size: int


def check_files(files: Sequence[SentFile], limits: UploadSettings) -> str:
    """Refuses files that are not one source; the name of the main one.

    Raises
    ------
    BadRequest
        ``uploads.no-files``, ``uploads.too-many-files``, ``uploads.bad-name``, ``uploads.twice``.
    BadInput
        ``uploads.wrong-type``, ``uploads.one-source``, ``uploads.shapefile-part``, ``uploads.empty``.
    TooLarge
        ``uploads.too-large``

    Examples
    --------
    >>> check_files([SentFile("乡镇.dbf", 9), SentFile("乡镇.shp", 9), SentFile("乡镇.shx", 9)], UploadSettings())
    '乡镇.shp'
    """
    if not files:
        raise BadRequest("uploads.no-files")
    if len(files) > MOST_FILES:
        raise BadRequest("uploads.too-many-files", count=len(files), most=MOST_FILES)
    for one in files:
        check_name(one.name)
        if one.size <= 0:
            raise BadInput("uploads.empty", file=one.name)
    if len({one.name.casefold() for one in files}) < len(files):
        raise BadRequest("uploads.twice")
    total = sum(one.size for one in files)
    if total > limits.upload_max_mb * _MIB:
        raise TooLarge("uploads.too-large", size_mb=-(-total // _MIB), most=limits.upload_max_mb)
    return _main(files)


def check_name(name: str) -> None:
    r"""Lets the plain name of a file through: no folder, nothing hidden, nothing that is no character.

    Raises
    ------
    BadRequest
        ``uploads.bad-name``

    Examples
    --------
    >>> check_name("设施 2025.xlsx")
    >>> for name in ("../x.csv", "a/b.csv", "c:b.csv", ".x.csv", "a\\b.csv", ""):
    ...     try:
    ...         check_name(name)
    ...     except BadRequest as error:
    ...         print(error.code)
    uploads.bad-name
    uploads.bad-name
    uploads.bad-name
    uploads.bad-name
    uploads.bad-name
    uploads.bad-name
    """
    windows = PureWindowsPath(name)
    plain = name == PurePosixPath(name).name == windows.name and not windows.drive
    if not plain or not name.isprintable() or name.startswith(".") or name != name.strip() or not _fits(name):
        raise BadRequest("uploads.bad-name", file=name[:60])


def _fits(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and len(name.encode("utf-8", "replace")) <= 2 * LONGEST_NAME


def _main(files: Sequence[SentFile]) -> str:
    names = [one.name for one in files]
    mains = [name for name in names if name.lower().endswith(SUFFIXES)]
    others = [name for name in names if name not in mains]
    if not mains or any(not name.lower().endswith(SIDECARS) for name in others):
        wrong = next((name for name in others if not name.lower().endswith(SIDECARS)), names[0])
        raise BadInput("uploads.wrong-type", file=wrong, known=" ".join((*SUFFIXES, *SIDECARS)))
    main = mains[0]
    stem = _stem(main)
    if len(mains) > 1 or (others and not main.lower().endswith(SHAPEFILE)) or any(_stem(one) != stem for one in others):
        raise BadInput("uploads.one-source", files="、".join(names))
    if main.lower().endswith(SHAPEFILE):
        held = {PurePosixPath(name).suffix.lower() for name in others}
        missing = [suffix for suffix in _NEEDED if suffix not in held]
        if missing:
            raise BadInput("uploads.shapefile-part", file=main, missing=" ".join(missing))
    return main


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def as_files(told: Sequence[Mapping[str, object]]) -> list[SentFile]:
    """Files as a row of `upload` keeps them."""
    return [SentFile(str(one["name"]), int(str(one["size"]))) for one in told]
