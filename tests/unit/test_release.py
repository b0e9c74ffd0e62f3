"""What stands on everything that leaves, and what does not leave."""

from __future__ import annotations

from datetime import date

import pytest

from geoservice.access.release import Release
from geoservice.errors import Forbidden

DAY = date(2026, 1, 1)


def test_a_map_without_a_number_says_that_it_needs_one():
    told = Release(DAY, "public", schematic=False)
    assert told.as_dict() == {
        "crs": "EPSG:4490",
        "data_date": "2026-01-01",
        "classification": "public",
        "schematic": False,
        "map_approval_required": True,
        "map_approval": None,
    }
    assert any("审图号" in line and "送审" in line for line in told.words())


def test_a_number_that_was_granted_stands_on_the_map():
    told = Release(DAY, "public", schematic=False, approval="鄂S(2026)001号")
    assert not told.needs_approval
    assert "审图号：鄂S(2026)001号" in told.words()


def test_a_table_needs_no_number():
    told = Release(DAY, "internal", schematic=True, drawn=False)
    assert not told.as_dict()["map_approval_required"]
    assert not any("审图号" in line for line in told.words())
    assert any("内部" in line for line in told.words())
    assert any("示意数据" in line for line in told.words())
    assert not any("示意数据" in line for line in told.words(notice=False))


@pytest.mark.parametrize("level", ["internal", "confidential", "secret", "top_secret"])
def test_what_is_not_public_does_not_leave_by_a_public_way(level):
    told = Release(DAY, level, schematic=False)
    assert told.check(public=False) is told
    with pytest.raises(Forbidden) as caught:
        told.check(public=True)
    assert caught.value.code == "release.not-public"
    assert caught.value.remedy
