"""Words as official papers write them: days, sizes, positions, blanks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from string import Formatter

BLANK = "＿＿＿＿"
BLANK_DAY = "＿＿＿＿年＿＿月＿＿日"
_FIGURES = "〇一二三四五六七八九"
# What XML 1.0 cannot hold, and what turns the direction of a text.
_UNWRITABLE = re.compile(
    "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]"
)
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


def chinese_day(day: date | None) -> str:
    """A day in figures, as official papers do; a blank where there is none.

    Examples
    --------
    >>> chinese_day(date(2026, 11, 27)), chinese_day(None)
    ('2026年11月27日', '＿＿＿＿年＿＿月＿＿日')
    """
    return BLANK_DAY if day is None else f"{day.year}年{day.month}月{day.day}日"


def han_day(day: date) -> str:
    """A day in Han figures, the year figure by figure with 〇.

    Examples
    --------
    >>> han_day(date(2026, 11, 27)), han_day(date(2005, 10, 20)), han_day(date(2030, 1, 31))
    ('二〇二六年十一月二十七日', '二〇〇五年十月二十日', '二〇三〇年一月三十一日')
    """
    year = "".join(_FIGURES[int(figure)] for figure in str(day.year))
    return f"{year}年{_counted(day.month)}月{_counted(day.day)}日"


def _counted(number: int) -> str:
    """1 to 99 as it is counted."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_FIGURES[tens]}十"
    return head + (_FIGURES[ones] if ones or not tens else "")


def clean(text: str) -> str:
    r"""A text that every form of a document can hold; its line breaks are plain ones.

    Examples
    --------
    >>> clean("清泉\x00路\x1b"), clean("甲\r\n乙"), clean("𣲗源口")
    ('清泉路', '甲\n乙', '𣲗源口')
    """
    return _UNWRITABLE.sub("", _BREAKS.sub("\n", text)).strip()


def placeholders(template: str) -> tuple[str, ...]:
    """Names in braces of a template, in their order.

    Raises
    ------
    ValueError
        Where braces do not pair, or hold more than a name.

    Examples
    --------
    >>> placeholders("{unit}的{standard}"), placeholders("无"), placeholders("{{}}")
    (('unit', 'standard'), (), ())
    """
    found = []
    for _, name, form, conversion in Formatter().parse(template):
        if name is None:
            continue
        if form or conversion or not re.fullmatch("[a-z][a-z0-9_]*", name):
            raise ValueError(f"between braces stands a name of small letters alone, not {name!r}")
        found.append(name)
    return tuple(found)


def fill(template: str, values: Mapping[str, str]) -> str:
    """A template with its values; what is not known is a blank.

    Examples
    --------
    >>> fill("{unit}：{standard}（{{}}）", {"unit": "岳口镇", "standard": ""})
    '岳口镇：＿＿＿＿（{}）'
    """
    known = {name: values[name] or BLANK for name in placeholders(template)}
    return template.format_map(known)


def metres(length_m: Decimal | float | None) -> str:
    """A length with its unit; empty where none is known.

    Examples
    --------
    >>> metres(Decimal("1200.0")), metres(24.5), metres(None)
    ('1,200米', '24.5米', '')
    """
    return "" if length_m is None else f"{length_m:,.1f}".removesuffix(".0") + "米"


def square_metres(area_m2: float | None) -> str:
    """An area, from a hectare on in hectares; empty where none is known.

    Examples
    --------
    >>> square_metres(860.4), square_metres(125_000.0), square_metres(None)
    ('860平方米', '12.5公顷', '')
    """
    if area_m2 is None:
        return ""
    return f"{area_m2:,.0f}平方米" if area_m2 < 10_000 else f"{area_m2 / 10_000:,.1f}公顷"


def degrees(value: float, side: str) -> str:
    """Degrees, minutes and seconds with two decimals, after the side that they count from.

    Examples
    --------
    >>> degrees(113.1625, "东经"), degrees(29.999999999, "北纬")
    ('东经113°09′45.00″', '北纬30°00′00.00″')
    """
    hundredths = round(abs(value) * 360_000)
    whole, rest = divmod(hundredths, 360_000)
    minutes, rest = divmod(rest, 6_000)
    return f"{side}{whole}°{minutes:02d}′{rest / 100:05.2f}″"


def position(bounds: tuple[float, float, float, float] | None) -> str:
    """West, south, east and north in degrees as words; one point where they are the same, empty where there are none.

    Examples
    --------
    >>> position((113.5, 30.0, 113.5, 30.0))
    '东经113°30′00.00″，北纬30°00′00.00″'
    >>> position(None)
    ''
    """
    if bounds is None:
        return ""
    west, south, east, north = bounds
    lon = [degrees(value, "东经" if value >= 0 else "西经") for value in dict.fromkeys((west, east))]
    lat = [degrees(value, "北纬" if value >= 0 else "南纬") for value in dict.fromkeys((south, north))]
    return f"{'至'.join(lon)}，{'至'.join(lat)}"
