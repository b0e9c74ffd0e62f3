"""Kept answers as they are told: keys become words of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoservice.language import translate
from geoservice.siting.answers.store import AnswerRow

# What a list tells of an answer.
BRIEF = ("value", "bound", "gap", "status", "ended")


def in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with the words that `county_told` had for its reader."""
    return {
        **answer,
        "model_text": translate(f"siting.model.{answer['model']}"),
        "status_text": translate(f"siting.status.{answer['status']}"),
        "ended_text": translate(f"siting.ended.{answer['ended']}"),
        "reasons": [translate(f"siting.reason.{reason}") for reason in answer["reasons"]],
        "notice": translate("notice.schematic") if answer["schematic"] else None,
    }


def line(row: AnswerRow, stale: Sequence[str]) -> dict[str, Any]:
    """One line of a list; what is not known yet is None."""
    names = (
        "id",
        "name",
        "owner",
        "shared",
        "service",
        "type",
        "model",
        "state",
        "created_at",
        "changed_at",
        "version",
    )
    return {
        **{name: getattr(row, name) for name in names},
        "on": row.on_date,
        "job": row.job_id,
        **{name: row.answer[name] if row.answer else None for name in BRIEF},
        "stale": list(stale),
    }
