"""Numbers by chance that depend on nothing but a seed and what they stand for.

Each is a hash of (seed, draw, key), not the next of a sequence: it is the same in every thread and order, and a
facility or a road that is added changes no number of the others. The mixing function is the finaliser of SplitMix64
(Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib

import numpy as np

from geoservice.network.compiled import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_BITS = 2.0**-53
_30, _27, _31, _11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@kernel
def mixed(state: np.uint64, key: np.uint64) -> np.uint64:
    """The state that follows from a state and a key."""
    z = (state ^ key) + _GOLDEN
    z = (z ^ (z >> _30)) * _FIRST
    z = (z ^ (z >> _27)) * _SECOND
    return z ^ (z >> _31)


@kernel
def share(state: np.uint64) -> float:
    """A number from 0 up to 1, evenly spread."""
    return (state >> _11) * _BITS


def start(seed: int, draw: int) -> np.uint64:
    """The state of one draw.

    Examples
    --------
    >>> len({int(start(*one)) for one in [(1, 0), (1, 0), (1, 1), (2, 0)]})
    3
    """
    return np.uint64(mixed(np.uint64(mixed(np.uint64(0), np.uint64(seed))), np.uint64(draw)))


def key_of(*words: str) -> np.uint64:
    """A key from words.

    Examples
    --------
    >>> len({int(key_of(*words)) for words in [("walk", "primary"), ("walk", "primary"), ("步行",), ("步", "行")]})
    3
    """
    digest = hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "little"))


def factor(state: np.uint64, key: np.uint64, spread: float) -> float:
    """A factor evenly spread from ``1 - spread`` to ``1 + spread``; exactly 1 where nothing is spread.

    Examples
    --------
    >>> factor(start(1, 0), key_of("walk"), 0.0)
    1.0
    """
    return 1.0 + spread * (2.0 * float(share(np.uint64(mixed(state, key)))) - 1.0)
