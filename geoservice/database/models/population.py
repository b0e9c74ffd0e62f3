"""Communities with their people, sources of population, their cells and what each gives to a community."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import (
    SCHEMA,
    SRID,
    Base,
    Classified,
    Dated,
    Versioned,
    classified_constraints,
    dated_constraints,
    geometry_constraints,
    gist,
    mercator,
)


class Community(Classified, Dated, Versioned, Base):
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


class CommunityCode(Dated, Versioned, Base):
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


class PopulationSource(Classified, Base):
    """One file or raster band that says where people live, and what its sharing over the communities came to."""

    __tablename__ = "population_source"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints("area"),
        CheckConstraint("kind in ('polygons', 'points', 'raster')", name="kind_known"),
        CheckConstraint(
            "outside >= 0 and outside <= population and population_80 <= population_60 and population_60 <= population",
            name="people_within",
        ),
        Index("uq_population_source_name", "name", "band", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    sha256: Mapped[str]
    source_crs: Mapped[str | None]
    band: Mapped[str | None] = mapped_column(comment="Of a raster")
    on_date: Mapped[date | None] = mapped_column(comment="The day that the people were counted for")
    actor: Mapped[str]
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    within_m: Mapped[int] = mapped_column(comment="How far a community without a unit's outline reaches")
    population: Mapped[int] = mapped_column(server_default=text("0"), comment="All people of the source")
    population_60: Mapped[int | None]
    population_80: Mapped[int | None]
    outside: Mapped[int | None] = mapped_column(comment="Of them in no territory; null before they are shared")
    outside_60: Mapped[int | None]
    outside_80: Mapped[int | None]
    shared_on: Mapped[date | None] = mapped_column(comment="The day whose communities they were shared over")
    shared_at: Mapped[datetime | None]
    shared_revisions: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="Of communities and units"
    )
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    area: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", SRID, spatial_index=False), comment="Where it counts people"
    )


class PopulationCell(Classified, Base):
    """People counted in a polygon, for example a grid cell, or at a point, for example a house."""

    __tablename__ = "population_cell"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("POINT", "MULTIPOLYGON")),
        UniqueConstraint("source_id", "key"),
        CheckConstraint("population >= 0 and population_60 >= 0 and population_80 >= 0", name="not_negative"),
        gist("ix_population_cell_geom", "geom"),
        gist("ix_population_cell_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.population_source.id", ondelete="CASCADE"))
    key: Mapped[str]
    population: Mapped[int]
    population_60: Mapped[int | None]
    population_80: Mapped[int | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False), mercator())


class CommunityEstimate(Base):
    """The people that one source gives to a community; the view community_people says where they count."""

    __tablename__ = "community_estimate"
    __table_args__ = (
        CheckConstraint("population >= 0 and population_60 >= 0 and population_80 >= 0", name="not_negative"),
        CheckConstraint("population_80 <= population_60 and population_60 <= population", name="ages_within"),
    )

    source_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.population_source.id", ondelete="CASCADE"), primary_key=True
    )
    community_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.community.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    population: Mapped[int]
    population_60: Mapped[int | None]
    population_80: Mapped[int | None]
