"""Search keys of a place name: pinyin with and without tones, initials, Han characters and pairs.

The loader stores the keys of each name; the search builds those of its query in the same way.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise, product

from pypinyin.contrib.tone_convert import to_tone, to_tone3

from geoservice.ingest.characters import is_han
from geoservice.ingest.reading_chain import numbered_syllables, word_readings
from geoservice.ingest.readings import POLYPHONES, surnames, surnames_file, words

# Goes up with each change of what the keys of a name come to, here, in `alike` or in what they read.
KEYS_EDITION = 1
MAX_READINGS = 8
LONGEST_TOKEN = 200
# Different characters for the same word in village names of the Jianghan plain: each finds the other.
VARIANTS = {
    "塆": "湾",
    "坮": "台",
    "臺": "台",
    "灣": "湾",
    "垸": "院",
    "嘴": "咀",
    "候": "侯",
}

# What stands between the parts of a name and counts for nothing; the search gives the same list to SQL.
SEPARATORS = " \t\n\r\u00a0\u200b\u200e\u200f\ufeff·•・‧∙'‘’ʼ`\"“”-‐‑–—_~,，.。、;；:：!！?？()（）[]［］【】{}《》〈〉<>/\\|&+*#%@^$="

_FOLD = str.maketrans(VARIANTS) | dict.fromkeys(map(ord, SEPARATORS))
_PLAIN = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "ł": "l", "þ": "th", "ı": "i"})
_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0306": "3", "\u0300": "4"}
_INITIAL = "zh|ch|sh|b|p|m|f|d|t|n|l|g|k|h|j|q|x|r|z|c|s|y|w"
_FINAL = (
    "iang|iong|uang|ang|eng|ing|ong|ian|iao|uai|uan|van|ai|ei|ao|ou|an|en|in|un|vn|ia|ie|iu|ua|uo|ui|ue|ve|er"
    "|a|o|e|i|u|v"
)
_SYLLABLE = re.compile(f"(?:{_INITIAL})?(?:{_FINAL})r?")
# Interjections of the dictionary without a vowel.
_VOWELLESS = ("m", "n", "ng", "hm", "hng")
_NUMBERED = re.compile(r"([^1-5]+[1-5])(.+)", re.DOTALL)
_TONED = re.compile(r"^([a-z]+)[1-5]$")


@dataclass(frozen=True, slots=True)
class SearchKeys:
    """What a name is found by; several readings of one name stand side by side, separated by a space.

    Beginnings of the initials of other readings than the first stand among the grams after a ``~``, too.
    """

    pinyin: str
    tones: str
    initials: str
    grams: tuple[str, ...]
    reading: str | None


def search_keys(name: str, reading: str | None = None) -> SearchKeys:
    """The search keys of a name.

    Parameters
    ----------
    name
        As it is written, in any script.
    reading
        Its reading with tone marks or numbers, joined or not, where somebody has stated one: then it is the
        only one. Without it, or where it does not fit the name, each sensible reading of a polyphone counts.

    Examples
    --------
    >>> search_keys("天门市")
    SearchKeys(pinyin='tianmenshi', tones='tian1men2shi4', initials='tms', \
grams=('天', '天门', '市', '门', '门市'), reading='tiān mén shì')
    >>> search_keys("重兴").grams
    ('兴', '重', '重兴', '~z', '~zx')
    >>> search_keys("干驿镇").pinyin
    'ganyizhen'
    >>> search_keys("曾家台").reading
    'zēng jiā tái'
    >>> search_keys("Sant Julià").pinyin
    'santjulia'
    >>> search_keys("").pinyin
    ''
    """
    readings = all_readings(name, reading)
    toneless = ["".join(_TONED.sub(r"\1", syllable) for syllable in each) for each in readings]
    plain_u = [key.replace("nv", "nu").replace("lv", "lu") for key in toneless]
    initials = list(dict.fromkeys("".join(part[0] for part in each if part) for each in readings))
    return SearchKeys(
        pinyin=_joined([*toneless, *(plain_u if _has_han(name) else ())]),
        tones=_joined(["".join(each) for each in readings]),
        initials=" ".join(initials),
        grams=(*grams(name), *_beginnings(initials[1:])),
        reading=_marked(readings[0]) if _has_han(name) else None,
    )


def all_readings(name: str, reading: str | None = None) -> list[tuple[str, ...]]:
    """Every sensible reading of a name, the likeliest first, as numbered syllables; a stated one that fits is the only one.

    Examples
    --------
    >>> all_readings("重兴")
    [('chong2', 'xing1'), ('zhong4', 'xing1')]
    """
    stated = parse_reading(name, reading) if reading else None
    return [stated] if stated else list(_readings(name))


def folded(text: str) -> str:
    """A name in the form in which it is compared: one width, lower case, no separators, variants as one.

    Examples
    --------
    >>> folded("岳 口·Ａ座")
    '岳口a座'
    >>> folded("李家塆") == folded("李家湾")
    True
    """
    # What is taken out may have kept an accent from its letter.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower().translate(_FOLD))


def letters(text: str) -> str:
    """Lower-case ASCII letters and digits of a text, ü as v and without accents.

    Examples
    --------
    >>> letters("Xī'ān Lǚ")
    'xianlv'
    """
    text = unicodedata.normalize("NFD", text.lower().translate(_PLAIN))
    text = text.replace("u\u0308", "v").replace("u:", "v")
    return "".join(re.findall(r"[a-z0-9]", text))


def grams(name: str) -> tuple[str, ...]:
    """The characters of a name other than Latin letters, and each pair of neighbours, sorted.

    Examples
    --------
    >>> grams("天门")
    ('天', '天门', '门')
    >>> grams("Soldeu")
    ()
    """
    characters = ["" if _is_latin(character) else character for character in folded(name)]
    pairs = [a + b for a, b in pairwise(characters) if a and b]
    return tuple(sorted({*filter(None, characters), *pairs}))


def parse_reading(name: str, reading: str) -> tuple[str, ...] | None:
    """A stated reading as one numbered syllable a character, or None where it does not fit the name.

    Examples
    --------
    >>> parse_reading("干驿镇", "Gānyì Zhèn")
    ('gan1', 'yi4', 'zhen4')
    >>> parse_reading("西安", "Xī'ān")
    ('xi1', 'an1')
    >>> parse_reading("天门", "Tianmen County") is None
    True
    """
    wanted = len(folded(name))
    if not all(is_han(character) for character in folded(name)):
        return None
    found: list[tuple[str, ...]] = [()]
    for token in re.split(r"[\s'\u2019\u02bc\-·]+", reading.strip()):
        splits = split_syllables(token)
        found = [(*head, *tail) for head in found for tail in splits if len(head) + len(tail) <= wanted][:64]
    whole = [syllables for syllables in found if len(syllables) == wanted]
    return whole[0] if whole else None


@lru_cache(maxsize=512)
def syllables_beginning(letters_typed: str) -> tuple[str, ...]:
    """Every syllable without a tone that a reading can have and that begins so.

    Examples
    --------
    >>> syllables_beginning("zhuan")
    ('zhuan', 'zhuang', 'zhuangr', 'zhuanr')
    >>> syllables_beginning("x7")
    ()
    """
    made = {a + b + c for a in ("", *_INITIAL.split("|")) for b in _FINAL.split("|") for c in ("", "r")}
    return tuple(sorted(one for one in made.union(_VOWELLESS) if one.startswith(letters_typed)))


def split_syllables(token: str, *, unfinished: bool = False) -> list[tuple[str, ...]]:
    """Every way to cut joined pinyin into numbered syllables; a syllable without a tone carries no number.

    Parameters
    ----------
    token
        Without spaces or apostrophes; tones as marks or numbers.
    unfinished
        Whether the last piece may be a syllable that is still being typed.

    Examples
    --------
    >>> split_syllables("tiānmén")
    [('tian1', 'men2')]
    >>> split_syllables("gan1yi4")
    [('gan1', 'yi4')]
    >>> split_syllables("tianm", unfinished=True)
    [('tian', 'm')]
    >>> split_syllables("x7")
    []
    """
    if len(token) > LONGEST_TOKEN:
        return []
    # A number ends a syllable, so what follows may begin with a vowel.
    if numbered := _NUMBERED.match(token):
        heads, tails = split_syllables(numbered[1]), split_syllables(numbered[2], unfinished=unfinished)
        return [(*head, *tail) for head in heads for tail in tails][:MAX_READINGS]
    text, tones = _without_tones(token)
    if not re.fullmatch("[a-z]+", text):
        return []
    cuts: list[list[int]] = []
    _cut(text, [0], cuts, unfinished=unfinished)
    ways = []
    for cut in cuts:
        pieces = [_numbered(text, tones, a, b) for a, b in pairwise(cut)]
        if all(piece is not None for piece in pieces):
            ways.append(tuple(piece for piece in pieces if piece is not None))
    return ways


def _cut(text: str, cut: list[int], found: list[list[int]], *, unfinished: bool) -> None:
    start = cut[-1]
    if start == len(text):
        found.append(cut)
        return
    if len(found) >= MAX_READINGS:
        return
    if start and text[start] in "aoeiuv":
        return  # Such a syllable is written with an apostrophe, which is cut before.
    longest = _SYLLABLE.match(text, start)
    ends = [end for end in range(longest.end(), start, -1) if _SYLLABLE.fullmatch(text, start, end)] if longest else []
    for end in ends:
        _cut(text, [*cut, end], found, unfinished=unfinished)
    if unfinished and not ends and re.fullmatch("zh?|ch?|sh?|[bpmfdtnlgkhjqxryw]", text[start:]):
        found.append([*cut, len(text)])


def _numbered(text: str, tones: dict[int, str], start: int, end: int) -> str | None:
    """The piece with the tone that stands in it; None where it has two."""
    inside = [tone for at, tone in tones.items() if start < at <= end]
    return None if len(inside) > 1 else text[start:end] + "".join(inside)


def _without_tones(token: str) -> tuple[str, dict[int, str]]:
    """Letters, and the tone after so many of them."""
    text, tones = "", {}
    decomposed = unicodedata.normalize("NFD", token.lower()).replace("u:", "u\u0308")
    for character in decomposed:
        if character in _TONES:
            tones[len(text)] = _TONES[character]
        elif character == "\u0308" and text.endswith("u"):
            text = text[:-1] + "v"
        elif character in "12345" and text:
            tones[len(text)] = character
        else:
            text += character
    return text, tones


# A name is read for its keys, its rules and its spelling, one soon after the other.
@lru_cache(maxsize=2_000)
def _readings(name: str) -> tuple[tuple[str, ...], ...]:
    """Every sensible reading, the likeliest first; a name without Han characters is its own, word by word."""
    if not _has_han(name):
        return (tuple(filter(None, (letters(word) for word in name.split()))),)
    text = "".join(character for character in unicodedata.normalize("NFKC", name) if character.isalnum())
    choices = _choices(text)
    return tuple(islice(product(*choices), MAX_READINGS))


def _choices(text: str) -> list[tuple[str, ...]]:
    default = _default(text)
    choices: list[tuple[str, ...]] = []
    for at, character in enumerate(text):
        if not is_han(character):
            choices.append((letters(character),))
            continue
        known = [default[at], *POLYPHONES.get(character, ())]
        if at == 0 and (surname := surnames().get(character)):
            known.insert(0 if _named_after_family(text) else 1, _numbered_one(surname.reading))
        choices.append(tuple(dict.fromkeys(known)))
    return choices


def _named_after_family(text: str) -> bool:
    """Whether a term of villages named after a family stands behind the first character."""
    only_family = surnames()[text[0]].only_before_family
    return text[1:2] == "家" or (not only_family and text[1:2] != "" and text[1] in surnames_file().before)


def _default(text: str) -> list[str]:
    """One numbered syllable a character: our own words first, then the dictionary's phrases."""
    syllables = [_plain(syllable) for syllable in numbered_syllables(text)]
    for at, word in word_readings(text):
        syllables[at : at + len(word)] = [_numbered_one(each) for each in words()[word].reading.split()]
    return syllables


