"""script/bench exports: half a million generated places as a file of each format, beside geopandas from the same database.

Every case is a process of its own, so that its time is what a person waits for and its memory is its own.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import geoservice
from geoservice.publish.formats.registry import FORMATS
from tests.benchmarks.bench import OURS, Row, write
from tests.benchmarks.registry import Registry, registry

# Places may be points, which a drawing of lines cannot hold.
FORMS = [one for one in FORMATS if one != "dxf"]
# geopandas reads the whole table and writes it by the same libraries; it has no way to write a workbook or a sequence.
PEER = """
import sys, geopandas as gpd
from sqlalchemy import create_engine, text
address, form, path = sys.argv[1:]
sql = '''select p.*, n.name, n.reading, n.romanisation, n.valid_from, n.valid_to from place p
         left join lateral (select * from place_name n where n.place_id = p.id and n.kind = 'standard' limit 1) n on true
         order by p.id'''
frame = gpd.read_postgis(text(sql), create_engine(address, connect_args={"options": "-csearch_path=geoservice,public"}))
frame = frame.drop(columns=["geom_3857", "apart_from"])
if form == "geoparquet":
    frame.to_parquet(path)
elif form == "csv":
    frame.to_wkt().to_csv(path, index=False)
else:
    driver = {"gpkg": "GPKG", "flatgeobuf": "FlatGeobuf", "geojson": "GeoJSON", "geojsonseq": "GeoJSONSeq"}[form]
    frame.to_file(path, driver=driver)
"""
PEERS = ("gpkg", "csv", "geojson", "geojsonseq", "flatgeobuf", "geoparquet")


def spent(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and MiB at the most of a process."""
    start = time.perf_counter()
    pid = os.spawnvpe(os.P_NOWAIT, arguments[0], arguments, environment)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments[:5])}: {status}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def measured(made: Registry, folder: Path, home: Path, forms: list[str]) -> list[Row]:
    """A row for each format and subject."""
    rows: list[Row] = []
    environment = {**os.environ, "GEOSERVICE_HOME": str(home)}
    address = made.database.url("superuser").render_as_string(hide_password=False)
    print(
        f"\n{made.places:,} places\n  {'format':14}{'subject':14}{'seconds':>10}{'peak MiB':>10}{'file MB':>10}",
        flush=True,
    )
    for form in forms:
        for subject in (OURS, "geopandas"):
            path = folder / f"places{FORMATS[form].endings[0]}"
            if subject == OURS:
                arguments = ["geoservice", "export", "places", str(path), "--level", "internal", "--json"]
                arguments = [sys.executable, "-c", "from geoservice.cli import main; main()", *arguments[1:]]
            elif form in PEERS:
                arguments = [sys.executable, "-W", "ignore", "-c", PEER, address, form, str(path)]
            else:
                continue
            seconds, peak = spent(arguments, environment)
            size = path.stat().st_size / 1e6
            print(f"  {form:14}{subject:14}{seconds:>10.1f}{peak:>10.0f}{size:>10.1f}", flush=True)
            rows.append(
                {
                    "workload": "exports", "case": form, "subject": subject, "version": geoservice.__version__,
                    "threads": 1, "median_s": seconds, "p95_s": seconds, "runs": 1, "peak_mib": round(peak, 1),
                    "same_answer": None, "file_mb": round(size, 1), "places": made.places,
                }
            )  # fmt: skip
            for one in folder.iterdir():
                one.unlink()
    return rows


def main() -> None:
    """Reads the options, fills a registry, measures."""
    parser = argparse.ArgumentParser(prog="script/bench exports", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="50,000 names")
    parser.add_argument("--names", type=int, default=540_000)
    parser.add_argument("--only", choices=FORMS, action="append", help="a format; all by default")
    parser.add_argument("--keep", type=Path, help="directory of the registry, used again")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="geoservice-bench-exports-"))
    home = given.keep or Path(tempfile.mkdtemp(prefix="geoservice-bench-home-"))
    try:
        with registry(50_000 if given.quick else given.names, lambda told: print(told, flush=True), home) as made:
            rows = measured(made, folder, home, given.only or FORMS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if given.keep is None:
            shutil.rmtree(home, ignore_errors=True)
    if given.json:
        write(rows, given.json)


if __name__ == "__main__":
    main()
