"""Background jobs as they are told to people; the queue itself is procrastinate's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import SCHEMA, Base

JOB_STATES = ("queued", "running", "succeeded", "failed", "cancelled", "lost")


class Job(Base):
    """One piece of long work: what was asked for, how far it is, how it ended."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state in ({})".format(", ".join(f"'{one}'" for one in JOB_STATES)), name="state_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    submitter: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    queue_id: Mapped[int | None] = mapped_column(comment="Of the latest try, in procrastinate_jobs")
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    cancel_requested: Mapped[bool] = mapped_column(server_default=text("false"))
    step: Mapped[str | None] = mapped_column(comment="Key of a text")
    done: Mapped[int] = mapped_column(server_default=text("0"))
    total: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Code and values of the error")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Where it stands nowhere else; for some days")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobRun(Base):
    """The run that a job made: written with the run itself, so that both are there or neither."""

    __tablename__ = "job_run"

    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.coverage_run.id", ondelete="CASCADE"), index=True)
