"""The commands of docs/access.md, in their order, and what bad input is told."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest
from sqlalchemy import text

from geoservice.access import accounts
from geoservice.database.actor import SYSTEM
from geoservice.database.engine import Database
from tests.acceptance.helpers import commands_of, run_command

COMMANDS = commands_of("access.md")
Run = Callable[[str], click.testing.Result]


@pytest.fixture
def run(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command on a database with one township."""
    monkeypatch.setenv("GEOSERVICE_DATABASE_URL", database.url("superuser").render_as_string(hide_password=False))
    monkeypatch.setenv("GEOSERVICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GEOSERVICE_OIDC_ISSUER", "https://id.example.gov.cn")
    monkeypatch.setenv("GEOSERVICE_OIDC_CLIENT_ID", "geoservice")
    with database.connect("owner") as connection:
        connection.execute(text("insert into unit (id) values (7)"))
        connection.execute(
            text("insert into unit_version (unit_id, level, name, source) values (7, 'township', '干驿镇', 'none')")
        )
        connection.execute(
            text("insert into unit_code (unit_id, system, edition, code) values (7, 'mca', '2024', '429006112')")
        )

    return run_command


def test_the_commands_of_the_page_work_in_their_order(run: Run, database: Database) -> None:
    assert len(COMMANDS) == 10
    told = []
    for command in COMMANDS:
        done = run(command)
        assert done.exit_code == 0, (command, done.output)
        told.append(done.stdout)
    once = told[0].rsplit(": ", 1)[-1].rsplit("：", 1)[-1].strip()
    assert len(once) == 20
    assert "干驿镇" in told[2]
    assert "gs_" in told[3]
    assert "已关联 (9c1e)" in told[8]
    (shown,) = json.loads(run("account list --json").stdout)["items"]
    assert (shown["name"], shown["active"], shown["must_change"]) == ("wang", False, True)
    assert [grant["role"] for grant in shown["grants"]] == ["clerk", "viewer"]
    with database.connect(actor=SYSTEM) as connection:
        # The first password was replaced, and the account is not let in.
        assert accounts.authenticate(connection, "wang", once) is None


def test_the_given_password_lets_in_once_and_tokens_are_listed(run: Run, database: Database) -> None:
    made = json.loads(run("account add li --role planner --json").stdout)
    with database.connect(actor=SYSTEM) as connection:
        assert accounts.authenticate(connection, "li", made["password"]) is not None
    number = json.loads(run("account token add li --title x --json").stdout)["id"]
    assert "x" in run("account token list li").stdout
    assert run(f"account token revoke li {number}").exit_code == 0
    assert json.loads(run("account token list li --json").stdout)["items"][0]["revoked_at"]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("account add 'a b'", "不能用作用户名"),
        ("account add li --role king", "viewer, clerk"),
        ("account add li --role clerk@nowhere", "429006112"),
        ("account add li --role administrator@429006112", "不能限定区划"),
        ("account role nobody --role viewer", "nobody"),
        ("account token add nobody --title x", "nobody"),
        ("account password nobody", "nobody"),
    ],
)
def test_bad_input_is_told_with_a_way_out(run: Run, command: str, words: str) -> None:
    done = run(command)
    assert done.exit_code == 2
    assert words in done.output
    assert json.loads(run("account list --json").stdout)["items"] == []


def test_the_last_administrator_stays(run: Run) -> None:
    run("account add li --role administrator")
    assert run("account disable li").exit_code == 1
    assert run("account role li").exit_code == 1
    run("account add wang --role administrator")
    assert run("account disable li").exit_code == 0


def test_what_is_done_at_the_shell_is_recorded_in_its_users_name(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "facilities.csv"
    file.write_text("设施名称,设施类型,经度,纬度\n干驿镇福利院,养老机构,113.3,30.6\n", "utf-8")
    assert run(f"import facilities {file}").exit_code == 0
    (entry,) = json.loads(run("audit show --table import_batch --json").stdout)["items"]
    assert (entry["action"], entry["actor"]) == ("import", f"shell:{getpass.getuser()}")
    assert run("audit seal").exit_code == 0
    assert run("audit verify").exit_code == 0


@pytest.mark.parametrize("user", ["wang xiao", "a\\b", "王芳", "o'neil"])
def test_any_name_of_a_user_is_recorded(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    file = tmp_path / "facilities.csv"
    file.write_text("设施名称,设施类型,经度,纬度\n干驿镇福利院,养老机构,113.3,30.6\n", "utf-8")
    assert run(f"import facilities {file}").exit_code == 0
    (entry,) = json.loads(run("audit show --table import_batch --json").stdout)["items"]
    assert entry["actor"] == f"shell:{user}"
