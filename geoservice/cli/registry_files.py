"""geoservice names import and export: the registry from files and as files."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, ready, reporting
from geoservice.cli.importing import bring_in, pairs
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_text

app = typer.Typer()
LAYER = "places"


@app.command("import")
@reporting
def import_(
    file: Annotated[
        Path,
        typer.Argument(help="普查表、国家地名信息库的数据或地图文件 · a census sheet, the national base or a map file"),
    ],
    crs: Annotated[str | None, typer.Option(help="坐标系：EPSG 代码、GCJ02、BD09 · EPSG code, GCJ02, BD09")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码：utf-8、gbk · text encoding")] = None,
    map_: Annotated[list[str] | None, typer.Option("--map", help="字段=列名 · field=column")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="字段=固定值 · field=value")] = None,
    sheet: Annotated[str | None, typer.Option(help="工作表或文件内图层 · sheet, or layer inside the file")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查 · check only")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="跳过有错的行 · leave bad rows out")] = False,
    publish: Annotated[
        bool | None, typer.Option("--publish/--internal", help="公开，或仅供内部 · public, or internal only")
    ] = None,
    json_: Json = False,
) -> int:
    """导入地名，同 geoservice import places · import place names, as geoservice import places does"""
    from geoservice.ingest.importing import ImportRequest

    request = ImportRequest(
        layer=LAYER,
        path=file,
        crs=crs,
        encoding=encoding,
        mapping=pairs("--map", map_),
        constants=pairs("--set", set_),
        sheet=sheet,
        dry_run=dry_run,
        skip_bad=skip_bad,
        publish=publish,
        actor=getpass.getuser(),
    )
    return bring_in(request, json_=json_)


@app.command("export")
@reporting
def export(
    file: Annotated[Path, typer.Argument(help="写到 .csv、.xlsx、.geojson 或 .gpkg · the file to write")],
    internal: Annotated[
        bool,
        typer.Option("--internal", help="连同仅供内部的；默认只写公开的 · what is internal too; public by default"),
    ] = False,
    unit: Annotated[str | None, typer.Option(help="只写某个区划：代码或名称 · code or name of a unit")] = None,
    json_: Json = False,
) -> int:
    """导出地名，表头同普查表，可再导入 · export place names by the headers of the census, to be imported again"""
    from geoservice.database.filters import today
    from geoservice.names.clashes.scopes import units_below
    from geoservice.names.exporting.files import write_places, writer_of
    from geoservice.names.exporting.records import export_places
    from geoservice.names.units import unit_by_name

    writer_of(file)
    with ready() as (_, catalog, database), database.connect("reader") as connection:
        units = None if unit is None else units_below(connection, unit_by_name(connection, unit))
        found = export_places(connection, catalog, day=today(), internal=internal, units=units)
    write_places(found, file)
    told = {"file": str(file), "places": len(found.rows), "left_out": found.left_out, "torn": list(found.torn)}
    if json_:
        print_json({**told, **found.release.as_dict()})
    else:
        print_text(translate("names.exported", None, file=file, count=len(found.rows)))
        for sentence in found.release.words():
            notes.print(sentence, markup=False)
    if found.left_out:
        notes.print(translate("names.exported-left", None, count=found.left_out), markup=False)
    if found.torn:
        notes.print(translate("names.exported-torn", None, names="、".join(found.torn[:10])), markup=False)
    return 0
