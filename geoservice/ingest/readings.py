"""Readings that a dictionary gets wrong in Chinese place names.

Syllables are written with numbered tones and v for ü. Source of the cases: comparison of pypinyin 0.55 with the
ministry's list of townships of Hubei; surnames as in 现代汉语词典.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Whole words, where the phrase dictionary knows none or a wrong one.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "干驿": "gan1 yi4",
        "佛子山": "fo2 zi3 shan1",
        "皂市": "zao4 shi4",
        "拖市": "tuo1 shi4",
        "汈汊": "diao1 cha4",
        "长阳": "chang2 yang2",
        "长滩": "chang2 tan1",
        "长港": "chang2 gang3",
        "长岗": "chang2 gang3",
        "洪洞": "hong2 tong2",
        "郢都": "ying3 du1",
        "朝阳门": "chao2 yang2 men2",
        "重兴": "chong2 xing1",
        "大什字": "da4 shi2 zi4",
        "监利": "jian4 li4",
        "单县": "shan4 xian4",
    }
)

# Surname readings of a first character; the likeliest before the generic terms of villages named after a family.
SURNAMES: Mapping[str, str] = MappingProxyType(
    {
        "曾": "zeng1",
        "解": "xie4",
        "仇": "qiu2",
        "单": "shan4",
        "区": "ou1",
        "朴": "piao2",
        "盖": "ge3",
        "查": "zha1",
        "任": "ren2",
        "华": "hua4",
        "纪": "ji3",
        "翟": "zhai2",
        "覃": "qin2",
        "尉": "wei4",
        "乐": "yue4",
        "宁": "ning4",
        "召": "shao4",
        "冼": "xian3",
        "种": "chong2",
        "黑": "he4",
        "员": "yun4",
        "缪": "miao4",
        "燕": "yan1",
        "应": "ying1",
        "訾": "zi1",
        "长": "zhang3",
    }
)
AFTER_SURNAME = frozenset("家台湾塆垸咀嘴榨院岭冲坳巷塝埫坮畈庄")

# Characters that place names read in more than one way: each of these finds the name.
POLYPHONES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "干": ("gan1", "gan4"),
        "佛": ("fo2", "fu2"),
        "长": ("chang2", "zhang3"),
        "重": ("chong2", "zhong4"),
        "朝": ("chao2", "zhao1"),
        "都": ("du1", "dou1"),
        "洞": ("dong4", "tong2"),
        "什": ("shi2", "shen2"),
        "行": ("hang2", "xing2"),
        "会": ("hui4", "kuai4"),
        "六": ("liu4", "lu4"),
        "堡": ("bao3", "bu3", "pu4"),
        "圩": ("xu1", "wei2"),
        "埔": ("bu4", "pu3"),
        "陂": ("pi2", "bei1", "po1"),
        "泊": ("bo2", "po1"),
        "盛": ("sheng4", "cheng2"),
        "厦": ("sha4", "xia4"),
        "铅": ("qian1", "yan2"),
        "番": ("fan1", "pan1"),
        "柏": ("bai3", "bo2"),
        "角": ("jiao3", "jue2"),
        "宿": ("su4", "xiu3"),
        "场": ("chang3", "chang2"),
        "渑": ("mian3", "sheng2"),
        "峒": ("dong4", "tong2"),
        "枞": ("zong1", "cong1"),
        "蚌": ("bang4", "beng4"),
        "荥": ("xing2", "ying2"),
        "歙": ("she4", "xi1"),
        "涡": ("guo1", "wo1"),
        "巷": ("xiang4", "hang4"),
        "藏": ("zang4", "cang2"),
    }
)
