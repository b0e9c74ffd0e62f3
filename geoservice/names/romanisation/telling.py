"""A spelling and its proof as plain data, for JSON and for people."""

from __future__ import annotations

from typing import Any

from geoservice.ingest.reading_chain import Read
from geoservice.language import translate
from geoservice.names.romanisation.romanise import Romanised


def romanised(found: Romanised) -> dict[str, Any]:
    """The spelling, its segments and readings, and the proof: each step with the number of its rule and in words."""
    return {
        "name": found.name,
        "class": found.class_,
        "spelling": found.spelling,
        "plain": found.plain,
        "segments": [{"text": one.text, "spelling": one.spelling, "generic": one.generic} for one in found.segments],
        "breaks": list(found.breaks),
        "readings": [_read(one) for one in found.readings],
        "unconfirmed": list(found.unconfirmed),
        "outside_table": list(found.outside),
        "proof": proof(found),
    }


def proof(found: Romanised) -> list[dict[str, Any]]:
    """Each rule that was applied, in the order of the numbers."""
    steps = [_step(one.rule, one.part, f"romanise.rule.{one.rule}.{one.what}") for one in found.rules]
    steps += [{"rule": 8, "part": one.character, "text": _reading_in_words(one)} for one in found.readings]
    steps.append(_step(9, found.spelling, "romanise.rule.9.tones"))
    if found.breaks:
        steps.append(_step(13, broken(found), "romanise.rule.13.breaks"))
    return sorted(steps, key=lambda step: int(step["rule"]))


def broken(found: Romanised) -> str:
    """The spelling with a hyphen wherever a line may end."""
    text, last = "", 0
    for place in found.breaks:
        text += found.spelling[last:place] + "-"
        last = place
    return text + found.spelling[last:]


def _step(rule: int, part: str, key: str) -> dict[str, Any]:
    return {"rule": rule, "part": part, "text": translate(key, None, part=part)}


def _read(one: Read) -> dict[str, Any]:
    return {
        "character": one.character,
        "syllable": one.syllable,
        "origin": one.origin,
        "source": one.source,
        "readings": list(one.readings),
        "confirmed": one.confirmed,
        "unconfirmed_polyphone": one.unconfirmed_polyphone,
    }


def _reading_in_words(one: Read) -> str:
    source = f"（{one.source}）" if one.source else ""
    text = translate(
        "romanise.reading",
        None,
        character=one.character,
        syllable=one.syllable,
        origin=translate(f"romanise.origin.{one.origin}"),
        source=source,
    )
    if one.unconfirmed_polyphone:
        text += translate("romanise.unconfirmed", None, readings="、".join(one.readings))
    return text
