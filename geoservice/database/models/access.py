"""Accounts, what they may, and how they come in. Seen by the program itself only, but for one's own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from geoservice.database.models.base import SCHEMA, Base

ROLES = ("viewer", "clerk", "reviewer", "approver", "planner", "administrator")
TOKEN_SCOPES = ("read", "write")


class Account(Base):
    """Somebody who can sign in. Its name is stored in lower case."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("name = lower(btrim(name)) and name ~ '^[^[:space:][:cntrl:],:/]{2,40}$'", name="name_form"),
        CheckConstraint("name not in ('public', 'system')", name="name_free"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(server_default="", comment="Name of the person")
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    signed_in_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Credential(Base):
    """The password of an account, and how often another was tried."""

    __tablename__ = "credential"

    account_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    password_hash: Mapped[str] = mapped_column(comment="argon2id")
    must_change: Mapped[bool] = mapped_column(server_default=text("false"), comment="It is to be used once")
    failures: Mapped[int] = mapped_column(server_default=text("0"), comment="Wrong ones since the last right one")
    locked_until: Mapped[datetime | None]


class AccountRole(Base):
    """A role of an account: everywhere, or in one unit and those below it."""

    __tablename__ = "account_role"
    __table_args__ = (
        UniqueConstraint("account_id", "role", "unit_id", postgresql_nulls_not_distinct=True),
        CheckConstraint(f"role in {ROLES}", name="role_known"),
        CheckConstraint("role <> 'administrator' or unit_id is null", name="administrator_everywhere"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.account.id", ondelete="CASCADE"))
    role: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.unit.id"))


class Session(Base):
    """A signed-in browser, by the SHA-256 of its cookie."""

    __tablename__ = "session"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.account.id", ondelete="CASCADE"), index=True)
    form_key: Mapped[str] = mapped_column(comment="Sent back by our own pages with each change")
    began_at: Mapped[datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime]


class AccountLink(Base):
    """An account's identity at the provider of the network; without a subject an administrator has marked it for one."""

    __tablename__ = "account_link"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("subject <> ''", name="subject_given"),
        CheckConstraint("(subject is null) = (linked_at is null)", name="linked_with_subject"),
    )

    account_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    issuer: Mapped[str]
    subject: Mapped[str | None] = mapped_column(comment="Null until the first sign-in through the provider")
    marked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    linked_at: Mapped[datetime | None]


class SignInAttempt(Base):
    """A browser on its way to the provider and back, by the SHA-256 of its cookie and state; gone once it is back."""

    __tablename__ = "sign_in_attempt"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    nonce: Mapped[str]
    verifier: Mapped[str] = mapped_column(comment="Of PKCE")
    redirect_uri: Mapped[str]
    goes_on: Mapped[str] = mapped_column(comment="Path of ours to go to afterwards")
    ends_at: Mapped[datetime]


class ApiToken(Base):
    """A key for programs, by its SHA-256; never more than its account may."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint(f"scope in {TOKEN_SCOPES}", name="scope_known"),
        CheckConstraint("title = btrim(title) and title <> ''", name="title_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.account.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(comment="What it is for")
    scope: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    ends_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
