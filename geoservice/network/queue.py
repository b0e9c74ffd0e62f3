"""A bucket queue (Dial): `head` holds the first entry of each bucket, an entry is (node, next entry).

Spent entries are used again, so that few pages are ever touched. Counters are plain numbers, which stay in registers.
All is unsigned: an index that may be negative costs a test, and a mixture of signed and unsigned numbers becomes a
float.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from geoservice.network.compiled import kernel
from geoservice.network.labels import UInt32s
from geoservice.network.scratch import Shelf

_NEVER = 2**32 - 1
NONE = np.uint32(_NEVER)
_ENTRIES = Shelf(np.uint64)


@contextmanager
def entries_lent(most: int, limit: int) -> Iterator[tuple[UInt32s, UInt32s]]:
    """An empty queue: the first entry of each bucket, and room for as many entries as can wait at once."""
    with _ENTRIES.lend(most + 1) as entries:
        yield np.full(limit + 1, _NEVER, dtype=np.uint32), entries.view(np.uint32).reshape(-1, 2)


@kernel
def put(
    head: UInt32s, entries: UInt32s, used: np.uint32, spare: np.uint32, bucket: np.uint64, node: np.uint32
) -> tuple[np.uint32, np.uint32]:
    """Put a node into a bucket; the number of entries ever used and the first spare one afterwards."""
    entry = spare
    if entry != NONE:
        spare = entries[entry, 1]
    else:
        entry = used
        used = np.uint32(used + np.uint32(1))
    entries[entry, 0] = node
    entries[entry, 1] = head[bucket]
    head[bucket] = entry
    return used, spare
