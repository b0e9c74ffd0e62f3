"""CQL2 text, read into the tree that CQL2 JSON writes."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import shapely
from shapely.errors import ShapelyError

from geoservice.publish.ogc.cql2.limits import Counter, refused
from geoservice.publish.ogc.cql2.tokens import Token, tokens

Tree = Any
_COMPARED = {"=", "<>", "<", ">", "<=", ">="}
_GEOMETRIES = {"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION"}


def parse(text: str) -> Tree:
    """The tree of a filter.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter`` with the reason: where it stops being one, or what is too much.

    Examples
    --------
    >>> parse("beds > 5 AND NOT name LIKE '%院'")["args"][0]
    {'op': '>', 'args': [{'property': 'beds'}, 5]}
    """
    reader = _Reader(text)
    tree = reader.either()
    reader.end()
    return tree


class _Reader:
    """Goes through the words once, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0
        self._counter = Counter()

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._token
        self._at += token.kind != "end"
        return token

    def _fail(self) -> NoReturn:
        token = self._token
        found = self._text[token.start : token.end] or "…"
        raise refused("syntax", found=found[:40], position=token.start + 1)

    def _is(self, *said: str) -> bool:
        return self._token.kind in ("keyword", "sign") and self._token.said in said

    def _took(self, *said: str) -> bool:
        found = self._is(*said)
        self._at += found
        return found

    def _expect(self, said: str) -> None:
        if not self._took(said):
            self._fail()

    def end(self) -> None:
        """Nothing more follows."""
        if self._token.kind != "end":
            self._fail()

    def either(self) -> Tree:
        """Terms joined by OR."""
        with self._counter:
            parts = [self._both()]
            while self._took("OR"):
                parts.append(self._both())
        return parts[0] if len(parts) == 1 else {"op": "or", "args": parts}

    def _both(self) -> Tree:
        parts = [self._negated()]
        while self._took("AND"):
            parts.append(self._negated())
        return parts[0] if len(parts) == 1 else {"op": "and", "args": parts}

    def _negated(self) -> Tree:
        if not self._took("NOT"):
            return self._predicate()
        with self._counter:
            return {"op": "not", "args": [self._negated()]}

    def _predicate(self) -> Tree:
        left = self._operand()
        if self._token.kind == "sign" and self._token.said in _COMPARED:
            return {"op": self._next().said, "args": [left, self._operand()]}
        if self._took("IS"):
            negated = self._took("NOT")
            self._expect("NULL")
            return _negated_if(negated, {"op": "isNull", "args": [left]})
        negated = self._took("NOT")
        if self._took("LIKE"):
            return _negated_if(negated, {"op": "like", "args": [left, self._operand()]})
        if self._took("BETWEEN"):
            low = self._operand()
            self._expect("AND")
            return _negated_if(negated, {"op": "between", "args": [left, low, self._operand()]})
        if self._took("IN"):
            self._expect("(")
            return _negated_if(negated, {"op": "in", "args": [left, self._listed()]})
        if negated:
            self._fail()
        return left

    def _operand(self) -> Tree:
        if self._took("("):
            parts = self._listed()
            return parts[0] if len(parts) == 1 else parts
        if self._is("TRUE", "FALSE"):
            return self._next().said == "TRUE"
        if self._is("+", "-") or self._token.kind == "number":
            return self._number()
        if self._token.kind == "text":
            return self._next().said
        if self._token.kind not in ("word", "name"):
            self._fail()
        return self._named()

    def _listed(self) -> list[Tree]:
        """What stands up to the closing bracket, separated by commas."""
        parts = [self.either()]
        while self._took(","):
            parts.append(self.either())
        self._expect(")")
        return parts

    def _number(self) -> int | float:
        sign = -1 if self._is("-") else 1
        if self._is("+", "-"):
            self._next()
        if self._token.kind != "number":
            self._fail()
        return sign * number(self._next().said)

    def _named(self) -> Tree:
        """A property, a function, or one of the literals that are written as functions."""
        token = self._next()
        name = token.said
        if token.kind == "word" and name.upper() in _GEOMETRIES and self._opens_geometry():
            return self._geometry(token)
        if not self._took("("):
            return {"property": name}
        lowered = name.lower()
        if self._took(")"):
            return {"op": lowered, "args": []}
        parts = self._listed()
        if lowered in ("date", "timestamp") and len(parts) == 1:
            return {lowered: parts[0]}
        if lowered in ("interval", "bbox"):
            return {lowered: parts}
        return {"op": lowered, "args": parts}

    def _opens_geometry(self) -> bool:
        return self._is("(") or (self._token.kind == "word" and self._token.said.upper() in ("Z", "EMPTY"))

    def _geometry(self, first: Token) -> Tree:
        """Well-known text, from its first word to the bracket that closes it."""
        depth, last = 0, first
        while self._token.kind in ("number", "word") or self._is("(", ")", ",", "-", "+"):
            last = self._next()
            depth += {"(": 1, ")": -1}.get(last.said, 0)
            if depth == 0 and last.said not in ("Z", "z"):
                break
        try:
            found = shapely.from_wkt(self._text[first.start : last.end])
        except ShapelyError:
            raise refused("geometry", value=self._text[first.start : last.end]) from None
        return json.loads(shapely.to_geojson(found))


def _negated_if(negated: bool, tree: Tree) -> Tree:  # noqa: FBT001 - read beside its only uses
    return {"op": "not", "args": [tree]} if negated else tree


def number(text: str) -> int | float:
    """A number as it is written: whole ones stay whole."""
    if text.isdigit():
        if len(text) > 60:
            raise refused("number", value=text)
        return int(text)
    return float(text)
