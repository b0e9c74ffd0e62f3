"""Cases made and changed while they may be, and what people find and decide of their names."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import WKBElement
from sqlalchemy import Connection, delete, func, insert, update

from geoservice.catalog import Catalog
from geoservice.database.actor import Actor
from geoservice.database.models import SRID, CaseMove, CaseName, NamingCase
from geoservice.errors import BadInput, Conflict, Forbidden, NotFound
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.name_keys import parse_reading
from geoservice.names.cases.declared import case_rules
from geoservice.names.cases.positions import class_code_of, refuse_outside, refuse_unknown_unit, standing_place
from geoservice.names.cases.reading import OF_A_PLACE, Case, Name, case_of, locked, names_of, state_title
from geoservice.names.cases.steps import DECISION, DRAFT, ENDED
from geoservice.names.rules.checking import clean_name
from geoservice.names.rules.declared import naming_rules

MOST_NAMES = 500


@dataclass(frozen=True)
class NameGiven:
    """What an applicant says of one name.

    Attributes
    ----------
    name
        The proposed one; may be left out where a place keeps its name.
    shape
        Hexadecimal EWKB, EPSG:4490.
    place_id
        Of the place that there is; none for a naming.
    """

    name: str | None = None
    reading: str | None = None
    class_code: str | None = None
    meaning: str = ""
    origin: str = ""
    location: str = ""
    length_m: Decimal | None = None
    width_m: Decimal | None = None
    place_id: int | None = None
    shape: str | None = None


@dataclass(frozen=True)
class CaseGiven:
    """What an application says."""

    kind: str
    name_kind: str
    title: str
    unit_id: int
    applicant: str = ""
    contact: str = ""
    brands: Sequence[str] = ()
    names: Sequence[NameGiven] = field(default_factory=tuple)


@dataclass(frozen=True)
class Decided:
    """What people say of a name; what is None stays as it is.

    Attributes
    ----------
    decision
        approved, dropped, or open for neither.
    approved_name, approved_reading
        Where another one than applied for shall become the name; empty for the one applied for.
    argument
        Why it shall be so although soft rules ask.
    findings
        Of single rules: `rule`, `finding` (exempt, upheld) and `reason`; those of the same rule are replaced.
    """

    decision: str | None = None
    approved_name: str | None = None
    approved_reading: str | None = None
    argument: str | None = None
    findings: Sequence[Mapping[str, str]] = ()


def create(connection: Connection, catalog: Catalog, actor: Actor, given: CaseGiven, *, day: date) -> int:
    """Makes a case as a draft; its id.

    Raises
    ------
    Forbidden
        ``cases.not-here`` where whoever acts does not edit in that unit.
    BadInput
        For a name, a place or a position that does not fit.
    """
    case_rules().authority(given.name_kind)
    refuse_unknown_unit(connection, given.unit_id)
    _refuse_foreign(actor, given.unit_id)
    values = {name: getattr(given, name) for name in ("kind", "name_kind", "title", "unit_id", "applicant", "contact")}
    statement = insert(NamingCase).values(**values, brands=list(given.brands), created_by=actor.name)
    case_id = int(connection.execute(statement.returning(NamingCase.id)).scalar_one())
    made = {"action": "create", "to_state": DRAFT, "actor": actor.name, "on_day": day}
    connection.execute(insert(CaseMove).values(case_id=case_id, **made))
    _add(connection, catalog, case_of(connection, case_id), given.names)
    return case_id


def change(
    connection: Connection,
    catalog: Catalog,
    actor: Actor,
    case_id: int,
    versions: Container[int],
    *,
    values: Mapping[str, Any],
) -> None:
    """Changes title, applicant, contact, brands or unit of a case while it is a draft or registered.

    Raises
    ------
    Conflict
        ``cases.closed-to-change``
    """
    case = _open_case(connection, actor, case_id, versions)
    unit = values.get("unit_id", case.unit_id)
    if unit != case.unit_id:
        refuse_unknown_unit(connection, unit)
        _refuse_foreign(actor, unit)
        for name in names_of(connection, case_id):
            refuse_outside(connection, unit, name.shape, name.name)
            if name.place_id is not None:
                standing_place(connection, catalog, name.place_id, unit_id=unit, name_kind=case.name_kind)
    if values:
        connection.execute(update(NamingCase).where(NamingCase.id == case_id).values(**values))
    touch(connection, case_id)


def add_names(connection: Connection, catalog: Catalog, actor: Actor, case_id: int, names: Sequence[NameGiven]) -> None:
    """Adds names to a case while it is a draft or registered."""
    case = _open_case(connection, actor, case_id)
    _add(connection, catalog, case, names)
    touch(connection, case_id)


def change_name(
    connection: Connection,
    catalog: Catalog,
    actor: Actor,
    case_id: int,
    name_id: int,
    versions: Container[int],
    *,
    values: Mapping[str, Any],
) -> None:
    """Changes what is applied for; the verdicts, findings and the argument rest on what was and go."""
    case = _open_case(connection, actor, case_id, versions)
    before = _one_name(connection, case_id, name_id)
    kept = {name: getattr(before, name) for name in NameGiven.__dataclass_fields__}
    row = _row(connection, catalog, case, NameGiven(**{**kept, **values}))
    _refuse_twice(case, row, [one for one in names_of(connection, case_id) if one.id != name_id])
    anew: dict[str, Any] = {"verdict": None, "checked_on": None, "checked": None, "findings": [], "argument": ""}
    decided = {"decision": None, "approved_name": None, "approved_reading": None}
    connection.execute(update(CaseName).where(CaseName.id == name_id).values(**row, **anew, **decided))
    touch(connection, case_id)


def remove_name(connection: Connection, actor: Actor, case_id: int, name_id: int, versions: Container[int]) -> None:
    """Takes a name out of a case while it is a draft or registered."""
    _open_case(connection, actor, case_id, versions)
    _one_name(connection, case_id, name_id)
    connection.execute(delete(CaseName).where(CaseName.id == name_id))
    touch(connection, case_id)


def decide(
    connection: Connection, actor: Actor, case_id: int, name_id: int, versions: Container[int], decided: Decided
) -> None:
    """Keeps what people find and decide of a name, until the case is approved.

    Raises
    ------
    Forbidden
        Where whoever acts neither edits nor reviews nor approves in the unit of the case.
    BadInput
        ``cases.no-rule``, and ``cases.no-exemption`` for a rule that knows none.
    """
    case = locked(connection, case_id, versions)
    if not any(extent.covers(case.unit_id) for extent in (actor.edits, actor.reviews, actor.publishes)):
        raise Forbidden("access.not-allowed")
    if case.state in ENDED or DECISION in case.past or case.state == DRAFT:
        raise Conflict("cases.not-to-be-decided", state=state_title(case.state))
    name = _one_name(connection, case_id, name_id)
    values: dict[str, Any] = {}
    if decided.decision is not None:
        values["decision"] = None if decided.decision == "open" else decided.decision
    if decided.argument is not None:
        values["argument"] = decided.argument
    if decided.findings:
        values["findings"] = _findings(name, decided.findings, actor)
    if decided.approved_name is not None or decided.approved_reading is not None:
        values |= _renamed(case, name, decided)
    if values:
        connection.execute(update(CaseName).where(CaseName.id == name_id).values(**values))
    touch(connection, case_id)


def touch(connection: Connection, case_id: int) -> None:
    """Raises the version of a case: something of it has changed."""
    connection.execute(update(NamingCase).where(NamingCase.id == case_id).values(changed_at=func.clock_timestamp()))


def _open_case(connection: Connection, actor: Actor, case_id: int, versions: Container[int] | None = None) -> Case:
    """A case whose application whoever acts may change now."""
    case = locked(connection, case_id, versions)
    _refuse_foreign(actor, case.unit_id)
    if not case.is_open_to_change:
        raise Conflict("cases.closed-to-change", state=state_title(case.state))
    return case


def _refuse_foreign(actor: Actor, unit_id: int) -> None:
    if not actor.edits.covers(unit_id):
        raise Forbidden("cases.not-here")


def _one_name(connection: Connection, case_id: int, name_id: int) -> Name:
    found = next((one for one in names_of(connection, case_id) if one.id == name_id), None)
    if found is None:
        raise NotFound("cases.no-name", id=name_id)
    return found


def _add(connection: Connection, catalog: Catalog, case: Case, names: Sequence[NameGiven]) -> None:
    present = names_of(connection, case.id)
    if len(present) + len(names) > MOST_NAMES:
        raise BadInput("cases.too-many-names", most=MOST_NAMES)
    taken: list[Name | Mapping[str, Any]] = list(present)
    for given in names:
        row = _row(connection, catalog, case, given)
        _refuse_twice(case, row, taken)
        connection.execute(insert(CaseName).values(case_id=case.id, **row))
        taken.append(row)


def _row(connection: Connection, catalog: Catalog, case: Case, given: NameGiven) -> dict[str, Any]:
    """The columns of a name as they are kept."""
    same = ("meaning", "origin", "location", "length_m", "width_m", "place_id")
    row: dict[str, Any] = {name: getattr(given, name) for name in same}
    if (given.place_id is not None) != (case.kind in OF_A_PLACE):
        raise BadInput("cases.place-wanted" if case.kind in OF_A_PLACE else "cases.place-not-wanted")
    if given.place_id is None:
        row |= {"class_code": class_code_of(catalog, case.name_kind, given.class_code), "old_name": None}
    else:
        place = standing_place(connection, catalog, given.place_id, unit_id=case.unit_id, name_kind=case.name_kind)
        row |= {"class_code": place.class_code, "old_name": place.name}
    row["name"] = clean_name(given.name or "") if case.held_to_rules else row["old_name"]
    row["reading"] = _reading(row["name"], given.reading)
    row["alike_keys"] = list(alike_keys(row["name"], row["class_code"], row["reading"]))
    if case.held_to_rules and row["name"] == row["old_name"]:
        raise BadInput("cases.same-name", name=row["name"])
    refuse_outside(connection, case.unit_id, given.shape, row["name"])
    return {**row, "geom": None if given.shape is None else WKBElement(given.shape, srid=SRID, extended=True)}


def _reading(name: str, given: str | None) -> str | None:
    """A stated reading, which has to fit the name.

    Raises
    ------
    BadInput
        ``cases.reading-does-not-fit``
    """
    reading = (given or "").strip()
    if reading and parse_reading(name, reading) is None:
        raise BadInput("cases.reading-does-not-fit", name=name, reading=reading[:60])
    return reading or None


def _refuse_twice(case: Case, row: Mapping[str, Any], others: Sequence[Name | Mapping[str, Any]]) -> None:
    """One name is asked for once in a case, and one place is the subject of one of its names."""
    for other in others:
        name, place = (other.name, other.place_id) if isinstance(other, Name) else (other["name"], other["place_id"])
        if case.held_to_rules and name == row["name"]:
            raise BadInput("cases.name-twice", name=name)
        if place is not None and place == row["place_id"]:
            raise BadInput("cases.place-twice", name=row["old_name"])


def _findings(name: Name, given: Sequence[Mapping[str, str]], actor: Actor) -> list[dict[str, Any]]:
    rules = {rule.id: rule for rule in naming_rules().rules}
    found = {one["rule"]: one for one in name.findings}
    for one in given:
        rule = rules.get(one["rule"])
        if rule is None:
            raise BadInput("cases.no-rule", rule=one["rule"][:60], known=", ".join(rules))
        if one["finding"] == "exempt" and rule.final:
            raise BadInput("cases.no-exemption", rule=rule.title.zh)
        found[rule.id] = {**one, "by": actor.name, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    return list(found.values())


def _renamed(case: Case, name: Name, decided: Decided) -> dict[str, Any]:
    """Another name than applied for: the verdicts rest on the old one."""
    if not case.held_to_rules:
        raise BadInput("cases.keeps-its-name")
    chosen = name.approved_name if decided.approved_name is None else decided.approved_name
    wanted = clean_name(chosen) if chosen else None
    wanted = None if wanted == name.name else wanted
    given = name.approved_reading if decided.approved_reading is None else decided.approved_reading
    reading = _reading(wanted or name.name, given)
    values: dict[str, Any] = {"approved_name": wanted, "approved_reading": reading}
    stated = reading or (name.reading if wanted is None else None)
    values["alike_keys"] = list(alike_keys(wanted or name.name, name.class_code, stated))
    if (wanted or name.name, stated) != (name.effective, name.effective_reading):
        values |= {"verdict": None, "checked_on": None, "checked": None}
        if not decided.findings:
            values["findings"] = []
    return values
