"""通用规范汉字表 and the tables of readings: every row has its source or says that it waits for one."""

from __future__ import annotations

from collections import Counter

import pytest

from geoservice.ingest.characters import character_table, outside_table
from geoservice.ingest.reading_chain import read_name
from geoservice.ingest.readings import Surname, Word, surnames, words


def test_the_table_has_its_three_levels() -> None:
    table = character_table()
    assert Counter(entry.level for entry in table.values()) == {1: 3500, 2: 3000, 3: 1605}
    assert sorted(entry.number for entry in table.values()) == list(range(1, 8106))
    assert all(entry.readings for entry in table.values())


@pytest.mark.parametrize(("characters", "level"), [("垸垱畈塆", 2), ("塅塝埫剅垴汈澴滠涢", 3)])
def test_the_levels_of_local_characters(characters: str, level: int) -> None:
    assert {character_table()[character].level for character in characters} == {level}


def test_characters_outside_are_named_once() -> None:
    assert outside_table("垌塚塚镇A1") == ("塚",)
    assert outside_table("臺灣𣲗😀") == ("臺", "灣", "😀")


@pytest.mark.parametrize("entry", [*words().values()], ids=lambda entry: entry.word)
def test_a_confirmed_word_stands_on_its_source(entry: Word) -> None:
    if not entry.confirmed:
        pytest.skip("未核")
    if entry.quote:
        assert entry.source is not None
        assert entry.source.startswith("http")
    else:
        single = [character_table()[character].readings for character in entry.word]
        assert single == [(syllable,) for syllable in entry.reading.split()]


@pytest.mark.parametrize("entry", [*surnames().values()], ids=lambda entry: entry.character)
def test_a_confirmed_surname_is_quoted_and_in_the_dictionary(entry: Surname) -> None:
    if not entry.confirmed:
        pytest.skip("未核")
    assert entry.quote is not None
    assert entry.reading in entry.quote
    assert entry.character in entry.quote
    readings = character_table()[entry.character].readings
    assert entry.reading in readings
    assert entry.unihan == "kTGHZ2013 " + ",".join(readings)


@pytest.mark.parametrize("character", "曾解仇单区朴盖查")
def test_families_of_the_region_are_read_as_surnames(character: str) -> None:
    first = read_name(f"{character}家台")[0]
    assert (first.syllable, first.origin, first.confirmed) == (surnames()[character].reading, "surname", True)


@pytest.mark.parametrize(
    ("name", "syllable"), [("长岭", "cháng"), ("小区家园", "qū"), ("任务", "rèn"), ("国家", "guó"), ("黑湾", "hēi")]
)
def test_what_is_no_surname(name: str, syllable: str) -> None:
    at = 1 if name.startswith("小") else 0
    assert read_name(name)[at].syllable == syllable


def test_a_term_other_than_family_leaves_a_question() -> None:
    assert read_name("查湾")[0].syllable == "zhā"
    assert read_name("查湾")[0].unconfirmed_polyphone


def test_most_characters_have_one_reading_and_no_question() -> None:
    single = [character for character, entry in character_table().items() if len(entry.readings) == 1]
    assert len(single) == 7508
    assert not any(read_name(character)[0].unconfirmed_polyphone for character in single)
