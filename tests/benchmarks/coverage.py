"""script/bench coverage: searches (W1, W2) and circle polygons (W3) beside other programs, answers compared.

Repeated by anybody: random choices are seeded, the network comes from a file.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import geoservice
from geoservice.catalog import load_catalog
from geoservice.network.labels import Nearest
from geoservice.network.search import Rows, Seeds, nearest, reached
from tests.benchmarks.bench import OURS, WRITTEN_OUT, Answers, Budget, Case, Way, measure, random_access_ns, show, write
from tests.benchmarks.circles import circle_cases
from tests.benchmarks.cities import City, Ints, city_of, copies, read_graph
from tests.benchmarks.peers import Peer, peers_of, rows_of, times_of
from tests.benchmarks.whatif import BUDGET as WHATIF
from tests.benchmarks.whatif import whatif_cases

EXTRACT = Path(__file__).resolve().parents[3] / "shared" / "data" / "osm" / "porto.osm.pbf"
MINUTES = (15, 30)
START = time.perf_counter()
MILLION, FIVE_MILLION = (5, 3), (10, 7)
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def nearest_case(city: City, peers: list[Peer], facilities: Ints, minutes: int) -> Case:
    """W1: the time of every node from its nearest facility."""
    limit, seeds = minutes * 600, _seeds(facilities)

    def times(given: Ints) -> tuple[Ints, ...]:
        return times_of(np.where(given < 0, np.inf, given), limit)

    def answer(given: Nearest) -> tuple[Ints, ...]:
        return times(given.time_ds)

    def ours(threads: int) -> Way:
        def call() -> Nearest:
            return nearest(city.rows, seeds, limit, threads=threads)

        return Way(OURS, geoservice.__version__, threads, call, answer, city.core_s)

    ways = [ours(threads) for threads in dict.fromkeys((1, CORES))]
    settled = int((ways[0].call().time_ds >= 0).sum())
    ways.append(Way(WRITTEN_OUT, geoservice.__version__, 1, lambda: nearest(city.rows, seeds, limit).time_ds, times))
    ways += [way for peer in peers for way in peer.nearest(facilities, limit)]
    return Case("W1", _title(city, facilities, minutes), ways, facts=_facts(city, facilities, limit, settled))


def reached_case(city: City, peers: list[Peer], facilities: Ints, minutes: int) -> Case:
    """W2: the nodes that each facility reaches, one by one."""
    limit, seeds = minutes * 600, _seeds(facilities)

    def answer(given: Rows) -> tuple[Ints, ...]:
        parts = [slice(a, b) for a, b in zip(given.offset[:-1], given.offset[1:], strict=True)]
        return rows_of([(given.node[part], given.time_ds[part]) for part in parts])

    def ours(threads: int) -> Way:
        def call() -> Rows:
            return reached(city.rows, seeds, facilities.size, limit, threads=threads)

        return Way(OURS, geoservice.__version__, threads, call, answer)

    ways = [ours(threads) for threads in dict.fromkeys((1, CORES))]
    settled = int(ways[0].call().offset[-1])
    ways += [way for peer in peers for way in peer.reached(facilities, limit)]
    return Case("W2", _title(city, facilities, minutes), ways, facts=_facts(city, facilities, limit, settled))


def _seeds(facilities: Ints) -> Seeds:
    return Seeds(facilities, np.zeros_like(facilities), np.arange(facilities.size, dtype=np.int32))


def _title(city: City, facilities: Ints, minutes: int) -> str:
    return f"{city.name}, {facilities.size} facilities, {minutes} min"


def _facts(city: City, facilities: Ints, limit_ds: int, settled: int) -> dict[str, Any]:
    return {
        "nodes": city.nodes,
        "arcs": int(city.rows.arcs.shape[0]),
        "facilities": int(facilities.size),
        "limit_ds": limit_ds,
        "settled": settled,
    }


def search_cases(city: City, peers: list[Peer], counts: tuple[int, ...]) -> Iterator[Case]:
    """W1 for each number of facilities, and W2 for the largest."""
    for count in counts:
        for minutes in MINUTES:
            yield nearest_case(city, peers, city.facilities(count), minutes)
    for minutes in MINUTES:
        yield reached_case(city, peers, city.facilities(max(counts)), minutes)


class Run:
    """One run of the benchmark: what it prints, writes and keeps."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.quick: bool = options.quick
        self.json: Path | None = options.json
        self.keep: Path | None = options.keep
        self.small: list[str] = options.small
        self.budget = Budget(0.5, most=15, slow_s=1.5) if self.quick else Budget(1.0, slow_s=1.5)
        self.left_out: list[str] = []
        self.wrong = 0
        self.machine = {"random_access_l2_ns": random_access_ns(0.5), "random_access_ns": random_access_ns(256)}

    def cases(self, cases: Iterator[Case], budget: Budget | None = None) -> None:
        """Measure, print and write each case."""
        for case in cases:
            rows, answers = measure(case, budget or self.budget)
            show(rows, sys.stdout)
            tell(f"{case.workload} {case.case}: done")
            sys.stdout.flush()
            self.wrong += sum(row["subject"] in (OURS, WRITTEN_OUT) and row["same_answer"] is False for row in rows)
            rows = [row | {name: round(value, 2) for name, value in self.machine.items()} for row in rows]
            if self.json:
                write(rows, self.json)
            if self.keep:
                _keep_answers(self.keep, case, answers)

    def city(self, city: City, counts: tuple[int, ...]) -> None:
        """W1 and W2 on one network."""
        tell(f"{city.name}: {city.nodes:,} nodes, {city.rows.arcs.shape[0]:,} arcs")
        if self.keep:
            _keep_city(self.keep, city, counts)
        peers, left_out = peers_of(city, quick=self.quick, cores=CORES, small=self.small)
        self.left_out += [line for line in left_out if line not in self.left_out]
        self.cases(search_cases(city, peers, counts))


