"""geoservice coverage explain: the way behind a reach time, of one community or of all."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting, write_file
from geoservice.errors import BadRequest
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_text

app = typer.Typer()
ENDINGS = (".geojson", ".json", ".csv")


@app.command("explain")
@reporting
def coverage_explain(
    community: Annotated[
        str | None, typer.Argument(help="村（社区）的编号、代码或名称 · id, code or name of a community")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="所有村（社区） · every community")] = False,
    output: Annotated[Path | None, typer.Option(help="写到 .geojson 或 .csv · write to .geojson or .csv")] = None,
    service: Annotated[str | None, typer.Option(help="服务标准 · service standard")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="设施类型 · facility type")] = None,
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="在哪一天 · on which day")] = None,
    json_: Json = False,
) -> int:
    """一个村（社区）为何覆盖或未覆盖 · why a community is covered or not"""
    from geoservice.access.release import Release
    from geoservice.coverage.evidence import explain, explain_all
    from geoservice.coverage.evidence_export import collection, dumped, feature, sheet
    from geoservice.coverage.inputs import read_publication
    from geoservice.coverage.telling import print_evidence
    from geoservice.database.filters import today

    if all_ == (community is not None):
        raise BadRequest("evidence.one-or-all")
    if output is not None and output.suffix.lower() not in ENDINGS:
        raise BadRequest("evidence.unknown-format", file=output, known=", ".join(ENDINGS))
    with ready() as (settings, catalog, database), database.connect("reader") as connection:
        standard = catalog.services.get(service or "", catalog.headline)
        chosen = type_ or standard.headline_type or standard.types[0]
        where, case = (connection, catalog, settings, database.name), service or standard.id
        day = on.date() if on else today()
        if community is None:
            found = explain_all(*where, service=case, type_=chosen, on=day)
        else:
            found = [explain(*where, community, service=case, type_=chosen, on=day)]
        inputs = read_publication(connection)
        approval = settings.release.map_approval
    release = Release(day, inputs.classification, inputs.schematic, approval=approval)
    whole = feature(found[0], release) if community is not None else collection(found, release)
    if output is not None:
        write_file(output, "\ufeff" + sheet(found, release) if output.suffix.lower() == ".csv" else dumped(whole))
    if json_:
        print_json(whole)
    elif community is not None:
        print_evidence(found[0], catalog)
    else:
        reached = sum(one.path is not None for one in found)
        print_text(translate("evidence.all", count=len(found), reached=reached, covered=sum(e.covered for e in found)))
    if output is not None:
        notes.print(translate("evidence.written", file=output, count=len(found)), markup=False)
    if release.schematic:
        notes.print(translate("notice.schematic"), markup=False)
    return 0 if community is None or found[0].path is not None else 1
