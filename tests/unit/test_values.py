"""Cells to values."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.catalog import FieldDeclaration
from geoservice.ingest.angles import parse_angle, typed_as_dms
from geoservice.ingest.parsers import CodeParser, parser_for
from geoservice.ingest.values import (
    BadCell,
    Noted,
    ValueRefusedError,
    parse_boolean,
    parse_code_text,
    parse_column,
    parse_date,
    parse_integer,
    parse_list,
    parse_number,
    parse_text,
    show,
)


def refused(parser, cell, **options):
    with pytest.raises(ValueRefusedError) as caught:
        parser(cell, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("120", 120),
        ("1,158,640", 1158640),
        ("１，１５８，６４０", 1158640),
        (" 12.0 ", 12),
        (12.0, 12),
        ("-3", -3),
        ("120 张", 120),
        ("'120", 120),
        ("", None),
        ("　", None),
    ],
)
def test_integers(cell, value):
    assert parse_integer(cell, unit="张") == value


@pytest.mark.parametrize("cell", ["12.5", 12.5, "十二", "12,34", "1 2", "约100", True, "—", "NaN", "=1+1"])
def test_no_integers(cell):
    assert refused(parse_integer, cell) == "import.not-an-integer"


def test_numbers_that_are_not_finite_or_too_large():
    assert refused(parse_integer, float("inf")) == "import.not-finite"
    assert refused(parse_number, "NaN") == "import.not-finite"
    assert refused(parse_number, "-Infinity") == "import.not-finite"
    assert refused(parse_number, "1e999") == "import.not-finite"
    assert refused(parse_integer, "99999999999") == "import.out-of-range"


@given(st.floats(-1e9, 1e9))
def test_numbers_come_back(number):
    assert parse_number(repr(number)) == number
    assert parse_number(f"{number:,.3f}") == pytest.approx(number, abs=0.001)


@pytest.mark.parametrize("cell", ["", " ", "."])
def test_numbers_of_nothing(cell):
    if cell == ".":
        assert refused(parse_number, cell) == "import.not-a-number"
    else:
        assert parse_number(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "2025-12-31", "2025/12/31", "2025.12.31", "20251231", 20251231, "2025年12月31日", "２０２５年１２月３１日",
        "2025-12-31 00:00:00", "2025-12-31T08:00:00Z", " 2025 年 12 月 31 日 ", 46022, 46022.0, 46022.75, "46022",
        dt.datetime(2025, 12, 31, 8), dt.date(2025, 12, 31),  # noqa: DTZ001
    ],
)  # fmt: skip
def test_dates(cell):
    assert parse_date(cell) == dt.date(2025, 12, 31)


@pytest.mark.parametrize(
    ("cell", "first"),
    [
        ("2025/12", dt.date(2025, 12, 1)),
        ("2025年12月", dt.date(2025, 12, 1)),
        ("2025年", dt.date(2025, 1, 1)),
        ("1998", dt.date(1998, 1, 1)),
        (1998, dt.date(1998, 1, 1)),
    ],
)
def test_dates_without_a_day_are_noted(cell, first):
    assert parse_date(cell) == Noted(first, "import.date-completed")


@pytest.mark.parametrize(
    "cell", ["2025-02-30", "31/12/2025", "去年", 12.5, "2025-13", 3, True, float("nan"), "20259999"]
)
def test_no_dates(cell):
    assert refused(parse_date, cell) == "import.not-a-date"


def test_booleans():
    assert [parse_boolean(cell) for cell in ("是", "Y", 1, 1.0, True, "√")] == [True] * 6
    assert [parse_boolean(cell) for cell in ("否", "没有", 0, "false", False)] == [False] * 5
    assert parse_boolean(" ") is None
    assert refused(parse_boolean, "也许") == "import.not-a-boolean"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("　天门市 ", "天门市"),
        ("𣲗源口", "𣲗源口"),
        ("盛𡐓", "盛𡐓"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("'; DROP TABLE unit; --", "'; DROP TABLE unit; --"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("小（氵甸）村委会", "小（氵甸）村委会"),
        ("陆羽\n大道\t1号", "陆羽 大道 1号"),
        ("\ufeff\u200b竟陵\u200b街道\u202e", "竟陵街道"),
        ("", None),
        (429006100.0, "429006100"),
        (12.5, "12.5"),
        (True, "true"),
        (dt.datetime(2025, 12, 31), "2025-12-31"),  # noqa: DTZ001
    ],
)
def test_texts_are_kept_as_they_are(cell, text):
    assert parse_text(cell) == text


def test_texts_that_are_refused():
    assert refused(parse_text, "天\x00门") == "import.control-character"
    assert refused(parse_text, "天\x1b[31m门") == "import.control-character"
    assert refused(parse_text, "天\ufffd门") == "import.broken-character"
    assert refused(parse_text, "天\ud800门") == "import.broken-character"
    assert refused(parse_text, 1.23456789012346e19) == "import.digits-lost"
    assert refused(parse_text, float("inf")) == "import.not-finite"


def test_private_use_characters_are_kept_and_noted():
    assert parse_text("小\ue000村") == Noted("小\ue000村", "import.private-use")


def test_codes_that_a_spreadsheet_has_changed():
    assert parse_code_text("429006100.0") == "429006100"
    assert parse_code_text(429006100) == "429006100"
    assert parse_code_text("'429006100") == "429006100"
    assert parse_code_text("４２９００６") == "429006"
    assert refused(parse_code_text, "4.29006E+08") == "import.digits-lost"
    assert refused(parse_code_text, "429 006") == "import.code-form"


def test_codes_by_code_title_and_alias(catalog):
    parser = CodeParser(catalog.codes["facility_types"])
    assert {parser(cell) for cell in ("nursing_home", "养老机构", " 敬老院 ", "Nursing home", "NURSING_HOME")} == {
        "nursing_home"
    }
    assert refused(parser, "加油站") == "import.unknown-code"
    with pytest.raises(ValueRefusedError) as caught:
        parser("养老机枸")
    assert caught.value.code == "import.unknown-code-near"
    assert caught.value.details["near"] == "养老机构"


def test_codes_that_lost_their_zeros(catalog):
    codes = catalog.codes["unit_levels"]
    entries = tuple(
        codes.entries[0].model_copy(update={"code": code, "aliases": ()}) for code in ("0101", "0102", "2101")
    )
    parser = CodeParser(codes.model_copy(update={"entries": entries}))
    assert parser(101) == Noted("0101", "import.zeros-restored")
    assert parser(2101.0) == "2101"


def test_lists():
    assert parse_list("walk, bicycle；car") == ["walk", "bicycle", "car"]
    assert parse_list('["walk","car"]') == ["walk", "car"]
    assert parse_list("") is None


def test_fields_check_length_and_range():
    title = {"zh": "床位数", "en": "Beds"}
    beds = FieldDeclaration.model_validate({"name": "beds", "type": "integer", "title": title, "min": 0, "max": 10})
    parser = parser_for(beds, {})
    assert parser("10") == 10
    assert refused(parser, "11") == "import.out-of-range"
    name = FieldDeclaration.model_validate({"name": "name", "type": "text", "title": title, "max_length": 3})
    assert parser_for(name, {})("𣲗源口") == "𣲗源口"
    assert refused(parser_for(name, {}), "四个汉字") == "import.too-long"


def test_columns_keep_positions_and_tell_types_apart():
    column = parse_column(
        [1, True, "1", None, 1.0, BadCell("#REF!", "import.cell-error", {"error": "#REF!"})], parse_integer
    )
    assert column.values == [1, None, 1, None, 1, None]
    assert {position: reason.code for position, reason in column.refused.items()} == {
        1: "import.not-an-integer",
        5: "import.cell-error",
    }


def test_values_are_shown_short_and_harmless():
    assert show("天" * 200) == "天" * 80 + "…"
    assert show("a\x1b[31m\nb") == "a\\u001b[31m b"
    assert show(None) is None


@pytest.mark.parametrize(
    "cell",
    [
        "113°09'36.5\"E", "113°09′36.5″", "113º 09’ 36.5”", "东经113°09′36.5″", "113度9分36.5秒", "E113°09'36.5\"",
        "113 09 36.5", "113:09:36.5", "１１３°０９′３６．５″", "113°9.608333333'", "113.16013888888889", 113.16013888888889,
        "113°09'36.5''",
    ],
)  # fmt: skip
def test_angles(cell):
    assert parse_angle(cell) == pytest.approx(113 + 9 / 60 + 36.5 / 3600, abs=1e-9)


def test_angles_of_the_south_and_the_west():
    assert parse_angle("8°36'W") == pytest.approx(-8.6)
    assert parse_angle("南纬33度54分") == pytest.approx(-33.9)
    assert parse_angle("-8.6") == -8.6
    assert parse_angle("") is None


@pytest.mark.parametrize(
    "cell", ["113°60'00\"", "113°09'61\"", "113.5°09'", "E113°W", "-113°E", "天门", "113°09'36.5\"X", "1134°"]
)
def test_no_angles(cell):
    assert refused(parse_angle, cell) in ("import.not-an-angle", "import.not-a-number")


def test_degrees_minutes_and_seconds_typed_as_decimals():
    assert typed_as_dms([f"113.{minute:02d}{59 - minute:02d}" for minute in range(60)])
    assert not typed_as_dms([f"113.{one:04d}" for one in range(0, 9999, 37)])
    assert not typed_as_dms(["113.0936"] * 50)
    assert not typed_as_dms([])
