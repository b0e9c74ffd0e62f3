"""Answers to questions of where facilities go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import SCHEMA, Base, Versioned


class SitingAnswer(Versioned, Base):
    """A question with its answer, once a job has found it; never public."""

    __tablename__ = "siting_answer"
    __table_args__ = (
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        CheckConstraint("(answer is null) = (base is null)", name="base_with_answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True, comment="Name of the account")
    name: Mapped[str]
    service: Mapped[str] = mapped_column(comment="Id of the service standard")
    type: Mapped[str] = mapped_column(comment="Code of the facility type")
    on_date: Mapped[date] = mapped_column(comment="Day whose facilities and communities count")
    model: Mapped[str]
    question: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="As it was asked")
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    job_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.job.id"), index=True, comment="Of its search")
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="The best that was found, with its proof")
    base: Mapped[dict[str, int] | None] = mapped_column(JSONB, comment="Revisions of the layers it was asked of")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SitingProgress(Base):
    """What the search of an answer knows so far; apart from the answer, whose version it does not raise."""

    __tablename__ = "siting_progress"

    answer_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.siting_answer.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    told: Mapped[dict[str, Any]] = mapped_column(JSONB, comment="Value, bound, and how they came")
