"""geoservice coverage report: a run told on paper, in a workbook, or as a map in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.errors import BadInput, BadRequest
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_text

FORMATS = ("page", "map", "xlsx")
app = typer.Typer()


@app.command("report")
@reporting
def report(
    file: Annotated[Path, typer.Argument(help="写到哪个文件：.html、.map.html、.xlsx · the file to write")],
    run: Annotated[int | None, typer.Option(help="第几次计算；默认最近一次 · the run, the newest by default")] = None,
    service: Annotated[str | None, typer.Option(help="服务标准 · service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")] = None,
    format_: Annotated[str | None, typer.Option("--format", help="page | map | xlsx")] = None,
    public: Annotated[bool, typer.Option("--public", help="只用公开的数据 · published records only")] = False,
    json_: Json = False,
) -> int:
    """写覆盖报告：可打印网页、单文件地图或工作簿 · write a report of a run"""
    from geoservice.publish.reports.making import make

    form = format_ or _by_ending(file)
    if form not in FORMATS:
        raise BadRequest("cli.bad-choice", option="--format", value=form, choices=", ".join(FORMATS))
    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        made = make(
            connection,
            catalog,
            form,
            run_id=run,
            service=service,
            type_=type_,
            public_only=public,
            approval=settings.release.map_approval,
        )
    try:
        file.write_bytes(made.content)
    except OSError as error:
        raise BadInput("report.cannot-write", file=file, reason=error.strerror) from None
    size = len(made.content)
    if json_:
        print_json({"file": str(file), "bytes": size, "run": made.run_id, "format": form, **made.release.as_dict()})
    else:
        print_text(translate("report.written", None, file=file, size=f"{size / 1000:,.0f} kB"))
        if made.release.schematic:
            notes.print(translate("notice.schematic"), markup=False)
    return 0


def _by_ending(file: Path) -> str:
    name = file.name.lower()
    for ending, form in ((".map.html", "map"), (".html", "page"), (".htm", "page"), (".xlsx", "xlsx")):
        if name.endswith(ending):
            return form
    raise BadRequest("report.unknown-format", file=file)
