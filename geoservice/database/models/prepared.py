"""Features that are written beforehand, as the public reads them; triggers take back what a change touches."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base


class PreparedLayer(Base):
    """A layer whose features are prepared: held by whoever changes its records or writes a batch, one row each."""

    __tablename__ = "prepared_layer"

    layer: Mapped[str] = mapped_column(primary_key=True)
    batches: Mapped[int] = mapped_column(server_default=text("0"), comment="Counts up with each batch that was written")


class PreparedPlace(Base):
    """The feature of a place without what is told of its unit; absent where it is not written, or not public."""

    __tablename__ = "prepared_place"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    form: Mapped[int] = mapped_column(comment="Of what and how it was written")
    day_from: Mapped[date] = mapped_column(comment="First day on which it reads so")
    day_to: Mapped[date] = mapped_column(comment="First day on which it may read otherwise")
    head: Mapped[str] = mapped_column(comment="GeoJSON up to what is told of its unit")
    tail: Mapped[str] = mapped_column(comment="GeoJSON from there on")


class PreparedDue(Base):
    """A feature that is to be written, again or for the first time; several rows of one mean the same."""

    __tablename__ = "prepared_due"

    number: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    layer: Mapped[str]
    id: Mapped[int]
