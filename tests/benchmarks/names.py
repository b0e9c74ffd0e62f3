"""script/bench names: clash checks, plans and searches over a registry of millions of names, beside LIKE and pg_trgm.

Repeated by anybody: names and questions are seeded and follow the real lists beside the project.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import geoservice
from geoservice.catalog import Catalog, load_catalog
from geoservice.database.actor import EVERYWHERE, PUBLIC, Actor, acting
from geoservice.errors import Deadline
from geoservice.names.clashes.elsewhere import UNITS, prepare_keys, units_named
from geoservice.names.clashes.searching import codes_of
from geoservice.names.plans.checking import check_plan
from geoservice.names.plans.reading import read_plan
from geoservice.names.query import NameQuery
from geoservice.names.rules.checking import check_name
from geoservice.names.search import search_places
from geoservice.settings import ImportSettings
from tests.benchmarks.bench import OURS, Row, write
from tests.benchmarks.name_peers import Peers
from tests.benchmarks.name_questions import DRAWN_IN, Question, proposals, searches, write_drawing, write_plan
from tests.benchmarks.registry import Registry, registry
from tests.benchmarks.vocabulary import absent

START = time.perf_counter()
MILLIONS, QUICK, PLAN_NAMES, PLAN_ROADS = 10_000_000, 1_000_000, 200_000, 1500
DAY = date(2026, 11, 26)
LIMIT, TIMEOUT_S = 20, 30.0
# As the service connects: the application's role, bound by the policies.
STAFF = Actor("bench", roles=("reviewer",), reads=EVERYWHERE)


class Run:
    """One run: what it prints and writes."""

    def __init__(self, options: argparse.Namespace, catalog: Catalog) -> None:
        self.each: int = 20 if options.quick else 40
        self.json: Path | None = options.json
        self.catalog = catalog

    def checks(self, made: Registry) -> None:
        """One name at a time, against every name in the scope of the law."""
        head("Check of one name, staff, after what the service works out when it starts")
        with made.database.connect(actor=STAFF) as connection:
            prepare_keys(units_named(connection, {kind: codes_of(self.catalog, kind)[0] for kind in UNITS}, DAY))
        for title, asked in proposals(made, self.each):
            calls = [partial(self._check, made, one) for one in asked]
            self.told(made, "names check", title, OURS, calls)

    def searches(self, made: Registry) -> None:
        """The mix of searches, the public's; then all of it together."""
        for audience, actor in (("public", PUBLIC), ("staff", STAFF)):
            head(f"Search, {audience}, first {LIMIT}")
            times: list[float] = []
            for title, asked in searches(made, self.each):
                calls = [partial(search, made, actor, one) for one in asked]
                times += self.told(made, f"names search, {audience}", title, OURS, calls)
            self.row(made, f"names search, {audience}", "whole mix", OURS, times, {})

    def peers(self, made: Registry) -> None:
        """Han parts of names beside a LIKE scan and pg_trgm: time, and the share of the right answers."""
        head(f"Beside a LIKE scan and pg_trgm: best {LIMIT} answers")
        peers = Peers(made, LIMIT, DAY)
        for title, asked in searches(made, max(3, self.each // 8), seed=17):
            if not peers.answers(asked[0]):
                continue
            right = [peers.right(one) for one in asked]
            ours: Callable[[Question], list[int]] = partial(search, made, STAFF)
            for subject, ask in ((OURS, ours), *peers.ways()):
                calls = [partial(ask, one) for one in asked]
                self.told(made, "names beside peers", title, subject, calls, right)

    def plan(self, made: Registry) -> None:
        """A plan of roads as it is handed in."""
        head(f"Plan of {PLAN_ROADS:,} roads against {made.names:,} names, staff")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "roads.csv")
            write_plan(made, PLAN_ROADS, path)
            self.told(made, "names plan", f"{PLAN_ROADS} roads", OURS, [partial(self._plan, made, path)] * 2)
            drawing = Path(folder, "roads.dxf")
            write_drawing(made, PLAN_ROADS, drawing)
            self.told(made, "names plan", "the drawing, read", OURS, [partial(self._drawing, drawing)] * 2)
            self.told(made, "names plan", "the drawing, checked", OURS, [partial(self._plan, made, drawing)])

    def _check(self, made: Registry, one: Any) -> list[int]:
        with made.database.connect(actor=STAFF, timeout_s=TIMEOUT_S) as connection:
            found = check_name(connection, self.catalog, one, day=DAY).found
        return [] if found is None else [clash.name_id for clash in found.clashes]

    def _drawing(self, path: Path) -> list[int]:
        plan = read_plan(path, self.catalog, "street", limits=ImportSettings(), crs=f"EPSG:{DRAWN_IN}")
        return [line.row for line in plan.lines if not line.faults]

    def _plan(self, made: Registry, path: Path) -> list[int]:
        crs = f"EPSG:{DRAWN_IN}" if path.suffix == ".dxf" else None
        plan = read_plan(path, self.catalog, "street", limits=ImportSettings(), crs=crs)
        with made.database.connect(actor=STAFF, timeout_s=TIMEOUT_S) as connection:
            check_plan(connection, self.catalog, plan, day=DAY)
        return [line.row for line in plan.lines if line.outcome is not None]

    def told(
        self,
        made: Registry,
        workload: str,
        case: str,
        subject: str,
        calls: Sequence[Callable[[], list[int]]],
        right: Sequence[list[int]] = (),
    ) -> list[float]:
        """Measures calls one after the other, prints and writes the row; the times."""
        times, found, late = [], [], 0
        for call in calls:
            start = time.perf_counter()
            try:
                found.append(call())
            except Deadline:
                found.append([])
                late += 1
            times.append(time.perf_counter() - start)
        facts: dict[str, Any] = {"answers": round(statistics.mean(map(len, found)), 1)}
        if late:
            facts["past_deadline"] = late
        if right:
            facts["right"] = round(share(found, right), 3)
        self.row(made, workload, case, subject, times, facts | memory(made))
        return times

    def row(
        self, made: Registry, workload: str, case: str, subject: str, times: Sequence[float], facts: dict[str, Any]
    ) -> None:
        """Prints and writes one row."""
        row: Row = {
            "workload": workload,
            "case": case,
            "subject": subject,
            "version": geoservice.__version__,
            "names": made.names,
            "median_s": statistics.median(times),
            "p95_s": float(np.quantile(times, 0.95)),
            "worst_s": max(times),
            "runs": len(times),
            **facts,
        }
        more = "".join(f"  {name}={value}" for name, value in facts.items())
        print(
            f"  {case:24}{subject:24}{_ms(row['median_s'])}{_ms(row['p95_s'])}{_ms(row['worst_s'])}{len(times):>6}{more}",
            flush=True,
        )
        if self.json:
            write([row], self.json)


def search(made: Registry, actor: Actor, one: Question) -> list[int]:
    """Ids of the names found, as the service asks."""
    token = acting.set(actor)
    try:
        given = None if actor == PUBLIC else actor
        with made.database.connect(actor=given, timeout_s=TIMEOUT_S) as connection:
            page = search_places(
                connection, NameQuery.parse(one.typed), today=DAY, unit=one.unit, bbox=one.bbox, limit=LIMIT
            )
    finally:
        acting.reset(token)
    return [item["id"] for item in page.items]


def share(found: Sequence[list[int]], right: Sequence[list[int]]) -> float:
    """Of the right answers, the share that was found; 1 where there was nothing to find."""
    hits = sum(len(set(a) & set(b)) for a, b in zip(found, right, strict=True))
    wanted = sum(map(len, right))
    return hits / wanted if wanted else 1.0


def memory(made: Registry) -> dict[str, float]:
    """MiB of the largest server process beside the shared buffers, and of this program; Linux only."""
    with made.superuser() as connection:
        pids = [
            row[0]
            for row in connection.execute("select pid from pg_stat_activity where backend_type = 'client backend'")
        ]
    largest = max((_status_mib(pid, "RssAnon") for pid in pids), default=0.0)
    return {"server_mib": round(largest, 1), "program_mib": round(_status_mib(os.getpid(), "VmRSS"), 1)}


def _status_mib(pid: int, name: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":")), 0.0)


