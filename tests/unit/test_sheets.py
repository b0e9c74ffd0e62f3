"""Style sheets: a rule that is not closed swallows all that follow it, and no browser says so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from geoservice.resources import resource

SHEETS = sorted((resource("web") / "static" / "css").glob("*.css"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_rule_is_closed(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text("utf-8"), flags=re.DOTALL)
    depth = 0
    for number, line in enumerate(text.splitlines(), start=1):
        # What stands at the margin and opens a rule stands in no other.
        if line and not line[0].isspace() and line.rstrip().endswith("{"):
            assert depth == 0, f"line {number}"
        depth += line.count("{") - line.count("}")
    assert depth == 0
