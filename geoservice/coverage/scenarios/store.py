"""Scenarios as they are kept: made, read, changed, copied, discarded, each as whoever acts may."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from geoservice.catalog import Catalog
from geoservice.coverage.scenarios.changes import LONGEST_NAME, Change, changes_of
from geoservice.coverage.uncertainty.query import Case, case_of
from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Scenario
from geoservice.database.paging import Key, page
from geoservice.errors import BadInput, Changed, Conflict, Forbidden, NotFound

MOST_OWN = 200


@dataclass(frozen=True)
class ScenarioRow:
    """One scenario.

    Attributes
    ----------
    changes
        In order.
    base
        Revisions of the layers when it was made or last changed.
    """

    id: int
    owner: str
    name: str
    service: str
    type: str
    on_date: date
    changes: tuple[Change, ...]
    shared: bool
    base: Mapping[str, int]
    created_at: datetime
    changed_at: datetime
    version: int

    def case(self, catalog: Catalog) -> Case:
        """Standard, type and day; refused where they are no longer declared."""
        return case_of(catalog, self.service, self.type, self.on_date)


_NAMES = tuple(ScenarioRow.__dataclass_fields__)
_COLUMNS = [getattr(Scenario, name) for name in _NAMES]


def name_of(given: str) -> str:
    """A name as it is kept.

    Raises
    ------
    BadInput
        ``scenario.bad-name``

    Examples
    --------
    >>> name_of(" 西城新院 ")
    '西城新院'
    """
    name = given.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("scenario.bad-name", most=LONGEST_NAME)
    return name


def scenarios(connection: Connection, *, limit: int, after: str | None = None) -> tuple[list[ScenarioRow], str | None]:
    """Scenarios that whoever acts may see, the newest first, and the token of those that follow."""
    newest = (-Scenario.id).label("_newest")
    found = page(connection, select(*_COLUMNS, newest), [Key("_newest", -Scenario.id, int)], limit=limit, after=after)
    return [_row(item) for item in found.items], found.next


def scenario(connection: Connection, scenario_id: int, *, lock: bool = False) -> ScenarioRow:
    """One scenario.

    Raises
    ------
    NotFound
        ``scenario.none`` where there is none that whoever acts may see.
    """
    statement = select(*_COLUMNS).where(Scenario.id == scenario_id)
    row = connection.execute(statement.with_for_update() if lock else statement).mappings().first()
    if row is None:
        raise NotFound("scenario.none", id=scenario_id)
    return _row(dict(row))


@dataclass(frozen=True)
class Order:
    """A scenario to keep; `base` as in `ScenarioRow`."""

    name: str
    case: Case
    changes: Sequence[Change]
    base: Mapping[str, int]
    shared: bool = False


def make(connection: Connection, owner: str, order: Order) -> int:
    """Keeps a new scenario; its id.

    Raises
    ------
    BadInput
        ``scenario.bad-name``
    Conflict
        ``scenario.too-many``
    """
    # Those who make one wait for each other, so that the cap holds.
    one_at_a_time(connection, Lock.MAKING_SCENARIO)
    held = connection.execute(select(func.count()).where(Scenario.owner == owner)).scalar_one()
    if held >= MOST_OWN:
        raise Conflict("scenario.too-many", most=MOST_OWN)
    values = {
        "owner": owner,
        "name": name_of(order.name),
        "service": order.case.service.id,
        "type": order.case.type,
        "on_date": order.case.on,
        "changes": [one.as_dict() for one in order.changes],
        "base": dict(order.base),
        "shared": order.shared,
    }
    made: int = connection.execute(insert(Scenario).values(values).returning(Scenario.id)).scalar_one()
    return made


def change(
    connection: Connection, owner: str, scenario_id: int, versions: Collection[int], values: Mapping[str, Any]
) -> None:
    """Changes columns of one's own scenario.

    Raises
    ------
    NotFound
        ``scenario.none``
    Forbidden
        ``scenario.of-another``
    Changed
        ``api.changed`` where it is none of the versions any more.
    """
    _own(connection, owner, scenario_id, versions)
    given = {**values, "changed_at": func.now()}
    connection.execute(update(Scenario).where(Scenario.id == scenario_id).values(given))


def discard(connection: Connection, scenario_id: int, versions: Collection[int]) -> ScenarioRow:
    """Throws a scenario away; what it was.

    Raises
    ------
    NotFound
        ``scenario.none``
    Forbidden
        ``scenario.of-another``
    Changed
        ``api.changed``
    """
    row = scenario(connection, scenario_id)
    if row.version not in versions:
        raise Changed("api.changed")
    same = (Scenario.id == scenario_id) & (Scenario.version == row.version)
    if not connection.execute(delete(Scenario).where(same)).rowcount:
        raise Forbidden("scenario.of-another", owner=row.owner)
    return row


def refuse_unlike(one: ScenarioRow, other: ScenarioRow) -> None:
    """Lets two scenarios through that can be laid side by side.

    Raises
    ------
    BadInput
        ``scenario.unlike`` where standard, type or day differ.
    """
    if (one.service, one.type, one.on_date) != (other.service, other.type, other.on_date):
        raise BadInput("scenario.unlike", one=one.name, other=other.name)


def _own(connection: Connection, owner: str, scenario_id: int, versions: Collection[int]) -> None:
    row = scenario(connection, scenario_id)
    if row.owner != owner:
        raise Forbidden("scenario.of-another", owner=row.owner)
    # Locked only now: the policies lock nobody else's.
    if scenario(connection, scenario_id, lock=True).version not in versions:
        raise Changed("api.changed")


def _row(values: dict[str, Any]) -> ScenarioRow:
    return ScenarioRow(**{**values, "changes": changes_of(values["changes"])})
