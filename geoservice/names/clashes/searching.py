"""Names that a proposed one may be taken for, within the scope that the law sets for its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, TextClause, text

from geoservice.catalog import Catalog
from geoservice.errors import BadRequest
from geoservice.ingest.alike import alike, alike_keys
from geoservice.ingest.reading_sources import is_stated
from geoservice.names.clashes.comparing import Match, Sounding, Tier, compare
from geoservice.names.clashes.elsewhere import KINDS_ELSEWHERE, told_elsewhere
from geoservice.names.clashes.scopes import Extent, Scopes, rule_of

RETIRED_YEARS = 5
MOST_FOUND = 2000
KINDS = ("province", "prefecture", "county", "township", "village", "street", "estate", "water", "mountain", "facility")


@dataclass(frozen=True)
class Proposed:
    """A name that is asked for.

    Attributes
    ----------
    kind
        One of `KINDS`.
    reading
        As it was stated, with tone marks or numbers.
    shape
        Where it shall lie: hexadecimal EWKB, EPSG:4490, longitude first.
    unit_id
        Unit that it lies in, where there is no shape.
    place_id
        Of the place itself, where it has names already: they do not count.
    case_id
        Of the case that asks for it: its own names are not reserved against it.
    case_name_id
        Which of the names of that case it is: then the others count.
    width_m, length_m
        Of what it shall name, where they are known.
    """

    name: str
    kind: str
    reading: str | None = None
    shape: str | None = None
    unit_id: int | None = None
    place_id: int | None = None
    case_id: int | None = None
    case_name_id: int | None = None
    width_m: float | None = None
    length_m: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise BadRequest("names.unknown-kind", value=self.kind[:60], known=", ".join(KINDS))


@dataclass(frozen=True)
class Clash:
    """One name that may be taken for the proposed one.

    Attributes
    ----------
    state
        in_force, retired or former, and of open cases reserved (approved and not yet entered) or pending;
        retired within the last years counts.
    name_id
        None of a name that is not in the registry yet; then there is a `case_id`.
    """

    name_id: int | None
    place_id: int | None
    name: str
    reading: str | None
    kind: str
    state: str
    match: Match
    class_code: str
    unit_id: int | None
    unit_name: str | None
    valid_from: date | None
    valid_to: date | None
    lon: float | None
    lat: float | None
    case_id: int | None = None


@dataclass(frozen=True)
class Found:
    """The clashes of one name, the closest first, and where they were looked for."""

    proposed: Sounding
    extent: Extent
    clashes: tuple[Clash, ...] = field(default_factory=tuple)
    cut: bool = False


def find_clashes(
    connection: Connection,
    catalog: Catalog,
    proposed: Proposed,
    *,
    day: date,
    near: frozenset[str] | None = None,
    closest: Tier = Tier.NEAR_FORM,
    scopes: Scopes | None = None,
) -> Found:
    """Names in force, former, lately retired and reserved ones of the same kind, in the scope of the law.

    Parameters
    ----------
    day
        On which names are in force.
    near
        Ids of the near sounds that count; all by default.
    closest
        The loosest tier that is told.
    scopes
        Of this transaction and day, where several names are looked for.
    """
    scopes = scopes or Scopes(connection, day)
    code = codes_of(catalog, proposed.kind)[0]
    mine = Sounding.of(proposed.name, code, proposed.reading)
    keys = alike_keys(proposed.name, code, proposed.reading)
    extent = scopes.extent_of(proposed.kind, proposed.shape, proposed.unit_id)
    read = _candidates(scopes, proposed, codes_of(catalog, proposed.kind), keys, extent)
    rows = once_each(read)
    others, more = _elsewhere(scopes, proposed, code, keys, extent, rows)
    found: list[Clash] = []
    for row in (*rows, *others):
        # What a dictionary says confirms nothing: all readings of such a name are tried.
        stated = row["reading"] if is_stated(row["reading_source"]) else None
        theirs = Sounding.of(row["name"], row["class_code"], stated)
        match = compare(mine, theirs, near)
        if match is not None and match.tier <= closest:
            found.append(_clash(row, match, day))
    found.sort(key=_closeness)
    return Found(mine, extent, _placed(connection, _once(found)), cut=more or len(read) >= MOST_FOUND)


_ORDER = {"in_force": 0, "reserved": 1, "pending": 2, "retired": 3, "former": 4}


def _closeness(one: Clash) -> tuple[int, bool, bool, int, int]:
    match = one.match
    return match.tier, match.unlikely, not match.whole, _ORDER[one.state], one.name_id or one.case_id or 0


def _once(found: Iterable[Clash]) -> Iterator[Clash]:
    """A name that was given up is kept as retired and as former: it is told once."""
    told: set[tuple[int, str]] = set()
    for one in found:
        key = None if one.place_id is None else (one.place_id, one.name)
        if one.state in ("retired", "former") and key is not None:
            if key in told:
                continue
            told.add(key)
        yield one


_POINTS = text("""
    select p.id, st_x(g.geom) as lon, st_y(g.geom) as lat
    from place p cross join lateral (select st_pointonsurface(p.geom) as geom) g where p.id = any(:ids)
