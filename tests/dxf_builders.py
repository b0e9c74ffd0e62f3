"""Small drawings of roads, made with ezdxf: about Tianmen, in EPSG:4547 unless moved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ezdxf

EAST, NORTH = 419_500.0, 3_393_500.0
ROADS = "道路"


class Drawn:
    """A drawing; positions are metres east and north of `EAST`, `NORTH`."""

    def __init__(
        self, version: str = "R2010", *, encoding: str | None = None, origin: tuple[float, float] = (EAST, NORTH)
    ) -> None:
        self.document = ezdxf.new(version)  # type: ignore[attr-defined]
        if encoding:
            self.document.encoding = encoding
        self.space = self.document.modelspace()
        self._east, self._north = origin

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        return self._east + point[0], self._north + point[1]

    def line(self, *points: Sequence[float], layer: str = ROADS) -> Drawn:
        if len(points) == 2:
            self.space.add_line(self.at(points[0]), self.at(points[1]), dxfattribs={"layer": layer})
        else:
            self.space.add_lwpolyline([self.at(point) for point in points], dxfattribs={"layer": layer})
        return self

    def text(self, words: str, point: Sequence[float], *, layer: str = ROADS, height: float = 4.0) -> Drawn:
        """A text whose middle is there."""
        from ezdxf.enums import TextEntityAlignment

        made = self.space.add_text(words, height=height, dxfattribs={"layer": layer})
        made.set_placement(self.at(point), align=TextEntityAlignment.MIDDLE)
        return self

    def mtext(self, words: str, point: Sequence[float], *, layer: str = ROADS, **more: Any) -> Drawn:
        given = {"layer": layer, "insert": self.at(point), "char_height": 4.0, "attachment_point": 5, **more}
        self.space.add_mtext(words, dxfattribs=given)
        return self

    def road(self, name: str, north: float, *, length: float = 400.0, layer: str = ROADS) -> Drawn:
        """A road to the east with its name above."""
        return self.line((0, north), (length / 2, north), (length, north), layer=layer).text(
            name, (length / 2, north + 6), layer=layer
        )

    def save(self, path: Path, *, binary: bool = False) -> Path:
        self.document.saveas(path, fmt="bin" if binary else "asc")
        return path
