"""Administrative units, their versions and their codes."""

from __future__ import annotations

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
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
    no_overlap,
)

LEVELS = ("province", "prefecture", "county", "township")


class Unit(Base):
    """An administrative unit (行政区划单位) as a thing that persists through renamings."""

    __tablename__ = "unit"

    id: Mapped[int] = mapped_column(primary_key=True)


class UnitVersion(Classified, Dated, Versioned, Base):
    """Name, class, parent and territory of a unit between two dates."""

    __tablename__ = "unit_version"
    __table_args__ = (
        *classified_constraints(),
        *dated_constraints(),
        *geometry_constraints(types=("MULTIPOLYGON",)),
        CheckConstraint(f"level in {LEVELS}", name="level_known"),
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        no_overlap("unit_id", name="ex_unit_version_validity"),
        # The index of the constraint finds a unit as well, and takes ten times as long.
        Index(
            "ix_unit_version_unit_id",
            "unit_id",
            postgresql_include=["name", "valid_from", "valid_to", "classification", "published"],
        ),
        gist("ix_unit_version_geom", "geom"),
        gist("ix_unit_version_geom_3857", "geom_3857"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"), index=True)
    level: Mapped[str]
    kind: Mapped[str | None] = mapped_column(comment="镇, 乡, 街道 ... as the source writes it")
    name: Mapped[str]
    source: Mapped[str] = mapped_column(comment="Where the territory comes from; none when only listed")
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("MULTIPOLYGON", SRID, spatial_index=False))
    geom_3857: Mapped[WKBElement | None] = mapped_column(
        Geometry("MULTIPOLYGON", 3857, spatial_index=False), mercator()
    )


class UnitCode(Dated, Versioned, Base):
    """A code of a unit: (system, edition, value), never the value alone."""

    __tablename__ = "unit_code"
    __table_args__ = (
        *dated_constraints(),
        UniqueConstraint("system", "edition", "code"),
        UniqueConstraint("unit_id", "system", "edition"),
        CheckConstraint("code ~ '^[0-9A-Za-z:_.-]{1,40}$'", name="code_form"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"))
    system: Mapped[str]
    edition: Mapped[str]
    code: Mapped[str]
