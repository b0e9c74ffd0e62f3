"""Names that a proposed one may be taken for, within the scope that the law sets for its class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.errors import BadRequest
from geoservice.ingest.alike import alike, alike_keys
from geoservice.ingest.reading_sources import is_stated
from geoservice.names.clashes.candidates import Sought, candidates
from geoservice.names.clashes.comparing import Match, Sounding, Tier, compare
from geoservice.names.clashes.elsewhere import KINDS_ELSEWHERE, told_elsewhere
from geoservice.names.clashes.scopes import Extent, Scopes, rule_of

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
    sought = _sought(scopes, catalog, proposed)
    read = scopes.ahead.pop(proposed, None)
    if read is None:
        (read,) = candidates(scopes, [sought])
    rows = once_each(read.rows)
    others, more = _elsewhere(scopes, proposed, code, sought.keys, sought.extent, rows)
    found: list[Clash] = []
    for row in (*rows, *others):
        # What a dictionary says confirms nothing: all readings of such a name are tried.
        stated = row["reading"] if is_stated(row["reading_source"]) else None
        theirs = Sounding.of(row["name"], row["class_code"], stated)
        match = compare(mine, theirs, near)
        if match is not None and match.tier <= closest:
            found.append(_clash(row, match, day))
    found.sort(key=_closeness)
    return Found(mine, sought.extent, _placed(connection, _once(found)), cut=more or read.cut)


def read_ahead(scopes: Scopes, catalog: Catalog, proposed: Sequence[Proposed]) -> None:
    """Reads what each of many names is compared with, in few statements; `find_clashes` of them asks for it no more."""
    sought = [_sought(scopes, catalog, one) for one in proposed]
    scopes.ahead.update(zip(proposed, candidates(scopes, sought), strict=True))


def _sought(scopes: Scopes, catalog: Catalog, proposed: Proposed) -> Sought:
    codes = codes_of(catalog, proposed.kind)
    return Sought(
        tuple(alike_keys(proposed.name, codes[0], proposed.reading)),
        tuple(codes),
        scopes.extent_of(proposed.kind, proposed.shape, proposed.unit_id),
        proposed.place_id,
        proposed.case_id,
        proposed.case_name_id,
    )


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


_DECIDED = ("approved", "filed", "announced")


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
