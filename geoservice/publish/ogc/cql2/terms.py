"""The tree of a filter, checked against what a collection declares, made into a condition of SQL.

Nothing of a filter becomes SQL text: properties are looked up among the columns of the collection, functions in a table,
and values are bound.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, Boolean, ColumnElement, Date, Double, Numeric, Text, and_, case, literal, not_, or_

from geoservice.database.paging import LARGEST
from geoservice.publish.ogc.cql2.folding import without_accents, without_case
from geoservice.publish.ogc.cql2.limits import Counter, refused
from geoservice.publish.ogc.cql2.shapes import SPATIAL, shape_of
from geoservice.publish.ogc.cql2.times import TEMPORAL, instant
from geoservice.publish.ogc.crs import OgcCrs
from geoservice.publish.ogc.model import GEOMETRY, Collection
from geoservice.publish.ogc.sources import Source

Kind = Literal["text", "number", "boolean", "date", "geometry", "interval", "list"]
Condition = Callable[[Source], ColumnElement[bool]]
_KINDS: Mapping[str, Kind] = {"code": "text", "integer": "number"}
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_ORDERED: tuple[Kind, ...] = ("text", "number", "boolean", "date")
_GEOJSON = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a filter.

    Attributes
    ----------
    make
        Its value in a statement: a column element, for geometries what `shapes` knows, for intervals a pair.
    pattern
        What a text says before folding, where it is no property.
    """

    kind: Kind
    make: Callable[[Source], Any]
    pattern: str | None = None


def condition(tree: Any, collection: Collection, crs: OgcCrs) -> Condition:
    """The condition of a tree.

    Raises
    ------
    BadRequest
        ``ogc.bad-filter`` with the first thing that is wrong.
    """
    found = _Translator(collection, crs).term(tree)
    if found.kind != "boolean":
        raise refused("no-condition")
    return found.make


