"""What-if scenarios."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base, Versioned


class Scenario(Versioned, Base):
    """Changes of facilities on paper; never public, and nothing of the real data hangs on it."""

    __tablename__ = "scenario"
    __table_args__ = (
        CheckConstraint("name = btrim(name) and name <> ''", name="name_given"),
        CheckConstraint("jsonb_typeof(changes) = 'array'", name="changes_listed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True, comment="Name of the account")
    name: Mapped[str]
    service: Mapped[str] = mapped_column(comment="Id of the service standard")
    type: Mapped[str] = mapped_column(comment="Code of the facility type")
    on_date: Mapped[date] = mapped_column(comment="Day whose facilities and communities count")
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"), comment="In order")
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    base: Mapped[dict[str, int]] = mapped_column(JSONB, comment="Revisions of the layers at the last change")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
