"""The process of a proof, seen from outside: started, listened to, killed."""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from geoservice.siting.problem import Problem
from geoservice.siting.stored import write_problem

# Lines of errors that are kept to tell why a process died.
_TOLD = 500


class Proof:
    """A proof under way; leaving the context kills the process if it still runs.

    Attributes
    ----------
    status
        What the process said in the end: ``optimal``, ``infeasible``, ``stopped``; None where it did not get so far.
    detail
        What it died of.
    """

    ENDED: Final = object()

    def __init__(self, problem: Problem, start: list[int] | None, seed: int, threads: int, seconds: float) -> None:
        self._problem = problem
        self._task = {"start": start, "seed": seed, "threads": threads, "seconds": max(0.05, seconds)}
        self._lines: queue.Queue[object] = queue.Queue()
        self.status: str | None = None
        self.detail: str | None = None
        self.solver = ""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="geoservice-siting-")
        folder = Path(self._folder.name)
        write_problem(self._problem, folder)
        (folder / "task.json").write_text(json.dumps(self._task), encoding="utf-8")
        self._errors = (folder / "errors").open("w+b")
        # A session of its own: an interrupt at the terminal reaches us, and we end it.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "geoservice.siting.child", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = self._process.poll() is None
        if running:
            self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                pipe.close()
        self._folder.cleanup()

    @property
    def pid(self) -> int:
        return self._process.pid

    def next(self, seconds: float) -> object:
        """The next message, None where none came in time, `ENDED` after the last."""
        try:
            message = self._lines.get(timeout=seconds)
        except queue.Empty:
            return None
        if isinstance(message, dict):
            self.solver = str(message.get("solver", self.solver))
            self.status = message.get("status", self.status)
        if message is self.ENDED:
            code = self._process.wait()
            self.detail = self._died_of(code) if self.status is None else None
        return message

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                message: Any = json.loads(line)
            except ValueError:  # the last line of a process that was killed while it wrote
                continue
            self._lines.put(message)
        self._lines.put(self.ENDED)

    def _died_of(self, code: int) -> str:
        if code < 0:
            return signal.Signals(-code).name
        self._errors.seek(0)
        told = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return f"{code}: {told[-1][-_TOLD:]}" if told else str(code)
