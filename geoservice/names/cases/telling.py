"""Cases as plain data, for JSON and for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

from geoservice.catalog import Text
from geoservice.database.actor import Actor
from geoservice.errors import GeoserviceError
from geoservice.language import current_language
from geoservice.names.cases.announcing import lacks, spelling_of
from geoservice.names.cases.clock import Due, due_steps
from geoservice.names.cases.declared import Authority, Material, Step, Term, case_rules
from geoservice.names.cases.hindrances import Possible, possible_moves
from geoservice.names.cases.listing import Line
from geoservice.names.cases.reading import Case, Name, Situation, state_titles
from geoservice.names.cases.steps import ENDED, steps_of

_HEAD = (
    "id", "version", "kind", "name_kind", "title", "applicant", "unit_id", "unit_name", "state", "created_by",
    "created_at", "changed_at",
)  # fmt: skip
_OF_NAME = (
    "id", "name", "reading", "class_code", "meaning", "origin", "location", "length_m", "width_m", "place_id", "old_name",
    "verdict", "standing", "checked_on", "findings", "argument", "decision", "approved_name", "approved_reading",
    "entered_name_id",
)  # fmt: skip


def line(one: Line, today: date) -> dict[str, Any]:
    """A case in the list, with its most urgent term."""
    due = _due(one.case, today)
    return {**_head(one.case), "names": one.names, "first_names": one.first_names, "due": due[0] if due else None}


def whole(found: Situation, actor: Actor, today: date) -> dict[str, Any]:
    """A case with everything that belongs to it, and what whoever acts may do with it now."""
    case = found.case
    return {
        **_head(case),
        "contact": case.contact,
        "brands": case.brands,
        "held_to_rules": case.held_to_rules,
        "open_to_change": case.is_open_to_change and actor.edits.covers(case.unit_id),
        "authority": authority(case_rules().authority(case.name_kind)),
        "steps": _steps(found),
        "due": _due(case, today),
        "names": [_name(case, one) for one in found.names],
        "opinions": [{**_plain(one), "open": one.is_open} for one in found.opinions],
        "materials": _materials(found),
        "moves": [_possible(one) for one in possible_moves(found, actor)],
        "transitions": [
            {**_plain(one), "from_title": _state(one.from_state), "to_title": _state(one.to_state)}
            for one in found.moves
        ],
    }


def rules() -> dict[str, Any]:
    """What layers/standards/cases.toml declares."""
    declared = case_rules()
    return {
        "kinds": [{"id": one.id, "title": _title(one.title)} for one in declared.kinds],
        "steps": [_step(one) for one in declared.steps],
        "terms": [_term(one) for one in declared.terms],
        "authorities": [authority(one) for one in declared.authorities],
        "materials": [_material(one) for one in declared.materials],
        "clock": {
            "moves_from_holidays": declared.clock.moves_from_holidays,
            "holidays": list(declared.clock.holidays),
        },
    }


def authority(one: Authority) -> dict[str, Any]:
    """Who approves, is asked, gets the filing and announces, with the article."""
    same = ("id", "approves", "asks", "files", "announces", "article", "note")
    lists = ("kinds", "skips", "needs")
    told = {name: getattr(one, name) for name in same} | {name: list(getattr(one, name)) for name in lists}
    return {**told, "title": _title(one.title)}


def _head(case: Case) -> dict[str, Any]:
    return {**{name: getattr(case, name) for name in _HEAD}, "state_title": _state(case.state)}


def _state(state: str | None) -> dict[str, str] | None:
    return None if state is None else state_titles(state)


def _title(title: Text) -> dict[str, str]:
    return {"zh": title.zh, "en": title.en}


def _plain(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _step(one: Step) -> dict[str, Any]:
    same = ("id", "right", "optional", "article")
    return {**{name: getattr(one, name) for name in same}, "title": _title(one.title)}


def _term(one: Term) -> dict[str, Any]:
    same = ("step", "after", "days", "article", "setting")
    return {**{name: getattr(one, name) for name in same}, "authorities": list(one.authorities)}


def _material(one: Material) -> dict[str, Any]:
    told = {"id": one.id, "title": _title(one.title), "article": one.article}
    return {**told, "required": one.required, "steps": list(one.steps)}


def _steps(found: Situation) -> list[dict[str, Any]]:
    case = found.case
    left_out = {step for move in _since_return(found) for step in move.passed_over}
    told = []
    for step in steps_of(case.name_kind):
        state = "taken" if step.id in case.taken else "passed_over" if step.id in left_out else "ahead"
        told.append({**_step(step), "state": state, "on": case.taken.get(step.id)})
    return told


def _since_return(found: Situation) -> Iterable[Any]:
    returned = [at for at, move in enumerate(found.moves) if move.action == "return"]
    return found.moves[returned[-1] + 1 :] if returned else found.moves


def _due(case: Case, today: date) -> list[dict[str, Any]]:
    if case.state in ENDED:
        return []
    return [_due_step(one) for one in due_steps(case.name_kind, case.taken, today, past=case.past)]


def _due_step(one: Due) -> dict[str, Any]:
    told = {"step": one.step, "title": _title(case_rules().title_of(one.step))}
    return {
        **told,
        "last_day": one.last_day,
        "days_left": one.days_left,
        "article": one.term.article,
        "setting": one.term.setting,
    }


def _name(case: Case, one: Name) -> dict[str, Any]:
    return {
        **{name: getattr(one, name) for name in _OF_NAME},
        "spelling": spelling_of(case, one),
        "announcement_lacks": lacks(case, one),
        "drawn": one.shape is not None,
        "geometry": None if one.geometry is None else json.loads(one.geometry),
        "check": None if one.checked is None else one.checked[current_language.get()],
    }


def _materials(found: Situation) -> list[dict[str, Any]]:
    noted = {one.material: one for one in found.materials}
    told = []
    for declared in case_rules().materials:
        one = noted.get(declared.id)
        kept = {"present": False, "file_name": "", "note": ""} if one is None else _plain(one)
        told.append({**_material(declared), **{name: kept[name] for name in ("present", "file_name", "note")}})
    return told


def _possible(one: Possible) -> dict[str, Any]:
    move = one.move
    titled = [{"step": step, "title": _state(step)} for step in move.passes_over]
    return {
        "to": move.to,
        "title": _state(move.to),
        "action": move.action.value,
        "right": move.right,
        "passes_over": titled,
        "reason_wanted": move.action.value in ("return", "refuse"),
        "open": not one.hindrances,
        "hindrances": [hindrance(error) for error in one.hindrances],
    }


def hindrance(error: GeoserviceError) -> dict[str, Any]:
    """What stands in the way, with its code and what to do about it."""
    return {"code": error.code, "detail": error.message, "remedy": error.remedy}