class _Translator:
    def __init__(self, collection: Collection, crs: OgcCrs) -> None:
        self._collection = collection
        self._crs = crs
        self._counter = Counter()

    def term(self, tree: Any) -> Term:
        """A part and all within it."""
        self._counter.one()
        with self._counter:
            if isinstance(tree, dict):
                return self._object(tree)
            if isinstance(tree, list):
                raise refused("list")
            return _scalar(tree)

    def _object(self, tree: Mapping[str, Any]) -> Term:
        keys = set(tree)
        if keys == {"op", "args"} and isinstance(tree["op"], str) and isinstance(tree["args"], list):
            return self._operation(tree["op"], tree["args"])
        if keys == {"property"} and isinstance(tree["property"], str):
            return self._property(tree["property"])
        if keys == {"date"}:
            return _day(tree["date"])
        if keys == {"interval"}:
            return self._interval(tree["interval"])
        if keys == {"bbox"} or str(tree.get("type")) in _GEOJSON:
            shape = shape_of(tree, self._crs, self._counter)
            return Term("geometry", lambda _: shape)
        if keys == {"timestamp"}:
            raise refused("timestamp")
        raise refused("json", value=str(dict(tree)))

    def _property(self, name: str) -> Term:
        if name == GEOMETRY:
            return Term("geometry", lambda found: found.table.geom)
        declared = self._collection.properties.get(name)
        if declared is None:
            allowed = ", ".join((*self._collection.properties, GEOMETRY))
            raise refused("unknown-property", name=name[:60], allowed=allowed)
        return Term(_KINDS.get(declared.kind, declared.kind), lambda found: found.columns[name])  # type: ignore[arg-type]

    def _interval(self, given: Any) -> Term:
        if not isinstance(given, list) or len(given) != 2:
            raise refused("interval")
        ends = [self._end(part, first=first) for part, first in zip(given, (True, False), strict=True)]
        return Term("interval", lambda found: tuple(end.make(found) for end in ends))

    def _end(self, given: Any, *, first: bool) -> Term:
        if given == "..":
            return Term("date", lambda _: literal("-infinity" if first else "infinity", Text).cast(Date))
        return self._kinds("interval", [_day(given) if isinstance(given, str) else self.term(given)], ("date",))[0]

    def _operation(self, op: str, args: Sequence[Any]) -> Term:
        if op in _COMPARED:
            left, right = self._same(op, args, 2)
            compare = _COMPARED[op]
            return Term("boolean", lambda found: compare(*_values(found, op, left, right)))
        if op in SPATIAL:
            one, other = self._kinds(op, self._terms(op, args, 2), ("geometry",))
            return Term("boolean", lambda found: SPATIAL[op](one.make(found), other.make(found)))
        if op in TEMPORAL:
            return self._temporal(op, args)
        handler = _HANDLERS.get(op)
        if handler is None:
            raise refused("unknown-function", name=op[:60], allowed=", ".join(OPERATIONS))
        return handler(self, op, args)

    def _terms(self, op: str, args: Sequence[Any], count: int) -> list[Term]:
        if len(args) != count:
            raise refused("arguments", name=op, count=count)
        return [self.term(part) for part in args]

    @staticmethod
    def _kinds(op: str, terms: Sequence[Term], allowed: Sequence[Kind]) -> Sequence[Term]:
        for one in terms:
            if one.kind not in allowed:
                raise refused("type", name=op, found=one.kind, wanted=", ".join(allowed))
        return terms

    def _same(self, op: str, args: Sequence[Any], count: int) -> Sequence[Term]:
        """Terms of one kind that has an order; beside a day a text says one (/per/basic-cql2/type-casts)."""
        terms = self._kinds(op, self._terms(op, args, count), _ORDERED)
        if any(one.kind == "date" for one in terms):
            terms = [_day(said) if isinstance(said, str) else one for one, said in zip(terms, args, strict=True)]
        return self._kinds(op, terms, (terms[0].kind,))

    def _joined(self, op: str, args: Sequence[Any]) -> Term:
        if len(args) < 2:
            raise refused("arguments", name=op, count="2+")
        terms = self._kinds(op, [self.term(part) for part in args], ("boolean",))
        join = and_ if op == "and" else or_
        return Term("boolean", lambda found: join(*(one.make(found) for one in terms)))

    def _not(self, op: str, args: Sequence[Any]) -> Term:
        (one,) = self._kinds(op, self._terms(op, args, 1), ("boolean",))
        return Term("boolean", lambda found: not_(one.make(found)))

    def _is_null(self, op: str, args: Sequence[Any]) -> Term:
        (one,) = self._terms(op, args, 1)
        if not isinstance(args[0], dict) or "property" not in args[0]:
            raise refused("null")
        return Term("boolean", lambda found: one.make(found).is_(None))

    def _between(self, op: str, args: Sequence[Any]) -> Term:
        terms = self._same(op, args, 3)

        def between(found: Source) -> Any:
            value, low, high = _values(found, "<", *terms)
            return and_(value >= low, value <= high)

        return Term("boolean", between)

    def _in(self, op: str, args: Sequence[Any]) -> Term:
        if len(args) != 2 or not isinstance(args[1], list) or not args[1]:
            raise refused("arguments", name=op, count=2)
        value, *listed = self._same(op, [args[0], *args[1]], len(args[1]) + 1)
        return Term("boolean", lambda found: value.make(found).in_([one.make(found) for one in listed]))

    def _like(self, op: str, args: Sequence[Any]) -> Term:
        value, pattern = self._kinds(op, self._terms(op, args, 2), ("text",))
        if pattern.pattern is None:
            raise refused("pattern")
        # A lone sign of escape at the end escapes nothing.
        if len(pattern.pattern) - len(pattern.pattern.rstrip("\\")) & 1:
            raise refused("pattern-end")
        return Term("boolean", lambda found: value.make(found).like(pattern.make(found)))

    def _folded(self, op: str, args: Sequence[Any]) -> Term:
        (one,) = self._kinds(op, self._terms(op, args, 1), ("text",))
        fold = without_case if op == "casei" else without_accents
        return Term("text", lambda found: fold(one.make(found)), one.pattern)

    def _temporal(self, op: str, args: Sequence[Any]) -> Term:
        terms = self._kinds(op, self._terms(op, args, 2), ("date", "interval"))
        relation, needs_interval = TEMPORAL[op]
        if needs_interval:
            self._kinds(op, terms, ("interval",))

        def related(found: Source) -> Any:
            pairs = [one.make(found) for one in terms]
            (a, b), (c, d) = (pair if isinstance(pair, tuple) else (pair, pair) for pair in pairs)
            # An interval of which one end is not known is not known: no relation with it is true, and none is false.
            ends = [end.is_not(None) for pair in pairs if isinstance(pair, tuple) for end in pair]
            return case((and_(*ends), relation(a, b, c, d))) if ends else relation(a, b, c, d)

        return Term("boolean", related)


_HANDLERS: Mapping[str, Callable[[_Translator, str, Sequence[Any]], Term]] = {
    "and": _Translator._joined,  # noqa: SLF001 - the class's own table
    "or": _Translator._joined,  # noqa: SLF001
    "not": _Translator._not,  # noqa: SLF001
    "isNull": _Translator._is_null,  # noqa: SLF001
    "between": _Translator._between,  # noqa: SLF001
    "in": _Translator._in,  # noqa: SLF001
    "like": _Translator._like,  # noqa: SLF001
    "casei": _Translator._folded,  # noqa: SLF001
    "accenti": _Translator._folded,  # noqa: SLF001
}
OPERATIONS = (*_COMPARED, *_HANDLERS, *SPATIAL, *TEMPORAL)


def _scalar(value: Any) -> Term:
    if isinstance(value, bool):
        return Term("boolean", lambda _: literal(value, Boolean))
    if isinstance(value, int):
        number: Any = literal(value, BigInteger) if abs(value) <= LARGEST else literal(Decimal(value), Numeric)
        return Term("number", lambda _: number)
    if isinstance(value, float) and math.isfinite(value):
        return Term("number", lambda _: literal(value, Double))
    if isinstance(value, str) and not _NO_TEXT.search(value):
        return Term("text", lambda _: literal(value, Text), value)
    raise refused("value", value=ascii(value))


def _day(given: Any) -> Term:
    day: date = instant(given)
    return Term("date", lambda _: literal(day, Date))


def _values(found: Source, op: str, *terms: Term) -> list[Any]:
    """Values for a comparison; texts are ordered by their characters, whatever the database is set to."""
    values = [one.make(found) for one in terms]
    if terms[0].kind == "text" and op not in ("=", "<>"):
        return [value.collate("C") for value in values]
    return values
