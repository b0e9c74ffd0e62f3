"""Which names answer a search best.

A few hits are read through the indexes and sorted. Where a character or sound is frequent, names are walked through in the
order of the search, from an index that holds all that is asked, until enough answer. What comes between, and names that a short
walk does not meet (those in 大道 are long and come late), are looked up by groups of one standing and importance, in their order. What the planner expects decides; each way gives the same names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Executable,
    Select,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.visitors import InternalTraversal

from geoservice.database.filters import in_force, visible
from geoservice.database.models import PlaceName
from geoservice.database.models.places import GROUP_OF_RANK, GROUP_OF_STANDING
from geoservice.names.matching import Answering, Columns, Condition, Tier, answers, only, tier_number
from geoservice.names.within import Area

FEW = 8000  # hits that are sorted at once
FEW_WITHIN = 4000  # the same in an area
WALK = 50_000  # names that a walk reads at most
SPARE = 20  # so many times the names that are wanted a walk has to promise
FORMER = 2
# Made once: putting the columns of an alias together takes as long as a short search.
_OTHER, _REST = aliased(PlaceName), aliased(PlaceName)


class Hit(NamedTuple):
    """A name by what it is ranked by: tier; standard, other or former; importance of the place, length, id."""

    tier: int
    kind_order: int
    rank: int
    length: int
    name_id: int


@dataclass(frozen=True)
class Asked:
    """A search.

    Attributes
    ----------
    day
        On which a name counts as former.
    only_in_force
        Whether names that are not in force on that day are left out.
    once
        Whether a place is found by its best name only.
    """

    answering: Answering
    day: date
    only_in_force: bool = False
    once: bool = True
    area: Area | None = None
    after: Hit | None = None

    @property
    def tiers(self) -> Sequence[Tier]:
        """All of them, the best first."""
        return self.answering.tiers


def best(connection: Connection, asked: Asked, most: int) -> list[Hit]:
    """The best names after a certain one, in order; one a place."""
    if not asked.tiers:
        return []
    if _few(asked, _expected(connection, asked, asked.answering)):
        return _run(connection, by_index(asked, most))
    found: list[Hit] = []
    for tier in asked.tiers:
        wanted = most - len(found)
        if wanted > 0 and (asked.after is None or tier.number >= asked.after.tier):
            found += _of_tier(connection, asked, tier, wanted)
    return found


def _of_tier(connection: Connection, asked: Asked, tier: Tier, most: int) -> list[Hit]:
    expected = _expected(connection, asked, tier)
    if _few(asked, expected):
        return _run(connection, by_tier_index(asked, tier, most))
    if not tier.in_order and _walkable(connection, expected, most):
        hits = _run(connection, by_walk(asked, tier, most))
        if _whole(asked, hits, most):
            return hits
    hits = _run(connection, (by_order if tier.in_order else by_groups)(asked, tier, most))
    if asked.only_in_force or _whole(asked, hits, most):
        return hits
    return sorted([*hits, *_run(connection, by_ended(asked, tier, most))])[:most]


def _whole(asked: Asked, hits: Sequence[Hit], wanted: int) -> bool:
    """Whether no other name is better: neither one that comes later nor one that has ended."""
    return len(hits) == wanted and (asked.only_in_force or hits[-1].kind_order < FORMER)


# ---- Through the indexes -------------------------------------------------------------------------------------------


def by_index(asked: Asked, most: int) -> Select[Any]:
    """All names that the indexes find, sorted."""
    found = and_(*asked.answering.index(PlaceName), answers(asked.tiers, PlaceName))
    if asked.area is not None:
        return _first_sorted(asked, _read(asked, PlaceName, found), most)
    return _sorted(asked, _read(asked, PlaceName, found), most)


def by_tier_index(asked: Asked, tier: Tier, most: int) -> Select[Any]:
    """All names of one tier that the indexes find, sorted."""
    found = and_(*tier.index(PlaceName), only(asked.tiers, tier.number, PlaceName))
    return _first_sorted(asked, _read(asked, PlaceName, found), most)


def by_ended(asked: Asked, tier: Tier, most: int) -> Select[Any]:
    """Names of one tier that have ended, sorted."""
    found = and_(*tier.index(PlaceName), only(asked.tiers, tier.number, PlaceName))
    # Not as the index of lanes has it: a planner thinks that few names have ended, and would read them all.
    ended = (func.abs(PlaceName.lane) == 1, PlaceName.valid_to <= asked.day)
    return _first_sorted(asked, _read(asked, PlaceName, found).where(*ended), most)


def _first_sorted(asked: Asked, hit: Select[Any], most: int) -> Select[Any]:
    """Sorted first, which OFFSET 0 holds to: where a place lies and what else it is called is asked until there are enough."""
    if asked.area is not None:
        hit = hit.where(asked.area.roughly(PlaceName.areas))
    sorted_hit = hit.order_by(*(text(name) for name in Hit._fields)).offset(0).subquery("hit")
    keys = [sorted_hit.c[name] for name in Hit._fields]
    statement = select(*keys)
    if asked.area is not None:
        statement = statement.where(asked.area.holds(sorted_hit.c.place_id))
    if asked.once:
        statement = statement.where(~_better(asked, sorted_hit.c.place_id, keys[0], *keys[1:2], *keys[3:]))
    return _after(asked, statement, keys).order_by(*keys).limit(most)


def _read(asked: Asked, name: Columns, found: ColumnElement[bool]) -> Select[Any]:
    return select(
        tier_number(asked.tiers, name).label("tier"),
        _kind_order(asked, name).label("kind_order"),
        name.place_rank.label("rank"),
        name.length.label("length"),
        name.id.label("name_id"),
        name.place_id.label("place_id"),
    ).where(visible(PlaceName), found, _dated(asked, name))


def _sorted(asked: Asked, statement: Select[Any], most: int) -> Select[Any]:
    # OFFSET 0 keeps the planner from working the ranks out anew wherever they are named.
    hit = statement.offset(0).subquery("hit")
    keys = [hit.c[name] for name in Hit._fields]
    if asked.once:
        nth = func.row_number().over(partition_by=hit.c.place_id, order_by=keys)
        numbered = select(*keys, nth.label("nth")).subquery("numbered")
        keys = [numbered.c[name] for name in Hit._fields]
        found = select(*keys).where(numbered.c.nth == 1)
    else:
        found = select(*keys)
    return _after(asked, found, keys).order_by(*keys).limit(most)


def _after(asked: Asked, statement: Select[Any], keys: Sequence[Any]) -> Select[Any]:
    return statement if asked.after is None else statement.where(tuple_(*keys) > tuple_(*asked.after))


# ---- In order ------------------------------------------------------------------------------------------------------


def by_walk(asked: Asked, tier: Tier, most: int) -> Select[Any]:
    """Names of one tier as they come in the order of the search, among the first names that there are."""
    walk = _walked(asked, tier).limit(WALK).subquery("walked")
    in_order = _met(asked, tier, walk.c, walk.c.standing, most)
    return _with_others(asked, tier, in_order, most, only_if_enough=True)


def by_order(asked: Asked, tier: Tier, most: int) -> Select[Any]:
    """Names of one tier as an index of its own gives them in the order of the search."""
    in_order = _walked(asked, tier).where(*tier.index(PlaceName)).offset(0).subquery("in_order_of_tier")
    return _with_others(asked, tier, _met(asked, tier, in_order.c, in_order.c.standing, most), most)


def by_groups(asked: Asked, tier: Tier, most: int) -> Select[Any]:
    """All names of one tier that the indexes find, a standing and importance after the other until there are enough."""
    groups = _groups(_since(asked, tier), by_length=not (tier.by_beginning or tier.put_together))
    order = (PlaceName.standing, PlaceName.place_rank, PlaceName.length, PlaceName.id)
    read: Any = select(*order, PlaceName.place_id).where(
        *_of_group(tier, groups.c),
        *tier.index(PlaceName),
        PlaceName.lane == 0,
        only(asked.tiers, tier.number, PlaceName),
        visible(PlaceName),
        _dated(asked, PlaceName),
    )
    if asked.area is not None:
        read = read.where(asked.area.roughly(PlaceName.areas))
    # In order first, which OFFSET 0 holds to: what else a place is called and where it lies is asked until there are enough.
    hit = (
        _beyond(asked, tier, read).order_by(PlaceName.length, PlaceName.id).offset(0).correlate(groups).subquery("hit")
    )
    told = _told(asked, tier, hit.c, hit.c.standing).order_by(hit.c.length, hit.c.id).limit(most)
    of_group = told.correlate(groups).subquery("of_group").lateral()
    # The groups come in order and each is looked into when its turn comes: there is no sorting before the limit.
    found = select(*of_group.c).select_from(groups.join(of_group, true())).limit(most)
    return _with_others(asked, tier, found, most)


def _of_group(tier: Tier, group: Columns) -> Sequence[ColumnElement[bool]]:
    """As the index that the tier asks holds groups."""
    if tier.by_beginning:
        return [PlaceName.standing == group.standing, PlaceName.place_rank == group.place_rank]
    return [PlaceName.order_group.overlap(group.order_groups)]


def _group_key(name: Columns) -> Any:
    """As the database makes `order_group`."""
    standing, rank = (cast(column, BigInteger) for column in (name.standing, name.place_rank))
    return standing * GROUP_OF_STANDING + rank * GROUP_OF_RANK + name.length


_GROUP = ("standing", "place_rank", "length")


def _groups(since: Sequence[int] | None, *, by_length: bool) -> Any:
    """Each standing and importance that there is, in order and not before `since`, with the numbers of its lengths: a step into the index each.

    Parameters
    ----------
    by_length
        Whether standard names, which are most, come apart by length too.
    """
    columns = [getattr(PlaceName, name) for name in _GROUP]
    begin: Any = select(*columns).where(PlaceName.lane == 0)
    if since is not None:
        begin = begin.where(tuple_(*columns) >= tuple_(*since[: len(columns)]))
    first = begin.order_by(*columns).limit(1).subquery("first")
    step = select(*first.c).cte("step", recursive=True)
    later = [getattr(PlaceName, name) for name in _GROUP]
    beyond = (
        select(*later)
        .where(PlaceName.lane == 0, tuple_(*later) > tuple_(*step.c))
        .order_by(*later)
        .limit(1)
        .correlate(step)
        .subquery("beyond")
        .lateral()
    )
    step = step.union_all(select(*beyond.c).select_from(step.join(beyond, true())))
    # Worked out here and not where it is compared: under a policy an index is only asked what is known not to leak.
    numbers = func.array_agg(_group_key(step.c), type_=ARRAY(BigInteger)).label("order_groups")
    length = case((step.c.standing == 0, step.c.length), else_=0)
    of_one = (step.c.standing, step.c.place_rank, *((length,) if by_length else ()))
    told = select(step.c.standing, step.c.place_rank, numbers)
    return told.group_by(*of_one).order_by(*of_one).offset(0).subquery("groups")


def _walked(asked: Asked, tier: Tier) -> Select[Any]:
    """Names in order, from the index that holds all that is asked of them."""
    order = (PlaceName.standing, PlaceName.place_rank, PlaceName.length, PlaceName.id)
    covered = (PlaceName.place_id, PlaceName.folded, PlaceName.pinyin, PlaceName.tones, PlaceName.initials)
    walk: Any = select(*order, *covered, PlaceName.valid_from, null().cast(Date).label("valid_to"))
    found: Select[Any] = _beyond(asked, tier, walk.where(PlaceName.lane == 0, visible(PlaceName))).order_by(*order)
    return found


def _beyond(asked: Asked, tier: Tier, statement: Any, name: Columns = PlaceName) -> Any:
    """Only what comes after the last name of the page before."""
    since = _since(asked, tier)
    if since is None:
        return statement
    return statement.where(tuple_(name.standing, name.place_rank, name.length, name.id) > tuple_(*since))


def _since(asked: Asked, tier: Tier) -> Sequence[int] | None:
    return asked.after[1:] if asked.after is not None and asked.after.tier == tier.number else None


def _with_others(
    asked: Asked, tier: Tier, in_order: Select[Any], most: int, *, only_if_enough: bool = False
) -> Select[Any]:
    """Names of the ordered index with those outside of it, which end or are too long; few of these are in force.

    Parameters
    ----------
    only_if_enough
        Nothing from outside where the ordered index gives too few: what it would give next may be better.
    """
    rest = _REST
    others = _met(asked, tier, rest, rest.standing, most).where(
        visible(rest), or_(and_(rest.lane == 1, rest.valid_to > asked.day), rest.lane == 2)
    )
    others = _beyond(asked, tier, others, rest)
    met = in_order.cte("in_order")
    if only_if_enough:
        others = others.where(select(func.count()).select_from(met).scalar_subquery() == most)
    both = met, others.subquery("others")
    found = select(both[0]).union_all(select(both[1])).subquery("found")
    keys = [found.c[name] for name in Hit._fields]
    return select(*keys).order_by(*keys).limit(most)


def _met(asked: Asked, tier: Tier, name: Columns, standing: Any, most: int) -> Select[Any]:
    of_tier = (only(asked.tiers, tier.number, name), _dated(asked, name))
    order = (standing, name.place_rank, name.length, name.id)
    return _told(asked, tier, name, standing).where(*of_tier).order_by(*order).limit(most)


def _told(asked: Asked, tier: Tier, name: Columns, standing: Any) -> Select[Any]:
    """As hits: those that lie in the area, one a place."""
    statement = select(
        literal(tier.number).label("tier"),
        standing.label("kind_order"),
        name.place_rank.label("rank"),
        name.length.label("length"),
        name.id.label("name_id"),
    )
    if asked.area is not None:
        statement = statement.where(asked.area.holds(name.place_id))
    if asked.once:
        mine = (literal(tier.number), standing, name.length, name.id)
        statement = statement.where(~_better(asked, name.place_id, *mine))
    return statement


def _better(asked: Asked, place_id: Any, *mine: Any) -> ColumnElement[bool]:
    """Whether a place has a name that answers better than one of a tier, kind order, length and id."""
    other = _OTHER
    theirs = tuple_(tier_number(asked.tiers, other), _kind_order(asked, other), other.length, other.id)
    return exists().where(
        other.place_id == place_id,
        visible(other),
        answers(asked.tiers, other),
        _dated(asked, other),
        theirs < tuple_(*mine),
    )


# ---- Shared --------------------------------------------------------------------------------------------------------


def _kind_order(asked: Asked, name: Columns) -> ColumnElement[int]:
    return case((name.valid_to <= asked.day, FORMER), else_=name.standing)


def _dated(asked: Asked, name: Columns) -> ColumnElement[bool]:
    if not asked.only_in_force:
        return or_(name.valid_from.is_(None), name.valid_from <= asked.day)
    # A former name without dates was in force at some time, but nobody knows when.
    undated = and_(name.standing == FORMER, name.valid_from.is_(None), name.valid_to.is_(None))
    return and_(in_force(name, asked.day), ~undated)


def _run(connection: Connection, statement: Select[Any]) -> list[Hit]:
    return [Hit(*row) for row in connection.execute(statement)]


class _Explained(Executable, ClauseElement):
    inherit_cache = True
    # What of it counts when a compiled form is looked up again.
    _traverse_internals: Any = [("statement", InternalTraversal.dp_clauseelement)]  # noqa: RUF012
    _all_selected_columns = ()

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _explain(element: _Explained, compiler: Any, **options: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + str(compiler.process(element.statement, **options))


def _expected(connection: Connection, asked: Asked, of: Answering | Tier) -> int:
    """How many names the planner expects to answer, in the area: as many as fulfil the rarest condition.

    Where it counts something else better (`counted`), at least as many as fulfil that: of what few names are known to hold it
    knows little; or that alone (`only_counted`).
    """
    there = true() if asked.area is None else asked.area.roughly(PlaceName.areas)

    def rows(*conditions: Condition) -> int:
        return _rows(connection, select(PlaceName.id).where(visible(PlaceName), *conditions, there))

    counted = None if of.counted is None else of.counted(PlaceName)
    if counted is not None and isinstance(of, Tier) and of.only_counted:
        return rows(counted)
    expected = map(rows, of.index(PlaceName))
    rarest = next(expected)
    while not _few(asked, rarest) and (further := next(expected, None)) is not None:
        rarest = min(rarest, further)
    return max(rarest, rows(counted)) if counted is not None and rarest <= FEW else rarest


def _few(asked: Asked, expected: int) -> bool:
    return expected <= (FEW if asked.area is None else FEW_WITHIN)


def _walkable(connection: Connection, expected: int, most: int) -> bool:
    """Whether a walk is likely to meet enough."""
    return expected * WALK > SPARE * most * _rows(connection, select(PlaceName.id))


def _rows(connection: Connection, statement: Select[Any]) -> int:
    plan = connection.execute(_Explained(statement)).scalar_one()
    return int(plan[0]["Plan"]["Plan Rows"])
