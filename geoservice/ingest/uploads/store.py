"""Uploads: a row in the database, and a folder in the state directory for its files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, BinaryIO

from sqlalchemy import Connection, delete, func, insert, select, update

from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Job, Upload
from geoservice.errors import BadRequest, Conflict, NotFound, TooLarge
from geoservice.ingest.uploads.naming import SentFile, as_files, check_files
from geoservice.ingest.uploads.wishes import Wishes, as_json, from_json
from geoservice.jobs.board import ENDED
from geoservice.settings import Settings

MOST_OPEN = 20
_REFUSED = "refused.csv"
_MIB = 2**20


@dataclass(frozen=True)
class UploadRow:
    """One upload.

    Attributes
    ----------
    files
        Each with ``name``, ``size`` in bytes and ``whole``: whether it has arrived.
    inspection
        What was found in it last; None before.
    job_id
        The latest job.
    outcome
        What the latest job that ended came to, with its ``job`` and ``action``.
    """

    id: int
    owner: str
    created_at: datetime
    files: Sequence[Mapping[str, Any]]
    wishes: Wishes
    inspection: Mapping[str, Any] | None
    job_id: int | None
    outcome: Mapping[str, Any] | None

    @property
    def whole(self) -> bool:
        """Whether all files have arrived."""
        return all(one["whole"] for one in self.files)


class Folder:
    """Where the files of an upload lie. Nothing in it is named by a path: only by checked names of files."""

    def __init__(self, settings: Settings, upload_id: int) -> None:
        self.root = settings.home / "uploads" / str(int(upload_id))
        self.files = self.root / "files"
        self.refused = self.root / _REFUSED

    def make(self) -> None:
        """Makes it."""
        self.files.mkdir(parents=True, exist_ok=True)

    def main(self, row: UploadRow, settings: Settings) -> Path:
        """The file that a reader opens."""
        return self.files / check_files(as_files(row.files), settings.uploads)

    @contextmanager
    def receive(self, name: str) -> Iterator[BinaryIO]:
        """A file that is there under its name when the block ends well, and not at all otherwise."""
        self.make()
        with NamedTemporaryFile(dir=self.root, prefix="part-", delete=False) as part:
            path = Path(part.name)
            try:
                yield part.file  # type: ignore[misc]
                part.flush()
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        path.replace(self.files / name)

    def remove(self) -> None:
        """Takes it away with everything in it."""
        shutil.rmtree(self.root, ignore_errors=True)


def begin(connection: Connection, settings: Settings, files: Sequence[SentFile], owner: str) -> int:
    """Notes what is going to be sent; the id of the upload.

    Raises
    ------
    BadInput
        As `naming.check_files`.
    TooLarge
        ``uploads.account-full`` or ``uploads.no-room``.
    Conflict
        ``uploads.too-many``
    """
    limits = settings.uploads
    check_files(files, limits)
    # Those who begin an upload wait for each other, so that the limits hold.
    one_at_a_time(connection, Lock.UPLOADING)
    held = [as_files(row.files) for row in connection.execute(select(Upload.files).where(Upload.owner == owner))]
    if len(held) >= MOST_OPEN:
        raise Conflict("uploads.too-many", most=MOST_OPEN)
    asked = sum(one.size for one in files)
    lying = sum(one.size for some in held for one in some)
    if lying + asked > limits.upload_account_mb * _MIB:
        raise TooLarge("uploads.account-full", lying_mb=lying // _MIB, most=limits.upload_account_mb)
    settings.home.mkdir(parents=True, exist_ok=True)
    # The readers unpack and convert: as much again has to be free.
    if shutil.disk_usage(settings.home).free < 2 * asked:
        raise TooLarge("uploads.no-room", size_mb=-(-asked // _MIB))
    told = [{"name": one.name, "size": one.size, "whole": False} for one in files]
    made: int = connection.execute(insert(Upload).values(owner=owner, files=told).returning(Upload.id)).scalar_one()
    return made


def upload(connection: Connection, upload_id: int, *, lock: bool = False) -> UploadRow:
    """One upload that whoever acts may see.

    Raises
    ------
    NotFound
        If there is none.
    """
    names = UploadRow.__dataclass_fields__
    statement = select(*(getattr(Upload, name) for name in names)).where(Upload.id == upload_id)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound("uploads.no-upload", id=upload_id)
    return UploadRow(**{**row, "wishes": from_json(row["wishes"])})


def uploads(connection: Connection, owner: str) -> list[UploadRow]:
    """The uploads of an account, the newest first."""
    found = select(Upload.id).where(Upload.owner == owner).order_by(Upload.id.desc()).limit(MOST_OPEN)
    return [upload(connection, one) for one in connection.execute(found).scalars().all()]


def declared(row: UploadRow, name: str) -> SentFile:
    """A file that was announced and has not arrived.

    Raises
    ------
    NotFound
        ``uploads.no-file``
    Conflict
        ``uploads.there-already``
    """
    for one in row.files:
        if one["name"] == name:
            if one["whole"]:
                raise Conflict("uploads.there-already", file=name)
            return SentFile(name, one["size"])
    raise NotFound("uploads.no-file", file=name[:60])


def arrived(connection: Connection, upload_id: int, name: str) -> UploadRow:
    """Notes that a file is there."""
    row = upload(connection, upload_id, lock=True)
    files = [{**one, "whole": one["whole"] or one["name"] == name} for one in row.files]
    connection.execute(update(Upload).where(Upload.id == upload_id).values(files=files))
    return upload(connection, upload_id)


def storable(told: Mapping[str, Any]) -> dict[str, Any]:
    r"""JSON that the database takes: without NUL, halves of characters and numbers that are none.

    Examples
    --------
    >>> storable({"a": "x\x00y\ud800", "b": float("nan"), "c": "湾"})
    {'a': 'xy?', 'b': None, 'c': '湾'}
    """
    written = json.dumps(told, ensure_ascii=False, default=str).replace("\\u0000", "")
    read: dict[str, Any] = json.loads(written.encode("utf-8", "replace"), parse_constant=lambda _: None)
    return read


def keep_inspection(connection: Connection, upload_id: int, wishes: Wishes, found: Mapping[str, Any]) -> None:
    """Keeps what was chosen and what was found with it; what a job came to before counts no more.

    Raises
    ------
    Conflict
        ``uploads.busy`` while a job is at it.
    """
    refuse_busy(connection, upload(connection, upload_id, lock=True))
    values = {"wishes": storable(as_json(wishes)), "inspection": storable(found), "outcome": None}
    connection.execute(update(Upload).where(Upload.id == upload_id).values(**values))


def refuse_busy(connection: Connection, row: UploadRow) -> None:
    """Lets an upload through that no job is at.

    Raises
    ------
    Conflict
        ``uploads.busy``
    """
    if row.job_id is not None:
        state = connection.execute(select(Job.state).where(Job.id == row.job_id)).scalar()
        if state is not None and state not in ENDED:
            raise Conflict("uploads.busy", job=row.job_id)


def refuse_half(row: UploadRow) -> None:
    """Lets an upload through whose files have all arrived.

    Raises
    ------
    BadRequest
        ``uploads.not-whole``
    """
    missing = [one["name"] for one in row.files if not one["whole"]]
    if missing:
        raise BadRequest("uploads.not-whole", files="、".join(missing))


def remove(connection: Connection, settings: Settings, upload_id: int) -> None:
    """Throws an upload away; what was loaded from it stays.

    Raises
    ------
    Conflict
        ``uploads.busy`` while a job is at it.
    """
    refuse_busy(connection, upload(connection, upload_id, lock=True))
    connection.execute(delete(Upload).where(Upload.id == upload_id))
    Folder(settings, upload_id).remove()


def clean(connection: Connection, settings: Settings) -> int:
    """Throws away what is older than it may be, and folders that belong to nothing; gives how many uploads went.

    Parameters
    ----------
    connection
        That sees all uploads.
    """
    old = func.now() - timedelta(hours=settings.uploads.upload_keep_h)
    ids = connection.execute(select(Upload.id).where(Upload.created_at < old)).scalars().all()
    gone = 0
    for one in ids:
        with suppress(Conflict, NotFound):
            remove(connection, settings, one)
            gone += 1
    present = set(connection.execute(select(Upload.id)).scalars())
    newest = max(present, default=0)
    for folder in (settings.home / "uploads").glob("*"):
        # One that has just been begun is not seen here yet.
        if folder.name.isdecimal() and int(folder.name) not in present and int(folder.name) <= newest:
            shutil.rmtree(folder, ignore_errors=True)
    return gone
