"""Which township a record belongs to: by code and name, else by where it lies."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.ingest.records import Notice

_COLUMN = "alter table staging add column unit_id bigint"

_BY_CODE = """
    update staging s set unit_id = c.unit_id from unit_code c
    where s.unit_id is null and c.code = s.township_code
      and c.system = coalesce(s.code_system, c.system) and c.edition = coalesce(s.code_edition, c.edition)
      and (select count(*) from unit_code o where o.code = c.code and o.system = c.system) = 1
"""

# A code of another system counts only where the name agrees: the ministry's and the statistics bureau's codes differ.
_BY_CODE_AND_NAME = """
    update staging s set unit_id = v.unit_id from unit_code c join unit_version v using (unit_id)
    where s.unit_id is null and c.code = s.township_code and v.level = 'township' and v.valid_to is null
      and v.name = s.township_name
"""

# 侯口 and 候口: one code, names of one length that differ in one character.
_BY_CODE_AND_NEAR_NAME = """
    update staging s set unit_id = v.unit_id from unit_code c join unit_version v using (unit_id)
    where s.unit_id is null and c.code = s.township_code and v.level = 'township' and v.valid_to is null
      and length(v.name) = length(s.township_name)
      and (select count(*) from generate_series(1, length(v.name)) i
           where substr(v.name, i, 1) <> substr(s.township_name, i, 1)) = 1
    returning s.township_code, s.township_name, v.name
"""

_BY_NAME = """
    update staging s set unit_id = v.unit_id from unit_version v
    where s.unit_id is null and s.township_code is null and v.level = 'township' and v.valid_to is null
      and v.name = s.township_name
      and (select count(*) from unit_version o
           where o.name = v.name and o.level = 'township' and o.valid_to is null) = 1
"""

_BY_PLACE = """
    update staging s set unit_id = v.unit_id from unit_version v
    where s.unit_id is null and s.township_code is null and s.township_name is null
      and v.level = 'township' and v.valid_to is null and v.geom && s.geom
      and st_intersects(v.geom, st_pointonsurface(s.geom))
"""

_UNKNOWN = """
    select township_code, township_name, count(*), min(source_row) from staging
    where unit_id is null and (township_code is not null or township_name is not null)
    group by 1, 2 order by 1, 2
"""

_OUTSIDE = """
    select s.source_row, s.name, v.name from staging s join unit_version v using (unit_id)
    where v.valid_to is null and v.geom is not null and s.geom is not null
      and not st_intersects(v.geom, st_pointonsurface(s.geom))
    order by 1 limit 200
"""

# Only where territories are loaded at all.
_NOWHERE = """
    select s.source_row, s.name from staging s
    where s.geom is not null and exists (select from unit_version where valid_to is null and geom is not null)
      and not exists (select from unit_version v where v.valid_to is null and v.geom && s.geom
                      and st_intersects(v.geom, st_pointonsurface(s.geom)))
    order by 1 limit 200
"""


def resolve_townships(connection: Connection) -> list[Notice]:
    """Fills `unit_id` of the staging table and tells what could not be matched or lies elsewhere.

    The staging table has township_code, township_name, code_system, code_edition and geom; null where not given.
    """
    connection.execute(text(_COLUMN))
    connection.execute(text(_BY_CODE))
    connection.execute(text(_BY_CODE_AND_NAME))
    near = connection.execute(text(_BY_CODE_AND_NEAR_NAME)).all()
    connection.execute(text(_BY_NAME))
    connection.execute(text(_BY_PLACE))
    notices = [
        Notice(None, "import.township-near-name", {"code": code, "given": given, "known": known})
        for code, given, known in sorted(set(map(tuple, near)))
    ]
    notices += [
        Notice(row, "import.township-unknown", {"code": code or "-", "name": name or "-", "records": records})
        for code, name, records, row in connection.execute(text(_UNKNOWN))
    ]
    notices += [
        Notice(row, "import.outside-township", {"name": name, "township": township})
        for row, name, township in connection.execute(text(_OUTSIDE))
    ]
    notices += [
        Notice(row, "import.outside-all-units", {"name": name}) for row, name in connection.execute(text(_NOWHERE))
    ]
    return notices
