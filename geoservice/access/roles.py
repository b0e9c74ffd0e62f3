"""What each role may do, and where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

from geoservice.database.actor import Actor, Extent


class Role(StrEnum):
    """What an account may be; one account may be several, each everywhere or in some units only."""

    VIEWER = "viewer"
    CLERK = "clerk"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    PLANNER = "planner"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What a route asks for."""

    PUBLIC = "public"  # anybody, without an account
    SIGNED_IN = "signed-in"
    READ = "read"  # what is not published
    EDIT = "edit"
    PUBLISH = "publish"
    REVIEW = "review"
    COMPUTE = "compute"
    MANAGE = "manage"


_P = Permission
GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.VIEWER: frozenset({_P.READ}),
        Role.CLERK: frozenset({_P.READ, _P.EDIT}),
        Role.REVIEWER: frozenset({_P.READ, _P.REVIEW}),
        Role.APPROVER: frozenset({_P.READ, _P.PUBLISH}),
        Role.PLANNER: frozenset({_P.READ, _P.COMPUTE}),
        Role.ADMINISTRATOR: frozenset({_P.READ, _P.EDIT, _P.COMPUTE, _P.MANAGE}),
    }
)
# These concern the whole installation: a role that holds them cannot be limited to units.
WHOLE = frozenset({_P.MANAGE})


def actor_of(name: str, account_id: int, held: Iterable[tuple[Role, Extent]]) -> Actor:
    """The actor of an account that holds roles, each in its extent.

    Examples
    --------
    >>> actor = actor_of("li", 1, [(Role.CLERK, Extent(units=frozenset({7}))), (Role.VIEWER, Extent(everywhere=True))])
    >>> actor.reads.literal, actor.edits.literal, actor.publishes.literal
    ('all', '{7}', '')
    """
    roles = tuple(held)

    def where(permission: Permission) -> Extent:
        return Extent.union(extent for role, extent in roles if permission in GRANTS[role])

    return Actor(
        name=name,
        account_id=account_id,
        roles=tuple(sorted({role.value for role, _ in roles})),
        reads=where(Permission.READ),
        edits=where(Permission.EDIT),
        publishes=where(Permission.PUBLISH),
        reviews=where(Permission.REVIEW),
        # A run counts all people and facilities: whoever sees a part of them only would be told wrong figures.
        computes=where(Permission.COMPUTE).everywhere,
        manages=where(Permission.MANAGE).everywhere,
    )


def allows(actor: Actor, permission: Permission) -> bool:
    """Whether an actor has a permission somewhere."""
    rights = {
        Permission.PUBLIC: True,
        Permission.SIGNED_IN: actor.account_id is not None,
        Permission.READ: bool(actor.reads),
        Permission.EDIT: bool(actor.edits),
        Permission.PUBLISH: bool(actor.publishes),
        Permission.REVIEW: bool(actor.reviews),
        Permission.COMPUTE: actor.computes,
        Permission.MANAGE: actor.manages,
    }
    return rights[permission]
