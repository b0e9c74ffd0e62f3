"""Accounts that sign in through the network's provider: marked by an administrator, linked once, set free again."""

from __future__ import annotations

from typing import TypeGuard

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from geoservice.access.accounts import touched
from geoservice.access.links import IS_WAITING
from geoservice.database.models import Account, AccountLink
from geoservice.errors import BadInput, Conflict, NotFound

LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2


def link(connection: Connection, account_id: int, issuer: str, subject: str | None = None) -> None:
    """Marks an account for the provider, or links it at once where its subject there is known; it is signed out.

    Raises
    ------
    BadInput
        If the subject cannot be one.
    Conflict
        If the account is linked already, or the subject to another.
    """
    given = None if subject is None else _checked(subject)
    values = {
        "issuer": issuer,
        "subject": given,
        "marked_at": func.now(),
        "linked_at": None if given is None else func.now(),
    }
    made = insert(AccountLink).values(account_id=account_id, **values)
    again = made.on_conflict_do_update(
        index_elements=[AccountLink.account_id], set_=values, where=AccountLink.subject.is_(None)
    ).returning(AccountLink.account_id)
    try:
        with connection.begin_nested():
            done = connection.execute(again).scalar()
    except IntegrityError:
        raise Conflict("access.subject-taken", subject=given) from None
    if done is None:
        raise Conflict("access.already-linked")
    touched(connection, account_id)


def unlink(connection: Connection, account_id: int) -> None:
    """Ends the link or the mark of an account: its password counts again, and it is signed out.

    Raises
    ------
    NotFound
        If it has neither.
    """
    if connection.execute(delete(AccountLink).where(AccountLink.account_id == account_id)).rowcount != 1:
        raise NotFound("access.no-link")
    touched(connection, account_id)


def account_of(connection: Connection, issuer: str, subject: str, name: str | None) -> int | None:
    """The account that somebody the provider vouches for may sign in to; None where there is none.

    That is the one linked to the subject. Where the subject is linked to none, it is the account of that name, if an
    administrator has marked it for this provider: it is linked from now on, and other sessions of it end.
    """
    linked = select(AccountLink.account_id, Account.active).join(Account)
    row = connection.execute(linked.where(AccountLink.issuer == issuer, AccountLink.subject == subject)).first()
    if row is not None:
        return row.account_id if row.active else None
    return None if name is None else _linked_by_name(connection, issuer, subject, name)


def _linked_by_name(connection: Connection, issuer: str, subject: str, name: str) -> int | None:
    marked = select(AccountLink.account_id).join(Account).where(Account.name == account_name(name), Account.active)
    waiting = marked.where(IS_WAITING, AccountLink.issuer == issuer).with_for_update(of=AccountLink)
    account_id: int | None = connection.execute(waiting).scalar()
    if account_id is None:
        return None
    joined = update(AccountLink).where(AccountLink.account_id == account_id)
    try:
        with connection.begin_nested():
            connection.execute(joined.values(subject=subject, linked_at=func.now()))
    except IntegrityError:  # the same subject was linked to another account meanwhile
        return None
    touched(connection, account_id)
    return account_id


def account_name(claim: str) -> str:
    """The account that a name at the provider stands for.

    Letters of ASCII are folded and nothing else: what only looks alike there may be somebody else.

    Examples
    --------
    >>> account_name("Wang"), account_name("王小明"), account_name("ｗａｎｇ")
    ('wang', '王小明', 'ｗａｎｇ')
    """
    return claim.lower() if claim.isascii() else claim


def is_text(given: object) -> TypeGuard[str]:
    """Whether something can be a subject or a name at a provider: visible, and not too long.

    Examples
    --------
    >>> is_text("f:7:王"), is_text(""), is_text(" x"), is_text("x" * 256), is_text(None)
    (True, False, False, False, False)
    """
    if not isinstance(given, str) or given != given.strip():
        return False
    return 0 < len(given) <= LONGEST_SUBJECT and given.isprintable()


def _checked(subject: str) -> str:
    if not is_text(subject):
        raise BadInput("access.bad-subject")
    return subject
