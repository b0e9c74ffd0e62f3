"""Lines of numbers in a text file; what is wrong is told with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from geoservice.errors import BadInput
from geoservice.language import translate

MOST_BYTES = 200 * 2**20
_SEPARATORS = re.compile(r"[\s,;]+")


def lines_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Number and words of each line that is not empty.

    Raises
    ------
    BadInput
        ``siting.cannot-read``, ``siting.file-too-large``, ``siting.not-text``.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput("siting.file-too-large", file=path.name, most=MOST_BYTES // 2**20)
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput("siting.cannot-read", file=path, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise BadInput("siting.not-text", file=path.name) from None
    for number, line in enumerate(text.splitlines(), start=1):
        words = [word for word in _SEPARATORS.split(line.strip()) if word]
        if words:
            yield number, words


def wrong(path: Path, line: int, what: str, **values: object) -> NoReturn:
    """Refuses a line; `what` is a key below ``siting.line``.

    Raises
    ------
    BadInput
        ``siting.bad-line``.
    """
    raise BadInput("siting.bad-line", file=path.name, line=line, what=translate(f"siting.line.{what}", None, **values))


def whole(path: Path, line: int, word: str) -> int:
    """A whole number that is not negative."""
    if not re.fullmatch(r"\+?\d{1,15}(\.0*)?", word, re.ASCII):
        wrong(path, line, "not-whole", word=word)
    return int(word.partition(".")[0])
