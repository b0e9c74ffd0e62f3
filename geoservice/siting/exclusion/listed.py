"""All rules with their texts, for a type or for all."""

from __future__ import annotations

from datetime import date
from typing import Any

from geoservice.errors import BadInput
from geoservice.siting.exclusion.declared import rule_told, siting_rules, text_told
from geoservice.siting.exclusion.words import type_title


def rules_listed(type_: str | None, on: date) -> dict[str, Any]:
    """Texts and rules of a type, or of all; those that do not hold on the day too, told as such.

    Raises
    ------
    BadInput
        ``siting.no-rules-for``.

    Examples
    --------
    >>> from datetime import date
    >>> [one["state"] for one in rules_listed("cemetery", date(2026, 3, 30))["texts"]][:2]
    ['superseded', 'unread']
    """
    declared = siting_rules()
    if type_ is not None:
        refuse_unknown(type_)
    return {
        "type": type_,
        "on": on.isoformat(),
        "types": list(declared.types),
        "ruled": [{"type": one, "title": type_title(one)} for one in declared.ruled],
        "texts": [text_told(one, on) for one in declared.texts if type_ is None or type_ in one.types],
        "rules": [rule_told(one, on) for one in declared.rules if type_ is None or type_ in one.types],
    }


def refuse_unknown(type_: str) -> None:
    """Lets a type pass that there are rules for.

    Raises
    ------
    BadInput
        ``siting.no-rules-for``
    """
    known = siting_rules().types
    if type_ not in known:
        raise BadInput("siting.no-rules-for", type=type_[:60], known=", ".join(known))
