"""Fields that are empty, match no list, or contradict each other; names that lack."""

from __future__ import annotations

from geoservice.editing.quality.checks.sql import finding, name, records, single, spans
from geoservice.editing.quality.declared import Check

_NAMED = f"place_name n where n.place_id = r.id and n.kind = 'standard' and {spans('n')}"


def _unlisted(layer: str, column: str, codes: str) -> str:
    return single(layer, f"{column} <> all(:{codes})", value=column)


_TWO_NAMES = finding(
    f"from {records('places')} cross join lateral (select count(*) as much,"
    f" string_agg(n.name, '、' order by n.name) as told from {_NAMED}) c where c.much > 1",
    ids="array[r.id]",
    names=f"array[{name('places')}]",
    shape="r.geom",
    value="c.told",
    pieces="c.much",
)

CHECKS: tuple[Check, ...] = (
    Check("no-point", "communities", "error", "geometry", single("communities", "r.geom is null")),
    Check("no-people", "communities", "warning", "population", single("communities", "r.population is null")),
    Check("no-class", "communities", "warning", "class", single("communities", "r.class is null")),
    Check(
        "households", "communities", "warning", "households",
        single("communities", "r.households > r.population", value="r.households", other="r.population"),
    ),
    Check(
        "aged", "communities", "hint", "population_60",
        single("communities", "r.population_60 > r.population * :aged_share and r.population > 0",
               value="r.population_60", other="r.population"),
        limit="aged_share",
    ),
    Check(
        "ages", "communities", "error", "population_60",
        single("communities", "r.population_60 > r.population or r.population_80 > r.population_60",
               value="r.population_60", other="r.population"),
    ),
    Check("future", "communities", "warning", "population_date",
          single("communities", "r.population_date > current_date", value="r.population_date")),
    Check(
        "code-form", "communities", "warning", "code",
        single("communities", "k.code !~ '^[0-9]{12}$'", value="k.code",
               joins="join community_code k on k.community_id = r.id and k.system in ('nbs', 'mca')"),
    ),
    Check("unlisted", "facilities", "error", "type", _unlisted("facilities", "r.type", "facility_types")),
    Check("unlisted", "places", "error", "class_code", _unlisted("places", "r.class_code", "place_classes")),
    Check("unlisted", "roads", "warning", "class", _unlisted("roads", "r.class", "road_classes")),
    Check("closed-first", "facilities", "error", "closed_on",
          finding("from facility r where r.closed_on <= r.opened_on", ids="array[r.id]", names="array[r.name]",
                  shape="r.geom", value="r.opened_on", other="r.closed_on")),
    Check("no-beds", "facilities", "hint", "beds",
          single("facilities", "r.type = any(:bed_types) and r.beds is null")),
    Check("no-name", "places", "error", "name", single("places", f"not exists (select from {_NAMED})")),
    Check("two-names", "places", "warning", "name", _TWO_NAMES),
    Check(
        "no-reading", "places", "hint", "reading",
        single("places", f"exists (select from {_NAMED} and coalesce(btrim(n.reading), '') = '')"),
    ),
)  # fmt: skip
