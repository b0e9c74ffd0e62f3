"""script/bench county: every standard and facility type of the sample county over its townships, run and stored, warm."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import geoservice
from geoservice.catalog import Catalog, load_catalog
from geoservice.coverage.cases import RunRequest
from geoservice.coverage.run import RunOutcome, run_coverage
from geoservice.database.engine import Database
from geoservice.database.prepare import prepare
from geoservice.ingest.sample import write_sample
from geoservice.ingest.sampling import load_sample
from geoservice.settings import Settings, StateSettings
from tests.benchmarks.bench import OURS, Row, write
from tests.benchmarks.registry import take_away

TARGET_S = 2.0


@contextmanager
def sample_county() -> Iterator[tuple[Settings, Catalog, Database]]:
    """The sample in a cluster of its own that goes at the end."""
    home = Path(tempfile.mkdtemp(prefix="geoservice-bench-"))
    home.chmod(0o755)
    settings, catalog = Settings(state=StateSettings(home=home)), load_catalog()
    database = Database(settings)
    try:
        prepare(database, catalog)
        write_sample(home / "sample", catalog)
        load_sample(database, catalog, settings, home / "sample", "bench", lambda *_: None)
        yield settings, catalog, database
    finally:
        database.dispose()
        if database.cluster is not None:
            database.cluster.stop()
        take_away(home)


class Laps:
    """Seconds until the steps of a run begin."""

    def __init__(self) -> None:
        self.start = time.perf_counter()
        self.begun: dict[str, float] = {}

    def __call__(self, step: str, _done: int, _total: int) -> None:
        """As the progress of a run."""
        self.begun.setdefault(step, time.perf_counter() - self.start)


def one_run(settings: Settings, catalog: Catalog, database: Database) -> tuple[dict[str, float], RunOutcome]:
    """Seconds of a whole run, of those the reading, computing and storing."""
    laps = Laps()
    outcome = run_coverage(database, catalog, settings, RunRequest(on=date(2026, 11, 1), circles=False), laps)
    whole = time.perf_counter() - laps.start
    computed, stored = laps.begun["coverage.step.run"], laps.begun["coverage.step.store"]
    return {"whole": whole, "reading": computed, "computing": stored - computed, "storing": whole - stored}, outcome


def measured(runs: int) -> list[Row]:
    """A row for the whole and each part, after one run that is not counted."""
    with sample_county() as (settings, catalog, database):
        one_run(settings, catalog, database)
        found = [one_run(settings, catalog, database) for _ in range(runs)]
    outcome = found[-1][1]
    townships = len(outcome.by_unit(outcome.headline))
    print(f"\nsample county (示意数据，非测绘成果): {len(outcome.results)} cases over {townships} units, {runs} runs")
    rows: list[Row] = []
    for part in ("whole", "reading", "computing", "storing"):
        seconds = [one[part] for one, _ in found]
        print(
            f"  {part:12} least {min(seconds):6.3f} s, median {statistics.median(seconds):6.3f}, most {max(seconds):6.3f}"
        )
        rows.append(
            {
                "workload": "county", "case": part, "subject": OURS, "version": geoservice.__version__, "threads": 1,
                "median_s": statistics.median(seconds), "least_s": min(seconds), "p95_s": max(seconds), "runs": runs,
                "peak_mib": None, "same_answer": None, "cases": len(outcome.results), "units": townships,
            }
        )  # fmt: skip
    whole = rows[0]["median_s"]
    print(f"  target {TARGET_S:.0f} s: {'met' if whole < TARGET_S else 'missed'} by the median")
    return rows


def main(arguments: list[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="script/bench county", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="one object a line")
    given = parser.parse_args(arguments)
    rows = measured(2 if given.quick else 9)
    if given.json is not None:
        write(rows, given.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
