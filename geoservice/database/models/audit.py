"""The audit trail and the head of its chain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import Base


class AuditEntry(Base):
    """One change of a record, or one act: who, when, what, why. Written by the database, never changed."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("action ~ '^[a-z][a-z0-9_.-]{0,39}$'", name="action_form"),
        CheckConstraint("(seq is null) = (hash is null) and (seq is null) = (previous is null)", name="chained_whole"),
        UniqueConstraint("seq"),
        Index("ix_audit_entry_record", "table_name", "key", "id"),
        Index("ix_audit_entry_actor", "actor", "id"),
        Index("ix_audit_entry_at", "at"),
        Index("ix_audit_entry_batch_id", "batch_id", postgresql_where=text("batch_id is not null")),
        Index("ix_audit_entry_unchained", "id", postgresql_where=text("seq is null")),
        Index("ix_audit_entry_removed", "table_name", "id", postgresql_where=text("action = 'delete'")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int | None] = mapped_column(comment="Place in the chain; given at commit")
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(comment="Account, public, system, shell:<user>")
    roles: Mapped[str] = mapped_column(comment="Joined by commas")
    database_user: Mapped[str]
    request_id: Mapped[str | None]
    action: Mapped[str]
    table_name: Mapped[str | None]
    key: Mapped[str | None] = mapped_column(comment="Primary key")
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB, comment="Or the details of an act")
    reason: Mapped[str | None] = mapped_column(comment="As the user gave it")
    batch_id: Mapped[int | None] = mapped_column(comment="Of an import")
    previous: Mapped[bytes | None] = mapped_column(comment="Hash of the entry before")
    hash: Mapped[bytes | None] = mapped_column(comment="SHA-256 of previous and the canonical text")


class AuditHead(Base):
    """The last entry of the chain; one row."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("single", name="one_row"),)

    single: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    chain: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    seq: Mapped[int] = mapped_column(server_default=text("0"))
    hash: Mapped[bytes]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
