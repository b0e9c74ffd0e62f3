"""Names for the arrays that the network works on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Int8s = NDArray[np.int8]
UInt8s = NDArray[np.uint8]
Int32s = NDArray[np.int32]
Int64s = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def frozen(array: NDArray[np.generic]) -> None:
    """Make an array read-only, so that one compiled kernel serves built and memory-mapped graphs."""
    array.flags.writeable = False
