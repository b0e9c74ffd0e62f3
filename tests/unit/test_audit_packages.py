"""Known vulnerabilities of packages: what was not looked up is never taken for good."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "script" / "audit_packages.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit_packages", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(dependencies), "fixes": []}


GOOD = {"name": "Jinja2", "version": "3.1.6", "vulns": []}
WANTED = {"jinja2": "3.1.6"}


def test_what_was_looked_up_and_is_good_is_good(script: ModuleType) -> None:
    assert script.judge(report(GOOD), WANTED) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (report(), "not looked up"),
        (report({"name": "jinja2", "skip_reason": "Dependency not found"}), "skipped: Dependency not found"),
        (report(GOOD | {"version": "3.1.5"}), "3.1.5 was looked up instead"),
        (
            report(GOOD | {"vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["3.2"]}]}),
            "PYSEC-1 CVE-1, mended in: 3.2",
        ),
    ],
)
def test_everything_else_is_a_finding(script: ModuleType, found: dict[str, Any], said: str) -> None:
    (finding,) = script.judge(found, WANTED)
    assert said in finding


def test_every_package_of_the_lock_is_wanted(script: ModuleType) -> None:
    lock = script.LOCK.read_text("utf-8")
    wanted = script.locked(lock)
    assert {"shapely", "fastapi", "geoalchemy2", "pydantic-core"} <= set(wanted)
    assert len(wanted) == len({line.split("==")[0] for line in lock.splitlines() if "==" in line[:60]})
    # Of a package with a version for each platform the one that is used here.
    assert script.locked(script._here(lock))["numpy"] == importlib.metadata.version("numpy")


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ('{"dependencies": []}', 1),
        ("No known vulnerabilities found", 1),
        ("", 1),
    ],
)
def test_a_tool_that_says_nothing_of_use_is_a_failure(
    script: ModuleType, capsys: pytest.CaptureFixture[str], printed: str, code: int
) -> None:
    assert script.main([sys.executable, "-c", f"print({printed!r})"]) == code
    assert capsys.readouterr() != ("", "")
