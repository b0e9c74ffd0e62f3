"""Villages and communities that are registered twice, as unit and as organisation: shown once, linked and parted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from geoservice.catalog import Catalog
from geoservice.database.actor import acting
from geoservice.database.filters import visible
from geoservice.database.models import Place, PlaceName
from geoservice.database.prepare import bump_revision
from geoservice.database.trail import give_reason
from geoservice.errors import BadRequest, Forbidden, NotFound
from geoservice.ingest.load.registered_twice import Pair, link, pairs, partners
from geoservice.names.matching import answers
from geoservice.names.ranking import Asked

LAYER = "places"
_TOLD = text("""
    select p.id as place_id, p.key, p.class_code, p.code, n.name, st_x(g.geom) as lon, st_y(g.geom) as lat,
           (select v.name from unit_version v where v.unit_id = p.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name
    from place p cross join lateral (select st_pointonsurface(p.geom) as geom) g
    cross join lateral (select n.name from place_name n where n.place_id = p.id and n.kind = 'standard'
                        order by n.valid_to desc nulls first, n.valid_from desc nulls last limit 1) n
    where p.id = any(:ids)
""")
_FOUND = text("select id, class_code, same_as_id, apart_from from place where id = :id")
_SET = text("""
    update place set same_as_id = cast(:unit as bigint),
           apart_from = case when cast(:unit as bigint) is null
                             then array(select distinct unnest(apart_from || cast(:apart as bigint[])) order by 1)
                             else array_remove(apart_from, cast(:unit as bigint)) end
    where id = :id
""")


def once_each(connection: Connection, items: Sequence[dict[str, Any]], asked: Asked) -> list[dict[str, Any]]:
    """Hits of a search without organisations whose unit answers too; each unit tells the codes of its organisation in `also`."""
    ids = [one["place_id"] for one in items]
    if not ids:
        return []
    units = dict(connection.execute(_same_as(bool(acting.get().reads)), {"ids": ids}).all())
    answering = set(units.values())
    if answering:
        names = select(PlaceName.place_id).where(PlaceName.place_id.in_(answering), visible(PlaceName))
        if asked.tiers:
            names = names.where(answers(asked.tiers, PlaceName))
        answering = set(connection.execute(names).scalars())
    kept = [one for one in items if units.get(one["place_id"]) not in answering]
    also = registered_as(connection, [one["place_id"] for one in kept])
    return [{**one, "also": also.get(one["place_id"], [])} for one in kept]


_ANY = func.any(bindparam("ids", type_=ARRAY(BigInteger)))


# Kept, by what `visible` makes of who acts.
@cache
def _same_as(_reads: bool) -> Any:  # noqa: FBT001 - the key
    unit = aliased(Place)
    linked = select(Place.id, Place.same_as_id).join(unit, unit.id == Place.same_as_id)
    return linked.where(Place.id == _ANY, visible(Place), visible(unit))


@cache
def _registrations(_reads: bool) -> Any:  # noqa: FBT001 - the key
    unit = aliased(Place)
    linked = select(Place.id.label("body_id"), Place.same_as_id.label("unit_id")).join(
        unit, unit.id == Place.same_as_id
    )
    both = linked.where(visible(Place), visible(unit))
    # Two halves: an OR over two columns reads the whole table.
    return both.where(Place.id == _ANY).union(both.where(Place.same_as_id == _ANY)).order_by("body_id")


def registered_as(connection: Connection, ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Of each place the other registrations of it: the unit of an organisation, the organisations of a unit."""
    rows = connection.execute(_registrations(bool(acting.get().reads)), {"ids": list(ids)}).all()
    others = {one for row in rows for one in row}
    told = {row["place_id"]: row for row in _told(connection, others)}
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        for mine, other in ((row.body_id, row.unit_id), (row.unit_id, row.body_id)):
            if mine in ids and other in told:
                found.setdefault(mine, []).append(
                    {name: told[other][name] for name in ("place_id", "name", "class_code", "code")}
                )
    return found


def _told(connection: Connection, ids: Any) -> list[Mapping[str, Any]]:
    return [dict(row) for row in connection.execute(_TOLD, {"ids": sorted(ids)}).mappings()] if ids else []


def doubles(connection: Connection, catalog: Catalog, day: date) -> list[dict[str, Any]]:
    """Pairs that are not linked yet, then those that are; ``doubtful`` where several units fit and a person decides."""
    found = pairs(connection, catalog, day)
    told = {
        row["place_id"]: row
        for row in _told(connection, {one for pair in found for one in (pair.body_id, pair.unit_id)})
    }
    listed = [_shown(one, told) for one in found if one.body_id in told and one.unit_id in told]
    return sorted(listed, key=lambda one: (one["state"] == "linked", one["unit"]["name"], one["body"]["place_id"]))


def _shown(pair: Pair, told: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    state = "linked" if pair.linked else "doubtful" if pair.doubtful else "open"
    distance = None if pair.distance_m is None else round(pair.distance_m)
    return {"state": state, "unit": told[pair.unit_id], "body": told[pair.body_id], "distance_m": distance}


def link_all(connection: Connection, catalog: Catalog, day: date) -> int:
    """Links every pair that leaves no doubt; how many."""
    count = link(connection, pairs(connection, catalog, day))
    if count:
        bump_revision(connection, LAYER)
    return count


def decide(
    connection: Connection,
    catalog: Catalog,
    body_id: int,
    unit_id: int | None,
    *,
    apart: int | None = None,
    reason: str | None = None,
) -> None:
    """Links an organisation to its unit; without a unit parts it from the one it is linked to, or from `apart`, for good.

    Raises
    ------
    NotFound
        ``names.no-place``
    BadRequest
        ``names.not-a-double`` where the classes do not go together, ``names.not-linked`` where there is nothing to part.
    Forbidden
        ``access.not-allowed`` where the record may not be changed.
    """
    body = _place(connection, body_id)
    give_reason(connection, reason)
    if unit_id is not None:
        unit = _place(connection, unit_id)
        if partners(catalog).get(body["class_code"]) != unit["class_code"]:
            raise BadRequest("names.not-a-double", body=body["class_code"], unit=unit["class_code"])
    other = apart if apart is not None else body["same_as_id"]
    if unit_id is None and other is None:
        raise BadRequest("names.not-linked", id=body_id)
    given = {"id": body_id, "unit": unit_id, "apart": [] if other is None else [other]}
    if not connection.execute(_SET, given).rowcount:
        raise Forbidden("access.not-allowed")
    bump_revision(connection, LAYER)


def _place(connection: Connection, place_id: int) -> Mapping[str, Any]:
    row = connection.execute(_FOUND, {"id": place_id}).mappings().first()
    if row is None:
        raise NotFound("names.no-place", id=place_id)
    return dict(row)
