"""Import batches and the revision of each layer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Identity, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base


class ImportBatch(Base):
    """One load of one file into one layer."""

    __tablename__ = "import_batch"
    __table_args__ = (
        CheckConstraint("rows_read >= 0 and loaded >= 0 and changed >= 0 and refused >= 0", name="counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    layer: Mapped[str]
    source_name: Mapped[str]
    source_sha256: Mapped[str]
    source_crs: Mapped[str | None]
    actor: Mapped[str]
    schematic: Mapped[bool] = mapped_column(server_default=text("false"))
    imported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    rows_read: Mapped[int]
    loaded: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    published: Mapped[bool] = mapped_column(server_default=text("false"), comment="Whether a record of it was")


class LayerRevision(Base):
    """Counts up with each change of a layer; caches and derived results name it.

    The public's counter is raised by triggers when a row changes that the public sees, or saw before.
    """

    __tablename__ = "layer_revision"

    layer: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(server_default=text("0"))
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    public_revision: Mapped[int] = mapped_column(server_default=text("0"))
    public_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class LayerChange(Base):
    """That the public's counter of a layer goes up when the transaction ends; empty outside of transactions."""

    __tablename__ = "layer_change"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    layer: Mapped[str]
