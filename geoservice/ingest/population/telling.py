"""What there is to say of sources and of their sharing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from geoservice.database.prepare import revisions
from geoservice.ingest.population.estimates import Shared

_SOURCES = text("""
    select s.id, s.name, s.kind, s.band, s.source_crs, s.on_date, s.imported_at, s.sha256, s.within_m,
           s.population, s.population_60, s.population_80, s.outside, s.outside_60, s.outside_80,
           s.shared_on, s.shared_at, s.shared_revisions, s.report, s.classification, s.published, s.schematic,
           coalesce(e.given, 0) as given, coalesce(e.communities, 0) as communities,
           coalesce(e.used, 0) as used, coalesce(e.communities_used, 0) as communities_used
    from population_source s
    left join (
        select c.source_id, sum(c.population)::bigint as given, count(*) as communities,
               coalesce(sum(c.population) filter (where m.population is null), 0)::bigint as used,
               count(*) filter (where m.population is null) as communities_used
        from community_estimate c join community m on m.id = c.community_id group by c.source_id
    ) e on e.source_id = s.id
    order by s.id
""")
_BY_UNIT = text("""
    select m.unit_id, v.name,
           sum(m.population)::bigint as official,
           sum(p.population) filter (where p.estimated)::bigint as estimated,
           count(*) filter (where p.estimated) as communities_estimated,
           count(*) filter (where p.population is null) as communities_unknown,
           count(*) as communities
    from community m join community_people p on p.community_id = m.id
    left join unit_version v on v.unit_id = m.unit_id and (v.valid_from is null or v.valid_from <= current_date)
         and (v.valid_to is null or v.valid_to > current_date)
    where (m.valid_from is null or m.valid_from <= current_date)
      and (m.valid_to is null or m.valid_to > current_date)
    group by m.unit_id, v.name order by m.unit_id nulls last
""")
_UNIT_NAMES = text("""
    select unit_id, name from unit_version
    where (valid_from is null or valid_from <= current_date) and (valid_to is null or valid_to > current_date)
""")


def sources(connection: Connection) -> list[dict[str, Any]]:
    """Every source: all its people, what went to communities, what of that counts, and what lies outside.

    ``given`` went to communities; ``used`` of it counts, the rest stands back behind official counts. ``stale`` says
    that communities or units have changed since.
    """
    present = revisions(connection)
    names = {row.unit_id: row.name for row in connection.execute(_UNIT_NAMES)}
    found = []
    for row in connection.execute(_SOURCES).mappings():
        one = {key: value for key, value in row.items() if key not in ("shared_revisions", "report")}
        one["shared"] = row["shared_at"] is not None
        one["stale"] = any(present.get(layer) != number for layer, number in row["shared_revisions"].items())
        one["unserved"] = [{**unit, "name": names.get(unit["unit_id"])} for unit in row["report"].get("unserved", [])]
        found.append(one)
    return found


def by_unit(connection: Connection) -> list[dict[str, Any]]:
    """People of each unit's communities today, official and estimated."""
    return [dict(row) for row in connection.execute(_BY_UNIT).mappings()]


def told(connection: Connection, source_id: int, shared: Shared) -> dict[str, Any]:
    """One source after its sharing."""
    one = next(source for source in sources(connection) if source["id"] == source_id)
    return {"source_id": source_id, "changed": shared.changed, **one}
