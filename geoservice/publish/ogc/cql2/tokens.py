"""The words of CQL2 text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from geoservice.publish.ogc.cql2.limits import Counter, fits, refused

KEYWORDS = {"AND", "OR", "NOT", "IS", "NULL", "LIKE", "BETWEEN", "IN", "TRUE", "FALSE"}
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:\\'|''|[^'])*')
  | (?P<quoted>"(?:""|[^"])+")
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
  | (?P<word>[^\W\d][\w.:]*)
  | (?P<sign><>|<=|>=|[=<>(),+-])
    )""",
    re.VERBOSE,
)

# A backslash before another, or before a wildcard of LIKE, stays for LIKE.
_ESCAPED = re.compile(r"''|\\\\|\\(['abtnvfr])")
_MEANT = dict(zip("'abtnvfr", "'\a\b\t\n\v\f\r", strict=True))

Kind = Literal["text", "name", "number", "word", "keyword", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A word: for texts and quoted names what they say, for keywords and signs their capitals.

    Attributes
    ----------
    start, end
        Where it stands, from 0.
    """

    kind: Kind
    said: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words of a filter and its end.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter.syntax`` where a character begins no word.

    Examples
    --------
    >>> [token.said for token in tokens("name LIKE '天''%'")]
    ['name', 'LIKE', "天'%", '']
    """
    return list(_tokens(fits(text)))


def _tokens(text: str) -> Iterator[Token]:
    counter = Counter()
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            rest = text[position:].lstrip()
            raise refused("syntax", found=rest[:20], position=len(text) - len(rest) + 1)
        counter.one()
        position = match.end()
        yield _token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup), position)
    yield Token("end", "", len(text), len(text))


def _token(group: str, said: str, start: int, end: int) -> Token:
    if group == "text":
        return Token("text", _ESCAPED.sub(_meant, said[1:-1]), start, end)
    if group == "quoted":
        return Token("name", said[1:-1].replace('""', '"'), start, end)
    if group == "word":
        keyword = said.upper() in KEYWORDS
        return Token("keyword" if keyword else "word", said.upper() if keyword else said, start, end)
    return Token("number" if group == "number" else "sign", said, start, end)


def _meant(found: re.Match[str]) -> str:
    """What an escaped character stands for (/req/cql2-text/escaping)."""
    if found[1]:
        return _MEANT[found[1]]
    return "'" if found[0] == "''" else found[0]
