"""Longitudes and latitudes as people write them: decimal degrees, or degrees, minutes and seconds."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from geoservice.ingest.values import INVISIBLE, ValueRefusedError, parse_number

_ANGLE = re.compile(
    r"^(?P<head>[NSEW]|东经|西经|北纬|南纬)?(?P<sign>[+-])?(?P<d>\d{1,3}(?:\.\d+)?)"
    r"(?:[°度d:](?:(?P<m>\d{1,2}(?:\.\d+)?)(?:['分m:](?:(?P<s>\d{1,2}(?:\.\d+)?)(?:[\"秒s])?)?)?)?)?"
    r"(?P<tail>[NSEW])?$",
    re.IGNORECASE,
)
_PRIMES = str.maketrans(
    {"′": "'", "‘": "'", "’": "'", "`": "'", "″": '"', "“": '"', "”": '"', "º": "°", "˚": "°", "：": ":"}
)


def parse_angle(cell: Any) -> float | None:
    r"""Degrees from a decimal number or from degrees, minutes and seconds; south and west are negative.

    Examples
    --------
    >>> round(parse_angle("113°09'36.5\"E"), 6), round(parse_angle("北纬30度39分36秒"), 6), parse_angle("113.16")
    (113.160139, 30.66, 113.16)
    >>> parse_angle("")
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return parse_number(cell)
    text = str(cell).translate(_PRIMES).translate(INVISIBLE)
    text = unicodedata.normalize("NFKC", text).translate(_PRIMES).replace("''", '"').strip()
    spaced = re.fullmatch(r"([^\d]*\d{1,3})\s+(\d{1,2})(?:\s+(\d{1,2}(?:\.\d+)?))?\s*([NSEWnsew]?)", text)
    if spaced:
        text = f"{spaced[1]}:{spaced[2]}" + (f":{spaced[3]}" if spaced[3] else "") + spaced[4]
    text = re.sub(r"\s+", "", text)
    if not text:
        return None
    match = _ANGLE.match(text)
    if match is None:
        return parse_number(text)
    return _degrees(match)


def _degrees(match: re.Match[str]) -> float:
    minutes, seconds = float(match["m"] or 0), float(match["s"] or 0)
    head, tail = match["head"], match["tail"]
    fraction_twice = (match["m"] and "." in match["d"]) or (match["s"] and "." in match["m"])
    if minutes >= 60 or seconds >= 60 or fraction_twice or (head and tail) or (match["sign"] and (head or tail)):
        raise ValueRefusedError("import.not-an-angle")
    degrees = float(match["d"]) + minutes / 60 + seconds / 3600
    negative = match["sign"] == "-" or (head or tail or "").upper() in ("S", "W", "南纬", "西经")
    return -degrees if negative else degrees


def typed_as_dms(texts: Iterable[str]) -> bool:
    """Whether decimal numbers look like degrees.minutes seconds (113.0936 for 113°09'36").

    True when at least ten different values have four or more decimals and in every one of them the first two pairs
    of decimals are below 60; for true decimal degrees the chance of that is below 1 in 20,000.

    Examples
    --------
    >>> typed_as_dms(f"113.{minute:02d}{minute:02d}" for minute in range(20, 59))
    True
    >>> typed_as_dms(["113.0936"])
    False
    """
    different = {text.strip() for text in texts}
    pairs = [re.fullmatch(r"-?\d{1,3}\.(\d{2})(\d{2})\d*", text) for text in different]
    if len(pairs) < 10 or None in pairs:
        return False
    return all(pair is not None and int(pair[1]) < 60 and int(pair[2]) < 60 for pair in pairs)
