"""Facilities and their types."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import (
    SCHEMA,
    SRID,
    Base,
    Classified,
    Versioned,
    classified_constraints,
    geometry_constraints,
    gist,
    mercator,
)


class FacilityType(Base):
    """A facility type of layers/codes/facility_types.toml."""

    __tablename__ = "facility_type"

    code: Mapped[str] = mapped_column(primary_key=True)
    title_zh: Mapped[str]
    title_en: Mapped[str]
    position: Mapped[int] = mapped_column(comment="Order in lists")


class Facility(Classified, Versioned, Base):
    """A facility (设施) at one point; open from `opened_on` to the day before `closed_on`."""

    __tablename__ = "facility"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("POINT",)),
        CheckConstraint("beds >= 0 and nursing_beds >= 0 and area_m2 >= 0", name="not_negative"),
        CheckConstraint("nursing_beds <= beds", name="nursing_beds_within_beds"),
        CheckConstraint("opened_on is null or closed_on is null or opened_on < closed_on", name="opened_before_closed"),
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        gist("ix_facility_geom", "geom"),
        gist("ix_facility_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True, comment="Stable key of the record in its source")
    type: Mapped[str] = mapped_column(ForeignKey(f"{SCHEMA}.facility_type.code"), index=True)
    name: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"), index=True, comment="Township")
    address: Mapped[str | None]
    beds: Mapped[int | None]
    nursing_beds: Mapped[int | None]
    area_m2: Mapped[Decimal | None] = mapped_column(Numeric(12, 2))
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("POINT", 3857, spatial_index=False), mercator())
