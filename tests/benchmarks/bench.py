"""Timing of several subjects side by side, their answers compared; rows for people and for programs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from geoservice.network.compiled import kernel

OURS = "geoservice"
# Our own by another way: measured and compared, but no peer.
WRITTEN_OUT = f"{OURS}, written out"
# Linux: writing 5 sets the greatest resident size back to the present one.
_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


@dataclass(frozen=True)
class Way:
    """One subject's way to answer a case.

    Attributes
    ----------
    subject
        "geoservice" or the peer's name.
    call
        What is timed.
    answer
        Brings what `call` gives into the form of the case, outside the time: a tuple of arrays; None where the answer
        cannot be compared.
    preparation_s
        What the subject needed before the first call; told apart.
    before
        Called before each run, outside the time.
    """

    subject: str
    version: str
    threads: int
    call: Callable[[], Any]
    answer: Callable[[Any], tuple[NDArray[Any], ...] | None]
    preparation_s: float | None = None
    before: Callable[[], None] = lambda: None
    figures: Callable[[Any], dict[str, Any]] = lambda _: {}


@dataclass(frozen=True)
class Case:
    """What every way has to answer. `oracle` is the subject whose answer the others are held against."""

    workload: str
    case: str
    ways: Sequence[Way]
    oracle: str = "scipy"
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Budget:
    """How long one way of one case may be measured: seconds in all, and the least and most runs."""

    seconds: float
    least: int = 3
    most: int = 25
    # A first run this long is the only one.
    slow_s: float = 4.0


Row = dict[str, Any]
Answers = dict[tuple[str, int], tuple[NDArray[Any], ...] | None]


def measure(case: Case, budget: Budget) -> tuple[list[Row], Answers]:
    """Rows of a case, one a way, and the answers.

    The first run of each way compiles, fills caches and gives the answer; it counts only where it is slow. Then the
    ways take turns, so that other work of the machine falls on all of them alike.
    """
    first = [_timed(way) for way in case.ways]
    answers: Answers = {}
    figures = []
    for way, (_, given) in zip(case.ways, first, strict=True):
        answers[way.subject, way.threads] = way.answer(given)
        figures.append(way.figures(given))
    spent = [seconds for seconds, _ in first]
    del first
    for number, way in enumerate(case.ways):
        # Where a slow first run was our compiler, the second tells how long one takes.
        if way.subject == OURS and spent[number] > budget.slow_s:
            spent[number] = _timed(way)[0]
    quota = [_quota(seconds, budget) for seconds in spent]
    times: list[list[float]] = [[seconds] if runs == 0 else [] for seconds, runs in zip(spent, quota, strict=True)]
    peaks: list[float | None] = [None] * len(spent)
    rounds = max(quota, default=0)
    for turn in range(rounds):
        for number, way in enumerate(case.ways):
            if (turn + 1) * quota[number] // rounds > turn * quota[number] // rounds:
                base = _clear_peak() if not times[number] else None
                times[number].append(_timed(way)[0])
                if base is not None:
                    peaks[number] = max(0.0, _memory_mib("VmHWM") - base)
    rows = []
    for number, way in enumerate(case.ways):
        same = same_answer(way, answers, case.oracle)
        wrong = _wrong(answers[way.subject, way.threads], answers.get((case.oracle, 1))) if same is False else {}
        rows.append(_row(case, way, times[number], peaks[number], same) | figures[number] | wrong)
    return rows, answers


def same_answer(way: Way, answers: Answers, oracle: str) -> bool | None:
    """Whether a way's answer is that of the oracle; the oracle's own is held against ours."""
    mine = answers[way.subject, way.threads]
    against = OURS if way.subject == oracle else oracle
    other = next((answer for (subject, _), answer in answers.items() if subject == against), None)
    if mine is None or other is None:
        return None
    return len(mine) == len(other) and all(np.array_equal(a, b) for a, b in zip(mine, other, strict=True))


def _wrong(mine: tuple[NDArray[Any], ...] | None, known: tuple[NDArray[Any], ...] | None) -> dict[str, Any]:
    """How many values of an answer differ, where values stand in the same places."""
    if not mine or not known or len(mine) != 1 or mine[0].shape != known[0].shape:
        return {}
    return {"nodes_wrong": int((mine[0] != known[0]).sum())}


def _quota(first_s: float, budget: Budget) -> int:
    if first_s > budget.slow_s:
        return 0
    return int(min(budget.most, max(budget.least, budget.seconds / max(first_s, 1e-6))))


def _timed(way: Way) -> tuple[float, Any]:
    way.before()
    start = time.perf_counter()
    given = way.call()
    return time.perf_counter() - start, given


def _row(case: Case, way: Way, times: list[float], peak_mib: float | None, same: bool | None) -> Row:
    settled = case.facts.get("settled")
    median = statistics.median(times)
    row: Row = {
        "workload": case.workload,
        "case": case.case,
        "subject": way.subject,
        "version": way.version,
        "threads": way.threads,
        "median_s": median,
        "p95_s": float(np.quantile(times, 0.95)),
        "least_s": min(times),
        "runs": len(times),
        "peak_mib": None if peak_mib is None else round(peak_mib, 1),
        "same_answer": same,
        **case.facts,
    }
    if way.preparation_s is not None:
        row["preparation_s"] = round(way.preparation_s, 3)
    if settled:
        row["ns_a_settled_node"] = round(median / settled * 1e9, 1)
    return row


def _clear_peak() -> float | None:
    """Set the greatest resident size back; the present one in MiB, or None where the system cannot."""
    try:
        _CLEAR.write_text("5", encoding="ascii")
        return _memory_mib("VmRSS")
    except OSError:
        return None


def _memory_mib(name: str) -> float:
    line = next(line for line in _STATUS.read_text(encoding="ascii").splitlines() if line.startswith(name + ":"))
    return int(line.split()[1]) / 1024


# ---- Ratios and the table ------------------------------------------------------------------------------------------


def ratios(rows: Sequence[Row], by: str = "median_s") -> dict[str, tuple[str, float]]:
    """How many times as long the best peer takes, by comparison: its name and the ratio.

    "1 thread" holds ways of one thread against each other, "all cores" our fastest against the fastest peer, however
    many threads either takes. Only peers whose answer is the same, or cannot be compared, count. `by` is the median, or the
    least time, on which other work of the machine weighs less.
    """
    found = {}
    for title, threads in (("1 thread", 1), ("all cores", None)):
        fit = [row for row in rows if threads in (None, row["threads"])]
        ours = min((row[by] for row in fit if row["subject"] == OURS), default=None)
        peers = [row for row in fit if row["subject"] not in (OURS, WRITTEN_OUT) and row["same_answer"] is not False]
        if ours and peers:
            best = min(peers, key=lambda row: row[by])
            found[title] = (best["subject"], best[by] / ours)
    return found


def show(rows: Sequence[Row], out: TextIO) -> None:
    """One case as a table, with the ratios below."""
    head = rows[0]
    facts = ", ".join(f"{head[key]:,} {key}" for key in ("nodes", "facilities", "settled") if head.get(key) is not None)
    print(f"\n{head['workload']} {head['case']}: {facts}", file=out)
    print(f"  {'subject':28}{'threads':>8}{'median':>11}{'p95':>11}{'runs':>5}{'MiB':>8}{'ratio':>8}  same", file=out)
    ours = {row["threads"]: row["median_s"] for row in rows if row["subject"] == OURS}
    for row in rows:
        mine = ours.get(row["threads"], min(ours.values(), default=row["median_s"]))
        peak = "-" if row["peak_mib"] is None else f"{row['peak_mib']:.0f}"
        same = {True: "yes", False: "NO", None: "-"}[row["same_answer"]]
        more = "".join(f"  {name}={value}" for name, value in row.items() if name not in _SHOWN and value is not None)
        print(
            f"  {row['subject'] + ' ' + row['version']:28}{row['threads']:>8}{_ms(row['median_s'])}{_ms(row['p95_s'])}"
            f"{row['runs']:>5}{peak:>8}{row['median_s'] / mine:>8.1f}  {same:4}{more}",
            file=out,
        )
    for by, told in (("median_s", "median"), ("least_s", "least")):
        for title, (peer, ratio) in ratios(rows, by).items():
            print(f"  {title}, {told}: {ratio:.1f} times as fast as the best peer, {peer}", file=out)


_SHOWN = frozenset(
    [
        "workload",
        "case",
        "subject",
        "version",
        "threads",
        "median_s",
        "p95_s",
        "least_s",
        "runs",
        "peak_mib",
        "same_answer",
        "nodes",
        "facilities",
        "settled",
        "arcs",
        "limit_ds",
        "random_access_l2_ns",
        "random_access_ns",
    ]
)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:>8.2f} ms" if seconds < 10 else f"{seconds:>9.1f} s"


def write(rows: Sequence[Row], path: Path) -> None:
    """Rows as JSON, one object a line, added to the file."""
    with path.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


# ---- The machine ---------------------------------------------------------------------------------------------------


def random_access_ns(mib: float, steps: int = 1_000_000) -> float:
    """Time of one load that depends on the one before it, at random in an array of a size."""
    order = np.random.default_rng(1).permutation(int(mib * 2**20 / 4)).astype(np.int32)
    chain = np.empty_like(order)
    chain[order] = np.roll(order, -1)
    _chase(chain, 10)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        _chase(chain, steps)
        times.append(time.perf_counter() - start)
    return min(times) / steps * 1e9


@kernel
def _chase(chain: NDArray[np.int32], steps: int) -> int:
    at = 0
    for _ in range(steps):
        at = chain[at]
    return at
