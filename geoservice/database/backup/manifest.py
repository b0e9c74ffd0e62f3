"""What a backup says of itself, in a small file beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from geoservice.database.cluster.place import write_private
from geoservice.errors import BadInput

FORMAT = 1
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """Of one backup.

    Attributes
    ----------
    made_at
        ISO 8601, with the offset.
    revision
        Of the migrations.
    size, sha256
        Of the file, in bytes and as hexadecimal digits.
    counts
        Rows of each table of the schema at the moment of the backup.
    """

    made_at: str
    program: str
    postgresql: str
    postgis: str
    revision: str
    size: int
    sha256: str
    counts: dict[str, int]
    format: int = FORMAT


def path_of(file: Path) -> Path:
    """Of the file beside a backup."""
    return file.with_name(f"{file.name}.json")


def write(file: Path, manifest: Manifest) -> None:
    """Writes it beside the backup, readable by its owner only."""
    write_private(path_of(file), json.dumps(asdict(manifest), indent=1, ensure_ascii=False) + "\n")


def read(file: Path) -> Manifest:
    """What a backup says of itself, once its content has been found to be as it was written.

    Raises
    ------
    BadInput
        If the file or the one beside it is missing or cannot be read, or the content has changed since.
    """
    beside = path_of(file)
    if not file.is_file():
        raise BadInput("backup.no-file", file=file)
    if not beside.is_file():
        raise BadInput("backup.no-manifest", file=beside)
    try:
        found = Manifest(**json.loads(beside.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise BadInput("backup.bad-manifest", file=beside, reason=type(error).__name__) from None
    if found.format != FORMAT:
        raise BadInput("backup.other-format", file=beside, format=found.format)
    if file.stat().st_size != found.size or digest(file) != found.sha256:
        raise BadInput("backup.changed", file=file)
    return found


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    summed = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            summed.update(chunk)
    return summed.hexdigest()
