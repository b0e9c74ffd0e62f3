"""Graphs on disk: one folder a revision, one .npy file an array, opened memory-mapped and shared by all workers.

A folder is written beside its place and renamed, so that it is whole or absent. Sizes and checksums of its files stand
in ``manifest.json``; a folder that does not agree with them is built again.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from geoservice.errors import Unavailable
from geoservice.network.core import Core
from geoservice.network.graph import Csr, Graph

MANIFEST = "manifest.json"
_NUMBERS = ("main_component", "revision", "mode", "turns", "slope")
# Graphs of before there were turn bans and slopes have none of it.
_LATER: dict[str, dict[str, int]] = {"turns": {}, "slope": {}}
_ROWS = ("forward", "reverse")
# Graphs of before there were cores have none, and are searched without.
_CORE = "core"
_ABANDONED_S = 3600


def save(graph: Graph, folder: Path) -> Path:
    """Write a graph below a folder, in place of what stands there under its revision.

    Returns
    -------
    The graph's own folder, named by its revision.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    new = Path(tempfile.mkdtemp(dir=folder, prefix=".new-"))
    try:
        listed = {}
        for name, array in _arrays(graph):
            np.save(new / f"{name}.npy", array)
            listed[name] = {"size": (new / f"{name}.npy").stat().st_size, "crc32": _crc32(new / f"{name}.npy")}
        manifest = {"arrays": listed, **{name: getattr(graph, name) for name in _NUMBERS}}
        (new / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        new.chmod(0o755)
        return _put(new, folder / graph.revision)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def load(folder: Path, revision: str, *, verify: bool = True) -> Graph:
    """Open the graph of a revision, memory-mapped and read-only.

    Parameters
    ----------
    folder
        As given to `save`.
    revision
        SHA-256 of the graph's inputs.
    verify
        Compare the checksums too (about a second a gigabyte), not the sizes alone.

    Raises
    ------
    Unavailable
        ``network.not-stored`` if it is absent or damaged.
    """
    try:
        content = _content(folder / revision, verify=verify)
        if content["revision"] != revision:
            raise Unavailable("network.not-stored", folder=revision, reason=MANIFEST)
        return Graph(**content)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable("network.not-stored", folder=revision, reason=str(error)) from None


def stored(folder: Path, revision: str, build: Callable[[], Graph]) -> Graph:
    """The graph of a revision: the stored one if it is whole, else built and stored."""
    with suppress(Unavailable):
        return load(folder, revision)
    save(build(), folder)
    return load(folder, revision)


def _arrays(graph: Graph) -> Iterator[tuple[str, Any]]:
    for one in fields(graph):
        value = getattr(graph, one.name)
        if isinstance(value, Csr):
            yield f"{one.name}.indptr", value.indptr
            yield f"{one.name}.arcs", value.arcs
            if value.core is not None:
                yield from (
                    (f"{one.name}.{_CORE}.{part.name}", getattr(value.core, part.name)) for part in fields(Core)
                )
        elif isinstance(value, np.ndarray):
            yield one.name, value


def _content(place: Path, *, verify: bool) -> dict[str, Any]:
    manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    content = {name: _opened(place / f"{name}.npy", kept, verify=verify) for name, kept in manifest["arrays"].items()}
    for name in _ROWS:
        core = {part: content.pop(f"{name}.{_CORE}.{part}", None) for part in (one.name for one in fields(Core))}
        whole = all(array is not None for array in core.values())
        content[name] = Csr(content.pop(f"{name}.indptr"), content.pop(f"{name}.arcs"), Core(**core) if whole else None)
    return content | {name: manifest.get(name, _LATER.get(name)) for name in _NUMBERS}


def _opened(path: Path, kept: dict[str, int], *, verify: bool) -> Any:
    if path.stat().st_size != kept["size"] or (verify and _crc32(path) != kept["crc32"]):
        raise ValueError(path.name)
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.asarray(array) if array.size else np.load(path, allow_pickle=False)


def _crc32(path: Path) -> int:
    value = 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            value = zlib.crc32(block, value)
    return value


def _sweep(folder: Path) -> None:
    """Remove what a process that was killed left behind."""
    for path in folder.glob(".*-*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _ABANDONED_S:
                shutil.rmtree(path, ignore_errors=True)


def _put(new: Path, place: Path) -> Path:
    with suppress(FileNotFoundError):
        old = Path(tempfile.mkdtemp(dir=place.parent, prefix=".old-"))
        try:
            place.replace(old)
        finally:
            shutil.rmtree(old, ignore_errors=True)
    try:
        new.replace(place)
    except OSError:
        # Another process was quicker; its folder has the same content.
        if not (place / MANIFEST).is_file():
            raise
    return place
