"""Working arrays of the searches, lent and given back, so that a small search on a large network touches little memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


class Shelf(Generic[T]):
    """Arrays of one kind. A borrower leaves an array as it was found; after an error it is not taken back.

    Parameters
    ----------
    dtype
        Of the elements.
    fill
        What a lent array is full of; None if its contents do not matter.
    kept
        So many arrays lie on the shelf at most, by default one a processor.
    """

    def __init__(self, dtype: type[T], fill: int | None = None, *, kept: int | None = None) -> None:
        self._dtype, self._fill = dtype, fill
        self._kept = kept or os.cpu_count() or 1
        self._spare: list[NDArray[T]] = []

    @contextmanager
    def lend(self, size: int) -> Iterator[NDArray[T]]:
        """At least as many elements as asked for.

        Examples
        --------
        >>> shelf = Shelf(np.uint32, 7)
        >>> with shelf.lend(2) as first:
        ...     first.tolist()
        [7, 7]
        >>> with shelf.lend(1) as second:
        ...     second is first
        True
        """
        try:
            array = self._spare.pop()  # one step, which no other thread can divide
        except IndexError:
            array = np.empty(0, dtype=self._dtype)
        if array.size < size:
            array = self._new(size)
        yield array
        if len(self._spare) < self._kept:
            self._spare.append(array)

    def _new(self, size: int) -> NDArray[T]:
        if self._fill is None:
            return np.empty(size, dtype=self._dtype)
        if self._fill == 0:  # memory that is not written before it is used
            return np.zeros(size, dtype=self._dtype)
        return np.full(size, self._fill, dtype=self._dtype)
