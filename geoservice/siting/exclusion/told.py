"""Exclusions as plain values: which texts were applied, which not and why, and what breaks which rule by how much."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from geoservice.siting.exclusion.asked import Asked
from geoservice.siting.exclusion.declared import Rule, siting_rules, state_of, text_told
from geoservice.siting.exclusion.engine import Exclusions, Finding
from geoservice.siting.exclusion.words import breach_text, open_point, titled, unruled

# Objects whose point is told for each place; a mass of rejected places is told by rule and metres only.
MOST_REJECTED = 2_000


def applied_told(exclusions: Exclusions) -> dict[str, Any]:
    """What was held against the places, and what could not be: nothing passes in silence.

    Returns
    -------
    ``rules``: each that was meant, with its state and the places that it refuses, alone or with others; ``texts``: each
    that is for the type, with where it stands on the day; ``not_applied``: what of the texts in force stands open;
    ``unruled``: where no rule was held against the places, why, in words.
    """
    asked = exclusions.asked
    return {
        "type": asked.type,
        "on": asked.on.isoformat(),
        "candidates": int(exclusions.lon.size),
        "kept": int(np.count_nonzero(exclusions.kept)),
        "rules": [_rule(exclusions, one) for one in exclusions.findings],
        "texts": [text_told(text, asked.on) for text in asked.texts],
        "not_applied": open_points(asked, exclusions.findings),
        "unruled": unruled(asked.type, len(exclusions.findings)),
    }


def open_points(asked: Asked, findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    """What is in force and was not held against the places, with the reason.

    ``unread``: the wording is not known here; ``left_out``: on wish; ``not_loaded`` and ``none``: a layer, or a class of
    it, that the rule looks at holds nothing.
    """
    unread: list[dict[str, Any]] = [
        {"text": text.id, "rule": None, "reason": "unread", "layer": None, "classes": []}
        for text in asked.texts
        if state_of(text, asked.on) == "unread"
    ]
    wished: list[dict[str, Any]] = [
        {"text": one.text, "rule": one.id, "reason": "left_out", "layer": None, "classes": []} for one in asked.left_out
    ]
    missing = [
        {
            "text": one.rule.text,
            "rule": one.rule.id,
            "reason": source.state,
            "layer": source.selection.layer,
            "classes": list(source.selection.classes),
        }
        for one in findings
        for source in one.sources
        if source.state != "loaded"
    ]
    titles = {text.id: titled(text.title.model_dump()) for text in siting_rules().texts}
    return [one | {"message": open_point(one, titles)} for one in (*unread, *wished, *missing)]


def breaches_of(exclusions: Exclusions, place: int, *, all_rules: bool = False) -> list[dict[str, Any]]:
    """The rules that a place breaks, hard ones first; with `all_rules` also those that it keeps, with the distance."""
    told = [_breach(one, place) for one in exclusions.findings if all_rules or one.broken[place]]
    return sorted(told, key=lambda one: (not one["broken"], one["force"] != "hard"))


def _rule(exclusions: Exclusions, one: Finding) -> dict[str, Any]:
    alone = exclusions.without(one.rule.id) & one.broken if one.rule.hard else np.zeros(one.broken.size, dtype=bool)
    return {
        **named(one.rule),
        "state": one.state,
        "objects": sum(source.count for source in one.sources),
        "broken_by": int(np.count_nonzero(one.broken)),
        "refused_alone": int(np.count_nonzero(alone)),
    }


def named(rule: Rule) -> dict[str, Any]:
    """A rule with its text and article."""
    text = siting_rules().text_of(rule)
    return {
        "rule": rule.id,
        "title": rule.title.model_dump(),
        "text": text.id,
        "text_title": text.title.model_dump(),
        "article": rule.article,
        "says": rule.says,
        "force": rule.force,
        "kind": rule.kind.value,
        "distance_m": rule.distance_m,
        "area_m2": rule.area_m2,
        "setting": rule.setting or text.setting,
        "note": rule.note,
    }


def _breach(one: Finding, place: int) -> dict[str, Any]:
    broken = bool(one.broken[place])
    told = {
        **named(one.rule),
        "state": one.state,
        "broken": broken,
        "measured": _number(one.metres[place]),
        "breach": _number(one.breach[place]),
        "nearest": _nearest(one, place),
    }
    return told | {"message": breach_text(told) if broken else None}


def _nearest(one: Finding, place: int) -> dict[str, Any] | None:
    if one.object[place] < 0:
        return None
    source, row = one.sources[int(one.source[place])], int(one.object[place])
    name = source.name[row]
    return {
        "layer": source.selection.layer,
        "id": int(source.id[row]),
        "name": None if name is None else str(name),
        "class": str(source.class_[row]),
        "lon": round(float(one.lon[place]), 7),
        "lat": round(float(one.lat[place]), 7),
    }


def _number(value: float) -> float | None:
    return round(float(value), 1) if math.isfinite(value) else None
