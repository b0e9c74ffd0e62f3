"""Search for place names by Han characters, pinyin, initials or a Latin name."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Label,
    Select,
    Subquery,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.orm import aliased

from geoservice.database.filters import BBox, containing, in_force, visible, within_unit
from geoservice.database.models import Place, PlaceName, UnitVersion
from geoservice.database.paging import Key, Page, page
from geoservice.ingest.name_keys import SEPARATORS, VARIANTS
from geoservice.names.query import SHORTEST_PART, NameQuery

EXACT, PREFIX, INITIALS, PART = range(4)
RANKS = ("tier", "kind_order", "rank", "length", "name_id")


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
    """
    day = on or today
    hits = _hits(query, day, only_in_force=on is not None)
    if unit is not None:
        hits = hits.where(within_unit(Place.unit_id, Place.geom, unit, day))
    if bbox is not None:
        hits = hits.where(bbox.touches(Place.geom))
    # OFFSET 0 keeps the planner from working the ranks out anew wherever they are named.
    hit = hits.offset(0).subquery("hit")
    # Without a query every place is found by its standard name, and there is nothing to choose.
    found = hit if query.kind == "all" else _best_of_each_place(hit)
    keys = [Key(f"_{name}", found.c[name], int) for name in RANKS]
    statement = _described(found, day).add_columns(*(key.column.label(key.name) for key in keys))
    return page(connection, statement, keys, limit=limit, after=after)


def _hits(query: NameQuery, day: date, *, only_in_force: bool) -> Select[*tuple[Any, ...]]:
    """Every name that answers, with what it is ranked by and with its place."""
    matches, tier = _matching(query)
    is_former = or_(PlaceName.kind == "former", func.coalesce(PlaceName.valid_to <= day, false()))
    return (
        select(
            PlaceName.id.label("name_id"),
            PlaceName.place_id,
            PlaceName.name,
            PlaceName.kind,
            PlaceName.reading,
            PlaceName.romanisation,
            PlaceName.valid_from,
            PlaceName.valid_to,
            Place.class_code,
            Place.unit_id,
            Place.geom,
            or_(PlaceName.schematic, Place.schematic).label("schematic"),
            is_former.label("is_former"),
            tier.label("tier"),
            case((is_former, 2), (PlaceName.kind == "standard", 0), else_=1).label("kind_order"),
            Place.rank,
            func.length(PlaceName.name).label("length"),
            literal("pinyin" if query.kind == "letters" else "han").label("script"),
        )
        .join(Place, Place.id == PlaceName.place_id)
        .where(visible(PlaceName, Place), matches, _dated(day, only_in_force=only_in_force or query.kind == "all"))
    )


def _best_of_each_place(hit: Subquery) -> Subquery:
    nth = func.row_number().over(partition_by=hit.c.place_id, order_by=[hit.c[name] for name in RANKS])
    numbered = select(*hit.c, nth.label("nth")).subquery("numbered")
    return select(*numbered.c).where(numbered.c.nth == 1).subquery("found")


def _dated(day: date, *, only_in_force: bool) -> ColumnElement[bool]:
    if not only_in_force:
        return or_(PlaceName.valid_from.is_(None), PlaceName.valid_from <= day)
    # A former name without dates was in force at some time, but nobody knows when.
    undated = and_(PlaceName.kind == "former", PlaceName.valid_from.is_(None), PlaceName.valid_to.is_(None))
    return and_(in_force(PlaceName, day), ~undated)


def _matching(query: NameQuery) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """The condition, and how well a name that fulfils it answers."""
    if query.kind == "letters":
        return _letters(query)
    if query.kind == "text":
        return _text(query)
    return (PlaceName.kind == "standard" if query.kind == "all" else false()), literal(EXACT)


def _text(query: NameQuery) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    name = _folded(PlaceName.name)
    begins = case((name == query.text, EXACT), else_=PREFIX)
    tier = case((func.starts_with(name, query.text), begins), else_=PART)
    if not query.grams:
        return PlaceName.name.ilike(containing(query.text)), tier
    if query.text in query.grams:
        return _has((query.text,)), tier
    # The index answers the first half; the second makes sure that the pairs follow each other.
    return and_(_has(query.grams), func.strpos(name, query.text) > 0), tier


def _letters(query: NameQuery) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Every pattern below consists of letters and digits, so nothing in it needs an escape.

    A pattern that begins a word ('x%', '% x%') is found by the trigram index however short it is; one inside a word
    only from three letters on.
    """
    key = query.text
    begins = or_(PlaceName.pinyin.like(f"{key}%"), PlaceName.pinyin.like(f"% {key}%"))
    exact = literal(" ").concat(PlaceName.pinyin).concat(" ").like(f"% {key} %")
    latin = PlaceName.tones == PlaceName.pinyin
    sounds = or_(latin, PlaceName.tones.regexp_match(query.tones)) if query.tones else latin
    inside = and_(PlaceName.pinyin.like(f"%{key}%"), sounds) if len(key) >= SHORTEST_PART else false()
    by_sound = and_(or_(begins, inside), sounds) if query.toned else or_(begins, inside)
    tier = case((exact, EXACT), (begins, PREFIX), (inside, PART), else_=INITIALS)
    if query.initials is None:
        return by_sound, tier
    initials = or_(PlaceName.initials.like(f"{query.initials}%"), _has((f"~{query.initials}",)))
    return or_(by_sound, initials), case((and_(~begins, initials), INITIALS), else_=tier)


def _has(grams: tuple[str, ...]) -> ColumnElement[bool]:
    return PlaceName.grams.contains(cast(array(grams), ARRAY(Text)))


def _folded(name: Any) -> ColumnElement[str]:
    """What `geoservice.ingest.name_keys.folded` does, in SQL."""
    lower = func.lower(func.pg_catalog.normalize(name, "NFKC"))
    same = func.translate(lower, "".join(VARIANTS), "".join(VARIANTS.values()))
    return func.regexp_replace(same, _SEPARATOR, "", "g")


_SEPARATOR = "[" + "".join(f"\\u{ord(character):04x}" for character in SEPARATORS) + "]"


def _described(found: Subquery, day: date) -> Select[*tuple[Any, ...]]:
    match = case((found.c.is_former, "former"), (found.c.tier == INITIALS, "initials"), else_=found.c.script)
    return select(
        found.c.name_id.label("id"),
        found.c.place_id,
        found.c.name,
        found.c.kind,
        standard_name(found.c.place_id, day),
        found.c.class_code,
        found.c.reading,
        found.c.romanisation,
        found.c.valid_from,
        found.c.valid_to,
        match.label("match"),
        found.c.schematic,
        *place_columns(found.c.geom, found.c.unit_id, day),
    )


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
