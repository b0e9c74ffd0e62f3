"""Communities with their people, and population cells."""

from __future__ import annotations

from datetime import date

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import (
    SCHEMA,
    SRID,
    Base,
    Classified,
    Dated,
    classified_constraints,
    dated_constraints,
    geometry_constraints,
    gist,
    mercator,
)


class Community(Classified, Dated, Base):
    """A village or urban community (村, 社区): the demand point of the service circles."""

    __tablename__ = "community"
    __table_args__ = (
        *classified_constraints(),
        *dated_constraints(),
        *geometry_constraints(types=("POINT",)),
        CheckConstraint("class in ('urban', 'rural')", name="class_known"),
        CheckConstraint(
            "population >= 0 and population_60 >= 0 and population_80 >= 0 and households >= 0", name="not_negative"
        ),
        CheckConstraint("population_80 <= population_60 and population_60 <= population", name="ages_within"),
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        gist("ix_community_geom", "geom"),
        gist("ix_community_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    class_: Mapped[str | None] = mapped_column("class", comment="urban or rural; null where nobody has said")
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"), index=True, comment="Township")
    population: Mapped[int | None]
    population_60: Mapped[int | None]
    population_80: Mapped[int | None]
    households: Mapped[int | None]
    population_date: Mapped[date | None]
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement | None] = mapped_column(Geometry("POINT", 3857, spatial_index=False), mercator())


class CommunityCode(Dated, Base):
    """A code of a community: (system, edition, value), never the value alone."""

    __tablename__ = "community_code"
    __table_args__ = (
        *dated_constraints(),
        UniqueConstraint("system", "edition", "code"),
        UniqueConstraint("community_id", "system", "edition"),
        CheckConstraint("code ~ '^[0-9A-Za-z:_.-]{1,40}$'", name="code_form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.community.id"))
    system: Mapped[str]
    edition: Mapped[str]
    code: Mapped[str]


class PopulationCell(Classified, Base):
    """People counted in a polygon, for example a grid cell."""

    __tablename__ = "population_cell"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("MULTIPOLYGON",)),
        CheckConstraint("population >= 0 and population_60 >= 0 and population_80 >= 0", name="not_negative"),
        gist("ix_population_cell_geom", "geom"),
        gist("ix_population_cell_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    population: Mapped[int]
    population_60: Mapped[int | None]
    population_80: Mapped[int | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", 3857, spatial_index=False), mercator())
