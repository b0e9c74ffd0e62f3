"""All names of a kind that are in force, to be held against each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.ingest.reading_sources import is_stated
from geoservice.names.clashes.comparing import Sounding
from geoservice.names.clashes.elsewhere import names_elsewhere
from geoservice.names.clashes.scopes import units_below
from geoservice.names.clashes.searching import codes_of

MOST_KEPT = 200_000
_KEPT = """
    select n.name, n.reading, n.reading_source, p.class_code, p.id as place_id, p.unit_id,
           (select v.name from unit_version v where v.unit_id = p.unit_id order by v.valid_from desc nulls last limit 1)
               as unit_name,
           st_x(g.geom) as lon, st_y(g.geom) as lat
    from place_name n join place p on p.id = n.place_id
    cross join lateral (select st_pointonsurface(p.geom) as geom) g
    where n.kind = 'standard' and p.class_code = any(:codes){within}
      and not exists (select from place o where o.id = p.same_as_id)
      and (n.valid_from is null or n.valid_from <= :day) and (n.valid_to is null or n.valid_to > :day)
    order by n.id limit :most
"""


@dataclass(frozen=True)
class KeptName:
    """A name in force and where it is; units and communities have no place."""

    name: str
    unit_name: str | None
    place_id: int | None
    lon: float | None
    lat: float | None


def names_of_kind(
    connection: Connection, catalog: Catalog, kind: str, day: date, *, unit: int | None = None
) -> tuple[list[KeptName], list[Sounding]]:
    """Standard names in force of a kind, each once, and how they sound.

    Parameters
    ----------
    unit
        In which they lie; all by default.
    """
    codes = codes_of(catalog, kind)
    below = None if unit is None else list(units_below(connection, unit))
    within = "" if below is None else " and p.unit_id = any(:below)"
    given = {"codes": codes, "day": day, "below": below or [], "most": MOST_KEPT}
    places = connection.execute(text(_KEPT.format(within=within)), given).mappings().all()
    named = {(row["name"], row["unit_id"]) for row in places}
    others = [
        row
        for row in names_elsewhere(connection, kind, codes[0], below, day)
        if not named & {(row["name"], row["unit_id"]), (row["name"], row["own_id"])}
    ]
    rows: Sequence[Any] = [*places, *others]
    columns = ("name", "unit_name", "place_id", "lon", "lat")
    return [KeptName(**{name: row[name] for name in columns}) for row in rows], [_sounding(row) for row in rows]


def _sounding(row: Any) -> Sounding:
    return Sounding.of(row["name"], row["class_code"], row["reading"] if is_stated(row["reading_source"]) else None)
