"""One decorator for numba kernels: compiled without the GIL and cached on disk where a folder can be written."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_numba = import_module("numba")  # loaded by name: its decorators carry no types


def kernel(function: F) -> F:
    """Compile a function at its first call; the GIL is released while it runs.

    The machine code is cached beside the source or in the user's cache; where neither can be written, under
    GEOSERVICE_HOME; where that is not set either, the function is compiled anew in each process.
    """
    try:
        return _compile(function, cache=True)
    except RuntimeError:  # numba found no folder that it may write
        pass
    if not _move_cache():
        return _compile(function, cache=False)
    try:
        return _compile(function, cache=True)
    except RuntimeError:
        return _compile(function, cache=False)


def _compile(function: F, *, cache: bool) -> F:
    compiled: F = _numba.njit(nogil=True, cache=cache, error_model="numpy")(function)
    return compiled


def _move_cache() -> bool:
    home = os.environ.get("GEOSERVICE_HOME")
    if not home or os.environ.get("NUMBA_CACHE_DIR"):
        return False
    folder = Path(home).expanduser().absolute() / "cache" / "numba"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    _numba.config.CACHE_DIR = str(folder)
    return True
