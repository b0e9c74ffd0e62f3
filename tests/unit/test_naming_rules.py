"""Rules of names: their own examples, and what is no name at all."""

from __future__ import annotations

import csv
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.catalog import Catalog, load_catalog
from geoservice.errors import BadInput, BadRequest, BadSetting
from geoservice.ingest.alike import alike_keys
from geoservice.ingest.characters import is_han, outside_table
from geoservice.ingest.name_keys import search_keys
from geoservice.names.clashes.searching import KINDS, Proposed
from geoservice.names.romanisation.romanise import romanise
from geoservice.names.rules.checking import Verdict, check_name, clean_name
from geoservice.names.rules.declared import naming_rules, packs_on, rules_for
from geoservice.names.rules.looking import LOOKS

DAY = date(2026, 1, 1)
EXAMPLES = [
    (rule.id, *example.split("|"), fails)
    for rule in naming_rules().rules
    for fails, examples in ((False, rule.examples.passing), (True, rule.examples.fail))
    for example in examples
]


@pytest.mark.parametrize(("rule", "name", "kind", "fails"), EXAMPLES)
def test_each_rule_says_of_its_examples_what_it_declares(
    catalog: Catalog, rule: str, name: str, kind: str, fails: bool
) -> None:
    outcome = check_name(None, catalog, Proposed(name, kind), day=DAY)
    (ruling,) = [one for one in outcome.rulings if one.rule.id == rule] or [None]
    if ruling is None:
        pytest.skip("needs the names of a database")
    assert (ruling.verdict != Verdict.PASSES) == fails
    assert (ruling.reason is not None) == fails
    assert ruling.source.endswith(ruling.rule.article)


def test_every_rule_has_its_function_and_its_article() -> None:
    assert {rule.id for rule in naming_rules().rules} == set(LOOKS)
    for rule in naming_rules().rules:
        assert rule.setting or "设置" not in rule.article
        assert rule.pack in {pack.id for pack in naming_rules().packs}


def test_packs_are_switched_and_rules_have_their_time() -> None:
    ids = {rule.pack for rule in rules_for("street", DAY)}
    assert "hubei_draft" not in ids
    assert {rule.pack for rule in rules_for("street", DAY, ["notice_2018"])} == {"notice_2018"}
    # The regulation is in force since 2022-05-01.
    assert "regulation" not in {rule.pack for rule in rules_for("street", date(2022, 4, 30))}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "names.empty"),
        (" \t\u3000", "names.empty"),
        ("长" * 101, "names.too-long"),
        ("长" * 10_000, "names.too-long"),
        ("陆羽\x00大道", "names.control"),
        ("陆羽\u200b大道", "names.control"),
        ("陆羽\u202e大道", "names.control"),
    ],
)
def test_what_is_no_name_is_told(catalog: Catalog, name: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        check_name(None, catalog, Proposed(name, "street"), day=DAY)
    assert caught.value.code == code
    assert caught.value.message


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Main Street", "script"),
        ("12345", "script"),
        ("😀路", "script"),
        ("<b>路</b>", "script"),
        ("陆羽", "generic"),
        ("路", "specific"),
    ],
)
def test_strange_names_get_a_clear_verdict(catalog: Catalog, name: str, rule: str) -> None:
    outcome = check_name(None, catalog, Proposed(name, "street"), day=DAY)
    assert outcome.verdict == Verdict.VIOLATES
    assert rule in {one.rule.id for one in outcome.rulings if one.verdict == Verdict.VIOLATES}


@pytest.mark.parametrize("kind", ["village", "township"])
def test_damaged_village_names_are_checked_romanised_and_keyed(catalog: Catalog, shared_data: Path, kind: str) -> None:
    with (shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv").open(encoding="utf-8", newline="") as file:
        villages = list(csv.DictReader(file, delimiter="\t"))
    assert len(villages) == 748
    names = [row[key] for row in villages for key in ("village_published", "village_corrected") if row[key].strip()]
    outside = 0
    for name in map(clean_name, names):
        said = {
            one.rule.id: one.reason.zh
            for one in check_name(None, catalog, Proposed(name, kind), day=DAY).rulings
            if one.reason
        }
        missing = outside_table(name)
        outside += bool(missing)
        for character in missing:
            named = said.get("outside_table", "") + said.get("script", "") + said.get("odd_marks", "")
            assert character in named or f"U+{ord(character):04X}" in named, (name, character, said)
            if is_han(character):
                assert f"{character} (U+{ord(character):04X})" in said["outside_table"]
                assert character not in said.get("script", "")
        if not missing:
            assert "outside_table" not in said
        assert search_keys(name).grams
        assert alike_keys(name, "21610")
        with suppress(BadRequest):
            assert romanise(name, "village").spelling
    assert 400 < outside < len(names)


def test_brands_of_the_applicant_are_no_names(catalog: Catalog) -> None:
    given_ = Proposed("宏图花园", "estate")
    assert check_name(None, catalog, given_, day=DAY).verdict != Verdict.VIOLATES
    assert check_name(None, catalog, given_, day=DAY, brands=["宏图"]).verdict == Verdict.VIOLATES


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadRequest, match="castle"):
        Proposed("陆羽路", "castle")


@given(st.text(max_size=60), st.sampled_from(KINDS))
def test_no_name_crashes_and_none_passes_silently(name: str, kind: str) -> None:
    try:
        cleaned = clean_name(name)
    except BadInput:
        return
    outcome = check_name(None, load_catalog(), Proposed(cleaned, kind), day=DAY)
    assert outcome.rulings


def test_the_setting_switches_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    day = date(2026, 11, 27)
    try:
        packs_on.cache_clear()
        assert packs_on() == naming_rules().default_packs
        monkeypatch.setenv("GEOSERVICE_NAMING_PACKS", " regulation , hubei_draft ")
        packs_on.cache_clear()
        assert packs_on() == ("regulation", "hubei_draft")
        assert {rule.pack for rule in rules_for("street", day)} == {"regulation"}
        monkeypatch.setenv("GEOSERVICE_NAMING_PACKS", "regulation,wuhan")
        packs_on.cache_clear()
        with pytest.raises(BadSetting) as refused:
            rules_for("street", day)
        assert refused.value.values["value"] == "wuhan"
    finally:
        packs_on.cache_clear()
