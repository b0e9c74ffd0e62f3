"""The benchmark of names, on a small registry: what is made, what is asked, what is told."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geoservice.catalog import Catalog
from geoservice.database.engine import Database
from tests.benchmarks.name_questions import MIX, proposals, searches
from tests.benchmarks.names import Run, main, share
from tests.benchmarks.registry import Registry, filled
from tests.benchmarks.vocabulary import absent, vocabulary

pytestmark = pytest.mark.skipif(bool(absent()), reason="the real lists are not there")
NAMES = 3000


@pytest.fixture(scope="module")
def made(new_database: Callable[..., Database], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    database = new_database()
    yield filled(database, NAMES, lambda _: None, tmp_path_factory.mktemp("bench") / "registry.json")
    database.dispose()


@pytest.fixture
def run(catalog: Catalog, tmp_path: Path) -> Run:
    run = Run(argparse.Namespace(quick=True, json=tmp_path / "rows.jsonl"), catalog)
    run.each = 2
    return run


def rows(run: Run) -> list[dict[str, object]]:
    assert run.json is not None
    return [json.loads(line) for line in run.json.read_text(encoding="utf-8").splitlines()]


def test_draws_repeat_and_follow_the_lists() -> None:
    words = vocabulary()
    drawn = [(kind.code, name) for kind, name in words.draw(2000, 3)]
    assert drawn == [(kind.code, name) for kind, name in words.draw(2000, 3)]
    assert {code for code, _ in drawn} == {kind.code for kind in words.kinds}
    assert len(set(drawn)) < len(drawn)  # they clash


def test_names_have_the_columns_of_the_loader(made: Registry) -> None:
    with made.superuser() as connection:
        counted = connection.execute("select kind, count(*) from place_name group by kind").fetchall()
        assert dict(counted).keys() == {"standard", "former", "alias"}
        assert abs(sum(count for _, count in counted) - NAMES) < NAMES / 20
        for column in ("grams", "alike_keys", "pinyin", "tones", "initials"):
            empty = connection.execute(f"select count(*) from place_name where {column}::text in ('', '{{}}')")  # type: ignore[call-overload]
            assert empty.fetchone() == (0,), column
        apart = connection.execute("select count(*) from place where unit_id is null").fetchone()
        assert apart is not None
        assert apart[0] > NAMES / 20


def test_a_registry_that_is_kept_is_used_again(made: Registry, tmp_path: Path) -> None:
    facts = tmp_path / "registry.json"
    kept = {"asked": NAMES, "names": made.names, "places": made.places, "counties": made.counties}
    facts.write_text(json.dumps(kept), encoding="utf-8")
    assert filled(made.database, NAMES, lambda _: None, facts).built_s is None
    with pytest.raises(SystemExit, match="3,000"):
        filled(made.database, 5, lambda _: None, facts)


def test_every_kind_of_question_is_asked(made: Registry) -> None:
    assert [title for title, asked in searches(made, 2) if len(asked) == 2] == list(MIX)
    assert all(len(asked) == 2 for _, asked in proposals(made, 2))


def test_peers_are_held_against_the_right_answers(made: Registry, run: Run) -> None:
    run.peers(made)
    told = rows(run)
    assert {row["subject"] for row in told} == {"geoservice", "LIKE scan", "pg_trgm ILIKE", "pg_trgm %"}
    assert all(row["right"] == 1 for row in told if row["subject"] == "geoservice"), told


def test_checks_and_searches_and_plans_are_told(made: Registry, run: Run) -> None:
    run.checks(made)
    run.searches(made)
    told = rows(run)
    assert {"names check", "names search, public", "names search, staff"} == {row["workload"] for row in told}
    assert all(row["runs"] and row["names"] == NAMES for row in told)


def test_shares() -> None:
    assert share([[1, 2], []], [[1, 3], [4, 5]]) == 0.25
    assert share([[]], [[]]) == 1


def test_absent_lists_are_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmarks.names.absent", lambda: [Path("x.csv")])
    assert main(["--quick"]) == 2
    assert "x.csv" in capsys.readouterr().err
