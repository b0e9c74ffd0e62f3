"""Import batches and the revision of each layer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import SCHEMA, Base


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
    kept: Mapped[bool] = mapped_column(
        server_default=text("false"), comment="Whether what it changed was kept, so that it can be undone"
    )
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str | None]


class BatchBefore(Base):
    """A row that an import changed or took out, as it was before; written by triggers while the import is under way.

    One index and no reference: each more would slow a large import down.
    """

    __tablename__ = "batch_before"

    batch_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    table_name: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    was_batch: Mapped[int | None] = mapped_column(comment="The import that the row was of")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Null where the import brought it")


class Upload(Base):
    """Files that somebody has sent to be imported, how, and what came of it."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(index=True, comment="Name of the account")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, comment="Name, size, and whether it is there whole")
    wishes: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    inspection: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    job_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.job.id"), index=True, comment="The latest")
    outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Of the job that is named in it")


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


class LayerTouch(Base):
    """Where what the public sees of a layer has changed, and at which of its public revisions; kept by triggers."""

    __tablename__ = "layer_touch"
    __table_args__ = (
        Index("ix_layer_touch_area", "layer", "area", postgresql_using="gist"),
        Index("ix_layer_touch_transaction", "transaction", postgresql_where=text("revision is null")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    layer: Mapped[str]
    area: Mapped[WKBElement] = mapped_column(Geometry("GEOMETRY", 3857, spatial_index=False))
    revision: Mapped[int | None] = mapped_column(
        comment="Public revision of the layer; null until the transaction ends"
    )
    at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    transaction: Mapped[int | None] = mapped_column(server_default=func.txid_current())


class LayerChange(Base):
    """That the public's counter of a layer goes up when the transaction ends; empty outside of transactions."""

    __tablename__ = "layer_change"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    layer: Mapped[str]
