"""KML 2.3: WGS 84, longitude first; what it says of itself stands in a comment and in the description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from sqlalchemy import Text, func

from geoservice.publish.formats.content import Content, plain
from geoservice.publish.formats.form import Format
from geoservice.publish.formats.told import lines
from geoservice.publish.ogc.crs import DEGREE_DIGITS

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TYPES = {"integer": "int", "number": "double", "boolean": "bool"}
_WGS84 = 4326


def write(content: Content, _: Path) -> Iterator[bytes]:
    """A placemark a record."""
    yield _head(content).encode()
    # The numbers of CGCS2000 are taken as those of WGS 84: no transformation moves them.
    geometry = func.ST_AsKML(func.ST_SetSRID(content.found.table.geom, _WGS84), DEGREE_DIGITS, type_=Text)
    names = [content.heads[one.name] for one in content.properties]
    positions = {one.name: position for position, one in enumerate(content.properties)}
    schema = f"#{content.collection.id}"
    for batch in content.select(content.found.id, geometry, *content.values):
        yield "".join(_placemark(content, row, names, positions, schema) for row in batch).encode()
    yield b"</Document>\n</kml>\n"


def _head(content: Content) -> str:
    told = lines(content)
    comment = "\n".join(_text(line).replace("--", "- -") for line in told)
    fields = "".join(
        f"<SimpleField type={_quoted(_TYPES.get(one.kind, 'string'))} name={_quoted(content.heads[one.name])}>"
        f"<displayName>{_text(one.title.zh)}</displayName></SimpleField>\n"
        for one in content.properties
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<!--\n{comment}\n-->\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n'
        f"<name>{_text(content.collection.layer.title.zh)}</name>\n"
        f"<description>{_text(chr(10).join(told))}</description>\n"
        f"<Schema name={_quoted(content.collection.id)} id={_quoted(content.collection.id)}>\n"
        f'<SimpleField type="int" name="id"></SimpleField>\n{fields}</Schema>\n'
    )


def _placemark(content: Content, row: Any, names: list[str], positions: dict[str, int], schema: str) -> str:
    id_, geometry, *values = row
    name = values[positions["name"]] if "name" in positions else None
    data = "".join(
        f"<SimpleData name={_quoted(head)}>{_text(_words(value))}</SimpleData>"
        for head, value in zip(names, values, strict=True)
        if value is not None
    )
    return (
        f"<Placemark><name>{_text(name or id_)}</name>{_span(content, values, positions)}"
        f'<ExtendedData><SchemaData schemaUrl={_quoted(schema)}><SimpleData name="id">{id_}</SimpleData>{data}'
        f"</SchemaData></ExtendedData>{geometry or ''}</Placemark>\n"
    )


def _span(content: Content, values: list[Any], positions: dict[str, int]) -> str:
    """From the first day in force to the first day no longer in force."""
    if content.collection.dates is None:
        return ""
    begin, end = (values[positions[name]] for name in content.collection.dates)
    inner = "".join(f"<{tag}>{day}</{tag}>" for tag, day in (("begin", begin), ("end", end)) if day is not None)
    return f"<TimeSpan>{inner}</TimeSpan>" if inner else ""


def _words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(plain(value))


def _text(value: object) -> str:
    return escape(_NO_XML.sub("", str(value)))


KML = Format("kml", (".kml",), "application/vnd.google-earth.kml+xml", write, systems="own")


def _quoted(value: str) -> str:
    return f'"{_text(value)}"'