def head(title: str) -> None:
    """A heading, with what the columns are."""
    print(f"\n{title}\n  {'case':24}{'subject':24}{'median':>11}{'p95':>11}{'worst':>11}{'runs':>6}", flush=True)


def tell(text: str) -> None:
    """A note on standard error."""
    print(f"[{time.perf_counter() - START:6.1f} s] {text}", file=sys.stderr, flush=True)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:>8.1f} ms" if seconds < 10 else f"{seconds:>9.1f} s"


def main(arguments: list[str] | None = None) -> int:
    """The command; 2 where the real lists are missing."""
    parser = argparse.ArgumentParser(prog="script/bench names", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a million names, within six minutes on two cores")
    parser.add_argument("--names", type=int, metavar="N", help="so many names instead of ten millions")
    parser.add_argument("--json", type=Path, metavar="FILE", help="one object a line")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="the registry stays there and is used again")
    parser.add_argument("--only", action="append", choices=PARTS, help="these parts")
    options = parser.parse_args(arguments)
    missing = absent()
    if missing:
        names = ", ".join(path.name for path in missing)
        print(f"Skipped: names are made after real lists, and these are absent: {names}", file=sys.stderr)
        return 2
    if options.json:
        options.json.write_text("", encoding="utf-8")
    run = Run(options, load_catalog())
    parts: Iterable[str] = options.only or PARTS
    wanted = [part for part in parts if part != "plan"]
    if wanted:
        count = options.names or (QUICK if options.quick else MILLIONS)
        with registry(count, tell, options.keep) as made:
            built = "kept" if made.built_s is None else f"built in {made.built_s:.0f} s"
            tell(f"registry of {made.names:,} names, {built}")
            for part in wanted:
                getattr(run, part)(made)
    if "plan" in parts:
        with registry(PLAN_NAMES, tell) as made:
            run.plan(made)
    return 0


PARTS = ("checks", "searches", "peers", "plan")

if __name__ == "__main__":
    sys.exit(main())
