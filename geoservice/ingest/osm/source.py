"""Opens OpenStreetMap files and refuses those that are damaged, before anything is read from them."""

from __future__ import annotations

import bz2
import gzip
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import osmium

from geoservice.errors import BadInput

SUFFIXES = {
    ".osm.pbf": "pbf",
    ".pbf": "pbf",
    ".osm.gz": "osm.gz",
    ".osm.bz2": "osm.bz2",
    ".osm": "osm",
}

# A blob header is at most 64 KiB and a blob at most 32 MiB, as the format's description says.
MAX_HEADER = 64 * 1024
MAX_BLOB = 32 * 1024 * 1024

# OpenStreetMap's XML shrinks to about a fifteenth. What unpacks to more than this is made to fill the machine.
MAX_UNPACKED_RATIO = 200
UNPACKED_ALWAYS_ALLOWED = 64 * 1024 * 1024
CHUNK = 1 << 20


def format_of(path: Path) -> str:
    """The format of a file by its name, as osmium calls it.

    Raises
    ------
    BadInput
        If it is none that holds OpenStreetMap data.

    Examples
    --------
    >>> format_of(Path("天门.osm.pbf"))
    'pbf'
    """
    name = path.name.lower()
    for suffix, kind in SUFFIXES.items():
        if name.endswith(suffix):
            return kind
    raise BadInput("import.osm-unknown-format", file=path.name, known=" ".join(SUFFIXES))


def check_file(path: Path) -> osmium.io.File:
    """The file for osmium, once it is known to be there, not empty and whole on the outside.

    Raises
    ------
    BadInput
        With the file and the byte where it breaks off.
    """
    if not path.is_file():
        raise BadInput("import.osm-missing", file=path.name)
    kind = format_of(path)
    if path.stat().st_size == 0:
        raise BadInput("import.osm-empty", file=path.name)
    if kind == "pbf":
        _check_pbf(path)
    elif kind == "osm.gz":
        with gzip.open(path) as unpacked:
            _check_unpacked(path, unpacked)
    elif kind == "osm.bz2":
        with bz2.open(path) as unpacked:
            _check_unpacked(path, unpacked)
    return osmium.io.File(str(path), kind)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what osmium throws at a damaged file into `BadInput` that names the file."""
    try:
        yield
    except UnicodeDecodeError as error:
        raise BadInput("import.osm-not-utf8", file=path.name, reason=error.reason) from None
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as error:
        raise BadInput("import.osm-unreadable", file=path.name, reason=error) from None


@contextmanager
def sorted_copy(path: Path) -> Iterator[osmium.io.File]:
    """A temporary copy in the usual order: nodes, ways, relations, each by id, the newest version of each.

    Overpass answers, for example, put ways before their nodes.
    """
    with tempfile.TemporaryDirectory(prefix="geoservice-osm-") as folder, reading(path):
        target = Path(folder) / "sorted.osm.pbf"
        merge = osmium.MergeInputReader()
        merge.add_file(str(path))
        with osmium.SimpleWriter(str(target)) as writer:
            merge.apply(writer)
        yield osmium.io.File(str(target), "pbf")


def _check_unpacked(path: Path, unpacked: BinaryIO | io.BufferedIOBase) -> None:
    allowed = max(UNPACKED_ALWAYS_ALLOWED, MAX_UNPACKED_RATIO * path.stat().st_size)
    size = 0
    try:
        while chunk := unpacked.read(CHUNK):
            size += len(chunk)
            if size > allowed:
                raise BadInput("import.osm-bomb", file=path.name, allowed_mib=allowed // CHUNK)
    except (OSError, EOFError) as error:
        raise BadInput("import.osm-unreadable", file=path.name, reason=error) from None


def _check_pbf(path: Path) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        offset = 0
        while offset < size:
            length = int.from_bytes(file.read(4), "big")
            if not 0 < length <= MAX_HEADER:
                raise BadInput("import.osm-not-pbf", file=path.name, byte=offset)
            header = file.read(length)
            kind, blob = (b"", 0) if len(header) < length else _blob_header(path, header, offset)
            end = offset + 4 + length + blob
            if len(header) < length or end > size:
                raise BadInput("import.osm-truncated", file=path.name, byte=offset, size=size)
            if offset == 0 and kind != b"OSMHeader":
                raise BadInput("import.osm-not-pbf", file=path.name, byte=offset)
            file.seek(end)
            offset = end


def _blob_header(path: Path, header: bytes, offset: int) -> tuple[bytes, int]:
    """Type and size of the blob: fields 1 and 3 of the message BlobHeader."""
    kind, size, at = b"", -1, 0
    try:
        while at < len(header):
            tag, at = _varint(header, at)
            value, at = _varint(header, at)
            if tag & 7 == 2:
                if tag >> 3 == 1:
                    kind = header[at : at + value]
                at += value
            elif tag >> 3 == 3:
                size = value
    except IndexError:
        size = -1
    if not 0 <= size <= MAX_BLOB:
        raise BadInput("import.osm-not-pbf", file=path.name, byte=offset)
    return kind, size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
