"""Shapefile as a zip: UTF-8, one file for each type of geometry, names of ten bytes with a table of them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Text, cast, func, select

from geoservice.crs import SRID
from geoservice.errors import BadRequest
from geoservice.publish.formats.arrow import GEOMETRY, batch, field, write_ogr
from geoservice.publish.formats.content import LISTED, Content, Rows, plain
from geoservice.publish.formats.dated_zip import DatedZip
from geoservice.publish.formats.form import Format, pieces
from geoservice.publish.formats.told import lines

NAME_BYTES, TEXT_BYTES = 10, 254
# Where the tables of the format end for many programs.
_MOST_BYTES = 2_000_000_000
# Group to the types of PostGIS in it, and what GDAL calls it; records without a geometry are a table alone.
_GROUPS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "point": (("POINT",), "Point"),
    "multipoint": (("MULTIPOINT",), "MultiPoint"),
    "line": (("LINESTRING", "MULTILINESTRING"), "MultiLineString"),
    "polygon": (("POLYGON", "MULTIPOLYGON"), "MultiPolygon"),
    "none": ((), None),
}
_TEXTS = ("text", "code", "list")
_OTHER_BYTES = 25
_README = "README.txt"
_FIELDS = "fields.csv"


def write(content: Content, folder: Path) -> Iterator[bytes]:
    """Written to the end before its first byte goes out.

    Raises
    ------
    BadRequest
        ``export.shp-too-large`` where its tables would be larger than the format allows.
    """
    heads = [content.heads[one.name] for one in content.properties]
    short = dict(zip(["id", *heads], short_names(["id", *heads]), strict=True))
    widths = _widths(content)
    needed = content.facts.count * (
        _OTHER_BYTES + sum(widths.get(one.name, _OTHER_BYTES) for one in content.properties)
    )
    if needed > _MOST_BYTES:
        raise BadRequest("export.shp-too-large", size=f"{needed / 1e9:.1f} GB", most=f"{_MOST_BYTES / 1e9:g} GB")
    cuts = _Cuts(content)
    groups = [name for name, (kinds, _) in _GROUPS.items() if _counted(content, kinds)] or ["none"]
    for name in groups:
        _write_group(content, folder, name, short, widths, cuts)
    path = folder / "export.zip"
    with DatedZip(path, content.facts.changed_at) as file:
        file.writestr(_README, "\ufeff" + "\r\n".join([*lines(content), *_told(content, groups, cuts)]) + "\r\n")
        file.writestr(_FIELDS, _fields(content, short, cuts))
        for one in sorted(folder.glob(f"{content.collection.id}_*")):
            file.write(one, one.name)
            one.unlink()
    return pieces(path)


def short_names(names: Sequence[str]) -> list[str]:
    """Names of at most ten bytes, cut between characters, that differ whatever the case.

    Examples
    --------
    >>> short_names(["标准名称", "标准名字", "name", "Name", "𠀀𠀀𠀀"])
    ['标准名', '标准_1', 'name', 'Name_1', '𠀀𠀀']
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        short, number = cut(name, NAME_BYTES), 0
        while short.casefold() in taken:
            number += 1
            tail = f"_{number}"
            short = cut(name, NAME_BYTES - len(tail)) + tail
        taken.add(short.casefold())
        found.append(short)
    return found


def cut(text: str, most: int) -> str:
    """The beginning of a text that has at most so many bytes in UTF-8.

    Examples
    --------
    >>> cut("干驿镇", 8), cut("", 8), cut("𠀀", 3)
    ('干驿', '', '')
    """
    return text.encode()[:most].decode(errors="ignore")


class _Cuts:
    """Cuts texts that are too long and counts them by property."""

    def __init__(self, content: Content) -> None:
        self.counts = dict.fromkeys((one.name for one in content.properties), 0)
        self._texts = [(position, one.name) for position, one in enumerate(content.properties, 2) if one.kind in _TEXTS]

    def __call__(self, rows: Rows) -> Rows:
        return [self._row(row) for row in rows]

    def _row(self, row: Sequence[Any]) -> Sequence[Any]:
        new: list[Any] | None = None
        for position, name in self._texts:
            value = plain(row[position])
            if value is not None and len(value) * 4 > TEXT_BYTES and len(value.encode()) > TEXT_BYTES:
                new = new or list(row)
                new[position] = cut(value, TEXT_BYTES)
                self.counts[name] += 1
        return new or row


def _counted(content: Content, kinds: tuple[str, ...]) -> int:
    return sum(content.facts.kinds.get(kind, 0) for kind in (kinds or (None,)))


def _widths(content: Content) -> dict[str, int]:
    """Bytes of the longest text of each property: what GDAL would take by itself is several times as much."""
    texts = [one for one in content.properties if one.kind in _TEXTS]
    if not texts:
        return {}
    longest = [func.max(func.octet_length(_as_text(content, one.name, one.kind))) for one in texts]
    statement = select(*longest).select_from(content.found.joined).where(*content.conditions)
    row = content.connection.execute(statement).one()
    return {one.name: min(max(width or 1, 1), TEXT_BYTES) for one, width in zip(texts, row, strict=True)}


def _as_text(content: Content, name: str, kind: str) -> Any:
    column = content.found.columns[name]
    return func.array_to_string(column, LISTED) if kind == "list" else cast(column, Text)


def _write_group(
    content: Content, folder: Path, group: str, short: Mapping[str, str], widths: Mapping[str, int], cuts: _Cuts
) -> None:
    kinds, geometry_type = _GROUPS[group]
    geom = content.found.table.geom
    columns = [field(short[content.heads[one.name]], one, widths.get(one.name)) for one in content.properties]
    known = pa.schema([pa.field("id", pa.int64()), *columns, pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})])  # fmt: skip
    values = [one.kind for one in content.properties]
    batches = (
        batch(cuts(rows), known, values)
        for rows in content.records(where=(func.GeometryType(geom).in_(kinds) if kinds else geom.is_(None),))
    )
    written = known
    if geometry_type is None:
        written = known.remove(len(known) - 1)
        batches = (one.select(written.names) for one in batches)
    write_ogr(
        content,
        folder / f"{content.collection.id}_{group}.{'shp' if geometry_type else 'dbf'}",
        written,
        batches,
        driver="ESRI Shapefile",
        layer=f"{content.collection.id}_{group}",
        geometry_type=geometry_type,
        encoding="UTF-8",
        layer_options={"DBF_DATE_LAST_UPDATE": content.facts.changed_at.date().isoformat()},
    )


def _fields(content: Content, short: Mapping[str, str], cuts: _Cuts) -> str:
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(["shapefile", "column", "id", "zh", "en", "values_cut"])
    writer.writerow([short["id"], "id", "id", "编号", "Id", 0])
    for one in content.properties:
        head = content.heads[one.name]
        writer.writerow([short[head], head, one.name, one.title.zh, one.title.en, cuts.counts[one.name]])
    return "\ufeff" + file.getvalue()


def _told(content: Content, groups: Sequence[str], cuts: _Cuts) -> list[str]:
    told = [f"{content.collection.id}_{group}: {_counted(content, _GROUPS[group][0]):,}" for group in groups]
    total = sum(cuts.counts.values())
    told.append(f"字段名对照 · names of fields: {_FIELDS}")
    if total:
        told.append(f"超过 {TEXT_BYTES} 字节而截短的值 · values cut to {TEXT_BYTES} bytes: {total:,} ({_FIELDS})")
    return told


SHAPEFILE = Format("shp", (".shp.zip", ".zip", ".shz"), "application/zip", write, crs=SRID)
