"""Kept answers as they are told: keys become words of the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoservice.language import translate
from geoservice.siting.answers.store import AnswerRow
from geoservice.siting.exclusion.words import breach_text, open_point, titled, unruled

# What a list tells of an answer.
BRIEF = ("value", "bound", "gap", "status", "ended")


def in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer with the words that `county_told` had for its reader."""
    return {
        **answer,
        **_rules_in_words(answer),
        "model_text": translate(f"siting.model.{answer['model']}"),
        "status_text": translate(f"siting.status.{answer['status']}"),
        "ended_text": translate(f"siting.ended.{answer['ended']}"),
        "reasons": [translate(f"siting.reason.{reason}") for reason in answer["reasons"]],
        "notice": translate("notice.schematic") if answer["schematic"] else None,
    }


def _rules_in_words(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What exclusion rules did, in the reader's language."""
    told = answer.get("exclusions")
    if told is None:
        return {}
    titles = {one["text"]: titled(one["text_title"]) for one in told["rules"]}
    titles |= {text["id"]: titled(text["title"]) for text in told["texts"]}

    def breaks(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "message": breach_text(dict(one)) if one["broken"] else None} for one in found]

    open_points = [{**one, "message": open_point(dict(one), titles)} for one in told["not_applied"]]
    return {
        "exclusions": {**told, "not_applied": open_points, "unruled": unruled(told["type"], len(told["rules"]))},
        "rejected": [{**one, "breaks": breaks(one["breaks"])} for one in answer["rejected"]],
        "sites": [{**one, "hints": breaks(one["hints"])} for one in answer["sites"]],
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
