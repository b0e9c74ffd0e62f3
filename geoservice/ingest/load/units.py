"""Administrative units: the unit by its code, its version by its dates."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.ingest.load.keyed import Counts, Provenance
from geoservice.ingest.records import Notice

_RESOLVE = """
    alter table staging add column unit_id bigint, add column parent_id bigint, add column is_new boolean default false;

    update staging s set unit_id = c.unit_id from unit_code c
    where (c.system, c.edition, c.code) = (s.code_system, s.code_edition, s.code);

    -- The same code in another edition of the same system under the same name is the same unit.
    update staging s set unit_id = c.unit_id from unit_code c join unit_version v using (unit_id)
    where s.unit_id is null and (c.system, c.code) = (s.code_system, s.code) and v.name = s.name;

    update staging s set unit_id = n.id, is_new = true
    from (select source_row, nextval(pg_get_serial_sequence('geoservice.unit', 'id')) as id
          from (select source_row from staging where unit_id is null order by source_row) as ordered) n
    where n.source_row = s.source_row;

    insert into unit (id) select unit_id from staging where is_new;

    insert into unit_code (unit_id, system, edition, code, valid_from, valid_to)
    select unit_id, code_system, code_edition, code, valid_from, valid_to from staging
    on conflict (system, edition, code) do nothing;

    update staging s set parent_id = c.unit_id from unit_code c
    where (c.system, c.edition, c.code) = (s.code_system, s.code_edition, s.parent_code);

    -- A row without a code of its own is of no system: whatever one unit alone bears is meant.
    update staging s set parent_id = c.unit_id
    from (select code, min(unit_id) as unit_id from unit_code group by code having count(distinct unit_id) = 1) c
    where s.parent_id is null and c.code = s.parent_code and c.unit_id <> s.unit_id;
"""

_CLOSE = """
    -- A later date of coming into force ends the version before it.
    update unit_version v set valid_to = s.valid_from from staging s
    where v.unit_id = s.unit_id and s.valid_from is not null
      and (v.valid_from is null or v.valid_from < s.valid_from)
      and (v.valid_to is null or v.valid_to > s.valid_from)
"""

_UPDATE = """
    -- A list without territories leaves the territory that is there; the same holds for the parent and the kind.
    with new as (
        select s.unit_id, s.valid_from, s.valid_to, s.level, s.name, s.source_row,
               coalesce(s.kind, v.kind) as kind, coalesce(s.parent_id, v.parent_id) as parent_id,
               coalesce(st_multi(s.geom), v.geom) as geom,
               case when s.geom is null then v.source else s.source end as source
        from staging s join unit_version v
          on v.unit_id = s.unit_id and v.valid_from is not distinct from s.valid_from
    ), changed as (
        update unit_version v
        set level = n.level, name = n.name, kind = n.kind, parent_id = n.parent_id, geom = n.geom,
            source = n.source, valid_to = coalesce(n.valid_to, v.valid_to), schematic = :schematic,
            batch_id = :batch_id
        from new n
        where v.unit_id = n.unit_id and v.valid_from is not distinct from n.valid_from
          and (v.level, v.name, v.kind, v.parent_id, v.geom, v.source, v.schematic, v.valid_to) is distinct from
              (n.level, n.name, n.kind, n.parent_id, n.geom, n.source, :schematic, coalesce(n.valid_to, v.valid_to))
        returning v.unit_id
    )
    select (select count(*) from new), (select count(*) from changed)
"""

_INSERT = """
    insert into unit_version (unit_id, parent_id, level, kind, name, source, geom, valid_from, valid_to,
                              classification, published, schematic, batch_id)
    select unit_id, parent_id, level, kind, name, source, st_multi(geom), valid_from, valid_to,
           :classification, :published, :schematic, :batch_id
    from staging s
    where not exists (
        select from unit_version v where v.unit_id = s.unit_id and v.valid_from is not distinct from s.valid_from
    )
"""


_TWINS = """
    select s.source_row, s.name, s.code, string_agg(distinct c.system || ' ' || c.code, ', ')
    from staging s
    join unit_version v on v.name = s.name and v.level = s.level and v.valid_to is null
    left join unit_code c on c.unit_id = v.unit_id
    where s.is_new and v.unit_id not in (select unit_id from staging)
      and (s.geom is null or v.geom is null or (v.geom && s.geom and st_intersects(v.geom, s.geom)))
    group by 1, 2, 3 order by 1
"""


_ORPHANS = """
    select source_row, name, parent_code from staging where parent_code is not null and parent_id is null order by 1
"""


def merge_units(connection: Connection, provenance: Provenance) -> tuple[Counts, list[Notice]]:
    """Units from the staging table; told are new ones that look like another, and those whose parent is not there."""
    connection.execute(text(_RESOLVE))
    twins = [
        Notice(row, "import.unit-twin", {"name": name, "code": code, "known": known or "-"})
        for row, name, code, known in connection.execute(text(_TWINS))
    ]
    orphans = [
        Notice(row, "import.unit-no-parent", {"name": name, "code": code})
        for row, name, code in connection.execute(text(_ORPHANS))
    ]
    connection.execute(text(_CLOSE))
    present, changed = connection.execute(text(_UPDATE), provenance.values()).one()
    inserted = connection.execute(text(_INSERT), provenance.values()).rowcount
    return Counts(loaded=inserted, changed=changed, unchanged=present - changed), [*twins, *orphans]
