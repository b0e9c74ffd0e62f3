"""Small parts of the service: tokens, boxes, conditions, languages, logs."""

from __future__ import annotations

import base64
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.responses import Response

from geoservice.api.conditional import Condition
from geoservice.api.logs import JsonLines
from geoservice.api.middleware import request_language
from geoservice.api.texts import page_texts
from geoservice.database.filters import BBox
from geoservice.database.paging import decode, encode
from geoservice.errors import BadRequest


@given(
    st.lists(
        st.one_of(
            st.integers(-(2**63) + 1, 2**63 - 1), st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
        )
    )
)
def test_a_token_gives_back_its_values(values: list[int | str]) -> None:
    assert decode(encode(values), [type(value) for value in values]) == values


@given(st.text(max_size=60))
def test_any_other_token_is_refused(token: str) -> None:
    with pytest.raises(BadRequest):
        decode(token, [int, str, int, int])


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[true]", int), ("[1.0]", int), ('["\\u0000"]', str), ('["\\ud800"]', str), (f"[{2**63}]", int), ("[null]", str)],
)
def test_values_that_cannot_be_stored_are_refused(text: str, kind: type[int | str]) -> None:
    token = base64.urlsafe_b64encode(text.encode()).decode()
    with pytest.raises(BadRequest):
        decode(token, [kind])


@given(st.text(max_size=60))
def test_any_text_is_a_box_or_refused(text: str) -> None:
    try:
        box = BBox.parse(text)
    except BadRequest:
        return
    assert -180 <= box.west <= box.east <= 180
    assert -90 <= box.south <= box.north <= 90


@pytest.mark.parametrize(
    ("header", "held"),
    [('"a"', True), ('W/"a"', True), ('"b", W/"a"', True), ("*", True), ('"b"', False), ("", False), ("a", False)],
)
def test_if_none_match(header: str, held: bool) -> None:
    answer = Condition(header).answer('W/"a"', lambda: Response("x"))
    assert answer.status_code == (304 if held else 200)
    assert answer.headers["etag"] == 'W/"a"'


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [
        ({}, b"", "zh"),
        ({"accept-language": "en-GB,en;q=0.9"}, b"", "en"),
        ({"accept-language": "fr,zh;q=0.2,en;q=0.1"}, b"", "zh"),
        ({"accept-language": "en;q=0"}, b"", "zh"),
        ({"accept-language": "en", "cookie": "lang=zh"}, b"", "zh"),
        ({"cookie": "lang=zh"}, b"lang=en", "en"),
        ({"cookie": "lang=xx"}, b"lang=xx", "zh"),
        ({"cookie": "=;;;"}, b"%", "zh"),
    ],
)
def test_language(headers: dict[str, str], query: bytes, language: str) -> None:
    assert request_language(Headers(headers), query, default="zh") == language


def test_a_line_of_log_is_json() -> None:
    record = logging.LogRecord("geoservice.access", logging.INFO, "x", 1, "request\n天门", (), None)
    record.request_id = "abc"
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["request_id"] == "abc"
    assert json.loads(line)["message"] == "request\n天门"


def test_the_page_has_its_texts_in_both_languages() -> None:
    assert page_texts("zh").keys() == page_texts("en").keys()
    assert all(
        key.startswith(
            (
                "app.",
                "map.",
                "error.",
                "remedy.",
                "access.",
                "desk.",
                "drawing.",
                "imp.",
                "quality.",
                "case.",
                "batch.",
                "siting.",
            )
        )
        for key in page_texts("zh")
    )
