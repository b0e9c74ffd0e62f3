"""What a format is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from geoservice.publish.formats.content import Content
from geoservice.publish.ogc.model import Collection

CHUNK = 1 << 18
# Writes a file in pieces. The folder is the export's own and goes with it; formats that stream leave it empty.
Writer = Callable[[Content, Path], Iterator[bytes]]


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    id
        As the parameter f names it.
    endings
        Of file names, the usual one first.
    crs
        EPSG code of its own coordinate system; None for CRS84.
    local
        Whether its own is instead the projection in metres of the place.
    systems
        Coordinate systems that it can hold: ``own``, ``any`` that the collection lists, or ``web``: its own and the
        shifted ones of map vendors.
    beside
        Whether what the file says of itself stands beside it: the format has no place for it.
    takes
        Whether it can hold records of a collection at all.
    """

    id: str
    endings: tuple[str, ...]
    media_type: str
    write: Writer
    crs: int | None = None
    systems: Literal["own", "any", "web", "any-web"] = "any"
    local: bool = False
    beside: bool = False
    takes: Callable[[Collection], bool] = lambda _: True

    @property
    def shifts(self) -> bool:
        """Whether it takes shifted coordinates."""
        return self.systems.endswith("web")

    @property
    def takes_any_system(self) -> bool:
        """Whether it can hold every system of a collection."""
        return self.systems.startswith("any")


def pieces(path: Path) -> Iterator[bytes]:
    """A file, piece by piece."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece
