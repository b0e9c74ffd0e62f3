"""What stands in the way of a move: told before it is tried, and raised when it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from geoservice.database.actor import Actor
from geoservice.errors import Conflict, Forbidden, GeoserviceError
from geoservice.language import current_language, translate
from geoservice.names.cases.declared import Right, case_rules
from geoservice.names.cases.reading import OF_A_PLACE, Case, Situation
from geoservice.names.cases.steps import CHECK, CONSULTATION, DECISION, FIRST, Move, move_to, moves
from geoservice.names.rules.checking import Verdict

TOLD = 3


@dataclass(frozen=True)
class Possible:
    """A move with all that stands in its way."""

    move: Move
    hindrances: list[GeoserviceError]


def possible_moves(found: Situation, actor: Actor) -> list[Possible]:
    """Every move that the state of a case allows, for whoever acts."""
    known = moves(found.case.name_kind, found.case.state)
    return [Possible(move, list(hindrances(found, move, actor))) for move in known]


def hindrances(found: Situation, move: Move, actor: Actor) -> Iterator[GeoserviceError]:
    """Everything that stands in the way of a move, the gravest first."""
    if not may_take(move.right, found.case, actor):
        yield Forbidden("cases.not-yours", right=translate(f"cases.right.{move.right or 'applicant'}"))
    if move.to in (FIRST, CHECK):
        yield from _incomplete(found)
    yield from _missing_materials(found, move)
    if move.to == CONSULTATION and not found.opinions:
        yield Conflict("cases.nobody-asked", asks=case_rules().authority(found.case.name_kind).asks or "-")
    if move.to == DECISION:
        yield from _undecidable(found)


def may_take(right: Right | None, case: Case, actor: Actor) -> bool:
    """Whether whoever acts has a right in the unit of a case; without one whoever has applied has it too."""
    if right is None:
        return actor.name == case.created_by or actor.edits.covers(case.unit_id)
    extents = {"edit": actor.edits, "review": actor.reviews, "publish": actor.publishes}
    return extents[right].covers(case.unit_id)


def _incomplete(found: Situation) -> Iterator[Conflict]:
    if not found.names:
        yield Conflict("cases.no-names")
    if found.case.kind in OF_A_PLACE and found.case.kind != "extent":
        return
    nowhere = [one.name for one in found.names if one.shape is None]
    if nowhere:
        yield Conflict("cases.no-position", names=_some(nowhere))


def _missing_materials(found: Situation, move: Move) -> Iterator[Conflict]:
    there = {one.material for one in found.materials if one.present}
    language = current_language.get()
    missing = [
        str(getattr(one.title, language)).partition("：")[0].partition(":")[0]
        for one in case_rules().materials
        if one.wanted_for(move.to, FIRST) and one.id not in there
    ]
    if missing:
        yield Conflict("cases.no-material", materials="、".join(missing))


def _undecidable(found: Situation) -> Iterator[Conflict]:
    case = found.case
    if not found.kept_names:
        yield Conflict("cases.all-dropped")
    waiting = [one.asked for one in found.opinions if one.is_open]
    if waiting:
        yield Conflict("cases.unanswered", asked=_some(waiting))
    if case.held_to_rules:
        standing = [one.standing for one in found.kept_names]
        if None in standing:
            # Whoever decides has seen the verdicts.
            yield Conflict("cases.unchecked")
            return
        argued = all(one.argument for one in found.kept_names if one.standing == Verdict.ARGUE)
        try:
            verdicts = [one for one in standing if one is not None]
            move_to(case.name_kind, case.state, DECISION, verdicts=verdicts, argued=argued)
        except Conflict as error:
            yield error


def _some(names: list[str]) -> str:
    more = len(names) - TOLD
    return "、".join(names[:TOLD]) + (f" +{more}" if more > 0 else "")
