"""Accounts, for those who manage them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Header, Path, Response
from pydantic import Field, StringConstraints
from sqlalchemy import Connection

from geoservice.access import accounts as store
from geoservice.access import linking
from geoservice.access.roles import Permission
from geoservice.api.parameters import Parameters, no_query
from geoservice.api.permits import needs
from geoservice.api.services import Service
from geoservice.api.shapes import Shape
from geoservice.api.versions import check_version, version_tag
from geoservice.errors import Conflict

router = APIRouter(
    prefix="/api/accounts", tags=["accounts"], dependencies=[Depends(no_query), needs(Permission.MANAGE)]
)

Name = Annotated[str, Path(max_length=60, description="Name of the account")]
# A role, or a role in a unit and what is below it: clerk@429006112 or clerk@干驿镇.
GrantText = Annotated[str, StringConstraints(max_length=120), Field(examples=["viewer", "clerk@429006112"])]
IfMatch = Annotated[str | None, Header(description="ETag of the account that the change starts from")]


class GrantShape(Shape):
    """A role, everywhere where no unit is named."""

    role: str
    unit_id: int | None
    unit_name: str | None


class LinkShape(Shape):
    """How an account signs in through the provider: linked to a subject there, waiting to be, or marked too long ago."""

    state: Literal["linked", "waiting", "lapsed"]
    issuer: str
    subject: str | None
    marked_at: datetime
    linked_at: datetime | None


class AccountShape(Shape):
    """An account; `password` is told once, when it is made or reset, and is to be changed at the first sign-in."""

    name: str
    title: str
    active: bool
    created_at: datetime
    signed_in_at: datetime | None
    must_change: bool
    locked: bool
    version: int
    grants: list[GrantShape]
    link: LinkShape | None
    password: str | None = None


class AccountList(Shape):
    """All accounts, by name."""

    items: list[AccountShape]


class NewAccount(Parameters):
    """An account that is asked for."""

    name: Annotated[str, Field(max_length=60)]
    title: Annotated[str, Field(max_length=100)] = ""
    grants: Annotated[list[GrantText], Field(max_length=200)] = Field(default_factory=list)


class AccountChange(Parameters):
    """What changes; what is left out stays."""

    active: bool | None = None
    grants: Annotated[list[GrantText], Field(max_length=200)] | None = None


class NewLink(Parameters):
    """Who the account is at the provider; without a subject whoever first comes from there under its name."""

    subject: Annotated[str, Field(max_length=linking.LONGEST_SUBJECT)] | None = None


@router.get("")
def accounts(service: Service, response: Response) -> AccountList:
    """All accounts with their roles."""
    response.headers["Cache-Control"] = "no-store"
    with service.as_program() as connection:
        return AccountList(items=[_shape(row) for row in store.accounts(connection)])


@router.post("", status_code=201)
def new_account(service: Service, response: Response, given: Annotated[NewAccount, Body()]) -> AccountShape:
    """Makes an account; its password is told this once."""
    with service.as_program() as connection:
        grants = [store.parse_grant(connection, grant) for grant in given.grants]
        password = store.add(connection, given.name, given.title, grants)
        return _told(connection, response, given.name, password)


@router.get("/{name}")
def account(service: Service, response: Response, name: Name) -> AccountShape:
    """One account."""
    with service.as_program() as connection:
        return _told(connection, response, name)


@router.patch("/{name}")
def change_account(
    service: Service,
    response: Response,
    name: Name,
    given: Annotated[AccountChange, Body()],
    if_match: IfMatch = None,
) -> AccountShape:
    """Changes whether an account is let in, and its roles; it is signed out."""
    with service.as_program() as connection:
        row = store.account(connection, name)
        check_version(if_match, store.lock(connection, row.id))
        if given.grants is not None:
            store.set_grants(connection, row.id, [store.parse_grant(connection, grant) for grant in given.grants])
        if given.active is not None:
            store.set_active(connection, row.id, active=given.active)
        return _told(connection, response, name)


@router.post("/{name}/password")
def reset_password(service: Service, response: Response, name: Name, if_match: IfMatch = None) -> AccountShape:
    """Gives an account a new password, which is told this once; a lock is lifted."""
    with service.as_program() as connection:
        row = store.account(connection, name)
        check_version(if_match, store.lock(connection, row.id))
        password = store.reset_password(connection, row.id)
        return _told(connection, response, name, password)


@router.put("/{name}/link")
def link_account(
    service: Service, response: Response, name: Name, given: Annotated[NewLink, Body()], if_match: IfMatch = None
) -> AccountShape:
    """Lets an account sign in through the provider of the settings; once it is linked its password counts no longer."""
    issuer = service.settings.provider.oidc_issuer
    if issuer is None:
        raise Conflict("access.no-provider")
    with service.as_program() as connection:
        row = store.account(connection, name)
        check_version(if_match, store.lock(connection, row.id))
        linking.link(connection, row.id, issuer, given.subject)
        return _told(connection, response, name)


@router.delete("/{name}/link")
def unlink_account(service: Service, response: Response, name: Name, if_match: IfMatch = None) -> AccountShape:
    """Ends the link or the mark of an account: its password counts again."""
    with service.as_program() as connection:
        row = store.account(connection, name)
        check_version(if_match, store.lock(connection, row.id))
        linking.unlink(connection, row.id)
        return _told(connection, response, name)


def _told(connection: Connection, response: Response, name: str, password: str | None = None) -> AccountShape:
    row = store.account(connection, name)
    response.headers["ETag"] = version_tag(row.version)
    response.headers["Cache-Control"] = "no-store"
    return _shape(row, password)


def _shape(row: store.AccountRow, password: str | None = None) -> AccountShape:
    names = AccountShape.model_fields.keys() - {"grants", "link", "password"}
    grants = [GrantShape(role=g.role, unit_id=g.unit_id, unit_name=g.unit_name) for g in row.grants]
    link = LinkShape(**asdict(row.link)) if row.link else None
    return AccountShape(**{name: getattr(row, name) for name in names}, grants=grants, link=link, password=password)
