"""Cells of a source to typed values: text, integers, numbers, dates, codes, booleans and lists."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

SHOWN = 80  # characters of a value that a message shows
_INT32 = 2**31 - 1
_EXACT_DIGITS = 1e15  # spreadsheets and JSON readers keep 15 digits

INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_BREAKS = str.maketrans({"\r": " ", "\n": " ", "\t": " ", "\x0b": " ", "\x0c": " ", "\u2028": " ", "\u2029": " "})
_DIRECT = re.compile(r"^[^\W_][\w\u4e00-\u9fff-]*$")
_INTEGER = re.compile(r"^[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0*)?$")
_NUMBER = re.compile(r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d{1,3})?$")
_WHOLE_FLOAT = re.compile(r"^(\d{4,})\.0+$")
_SCIENTIFIC = re.compile(r"^\d+(\.\d+)?[eE]\+?\d+$")
_CODE_FORM = re.compile(r"^[0-9A-Za-z:_.-]{1,40}$")
_DATE = re.compile(r"^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?|月?)|年?)(?:[T ]\d{1,2}:\d{2}.*)?$")
_DATE_TIGHT = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_FIRST, _EXCEL_LAST = 3654, 109_574  # 1910-01-02 to 2199-12-30
_TRUE = frozenset({"是", "有", "真", "对", "true", "yes", "y", "t", "1", "√", "✓"})
_FALSE = frozenset({"否", "无", "假", "错", "没有", "false", "no", "n", "f", "0", "×", "✗"})


class ValueRefusedError(Exception):
    """A cell that cannot become a value of its field; `code` and `details` as in `Refusal`."""

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.details = values


@dataclass(frozen=True)
class BadCell:
    """A cell that the reader itself could not make sense of; refused where its column is used."""

    shown: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True)
class Noted:
    """A value together with the notice that reading it deserves."""

    value: object
    code: str


@dataclass
class Column:
    """The values of one field, with the positions that were refused and the notices by code."""

    values: list[Any]
    refused: dict[int, ValueRefusedError] = field(default_factory=dict)
    noted: dict[str, list[int]] = field(default_factory=dict)


Parser = Callable[[Any], Any]


def parse_column(cells: Iterable[Any], parser: Parser) -> Column:
    """Parses every cell; equal cells are parsed once.

    Examples
    --------
    >>> column = parse_column(["1,158,640", "", "x", None], lambda cell: parse_integer(cell))
    >>> column.values, list(column.refused)
    ([1158640, None, None, None], [2])
    """
    column = Column([])
    seen: dict[tuple[type, Any], Any] = {}
    for position, cell in enumerate(cells):
        if cell is None:
            column.values.append(None)
            continue
        result = _remembered(seen, cell, parser)
        if isinstance(result, ValueRefusedError):
            column.refused[position] = result
            result = None
        elif isinstance(result, Noted):
            column.noted.setdefault(result.code, []).append(position)
            result = result.value
        column.values.append(result)
    return column


def _remembered(seen: dict[tuple[type, Any], Any], cell: Any, parser: Parser) -> Any:
    key = (type(cell), cell)
    try:
        if key in seen:
            return seen[key]
    except TypeError:  # a list or a dict
        return _attempt(parser, cell)
    result = _attempt(parser, cell)
    if len(seen) < 200_000:
        seen[key] = result
    return result


def _attempt(parser: Parser, cell: Any) -> Any:
    try:
        if isinstance(cell, BadCell):
            return ValueRefusedError(cell.code, **cell.values)
        return parser(cell)
    except ValueRefusedError as refused:
        return refused


def show(cell: Any) -> str | None:
    """A cell as a message shows it: text, shortened, without what cannot be seen; None for nothing."""
    if cell is None:
        return None
    text = str(cell).translate(_BREAKS)
    text = "".join(letter if letter.isprintable() else f"\\u{ord(letter):04x}" for letter in text[: SHOWN + 1])
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def parse_text(cell: Any) -> Any:
    """Text without blanks around it; line breaks become blanks, invisible marks go; None for nothing.

    Nothing else is changed: HTML and formulas stay what they are, text. Control characters, broken characters and
    numbers that have lost digits are refused.

    Examples
    --------
    >>> parse_text("　𣲗源口 "), parse_text(429006100.0), parse_text("  ")
    ('𣲗源口', '429006100', None)
    """
    if not isinstance(cell, str):
        return _text_of(cell)
    if _DIRECT.match(cell) and cell.isprintable():
        return _private_use(cell)
    text = cell.translate(INVISIBLE).translate(_BREAKS).strip()
    for letter in text:
        kind = unicodedata.category(letter)
        if kind == "Cc":
            raise ValueRefusedError("import.control-character", character=f"U+{ord(letter):04X}")
        if letter == "\ufffd" or kind == "Cs":
            raise ValueRefusedError("import.broken-character", character=f"U+{ord(letter):04X}")
    return _private_use(text) if text else None


def _private_use(text: str) -> Any:
    if any("\ue000" <= letter <= "\uf8ff" or letter >= "\U000f0000" for letter in text):
        return Noted(text, "import.private-use")
    return text


def _text_of(cell: Any) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        if not math.isfinite(cell):
            raise ValueRefusedError("import.not-finite")
        if abs(cell) >= _EXACT_DIGITS:
            raise ValueRefusedError("import.digits-lost")
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, dict | list | tuple):
        return json.dumps(cell, ensure_ascii=False)
    if isinstance(cell, bytes):
        raise ValueRefusedError("import.binary")
    return str(cell)


def parse_code_text(cell: Any) -> Any:
    """Text of a code: what a spreadsheet made of it is undone where nothing was lost.

    Examples
    --------
    >>> parse_code_text("429006100.0"), parse_code_text(429006100.0), parse_code_text("４２９００６")
    ('429006100', '429006100', '429006')
    """
    text = parse_text(cell)
    if text is None:
        return None
    if isinstance(text, Noted):
        text = str(text.value)
    text = unicodedata.normalize("NFKC", text).lstrip("'").strip()
    whole = _WHOLE_FLOAT.match(text)
    if whole:
        return whole[1]
    if _SCIENTIFIC.match(text):
        raise ValueRefusedError("import.digits-lost")
    if not _CODE_FORM.match(text):
        raise ValueRefusedError("import.code-form")
    return text


def parse_integer(cell: Any, *, unit: str | None = None) -> int | None:
    """A whole number; thousands separators, full-width digits and the declared unit are understood.

    Examples
    --------
    >>> parse_integer("１，１５８，６４０ 人", unit="人"), parse_integer(12.0), parse_integer("")
    (1158640, 12, None)
    """
    if isinstance(cell, bool):
        raise ValueRefusedError("import.not-an-integer")
    if isinstance(cell, int):
        number = cell
    elif isinstance(cell, float):
        if not math.isfinite(cell):
            raise ValueRefusedError("import.not-finite")
        if not cell.is_integer():
            raise ValueRefusedError("import.not-an-integer")
        number = int(cell)
    else:
        text = _numeral(cell, unit)
        if not text:
            return None
        if not _INTEGER.match(text):
            raise ValueRefusedError("import.not-an-integer")
        number = int(text.split(".")[0].replace(",", ""))
    if abs(number) > _INT32:
        raise ValueRefusedError("import.out-of-range", least=-_INT32, most=_INT32)
    return number


def parse_number(cell: Any, *, unit: str | None = None) -> float | None:
    """A finite decimal number; separators, full-width digits and the declared unit are understood.

    Examples
    --------
    >>> parse_number("2,622.5"), parse_number(" ")
    (2622.5, None)
    """
    if isinstance(cell, bool):
        raise ValueRefusedError("import.not-a-number")
    if isinstance(cell, int | float):
        number = float(cell)
    else:
        text = _numeral(cell, unit)
        if not text:
            return None
        if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise ValueRefusedError("import.not-finite")
        if not _NUMBER.match(text) or not re.search(r"\d", text):
            raise ValueRefusedError("import.not-a-number")
        number = float(text.replace(",", ""))
    if not math.isfinite(number):
        raise ValueRefusedError("import.not-finite")
    return number


def _numeral(cell: Any, unit: str | None) -> str:
    text = unicodedata.normalize("NFKC", str(cell)).translate(INVISIBLE).strip()
    text = text.replace("、", ",").replace("−", "-")
    if unit and text.endswith(unit):
        text = text[: -len(unit)].rstrip()
    return text.lstrip("'")


def parse_date(cell: Any) -> Any:
    """A day: ISO, Chinese, with slashes or dots, eight digits, or the serial number of a spreadsheet.

    A month or a year alone is taken as its first day, with a notice.

    Examples
    --------
    >>> parse_date("2025年12月31日"), parse_date("2025-12-31"), parse_date(46022), parse_date("")
    (datetime.date(2025, 12, 31), datetime.date(2025, 12, 31), datetime.date(2025, 12, 31), None)
    >>> parse_date("2025/12").value
    datetime.date(2025, 12, 1)
    """
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, bool):
        raise ValueRefusedError("import.not-a-date")
    if isinstance(cell, int | float):
        return _date_of_number(float(cell))
    text = re.sub(r"\s*([年月日/.-])\s*", r"\1", unicodedata.normalize("NFKC", str(cell)).strip())
    if not text:
        return None
    match = _DATE.match(text) or _DATE_TIGHT.match(text)
    if match is None:
        if re.fullmatch(r"\d{5,6}(\.\d+)?", text):
            return _date_of_number(float(text))
        raise ValueRefusedError("import.not-a-date")
    year, month, day = match.groups()
    try:
        parsed = dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        raise ValueRefusedError("import.not-a-date") from None
    return parsed if day else Noted(parsed, "import.date-completed")


def _date_of_number(number: float) -> Any:
    if not math.isfinite(number):
        raise ValueRefusedError("import.not-a-date")
    if number.is_integer() and 1000 <= number <= 2199:
        return Noted(dt.date(int(number), 1, 1), "import.date-completed")
    if number.is_integer() and 10_000_101 <= number <= 21_991_231:
        return parse_date(str(int(number)))
    if _EXCEL_FIRST <= number <= _EXCEL_LAST:
        return _EXCEL_EPOCH + dt.timedelta(days=int(number))
    raise ValueRefusedError("import.not-a-date")


def parse_boolean(cell: Any) -> bool | None:
    """Yes or no.

    Examples
    --------
    >>> parse_boolean("是"), parse_boolean("否"), parse_boolean(1), parse_boolean("")
    (True, False, True, None)
    """
    if isinstance(cell, bool):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = unicodedata.normalize("NFKC", str(cell)).strip().casefold()
    if not text:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise ValueRefusedError("import.not-a-boolean")


def parse_list(cell: Any) -> list[str] | None:
    """Several short texts in one cell, separated by commas, semicolons, bars or blanks.

    Examples
    --------
    >>> parse_list("walk、bicycle"), parse_list(["car"]), parse_list("")
    (['walk', 'bicycle'], ['car'], None)
    """
    if isinstance(cell, str):
        parts = [part for part in re.split(r"[,;|、\s]+", unicodedata.normalize("NFKC", cell).strip("[] ")) if part]
    elif isinstance(cell, Iterable):
        parts = [str(part) for part in cell]
    else:
        parts = [str(cell)]
    return [part.strip("\"'") for part in parts] or None
