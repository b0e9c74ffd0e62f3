"""Small OpenStreetMap files, made in the test that reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

Tags = Mapping[str, str]
Member = tuple[str, int, str]


def node(id_: int, lon: float, lat: float, **tags: str) -> str:
    return f'<node id="{id_}" version="1" lat="{lat}" lon="{lon}">{_tags(tags)}</node>'


def way(id_: int, nodes: Sequence[int], tags: Tags) -> str:
    refs = "".join(f'<nd ref="{ref}"/>' for ref in nodes)
    return f'<way id="{id_}" version="1">{refs}{_tags(tags)}</way>'


def relation(id_: int, members: Sequence[Member], tags: Tags) -> str:
    listed = "".join(f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members)
    return f'<relation id="{id_}" version="1">{listed}{_tags(tags)}</relation>'


def osm_file(path: Path, *objects: str) -> Path:
    path.write_text(f'<osm version="0.6">{"".join(objects)}</osm>', encoding="utf-8")
    return path


def square(first: int, west: float, south: float, size: float) -> list[str]:
    """Four nodes of a square, numbered from `first`."""
    east, north = west + size, south + size
    corners = [(west, south), (east, south), (east, north), (west, north)]
    return [node(first + index, lon, lat) for index, (lon, lat) in enumerate(corners)]


def ring(first: int) -> list[int]:
    return [first, first + 1, first + 2, first + 3, first]


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
