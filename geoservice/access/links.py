"""What ties an account to its identity at the network's provider."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, and_, exists, func, select

from geoservice.database.models import Account, AccountLink

# A mark that nobody came by in this time holds no longer: names are given anew. A choice of this program.
MARK_HOLDS = timedelta(days=30)

# Whether an account of the enclosing query signs in through the provider, and no longer with its password.
IS_LINKED = exists().where(AccountLink.account_id == Account.id, AccountLink.subject.is_not(None)).correlate(Account)
# Whether a marked account may still be linked by its name.
IS_WAITING = and_(AccountLink.subject.is_(None), AccountLink.marked_at > func.now() - MARK_HOLDS)


@dataclass(frozen=True)
class Link:
    """A link as administrators see it.

    Attributes
    ----------
    state
        ``linked``: signs in through the provider only; ``waiting``: will be linked when its name first comes from there;
        ``lapsed``: it was marked too long ago for that.
    subject
        Who it is at the provider; None until it is linked.
    """

    state: Literal["linked", "waiting", "lapsed"]
    issuer: str
    subject: str | None
    marked_at: datetime
    linked_at: datetime | None


def link_of(connection: Connection, account_id: int) -> Link | None:
    """The link of an account; None where it has none."""
    columns = (AccountLink.issuer, AccountLink.subject, AccountLink.marked_at, AccountLink.linked_at)
    row = connection.execute(select(IS_WAITING, *columns).where(AccountLink.account_id == account_id)).first()
    if row is None:
        return None
    waiting, issuer, subject, marked_at, linked_at = row
    return Link("waiting" if waiting else "linked" if subject else "lapsed", issuer, subject, marked_at, linked_at)
