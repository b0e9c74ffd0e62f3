"""What a filter means, worked out in Python: filters by chance, written as text, and whether a feature fulfils them."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

import shapely
from hypothesis import strategies as st

Tree = Any
Values = dict[str, Any]
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
_SPATIAL: dict[str, Callable[[Any, Any], bool]] = {
    "s_intersects": shapely.intersects,
    "s_disjoint": shapely.disjoint,
    "s_equals": shapely.equals,
    "s_touches": shapely.touches,
    "s_crosses": shapely.crosses,
    "s_within": shapely.within,
    "s_contains": shapely.contains,
    "s_overlaps": shapely.overlaps,
}
# Where two intervals begin and end, as signs of the differences: beginnings, ends, end and beginning, beginning and end.
_TEMPORAL: dict[str, Callable[[date, date, date, date], bool]] = {
    "t_after": lambda a, b, c, d: d < a,
    "t_before": lambda a, b, c, d: b < c,
    "t_contains": lambda a, b, c, d: a < c and d < b,
    "t_disjoint": lambda a, b, c, d: max(a, c) > min(b, d),
    "t_during": lambda a, b, c, d: c < a and b < d,
    "t_equals": lambda a, b, c, d: (a, b) == (c, d),
    "t_finishedby": lambda a, b, c, d: b == d and a < c,
    "t_finishes": lambda a, b, c, d: b == d and c < a,
    "t_intersects": lambda a, b, c, d: max(a, c) <= min(b, d),
    "t_meets": lambda a, b, c, d: b == c,
    "t_metby": lambda a, b, c, d: d == a,
    "t_overlappedby": lambda a, b, c, d: c < a < d < b,
    "t_overlaps": lambda a, b, c, d: a < c < b < d,
    "t_startedby": lambda a, b, c, d: a == c and d < b,
    "t_starts": lambda a, b, c, d: a == c and b < d,
}


def holds(tree: Tree, feature: Any) -> bool:
    """Whether a feature fulfils a filter."""
    values = {**feature["properties"], "geometry": shapely.from_geojson(json.dumps(feature["geometry"]))}
    return value(tree, values) is True


def value(tree: Tree, values: Values) -> Any:
    """The value of a part; None is unknown."""
    if not isinstance(tree, dict):
        return tree
    if "property" in tree:
        return values[tree["property"]]
    if "date" in tree:
        return tree["date"]
    if "interval" in tree:
        return _interval([value(part, values) for part in tree["interval"]])
    if "bbox" in tree:
        return shapely.box(*tree["bbox"])
    if "type" in tree:
        return shapely.from_geojson(json.dumps(tree))
    return _operation(tree["op"], tree["args"], values)


def _interval(ends: list[Any]) -> Any:
    if None in ends:
        return None
    return tuple(open_ if end == ".." else end for end, open_ in zip(ends, ("0000-00-00", "9999-99-99"), strict=True))


def _operation(op: str, args: list[Any], values: Values) -> Any:
    if op in ("and", "or"):
        return _joined(op, [value(part, values) for part in args])
    if op == "in":
        return _joined("or", [value({"op": "=", "args": [args[0], one]}, values) for one in args[1]])
    told = [value(part, values) for part in args]
    if op == "isNull":
        return told[0] is None
    if None in told:
        return None
    return _known(op, told)


def _known(op: str, told: list[Any]) -> Any:
    if op == "not":
        return not told[0]
    if op == "between":
        return told[1] <= told[0] <= told[2]
    if op == "casei":
        return told[0].casefold()
    if op == "accenti":
        return bare(told[0])
    if op == "like":
        return like(told[1]).fullmatch(told[0]) is not None
    if op in _COMPARED:
        return _COMPARED[op](*told)
    if op in _SPATIAL:
        return bool(_SPATIAL[op](*told))
    (a, b), (c, d) = (one if isinstance(one, tuple) else (one, one) for one in told)
    return _TEMPORAL[op](a, b, c, d)


def _joined(op: str, told: list[Any]) -> bool | None:
    decides = op == "or"
    if decides in told:
        return decides
    return None if None in told else not decides


def bare(text: str) -> str:
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(one for one in apart if not "\u0300" <= one <= "\u036f"))


def like(pattern: str) -> re.Pattern[str]:
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    told = {"%": ".*", "_": "."}
    return re.compile("".join(told.get(part, re.escape(part[-1])) for part in parts), re.DOTALL)


def text(tree: Tree) -> str:
    """A filter as CQL2 text, with brackets around every part."""
    if isinstance(tree, bool):
        return "TRUE" if tree else "false"
    if isinstance(tree, str):
        return "'" + tree.replace("'", "''") + "'"
    if isinstance(tree, int | float):
        return repr(tree)
    if isinstance(tree, list):
        return f"({', '.join(map(text, tree))})"
    if "property" in tree:
        return f'"{tree["property"]}"'
    if "type" in tree:
        return str(shapely.to_wkt(shapely.from_geojson(json.dumps(tree)), rounding_precision=-1))
    for name in ("date", "interval", "bbox"):
        if name in tree:
            parts = tree[name] if isinstance(tree[name], list) else [tree[name]]
            return f"{name.upper()}({', '.join(map(text, parts))})"
    return _written(tree["op"], [text(part) for part in tree["args"]])


def _written(op: str, args: list[str]) -> str:
    if op in ("and", "or"):
        return "(" + f" {op.upper()} ".join(args) + ")"
    if op == "not":
        return f"NOT ({args[0]})"
    if op == "isNull":
        return f"{args[0]} IS NULL"
    if op == "between":
        return f"{args[0]} BETWEEN {args[1]} AND {args[2]}"
    if op in (*_COMPARED, "like", "in"):
        return f"{args[0]} {op.upper()} {args[1]}"
    return f"{op.upper()}({', '.join(args)})"


def trees(columns: dict[str, list[Any]], bounds: tuple[float, float, float, float]) -> st.SearchStrategy[Tree]:
    """Filters over properties, with values of which some occur.

    Parameters
    ----------
    columns
        Name of a property to values of it: texts, numbers, truths, or dates as texts under a name that ends in ``_on``.
    """
    leaves = st.one_of([_leaf(name, known) for name, known in columns.items()])
    leaves = st.one_of(leaves, _spatial(bounds), st.booleans())
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda op, args: {"op": op, "args": args}, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=4)),
            st.builds(lambda one: {"op": "not", "args": [one]}, inner),
        ),
        max_leaves=6,
    )  # fmt: skip


def _op(op: str, *args: Any) -> Tree:
    return {"op": op, "args": list(args)}


def _leaf(name: str, known: list[Any]) -> st.SearchStrategy[Tree]:
    owned = {"property": name}
    dated = name.endswith("_on")
    some = st.sampled_from(known)
    values = st.builds(lambda one: {"date": one}, some) if dated else some
    kinds = [
        st.just(_op("isNull", owned)),
        st.builds(lambda op, one: _op(op, owned, one), st.sampled_from(list(_COMPARED)), values),
        st.builds(lambda op, one: _op(op, one, owned), st.sampled_from(list(_COMPARED)), values),
        st.builds(lambda listed: _op("in", owned, listed), st.lists(values, min_size=1, max_size=4)),
    ]
    if not isinstance(known[0], bool):
        kinds.append(st.builds(lambda low, high: _op("between", owned, low, high), values, values))
    if dated:
        kinds.append(_temporal(owned, some))
    elif isinstance(known[0], str):
        kinds += [_like(owned, known), _folded(owned, known)]
    return st.one_of(kinds)


def _temporal(owned: Tree, some: st.SearchStrategy[str]) -> st.SearchStrategy[Tree]:
    both = st.builds(lambda a, b: sorted([a, b]), some, some)
    ends = st.one_of(both, st.builds(lambda a: [a, ".."], some), st.builds(lambda a: ["..", a], some))
    others = st.builds(lambda pair: {"interval": pair}, ends)
    days = st.builds(lambda one: {"date": one}, some)
    span = {"interval": [{"property": "opened_on"}, {"property": "closed_on"}]}
    loose = [op for op in _TEMPORAL if op in ("t_after", "t_before", "t_disjoint", "t_equals", "t_intersects")]
    return st.one_of(
        st.builds(lambda op, one: _op(op, owned, one), st.sampled_from(loose), st.one_of(days, others)),
        st.builds(lambda op, one: _op(op, span, one), st.sampled_from(list(_TEMPORAL)), others),
    )


def _pieces(known: list[str]) -> st.SearchStrategy[str]:
    return st.builds(lambda one, start, size: one[start : start + size], st.sampled_from(known), st.integers(0, 3), st.integers(1, 3))  # fmt: skip


def _like(owned: Tree, known: list[str]) -> st.SearchStrategy[Tree]:
    signs = st.sampled_from(["%", "_", "", "\\%", "\\_", "'"])
    return st.builds(lambda a, piece, b: _op("like", owned, a + piece + b), signs, _pieces(known), signs)


def _folded(owned: Tree, known: list[str]) -> st.SearchStrategy[Tree]:
    def folded(how: list[str], piece: str, op: str) -> Tree:
        left, right = owned, f"{piece}%" if op == "like" else piece
        for fold in how:
            left, right = _op(fold, left), _op(fold, right)  # type: ignore[assignment]
        return _op(op, left, right)

    how = st.sampled_from([["casei"], ["accenti"], ["casei", "accenti"], ["accenti", "casei"]])
    pieces = st.one_of(_pieces(known), st.sampled_from(known))
    changed = st.builds(lambda one, change: change(one), pieces, st.sampled_from([str, str.upper, str.lower, bare]))
    return st.builds(folded, how, changed, st.sampled_from(["=", "<>", "like"]))


def _spatial(bounds: tuple[float, float, float, float]) -> st.SearchStrategy[Tree]:
    west, south, east, north = bounds
    # No corner of the data lies on a side of these: the digits that features are given with decide nothing.
    x = st.integers(0, 10_000).map(lambda step: west + (east - west) * step / 10_000 + 1.23e-9)
    y = st.integers(0, 10_000).map(lambda step: south + (north - south) * step / 10_000 + 1.23e-9)
    boxes = st.builds(
        lambda xs, ys: [min(xs), min(ys), max(xs) + 1e-4, max(ys) + 1e-4], st.tuples(x, x), st.tuples(y, y)
    )
    shapes = st.one_of(
        boxes.map(lambda one: {"bbox": one}),
        boxes.map(lambda one: json.loads(shapely.to_geojson(shapely.box(*one)))),
        boxes.map(lambda one: {"type": "LineString", "coordinates": [one[:2], one[2:]]}),
        boxes.map(lambda one: {"type": "MultiPoint", "coordinates": [one[:2], one[2:]]}),
    )
    owned = {"property": "geometry"}
    ops = st.sampled_from(list(_SPATIAL))
    return st.builds(lambda op, shape, turned: _op(op, *((shape, owned) if turned else (owned, shape))), ops, shapes, st.booleans())  # fmt: skip
