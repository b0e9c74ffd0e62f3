"""Spellings over HTTP and in the shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from geoservice.api.app import create_app
from geoservice.catalog import Catalog
from geoservice.cli import app as shell
from geoservice.database.engine import Database
from geoservice.settings import Settings

ADDRESS = "/api/names/romanisation"


@pytest.fixture(scope="module")
def web(new_database: Callable[[], Database], settings: Settings, catalog: Catalog) -> Iterator[TestClient]:
    database = new_database()
    yield TestClient(create_app(settings, catalog=catalog, database=database))
    database.dispose()


def test_anybody_may_ask(web: TestClient) -> None:
    answer = web.get(ADDRESS, params={"name": "干驿镇", "class": "township"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["spelling"], body["plain"], body["class"]) == ("Gānyì Zhèn", "Ganyi Zhen", "township")
    assert body["unconfirmed"] == ["干"]
    assert {step["rule"] for step in body["proof"]} == {1, 8, 9, 10, 13}


def test_a_stated_reading_and_the_other_language(web: TestClient) -> None:
    params = {"name": "干驿镇", "class": "township", "reading": "gān yì zhèn"}
    body = web.get(ADDRESS, params=params, headers={"Accept-Language": "en"}).json()
    assert body["unconfirmed"] == []
    assert any(step["text"] == "干 is read gān: stated by the officer" for step in body["proof"])


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"name": "", "class": "village"}, "names.empty"),
        ({"name": "Tianmen", "class": "village"}, "names.not-han"),
        ({"name": "天" * 2_000, "class": "village"}, "names.too-long"),
        ({"name": "天门😀", "class": "village"}, "names.not-han"),
        ({"name": "天门", "class": "planet"}, "names.unknown-kind"),
        ({"name": "天门", "class": "village", "reading": "x"}, "names.reading-does-not-fit"),
        ({"name": "天门", "class": "village", "lang": "x"}, "api.unknown-parameter"),
    ],
)
def test_bad_questions_are_told_in_words(web: TestClient, params: dict[str, str], code: str) -> None:
    answer = web.get(ADDRESS, params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert len(answer.json()["detail"]) < 1000


@pytest.mark.parametrize("params", [{"name": "天门"}, {"class": "village"}, {"name": "天" * 5_000, "class": "village"}])
def test_what_is_missing_or_far_too_long_is_a_bad_request(web: TestClient, params: dict[str, str]) -> None:
    assert web.get(ADDRESS, params=params).status_code == 400


def test_the_shell_spells_one_name() -> None:
    done = CliRunner().invoke(shell, ["names", "romanize", "曾家台", "--class", "village", "--json"])
    told = json.loads(done.stdout)
    assert (done.exit_code, told["spelling"]) == (0, "Zēngjiātái")
    assert told["proof"]


def test_the_shell_proves_in_words() -> None:
    done = CliRunner().invoke(shell, ["names", "romanize", "西安", "--class", "county"])
    assert done.exit_code == 0
    assert "Xī'ān" in done.stdout
    assert "规则 11" in done.stdout


def test_the_shell_reads_lines() -> None:
    given = "干驿镇\n\nABC\n岳口镇\n"
    done = CliRunner().invoke(shell, ["names", "romanize", "-", "--class", "township", "--json"], input=given)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert [one.get("spelling") for one in told] == ["Gānyì Zhèn", None, "Yuèkǒu Zhèn"]
    assert told[1]["error"]["code"] == "names.not-han"


@pytest.mark.parametrize(
    ("arguments", "given"),
    [(["-", "--class", "village"], ""), (["天门", "--class", "planet"], ""), (["", "--class", "village"], "")],
)
def test_the_shell_refuses_with_2(arguments: list[str], given: str) -> None:
    assert CliRunner().invoke(shell, ["names", "romanize", *arguments], input=given).exit_code == 2
