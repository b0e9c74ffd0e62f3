"""Turns that drivers may not make."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from geoservice.database.models.base import Base, Classified, classified_constraints


class TurnRestriction(Classified, Base):
    """A ban or a command to turn, as its source gives it; ways by the key of their road, without what cut them."""

    __tablename__ = "turn_restriction"
    __table_args__ = classified_constraints()

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(comment="no_left_turn, only_straight_on ...")
    from_ways: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="For example osm:way/1")
    via_nodes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    via_ways: Mapped[list[str]] = mapped_column(ARRAY(Text))
    to_ways: Mapped[list[str]] = mapped_column(ARRAY(Text))
    modes: Mapped[list[str]] = mapped_column(ARRAY(Text), comment="Who must obey it: bicycle, car")
    condition: Mapped[str | None] = mapped_column(comment="When it holds, where not always")
