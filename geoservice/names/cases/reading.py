"""A case as it is kept, with everything that belongs to it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Self

from sqlalchemy import Connection, Label, Row, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from geoservice.database.models import CaseMaterial, CaseMove, CaseName, CaseOpinion, NamingCase, Place, UnitVersion
from geoservice.errors import Changed, Forbidden, NotFound
from geoservice.language import LANGUAGES, current_language, translate
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.steps import DRAFT, ENDED, FIRST, LAST, past_steps
from geoservice.names.rules.checking import Verdict

# Names that are new are held to the rules; those that there are already are an inventory.
HELD_TO_RULES = ("naming", "renaming")
OF_A_PLACE = ("renaming", "retirement", "extent")


@dataclass(frozen=True)
class Case:
    """The case itself.

    Attributes
    ----------
    name_kind
        Street, estate and so on, of all its names: it decides who approves and which steps there are.
    taken
        Step to the day on which it was taken, since the last return.
    version
        Goes up with each change of the case or of a part of it.
    """

    id: int
    kind: str
    name_kind: str
    title: str
    applicant: str
    contact: str
    brands: list[str]
    unit_id: int
    unit_name: str | None
    state: str
    taken: Mapping[str, date]
    created_by: str
    created_at: datetime
    changed_at: datetime
    version: int

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """From the columns of `case_columns`."""
        values = {name: getattr(row, name) for name in cls.__dataclass_fields__}
        return cls(**{**values, "taken": {step: date.fromisoformat(day) for step, day in row.taken.items()}})

    @property
    def is_open_to_change(self) -> bool:
        """Whether what is applied for may still be changed."""
        return self.state in (DRAFT, FIRST)

    @property
    def held_to_rules(self) -> bool:
        """Whether its names are new ones."""
        return self.kind in HELD_TO_RULES

    @property
    def past(self) -> list[str]:
        """Steps that it has left behind."""
        return past_steps(self.name_kind, self.state)


@dataclass(frozen=True)
class Name:
    """One name of a case.

    Attributes
    ----------
    checked
        What the rules said on `checked_on`, by language; None until then, and after a change.
    findings
        What people say of a rule: `rule`, `finding` (exempt or upheld), `reason`, `by`, `at`.
    shape
        Hexadecimal EWKB, EPSG:4490, of what is applied for; `geometry` is GeoJSON of that, else of the place.
    lies
        The same as `geometry` in hexadecimal EWKB.
    """

    id: int
    name: str
    reading: str | None
    class_code: str
    meaning: str
    origin: str
    location: str
    length_m: Decimal | None
    width_m: Decimal | None
    place_id: int | None
    old_name: str | None
    shape: str | None
    lies: str | None
    geometry: str | None
    verdict: str | None
    checked_on: date | None
    checked: Mapping[str, Any] | None
    findings: list[dict[str, Any]]
    argument: str
    decision: str | None
    approved_name: str | None
    approved_reading: str | None
    entered_name_id: int | None

    @property
    def effective(self) -> str:
        """What shall become the name: as decided, else as applied for."""
        return self.approved_name or self.name

    @property
    def effective_reading(self) -> str | None:
        """Its reading."""
        return self.approved_reading or (self.reading if self.approved_name in (None, self.name) else None)

    @property
    def dropped(self) -> bool:
        """Whether it was decided that there shall be no such name."""
        return self.decision == "dropped"

    @property
    def rulings(self) -> list[dict[str, Any]]:
        """Verdicts other than passes, in the current language."""
        return [] if self.checked is None else list(self.checked[current_language.get()]["verdicts"])

    @property
    def exempt(self) -> frozenset[str]:
        """Rules that somebody has found not to hold for it."""
        return frozenset(one["rule"] for one in self.findings if one["finding"] == "exempt")

    @property
    def standing(self) -> Verdict | None:
        """The gravest verdict after what people have found: an exemption leaves a hint. None until checked."""
        if self.checked is None:
            return None
        verdicts = [
            Verdict.HINT if one["rule"] in self.exempt else Verdict(one["verdict"])
            for one in self.checked["zh"]["verdicts"]
        ]
        return min(verdicts, key=list(Verdict).index, default=Verdict.PASSES)


@dataclass(frozen=True)
class Opinion:
    """One party of the consultation."""

    id: int
    asked: str
    asked_on: date
    answered_on: date | None
    stance: str | None
    opinion: str
    outcome: str | None
    answer: str

    @property
    def is_open(self) -> bool:
        """Whether it waits for their word, or for ours on what they say."""
        return self.answered_on is None or (self.stance in ("objects", "comments") and not self.answer)


@dataclass(frozen=True)
class Material:
    """A paper that was handed in, or that is known to be missing."""

    material: str
    present: bool
    file_name: str
    note: str


@dataclass(frozen=True)
class MoveMade:
    """A transition of the past."""

    id: int
    action: str
    from_state: str | None
    to_state: str
    actor: str
    at: datetime
    on_day: date
    document: str
    reason: str
    note: str
    passed_over: dict[str, str]


@dataclass(frozen=True)
class Situation:
    """A case with all that belongs to it."""

    case: Case
    names: list[Name]
    opinions: list[Opinion]
    materials: list[Material]
    moves: list[MoveMade]

    @property
    def kept_names(self) -> list[Name]:
        """Names that were not dropped."""
        return [one for one in self.names if not one.dropped]

    def name(self, name_id: int) -> Name:
        """One of its names.

        Raises
        ------
        NotFound
            ``cases.no-name``
        """
        found = next((one for one in self.names if one.id == name_id), None)
        if found is None:
            raise NotFound("cases.no-name", id=name_id)
        return found


def case_columns() -> list[InstrumentedAttribute[Any] | Label[Any]]:
    """Columns that `Case.of` reads."""
    unit = aliased(UnitVersion)
    named = (
        select(unit.name)
        .where(unit.unit_id == NamingCase.unit_id)
        .order_by(unit.valid_from.desc().nulls_last())
        .limit(1)
        .scalar_subquery()
        .label("unit_name")
    )
    return [named if name == "unit_name" else getattr(NamingCase, name) for name in Case.__dataclass_fields__]


def case_of(connection: Connection, case_id: int) -> Case:
    """One case.

    Raises
    ------
    NotFound
        ``cases.no-case`` where there is none that whoever acts may see.
    """
    row = connection.execute(select(*case_columns()).where(NamingCase.id == case_id)).first()
    if row is None:
        raise NotFound("cases.no-case", id=case_id)
    return Case.of(row)


def locked(connection: Connection, case_id: int, versions: Container[int] | None = None) -> Case:
    """A case that nobody else changes until the transaction ends.

    Parameters
    ----------
    versions
        Those that the change may start from; any by default.

    Raises
    ------
    NotFound, Forbidden
        Where it is not seen, or not changed, by whoever acts.
    Changed
        ``cases.changed`` with the present state where somebody else came first.
    """
    held = connection.execute(select(NamingCase.id).where(NamingCase.id == case_id).with_for_update()).first()
    # Only what one may change can be locked.
    case = case_of(connection, case_id)
    if held is None:
        raise Forbidden("access.not-allowed")
    if versions is not None and case.version not in versions:
        raise changed(connection, case)
    return case


def changed(connection: Connection, case: Case) -> Changed:
    """That somebody else came first, with the state that the case is in now."""
    last = select(CaseMove.actor).where(CaseMove.case_id == case.id).order_by(CaseMove.id.desc()).limit(1)
    state = state_title(case.state)
    return Changed("cases.changed", state=state, actor=connection.execute(last).scalar() or case.created_by)


def state_titles(state: str) -> dict[str, str]:
    """A state in both languages: a step by its title, what is none by our own words."""
    if state in (DRAFT, *ENDED) and state != LAST:
        return {language: translate(f"cases.state.{state}", language) for language in LANGUAGES}
    title = case_rules().title_of(state)
    return {language: str(getattr(title, language)) for language in LANGUAGES}


def state_title(state: str) -> str:
    """A state in words, in the current language."""
    return state_titles(state)[current_language.get()]


def situation(connection: Connection, case: Case) -> Situation:
    """Everything that belongs to a case."""
    return Situation(
        case,
        names=names_of(connection, case.id),
        opinions=_parts(connection, CaseOpinion, Opinion, case.id),
        materials=_parts(connection, CaseMaterial, Material, case.id),
        moves=_parts(connection, CaseMove, MoveMade, case.id),
    )


def names_of(connection: Connection, case_id: int) -> list[Name]:
    """The names of a case, in the order in which they were given."""
    lies = func.coalesce(CaseName.geom, Place.geom)
    made = {
        "shape": CaseName.geom.ST_AsHEXEWKB().label("shape"),
        "lies": func.ST_AsHEXEWKB(lies).label("lies"),
        "geometry": func.ST_AsGeoJSON(lies, 9).label("geometry"),
    }
    columns = [made[name] if name in made else getattr(CaseName, name) for name in Name.__dataclass_fields__]
    statement = select(*columns).outerjoin(Place, Place.id == CaseName.place_id)
    rows = connection.execute(statement.where(CaseName.case_id == case_id).order_by(CaseName.id)).mappings()
    return [Name(**row) for row in rows]


def _parts(connection: Connection, table: Any, form: Any, case_id: int) -> list[Any]:
    columns = [getattr(table, name) for name in form.__dataclass_fields__]
    rows = connection.execute(select(*columns).where(table.case_id == case_id).order_by(table.id)).mappings()
    return [form(**row) for row in rows]
