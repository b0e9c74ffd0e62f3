"""Accounts: made, changed, given roles, asked for their password."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geoservice.access.links import IS_LINKED, Link, link_of
from geoservice.access.passwords import check_password, hash_password, is_outdated, is_password, make_up
from geoservice.access.roles import GRANTS, WHOLE, Permission, Role, actor_of
from geoservice.database.actor import Actor, Extent
from geoservice.database.locks import Lock, one_at_a_time
from geoservice.database.models import Account, AccountRole, Credential, Session, UnitVersion
from geoservice.database.trail import event, speak_as
from geoservice.errors import BadInput, Conflict, NotFound

MOST_FAILURES = 5
LOCKED = timedelta(minutes=15)
ADMINISTRATOR = "admin"
_NAME = re.compile(r"[^\s,:/\x00-\x1f\x7f]{2,40}")
_RESERVED = ("public", "system")

# A unit with all below it, by the newest version of each: what has moved away belongs to its new parent, and what was
# dissolved stays with the last one.
_BELOW = text("""
    with recursive newest as (
        select distinct on (unit_id) unit_id, parent_id from unit_version
        where valid_from is null or valid_from <= current_date
        order by unit_id, valid_from desc nulls last, id desc
    ), below as (
        select cast(:unit as bigint) as id
        union select v.unit_id from newest v join below b on v.parent_id = b.id
    ) select id from below
""")
_UNIT = text("""
    select u.unit_id from unit_code u where u.code = :given
    union select v.unit_id from unit_version v where v.name = :given and v.valid_to is null
    union select u.id from unit u where '#' || u.id = :given
    limit 2
