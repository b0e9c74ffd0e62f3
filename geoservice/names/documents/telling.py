"""The papers of a case as plain data, for JSON and for people."""

from __future__ import annotations

from typing import Any

from geoservice.names.cases.reading import Situation
from geoservice.names.cases.telling import hindrance
from geoservice.names.documents.declared import document_rules
from geoservice.names.documents.drawable import why_not


def papers(found: Situation) -> list[dict[str, Any]]:
    """Every paper, whether it can be drawn now, and else what stands in the way."""
    told = []
    for rules in document_rules().values():
        error = why_not(found, rules)
        told.append(
            {
                "id": rules.id,
                "title": {"zh": rules.title.zh, "en": rules.title.en},
                "open": error is None,
                "draft": rules.step is not None and rules.step not in found.case.taken,
                "transcript": rules.transcript,
                "citations": list(rules.citations),
                "hindrance": None if error is None else hindrance(error),
            }
        )
    return told
