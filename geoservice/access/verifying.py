"""Verification: every entry of the audit trail is hashed anew and held against its neighbours and the sealed heads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from geoservice.access.heads import Head, read, size_of
from geoservice.database.models import AuditHead
from geoservice.language import translate

Progress = Callable[[str, int, int], None]
# Entries fetched at once; each may hold the border of a county twice.
_AT_ONCE = 50
_PROGRESS = 500

# The same text as geoservice.audit_canonical gives, which the owner could have replaced.
_ENTRIES = text("""
    select seq, id, previous, hash, jsonb_build_object(
        'seq', seq, 'id', id, 'at', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'actor', actor, 'roles', roles, 'database_user', database_user, 'request_id', request_id,
        'action', action, 'table_name', table_name, 'key', key, 'before', before, 'after', after,
        'reason', reason, 'batch_id', batch_id)::text as canonical
    from geoservice.audit_entry order by seq nulls last, id
""")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with the trail; its text stands under ``audit.finding.<kind>``.

    Attributes
    ----------
    kind
        altered, unlinked, missing, unchained, no_head, head, cut_off, sealed, sealed_missing, other_chain, backwards
        or unreadable.
    values
        What the text names: places in the trail, lines of the file.
    """

    kind: str
    values: Mapping[str, int] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """In the current language."""
        return translate(f"audit.finding.{self.kind}", None, **self.values)

    def as_dict(self) -> dict[str, Any]:
        """Fit for JSON."""
        return {"kind": self.kind, **self.values, "message": self.message}


@dataclass(frozen=True)
class Verified:
    """What was looked at.

    Attributes
    ----------
    entries
        Entries in the trail.
    heads
        Sealed heads that were compared.
    seq
        Place of the last entry; 0 for none.
    findings
        How many things are wrong.
    """

    entries: int
    heads: int
    seq: int
    findings: int


def verify(connection: Connection, path: Path, progress: Progress, tell: Callable[[Finding], None]) -> Verified:
    """Reads the whole trail once, in bounded memory.

    Parameters
    ----------
    connection
        Of the owner, in a transaction that has done nothing yet.
    path
        The sealed heads; a file that is missing has none.
    tell
        Called with each finding, in the order of the trail.
    """
    # Before the snapshot: heads sealed later may lie beyond it.
    size = size_of(path)
    connection.execute(text("set transaction isolation level repeatable read read only"))
    head = connection.execute(select(AuditHead.chain, AuditHead.seq, AuditHead.hash)).one_or_none()
    walk = _Walk(head, _Heads(path, size, None if head is None else str(head.chain), tell), tell)
    rows = connection.execution_options(stream_results=True, yield_per=_AT_ONCE).execute(_ENTRIES)
    total = 0 if head is None else head.seq
    for row in rows:
        if row.seq is None:
            walk.find("unchained", id=row.id)
        else:
            walk.step(row)
        if walk.entries % _PROGRESS == 0:
            progress("audit.step", walk.entries, total)
    progress("audit.step", walk.entries, walk.entries)
    return walk.end()


class _Heads:
    """Sealed heads in rising order; what does not rise or cannot be read is told and left out."""

    def __init__(self, path: Path, size: int, chain: str | None, tell: Callable[[Finding], None]) -> None:
        self._lines = read(path, size)
        self._chain = chain
        self._tell = tell
        self._last = -1
        self.compared = 0
        self.findings = 0
        self.next = self._advance()

    def upto(self, seq: int) -> Iterator[Head]:
        """Heads whose place is at most this one, each once."""
        while self.next is not None and self.next.seq <= seq:
            self.compared += 1
            yield self.next
            self.next = self._advance()

    def rest(self) -> int | None:
        """The highest place that is left; None where none is."""
        highest = None
        while self.next is not None:
            self.compared += 1
            highest = self.next.seq
            self.next = self._advance()
        return highest

    def _advance(self) -> Head | None:
        for line, head in self._lines:
            if head is None:
                self._find("unreadable", line=line)
            elif head.chain != self._chain:
                self._find("other_chain", line=line, seq=head.seq)
            elif head.seq <= self._last:
                self._find("backwards", line=line, seq=head.seq, before=self._last)
            else:
                self._last = head.seq
                return head
        return None

    def _find(self, kind: str, **values: int) -> None:
        self.findings += 1
        self._tell(Finding(kind, values))


class _Walk:
    """From entry to entry."""

    def __init__(self, head: Row[UUID, int, bytes] | None, heads: _Heads, tell: Callable[[Finding], None]) -> None:
        self._head = head
        self._heads = heads
        self._tell = tell
        self._findings = 0
        self._seq = 0
        self._hash = hashlib.sha256(str(head.chain).encode()).digest() if head is not None else None
        self.entries = 0
        self._seal(0, self._hash)

    def find(self, kind: str, **values: int) -> None:
        self._findings += 1
        self._tell(Finding(kind, values))

    def step(self, row: Row[Any]) -> None:
        """The next entry: in place, linked to the one before, and hashed as it says."""
        self.entries += 1
        if row.seq != self._seq + 1:
            self.find("missing", first=self._seq + 1, last=row.seq - 1)
        elif self._hash is not None and row.previous != self._hash:
            self.find("unlinked", seq=row.seq)
        if hashlib.sha256(row.previous + row.canonical.encode()).digest() != row.hash:
            self.find("altered", seq=row.seq, id=row.id)
        # With the hash as it stands: one altered entry is one finding, not a thousand.
        self._seq, self._hash = row.seq, row.hash
        self._seal(row.seq, row.hash)

    def end(self) -> Verified:
        """The head and the sealed heads beyond the last entry."""
        if self._head is None:
            self.find("no_head")
        elif self._head.seq > self._seq:
            self.find("cut_off", first=self._seq + 1, last=self._head.seq)
        elif self._head.seq < self._seq or self._head.hash != self._hash:
            self.find("head", seq=self._head.seq, last=self._seq)
        beyond = self._heads.rest()
        if beyond is not None and (self._head is None or beyond > max(self._head.seq, self._seq)):
            self.find("cut_off", first=self._seq + 1, last=beyond)
        return Verified(self.entries, self._heads.compared, self._seq, self._findings + self._heads.findings)

    def _seal(self, seq: int, hashed: bytes | None) -> None:
        for head in self._heads.upto(seq):
            if head.seq != seq:
                self.find("sealed_missing", seq=head.seq)
            elif hashed is not None and head.hash != hashed.hex():
                self.find("sealed", seq=seq)
