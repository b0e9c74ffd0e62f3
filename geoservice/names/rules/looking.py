"""What each rule looks for in a name: a function gives what it found, None where there is nothing to say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from geoservice.catalog import Catalog
from geoservice.ingest.characters import is_han, outside_table, told
from geoservice.ingest.name_keys import all_readings
from geoservice.ingest.terms import split_terms
from geoservice.names.clashes.comparing import Tier
from geoservice.names.clashes.searching import Clash
from geoservice.names.rules.declared import Rule, TermSize, naming_rules

LONG = 12
SIZE_RULES = {"term_width": "width", "term_length": "length"}
_NUMERALS = "零〇一二三四五六七八九十百千万两0123456789"
_MARKS = re.compile(r"[·•・‧∙.\-—–_~+/&|()（）《》<>“”\"'’‘*#@!?！？,，。:：;；\s]")
_CLASH_SHOWN = 3


@dataclass(frozen=True)
class Subject:
    """What a rule sees.

    Attributes
    ----------
    stated
        Whether the reading was stated.
    brands
        Names of the applicant and its trademarks.
    clashes
        As found within the scope of the law; None where they were not looked for.
    sizes
        Metres of ``width`` and ``length``, as far as they are known.
    """

    name: str
    kind: str
    class_code: str
    stated: bool
    brands: Sequence[str]
    clashes: Sequence[Clash] | None
    catalog: Catalog
    sizes: Mapping[str, float] = field(default_factory=dict)


Finding = Mapping[str, str]
Look = Callable[[Subject, Rule], Finding | None]


def _found(text: str) -> Finding:
    return {"found": text}


def _script(subject: Subject, _: Rule) -> Finding | None:
    wrong = [one for one in subject.name if not is_han(one) and not _MARKS.fullmatch(one)]
    return _found(_shown(dict.fromkeys(wrong))) if wrong else None


def _shown(characters: Iterable[str]) -> str:
    """Characters side by side; those that cannot be seen by their code."""
    return "".join(one if one.isprintable() else told(one) for one in characters)


def _outside_table(subject: Subject, _: Rule) -> Finding | None:
    """What the rule on the script names already is left to it, but for the private use area, where rare characters hide."""
    found = [one for one in outside_table(subject.name) if is_han(one) or unicodedata.category(one) == "Co"]
    return _found(told(found)) if found else None


def _generic(subject: Subject, _: Rule) -> Finding | None:
    if split_terms(subject.name, subject.class_code).generic is not None or _only_generic(subject):
        return None
    return {"known": "、".join(_endings(subject)[:8])}


def _specific(subject: Subject, _: Rule) -> Finding | None:
    return _found(subject.name) if _only_generic(subject) else None


def _only_generic(subject: Subject) -> bool:
    return subject.name in _endings(subject)


def _endings(subject: Subject) -> list[str]:
    codes = subject.catalog.codes["generic_terms"].entries
    found: list[str] = []
    for entry in codes:
        classes = entry.attributes.get("classes", [])
        if isinstance(classes, list) and any(_related(subject.class_code, one) for one in classes):
            found += [entry.title.zh, *entry.aliases]
    return found


def _related(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _doubled_generic(subject: Subject, _: Rule) -> Finding | None:
    terms = split_terms(subject.name, subject.class_code)
    if terms.generic is None:
        return None
    inner = split_terms(terms.specific, subject.class_code)
    return None if inner.generic is None else _found(inner.generic + terms.generic)


def _listed(subject: Subject, rule: Rule) -> Finding | None:
    words = naming_rules().lists[rule.list or ""]
    found = [word for word in words if word in subject.name]
    return _found("、".join(found)) if found else None


def _odd_marks(subject: Subject, _: Rule) -> Finding | None:
    found = dict.fromkeys(_MARKS.findall(subject.name))
    return _found("".join(found)) if found else None


def _odd_digits(subject: Subject, _: Rule) -> Finding | None:
    specific = split_terms(subject.name, subject.class_code).specific
    return _found(specific) if specific and all(one in _NUMERALS for one in specific) else None


def _brand(subject: Subject, _: Rule) -> Finding | None:
    found = [word for word in subject.brands if len(word) > 1 and word in subject.name]
    return _found("、".join(found)) if found else None


def _polyphone(subject: Subject, _: Rule) -> Finding | None:
    readings = [] if subject.stated else all_readings(subject.name)
    if len(readings) < 2:
        return None
    read = [{reading[at] for reading in readings if at < len(reading)} for at in range(len(readings[0]))]
    several = [one for one, ways in zip(subject.name, read, strict=False) if len(ways) > 1]
    return _found("".join(several)) if several else None


def _length(subject: Subject, _: Rule) -> Finding | None:
    return _found(str(len(subject.name))) if len(subject.name) > LONG else None


def sized(subject: Subject, measure: str) -> tuple[float, TermSize] | None:
    """Metres of a measure and what is set for the generic term of a name; None where either is missing."""
    generic, given = split_terms(subject.name, subject.class_code).generic, subject.sizes.get(measure)
    for one in naming_rules().term_sizes:
        if one.term == generic and given is not None and any(bound is not None for bound in one.bounds(measure)):
            return given, one
    return None


def _size(measure: str) -> Look:
    def look(subject: Subject, _: Rule) -> Finding | None:
        known = sized(subject, measure)
        if known is None:
            return None
        given, one = known
        least, most = one.bounds(measure)
        if least is not None and given < least:
            return {"term": one.term, "given": f"{given:g}", "limit": f"≥ {least:g}"}
        if most is not None and given > most:
            return {"term": one.term, "given": f"{given:g}", "limit": f"≤ {most:g}"}
        return None

    return look


def _repeat(subject: Subject, _: Rule) -> Finding | None:
    return _told([one for one in subject.clashes or () if one.match.tier == Tier.SAME and one.match.whole])


def _alike(subject: Subject, _: Rule) -> Finding | None:
    def counts(one: Clash) -> bool:
        match = one.match
        if match.unlikely:
            return False
        # The same specific term before another generic one is the same word said again.
        return match.tier == Tier.SAME_SOUND or (match.tier == Tier.SAME and not match.whole)

    return _told([one for one in subject.clashes or () if counts(one)])


def _near(subject: Subject, _: Rule) -> Finding | None:
    return _told([one for one in subject.clashes or () if one.match.tier >= Tier.OTHER_TONE or one.match.unlikely])


def _told(clashes: Sequence[Clash]) -> Finding | None:
    if not clashes:
        return None
    shown = [f"{one.name}（{one.unit_name}）" if one.unit_name else one.name for one in clashes[:_CLASH_SHOWN]]
    more = len(clashes) - len(shown)
    return _found("、".join(shown) + (f" +{more}" if more > 0 else ""))


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "script": _script,
        "outside_table": _outside_table,
        "generic": _generic,
        "specific": _specific,
        "doubled_generic": _doubled_generic,
        "foreign": _listed,
        "grand": _listed,
        "feudal": _listed,
        "odd_marks": _odd_marks,
        "odd_digits": _odd_digits,
        "brand": _brand,
        "repeat": _repeat,
        "alike": _alike,
        "near": _near,
        "polyphone": _polyphone,
        "length": _length,
        **{rule: _size(measure) for rule, measure in SIZE_RULES.items()},
    }
)
