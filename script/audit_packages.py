#!/usr/bin/env python3
"""Asks the data base of known vulnerabilities about every locked Python package. For a connected machine.

    .venv/bin/python script/audit_packages.py

pip-audit ends with 0 where it could not look a package up and says that it skipped it. Here that is a failure: exit
code 0 says that every package of requirements.lock was looked up and nothing is known against it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
TOOL_LOCK = ROOT / "requirements-audit.lock"
TOOL = ROOT / ".venv" / "audit"


def locked(text: str) -> dict[str, str]:
    """Packages of a lock with their versions, by folded name."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", text, re.MULTILINE)
    return {_folded(name): version for name, version in found}


def judge(report: Mapping[str, Any], wanted: Mapping[str, str]) -> list[str]:
    """What is wrong: vulnerabilities, packages that were skipped, and packages that the report does not name."""
    entries = {_folded(one["name"]): one for one in report.get("dependencies", ())}
    findings = []
    for name, version in sorted(wanted.items()):
        entry = entries.get(name)
        if entry is None:
            findings.append(f"{name} {version}: was not looked up")
        elif "skip_reason" in entry:
            findings.append(f"{name} {version}: skipped: {entry['skip_reason']}")
        elif entry.get("version") != version:
            findings.append(f"{name} {version}: {entry.get('version')} was looked up instead")
        else:
            findings += [f"{name} {version}: {_told(one)}" for one in entry.get("vulns", ())]
    return findings


def _told(vulnerability: Mapping[str, Any]) -> str:
    fixed = ", ".join(vulnerability.get("fix_versions", ())) or "none"
    names = " ".join([vulnerability["id"], *vulnerability.get("aliases", ())])
    return f"{names}, mended in: {fixed}"


def _folded(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _here(text: str) -> str:
    """The lock without what other platforms need: pip-audit leaves that out, and it is not installed here."""
    from packaging.markers import Marker

    lines = []
    for line in re.findall(r"^[A-Za-z0-9._-]+==.*$", text, re.MULTILINE):
        _, _, marker = line.rstrip(" \\").partition(" ; ")
        if not marker or Marker(marker).evaluate():
            lines.append(line)
    return "\n".join(lines)


def main(tool: Iterable[str] = ()) -> int:
    """Installs pip-audit from its own lock, asks, judges."""
    command = [*tool] or [sys.executable, "-m", "pip_audit"]
    if not tool and not (TOOL / "pip_audit").is_dir():
        install = [
            ROOT / ".venv" / "bin" / "uv",
            "pip",
            "install",
            "--quiet",
            "--require-hashes",
            "--python",
            sys.executable,
        ]
        subprocess.run(  # noqa: S603 - made here
            [*install, "--target", TOOL, "--requirements", TOOL_LOCK], check=True
        )
    asked = [
        "--requirement",
        LOCK,
        "--require-hashes",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    done = subprocess.run(  # noqa: S603 - made here
        [*command, *map(str, asked)],
        env={**os.environ, "PYTHONPATH": str(TOOL)},
        stdout=subprocess.PIPE,
        check=False,
        text=True,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        print(f"pip-audit told nothing (exit code {done.returncode}): nothing was looked up", file=sys.stderr)  # noqa: T201
        return 1
    findings = judge(report, locked(_here(LOCK.read_text("utf-8"))))
    for finding in findings:
        print(finding)  # noqa: T201
    if not findings:
        print("every locked package was looked up; nothing is known against any")  # noqa: T201
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
