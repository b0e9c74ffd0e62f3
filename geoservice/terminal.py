"""What the shell shows: tables, progress and reports on standard error, JSON on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from geoservice.language import translate

notes = Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")
    sys.stdout.flush()


def print_text(line: str) -> None:
    """One line of the answer on standard output."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output; numbers stand right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        numeric = bool(rows) and all(isinstance(row[index], (int, float)) or _is_figure(row[index]) for row in rows)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*[_cell(value) for value in row])
    width = None if sys.stdout.isatty() else 120
    Console(file=sys.stdout, highlight=False, width=width, markup=False).print(table)


@contextmanager
def progress_bar() -> Iterator[ProgressBar]:
    """A bar on standard error that names the step under way."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=notes, transient=True) as bars:
        yield ProgressBar(bars)


class ProgressBar:
    """One bar a step; call it with the step's key, what is done and the total (0 where it is not known)."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, Any] = {}

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            key, _, detail = step.partition(":")
            self._tasks[step] = self._bars.add_task(translate(key, layer=detail), total=total or None)
        self._bars.update(self._tasks[step], completed=done, total=total or None)


def percent(share: float | None) -> str | None:
    """A share with one decimal.

    Examples
    --------
    >>> percent(0.7345), percent(None)
    ('73.5 %', None)
    """
    return None if share is None else f"{100 * share:.1f} %"


def print_reports(reports: Sequence[Mapping[str, Any]], *, most: int = 50) -> None:
    """Counts of each layer as a table, then refusals and notices, one a line."""
    heads = [translate(f"import.{name}") for name in ("layer", "read", "loaded", "changed", "unchanged", "refused")]
    rows = [[translate(f"layer.{report['layer']}"), *[report[name] for name in _COUNTS]] for report in reports]
    print_table(translate("import.report"), heads, rows)
    for report in reports:
        for kind in ("refusals", "notices"):
            entries = report[kind]
            for entry in entries[:most]:
                notes.print(_entry(kind, entry), markup=False)
            if len(entries) > most:
                notes.print(translate("import.more", count=len(entries) - most), markup=False)


_COUNTS = ("read", "loaded", "changed", "unchanged", "refused")


def _entry(kind: str, entry: Mapping[str, Any]) -> str:
    if kind == "notices":
        return f"· {entry['text']}"
    remedy = f" {entry['remedy']}" if entry["remedy"] else ""
    return f"× {entry['message']}{remedy}"


def _cell(value: object) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return translate("yes" if value else "no")
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def _is_figure(value: object) -> bool:
    return isinstance(value, str) and value.rstrip(" %").replace(".", "", 1).replace(",", "").isdigit()
