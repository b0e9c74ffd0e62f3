"""CQL2 text is read into the tree that another reader (cql2-rs) makes of it, in a time that grows with its length alone."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import cql2
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from geoservice.errors import BadRequest
from geoservice.publish.ogc.cql2.limits import DEEPEST, LONGEST
from geoservice.publish.ogc.cql2.text import parse
from tests.cql2_oracle import text, trees

COLUMNS = {
    "name": ["天门市", "it's", "Ålesund", 'a"b'], "beds": [0, -5, 12, 1.5, 3e20], "opened_on": ["2010-01-01"],
    "closed_on": ["2020-02-29"], "bridge": [True, False], "名称 a": ["x"],
}  # fmt: skip


def same(one: Any) -> Any:
    """A tree without what the two write apart: whole numbers, and how far brackets join."""
    if isinstance(one, dict):
        if one.get("op") in ("and", "or"):
            return {"op": one["op"], "args": [part for arg in map(same, one["args"]) for part in _flat(arg, one["op"])]}
        return {name: same(part) for name, part in one.items()}
    if isinstance(one, list | tuple):
        return [same(part) for part in one]
    return float(one) if isinstance(one, int) and not isinstance(one, bool) else one


def _flat(one: Any, op: str) -> list[Any]:
    return one["args"] if isinstance(one, dict) and one.get("op") == op else [one]


@how(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(trees(COLUMNS, (112.5, 30.3, 113.5, 30.9)))
def test_text_is_read_as_it_was_written(tree: Any) -> None:
    assert same(json.loads(json.dumps(parse(text(tree))))) == same(tree)


@pytest.mark.parametrize(
    "given",
    ["a = 1 OR b = 2 AND NOT c = 3", "not a = 1 and b = 2", "NOT NOT a IS NOT NULL", "a Not Like 'x%' oR a in ('1','2')",
     "a NOT BETWEEN 1 AND 2 AND b = 3", "a not in (1)", "a.b:c = 'x'", '"a ""b""" = 1', "名称 = '天'", "((a)) = ((1))",
     "CaSeI(a) = CASEI('X')", "s_intersects(geometry, Point(1 2))", "S_WITHIN(geometry,MULTIPOINT(1 2,3 4))", "TRUE",
     "S_WITHIN(geometry,MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5))))", "a = -1.5e-3", "1 < a",
     "S_INTERSECTS(geometry,GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4)))", "S_INTERSECTS(geometry,BBOX(1,2,-3,4.5))",
     "T_DURING(INTERVAL(a,b),INTERVAL('2010-01-01','..'))", "DATE('2010-01-01') < a", "a = TRUE", "a = 'x''y'", "a=b and (c=d or e=f)"],
)  # fmt: skip
def test_text_is_read_as_another_reader_does(given: str) -> None:
    assert same(json.loads(json.dumps(parse(given)))) == same(cql2.parse_text(given).to_json())


def test_whole_numbers_stay_whole() -> None:
    assert parse("a = 9007199254740993")["args"][1] == 9007199254740993
    assert parse(r"a = 'it\'s'")["args"][1] == "it's"


@pytest.mark.parametrize(
    ("given", "reason"),
    [("", "syntax"), ("a =", "syntax"), ("= 1", "syntax"), ("a = 'x", "syntax"), ("THIS IS NOT A FILTER", "syntax"), ("a = 1 b", "syntax"),
     ("a = 1;drop table x", "syntax"), ("a = 1 -- x", "syntax"), ("(a = 1", "syntax"), ("a = 1)", "syntax"), ("a in ()", "syntax"),
     ("a like", "syntax"), ("a not 5", "syntax"), ("a is 5", "syntax"), ("a between 1", "syntax"), ("a = 0x10", "syntax"), ("1.2.3 = a", "syntax"),
     ("a + 1 = 2", "syntax"), ("a = - b", "syntax"), ("f(a", "syntax"), ("f(,)", "syntax"), ("and", "syntax"), ("a = $1", "syntax"), ("a = {x}", "syntax"),
     ("s_within(geometry, POINT(1))", "geometry"), ("s_within(geometry, POLYGON((0 0,1 1)))", "geometry"), ("s_within(g, POINT(1 2", "geometry"),
     ("a = " + "9" * 61, "number"), ("(" * (DEEPEST + 1) + "a = 1" + ")" * (DEEPEST + 1), "deep"), ("NOT " * (DEEPEST + 1) + "a = 1", "deep"),
     ("(" * 9_000, "many"), ("a = '" + "x" * LONGEST + "'", "long"), (" and ".join(["a = 1"] * 1500), "many")],
)  # fmt: skip
def test_what_is_no_filter_is_refused(given: str, reason: str) -> None:
    with pytest.raises(BadRequest) as caught:
        parse(given)
    assert caught.value.code == f"ogc.bad-filter.{reason}"
    assert str(caught.value)


@how(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(["(", ")", "NOT", "a", "=", "1", "'x'", ",", "AND", "IN", "BBOX(", "POINT", "LIKE", "-", "DATE("]), max_size=40).map(" ".join)))  # fmt: skip
@example("POINT Z")
@example("POINT Z EMPTY = a")
def test_any_text_is_read_or_refused(given: str) -> None:
    with contextlib.suppress(BadRequest):
        parse(given)
