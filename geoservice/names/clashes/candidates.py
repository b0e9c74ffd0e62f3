"""Names of the registry and of open cases that share a key with proposed ones, within their scope."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text

from geoservice.names.clashes.scopes import Extent, Scopes

RETIRED_YEARS = 5
MOST_FOUND = 2000
MOST_TOGETHER = 20_000  # rows of one statement that reads for several names


@dataclass(frozen=True)
class Sought:
    """What a proposed name is looked for by.

    Attributes
    ----------
    keys
        A name that may be taken for it shares one of them.
    codes
        Classes of the names that count.
    place_id, case_id, case_name_id
        Its own, whose names do not count; None where it has none yet.
    """

    keys: tuple[str, ...]
    codes: tuple[str, ...]
    extent: Extent
    place_id: int | None = None
    case_id: int | None = None
    case_name_id: int | None = None


_REGISTERED = """
    select n.alike_keys as keys, n.id as name_id, n.place_id, n.name, n.reading, n.reading_source, n.kind, n.valid_from, n.valid_to,
           p.class_code, p.unit_id, p.same_as_id,
           (select v.name from unit_version v where v.unit_id = p.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name,
           null as lon, null as lat, null as case_id, null as case_state
    from place_name n join place p on p.id = n.place_id
    where n.alike_keys && cast(:keys as text[]) and p.class_code = any(:codes)
      and (n.valid_to is null or n.valid_to > :since){roughly}{within}
    order by n.id limit :most
"""
# They are few, and mostly none: what to tell of them is asked apart.
_ASKED_FOR = text("""
    select n.id, n.alike_keys as keys from case_name n
    where n.alike_keys && cast(:keys as text[]) and n.class_code = any(:codes) order by n.id limit :most
""")
_SAME_AS = text("select id, same_as_id from place where id = any(:places) and same_as_id is not null")
# Names that open cases ask for, or that are approved and not entered yet, count as taken.
_RESERVED = """
    select null as name_id, n.place_id, coalesce(n.approved_name, n.name) as name,
           case when n.approved_name is null then n.reading else n.approved_reading end as reading,
           'stated' as reading_source, 'standard' as kind, null as valid_from, null as valid_to, n.class_code, c.unit_id,
           (select v.name from unit_version v where v.unit_id = c.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name,
           st_x(st_pointonsurface(g.geom)) as lon, st_y(st_pointonsurface(g.geom)) as lat, c.id as case_id,
           c.state as case_state
    from case_name n join naming_case c on c.id = n.case_id left join place p on p.id = n.place_id
    cross join lateral (select coalesce(n.geom, p.geom) as geom) g
    where n.id = any(:ids) and c.kind in ('naming', 'renaming')
      and (c.state <> all(:closed) or c.id = :case) and (c.id is distinct from :case or :siblings)
      and n.id is distinct from :case_name and n.decision is distinct from 'dropped'{within}
    order by n.id
"""
_LYING = " and {geom} && cast(:outline as geometry) and st_intersects({geom}, cast(:outline as geometry))"
_STATED = " and {unit} = any(:units)"
_WITHIN = {"all": "", "built_up": _LYING, "province": _STATED, "county": _STATED}
# A name of the registry knows roughly where its place lies: its index is asked for keys and areas at once.
_ROUGHLY = " and n.areas && cast(:roughly as bigint[])"
# Nobody has applied with a draft; what is entered is in the registry.
_CLOSED = ["draft", "refused", "withdrawn", "entered"]


class Read(NamedTuple):
    """The names that one may be taken for; `cut` where there were more than are read."""

    rows: list[Any]
    cut: bool


def candidates(scopes: Scopes, sought: Sequence[Sought]) -> list[Read]:
    """Of each, the names that share a key with it, at most `MOST_FOUND`; those of one scope are read together."""
    found = [Read([], cut=False) for _ in sought]
    scope: defaultdict[tuple[Extent, tuple[str, ...]], list[int]] = defaultdict(list)
    for at, one in enumerate(sought):
        if one.keys:
            scope[one.extent, one.codes].append(at)
    same_as = _same_as(scopes, sought)
    for (extent, codes), places in scope.items():
        given = {"codes": list(codes), **scopes.values(extent)}
        of_registry, of_cases = partial(_registered, scopes, extent, given), partial(_asked_for, scopes, given)
        for at, registered in _shared(of_registry, sought, places):
            rows = [row for row in registered.rows if not _is_own(row, sought[at], same_as)]
            found[at] = Read(rows, registered.cut)
        for at, asked_for in _shared(of_cases, sought, places):
            reserved = _reserved(scopes, sought[at], given, [row["id"] for row in asked_for.rows])
            found[at] = Read([*found[at].rows, *reserved], found[at].cut or asked_for.cut)
    return found


def _shared(
    read: Callable[[Sequence[str], int], Sequence[Any]], sought: Sequence[Sought], places: Sequence[int]
) -> Iterator[tuple[int, Read]]:
    """Of each name that is looked for, the rows that share a key with it, in their order.

    Names whose rows are too many to be read together are read in halves: no frequent name hides what is like a rare one.
    """
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for at in places:
        for key in sought[at].keys:
            by_key[key].append(at)
    most = MOST_FOUND if len(places) == 1 else MOST_TOGETHER
    rows = read(sorted(by_key), most)
    if len(rows) >= most and len(places) > 1:
        half = len(places) // 2
        yield from _shared(read, sought, places[:half])
        yield from _shared(read, sought, places[half:])
        return
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in rows:
        for at in {at for key in row["keys"] for at in by_key.get(key, ())}:
            found[at].append(row)
    yield from ((at, Read(mine[:MOST_FOUND], cut=len(mine) >= MOST_FOUND)) for at, mine in found.items())


def _same_as(scopes: Scopes, sought: Sequence[Sought]) -> dict[int, int]:
    """Of the places that are named anew, those that are registered twice: with whom."""
    places = [one.place_id for one in sought if one.place_id is not None]
    rows = scopes.connection.execute(_SAME_AS, {"places": places}) if places else ()
    return {row.id: row.same_as_id for row in rows}


def _is_own(row: Any, sought: Sought, same_as: Mapping[int, int]) -> bool:
    place = sought.place_id
    return place is not None and (
        place in (row["place_id"], row["same_as_id"]) or same_as.get(place) == row["place_id"]
    )


def _registered(
    scopes: Scopes, extent: Extent, given: Mapping[str, Any], keys: Sequence[str], most: int
) -> Sequence[Any]:
    areas = scopes.roughly(extent)
    since = scopes.day - timedelta(days=366 * RETIRED_YEARS)
    statement = _statement(_REGISTERED, extent.applied, "p.geom", "p.unit_id", roughly=areas is not None)
    asked = {**given, "keys": keys, "most": most, "since": since, "roughly": areas}
    return scopes.connection.execute(statement, asked).mappings().all()


def _asked_for(scopes: Scopes, given: Mapping[str, Any], keys: Sequence[str], most: int) -> Sequence[Any]:
    return scopes.connection.execute(_ASKED_FOR, {**given, "keys": keys, "most": most}).mappings().all()


def _reserved(scopes: Scopes, sought: Sought, given: Mapping[str, Any], ids: Sequence[int]) -> Sequence[Any]:
    statement = _statement(_RESERVED, sought.extent.applied, "g.geom", "c.unit_id")
    own = {"case": sought.case_id, "case_name": sought.case_name_id, "siblings": sought.case_name_id is not None}
    return scopes.connection.execute(statement, {**given, **own, "closed": _CLOSED, "ids": ids}).mappings().all()


@lru_cache(maxsize=32)
def _statement(template: str, applied: str, geom: str, unit: str, *, roughly: bool = False) -> TextClause:
    within = _WITHIN[applied].format(geom=geom, unit=unit)
    return text(template.format(within=within, roughly=_ROUGHLY if roughly else ""))
