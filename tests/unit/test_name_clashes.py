"""Names that are the same, sound or look alike; counts over real lists made outside of this project."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.ingest.alike import alike_keys, near_sound
from geoservice.ingest.terms import split_terms
from geoservice.names.clashes.comparing import Sounding, Tier, compare
from geoservice.names.clashes.inventory import inventory

DIVISIONS = Path(__file__).parents[2].parent / "shared" / "data" / "divisions"
HAN = st.text(
    alphabet="天门岳口干驿佛子山马安鞍洋坪阳平红洪黄潭滩汪王场重兴曾家台湾塆侯候路街大道", min_size=1, max_size=6
)


def tier(one: str, other: str, code: str = "21") -> str | None:
    found = compare(Sounding.of(one, code), Sounding.of(other, code))
    return None if found is None else found.tier.name


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("城关镇", "城关镇", "SAME"),
        ("城关镇", "城关乡", "SAME"),
        ("马安镇", "马鞍乡", "SAME_SOUND"),
        ("洋坪镇", "阳平镇", "SAME_SOUND"),
        ("红山镇", "洪山镇", "SAME_SOUND"),
        ("汪场镇", "王场镇", "OTHER_TONE"),
        ("黄潭镇", "黄滩镇", "OTHER_TONE"),
        ("张湾镇", "臧湾镇", "NEAR_SOUND"),
        ("侯口街道", "候口街道", "SAME"),
        ("汉川镇", "汊川镇", "NEAR_FORM"),
        ("岳口镇", "多祥镇", None),
        ("岳口镇", "岳口街道", "SAME"),
    ],
)
def test_tiers(one: str, other: str, expected: str | None) -> None:
    assert tier(one, other) == expected
    assert tier(other, one) == expected


def test_an_unlikely_reading_is_told_as_such() -> None:
    found = compare(Sounding.of("张港镇", "21"), Sounding.of("长岗镇", "21"))
    assert found is not None
    assert (found.tier, found.unlikely) == (Tier.OTHER_TONE, True)


def test_a_stated_reading_decides() -> None:
    open_ = compare(Sounding.of("重兴路", "23"), Sounding.of("众兴路", "23"))
    assert open_ is not None
    assert (open_.tier, open_.unlikely) == (Tier.SAME_SOUND, True)
    stated = compare(Sounding.of("重兴路", "23", "chóng xīng lù"), Sounding.of("众兴路", "23"))
    assert stated is None or stated.tier > Tier.OTHER_TONE


def test_near_sounds_are_settings() -> None:
    one, other = Sounding.of("南湖路", "23"), Sounding.of("兰湖路", "23")
    found = compare(one, other)
    assert found is not None
    assert found.tier == Tier.NEAR_SOUND
    assert compare(one, other, frozenset({"zh"})) is None


@pytest.mark.parametrize(
    ("name", "code", "specific", "generic"),
    [
        ("皂市镇", "21", "皂市", "镇"),
        ("岳口镇", "21", "岳口", "镇"),
        ("陆羽大道", "23", "陆羽", "大道"),
        ("解放路南小街", "23", "解放路南小", "街"),
        ("李家湾", "22200", "李家湾", None),
        ("鸿渐社区居民委员会", "21620", "鸿渐", "社区居民委员会"),
        ("镇", "21", "镇", None),
        ("", None, "", None),
    ],
)
def test_terms(name: str, code: str | None, specific: str, generic: str | None) -> None:
    terms = split_terms(name, code)
    assert (terms.specific, terms.generic) == (specific, generic)


@given(HAN, HAN, st.sampled_from(["21", "23", "22200", "22100"]))
def test_names_that_clash_share_a_key(one: str, other: str, code: str) -> None:
    found = compare(Sounding.of(one, code), Sounding.of(other, code))
    shared = set(alike_keys(one, code)) & set(alike_keys(other, code))
    assert (found is not None) <= bool(shared)
    if found is not None:
        back = compare(Sounding.of(other, code), Sounding.of(one, code))
        assert back is not None
        assert back.tier == found.tier


@given(st.text(max_size=30))
def test_no_text_is_too_strange(text: str) -> None:
    alike_keys(text, "23")
    Sounding.of(text, "23")


@given(st.from_regex(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs])(ang|eng|ing|an|en|in|a|ong)[1-4]", fullmatch=True))
def test_near_sounds_are_folded_once_and_for_all(syllable: str) -> None:
    folded = near_sound(syllable)
    assert near_sound(folded) == folded
    assert not folded.startswith(("zh", "ch", "sh", "n"))


def hubei() -> list[dict[str, str]]:
    path = DIVISIONS / "hubei_divisions_mca_2025.csv"
    if not path.exists():
        pytest.skip("the real lists are not here")
    with path.open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["level"] == "4" and row["type"] in ("乡", "镇", "民族乡")]


def test_the_townships_of_hubei_that_repeat() -> None:
    """Counts of domain notes, made outside of this project: 32 groups, 79 names, 11 of them 城关镇."""
    names = [Sounding.of(row["name"], "21") for row in hubei()]
    assert len(names) == 922
    groups = inventory(names, Tier.SAME)
    assert (len(groups), sum(len(group.names) for group in groups)) == (32, 79)
    assert groups[0].names == ("城关镇",) * 11


def test_the_townships_of_hubei_that_sound_alike() -> None:
    names = [Sounding.of(row["name"], "21") for row in hubei()]
    groups = inventory(names, Tier.SAME_SOUND)
    terms = [set(group.terms) for group in groups]
    assert len(groups) == 7
    for pair in ({"马安", "马鞍"}, {"洋坪", "阳平"}, {"红山", "洪山"}):
        assert pair in terms
    other = [set(group.terms) for group in inventory(names, Tier.OTHER_TONE)]
    assert {"汪场", "王场"} in other
    assert {"黄潭", "黄滩"} in other


def test_the_villages_of_tianmen_that_repeat() -> None:
    path = DIVISIONS / "tianmen_villages_nbs2021.csv"
    if not path.exists():
        pytest.skip("the real lists are not here")
    with path.open(encoding="utf-8") as file:
        rows = [row["village_name"] for row in csv.DictReader(file)]
    repeated = {name for name, times in Counter(rows).items() if times > 1}
    assert len(repeated) == 17
    groups = inventory([Sounding.of(name, "21610") for name in rows], Tier.SAME)
    told = {name for group in groups for name in group.names}
    assert repeated <= told
