"""The names of a case against the rules; what they say is kept with the day and the ids of the rules."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, update

from geoservice.catalog import Catalog
from geoservice.database.models import CaseName
from geoservice.language import LANGUAGES, current_language
from geoservice.names import telling
from geoservice.names.cases.reading import Case, Name
from geoservice.names.clashes.scopes import Scopes
from geoservice.names.clashes.searching import Proposed
from geoservice.names.rules.checking import Checked, check_name

MOST_CLASHES = 20


def check_names(connection: Connection, catalog: Catalog, case: Case, names: Iterable[Name], day: date) -> None:
    """Checks names of a case as they shall become, and keeps the verdicts beside them.

    Other names of the same case count as those of others do; a name does not clash with itself, nor a place with its own.
    """
    scopes = Scopes(connection, day)
    for name in names:
        proposed = Proposed(
            name.effective,
            case.name_kind,
            reading=name.effective_reading,
            shape=name.lies,
            unit_id=case.unit_id,
            place_id=name.place_id,
            case_id=case.id,
            case_name_id=name.id,
            width_m=None if name.width_m is None else float(name.width_m),
            length_m=None if name.length_m is None else float(name.length_m),
        )
        outcome = check_name(connection, catalog, proposed, day=day, brands=case.brands, scopes=scopes)
        connection.execute(
            update(CaseName)
            .where(CaseName.id == name.id)
            .values(verdict=outcome.verdict.value, checked_on=day, checked=kept(outcome))
        )


def kept(outcome: Checked) -> dict[str, Any]:
    """What is kept of a check, in each language: verdicts other than passes, ids of the rules that pass, clashes, scope."""
    found = {}
    for language in LANGUAGES:
        token = current_language.set(language)
        try:
            told = telling.checked(outcome)
        finally:
            current_language.reset(token)
        verdicts = told["verdicts"]
        found[language] = {
            "name": told["name"],
            "verdict": told["verdict"],
            "verdicts": [one for one in verdicts if one["verdict"] != "passes"],
            "passed": [one["rule"] for one in verdicts if one["verdict"] == "passes"],
            "clashes": told["clashes"][:MOST_CLASHES],
            "clashes_in_all": len(told["clashes"]),
            "scope": told["scope"],
        }
    plain: dict[str, Any] = json.loads(json.dumps(found, default=str, ensure_ascii=False))
    return plain
