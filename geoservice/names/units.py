"""A unit by its code or its name."""

from __future__ import annotations

from sqlalchemy import Connection, text

from geoservice.errors import BadRequest

_FOUND = text("""
    select distinct v.unit_id from unit_version v left join unit_code c on c.unit_id = v.unit_id
    where v.valid_to is null and (v.name = :given or c.code = :given)
""")


def unit_by_name(connection: Connection, given: str) -> int:
    """Id of the one unit of that code or name.

    Raises
    ------
    BadRequest
        ``names.no-unit`` where there is none, or several.
    """
    found = connection.execute(_FOUND, {"given": given}).scalars().all()
    if len(found) != 1:
        raise BadRequest("names.no-unit", value=given[:60], count=len(found))
    return int(found[0])
