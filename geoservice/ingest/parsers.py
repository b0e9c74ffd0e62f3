"""The parser of a declared field: type, length, range, code list."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from geoservice.catalog import CodeList, FieldDeclaration
from geoservice.ingest.place_codes import parse_place_code
from geoservice.ingest.values import (
    INVISIBLE,
    Noted,
    Parser,
    ValueRefusedError,
    parse_boolean,
    parse_code_text,
    parse_date,
    parse_integer,
    parse_list,
    parse_number,
    parse_text,
)


def parser_for(declared: FieldDeclaration, codes: Mapping[str, CodeList]) -> Parser:
    """The parser of a declared field; it checks the type, the length, the range and the code list."""
    if declared.type == "code" and declared.codes is not None:
        return CodeParser(codes[declared.codes])
    if declared.type == "list" and declared.codes is not None:
        return ListParser(codes[declared.codes])
    if declared.type == "integer":
        return lambda cell: _within(declared, parse_integer(cell, unit=declared.unit))
    if declared.type == "number":
        return lambda cell: _within(declared, parse_number(cell, unit=declared.unit))
    if declared.type == "text":
        if declared.form == "place_code":
            return lambda cell: parse_place_code(parse_code_text(cell))
        if declared.name == "code" or declared.name.endswith("_code"):
            return lambda cell: _short(declared, parse_code_text(cell))
        return lambda cell: _short(declared, parse_text(cell))
    return {"date": parse_date, "boolean": parse_boolean, "list": parse_list}[declared.type]


class CodeParser:
    """Finds entries of a code list by code, title in either language, or alias.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> parser = CodeParser(load_catalog().codes["unit_levels"])
    >>> parser("乡级"), parser(4), parser(4.0), parser("Township"), parser(" ")
    ('township', 'township', 'township', 'township', None)
    """

    def __init__(self, codes: CodeList) -> None:
        self._title = codes.title
        self._by_text: dict[str, str] = {}
        for entry in codes.entries:
            self._by_text.setdefault(_folded(entry.code), entry.code)
        for entry in codes.entries:
            for text in (entry.title.zh, entry.title.en):
                self._by_text.setdefault(_folded(text), entry.code)
        for entry in codes.entries:
            for text in entry.aliases:
                self._by_text.setdefault(_folded(text), entry.code)
        self._known = "、".join(f"{entry.title.zh}({entry.code})" for entry in codes.entries[:20])
        self._widths = sorted({len(entry.code) for entry in codes.entries if entry.code.isdigit()})

    def __call__(self, cell: Any) -> Any:
        """The code of the entry; a notice goes with one whose leading zeros were lost."""
        text = re.sub(r"^(-?\d+)\.0+$", r"\1", _folded(str(cell)))
        if not text:
            return None
        if text in self._by_text:
            return self._by_text[text]
        if text.isdigit():
            padded = [text.zfill(width) for width in self._widths if width > len(text)]
            found = [self._by_text[one] for one in padded if one in self._by_text]
            if len(found) == 1:
                return Noted(found[0], "import.zeros-restored")
        near = difflib.get_close_matches(text, self._by_text, n=1, cutoff=0.6)
        if near:
            raise ValueRefusedError("import.unknown-code-near", known=self._known, near=near[0])
        raise ValueRefusedError("import.unknown-code", known=self._known)


class ListParser:
    """Finds each word of a list in a code list; in the order of that list, each once.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> parser = ListParser(load_catalog().codes["travellers"])
    >>> parser("机动车、步行"), parser(["walk"]), parser("")
    (['walk', 'car'], ['walk'], None)
    """

    def __init__(self, codes: CodeList) -> None:
        self._known = [entry.code for entry in codes.entries]
        self._parser = CodeParser(codes)

    def __call__(self, cell: Any) -> list[str] | None:
        """The codes of the entries."""
        found = {self._parser(word) for word in parse_list(cell) or ()}
        return [code for code in self._known if code in found] or None


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).translate(INVISIBLE).split()).casefold()


def _within(declared: FieldDeclaration, number: float | None) -> float | None:
    if number is None:
        return None
    low, high = declared.min, declared.max
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueRefusedError("import.out-of-range", least=_bound(low), most=_bound(high))
    return number


def _bound(number: float | None) -> str:
    return "-" if number is None else f"{number:.15g}"


def _short(declared: FieldDeclaration, text: Any) -> Any:
    value = str(text.value if isinstance(text, Noted) else text or "")
    if declared.max_length is not None and len(value) > declared.max_length:
        raise ValueRefusedError("import.too-long", length=len(value), most=declared.max_length)
    return text
