"""Answers that take work: made once, a few at once, the least lately used given up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from geoservice.api.worked import Worked
from geoservice.errors import Unavailable


def test_the_least_lately_used_is_given_up() -> None:
    worked = Worked(most=2)
    made: list[str] = []

    def ask(tag: str) -> bytes:
        return worked.body(tag, lambda: made.append(tag) or tag.encode(), wait_s=1.0)  # type: ignore[func-returns-value]

    for tag in ("a", "b", "a", "c", "a", "b"):
        assert ask(tag) == tag.encode()
    assert made == ["a", "b", "c", "b"]


def test_what_is_too_large_is_not_kept() -> None:
    worked = Worked(largest=3)
    assert worked.body("a", lambda: b"1234", wait_s=1.0) == b"1234"
    assert worked.body("a", lambda: b"12", wait_s=1.0) == b"12"
    assert worked.body("a", lambda: b"", wait_s=1.0) == b"12"


def test_who_waits_too_long_is_told_and_a_failure_frees_the_turn() -> None:
    worked = Worked(at_once=1)
    started, go = Event(), Event()

    def slow() -> bytes:
        started.set()
        go.wait(10)
        raise RuntimeError

    with ThreadPoolExecutor(1) as pool:
        busy = pool.submit(worked.body, "a", slow, wait_s=1.0)
        started.wait(10)
        with pytest.raises(Unavailable) as caught:
            worked.body("b", lambda: b"", wait_s=0.05)
        assert caught.value.code == "api.busy"
        go.set()
        with pytest.raises(RuntimeError):
            busy.result(10)
    assert worked.body("b", lambda: b"1", wait_s=1.0) == b"1"


def test_the_same_asked_at_once_is_made_once() -> None:
    worked = Worked(at_once=1)
    made = []
    together = Barrier(4)

    def ask() -> bytes:
        together.wait(10)
        return worked.body("a", lambda: made.append(1) or b"1", wait_s=10.0)  # type: ignore[func-returns-value]

    with ThreadPoolExecutor(4) as pool:
        assert {one.result(20) for one in [pool.submit(ask) for _ in range(4)]} == {b"1"}
    assert made == [1]
