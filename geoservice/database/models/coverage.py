"""Service standards, coverage runs and their results."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import (
    SCHEMA,
    SRID,
    Base,
    Classified,
    classified_constraints,
    geometry_constraints,
    gist,
    mercator,
)


class ServiceStandard(Base):
    """A service standard of layers/standards/services.toml, as it was when it was last read."""

    __tablename__ = "service_standard"

    id: Mapped[str] = mapped_column(primary_key=True)
    title_zh: Mapped[str]
    title_en: Mapped[str]
    declaration: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Types, classes, mode, minutes, source")


class CoverageRun(Classified, Base):
    """One computation of coverage with its parameters and the revision of its inputs."""

    __tablename__ = "coverage_run"
    __table_args__ = (*classified_constraints(),)

    id: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime] = mapped_column(server_default=func.now())
    on_date: Mapped[date]
    network_revision: Mapped[str]
    input_revisions: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Layer to revision")
    public_revisions: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="Layer to the revision of what the public sees of it"
    )
    parameters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), comment="The headline figures")
    network_outside_km: Mapped[dict[str, Any]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="Mode to kilometres of its network outside the county"
    )


class CoverageReach(Base):
    """Reach time of one community to its nearest facility of one type, judged by one standard.

    The facilities are rows of `CoverageFacility` of the same case, which keeps them from being taken out.
    """

    __tablename__ = "coverage_reach"
    __table_args__ = (
        CheckConstraint("time_ds >= 0 and limit_ds > 0", name="times"),
        CheckConstraint("(time_ds is null) = (reason is not null)", name="time_or_reason"),
        CheckConstraint("covered = coalesce(time_ds <= limit_ds, false)", name="covered_by_time"),
        UniqueConstraint("run_id", "standard_id", "type", "community_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"))
    standard_id: Mapped[str]
    type: Mapped[str]
    community_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.community.id"))
    facility_id: Mapped[int | None]
    time_ds: Mapped[int | None] = mapped_column(comment="Reach time in deciseconds")
    limit_ds: Mapped[int]
    covered: Mapped[bool]
    reason: Mapped[str | None] = mapped_column(comment="Why there is no time: off_network, no_path, no_facility")
    second_facility_id: Mapped[int | None]
    second_time_ds: Mapped[int | None] = mapped_column(comment="Reach time of the second nearest facility")
    facilities_within: Mapped[int] = mapped_column(server_default=text("0"), comment="Facilities within the limit")
    by_neighbour: Mapped[bool | None] = mapped_column(
        comment="Covered, but by no facility of its own county; null where no county has an outline"
    )
    places_per_thousand: Mapped[float | None] = mapped_column(comment="Two-step floating catchment")
    places_balanced: Mapped[float | None] = mapped_column(comment="Balanced floating catchment")
    places_shared: Mapped[float | None] = mapped_column(comment="What a thousand people find in the balanced shares")


class CoverageUnit(Base):
    """Coverage of one unit by one type and standard; the unit is null for the sum over all.

    What is told of neighbours is null where no county has an outline, built-up land where none is loaded or no circle
    was drawn.
    """

    __tablename__ = "coverage_unit"
    __table_args__ = (
        UniqueConstraint(
            *("run_id", "standard_id", "type", "unit_id", "is_total", "is_county"),
            name="uq_coverage_unit_case",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("communities_covered <= communities and population_covered <= population", name="parts"),
        CheckConstraint("communities_backed_up <= communities_covered", name="backed_up"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"))
    standard_id: Mapped[str]
    type: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"))
    is_total: Mapped[bool] = mapped_column(server_default=text("false"))
    is_county: Mapped[bool] = mapped_column(server_default=text("false"), comment="A sum beside the units, by county")
    facilities: Mapped[int]
    facilities_outside: Mapped[int | None]
    communities: Mapped[int]
    communities_covered: Mapped[int]
    communities_backed_up: Mapped[int] = mapped_column(server_default=text("0"))
    communities_by_neighbour: Mapped[int | None]
    communities_unjoined: Mapped[int]
    communities_without_population: Mapped[int]
    communities_without_population_60: Mapped[int] = mapped_column(server_default=text("0"))
    communities_without_population_80: Mapped[int] = mapped_column(server_default=text("0"))
    communities_without_households: Mapped[int] = mapped_column(server_default=text("0"))
    population: Mapped[int]
    population_covered: Mapped[int]
    population_60: Mapped[int]
    population_60_covered: Mapped[int]
    population_80: Mapped[int]
    population_80_covered: Mapped[int]
    population_backed_up: Mapped[int] = mapped_column(server_default=text("0"))
    population_by_neighbour: Mapped[int | None]
    households: Mapped[int] = mapped_column(server_default=text("0"))
    households_covered: Mapped[int] = mapped_column(server_default=text("0"))
    built_up_km2: Mapped[float | None]
    built_up_covered_km2: Mapped[float | None] = mapped_column(comment="Areal share, from the circle")
    gini_time: Mapped[float | None] = mapped_column(comment="Of reach time, weighted by people")


class CoverageFacility(Base):
    """What one facility does in one case: whom it serves, what its closing would cost, how full it gets."""

    __tablename__ = "coverage_facility"
    __table_args__ = (
        UniqueConstraint("run_id", "standard_id", "type", "facility_id"),
        CheckConstraint("capacity >= 0 and taken_milli >= 0 and taken_milli <= 1000 * capacity", name="capacity_kept"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"))
    standard_id: Mapped[str]
    type: Mapped[str]
    facility_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.facility.id"))
    outside: Mapped[bool | None] = mapped_column(comment="Outside the county; null where no county has an outline")
    communities_within: Mapped[int] = mapped_column(comment="Whose limit it is within")
    population_within: Mapped[int]
    lost_communities: Mapped[int] = mapped_column(comment="Not covered if it closes")
    lost_population: Mapped[int]
    lost_population_60: Mapped[int]
    lost_population_80: Mapped[int]
    single_communities: Mapped[int] = mapped_column(comment="Left with one facility if it closes")
    single_population: Mapped[int]
    single_population_60: Mapped[int]
    single_population_80: Mapped[int]
    capacity: Mapped[int | None] = mapped_column(comment="Places, for example beds; null where not known")
    taken_milli: Mapped[int | None] = mapped_column(comment="Thousandths of places taken, nearest first")
    effective_ds: Mapped[int | None] = mapped_column(comment="Time of the farthest community that it serves")


class CoverageCase(Base):
    """What is told of a case as a whole: shortage of places, inequality of access."""

    __tablename__ = "coverage_case"
    __table_args__ = (UniqueConstraint("run_id", "standard_id", "type"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"))
    standard_id: Mapped[str]
    type: Mapped[str]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)


class CoverageCircle(Classified, Base):
    """The service circle of all facilities of a type within some minutes: a picture, never an input of a figure."""

    __tablename__ = "coverage_circle"
    __table_args__ = (
        *classified_constraints(),
        *geometry_constraints(types=("MULTIPOLYGON",)),
        UniqueConstraint("run_id", "standard_id", "type", "mode", "minutes"),
        gist("ix_coverage_circle_geom", "geom"),
        gist("ix_coverage_circle_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"))
    standard_id: Mapped[str]
    type: Mapped[str]
    mode: Mapped[str]
    minutes: Mapped[int]
    area_km2: Mapped[float]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", 3857, spatial_index=False), mercator())
