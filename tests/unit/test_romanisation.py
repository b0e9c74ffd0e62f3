"""Spelling of names by the rules of 1984: their own examples, properties of any spelling, real names, bad input."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geoservice.errors import BadRequest
from geoservice.ingest.characters import character_table, outside_table
from geoservice.language import catalogue
from geoservice.names.romanisation import telling
from geoservice.names.romanisation.declared import CLASSES, SpellingClass, generics, spelling_class, spelling_file
from geoservice.names.romanisation.dividing import divide
from geoservice.names.romanisation.numerals import ordinal_value
from geoservice.names.romanisation.romanise import Romanised, romanise
from geoservice.names.romanisation.spelling import join, without_tones

# Names that the rules of 1984 write apart or joined, by the number of the rule; a stroke stands where they part.
PARTED = [
    (1, "mountain", "太行/山 舟山/群岛 青藏/高原"),
    (1, "water", "松花/江 汾/河 太/湖 台湾/海峡 密云/水库 大/运河 永丰/渠"),
    (1, "township", "西藏/自治区 江苏/省 襄樊/市 通/县 西峰/镇 虹口/区 友谊/乡"),
    (1, "street", "京津/公路 南京/路 滨江/道 横/街 长安/街 大/马路 梧桐/巷 门框/胡同"),
    (2, "water", "西辽/河 潮白/新河 新通扬/运河"),
    (2, "mountain", "北雁荡/山 老秃顶子/山 小金门/岛"),
    (
        2,
        "street",
        "景山/后街 造币/左路 清波门/直街 后赵家楼/胡同 朝阳门内/大街 南/小街 小/南街 南横/东街",
    ),
    (
        2,
        "street",
        "修文/西小巷 东直门外/南后街 广安门/北滨河/路 广渠/南水关/胡同",
    ),
    (
        3,
        "village",
        "王村 江镇 漷县 周口店 文家市 油坊桥 铁匠营 大虎山 太平沟 三岔河 龙王集 龚家棚 众埠街 南王家荡 东桑家堡子",
    ),
    (4, "water", "渤海/湾"),
    (4, "province", "黑龙江/省"),
    (4, "county", "景德镇/市"),
    (4, "street", "解放路/南小街 包头/胡同/东巷"),
    (5, "county", "左权/县"),
    (5, "street", "张之洞/路"),
    (5, "water", "欧阳海/水库"),
    (14, "facility", "月亮山/种羊场 北京/工人/体育馆 二七/烈士/纪念碑 浙江/省/测绘局 费/县/汽车站 郑州/市/玻璃厂"),
]
# Spellings that the rules of 1984 print.
PRINTED: list[tuple[int, SpellingClass, str, str]] = [
    (6, "mountain", "五指山", "Wǔzhǐ Shān"),
    (6, "water", "九龙江", "Jiǔlóng Jiāng"),
    (6, "mountain", "三门峡", "Sānmén Xiá"),
    (6, "mountain", "二道沟", "Èrdào Gōu"),
    (6, "water", "第二松花江", "Dì'èr Sōnghuā Jiāng"),
    (6, "village", "第六屯", "Dìliùtún"),
    (6, "street", "三眼井胡同", "Sānyǎnjǐng Hútong"),
    (6, "street", "八角场东街", "Bājiǎochǎng Dōngjiē"),
    (6, "street", "三八路", "Sānbā Lù"),
    (6, "facility", "五一广场", "Wǔyī Guǎngchǎng"),
    (7, "mountain", "1203高地", "1203 Gāodì"),
    (7, "mountain", "1718峰", "1718 Fēng"),
    (7, "street", "二马路", "2 Mǎlù"),
    (7, "street", "经五路", "Jīng 5 Lù"),
    (7, "street", "三环路", "3 Huánlù"),
    (7, "street", "大川淀一巷", "Dàchuāndiàn 1 Xiàng"),
    (7, "street", "东四十二条", "Dōngsì 12 Tiáo"),
    (7, "street", "第九弄", "Dì-9 Lòng"),
    (8, "village", "十里堡", "Shílǐpù"),
    (8, "village", "大黄堡", "Dàhuángbǎo"),
    (8, "county", "吴堡", "Wúbǔ"),
    (9, "village", "李庄", "Lǐzhuāng"),
    (9, "water", "珠江", "Zhū Jiāng"),
    (9, "street", "天宁寺西里一巷", "Tiānníngsì Xīlǐ 1 Xiàng"),
    (11, "county", "西安", "Xī'ān"),
    (11, "county", "建瓯", "Jiàn'ōu"),
    (11, "county", "天峨", "Tiān'é"),
    (12, "street", "盆儿胡同", "Pénr Hútong"),
]
OURS: list[tuple[SpellingClass, str, str]] = [
    ("township", "干驿镇", "Gānyì Zhèn"),
    ("township", "佛子山镇", "Fózǐshān Zhèn"),
    ("township", "皂市镇", "Zàoshì Zhèn"),
    ("township", "岳口镇", "Yuèkǒu Zhèn"),
    ("township", "新沟镇街道", "Xīngōuzhèn Jiēdào"),
    ("county", "恩施土家族苗族自治州", "Ēnshī Tǔjiāzú Miáozú Zìzhìzhōu"),
    ("village", "曾家台", "Zēngjiātái"),
    ("village", "吕家湾", "Lǚjiāwān"),
    ("village", "女儿村", "Nǚ'ércūn"),
    ("village", "鸿渐社区居民委员会", "Hóngjiàn Shèqū Jūmín Wěiyuánhuì"),
    ("street", "陆羽大道", "Lùyǔ Dàdào"),
    ("street", "统一路", "Tǒngyī Lù"),
    ("street", "济南路", "Jǐnán Lù"),
    ("street", "西南路", "Xīnán Lù"),
    ("street", "人民东路", "Rénmín Dōnglù"),
    ("street", "人民一路", "Rénmín 1 Lù"),
    ("street", "G318国道", "G318 Guódào"),
    ("estate", "桂花苑", "Guìhuāyuàn"),
    ("estate", "陆羽花园小区", "Lùyǔ Huāyuán Xiǎoqū"),
    ("facility", "天门市第一人民医院", "Tiānmén Shì Dìyī Rénmín Yīyuàn"),
    ("facility", "皂市中学", "Zàoshì Zhōngxué"),
]
TOWNSHIPS = {
    "竟陵街道": "Jìnglíng Jiēdào", "侯口街道": "Hóukǒu Jiēdào", "杨林街道": "Yánglín Jiēdào", "多宝镇": "Duōbǎo Zhèn",
    "拖市镇": "Tuōshì Zhèn", "张港镇": "Zhānggǎng Zhèn", "蒋场镇": "Jiǎngchǎng Zhèn", "汪场镇": "Wāngchǎng Zhèn",
    "渔薪镇": "Yúxīn Zhèn", "黄潭镇": "Huángtán Zhèn", "岳口镇": "Yuèkǒu Zhèn", "横林镇": "Hénglín Zhèn",
    "彭市镇": "Péngshì Zhèn", "麻洋镇": "Máyáng Zhèn", "多祥镇": "Duōxiáng Zhèn", "干驿镇": "Gānyì Zhèn",
    "马湾镇": "Mǎwān Zhèn", "卢市镇": "Lúshì Zhèn", "小板镇": "Xiǎobǎn Zhèn", "九真镇": "Jiǔzhēn Zhèn",
    "皂市镇": "Zàoshì Zhèn", "胡市镇": "Húshì Zhèn", "石家河镇": "Shíjiāhé Zhèn", "佛子山镇": "Fózǐshān Zhèn",
    "净潭乡": "Jìngtán Xiāng",
}  # fmt: skip
KEY_CHARACTERS = "天门干驿佛子山曾家台二一十三八五第儿女安峨路街巷东西南北内外镇市县湖河江新老大小口𣲗吕阿额"
HAN = st.text(
    st.one_of(st.sampled_from(KEY_CHARACTERS), st.sampled_from(sorted(character_table()))), min_size=1, max_size=12
)
CLASS = st.sampled_from(CLASSES)


def tried(name: str, class_: SpellingClass) -> Romanised | BadRequest:
    try:
        return romanise(name, class_)
    except BadRequest as error:
        return error


def numbers(found: Romanised) -> set[int]:
    return {step["rule"] for step in telling.proof(found)}


@pytest.mark.parametrize(
    ("rule", "class_", "parted"),
    [(rule, class_, name) for rule, class_, names in PARTED for name in names.split()],
)
def test_examples_of_the_rules_are_parted_as_they_say(rule: int, class_: SpellingClass, parted: str) -> None:
    found = romanise(parted.replace("/", ""), class_)
    assert "/".join(segment.text for segment in found.segments) == parted
    # An example of modifiers may rest on the first rule alone: 南/小街.
    assert {rule, 1} & numbers(found) if rule == 2 else rule in numbers(found)


@pytest.mark.parametrize(("rule", "class_", "name", "spelling"), PRINTED)
def test_examples_of_the_rules_are_spelt_as_printed(rule: int, class_: SpellingClass, name: str, spelling: str) -> None:
    found = romanise(name, class_)
    assert found.spelling == spelling
    assert rule in numbers(found)


@pytest.mark.parametrize(("class_", "name", "spelling"), OURS)
def test_names_of_each_class(class_: SpellingClass, name: str, spelling: str) -> None:
    assert romanise(name, class_).spelling == spelling


@pytest.mark.parametrize(("name", "spelling"), TOWNSHIPS.items())
def test_the_townships_of_tianmen(name: str, spelling: str) -> None:
    assert romanise(name, "township").spelling == spelling


def test_what_is_not_confirmed_of_the_townships_is_flagged() -> None:
    flagged = {name: romanise(name, "township").unconfirmed for name in TOWNSHIPS}
    assert flagged["干驿镇"] == ("干",)
    assert flagged["佛子山镇"] == ("佛",)
    assert flagged["岳口镇"] == ()


def test_the_officers_word_stands_above_all() -> None:
    found = romanise("干驿镇", "township", "qian1 yi4 zhen4")
    assert (found.spelling, found.unconfirmed) == ("Qiānyì Zhèn", ())
    assert {each.origin for each in found.readings} == {"officer"}
    with pytest.raises(BadRequest, match="gān yì"):
        romanise("干驿镇", "township", "gān yì")


def test_the_class_decides() -> None:
    assert romanise("皂市镇", "township").spelling == "Zàoshì Zhèn"
    assert romanise("皂市镇", "village").spelling == "Zàoshìzhèn"


def test_the_proof_names_each_rule_and_each_source() -> None:
    found = romanise("曾家台", "village")
    steps = telling.romanised(found)["proof"]
    assert [step["rule"] for step in steps] == [3, 8, 8, 8, 9, 10, 13]
    assert "zēng" in steps[1]["text"]
    assert "http" in steps[1]["text"]
    assert "未核" in steps[3]["text"]


def test_every_step_has_words_in_both_languages() -> None:
    used = set(re.findall(r"(?:note|Ruled)\((\d+), \"(\w+)\"", _sources()))
    assert len(used) > 10
    for language in ("zh", "en"):
        texts = catalogue(language)
        assert {f"romanise.rule.{rule}.{what}" for rule, what in used} <= set(texts)
        assert {f"romanise.rule.{one.rule}.stated" for one in spelling_file().divisions} <= set(texts)


def _sources() -> str:
    folder = Path(telling.__file__).parent
    return "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("Tianmen", "not-han"),
        ("干驿 镇", "not-han"),
        ("123", "not-han"),
        ("天门😀", "not-han"),
        ("小（氵甸）村", "not-han"),
        ("<b>天门</b>", "not-han"),
        ("天门\x00", "not-han"),
        ("天门\ue000村", "not-han"),
        ("天门\u200b市", "not-han"),
        ("天" * 101, "too-long"),
        ("天" * 10_000, "too-long"),
        ("\ufdfa" * 20, "not-han"),
    ],
)
def test_bad_names_are_told(name: str, code: str) -> None:
    with pytest.raises(BadRequest) as told:
        romanise(name, "village")
    assert told.value.code == f"names.{code}"
    assert "{" not in told.value.message
    assert len(told.value.message) < 1000


def test_a_character_that_nobody_can_read_is_named_and_can_be_stated() -> None:
    with pytest.raises(BadRequest, match="U\\+2CEB0"):
        romanise("\U0002ceb0村", "village")
    assert romanise("\U0002ceb0村", "village", "tiān cūn").spelling == "Tiāncūn"


def test_traditional_and_four_byte_characters_are_spelt_and_named() -> None:
    found = romanise("臺灣路", "street")
    assert (found.spelling, found.outside) == ("Táiwān Lù", ("臺", "灣"))
    assert romanise("𣲗源口", "village").outside == ()
    assert romanise("垌塚镇", "township").outside == ("塚",)


def test_an_unknown_class_is_told() -> None:
    with pytest.raises(BadRequest, match="planet"):
        spelling_class("planet")


@given(HAN, CLASS)
def test_any_han_name_is_spelt_by_the_rules(name: str, class_: SpellingClass) -> None:
    found = romanise(name, class_)
    assert "".join(segment.text for segment in found.segments) == found.name
    assert found.spelling == " ".join(segment.spelling for segment in found.segments)
    assert re.fullmatch(r"[A-Za-zü' 0-9-]+", found.plain.replace("Ü", "ü").replace("ê", "e").replace("Ê", "E"))
    for segment in found.segments:
        if not segment.spelling[0].isdigit():
            assert segment.spelling[0].isupper()
        assert segment.spelling[1:] == segment.spelling[1:].lower()
    assert all(0 < place < len(found.spelling) for place in found.breaks)
    assert telling.broken(found).replace("-", "") == found.spelling.replace("-", "")


@given(HAN.filter(lambda name: "儿" not in name))
def test_syllables_joined_give_the_readings(name: str) -> None:
    found = romanise(name, "village")
    assert "".join(each.syllable for each in found.readings) == found.spelling.replace("'", "").lower()
    for at, each in enumerate(found.readings):
        vowel = without_tones(each.syllable)[0] in "aoe"
        assert found.spelling.count("'") >= (at > 0 and vowel)
    wanted = sum(without_tones(each.syllable)[0] in "aoe" for each in found.readings[1:])
    assert found.spelling.count("'") == wanted


@given(st.text(max_size=40), CLASS)
def test_any_text_is_spelt_or_refused(name: str, class_: SpellingClass) -> None:
    found = tried(name, class_)
    assert found.message != f"error.{found.code}" if isinstance(found, BadRequest) else found.spelling


@given(st.integers(1, 199))
def test_numerals_have_their_value(value: int) -> None:
    hundred, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    assume(not (hundred and (not tens or not ones)))
    digits = "零一二三四五六七八九"
    text = (digits[hundred] + "百" if hundred else "") + (digits[tens] + "十" if tens else "")
    assert ordinal_value(text + (digits[ones] if ones else "")) == value


@pytest.mark.parametrize("class_", CLASSES)
def test_a_generic_term_alone_is_spelt(class_: SpellingClass) -> None:
    for term in generics(class_):
        assert len(divide(term, class_).pieces) >= 1
        assert romanise(term, class_).spelling


def test_nothing_joins_to_nothing() -> None:
    assert join([]).text == ""


def rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def test_units_of_a_province(shared_data: Path) -> None:
    units = rows(shared_data / "divisions" / "hubei_divisions_mca_2025.csv")
    assert len(units) == 1377
    outside = {}
    for unit in units:
        found = romanise(unit["name"], "township" if unit["level"] == "4" else "county")
        assert found.segments[-1].generic, unit["name"]
        assert len(found.segments) >= 2, unit["name"]
        if found.outside:
            outside[unit["name"]] = found.outside
    assert outside == {"垌塚镇": ("塚",)}


def test_villages_of_a_county(shared_data: Path) -> None:
    for village in rows(shared_data / "divisions" / "tianmen_villages_nbs2021.csv"):
        assert romanise(village["village_name"], "village").spelling


def test_damaged_village_names_are_spelt_or_told(shared_data: Path) -> None:
    villages = rows(shared_data / "placenames" / "nbs2020_rare_char_corrections.tsv", "\t")
    assert len(villages) == 748
    table, refused = character_table(), 0
    for name in (row[key] for row in villages for key in ("village_published", "village_corrected")):
        missing = {each for each in name if not each.isascii() and each not in table}
        assert set(outside_table(name)) == missing
        found = tried(name, "village")
        if isinstance(found, BadRequest):
            refused += 1
            assert found.code in {"names.not-han", "names.no-reading", "names.empty"}
            assert "U+" in found.message or not name.strip()
        else:
            assert set(found.outside) == {each for each in found.name if not each.isascii() and each not in table}
    assert 0 < refused < 748
