"""Plans of proposed names that somebody has handed in to be checked, and what came of each row."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import Date, ForeignKey, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from geoservice.database.models.base import SCHEMA, SRID, Base


class NamePlan(Base):
    """One file of proposed names; it is its owner's, and goes after a time as uploads do."""

    __tablename__ = "name_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True, comment="Name of the account")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    file: Mapped[str]
    size: Mapped[int] = mapped_column(comment="Of the file, in bytes")
    kind: Mapped[str] = mapped_column(comment="Street, estate ...: of all its names")
    wishes: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="How the file was read")
    reading: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="What the reader found: headers, columns, notices")
    rows: Mapped[int]
    job_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.job.id"), index=True, comment="The latest")
    counts: Mapped[dict[str, int] | None] = mapped_column(JSONB, comment="Rows by mark; null until checked")
    checked_on: Mapped[date | None] = mapped_column(Date)


class NamePlanRow(Base):
    """One row of a plan: as it was read, and what the check says of it."""

    __tablename__ = "name_plan_row"

    plan_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.name_plan.id", ondelete="CASCADE"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="As the source counts")
    name: Mapped[str] = mapped_column(comment="Empty where there is none")
    reading: Mapped[str | None] = mapped_column(comment="As stated")
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    width_m: Mapped[float | None]
    length_m: Mapped[float | None]
    cells: Mapped[list[Any]] = mapped_column(JSONB, comment="As they stand in the source")
    notes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="What the reader noticed")
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="Why it is not to be read")
    mark: Mapped[str | None] = mapped_column(comment="The gravest verdict, missing or unread; null until checked")
    spelling: Mapped[str | None]
    unconfirmed: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default=text("'{}'"), comment="Characters of whose readings nobody confirmed one"
    )
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="As of the names of cases")
    inside: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'"), comment="Rows of the plan that it clashes with"
    )
    inside_cut: Mapped[bool] = mapped_column(server_default=text("false"), comment="Whether there are more of them")
    case_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.naming_case.id", ondelete="SET NULL"), index=True, comment="That was made of it"
    )
