"""Search keys of names and the reading of queries."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoservice.ingest.characters import character_table
from geoservice.ingest.name_keys import (
    all_readings,
    folded,
    grams,
    letters,
    parse_reading,
    search_keys,
    split_syllables,
    syllables_beginning,
)
from geoservice.ingest.readings import POLYPHONES
from geoservice.names.query import NameQuery

HAN = st.text(st.sampled_from("天门市干驿镇佛子山曾家台重兴长港吕湾𣲗源口盛𡐓〇一二三A1 ·（）"), max_size=12)


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("干驿镇", "ganyizhen", "gyz"),
        ("佛子山镇", "fozishanzhen fuzishanzhen", "fzsz"),
        ("皂市镇", "zaoshizhen", "zsz"),
        ("曾家台", "zengjiatai cengjiatai", "zjt cjt"),
        ("解家湾", "xiejiawan jiejiawan", "xjw jjw"),
        ("区家垸", "oujiayuan qujiayuan", "ojy qjy"),
        ("小区", "xiaoqu", "xq"),
        ("重兴村", "chongxingcun zhongxingcun", "cxc zxc"),
        ("吕家湾", "lvjiawan lujiawan", "ljw"),
        ("汈汊湖", "diaochahu", "dch"),
        ("G318国道", "g318guodao", "g318gd"),
        ("La Seu d'Urgell", "laseudurgell", "lsd"),
        ("Škofja Æ Løkken", "skofjaaelokken", "sal"),
        ("", "", ""),
        ("·", "", ""),
        ("𧉯村", "cun", "c"),
        ("呣村", "mcun", "mc"),
    ],
)
def test_keys(name: str, pinyin: str, initials: str) -> None:
    keys = search_keys(name)
    assert (keys.pinyin, keys.initials) == (pinyin, initials)


def test_a_stated_reading_is_the_only_one() -> None:
    keys = search_keys("重兴村", "Chóngxīngcūn")
    assert (keys.pinyin, keys.tones, keys.reading) == ("chongxingcun", "chong2xing1cun1", "chóng xīng cūn")


@pytest.mark.parametrize("reading", ["", "Chongxing Village", "chóng xīng", "123", "ü", "\x00", "chóngxīngcūnn"])
def test_a_reading_that_does_not_fit_is_left_aside(reading: str) -> None:
    assert search_keys("重兴村", reading) == search_keys("重兴村")


@pytest.mark.parametrize(
    ("name", "reading", "syllables"),
    [
        ("西安", "Xī'ān", ("xi1", "an1")),
        ("西安", "xi1 an1", ("xi1", "an1")),
        ("吕家湾", "Lǚjiāwān", ("lv3", "jia1", "wan1")),
        ("女山", "nu:3 shan1", ("nv3", "shan1")),
        ("方案", "fāng'àn", ("fang1", "an4")),
        ("天门", "tian men", ("tian", "men")),
    ],
)
def test_stated_readings(name: str, reading: str, syllables: tuple[str, ...]) -> None:
    assert parse_reading(name, reading) == syllables


def test_four_byte_characters_count_as_one() -> None:
    assert grams("盛𡐓") == ("盛", "盛𡐓", "𡐓")


def test_syllables_of_two_readings_are_both_given() -> None:
    assert set(split_syllables("fangan")) >= {("fan", "gan")}
    assert split_syllables("zhx") == []


def test_polyphones_have_more_than_one_reading() -> None:
    assert all(len(readings) > 1 and len(character) == 1 for character, readings in POLYPHONES.items())


@given(st.one_of(HAN, st.text(max_size=30)))
def test_any_text_has_keys(name: str) -> None:
    keys = search_keys(name)
    assert re.fullmatch(r"[a-z0-9 ]*", keys.pinyin)
    assert re.fullmatch(r"[a-z0-9 ]*", keys.tones)
    assert len(keys.pinyin.split()) <= 16
    assert folded(folded(name)) == folded(name)


@given(st.one_of(HAN, st.text(max_size=100)))
def test_any_text_is_a_query(typed: str) -> None:
    query = NameQuery.parse(typed)
    assert set(query.grams) <= set(search_keys(typed).grams)
    if query.kind == "letters":
        assert re.fullmatch(r"[a-z0-9]+", query.text)
    if query.tones is not None:
        re.compile(query.tones)
        assert re.fullmatch(r"[a-z0-9()|?*\[\]^ -]+", query.tones)


@given(HAN.filter(lambda name: not re.search("[A1]", name)))
def test_a_name_answers_to_its_own_keys(name: str) -> None:
    keys = search_keys(name)
    for tones in keys.tones.split():
        query = NameQuery.parse(tones)
        if query.tones is not None:
            assert re.search(query.tones, keys.tones)


def test_letters_of_marked_text() -> None:
    assert letters(unicodedata.normalize("NFD", "Lǚ")) == "lv"


def test_every_syllable_of_a_character_is_known() -> None:
    """Han beside pinyin is looked up by all syllables that begin so: one that were missing would hide names."""
    said = {
        syllable.rstrip("12345")
        for character in character_table()
        for way in all_readings(character)
        for syllable in way
    }
    assert len(said) > 350
    assert said <= set(syllables_beginning(""))
