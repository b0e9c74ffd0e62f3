"""Checks and clashes as plain data, for JSON and for people."""

from __future__ import annotations

from typing import Any

from geoservice.language import current_language, translate
from geoservice.names.clashes.searching import Clash, Found
from geoservice.names.rules.checking import Checked, Ruling


def checked(outcome: Checked) -> dict[str, Any]:
    """A check: the verdict of each rule, the gravest first, and the clashes."""
    return {
        "name": outcome.name,
        "kind": outcome.kind,
        "verdict": outcome.verdict.value,
        "verdicts": [ruling(one) for one in outcome.rulings],
        "clashes": [] if outcome.found is None else [clash(one) for one in outcome.found.clashes],
        "scope": None if outcome.found is None else scope(outcome.found),
    }


def ruling(one: Ruling) -> dict[str, Any]:
    """One verdict with what it rests on."""
    language = current_language.get()
    return {
        "rule": one.rule.id,
        "title": getattr(one.rule.title, language),
        "verdict": one.verdict.value,
        "force": one.rule.force,
        "source": one.source,
        "setting": one.rule.setting,
        "reason": None if one.reason is None else getattr(one.reason, language),
        "exemption": getattr(one.rule.exemption, language),
    }


def clash(one: Clash) -> dict[str, Any]:
    """One name that may be taken for the proposed one, with why."""
    names = ("name_id", "place_id", "name", "reading", "kind", "state", "class_code", "unit_id", "unit_name", "case_id")
    match = one.match
    return {
        **{name: getattr(one, name) for name in (*names, "valid_from", "valid_to", "lon", "lat")},
        "tier": match.tier.name.lower(),
        "whole": match.whole,
        "unlikely": match.unlikely,
        "why": why(one),
    }


def why(one: Clash) -> str:
    """In words: what is the same, and by which readings."""
    match = one.match
    part = translate("names.whole" if match.whole else "names.specific")
    words = translate(f"names.tier.{match.tier.name.lower()}", None, part=part)
    if match.mine and match.mine != match.theirs:
        words += translate("names.by-readings", None, mine=" ".join(match.mine), theirs=" ".join(match.theirs))
    if match.unlikely:
        words += translate("names.unlikely")
    if one.case_id is not None:
        words += translate(f"names.taken.{one.state}", None, case=one.case_id)
    return words


def scope(found: Found) -> dict[str, Any]:
    """Where it was looked: the scope of the law, and what that came to here."""
    extent = found.extent
    names = "、".join(extent.names)
    return {
        "scope": extent.scope,
        "applied": extent.applied,
        "title": getattr(extent.rule.title, current_language.get()),
        "article": extent.rule.article,
        "names": list(extent.names),
        "words": translate(f"names.scope.{extent.applied}", None, names=names),
        "cut": found.cut,
    }
