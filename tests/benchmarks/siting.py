"""script/bench siting: maximal cover and the p-median proven, beside greedy and spopt with CBC.

Instances are drawn anew from seeds. Values are recomputed by the checker for every subject.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import geoservice
from geoservice.siting.answer import Status
from geoservice.siting.evaluate import evaluate
from geoservice.siting.instances.pmed import read_pmed
from geoservice.siting.problem import Model, Problem, Times
from geoservice.siting.search.cover import CoverSearch
from geoservice.siting.search.median import Costs, MedianSearch
from geoservice.siting.solve import Effort, solve
from geoservice.siting.stored import write_problem
from tests.benchmarks.bench import OURS, Row, write
from tests.benchmarks.siting_exclusion import exclusions
from tests.benchmarks.siting_peers import peer
from tests.siting_files import write_pmed

LIMITS = (40, 70, 100)
SITES = (10, 20, 30)
RULED = 3000
GROWTH = ((1000, 1000), (2000, 2000), (3000, 3000))
MEDIANS = ((100, 5), (200, 5), (200, 67), (400, 5), (400, 133), (600, 5), (900, 5), (900, 90))


def cover(points: int, sites: int, p: int, limit: int, seed: int = 1) -> Problem:
    """Points and candidates drawn evenly on a square of 1,000 by 1,000, demand 1 to 999."""
    chance = np.random.default_rng(seed)
    homes, places = chance.integers(0, 1001, (points, 2)), chance.integers(0, 1001, (sites, 2))
    away = np.rint(np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1))).astype(np.int32)
    point, site = np.nonzero(away <= limit)
    return Problem(
        model=Model.MCLP,
        weight=chance.integers(1, 1000, points).astype(np.int64),
        times=Times.of(points, point.astype(np.int32), site.astype(np.int32), away[point, site]),
        sites=sites,
        p=p,
        limit=np.full(points, limit, dtype=np.int32),
    )


class Run:
    """One run: what it prints and writes."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.seconds: float = options.time_limit
        self.quick: bool = options.quick
        self.json: Path | None = options.json
        self.keep: Path | None = options.keep
        if self.json is not None:
            self.json.write_text("", encoding="utf-8")

    def all(self) -> None:
        limits, counts = (LIMITS[:1] if self.quick else LIMITS), (SITES[:2] if self.quick else SITES)
        for limit in limits:
            for p in counts:
                self.case("mclp", f"2000 x 500, limit {limit}, p {p}", cover(2000, 500, p, limit))
        if self.quick:
            return
        for points, sites in GROWTH:
            self.case("mclp growth", f"{points} x {sites}, limit 40, p 30", cover(points, sites, 30, 40))
        for name, problem in medians():
            self.case("p-median", name, problem)
        self.ruled()

    def ruled(self) -> None:
        """Exclusion rules against candidates, a sample of them measured again by plain shapely."""
        seconds, rules, shapes, same = exclusions(RULED)
        case = f"{RULED} candidates, {rules} rules x {shapes} shapes"
        row = self.row("exclusions", case, OURS, geoservice.__version__, seconds) | {"threads": 1, "same_answer": same}
        print(f"{'exclusions':12}{case}  {seconds:.2f} s  {'as' if same else 'NOT as'} plain shapely", flush=True)
        if self.json is not None:
            write([row], self.json)

    def case(self, workload: str, case: str, problem: Problem) -> None:
        """Ours, greedy, and for the cases of the target the peer where it is installed."""
        print(f"{time.strftime('%H:%M:%S')}  {workload}: {case}", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        answer = solve(problem, Effort(self.seconds))
        ours = self.row(workload, case, OURS, geoservice.__version__, time.perf_counter() - begun)
        ours |= {
            "value": answer.value,
            "bound": answer.bound,
            "gap": answer.gap,
            "status": answer.status.value,
            "first_value": answer.first,
            "first_s": answer.first_s,
            "same_answer": None,
        }
        rows = [ours, self.greedy(workload, case, problem)]
        # Beside the growth and the p-median the peer would take its whole time, case by case.
        found = peer(problem, self.seconds) if workload == "mclp" else None
        if found is not None:
            name, version, seconds, sites, status = found
            row = self.row(workload, case, name, version, seconds)
            rows.append(row | {"value": None if sites is None else evaluate(problem, sites).value, "status": status})
            if answer.status is Status.OPTIMAL and status == "optimal":
                rows[-1]["same_answer"] = ours["same_answer"] = rows[-1]["value"] == answer.value
        for row in rows:
            best = answer.value or 0
            below = None if row["value"] is None else abs(best - row["value"]) / best
            print(
                f"{row['workload']:12}{row['case']:34}{row['subject']:16}{row['median_s']:9.2f} s"
                f"  {row['status']:10}{row['value'] if row['value'] is not None else '-':>12}"
                f"  {'-' if below is None else f'{100 * below:.2f} %':>8}",
                flush=True,
            )
        if self.json is not None:
            write(rows, self.json)
        if self.keep is not None:
            folder = self.keep / f"{workload} {case}".replace(", ", "-").replace(" ", "-")
            folder.mkdir(parents=True, exist_ok=True)
            write_problem(problem, folder)
            (folder / "answer.json").write_text(json.dumps(answer.as_dict()), encoding="utf-8")

    def greedy(self, workload: str, case: str, problem: Problem) -> Row:
        """Greedy alone, as most tools have it."""
        begun = time.perf_counter()
        search = MedianSearch(problem, Costs(problem)) if problem.model is Model.PMEDIAN else CoverSearch(problem)
        sites = np.flatnonzero(search.greedy()).tolist()
        row = self.row(workload, case, "greedy", geoservice.__version__, time.perf_counter() - begun)
        return row | {"value": evaluate(problem, sites).value, "status": "unproven"}

    @staticmethod
    def row(workload: str, case: str, subject: str, version: str, seconds: float) -> Row:
        return {
            "workload": workload,
            "case": case,
            "subject": subject,
            "version": version,
            "threads": 2,
            "median_s": seconds,
            "p95_s": seconds,
            "runs": 1,
            "peak_mib": None,
            "same_answer": None,
        }


def medians() -> Iterator[tuple[str, Problem]]:
    """Networks as those of OR-Library."""
    with TemporaryDirectory() as folder:
        for nodes, p in MEDIANS:
            path = Path(folder) / "pmed.txt"
            write_pmed(path, nodes, p, seed=nodes)
            yield f"{nodes} nodes, p {p}", replace(read_pmed(path).problem(), p=p)


def main(arguments: list[str] | None = None) -> int:
    """Runs the cases."""
    parser = argparse.ArgumentParser(prog="script/bench siting", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two cases, within three minutes")
    parser.add_argument("--json", type=Path, help="one object a line")
    parser.add_argument("--keep", type=Path, help="writes problems (npz) and answers into this folder")
    parser.add_argument("--time-limit", type=float, default=60.0, help="seconds for each case and subject")
    options: Any = parser.parse_args(arguments)
    Run(options).all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
