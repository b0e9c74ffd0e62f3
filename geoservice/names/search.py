"""Search for place names by Han characters, pinyin, initials or a Latin name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Label, Select, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from geoservice.database.actor import acting
from geoservice.database.filters import BBox, in_force, visible
from geoservice.database.models import Place, PlaceName, UnitVersion
from geoservice.database.paging import Page, decode, encode
from geoservice.names.matching import INITIALS, answering
from geoservice.names.query import NameQuery
from geoservice.names.ranking import FORMER, Asked, Hit, best
from geoservice.names.twice import once_each
from geoservice.names.within import Area


def search_places(
    connection: Connection,
    query: NameQuery,
    *,
    today: date,
    on: date | None = None,
    unit: int | None = None,
    bbox: BBox | None = None,
    limit: int,
    after: str | None = None,
) -> Page:
    """Places one of whose names answers the query, the best first: each with that name and its standard name.

    Exact before beginning before initials before part; a standard name before an alias before a former one; then
    the more important place, then the shorter name.

    Parameters
    ----------
    today
        The day on which a name counts as former, unless `on` says otherwise.
    on
        Only names in force on this day; by default former ones are found too.
    unit
        Only places in this unit or one below it.

    Raises
    ------
    BadRequest
        If the token `after` was not made here.
    """
    day = on or today
    asked = Asked(
        answering(query),
        day,
        only_in_force=on is not None or query.kind == "all",
        # Without a query every place is found by its standard name, and there is nothing to choose.
        once=query.kind != "all",
        area=Area.of(connection, unit, bbox, day),
        after=None if after is None else Hit(*map(int, decode(after, [int] * len(Hit._fields)))),
    )
    hits = best(connection, asked, limit + 1)
    items = once_each(connection, _described(connection, hits[:limit], query, day), asked)
    return Page(items, encode(hits[limit - 1]) if len(hits) > limit else None)


def _described(connection: Connection, hits: Sequence[Hit], query: NameQuery, day: date) -> list[dict[str, Any]]:
    """The hits with what is told of each, in their order."""
    statement = _descriptions(day, bool(acting.get().reads))
    ids = {"ids": [hit.name_id for hit in hits]}
    found = {row["id"]: row for row in connection.execute(statement, ids).mappings()} if hits else {}
    return [{**found[hit.name_id], "match": _match(hit, query)} for hit in hits if hit.name_id in found]


@lru_cache(maxsize=64)
def _descriptions(day: date, _reads: bool) -> Select[Any]:  # noqa: FBT001 - part of the key
    """Kept, by what `visible` makes of who acts too: putting it together takes as long as the search."""
    return (
        select(
            PlaceName.id,
            PlaceName.place_id,
            PlaceName.name,
            PlaceName.kind,
            standard_name(PlaceName.place_id, day),
            Place.class_code,
            PlaceName.reading,
            PlaceName.reading_source,
            PlaceName.romanisation,
            PlaceName.valid_from,
            PlaceName.valid_to,
            or_(PlaceName.schematic, Place.schematic).label("schematic"),
            *place_columns(Place.geom, Place.unit_id, day),
        )
        .join(Place, Place.id == PlaceName.place_id)
        .where(PlaceName.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))), visible(PlaceName, Place))
    )


def _match(hit: Hit, query: NameQuery) -> str:
    if hit.kind_order == FORMER:
        return "former"
    if hit.tier == INITIALS:
        return "initials"
    return "pinyin" if query.kind == "letters" else "han"


def place_columns(geom: Any, unit_id: Any, day: date) -> list[Label[Any]]:
    """`lon`, `lat`, `bbox` (CRS84; null where nobody has drawn the place) and `unit_name` of a place.

    Parameters
    ----------
    geom, unit_id
        The columns of the place.
    day
        Whose units are named.
    """
    point = func.ST_PointOnSurface(geom)
    sides = [getattr(func, f"ST_{side}")(geom) for side in ("XMin", "YMin", "XMax", "YMax")]
    return [
        func.ST_X(point).label("lon"),
        func.ST_Y(point).label("lat"),
        case((geom.is_not(None), array(sides)), else_=None).label("bbox"),
        _unit_name(geom, unit_id, day).label("unit_name"),
    ]


def standard_name(place_id: Any, day: date) -> Label[Any]:
    """`standard_name`: the one of a place in force on a day; null where it has none."""
    other = aliased(PlaceName)
    return (
        select(other.name)
        .where(other.place_id == place_id, other.kind == "standard", visible(other), in_force(other, day))
        .order_by(other.valid_from.desc().nulls_last(), other.id)
        .limit(1)
        .correlate_except(other)
        .scalar_subquery()
        .label("standard_name")
    )


def _unit_name(geom: Any, unit_id: Any, day: date) -> ColumnElement[Any]:
    """The stated unit of a place, else the township that it lies in."""
    stated, around = aliased(UnitVersion), aliased(UnitVersion)
    by_id = select(stated.name).where(stated.unit_id == unit_id, visible(stated), in_force(stated, day))
    by_place = (
        select(around.name)
        .where(around.level == "township", visible(around), in_force(around, day))
        .where(around.geom.op("&&")(geom), func.ST_Intersects(around.geom, func.ST_PointOnSurface(geom)))
        .order_by(around.unit_id)
        .limit(1)
    )
    return func.coalesce(
        by_id.correlate_except(stated).scalar_subquery(), by_place.correlate_except(around).scalar_subquery()
    )
