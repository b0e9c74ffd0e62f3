"""Heads of the audit trail in a file outside of the database, one JSON object a line, only ever appended to."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from geoservice.errors import Unavailable

# A line has some 200 bytes.
_TAIL = 4096


@dataclass(frozen=True)
class Head:
    """The end of the trail at a moment.

    Attributes
    ----------
    chain
        Name of the chain, a UUID.
    seq
        Place of its last entry; 0 for none.
    hash
        Of that entry, SHA-256 as hexadecimal digits; of the name of the chain where there is none.
    at
        When it was written down, ISO 8601 in UTC.
    """

    chain: str
    seq: int
    hash: str
    at: str

    @classmethod
    def parse(cls, line: bytes) -> Head | None:
        """Reads a line; None where it is none of ours.

        Examples
        --------
        >>> Head.parse(b'{"chain": "c", "seq": 7, "hash": "00ff", "at": "2026-01-01T00:00:00Z"}').seq
        7
        >>> Head.parse(b'{"seq": "seven"}') is None, Head.parse(b"") is None
        (True, True)
        """
        try:
            found = json.loads(line)
            head = cls(**{name: found[name] for name in ("chain", "seq", "hash", "at")})
        except (ValueError, KeyError, TypeError):
            return None
        texts = all(isinstance(text, str) for text in (head.chain, head.hash, head.at))
        return head if texts and type(head.seq) is int and head.seq >= 0 else None

    def line(self) -> bytes:
        """As it stands in the file."""
        return json.dumps(asdict(self)).encode() + b"\n"


class HeadFile:
    """The file, opened and locked: two programs that seal at once do it one after the other."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def last(self) -> Head | None:
        """The last head that can be read; None in an empty file."""
        size = os.fstat(self._descriptor).st_size
        tail = os.pread(self._descriptor, _TAIL, max(size - _TAIL, 0))
        heads = (Head.parse(line) for line in reversed(tail.splitlines()))
        return next((head for head in heads if head is not None), None)

    def append(self, head: Head) -> None:
        """Writes a head and waits until it is on the disk."""
        size = os.fstat(self._descriptor).st_size
        # What a fall of the power has cut short stays alone on its line.
        torn = size > 0 and os.pread(self._descriptor, 1, size - 1) != b"\n"
        os.write(self._descriptor, (b"\n" if torn else b"") + head.line())
        os.fsync(self._descriptor)


@contextmanager
def opened(path: Path) -> Iterator[HeadFile]:
    """The file for its owner alone (0600), made where it is missing.

    Raises
    ------
    Unavailable
        ``audit.file`` if it cannot be written.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if fresh:
                _keep_name(path.parent)
            yield HeadFile(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Unavailable("audit.file", file=path, reason=error.strerror or error) from None


def _keep_name(folder: Path) -> None:
    """The name of a new file is on the disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def size_of(path: Path) -> int:
    """Bytes of the file; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def read(path: Path, size: int) -> Iterator[tuple[int, Head | None]]:
    """Number and head of each line within the first `size` bytes; None for a line that is no head.

    Raises
    ------
    Unavailable
        ``audit.file`` if it cannot be read.
    """
    if not size:
        return
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, Head.parse(line)
                if file.tell() >= size:
                    return
    except OSError as error:
        raise Unavailable("audit.file", file=path, reason=error.strerror or error) from None
