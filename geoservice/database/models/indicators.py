"""Figures of indicators that cannot be counted from what is loaded."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base, Classified, classified_constraints


class IndicatorEntry(Classified, Base):
    """A figure as an officer entered it; a later entry for the same day takes its place, none is changed."""

    __tablename__ = "indicator_entry"
    __table_args__ = (
        *classified_constraints(),
        CheckConstraint("value >= 0 and value < 'infinity'", name="value_finite"),
        CheckConstraint("source = btrim(source) and source <> ''", name="source_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    indicator: Mapped[str] = mapped_column(index=True, comment="Id in layers/standards/indicators.toml")
    on_date: Mapped[date]
    value: Mapped[float]
    source: Mapped[str]
    actor: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(server_default=func.now())