def _numbered_one(marked: str) -> str:
    """A syllable with a tone mark as letters and number; the neutral tone is 5.

    Examples
    --------
    >>> _numbered_one("lǚ"), _numbered_one("tong")
    ('lv3', 'tong5')
    """
    return _plain(str(to_tone3(marked, neutral_tone_with_five=True)))


def _plain(syllable: str) -> str:
    """ASCII letters and the tone; empty for a character that the dictionary does not know."""
    base = letters(syllable.rstrip("12345"))
    return f"{base}{syllable[-1]}" if base and syllable[-1].isdigit() else base


def _marked(reading: tuple[str, ...]) -> str:
    """Syllables with tone marks, apart; letters and digits of the name stay together."""
    text = ""
    for syllable in reading:
        toned = _TONED.match(syllable)
        marked = str(to_tone(syllable.removesuffix("5"))).replace("v", "ü") if toned else syllable
        text += f" {marked} " if toned else marked
    return " ".join(text.split())


def _beginnings(initials: list[str]) -> list[str]:
    return sorted({f"~{each[:end]}" for each in initials for end in range(1, len(each) + 1)})


def _joined(keys: list[str]) -> str:
    return " ".join(dict.fromkeys(key for key in keys if key))


def _is_latin(character: str) -> bool:
    return "LATIN" in unicodedata.name(character, "")


def _has_han(name: str) -> bool:
    return any(map(is_han, name))
