"""The life of a case as layers/standards/cases.toml declares it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Literal, Self

from pydantic import Field, model_validator

from geoservice.catalog import Declaration, Text, read_declaration
from geoservice.errors import BadRequest
from geoservice.resources import resource

Right = Literal["edit", "review", "publish"]


class Kind(Declaration):
    """Naming, renaming, retirement, extent change."""

    id: str
    title: Text


class Step(Declaration):
    """One step; `right` is what its taker has to be allowed."""

    id: str
    title: Text
    right: Right
    optional: bool = False
    article: str | None = None


class Term(Declaration):
    """Days from one step to another; with `authorities` for those only."""

    step: str
    after: str
    days: int = Field(ge=1)
    article: str = Field(min_length=1)
    authorities: tuple[str, ...] = ()
    setting: bool = False

    def holds_for(self, authority: Authority) -> bool:
        """Whether names that an authority decides on have this term."""
        return not self.authorities or authority.id in self.authorities


class Authority(Declaration):
    """Who approves names of some kinds, who is asked, where it is filed and who announces.

    Attributes
    ----------
    skips
        Steps that there are not for these names.
    needs
        Optional steps that are not optional for these.
    approver, filing_office, announcer, asker
        The office by its full name, for papers; empty where it is not one and the same for every case.
    """

    id: str
    kinds: tuple[str, ...]
    title: Text
    approves: str
    asks: str
    files: str
    announces: str
    article: str = Field(min_length=1)
    note: str | None = None
    skips: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    approver: str = ""
    filing_office: str = ""
    announcer: str = ""
    asker: str = ""


class Material(Declaration):
    """A paper that belongs to a case; `steps` are those that it has to be there for."""

    id: str
    title: Text
    article: str = Field(min_length=1)
    required: bool = False
    steps: tuple[str, ...] = ()

    def wanted_for(self, step: str, first: str) -> bool:
        """Whether it has to be there for a step; a required one has to be for the first."""
        return step in self.steps or (self.required and step == first)


class Office(Declaration):
    """Who keeps the desk."""

    name: str = Field(min_length=1)


class Clock(Declaration):
    """How days are counted."""

    moves_from_holidays: bool
    holidays: tuple[date, ...] = ()


class CaseRules(Declaration):
    """The whole file."""

    kinds: tuple[Kind, ...]
    steps: tuple[Step, ...]
    terms: tuple[Term, ...]
    authorities: tuple[Authority, ...]
    materials: tuple[Material, ...]
    office: Office
    clock: Clock

    @model_validator(mode="after")
    def _steps_are_known(self) -> Self:
        known = {step.id for step in self.steps}
        named = {name for term in self.terms for name in (term.step, term.after)}
        named |= {name for one in self.authorities for name in (*one.skips, *one.needs)}
        named |= {name for one in self.materials for name in one.steps}
        if named - known:
            raise ValueError(f"no such step: {', '.join(sorted(named - known))}")
        return self

    def title_of(self, state: str) -> Text:
        """The title of a step; of any other state its id."""
        return next((step.title for step in self.steps if step.id == state), Text(zh=state, en=state))

    def authority(self, kind: str) -> Authority:
        """Who decides on a kind of name.

        Raises
        ------
        BadRequest
            ``cases.no-authority`` where the file names none.
        """
        found = next((one for one in self.authorities if kind in one.kinds), None)
        if found is None:
            known = ", ".join(name for one in self.authorities for name in one.kinds)
            raise BadRequest("cases.no-authority", kind=kind[:60], known=known)
        return found


@cache
def case_rules() -> CaseRules:
    """What the file says.

    Raises
    ------
    BadDeclaration
        If it is wrong.
    """
    return read_declaration(resource("layers", "standards", "cases.toml"), CaseRules)
