"""What stands between braces in the words of a paper, by what it is said of; what each means is told in the catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_CASE = (
    "case_no", "case_title", "subject", "kind", "name_kind", "count", "case_unit", "applicant", "contact", "brands",
    "office", "approver", "filing_office", "announcer", "asker", "approves", "asks", "files", "article", "asked",
    "registered_on", "checked_on", "consulted_on", "approved_on", "filed_on", "announced_on",
    "approved_no", "filed_no", "announced_no", "consultation_last_day", "filing_last_day", "announcement_last_day",
    "refusal", "passed_over",
)  # fmt: skip
_NAME = (
    "number", "name", "standard", "old_name", "spelling", "reading", "unit", "class_code", "class", "meaning", "origin",
    "location", "length", "width", "measured", "measured_before", "position", "decision", "verdict", "passed", "scope",
    "argument",
)  # fmt: skip
_VERDICT = ("rule", "rule_verdict", "source", "reason", "exemption", "finding")
_OPINION = ("number", "asked_party", "asked_on", "answered_on", "stance", "opinion", "outcome", "answer")
_MATERIAL = ("number", "material", "material_article", "present", "file", "material_note")

# What a text of each scope may name besides what is said of the case.
SCOPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"case": _CASE, "name": _NAME, "verdict": (*_NAME, *_VERDICT), "opinion": _OPINION, "material": _MATERIAL}
)


def known_in(scope: str) -> tuple[str, ...]:
    """Every placeholder of a scope, those of the case among them.

    Examples
    --------
    >>> "stance" in known_in("opinion"), "approver" in known_in("name"), "spelling" in known_in("case")
    (True, True, False)
    """
    return tuple(dict.fromkeys((*_CASE, *SCOPES[scope])))
