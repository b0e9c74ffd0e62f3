"""One place under several spellings (一地多写): 侯口 and 候口, 李家塆 and 李家湾, across sources and within one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from geoservice.crs import ELLIPSOID
from geoservice.ingest.alike import alike, same_form
from geoservice.ingest.name_keys import VARIANTS, folded

MOST = 200_000
_IN_FORCE = "({a}.valid_from is null or {a}.valid_from <= :day) and ({a}.valid_to is null or {a}.valid_to > :day)"
# Two spellings differ in one of these characters: both names hold one.
_HOLDS = "{a}.name ~ :characters"
_PLACES = f"""
    select 'place' as kind, p.id, n.name, left(p.class_code, 2) as sort, p.unit_id, p.code, b.source_name as source,
           st_x(g.geom) as lon, st_y(g.geom) as lat, v.name as unit_name, p.class_code
    from place_name n join place p on p.id = n.place_id left join import_batch b on b.id = n.batch_id
    cross join lateral (select st_pointonsurface(p.geom) as geom) g
    left join unit_version v on v.unit_id = p.unit_id and {_IN_FORCE.format(a="v")}
    where n.kind = 'standard' and {_IN_FORCE.format(a="n")} and {_HOLDS.format(a="n")} order by n.id limit :most
"""  # noqa: S608 - columns of our own
_COMMUNITIES = f"""
    select 'community' as kind, m.id, m.name, '21' as sort, m.unit_id,
           (select string_agg(c.code, '、' order by c.id) from community_code c where c.community_id = m.id) as code,
           b.source_name as source, st_x(g.geom) as lon, st_y(g.geom) as lat, v.name as unit_name, null as class_code
    from community m left join import_batch b on b.id = m.batch_id
    cross join lateral (select st_pointonsurface(m.geom) as geom) g
    left join unit_version v on v.unit_id = m.unit_id and {_IN_FORCE.format(a="v")}
    where {_HOLDS.format(a="m")} order by m.id limit :most
"""  # noqa: S608 - columns of our own
_UNITS = f"""
    select 'unit' as kind, v.unit_id as id, v.name, v.level as sort, v.parent_id as unit_id, c.codes[1] as code,
           array_to_string(array_remove(array[v.source, array_to_string(c.systems, '、')], null), '，') as source,
           st_x(g.geom) as lon, st_y(g.geom) as lat, a.name as unit_name, null as class_code
    from unit_version v
    left join lateral (select array_agg(k.code order by k.id) as codes, array_agg(distinct k.system || ' ' || k.edition) as systems
                       from unit_code k where k.unit_id = v.unit_id) c on true
    left join unit_version a on a.unit_id = v.parent_id and {_IN_FORCE.format(a="a")}
    cross join lateral (select st_pointonsurface(v.geom) as geom) g
    where {_IN_FORCE.format(a="v")} and {_HOLDS.format(a="v")} order by v.id limit :most
"""  # noqa: S608 - columns of our own


@dataclass(frozen=True, slots=True)
class Written:
    """One spelling and whose it is.

    Attributes
    ----------
    kind
        place, community or unit.
    source
        File, or document and systems of codes; None for what was made at the desk.
    """

    kind: str
    id: int
    name: str
    sort: str
    unit_id: int | None
    unit_name: str | None
    code: str | None
    class_code: str | None
    source: str | None
    lon: float | None
    lat: float | None


@dataclass(frozen=True)
class Spelt:
    """Records of one place that write its name differently.

    Attributes
    ----------
    how
        ``variant`` where the characters are variants of one word (塆/湾), ``lookalike`` where they only look alike.
    """

    how: str
    records: tuple[Written, ...]

    @property
    def spellings(self) -> tuple[str, ...]:
        """Each spelling once."""
        return tuple(dict.fromkeys(one.name for one in self.records))


def spellings(connection: Connection, day: date, *, units: Sequence[int] | None = None) -> tuple[list[Spelt], bool]:
    """Places with several spellings, variants first; and whether there were more names than are compared.

    Parameters
    ----------
    day
        Names in force on it count.
    units
        Only records of these units; all by default.
    """
    given = {"day": day, "characters": f"[{''.join(sorted(_characters()))}]", "most": MOST}
    read = [list(connection.execute(text(asked), given).mappings()) for asked in (_UNITS, _PLACES, _COMMUNITIES)]
    rows = [Written(**row) for part in read for row in part]
    wanted = None if units is None else set(units)
    if wanted is not None:
        rows = [one for one in rows if one.unit_id in wanted or (one.kind == "unit" and one.id in wanted)]
    return spelt(rows), any(len(part) >= MOST for part in read)


def spelt(rows: Sequence[Written]) -> list[Spelt]:
    """Groups the records of one place that are written differently.

    Examples
    --------
    >>> def unit(name: str, source: str) -> Written:
    ...     return Written("unit", 1, name, "township", 9, "天门市", "429006002", None, source, None, None)
    >>> found = spelt([unit("侯口街道", "mca 2025"), unit("候口街道", "nbs 2023"), unit("岳口镇", "mca 2025")])
    >>> [(one.how, one.spellings) for one in found]
    [('variant', ('侯口街道', '候口街道'))]
    >>> spelt([])
    []
    """
    alike_ones: defaultdict[tuple[str, str], list[Written]] = defaultdict(list)
    for one in rows:
        sort = "village" if one.sort in ("21", "27") and one.kind != "unit" else one.sort
        alike_ones[sort, same_form(_stem(one.name) if sort == "village" else one.name)].append(one)
    found = [
        group
        for several in alike_ones.values()
        if len({_plain(one) for one in several}) > 1
        for group in _places(several)
    ]
    return sorted(found, key=lambda one: (one.how != "variant", one.spellings))


def _places(several: Sequence[Written]) -> Iterator[Spelt]:
    """The records of each place; a place that is written in one way only is none."""
    left = list(several)
    while left:
        place, waiting = [], [left.pop(0)]
        while waiting:
            one = waiting.pop()
            place.append(one)
            near = [other for other in left if _same_place(one, other)]
            left = [other for other in left if other not in near]
            waiting += near
        if len({_plain(one) for one in place}) > 1:
            place.sort(key=lambda one: (_plain(one), one.kind, one.id))
            how = "variant" if len({folded(_plain(one)) for one in place}) == 1 else "lookalike"
            yield Spelt(how, tuple(place))


def _same_place(one: Written, other: Written) -> bool:
    if None not in (one.lon, one.lat, other.lon, other.lat):
        distance_m = float(ELLIPSOID.inv(one.lon, one.lat, other.lon, other.lat)[2])
        if distance_m <= alike().spellings.near_m:
            return True
        return one.kind != other.kind and _same_code(one, other)
    return _same_code(one, other) or (one.unit_id is not None and one.unit_id == other.unit_id)


def _same_code(one: Written, other: Written) -> bool:
    """Of two systems a code of one value under nearly one name is one place; under another name it would not be."""
    return one.code is not None and one.code == other.code


def _plain(one: Written) -> str:
    """The name without what villages end in: a committee is no other spelling of its village."""
    return _stem(one.name) if one.sort in ("21", "27") and one.kind != "unit" else one.name


def _stem(name: str) -> str:
    endings = "|".join(alike().registered_twice.endings)
    return re.sub(f"({endings})$", "", name) or name


def _characters() -> set[str]:
    return {*VARIANTS, *VARIANTS.values(), *"".join(alike().near_forms.groups)}
