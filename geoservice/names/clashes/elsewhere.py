"""Names that are kept as units and communities and not as places: they count as names as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from geoservice.ingest.alike import alike_keys

# Without a scope so many are looked through, and no more.
MOST_LOOKED_AT = 20_000
# Units whose keys are worked out before anybody asks; the rest when a name is first compared with them.
MOST_PREPARED = 50_000
_IN_FORCE = "(v.valid_from is null or v.valid_from <= :day) and (v.valid_to is null or v.valid_to > :day)"
_SAME = """
    select null as name_id, null as place_id, {row}.name, null as reading, 'unstated' as reading_source, 'standard' as kind,
           null as case_id, null as case_state, st_x(g.geom) as lon, st_y(g.geom) as lat
"""
_COMMUNITIES = f"""
    {_SAME.format(row="m")}, null as valid_from, null as valid_to, m.unit_id, null as own_id,
           (select v.name from unit_version v where v.unit_id = m.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name
    from community m cross join lateral (select st_pointonsurface(m.geom) as geom) g
    where m.id = any(:ids) order by m.id
"""  # noqa: S608 - columns of our own
_UNITS = f"""
    {_SAME.format(row="v")}, v.valid_from, v.valid_to, v.parent_id as unit_id, v.unit_id as own_id,
           (select a.name from unit_version a where a.unit_id = v.parent_id order by a.valid_from desc nulls last limit 1)
               as unit_name
    from unit_version v cross join lateral (select st_pointonsurface(v.geom) as geom) g
    where v.id = any(:ids) order by v.id
"""  # noqa: S608 - columns of our own
_ALL_COMMUNITIES = "select m.id, m.name from community m where true {within} order by m.id limit :most"
_ALL_UNITS = f"""
    select v.id, v.name from unit_version v where v.level = :kind and {_IN_FORCE} {{within}} order by v.id limit :most
"""  # noqa: S608 - columns of our own
UNITS = ("township", "county", "prefecture", "province")
_OF_KIND = {
    "village": (_ALL_COMMUNITIES, _COMMUNITIES, "m.unit_id"),
    **dict.fromkeys(UNITS, (_ALL_UNITS, _UNITS, "v.unit_id")),
}

KINDS_ELSEWHERE = frozenset(_OF_KIND)


@dataclass(frozen=True)
class Elsewhere:
    """Numbers of units or communities of a kind by the keys of their names; `cut` where there were more than are looked at."""

    by_key: Mapping[str, Sequence[int]]
    cut: bool

    def sharing(self, keys: Iterable[str]) -> list[int]:
        """Those that share one of the keys, each once, in their order."""
        return sorted({number for key in keys for number in self.by_key.get(key, ())})


def kept_elsewhere(connection: Connection, kind: str, code: str, below: Sequence[int] | None, day: date) -> Elsewhere:
    """Units or communities of a kind, by their keys.

    Parameters
    ----------
    below
        Units that they lie in; anywhere where it is None.
    """
    named = _named(connection, kind, below, day)
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in named:
        for key in _keys(name, code):
            by_key[key].append(number)
    return Elsewhere(by_key, cut=len(named) >= MOST_LOOKED_AT)


def units_named(connection: Connection, codes: Mapping[str, str], day: date) -> list[tuple[str, str]]:
    """Names of units with their class codes, for `prepare_keys`; `MOST_PREPARED` at most.

    Parameters
    ----------
    codes
        Class codes by the kind of unit.
    """
    found: list[tuple[str, str]] = []
    for kind, code in codes.items():
        named = _named(connection, kind, None, day, MOST_PREPARED - len(found))
        found += [(name, code) for _, name in named]
    return found


def prepare_keys(named: Iterable[tuple[str, str]], *, ended: Callable[[], bool] = lambda: False) -> None:
    """Works out the keys of names, half a millisecond each, so that no check of a name waits for it."""
    for name, code in named:
        if ended():
            return
        _keys(name, code)


def names_elsewhere(
    connection: Connection, kind: str, code: str, below: Sequence[int] | None, day: date
) -> list[dict[str, Any]]:
    """All of them, `MOST_LOOKED_AT` at most, as the search for clashes reads names."""
    return told_elsewhere(connection, kind, code, [number for number, _ in _named(connection, kind, below, day)])


def _named(
    connection: Connection, kind: str, below: Sequence[int] | None, day: date, most: int = MOST_LOOKED_AT
) -> Sequence[tuple[int, str]]:
    if kind not in _OF_KIND:
        return []
    statement, _, unit = _OF_KIND[kind]
    within = "" if below is None else f"and {unit} = any(:below)"
    given = {"day": day, "kind": kind, "below": list(below or ()), "most": most}
    return [(number, name) for number, name in connection.execute(text(statement.format(within=within)), given)]


def told_elsewhere(connection: Connection, kind: str, code: str, ids: Sequence[int]) -> list[dict[str, Any]]:
    """What is told of each, as the search for clashes reads names; points on outlines cost, and most names are not told of."""
    if not ids:
        return []
    rows = connection.execute(text(_OF_KIND[kind][1]), {"ids": list(ids)}).mappings()
    return [{**row, "class_code": code} for row in rows]


@lru_cache(maxsize=2 * MOST_PREPARED)
def _keys(name: str, code: str) -> frozenset[str]:
    return frozenset(alike_keys(name, code, None))
