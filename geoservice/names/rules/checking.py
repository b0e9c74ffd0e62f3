"""A proposed name against the rules in force: one verdict a rule, with the article that it comes from."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection

from geoservice.catalog import Catalog, Text
from geoservice.errors import BadInput
from geoservice.language import LANGUAGES
from geoservice.names.clashes.scopes import Scopes
from geoservice.names.clashes.searching import Found, Proposed, codes_of, find_clashes
from geoservice.names.rules.declared import Rule, naming_rules, rules_for
from geoservice.names.rules.looking import LOOKS, SIZE_RULES, Subject, sized

LONGEST = 100


class Verdict(StrEnum):
    """What a rule says of a name."""

    VIOLATES = "violates"  # 违反
    ARGUE = "argue"  # 需论证
    HINT = "hint"  # 提示
    PASSES = "passes"  # 通过


_OF_FORCE = {"hard": Verdict.VIOLATES, "soft": Verdict.ARGUE, "hint": Verdict.HINT}


@dataclass(frozen=True)
class Ruling:
    """The verdict of one rule; `reason` is empty where the name passes."""

    rule: Rule
    verdict: Verdict
    reason: Text | None

    @property
    def source(self) -> str:
        """Law or notice, and the article."""
        pack = next(one for one in naming_rules().packs if one.id == self.rule.pack)
        return f"{pack.source} {self.rule.article}"


@dataclass(frozen=True)
class Checked:
    """All verdicts, the gravest first, and the clashes that they rest on."""

    name: str
    kind: str
    rulings: tuple[Ruling, ...]
    found: Found | None

    @property
    def verdict(self) -> Verdict:
        """The gravest."""
        return min((one.verdict for one in self.rulings), key=_GRAVITY.index, default=Verdict.PASSES)


_GRAVITY = list(Verdict)


def clean_name(given: str) -> str:
    """A name as it is checked: one width, no spaces around it.

    Raises
    ------
    BadInput
        ``names.empty``, ``names.too-long`` or ``names.control`` for what is no name at all.

    Examples
    --------
    >>> clean_name(" 陆羽大道 ")
    '陆羽大道'
    """
    name = unicodedata.normalize("NFC", given).strip()
    if not name:
        raise BadInput("names.empty")
    if len(name) > LONGEST:
        raise BadInput("names.too-long", length=len(name), most=LONGEST)
    wrong = next((one for one in name if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl", "Zp")), None)
    if wrong is not None:
        raise BadInput("names.control", code=f"U+{ord(wrong):04X}", place=name.index(wrong) + 1)
    return name


def is_name(given: str) -> bool:
    """Whether a name can be checked at all."""
    try:
        clean_name(given)
    except BadInput:
        return False
    return True


def check_name(
    connection: Connection | None,
    catalog: Catalog,
    proposed: Proposed,
    *,
    day: date,
    brands: Sequence[str] = (),
    packs: Sequence[str] | None = None,
    scopes: Scopes | None = None,
) -> Checked:
    """Checks a name by every rule in force for its kind.

    Parameters
    ----------
    connection
        To look for clashes; without one the rules that need them are left out.
    brands
        Names of the applicant and its trademarks.
    packs
        Ids of the packs that are switched on; the default ones by default.
    scopes
        Of this transaction and day, where several names are checked.

    Raises
    ------
    BadInput
        As `clean_name`.
    """
    name = clean_name(proposed.name)
    found = None if connection is None else find_clashes(connection, catalog, proposed, day=day, scopes=scopes)
    subject = Subject(
        name=name,
        kind=proposed.kind,
        class_code=codes_of(catalog, proposed.kind)[0],
        stated=bool(proposed.reading),
        brands=brands,
        clashes=None if found is None else found.clashes,
        catalog=catalog,
        sizes={
            name: size
            for name, size in (("width", proposed.width_m), ("length", proposed.length_m))
            if size is not None
        },
    )
    needing = {"repeat", "alike", "near"} if found is None else set()
    # What nobody has set, or nobody has measured, is not passed: it is not asked.
    needing |= {rule for rule, measure in SIZE_RULES.items() if sized(subject, measure) is None}
    rules = [rule for rule in rules_for(proposed.kind, day, packs) if rule.id not in needing]
    rulings = [_ruling(rule, subject) for rule in rules]
    return Checked(name, proposed.kind, tuple(sorted(rulings, key=lambda one: _GRAVITY.index(one.verdict))), found)


def _ruling(rule: Rule, subject: Subject) -> Ruling:
    finding = LOOKS[rule.id](subject, rule)
    if finding is None:
        return Ruling(rule, Verdict.PASSES, None)
    told = {language: getattr(rule.text, language).format(**finding) for language in LANGUAGES}
    return Ruling(rule, _OF_FORCE[rule.force], Text(**told))
