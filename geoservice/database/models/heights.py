"""Heights along roads."""

from __future__ import annotations

from sqlalchemy import REAL
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base, Classified, classified_constraints


class RoadHeight(Classified, Base):
    """Heights of a road's vertices; they count while the road keeps the geometry that they were taken for."""

    __tablename__ = "road_height"
    __table_args__ = classified_constraints()

    key: Mapped[str] = mapped_column(primary_key=True, comment="Of the road")
    shape: Mapped[str] = mapped_column(comment="MD5 of the geometry that the heights belong to")
    heights: Mapped[list[float]] = mapped_column(ARRAY(REAL), comment="Metres, one a vertex; NaN where unknown")
