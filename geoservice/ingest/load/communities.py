"""Communities: the community by its code, its township by code, name or place."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.ingest.load.keyed import Counts, Provenance
from geoservice.ingest.load.township import resolve_townships
from geoservice.ingest.records import Notice

_RESOLVE = """
    alter table staging add column community_id bigint, add column is_new boolean default false;

    update staging s set community_id = c.community_id from community_code c
    where (c.system, c.edition, c.code) = (s.code_system, s.code_edition, s.code);

    update staging s set community_id = c.community_id from community_code c join community m on m.id = c.community_id
    where s.community_id is null and (c.system, c.code) = (s.code_system, s.code) and m.name = s.name;

    update staging s set community_id = n.id, is_new = true
    from (select source_row, nextval(pg_get_serial_sequence('geoservice.community', 'id')) as id
          from (select source_row from staging where community_id is null order by source_row) as ordered) n
    where n.source_row = s.source_row;
"""

# A list without places, classes or people leaves those that are there.
_UPDATE = """
    with new as (
        select m.id, s.name, coalesce(s.class, m.class) as class, coalesce(s.unit_id, m.unit_id) as unit_id,
               coalesce(s.population, m.population) as population,
               coalesce(s.population_60, m.population_60) as population_60,
               coalesce(s.population_80, m.population_80) as population_80,
               coalesce(s.households, m.households) as households,
               coalesce(s.population_date, m.population_date) as population_date,
               coalesce(s.geom, m.geom) as geom
        from staging s join community m on m.id = s.community_id where not s.is_new
    )
    update community m
    set name = n.name, class = n.class, unit_id = n.unit_id, population = n.population,
        population_60 = n.population_60, population_80 = n.population_80, households = n.households,
        population_date = n.population_date, geom = n.geom, schematic = :schematic, batch_id = :batch_id
    from new n
    where m.id = n.id
      and (m.name, m.class, m.unit_id, m.population, m.population_60, m.population_80, m.households,
           m.population_date, m.geom, m.schematic) is distinct from
          (n.name, n.class, n.unit_id, n.population, n.population_60, n.population_80, n.households,
           n.population_date, n.geom, :schematic)
"""

_INSERT = """
    insert into community (id, name, class, unit_id, population, population_60, population_80, households,
                           population_date, geom, classification, published, schematic, batch_id)
    select community_id, name, class, unit_id, population, population_60, population_80, households,
           population_date, geom, :classification, :published, :schematic, :batch_id
    from staging where is_new
"""

_CODES = """
    insert into community_code (community_id, system, edition, code)
    select community_id, code_system, code_edition, code from staging
    on conflict (system, edition, code) do nothing
"""


def merge_communities(connection: Connection, provenance: Provenance) -> tuple[Counts, list[Notice]]:
    """Communities from the staging table."""
    notices = resolve_townships(connection)
    connection.execute(text(_RESOLVE))
    changed = connection.execute(text(_UPDATE), provenance.values()).rowcount
    loaded = connection.execute(text(_INSERT), provenance.values()).rowcount
    connection.execute(text(_CODES))
    total = connection.execute(text("select count(*) from staging")).scalar_one()
    return Counts(loaded, changed, total - loaded - changed), notices
