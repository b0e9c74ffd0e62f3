"""Which step a case may take next: nothing is skipped that may not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from geoservice.errors import Conflict
from geoservice.names.cases.declared import Right, Step, case_rules
from geoservice.names.rules.checking import Verdict

DRAFT = "draft"
ENDED = ("refused", "withdrawn", "entered")
FIRST, CHECK, CONSULTATION, DECISION, LAST = "registered", "checked", "consulted", "approved", "entered"


class Action(StrEnum):
    """What becomes of a case."""

    ADVANCE = "advance"  # the next step
    RETURN = "return"  # back to the applicant
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


@dataclass(frozen=True)
class Move:
    """One thing that may happen to a case now.

    Attributes
    ----------
    to
        The state afterwards.
    right
        What its taker has to be allowed; None where the applicant may.
    passes_over
        Optional steps that are left out by it; each wants a reason.
    """

    action: Action
    to: str
    right: Right | None
    passes_over: tuple[str, ...] = ()


def steps_of(kind: str) -> list[Step]:
    """The steps of a case about a kind of name, in their order; those that are no choice for it are not optional."""
    authority = case_rules().authority(kind)
    return [
        step.model_copy(update={"optional": step.optional and step.id not in authority.needs})
        for step in case_rules().steps
        if step.id not in authority.skips
    ]


def moves(kind: str, state: str) -> list[Move]:
    """Everything that may happen to a case in a state.

    Examples
    --------
    >>> [move.to for move in moves("street", "draft")]
    ['registered', 'withdrawn']
    >>> [move.to for move in moves("estate", "checked") if move.action == Action.ADVANCE]
    ['visited', 'reviewed', 'consulted']
    >>> moves("street", "entered")
    []
    """
    steps = steps_of(kind)
    names = [step.id for step in steps]
    # A step that the file no longer knows leads nowhere.
    if state in ENDED or state not in (DRAFT, *names):
        return []
    at = -1 if state == DRAFT else names.index(state)
    found: list[Move] = []
    over: list[str] = []
    for step in steps[at + 1 :]:
        found.append(Move(Action.ADVANCE, step.id, step.right, tuple(over)))
        if not step.optional:
            break
        over.append(step.id)
    if at < names.index(DECISION):
        if state != DRAFT:
            found.append(Move(Action.RETURN, DRAFT, "edit"))
            found.append(Move(Action.REFUSE, "refused", "publish"))
        found.append(Move(Action.WITHDRAW, "withdrawn", None))
    return found


def past_steps(kind: str, state: str) -> list[str]:
    """Steps that a case has left behind, the present one among them.

    Examples
    --------
    >>> past_steps("street", "visited"), past_steps("street", "draft")
    (['registered', 'checked', 'visited'], [])
    """
    names = [step.id for step in steps_of(kind)]
    return names[: names.index(state) + 1] if state in names else []


def move_to(kind: str, state: str, to: str, *, verdicts: Sequence[Verdict] = (), argued: bool = False) -> Move:
    """The move of a case to a state.

    Parameters
    ----------
    verdicts
        What the rules say of its names, each the gravest.
    argued
        Whether soft verdicts are argued in writing.

    Raises
    ------
    Conflict
        ``cases.no-step`` where it cannot go there from here; ``cases.violates`` where a hard rule stops the approval;
        ``cases.unargued`` where a soft one asks for the argument.
    """
    known = moves(kind, state)
    move = next((one for one in known if one.to == to), None)
    if move is None:
        raise Conflict("cases.no-step", state=state, to=to[:60], known=", ".join(one.to for one in known) or "-")
    if move.to == DECISION:
        if Verdict.VIOLATES in verdicts:
            raise Conflict("cases.violates")
        if Verdict.ARGUE in verdicts and not argued:
            raise Conflict("cases.unargued")
    return move
