"""What all tables share."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.schema import SchemaItem

SCHEMA = "geoservice"
SRID = 4490

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# 密级, in rising order. 公开 and 内部 are handled here; the others are known so that they can be refused.
CLASSIFICATIONS = ("public", "internal", "confidential", "secret", "top_secret")


class Base(DeclarativeBase):
    """All tables live in one schema."""

    metadata = MetaData(schema=SCHEMA, naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}


class Classified:
    """Classification level, publication and origin, on every record from the first migration on."""

    classification: Mapped[str] = mapped_column(server_default="internal")
    published: Mapped[bool] = mapped_column(server_default=text("false"))
    schematic: Mapped[bool] = mapped_column(server_default=text("false"), comment="示意数据, 非测绘成果")
    batch_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.import_batch.id"), index=True)


def classified_constraints() -> tuple[SchemaItem, ...]:
    """Constraints that go with `Classified`."""
    levels = ", ".join(f"'{level}'" for level in CLASSIFICATIONS)
    return (
        CheckConstraint(f"classification in ({levels})", name="classification_known"),
        CheckConstraint("not published or classification = 'public'", name="published_is_public"),
    )


class Versioned:
    """Counts the changes of a record; a trigger raises it."""

    version: Mapped[int] = mapped_column(server_default=text("1"), comment="Goes up with each change")


class Dated:
    """Legal validity: from the first day in force to the day before `valid_to`; null is open."""

    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]


def dated_constraints() -> tuple[SchemaItem, ...]:
    """Constraints that go with `Dated`."""
    return (CheckConstraint("valid_from is null or valid_to is null or valid_from < valid_to", name="validity_order"),)


def no_overlap(*columns: str, name: str) -> ExcludeConstraint:
    """No two rows with equal `columns` may be in force on one day."""
    equal: list[tuple[Any, str]] = [(column, "=") for column in columns]
    validity = func.daterange(Column("valid_from"), Column("valid_to"), text("'[)'"))
    return ExcludeConstraint(*equal, (validity, "&&"), using="gist", name=name)


def geometry_constraints(column: str = "geom", *, types: tuple[str, ...] = ()) -> tuple[SchemaItem, ...]:
    """A geometry is valid, not empty, inside the longitudes and latitudes, and of one of `types`."""
    checks = [
        CheckConstraint(f"ST_IsValid({column})", name=f"{column}_valid"),
        CheckConstraint(f"not ST_IsEmpty({column})", name=f"{column}_not_empty"),
        CheckConstraint(
            f"ST_XMin({column}) >= -180 and ST_XMax({column}) <= 180"
            f" and ST_YMin({column}) >= -85.06 and ST_YMax({column}) <= 85.06",
            name=f"{column}_on_earth",
        ),
    ]
    if types:
        known = ", ".join(f"'{kind.upper()}'" for kind in types)
        checks.append(CheckConstraint(f"GeometryType({column}) in ({known})", name=f"{column}_type"))
    return tuple(checks)


def mercator(column: str = "geom") -> Computed:
    """Stored copy in EPSG:3857 for tiles; latitudes are cut where the projection ends.

    EPSG:4490 and 4326 differ by less than the width of a tile pixel: the cheap datum-free transform is enough.
    """
    return Computed(f"ST_Transform(ST_SetSRID({column}, 4326), 3857)", persisted=True)


def gist(name: str, column: str) -> Index:
    """Spatial index."""
    return Index(name, column, postgresql_using="gist")
