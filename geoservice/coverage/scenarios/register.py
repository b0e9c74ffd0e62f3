"""Every facility of a type as its record tells it, open on a day or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, text

from geoservice.coverage.whatif import Site

_RECORDS = text("""
    select f.id, f.name, f.unit_id, st_x(f.geom), st_y(f.geom), f.beds, f.nursing_beds, f.area_m2,
           f.opened_on, f.closed_on
    from facility f where f.type = :type
    order by not ((f.opened_on is null or f.opened_on <= :on) and (f.closed_on is null or f.closed_on > :on)), f.id
""")


@dataclass(frozen=True)
class Record:
    """One facility; what is not known is None. Degrees, EPSG:4490."""

    id: int
    name: str
    unit_id: int | None
    lon: float
    lat: float
    beds: int | None
    nursing_beds: int | None
    area_m2: float | None
    opened_on: date | None
    closed_on: date | None

    @property
    def site(self) -> Site:
        """Where it stands."""
        return Site(self.lon, self.lat, -1 if self.unit_id is None else self.unit_id)

    @property
    def figures(self) -> dict[str, float]:
        """What it tells of beds and area."""
        held = {"beds": self.beds, "nursing_beds": self.nursing_beds, "area_m2": self.area_m2}
        return {name: float(value) for name, value in held.items() if value is not None}


def read_register(connection: Connection, type_: str, on: date) -> tuple[Record, ...]:
    """The facilities of a type: those open on a day by id, then the others by id."""
    return tuple(Record(*row) for row in connection.execute(_RECORDS, {"type": type_, "on": on}))
