"""Bytes to text: the encoding is tried strictly, never guessed from statistics."""

from __future__ import annotations

import codecs
from pathlib import Path

from geoservice.errors import BadInput

CANDIDATES = ("utf-8", "gb18030")


def decode(data: bytes, encoding: str | None, *, file: str) -> tuple[str, str]:
    """The text of a file and the encoding that it was read in.

    Parameters
    ----------
    encoding
        The only one to try; without it a byte order mark decides, then UTF-8, then GB18030 (which holds GBK).

    Raises
    ------
    BadInput
        ``import.encoding-unknown``, ``import.encoding-wrong`` with the line and what to try,
        ``import.encoding-undecidable``.

    Examples
    --------
    >>> decode("天门".encode("gbk"), None, file="a.csv")
    ('天门', 'gb18030')
    >>> decode(b"", None, file="a.csv")
    ('', 'utf-8')
    """
    if encoding is not None:
        return decode_as(data, encoding, file=file)
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return decode_as(data, name, file=file)
    for name in CANDIDATES:
        try:
            return data.decode(name), name
        except UnicodeDecodeError:
            continue
    raise BadInput("import.encoding-undecidable", file=file, tried="、".join(CANDIDATES))


def known_encoding(encoding: str, *, file: str) -> str:
    """The name of an encoding as Python writes it; GB18030 for its parts GBK and GB 2312.

    Raises
    ------
    BadInput
        ``import.encoding-unknown``.
    """
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise BadInput("import.encoding-unknown", file=file, encoding=encoding) from None
    return "gb18030" if name in ("gbk", "gb2312") else name


def decode_as(data: bytes, encoding: str, *, file: str) -> tuple[str, str]:
    """The text of a file in a stated encoding; raises as `decode`."""
    name = known_encoding(encoding, file=file)
    if name == "utf-8" and data.startswith(codecs.BOM_UTF8):
        name = "utf-8-sig"
    try:
        return data.decode(name), name
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        value = data[error.start : error.start + 8].hex(" ")
        raise BadInput(
            "import.encoding-wrong", file=file, row=row, encoding=encoding, value=value, other=_other(data, name)
        ) from None


def read_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises
    ------
    BadInput
        ``import.unreadable``.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput("import.unreadable", file=path.name, reason=error.strerror or error) from None


def _other(data: bytes, tried: str) -> str:
    for name, said in (("utf-8", "utf-8"), ("gb18030", "gbk"), ("utf-16", "utf-16")):
        if name == tried:
            continue
        try:
            data.decode(name)
        except UnicodeDecodeError:
            continue
        return said
    return "gbk"
