"""The process that proves: ``python -m geoservice.siting.child FOLDER``.

It reads ``problem.npz`` and ``task.json`` (seed, threads, seconds, start) from the folder and writes one JSON object a
line to standard output: ``{"sites": [...]}`` and ``{"bound": n}`` as they come, ``{"status": word}`` in the end. It ends
when its standard input is closed, so that it never outlives who started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path


class Lines:
    """What is found, one JSON object a line."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "w", encoding="ascii")
        self._lock = threading.Lock()
        self._bound: int | None = None

    def sites(self, sites: list[int]) -> None:
        self.write({"sites": sites})

    def bound(self, bound: int) -> None:
        if bound != self._bound:
            self._bound = bound
            self.write({"bound": bound})

    def time_bound(self, bound: int) -> None:
        self.write({"time_bound": bound})

    def write(self, line: dict[str, object]) -> None:
        with self._lock:
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def _end_with_parent() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


def main(folder: Path) -> None:
    """Proves the problem of a folder."""
    started = time.monotonic()
    # Whatever libraries print must not stand between the lines.
    lines = Lines(os.dup(1))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from geoservice.siting.exact import highs
    from geoservice.siting.exact.prove import method_of, prove
    from geoservice.siting.stored import read_problem

    task = json.loads((folder / "task.json").read_text("utf-8"))
    settings = highs.Settings(task["seed"], task["threads"], started + task["seconds"])
    problem = read_problem(folder)
    lines.write({"solver": method_of(problem, task["start"])})
    lines.write({"status": prove(problem, task["start"], settings, lines)})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