""")


@dataclass(frozen=True)
class Grant:
    """A role, everywhere or in a unit and what is below it."""

    role: Role
    unit_id: int | None = None
    unit_name: str | None = None


@dataclass(frozen=True)
class AccountRow:
    """An account as administrators see it."""

    id: int
    name: str
    title: str
    active: bool
    created_at: datetime
    signed_in_at: datetime | None
    must_change: bool
    locked: bool
    version: int
    grants: Sequence[Grant]
    link: Link | None


def checked_name(given: str) -> str:
    """A name as it is stored.

    Raises
    ------
    BadInput
        If it cannot be one.

    Examples
    --------
    >>> checked_name(" Li.Ming ")
    'li.ming'
    """
    name = folded(given)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise BadInput("access.bad-name", name=given[:60])
    return name


def add(connection: Connection, name: str, title: str = "", grants: Sequence[Grant] = ()) -> str:
    """Makes an account and gives its password, which is to be changed when it first signs in.

    Raises
    ------
    BadInput
        If the name cannot be one, or a role cannot be limited.
    Conflict
        If there is one of that name.
    """
    stored = checked_name(name)
    password = make_up()
    try:
        with connection.begin_nested():
            made = insert(Account).values(name=stored, title=title.strip()[:100]).returning(Account.id)
            account_id = connection.execute(made).scalar_one()
    except IntegrityError:
        raise Conflict("access.name-taken", name=stored) from None
    hashed = hash_password(password)
    connection.execute(insert(Credential).values(account_id=account_id, password_hash=hashed, must_change=True))
    _grant(connection, account_id, grants)
    return password


def first_administrator(connection: Connection) -> str | None:
    """Where there is no account at all, makes the administrator ``admin`` and gives its password; two servers that start at once make one."""
    one_at_a_time(connection, Lock.FIRST_ACCOUNT)
    if connection.execute(select(func.count()).select_from(Account)).scalar_one():
        return None
    return add(connection, ADMINISTRATOR, grants=[Grant(Role.ADMINISTRATOR)])


def lock(connection: Connection, account_id: int) -> int:
    """Holds an account until the transaction ends; its version."""
    held = select(Account.version).where(Account.id == account_id).with_for_update()
    return connection.execute(held).scalar_one()


def set_grants(connection: Connection, account_id: int, grants: Sequence[Grant]) -> None:
    """Puts roles in the place of those that an account has, and ends its sessions.

    Raises
    ------
    BadInput
        If a role cannot be limited.
    Conflict
        If nobody would be left who manages accounts.
    """
    before = _managers(connection)
    connection.execute(delete(AccountRole).where(AccountRole.account_id == account_id))
    _grant(connection, account_id, grants)
    touched(connection, account_id)
    _keep_one_manager(connection, before)


def set_active(connection: Connection, account_id: int, *, active: bool) -> None:
    """Lets an account in, or no longer; who is signed in is signed out.

    Raises
    ------
    Conflict
        If nobody would be left who manages accounts.
    """
    before = _managers(connection)
    connection.execute(update(Account).where(Account.id == account_id).values(active=active))
    touched(connection, account_id)
    _keep_one_manager(connection, before)


def reset_password(connection: Connection, account_id: int) -> str:
    """A new password to be used once; sessions end and a lock is lifted.

    Raises
    ------
    Conflict
        If the account signs in through the provider.
    """
    _refuse_linked(connection, account_id)
    password = make_up()
    _store_password(connection, account_id, hash_password(password), must_change=True)
    touched(connection, account_id)
    return password


def change_password(connection: Connection, account_id: int, old: str, new: str) -> None:
    """Changes one's own password; all sessions end.

    Raises
    ------
    BadInput
        If the old one is wrong, or the new one is too weak or the old one again.
    Conflict
        If the account signs in through the provider.
    """
    _refuse_linked(connection, account_id)
    name, hashed = connection.execute(
        select(Account.name, Credential.password_hash).join(Credential).where(Account.id == account_id)
    ).one()
    if not is_password(hashed, old):
        raise BadInput("access.wrong-password")
    checked = check_password(new, name)
    if is_password(hashed, checked):
        raise BadInput("access.same-password")
    _store_password(connection, account_id, hash_password(checked), must_change=False)
    connection.execute(delete(Session).where(Session.account_id == account_id))


def authenticate(connection: Connection, name: str, password: str) -> int | None:
    """The id of the account that a name and a password belong to; None whatever is wrong, after the same work.

    Each wrong password is counted, and after `MOST_FAILURES` in a row the account is locked for `LOCKED`: then the
    right one is refused too, in the same words. So is that of an account which signs in through the provider.
    """
    stored = folded(name[:200])
    asked = (
        select(Account.id, Account.active, Credential.password_hash, Credential.locked_until > func.now(), IS_LINKED)
        .join(Credential)
        .where(Account.name == stored)
        .with_for_update(of=Credential)
    )
    row = connection.execute(asked).first()
    fits = is_password(row[2] if row else None, password)
    if row is None:
        return None
    account_id, active, hashed, locked, linked = row
    if locked or linked:
        return None
    if not fits or not active:
        _count_failure(connection, account_id)
        return None
    again = {"password_hash": hash_password(password)} if is_outdated(hashed) else {}
    values = {"failures": 0, "locked_until": None, **again}
    connection.execute(update(Credential).where(Credential.account_id == account_id).values(values))
    signed_in(connection, account_id, "password")
    return int(account_id)


def signed_in(connection: Connection, account_id: int, how: str) -> None:
    """Writes down, in the name of the account itself, that somebody signs in to it and how."""
    name = connection.execute(select(Account.name).where(Account.id == account_id)).scalar_one()
    speak_as(connection, name)
    connection.execute(update(Account).where(Account.id == account_id).values(signed_in_at=func.now()))
    event(connection, "login", table="account", key=str(account_id), details={"account": name, "how": how})


def must_change(connection: Connection, account_id: int) -> bool:
    """Whether an account has to choose a password before anything else; none where the provider knows who it is."""
    asked = select(Credential.must_change & ~IS_LINKED).join(Account).where(Account.id == account_id)
    return bool(connection.execute(asked).scalar_one_or_none())


def actor_by_id(connection: Connection, account_id: int) -> Actor | None:
    """Who an account is and what it may now; None where it is no longer let in."""
    name = connection.execute(select(Account.name).where(Account.id == account_id, Account.active)).scalar()
    if name is None:
        return None
    held = select(AccountRole.role, AccountRole.unit_id).where(AccountRole.account_id == account_id)
    return actor_of(
        name,
        account_id,
        [(Role(role), _extent(connection, unit)) for role, unit in connection.execute(held).all()],
    )


def actor_by_name(connection: Connection, name: str) -> Actor | None:
    """As `actor_by_id`, by the name."""
    account_id = connection.execute(select(Account.id).where(Account.name == name)).scalar()
    return None if account_id is None else actor_by_id(connection, account_id)


def accounts(connection: Connection) -> list[AccountRow]:
    """All accounts with their roles, by name."""
    return [_row(connection, row) for row in connection.execute(_TOLD.order_by(Account.name)).mappings().all()]


def account(connection: Connection, name: str) -> AccountRow:
    """One account.

    Raises
    ------
    NotFound
        If there is none of that name.
    """
    row = connection.execute(_TOLD.where(Account.name == folded(name))).mappings().first()
    if row is None:
        raise NotFound("access.no-account", name=name[:60])
    return _row(connection, row)


def parse_grant(connection: Connection, given: str) -> Grant:
    """Reads ``role`` or ``role@unit``, the unit by its code, its name or, as ``#7``, its id.

    Raises
    ------
    BadInput
        If there is no such role or unit, or several units have that name.
    """
    role, limited, unit = given.partition("@")
    try:
        known = Role(role.strip().lower())
    except ValueError:
        raise BadInput("access.bad-role", role=role[:40], known=", ".join(Role)) from None
    if not limited:
        return Grant(known)
    found = connection.execute(_UNIT, {"given": unit.strip()}).scalars().all()
    if len(found) != 1:
        raise BadInput("access.bad-unit", unit=unit[:60], found=len(found))
    return Grant(known, found[0])


_TOLD = select(
    Account.id,
    Account.name,
    Account.title,
    Account.active,
    Account.created_at,
    Account.signed_in_at,
    Credential.must_change,
    func.coalesce(Credential.locked_until > func.now(), False).label("locked"),
    Account.version,
).join(Credential)


def folded(name: str) -> str:
    """A name as accounts are looked up by."""
    return unicodedata.normalize("NFKC", name).strip().lower()


def _row(connection: Connection, row: RowMapping) -> AccountRow:
    return AccountRow(**row, grants=_grants(connection, row["id"]), link=link_of(connection, row["id"]))


def _grants(connection: Connection, account_id: int) -> list[Grant]:
    name = (
        select(UnitVersion.name)
        .where(UnitVersion.unit_id == AccountRole.unit_id)
        .order_by(UnitVersion.valid_to.desc().nulls_first())
        .limit(1)
        .scalar_subquery()
    )
    held = select(AccountRole.role, AccountRole.unit_id, name).where(AccountRole.account_id == account_id)
    rows = connection.execute(held.order_by(AccountRole.role, AccountRole.unit_id)).all()
    return [Grant(Role(role), unit, unit_name) for role, unit, unit_name in rows]


def _grant(connection: Connection, account_id: int, grants: Sequence[Grant]) -> None:
    for grant in grants:
        if grant.unit_id is not None and GRANTS[grant.role] & WHOLE:
            raise BadInput("access.role-is-whole", role=grant.role)
    rows = [{"account_id": account_id, "role": g.role, "unit_id": g.unit_id} for g in dict.fromkeys(grants)]
    if rows:
        connection.execute(insert(AccountRole), rows)


def _extent(connection: Connection, unit: int | None) -> Extent:
    if unit is None:
        return Extent(everywhere=True)
    return Extent(units=frozenset(connection.execute(_BELOW, {"unit": unit}).scalars()))


def _refuse_linked(connection: Connection, account_id: int) -> None:
    if connection.execute(select(IS_LINKED).where(Account.id == account_id)).scalar():
        raise Conflict("access.linked")


def _store_password(connection: Connection, account_id: int, hashed: str, *, must_change: bool) -> None:
    values = {"password_hash": hashed, "must_change": must_change, "failures": 0, "locked_until": None}
    connection.execute(update(Credential).where(Credential.account_id == account_id).values(values))


def _count_failure(connection: Connection, account_id: int) -> None:
    counted = update(Credential).where(Credential.account_id == account_id)
    failures = connection.execute(
        counted.values(failures=Credential.failures + 1).returning(Credential.failures)
    ).scalar_one()
    if failures >= MOST_FAILURES:
        connection.execute(counted.values(failures=0, locked_until=func.now() + LOCKED))


def touched(connection: Connection, account_id: int) -> None:
    """What an account may has changed: it comes in anew."""
    connection.execute(update(Account).where(Account.id == account_id).values(version=Account.version + 1))
    connection.execute(delete(Session).where(Session.account_id == account_id))


def _keep_one_manager(connection: Connection, before: int) -> None:
    if before and not _managers(connection):
        raise Conflict("access.last-administrator")


def _managers(connection: Connection) -> int:
    # Two who disable each other do so one after the other.
    one_at_a_time(connection, Lock.MANAGERS)
    managing = [role.value for role in Role if Permission.MANAGE in GRANTS[role]]
    held = select(func.count()).select_from(AccountRole).join(Account)
    return connection.execute(held.where(Account.active, AccountRole.role.in_(managing))).scalar_one()
