"""What a DXF drawing holds that a map can use: its lines and its texts, by layer, in the units of the drawing."""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from geoservice.errors import BadInput
from geoservice.ingest.readers.dxf_shapes import middle, vertices
from geoservice.ingest.readers.text import decode, read_bytes

if TYPE_CHECKING:
    from ezdxf.document import Drawing as Document

LARGEST_MB = 256
# More is no drawing of streets, or a block that holds itself many times over.
MOST_DRAWN = 200_000
_DEEPEST = 8
_BINARY = b"AutoCAD Binary DXF\r\n\x1a\x00"
_LINES = ("LINE", "LWPOLYLINE", "POLYLINE", "SPLINE", "ARC", "CIRCLE", "ELLIPSE")
_PIECES = ("LINE", "ARC")
_TEXTS = ("TEXT", "MTEXT", "ATTRIB")
# What a library raises over a file that somebody has broken on purpose.
_BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError, AssertionError,
    struct.error,
)  # fmt: skip
# Characters that are written by the number of a code page: \M+5C2BD.
_BY_PAGE = re.compile(r"\\M\+([1-5])([0-9A-Fa-f]{4})")
_PAGES = {"1": "cp932", "2": "cp950", "3": "cp949", "4": "johab", "5": "cp936"}


@dataclass(frozen=True)
class DrawnText:
    """A text with the middle of where it is written, x (east) first."""

    layer: str
    text: str
    x: float
    y: float


@dataclass(frozen=True)
class DrawnLine:
    """A line of a layer.

    Attributes
    ----------
    shape
        A LineString, arcs and curves as chords; None where it could not be read, and `fault` says why.
    piece
        Whether it is a single segment or arc, of which a road may be made up.
    """

    layer: str
    shape: Any
    piece: bool = False
    fault: str | None = None


