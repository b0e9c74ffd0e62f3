"""One village or community that is registered twice: as a unit (216xx) and as its organisation (276xx)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from geoservice.catalog import Catalog
from geoservice.ingest.alike import alike
from geoservice.ingest.records import Notice

# Standard names in force of both kinds of records, with what tells one village from another: the specific term, the
# township and the county, by the place-name code or by the ministry's code of the unit.
_VILLAGES = """
    select p.id, p.class_code, p.code, p.geom, p.unit_id, p.same_as_id, p.apart_from, n.name,
           geoservice.folded(regexp_replace(n.name, :endings, '')) as stem,
           coalesce(case when length(p.code) = 20 and substr(p.code, 7, 3) <> '000' then left(p.code, 9) end, c.code) as township,
           coalesce(case when length(p.code) = 20 then left(p.code, 6) end, left(c.code, 6)) as county
    from place p
    join place_name n on n.place_id = p.id and n.kind = 'standard'
         and (n.valid_from is null or n.valid_from <= :day) and (n.valid_to is null or n.valid_to > :day)
    left join (select unit_id, min(code) as code from unit_code where system = 'mca' and length(code) = 9 group by 1) c
         on c.unit_id = p.unit_id
    where p.class_code = any(:classes)
"""
# Near where both have a position, else of one township: villages of one name in a county are not rare.
PAIRS = f"""
    with village as materialized ({_VILLAGES}),
    pair as (
        select b.id as body_id, u.id as unit_id, b.same_as_id,
               st_distance(geography(b.geom), geography(u.geom)) as distance_m
        from village b join village u on u.stem = b.stem and b.stem <> ''
             and u.class_code = (cast(:partners as jsonb) ->> b.class_code)
        where u.id <> all(b.apart_from) and (b.same_as_id is null or b.same_as_id = u.id)
          and (b.county = u.county or b.county is null or u.county is null)
          and case when b.geom is null or u.geom is null then b.township = u.township
                   else st_dwithin(geography(b.geom), geography(u.geom), :twice_m) end
    ),
    ranked as (
        select pair.*, row_number() over nearest as nth,
               count(*) filter (where same_as_id is null) over (partition by body_id) as several,
               lead(distance_m) over nearest as next_m
        from pair window nearest as (partition by body_id order by distance_m nulls last, unit_id)
    )
    select body_id, unit_id, same_as_id is not null as linked, distance_m,
           several > 1 and (distance_m is null or distance_m = next_m) as doubtful
    from ranked where nth = 1
"""  # noqa: S608 - a constant
_LINK = """
    update place p set same_as_id = t.unit_id{batch}
    from unnest(cast(:bodies as bigint[]), cast(:units as bigint[])) as t (body_id, unit_id)
    where p.id = t.body_id and p.same_as_id is null
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A record of an organisation and the one of the unit that it is the same as.

    Attributes
    ----------
    distance_m
        Between them, on the ellipsoid; None where one has no position.
    doubtful
        Several units fit as well: a person decides.
    """

    body_id: int
    unit_id: int
    linked: bool
    distance_m: float | None
    doubtful: bool


def partners(catalog: Catalog) -> dict[str, str]:
    """Class of an organisation to the class of its unit.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> partners(load_catalog())
    {'27610': '21610', '27620': '21620'}
    """
    entries = catalog.codes["place_classes"].entries
    return {
        entry.code: str(entry.attributes["same_as"])
        for entry in entries
        if "same_as" in entry.attributes and entry.code.startswith("27")
    }


def asked(catalog: Catalog) -> dict[str, Any]:
    """What `PAIRS` names, but for ``day``."""
    classes = partners(catalog)
    declared = alike().registered_twice
    return {
        "endings": f"({'|'.join(declared.endings)})$",
        "classes": [*classes, *classes.values()],
        "partners": json.dumps(classes),
        "twice_m": declared.near_m,
    }


def pairs(connection: Connection, catalog: Catalog, day: date) -> list[Pair]:
    """Every pair that whoever asks may see, linked or not."""
    return [Pair(**row) for row in connection.execute(text(PAIRS), {**asked(catalog), "day": day}).mappings()]


def link(connection: Connection, found: Sequence[Pair], *, batch_id: int | None = None) -> int:
    """Links pairs that are neither linked nor doubtful; how many."""
    open_ = [one for one in found if not one.linked and not one.doubtful]
    if not open_:
        return 0
    statement = text(_LINK.format(batch="" if batch_id is None else ", batch_id = :batch"))
    given = {"bodies": [one.body_id for one in open_], "units": [one.unit_id for one in open_]}
    return connection.execute(statement, given | ({} if batch_id is None else {"batch": batch_id})).rowcount


def link_loaded(connection: Connection, catalog: Catalog, day: date, batch_id: int) -> list[Notice]:
    """Links what an import has brought to what is there; the staging table tells whether it brought any such record."""
    classes = asked(catalog)["classes"]
    brought = text("select exists (select from staging where class_code = any(:classes))")
    if not connection.execute(brought, {"classes": classes}).scalar_one():
        return []
    found = pairs(connection, catalog, day)
    count, doubtful = link(connection, found, batch_id=batch_id), sum(one.doubtful for one in found if not one.linked)
    notices = [Notice(None, "import.registered-twice", {"count": count})] if count else []
    return [*notices, Notice(None, "import.registered-doubtful", {"count": doubtful})] if doubtful else notices