""")


def _placed(connection: Connection, found: Iterable[Clash]) -> tuple[Clash, ...]:
    """With a point of each place of the registry: worked out for clashes alone, for candidates are many more."""
    told = tuple(found)
    ids = {one.place_id for one in told if one.lon is None and one.place_id is not None}
    if not ids:
        return told
    points = {row.id: {"lon": row.lon, "lat": row.lat} for row in connection.execute(_POINTS, {"ids": list(ids)})}
    return tuple(replace(one, **points[one.place_id]) if one.place_id in points else one for one in told)


def once_each(rows: Sequence[Any]) -> list[Any]:
    """Without the names of an organisation whose unit is among them: the two are one place, registered twice."""
    met = {row["place_id"] for row in rows}
    return [row for row in rows if row.get("same_as_id") is None or row["same_as_id"] not in met]


def codes_of(catalog: Catalog, kind: str) -> list[str]:
    """Class codes of the names that a name of a kind may not repeat."""
    rule = rule_of(kind)
    entries = catalog.codes["place_classes"].entries
    taken = {code for one in alike().scopes for code in one.classes if one.id != rule.id}
    own = [
        entry.code
        for entry in entries
        if entry.code in rule.classes or (entry.attributes.get("romanise") in rule.kinds and entry.code not in taken)
    ]
    return own or ["21"]


_CANDIDATES = """
    select n.id as name_id, n.place_id, n.name, n.reading, n.reading_source, n.kind, n.valid_from, n.valid_to, p.class_code, p.unit_id,
           p.same_as_id,
           (select v.name from unit_version v where v.unit_id = p.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name,
           null as lon, null as lat, null as case_id, null as case_state
    from place_name n join place p on p.id = n.place_id
    where ({keys}) and p.class_code = any(:codes) and p.id is distinct from :place
      and (p.same_as_id is null or p.same_as_id is distinct from :place) and p.id is distinct from (select o.same_as_id from place o where o.id = :place)
      and (n.valid_to is null or n.valid_to > :since){within}{roughly}
    order by n.id limit :most
"""
# Names of cases that share a key are few, and mostly none: they come along by their numbers, what to tell of them is asked apart.
_BOTH = f"""
    select r.*, a.asked_for from (
        select array(select n.id from case_name n where ({{keys}}) and n.class_code = any(:codes) order by n.id limit :most) as asked_for
    ) a left join ({_CANDIDATES}) r on true
"""  # noqa: S608 - statements from above
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
# A name of the registry knows roughly where its place lies, and its index is asked for keys and areas at once.
_ROUGHLY = " and n.areas && cast(:roughly as bigint[])"
# Nobody has applied with a draft; what is entered is in the registry.
_CLOSED = ["draft", "refused", "withdrawn", "entered"]
_DECIDED = ("approved", "filed", "announced")


@lru_cache(maxsize=256)
def _statement(template: str, keys: int, applied: str, geom: str, unit: str, *, roughly: bool = False) -> TextClause:
    """Put together once: one condition a key, so that each is answered from the index."""
    conditions = " or ".join(f"n.alike_keys @> cast(:key{at} as text[])" for at in range(keys))
    within = _WITHIN[applied].format(geom=geom, unit=unit)
    return text(template.format(keys=conditions, within=within, roughly=_ROUGHLY if roughly else ""))


def _candidates(
    scopes: Scopes, proposed: Proposed, codes: Sequence[str], keys: Sequence[str], extent: Extent
) -> Sequence[Any]:
    if not keys:
        return []
    given = {
        **{f"key{at}": [key] for at, key in enumerate(keys)},
        "codes": codes,
        "most": MOST_FOUND,
        **scopes.values(extent),
    }
    areas = scopes.roughly(extent)
    since = scopes.day - timedelta(days=366 * RETIRED_YEARS)
    both = _statement(_BOTH, len(keys), extent.applied, "p.geom", "p.unit_id", roughly=areas is not None)
    of_registry = {"place": proposed.place_id, "since": since, "roughly": areas}
    rows = scopes.connection.execute(both, {**given, **of_registry}).mappings().all()
    found = [row for row in rows if row["name_id"] is not None]
    asked_for = rows[0]["asked_for"]
    if not asked_for:
        return found
    cases = _statement(_RESERVED, 0, extent.applied, "g.geom", "c.unit_id")
    own = {"case": proposed.case_id, "case_name": proposed.case_name_id, "siblings": proposed.case_name_id is not None}
    asked = {**given, **own, "closed": _CLOSED, "ids": asked_for}
    return [*found, *scopes.connection.execute(cases, asked).mappings()]


def _elsewhere(
    scopes: Scopes, proposed: Proposed, code: str, keys: Sequence[str], extent: Extent, rows: Sequence[Any]
) -> tuple[list[dict[str, Any]], bool]:
    """Units and communities that have no place of their name in the same unit."""
    if proposed.kind not in KINDS_ELSEWHERE:
        return [], False
    kept = scopes.elsewhere(proposed.kind, code, extent.unit_id)
    found = told_elsewhere(scopes.connection, proposed.kind, code, kept.sharing(keys))
    told = {(row["name"], row["unit_id"]) for row in rows}
    return [row for row in found if not told & {(row["name"], row["unit_id"]), (row["name"], row["own_id"])}], kept.cut


def _clash(row: Any, match: Match, day: date) -> Clash:
    named = ("name_id", "place_id", "name", "reading", "kind", "class_code", "unit_id", "unit_name", "valid_from")
    return Clash(
        **{name: row[name] for name in (*named, "case_id")},
        state=_state(row, day),
        match=match,
        valid_to=row["valid_to"],
        lon=row["lon"],
        lat=row["lat"],
    )


def _state(row: Any, day: date) -> str:
    if row["case_id"] is not None:
        return "reserved" if row["case_state"] in _DECIDED else "pending"
    if row["valid_to"] is not None and row["valid_to"] <= day:
        return "retired"
    return "former" if row["kind"] == "former" else "in_force"
