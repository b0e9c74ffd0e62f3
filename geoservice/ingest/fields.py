"""Columns of a source to declared fields: by an explicit map, by name, by title, by alias."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from geoservice.catalog import LayerDeclaration
from geoservice.errors import BadInput

# Columns of a table that hold its position; folded as `fold` does.
POSITIONS: Mapping[str, tuple[str, ...]] = {
    "lon": ("lon", "lng", "long", "longitude", "经度", "东经", "经度坐标", "中心经度", "gps经度", "经度e"),
    "lat": ("lat", "latitude", "纬度", "北纬", "纬度坐标", "中心纬度", "gps纬度", "纬度n"),
    "north": ("north", "northing", "北坐标", "纵坐标", "纵坐标x", "x北", "北坐标x", "x纵坐标", "x(北)", "纵坐标(x)"),
    "east": ("east", "easting", "东坐标", "横坐标", "横坐标y", "y东", "东坐标y", "y横坐标", "y(东)", "横坐标(y)"),
    "x": ("x", "x坐标", "坐标x", "坐标(x)", "xcoord", "pointx"),
    "y": ("y", "y坐标", "坐标y", "坐标(y)", "ycoord", "pointy"),
    "lonlat": ("经纬度", "经纬度坐标", "坐标", "location", "lonlat", "lnglat"),
    "wkt": ("wkt", "geometry", "geom", "几何", "gdm"),
    # The other end of what is not a point, and the system that the positions of a row are in.
    "to_lon": ("至东经", "止点经度", "终点经度", "tolon"),
    "to_lat": ("至北纬", "止点纬度", "终点纬度", "tolat"),
    "crs": ("坐标系", "坐标系统", "crs"),
}
# Columns that say who may see a row, in a file of any layer; folded as well.
MARKS: Mapping[str, tuple[str, ...]] = {
    "secrecy": (
        "密级",
        "秘密等级",
        "保密等级",
        "保密级别",
        "密级等级",
        "securityclassification",
        "classificationlevel",
    ),
    "disclosure": ("是否公开",),
}
# Columns in which the program's own files say that a record is schematic; folded as well.
SCHEMATIC: tuple[str, ...] = ("schematic", "notice", "示意数据", "示意数据,非测绘成果", "schematic,notsurveyed")
_MEANT_FOR_PEOPLE = re.compile(r"\(.*?\)$")


@dataclass(frozen=True)
class Matched:
    """Which column of the source holds which field.

    Attributes
    ----------
    fields
        Name of a declared field to the index of its column.
    positions
        Name of a position (`POSITIONS`) to the index of its column; empty where the source has geometry.
    marks
        Name of a mark (`MARKS`) to the index of its column.
    similar
        For a field, other columns that look like it but are not it, for hints.
    unused
        Headers that belong to no field.
    """

    fields: Mapping[str, int]
    positions: Mapping[str, int] = field(default_factory=dict)
    marks: Mapping[str, int] = field(default_factory=dict)
    similar: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    unused: tuple[str, ...] = ()


def fold(header: str) -> str:
    r"""A header without what does not distinguish it: width, case, blanks, line breaks, underscores, marks.

    Examples
    --------
    >>> fold("床 位\n数*（张）"), fold("Town_Code"), fold("")
    ('床位数(张)', 'towncode', '')
    """
    text = unicodedata.normalize("NFKC", header).casefold()
    return re.sub(r"[\s_*:'\"\u200b\ufeff]+", "", text)


def match_headers(
    headers: Sequence[str],
    layer: LayerDeclaration,
    mapping: Mapping[str, str],
    *,
    file: str,
    positions: bool = False,
) -> Matched:
    """Finds the column of each field.

    Parameters
    ----------
    headers
        Headers as the source writes them.
    mapping
        Field or position to header, as given with ``--map``; wins over everything. With an empty header it is not read.
    positions
        Whether columns with coordinates are looked for.

    Raises
    ------
    BadInput
        ``import.map-field``, ``import.map-column``, ``import.ambiguous-header`` or ``import.duplicate-header``.
    """
    wanted = {declared.name: _texts(layer, declared.name) for declared in layer.fields}
    places = dict(POSITIONS) if positions else {}
    _check_map(mapping, headers, wanted, places, file)
    for name in [name for name, header in mapping.items() if not header]:
        wanted.pop(name, None)
        places.pop(name, None)
    mapping = {name: header for name, header in mapping.items() if header}
    taken: dict[str, int] = {name: headers.index(header) for name, header in mapping.items()}
    free = [index for index in range(len(headers)) if index not in taken.values()]
    similar: dict[str, tuple[int, ...]] = {}
    for rank in range(3):
        for name, texts in wanted.items():
            fitting = [index for index in free if _fits(headers[index], texts, rank)]
            if name in taken:
                similar[name] = similar.get(name, ()) + tuple(fitting)
            elif fitting:
                taken[name] = _only(fitting, headers, name, file)
                free.remove(taken[name])
    for name, texts in {**places, **MARKS}.items():
        fitting = [index for index in free if name not in taken and _forms(headers[index]) & set(texts)]
        if fitting:
            taken[name] = _only(fitting, headers, name, file)
            free.remove(taken[name])
    return Matched(
        fields={name: index for name, index in taken.items() if name in wanted},
        positions={name: index for name, index in taken.items() if name in places},
        marks={name: index for name, index in taken.items() if name in MARKS},
        similar=similar,
        unused=tuple(
            headers[index] for index in free if headers[index].strip() and fold(headers[index]) not in SCHEMATIC
        ),
    )


def header_score(headers: Sequence[str], layer: LayerDeclaration, mapping: Mapping[str, str]) -> int:
    """How many fields and positions a row of a table names, if it is the row of headers."""
    known = {form for declared in layer.fields for text in _texts(layer, declared.name) for form in _forms(text)}
    known |= {text for texts in (*POSITIONS.values(), *MARKS.values()) for text in texts}
    return sum(bool(_forms(header) & known) or header in mapping.values() for header in headers if header)


def mark_columns(headers: Sequence[str]) -> list[tuple[str, int]]:
    """Every column that looks like one of `MARKS`, by its name and index, whatever else it may be.

    Examples
    --------
    >>> mark_columns(["名称", "密 级", "是否公开"])
    [('secrecy', 1), ('disclosure', 2)]
    """
    return [(name, at) for at, header in enumerate(headers) for name in MARKS if _forms(header) & set(MARKS[name])]


def _texts(layer: LayerDeclaration, name: str) -> tuple[str, ...]:
    declared = next(one for one in layer.fields if one.name == name)
    return (name, declared.title.zh, declared.title.en, *declared.aliases)


def _fits(header: str, texts: Sequence[str], rank: int) -> bool:
    if rank == 0:
        return header == texts[0]
    if rank == 1:
        return header in texts
    return bool(header.strip()) and any(_forms(header) & _forms(text) for text in texts)


def _forms(header: str) -> set[str]:
    """A folded header, and the same without the unit in brackets at its end."""
    folded = fold(header)
    return {folded, _MEANT_FOR_PEOPLE.sub("", folded) or folded}


def _only(fitting: Sequence[int], headers: Sequence[str], name: str, file: str) -> int:
    if len(fitting) == 1:
        return fitting[0]
    columns = "、".join(str(index + 1) for index in fitting)
    if len({headers[index] for index in fitting}) == 1:
        raise BadInput("import.duplicate-header", file=file, header=headers[fitting[0]], columns=columns, field=name)
    shown = "、".join(headers[index] for index in fitting)
    raise BadInput("import.ambiguous-header", file=file, field=name, headers=shown, first=headers[fitting[0]])


def _check_map(
    mapping: Mapping[str, str],
    headers: Sequence[str],
    wanted: Mapping[str, object],
    places: Mapping[str, object],
    file: str,
) -> None:
    for name, header in mapping.items():
        if name not in wanted and name not in places:
            known = "、".join((*wanted, *places))
            raise BadInput("import.map-field", file=file, field=name, known=known)
        if not header:
            continue
        if header not in headers:
            shown = "、".join(one for one in headers if one) or "-"
            raise BadInput("import.map-column", file=file, field=name, column=header, headers=shown)
        if headers.count(header) > 1:
            columns = "、".join(str(index + 1) for index, one in enumerate(headers) if one == header)
            raise BadInput("import.duplicate-header", file=file, header=header, columns=columns, field=name)
