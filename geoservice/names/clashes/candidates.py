"""Names of the registry and of open cases that share a key with proposed ones, within their scope."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import TextClause, text

from geoservice.names.clashes.scopes import Extent, Scopes

RETIRED_YEARS = 5
MOST_FOUND = 2000


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


# Names of cases that share a key are few, and mostly none: they come along by their numbers, what to tell of them is
# asked apart. OFFSET 0: the place of each name is looked up, whatever the planner expects of keys that it does not know.
_BOTH = """
    select q.at, a.asked_for, r.* from jsonb_to_recordset(cast(:sought as jsonb)) as q(at int, keys text[], place bigint)
    cross join lateral (
        select array(select n.id from case_name n where n.alike_keys && q.keys and n.class_code = any(:codes)
                     order by n.id limit :most) as asked_for
    ) a
    left join lateral (
        select n.id as name_id, n.place_id, n.name, n.reading, n.reading_source, n.kind, n.valid_from, n.valid_to, p.class_code,
               p.unit_id, p.same_as_id,
               (select v.name from unit_version v where v.unit_id = p.unit_id order by v.valid_from desc nulls last limit 1)
                   as unit_name,
               null as lon, null as lat, null as case_id, null as case_state
        from place_name n cross join lateral (select * from place where id = n.place_id offset 0) p
        where n.alike_keys && q.keys and p.class_code = any(:codes) and p.id is distinct from q.place
          and (p.same_as_id is null or p.same_as_id is distinct from q.place)
          and p.id is distinct from (select o.same_as_id from place o where o.id = q.place)
          and (n.valid_to is null or n.valid_to > :since){roughly}{within}
        order by n.id limit :most
    ) r on true
"""
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
    order by n.id limit :most
"""
_LYING = " and {geom} && cast(:outline as geometry) and st_intersects({geom}, cast(:outline as geometry))"
_STATED = " and {unit} = any(:units)"
_WITHIN = {"all": "", "built_up": _LYING, "province": _STATED, "county": _STATED}
# A name of the registry knows roughly where its place lies: its index is asked for keys and areas at once.
_ROUGHLY = " and n.areas && cast(:roughly as bigint[])"
# Nobody has applied with a draft; what is entered is in the registry.
_CLOSED = ["draft", "refused", "withdrawn", "entered"]


def candidates(scopes: Scopes, sought: Sequence[Sought]) -> list[list[Any]]:
    """Of each, the names that share a key with it, at most `MOST_FOUND`; those of one scope are read together."""
    found: list[list[Any]] = [[] for _ in sought]
    for at, row in _rows(scopes, sought):
        found[at].append(row)
    return found


def _rows(scopes: Scopes, sought: Sequence[Sought]) -> Iterator[tuple[int, Any]]:
    places: defaultdict[tuple[Extent, tuple[str, ...]], list[int]] = defaultdict(list)
    for at, one in enumerate(sought):
        if one.keys:
            places[one.extent, one.codes].append(at)
    for (extent, codes), positions in places.items():
        scope = {"codes": list(codes), "most": MOST_FOUND, **scopes.values(extent)}
        asked = [{"at": at, "keys": sought[at].keys, "place": sought[at].place_id} for at in positions]
        for at, rows in groupby(_read(scopes, extent, scope, asked), key=lambda row: row["at"]):
            yield from _of_one(scopes, sought[at], scope, at, list(rows))


def _read(scopes: Scopes, extent: Extent, scope: dict[str, Any], asked: Sequence[dict[str, Any]]) -> Sequence[Any]:
    areas = scopes.roughly(extent)
    given = {
        "sought": json.dumps(asked, ensure_ascii=False),
        "since": scopes.day - timedelta(days=366 * RETIRED_YEARS),
        "roughly": areas,
    }
    statement = _statement(_BOTH, extent.applied, "p.geom", "p.unit_id", roughly=areas is not None)
    return scopes.connection.execute(statement, {**scope, **given}).mappings().all()


def _of_one(
    scopes: Scopes, sought: Sought, scope: dict[str, Any], at: int, rows: Sequence[Any]
) -> Iterator[tuple[int, Any]]:
    yield from ((at, row) for row in rows if row["name_id"] is not None)
    if not rows[0]["asked_for"]:
        return
    statement = _statement(_RESERVED, sought.extent.applied, "g.geom", "c.unit_id")
    own = {"case": sought.case_id, "case_name": sought.case_name_id, "siblings": sought.case_name_id is not None}
    asked = {**scope, **own, "closed": _CLOSED, "ids": rows[0]["asked_for"]}
    yield from ((at, row) for row in scopes.connection.execute(statement, asked).mappings())


@lru_cache(maxsize=32)
def _statement(template: str, applied: str, geom: str, unit: str, *, roughly: bool = False) -> TextClause:
    within = _WITHIN[applied].format(geom=geom, unit=unit)
    return text(template.format(within=within, roughly=_ROUGHLY if roughly else ""))