def tell(text: str) -> None:
    """A note on standard error."""
    print(f"[{time.perf_counter() - START:6.1f} s] {text}", file=sys.stderr, flush=True)


def _keep_city(folder: Path, city: City, counts: tuple[int, ...]) -> None:
    here = folder / _file_name(city.name)
    here.mkdir(parents=True, exist_ok=True)
    parts = {"indptr": city.rows.indptr, "target": city.rows.target, "weight_ds": city.rows.weight}
    parts |= {"x_m": city.x, "y_m": city.y} | {f"facilities_{count}": city.facilities(count) for count in counts}
    for name, array in parts.items():
        np.save(here / f"{name}.npy", array)


def _keep_answers(folder: Path, case: Case, answers: Answers) -> None:
    here = folder / "answers" / _file_name(f"{case.workload} {case.case}")
    here.mkdir(parents=True, exist_ok=True)
    for (subject, threads), answer in answers.items():
        for number, array in enumerate(answer or ()):
            np.save(here / f"{_file_name(subject)}-{threads}-{number}.npy", array)


def _file_name(title: str) -> str:
    return "-".join(title.replace(",", " ").lower().split())


def main(arguments: list[str] | None = None) -> int:
    """The command; 1 where an answer of ours differs, 2 where the input is missing."""
    parser = argparse.ArgumentParser(prog="script/bench coverage", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="within three minutes on two cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="one object a line")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="inputs and answers, to be computed again elsewhere")
    parser.add_argument("--extract", type=Path, default=EXTRACT, metavar="FILE", help="another extract (.osm.pbf)")
    parser.add_argument(
        "--small", action="append", default=[], metavar="PEER", help="ask this peer about small networks only"
    )
    options = parser.parse_args(arguments)
    if not options.extract.is_file():
        print(
            f"{options.extract.name} is absent: this benchmark needs Porto's extract of OpenStreetMap, by default\n"
            f"{options.extract}\nAnother extract can be given with --extract FILE.",
            file=sys.stderr,
        )
        return 2
    if options.json:
        options.json.write_text("", encoding="utf-8")
    run = Run(options)
    tell(f"reading {options.extract.name}")
    catalog = load_catalog()
    name = options.extract.name.split(".")[0].capitalize()
    graph = read_graph(options.extract, catalog)
    city = city_of(name, graph)
    counts = (1000,) if run.quick else (100, 1000)
    run.city(city, counts)
    run.cases(circle_cases(graph, catalog, name, 5 if run.quick else 20))
    if not run.quick:
        run.cases(whatif_cases(graph, catalog, name, counts), WHATIF)
    run.city(copies(city, *MILLION), counts)
    if not run.quick:
        run.city(copies(city, *FIVE_MILLION), counts)
    l2, far = run.machine.values()
    print(
        f"\nOne load at random that waits for the one before: {l2:.1f} ns in 0.5 MiB, {far:.1f} ns in 256 MiB;"
        f" {CORES} cores"
    )
    for line in run.left_out:
        print(f"Left out: {line}")
    return 1 if run.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