@dataclass
class Drawing:
    """All of it.

    Attributes
    ----------
    hidden
        Layers that are frozen or switched off.
    others
        Kinds of entities that are neither, with their number.
    """

    lines: list[DrawnLine] = field(default_factory=list)
    texts: list[DrawnText] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    others: Counter[str] = field(default_factory=Counter)
    encoding: str | None = None

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Layer to the number of its texts and of its lines, in order of name."""
        texts = Counter(one.layer for one in self.texts)
        lines = Counter(one.layer for one in self.lines)
        return {layer: (texts[layer], lines[layer]) for layer in sorted({*texts, *lines})}


def read_drawing(path: Path, *, encoding: str | None, flatten: float, most_vertices: int) -> Drawing:
    """Reads the model space of a drawing, texts without their formatting; paper space is left out.

    Parameters
    ----------
    encoding
        Of its texts, where the file does not say it or says it wrongly.
    flatten
        How far a chord may lie from its arc, in units of the drawing.
    most_vertices
        Of one line.

    Raises
    ------
    BadInput
        ``import.dwg``, ``import.broken-file``, ``import.file-too-large``, ``import.dxf-too-much`` or
        ``import.encoding-*``.
    """
    if path.stat().st_size > LARGEST_MB * 2**20:
        raise BadInput(
            "import.file-too-large", file=path.name, size_mb=path.stat().st_size // 2**20, most=LARGEST_MB
        )  # fmt: skip
    document, used = _open(path, encoding)
    drawing = Drawing(encoding=used)
    collector = _Collector(path.name, drawing, flatten, most_vertices, _recoding(document, used))
    try:
        drawing.hidden = {
            collector.recode(layer.dxf.name) for layer in document.layers if layer.is_off() or layer.is_frozen()
        }
        for entity in document.modelspace():
            collector.take(entity, None, 0)
    except _BROKEN as error:
        raise _broken(path, error) from None
    return drawing


def _open(path: Path, encoding: str | None) -> tuple[Document, str | None]:
    import ezdxf
    from ezdxf.lldxf.const import DXFError

    data = read_bytes(path)
    if data[:4] == b"AC10":
        raise BadInput("import.dwg", file=path.name)
    try:
        if data.startswith(_BINARY):
            return ezdxf.readfile(path), None  # type: ignore[attr-defined]
        text, used = decode(data, encoding, file=path.name)
        if "SECTION" not in text[:65_536] or not text.rstrip().endswith("EOF"):
            raise BadInput("import.broken-file", file=path.name, reason="SECTION … EOF")
        return ezdxf.read(io.StringIO(text)), used  # type: ignore[attr-defined]
    except (DXFError, OSError, *_BROKEN) as error:
        raise _broken(path, error) from None


def _recoding(document: Document, used: str | None) -> str | None:
    """Encoding in which the texts of an old binary drawing were read, on its own word; None where it is beyond doubt."""
    return document.encoding if used is None and document.dxfversion < "AC1021" else None


def _broken(path: Path, error: Exception) -> BadInput:
    reason = (str(error) or type(error).__name__).replace(str(path), path.name)
    return BadInput("import.broken-file", file=path.name, reason=reason[:300])


class _Collector:
    """Takes entities one by one, those of blocks with the layer that they are put on."""

    def __init__(self, file: str, into: Drawing, flatten: float, most_vertices: int, read_as: str | None) -> None:
        self._file = file
        self._into = into
        self._flatten = flatten
        self._most = most_vertices
        self._read_as = read_as
        self._left = MOST_DRAWN

    def recode(self, text: str) -> str:
        """A text of a binary drawing, which may say another encoding than it has."""
        if self._read_as is None or text.isascii():
            return text
        data = text.encode(self._read_as, "surrogateescape")
        for name in ("utf-8", "gb18030" if self._read_as == "cp1252" else self._read_as):
            try:
                return data.decode(name)
            except UnicodeDecodeError:
                continue
        return data.decode("gb18030", "replace")

    def take(self, entity: Any, block_layer: str | None, depth: int) -> None:
        self._left -= 1
        if self._left < 0:
            raise BadInput("import.dxf-too-much", file=self._file, most=MOST_DRAWN)
        kind = entity.dxftype()
        given = self.recode(str(entity.dxf.get("layer", "0")))
        # What a block draws on layer 0 lies on the layer of the block.
        layer = block_layer if block_layer is not None and given == "0" else given
        if kind == "INSERT":
            self._block(entity, layer, depth)
        elif kind in _TEXTS:
            self._text(entity, layer)
        elif kind in _LINES:
            self._line(entity, layer, piece=kind in _PIECES)
        else:
            self._into.others[kind] += 1

    def _block(self, insert: Any, layer: str, depth: int) -> None:
        if depth >= _DEEPEST:
            self._into.others["INSERT"] += 1
            return
        for one in insert.multi_insert() if insert.mcount > 1 else (insert,):
            for attribute in one.attribs:
                if not attribute.is_invisible:
                    self.take(attribute, layer, depth + 1)
            for inner in one.virtual_entities():
                self.take(inner, layer, depth + 1)

    def _text(self, entity: Any, layer: str) -> None:
        text = _plain(entity, self.recode)
        if text:
            x, y = middle(entity, text)
            self._into.texts.append(DrawnText(layer, text, x, y))

    def _line(self, entity: Any, layer: str, *, piece: bool) -> None:
        try:
            points = vertices(entity, self._flatten, self._most)
            found = DrawnLine(layer, shapely.LineString(points), piece)
        except _BROKEN as error:
            found = DrawnLine(layer, None, fault=f"{entity.dxftype()} {str(error)[:60]}".strip())
        if found.shape is None or found.shape.length > 0:
            self._into.lines.append(found)
        else:
            self._into.others[entity.dxftype()] += 1


def _plain(entity: Any, recode: Callable[[str], str]) -> str:
    """A text without formatting codes, its lines as one."""
    from ezdxf import decode_dxf_unicode  # type: ignore[attr-defined]
    from ezdxf.tools.text import plain_mtext, plain_text

    long = entity.dxftype() == "MTEXT"
    coded = decode_dxf_unicode(recode(str(entity.text if long else entity.dxf.get("text", ""))))
    coded = _BY_PAGE.sub(lambda one: bytes.fromhex(one[2]).decode(_PAGES[one[1]], "replace"), coded)
    text = plain_mtext(coded) if long else plain_text(coded)
    return _without_blanks(" ".join(str(text).split()))


def _without_blanks(text: str) -> str:
    """Han characters that are written apart stand together.

    Examples
    --------
    >>> _without_blanks("陆 羽 大 道"), _without_blanks("Luyu Road"), _without_blanks("")
    ('陆羽大道', 'Luyu Road', '')
    """
    kept = [
        one
        for at, one in enumerate(text)
        if one != " " or (text[at - 1 : at].isascii() and text[at + 1 : at + 2].isascii())
    ]
    return "".join(kept)


def shown_layers(drawing: Drawing) -> Iterator[tuple[str, int, int]]:
    """Layers with their texts and lines, those that are not hidden first."""
    for layer, (texts, lines) in sorted(drawing.counts.items(), key=lambda one: one[0] in drawing.hidden):
        yield layer, texts, lines
