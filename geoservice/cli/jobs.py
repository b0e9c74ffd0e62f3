"""geoservice jobs: work in the background."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting, show
from geoservice.jobs.board import JobRow
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_table, print_text

app = typer.Typer(no_args_is_help=True, help="后台任务 · work in the background")

Number = Annotated[int, typer.Argument(min=1, help="任务编号 · id of the job")]


@app.command("list")
@reporting
def list_(json_: Json = False) -> int:
    """后台任务，新的在前 · jobs, the newest first"""
    from geoservice.jobs.board import jobs
    from geoservice.jobs.queue import workers

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        found, alive = jobs(connection), workers(connection)
    if json_:
        print_json({"items": [as_dict(row) for row in found], "workers": alive})
        return 0
    heads = [translate(f"jobs.{name}") for name in ("id", "kind", "state", "progress", "created", "run")]
    rows = [
        [row.id, row.kind, translate(f"jobs.state.{row.state}"), _progress(row), f"{row.created_at:%F %T}", row.run]
        for row in found
    ]
    print_table(translate("jobs.title"), heads, rows)
    if not alive:
        notes.print(translate("jobs.no-worker"), markup=False)
    return 0


@app.command("show")
@reporting
def show_(job: Number, json_: Json = False) -> int:
    """一个任务 · one job"""
    from geoservice.jobs.board import job as find

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        found = find(connection, job)
    _print(found, json_=json_)
    return 1 if found.failure else 0


@app.command("cancel")
@reporting
def cancel(job: Number, json_: Json = False) -> int:
    """取消任务 · cancel a job"""
    from geoservice.jobs.board import cancel as give_up

    with ready() as (_, _, database), database.connect(actor=at_the_shell()) as connection:
        found = give_up(connection, job)
    _print(found, json_=json_)
    return 0


def as_dict(row: JobRow) -> dict[str, Any]:
    """A job as JSON."""
    told = {name: getattr(row, name) for name in JobRow.__dataclass_fields__}
    failure = row.failure
    return {**told, "error": failure and {"code": failure.code, "message": str(failure)}}


def _print(row: JobRow, *, json_: bool) -> None:
    if json_:
        show(as_dict(row), json_=True)
        return
    print_text(translate("jobs.line", None, id=row.id, state=translate(f"jobs.state.{row.state}")))
    if _progress(row):
        print_text(_progress(row))
    if row.failure:
        notes.print(str(row.failure), markup=False)


def _progress(row: JobRow) -> str:
    if row.step is None or row.ended:
        return ""
    return f"{translate(row.step)} {row.done}/{row.total}"
