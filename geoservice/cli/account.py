"""geoservice account: who may sign in, and what they may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from geoservice.access import accounts, linking, tokens
from geoservice.access.links import Link
from geoservice.cli.frame import Json, at_the_shell, ready, reporting
from geoservice.errors import Conflict
from geoservice.language import translate
from geoservice.settings import Settings
from geoservice.terminal import print_json, print_table, print_text

app = typer.Typer(no_args_is_help=True, help="账户与角色 · accounts and roles")
token_app = typer.Typer(no_args_is_help=True, help="程序用的访问令牌 · tokens for programs")
app.add_typer(token_app, name="token")

Name = Annotated[str, typer.Argument(help="用户名 · name of the account")]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="角色，可限定区划，如 clerk@429006112 · a role, or a role in a unit"),
]


@contextmanager
def _accounts() -> Iterator[Connection]:
    """A connection that sees accounts, in the name of who works here."""
    actor = replace(at_the_shell(), system=True)
    with ready() as (_, _, database), database.connect(actor=actor) as connection:
        yield connection


@app.command("list")
@reporting
def list_(json_: Json = False) -> int:
    """所有账户 · all accounts"""
    with _accounts() as connection:
        rows = accounts.accounts(connection)
    if json_:
        print_json({"items": [asdict(row) for row in rows]})
        return 0
    heads = [translate(f"access.{name}") for name in ("name", "person", "roles", "state", "provider", "signed-in")]
    print_table(
        translate("access.accounts"),
        heads,
        [[row.name, row.title, _roles(row), _state(row), _link(row.link), _moment(row)] for row in rows],
    )
    return 0


@app.command("add")
@reporting
def add(
    name: Name,
    role: Roles = None,
    title: Annotated[str, typer.Option(help="姓名 · name of the person")] = "",
    json_: Json = False,
) -> int:
    """新建账户，显示一次性口令 · make an account and show its password once"""
    with _accounts() as connection:
        grants = [accounts.parse_grant(connection, given) for given in role or []]
        password = accounts.add(connection, name, title, grants)
        made = accounts.account(connection, name)
    _tell(made, "access.added", json_=json_, password=password)
    return 0


@app.command("role")
@reporting
def role_(name: Name, role: Roles = None, json_: Json = False) -> int:
    """把角色改为所给的这些 · put these roles in the place of the present ones"""
    with _accounts() as connection:
        found = accounts.account(connection, name)
        grants = [accounts.parse_grant(connection, given) for given in role or []]
        accounts.set_grants(connection, found.id, grants)
        changed = accounts.account(connection, name)
    _tell(changed, "access.changed", json_=json_)
    return 0


@app.command("disable")
@reporting
def disable(
    name: Name,
    enable: Annotated[bool, typer.Option("--enable", help="重新启用 · let it in again")] = False,
    json_: Json = False,
) -> int:
    """停用或重新启用账户 · let an account in no longer, or again"""
    with _accounts() as connection:
        accounts.set_active(connection, accounts.account(connection, name).id, active=enable)
        changed = accounts.account(connection, name)
    _tell(changed, "access.changed", json_=json_)
    return 0


@app.command("password")
@reporting
def password_(name: Name, json_: Json = False) -> int:
    """重设口令，显示一次 · give a new password and show it once"""
    with _accounts() as connection:
        password = accounts.reset_password(connection, accounts.account(connection, name).id)
        changed = accounts.account(connection, name)
    _tell(changed, "access.changed", json_=json_, password=password)
    return 0


@app.command("link")
@reporting
def link(
    name: Name,
    subject: Annotated[
        str | None,
        typer.Option(help="身份提供方的用户标识 (sub)，不写则按用户名首次登录时关联 · subject at the provider"),
    ] = None,
    json_: Json = False,
) -> int:
    """让账户经统一身份认证登录 · let an account sign in through the identity provider"""
    issuer = Settings().provider.oidc_issuer
    if issuer is None:
        raise Conflict("access.no-provider")
    with _accounts() as connection:
        linking.link(connection, accounts.account(connection, name).id, issuer, subject)
        changed = accounts.account(connection, name)
    _tell(changed, "access.changed", json_=json_)
    return 0


@app.command("unlink")
@reporting
def unlink(name: Name, json_: Json = False) -> int:
    """解除关联，改回用口令登录 · end the link: the password counts again"""
    with _accounts() as connection:
        linking.unlink(connection, accounts.account(connection, name).id)
        changed = accounts.account(connection, name)
    _tell(changed, "access.changed", json_=json_)
    return 0


@token_app.command("add")
@reporting
def token_add(
    name: Name,
    title: Annotated[str, typer.Option(help="用途 · what it is for")],
    scope: Annotated[str, typer.Option(help="read 只读 · write 可写")] = "read",
    days: Annotated[int, typer.Option(help="有效天数 · days until it ends")] = 90,
    json_: Json = False,
) -> int:
    """新建令牌，只显示一次 · make a token and show it once"""
    with _accounts() as connection:
        found = accounts.account(connection, name)
        token = tokens.issue(connection, found.id, title, scope, days)
        row = tokens.tokens(connection, found.id)[0]
    if json_:
        print_json({**asdict(row), "token": token})
    else:
        print_text(translate("access.token-once", None, token=token))
    return 0


@token_app.command("list")
@reporting
def token_list(name: Name, json_: Json = False) -> int:
    """一个账户的令牌 · the tokens of an account"""
    with _accounts() as connection:
        rows = tokens.tokens(connection, accounts.account(connection, name).id)
    if json_:
        print_json({"items": [asdict(row) for row in rows]})
        return 0
    fields = list(tokens.TokenRow.__dataclass_fields__)
    print_table(translate("access.tokens"), [translate(f"access.token.{f}") for f in fields], [_cells(r) for r in rows])
    return 0


@token_app.command("revoke")
@reporting
def token_revoke(
    name: Name, number: Annotated[int, typer.Argument(help="令牌编号 · id of the token")], json_: Json = False
) -> int:
    """撤销令牌 · end a token at once"""
    with _accounts() as connection:
        tokens.revoke(connection, accounts.account(connection, name).id, number)
    if json_:
        print_json({"revoked": number})
    else:
        print_text(translate("access.token-revoked", None, id=number))
    return 0


def _tell(row: accounts.AccountRow, key: str, *, json_: bool, password: str | None = None) -> None:
    if json_:
        print_json({**asdict(row), "password": password})
        return
    print_text(translate(key, None, name=row.name))
    if password is not None:
        print_text(translate("access.password-once", None, password=password))


def _roles(row: accounts.AccountRow) -> str:
    words = [(translate(f"access.role.{g.role}"), g.unit_name or translate("access.everywhere")) for g in row.grants]
    return "；".join(f"{role}（{where}）" for role, where in words)


def _state(row: accounts.AccountRow) -> str:
    if not row.active:
        return translate("access.disabled")
    return translate("access.locked" if row.locked else "access.once" if row.must_change else "access.active")


def _link(found: Link | None) -> str | None:
    if found is None:
        return None
    state = translate(f"access.link.{found.state}")
    return f"{state} ({found.subject})" if found.subject else state


def _moment(row: accounts.AccountRow) -> str | None:
    return None if row.signed_in_at is None else f"{row.signed_in_at:%F %T}"


def _cells(row: tokens.TokenRow) -> list[Any]:
    values = asdict(row).values()
    return [f"{value:%F %R}" if hasattr(value, "year") else value for value in values]
