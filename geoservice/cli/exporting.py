"""geoservice export: a layer as a file, the same bytes as the download of the service."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.errors import BadInput, Conflict
from geoservice.language import translate
from geoservice.terminal import notes, print_json, print_text, progress_bar

app = typer.Typer()
# What a file without a place for it says of itself stands beside it, as CSV on the Web names it.
BESIDE = "-metadata.json"


@app.command("export")
@reporting
def export(
    layer: Annotated[str, typer.Argument(help="图层，如 places · a layer, such as places")],
    file: Annotated[
        Path, typer.Argument(help="写到哪个文件，格式看扩展名 · the file to write, its ending is the format")
    ],
    crs: Annotated[str | None, typer.Option(help="坐标系：EPSG 代码、GCJ02、BD09 · EPSG code, GCJ02, BD09")] = None,
    bbox: Annotated[str | None, typer.Option(help="范围：西,南,东,北 · west,south,east,north in degrees")] = None,
    on: Annotated[str | None, typer.Option("--on", help="哪一天的情况，或起/止 · a day, or FROM/TO")] = None,
    level: Annotated[
        str, typer.Option(help="public 只要公开的 | internal 含内部的 · what is public, or all")
    ] = "public",
    names: Annotated[str, typer.Option(help="列名：id | zh | en · names of columns")] = "id",
    force: Annotated[bool, typer.Option("--force", help="覆盖已有文件 · overwrite the file")] = False,
    json_: Json = False,
) -> int:
    """把图层导出成文件 · write a layer to a file"""
    from geoservice.database.filters import today
    from geoservice.publish.formats.registry import by_name
    from geoservice.publish.formats.running import COLUMN_NAMES, Limits, Wanted, begin, description
    from geoservice.publish.formats.systems import address
    from geoservice.publish.ogc.kept import Published
    from geoservice.publish.ogc.model import find

    form = by_name(file.name)
    beside = file.with_name(file.name + BESIDE) if form.beside else None
    for one in (file, beside):
        if one is not None and one.exists() and not force:
            raise Conflict("export.exists", file=one)
    given = {"crs": crs and address(crs), "bbox": bbox, "datetime": on, COLUMN_NAMES: names}
    with ready() as (settings, catalog, database), progress_bar() as progress:
        published = Published(catalog)
        wanted = Wanted(
            find(published.collections, layer),
            form,
            {name: value for name, value in given.items() if value},
            today(),
            level,
        )
        running = begin(database, settings, published, wanted, actor=at_the_shell(), limits=Limits(), progress=progress)
        with closing(running), closing(running.chunks()) as chunks:
            size = write_whole(file, chunks)
        if beside is not None:
            write_whole(beside, [description(running.content)])
    told = running.content.facts
    if json_:
        print_json(
            {
                "file": str(file),
                "metadata": None if beside is None else str(beside),
                "format": form.id,
                "bytes": size,
                "records": told.count,
                "crs": running.content.system.name,
                "classification": told.classification,
                "schematic": told.schematic,
            }
        )
        return 0
    print_text(translate("export.written", None, file=file, count=f"{told.count:,}", size=f"{size / 1000:,.0f} kB"))
    if beside is not None:
        notes.print(translate("export.written.beside", None, file=beside), markup=False)
    notes.print(translate(f"release.classification.{told.classification}"), markup=False)
    if told.schematic:
        notes.print(translate("notice.schematic"), markup=False)
    return 0


def write_whole(file: Path, chunks: Iterable[bytes]) -> int:
    """Writes a file that is there whole or not at all; its size in bytes.

    Raises
    ------
    BadInput
        ``export.cannot-write``
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:60]}.", dir=file.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as target:
            for chunk in chunks:
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
        # What mkstemp makes is for its owner alone.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(file)
        temporary = None
    except OSError as error:
        raise BadInput("export.cannot-write", file=file, reason=error.strerror) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return size


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
