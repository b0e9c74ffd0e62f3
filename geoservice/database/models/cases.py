"""Cases of the approval desk: naming, renaming, retirement and extent change, with all that belongs to them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from geoservice.database.models.base import (
    CLASSIFICATIONS,
    SCHEMA,
    SRID,
    Base,
    Versioned,
    geometry_constraints,
    gist,
)

CASE_KINDS = ("naming", "renaming", "retirement", "extent")
STANCES = ("agrees", "objects", "comments", "silent")
OUTCOMES = ("adopted", "partly", "declined")
_CASE = f"{SCHEMA}.naming_case.id"


class NamingCase(Versioned, Base):
    """One application on its way through the steps of layers/standards/cases.toml.

    It is never public. `version` goes up with each change of the case or of anything that belongs to it.
    """

    __tablename__ = "naming_case"
    __table_args__ = (
        CheckConstraint(f"kind in {CASE_KINDS}", name="kind_known"),
        CheckConstraint(f"classification in {CLASSIFICATIONS}", name="classification_known"),
        CheckConstraint("title = btrim(title) and title <> ''", name="title_given"),
        Index("ix_naming_case_open", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name_kind: Mapped[str] = mapped_column(comment="Street, estate ...: decides who approves, and the steps")
    title: Mapped[str]
    applicant: Mapped[str] = mapped_column(server_default="")
    contact: Mapped[str] = mapped_column(server_default="")
    brands: Mapped[list[str]] = mapped_column(
        ARRAY(Text), server_default="{}", comment="Of the applicant: its short names and trademarks"
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"), index=True)
    state: Mapped[str] = mapped_column(server_default="draft")
    taken: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="Step to the day on which it was taken, since the last return"
    )
    classification: Mapped[str] = mapped_column(server_default="internal")
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CaseName(Base):
    """One name of a case: what is proposed, what the rules say, what people decide, and what came of it."""

    __tablename__ = "case_name"
    __table_args__ = (
        *geometry_constraints(
            types=("POINT", "MULTIPOINT", "LINESTRING", "MULTILINESTRING", "POLYGON", "MULTIPOLYGON")
        ),
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        CheckConstraint("decision in ('approved', 'dropped')", name="decision_known"),
        CheckConstraint("length_m >= 0 and width_m >= 0", name="sizes"),
        # Few are added, many are looked for: none waits in the list of what is not in the index yet.
        Index("ix_case_name_alike_keys", "alike_keys", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
        gist("ix_case_name_geom", "geom"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(_CASE), index=True)
    name: Mapped[str] = mapped_column(comment="As applied for; of a retirement or extent change the name in force")
    reading: Mapped[str | None] = mapped_column(comment="As stated")
    class_code: Mapped[str]
    meaning: Mapped[str] = mapped_column(server_default="", comment="含义")
    origin: Mapped[str] = mapped_column(server_default="", comment="来历")
    location: Mapped[str] = mapped_column(server_default="", comment="位置描述")
    length_m: Mapped[Decimal | None] = mapped_column(Numeric(10, 1))
    width_m: Mapped[Decimal | None] = mapped_column(Numeric(10, 1))
    place_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.place.id"), index=True, comment="That there is already, or that was entered"
    )
    old_name: Mapped[str | None] = mapped_column(comment="Standard name of that place when the case was made")
    geom: Mapped[WKBElement | None] = mapped_column(Geometry("GEOMETRY", SRID, spatial_index=False))
    alike_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    verdict: Mapped[str | None] = mapped_column(comment="The gravest of the rules; null until checked")
    checked_on: Mapped[date | None] = mapped_column(Date)
    checked: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Verdicts with rule ids, clashes, scope")
    findings: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB, server_default=text("'[]'"), comment="What people say of a rule: exempt or upheld, why, who, when"
    )
    argument: Mapped[str] = mapped_column(server_default="", comment="For what soft rules ask to be argued")
    decision: Mapped[str | None]
    approved_name: Mapped[str | None]
    approved_reading: Mapped[str | None]
    entered_name_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.place_name.id", ondelete="SET NULL"), index=True
    )


class CaseMove(Base):
    """One transition of a case; added and never changed."""

    __tablename__ = "case_move"
    __table_args__ = (
        CheckConstraint("action in ('create', 'advance', 'return', 'refuse', 'withdraw')", name="action_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(_CASE), index=True)
    action: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    on_day: Mapped[date] = mapped_column(Date, comment="Of the act itself: approval, filing, announcement ...")
    document: Mapped[str] = mapped_column(server_default="", comment="文号")
    reason: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="", comment="Of a site visit, a review, an announcement")
    passed_over: Mapped[dict[str, str]] = mapped_column(
        JSONB, server_default=text("'{}'"), comment="Step to the reason for leaving it out"
    )


class CaseOpinion(Base):
    """One party of the consultation, what it says, and what became of that."""

    __tablename__ = "case_opinion"
    __table_args__ = (
        CheckConstraint(f"stance in {STANCES}", name="stance_known"),
        CheckConstraint(f"outcome in {OUTCOMES}", name="outcome_known"),
        CheckConstraint("asked = btrim(asked) and asked <> ''", name="asked_given"),
        CheckConstraint("answered_on is null or answered_on >= asked_on", name="days_in_order"),
        CheckConstraint("(answered_on is null) = (stance is null)", name="answered_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(_CASE), index=True)
    asked: Mapped[str] = mapped_column(comment="Who")
    asked_on: Mapped[date] = mapped_column(Date)
    answered_on: Mapped[date | None] = mapped_column(Date)
    stance: Mapped[str | None]
    opinion: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str | None] = mapped_column(comment="采纳、部分采纳、不采纳")
    answer: Mapped[str] = mapped_column(server_default="", comment="Ours, with the reason")


class CaseMaterial(Base):
    """Whether a paper of the list in cases.toml is there."""

    __tablename__ = "case_material"
    __table_args__ = (UniqueConstraint("case_id", "material"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey(_CASE), index=True)
    material: Mapped[str] = mapped_column(comment="Id in cases.toml")
    present: Mapped[bool] = mapped_column(server_default=text("true"))
    file_name: Mapped[str] = mapped_column(server_default="")
    note: Mapped[str] = mapped_column(server_default="")
