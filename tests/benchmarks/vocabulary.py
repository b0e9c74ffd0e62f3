"""Names as real ones are: which specific terms, characters and generic terms a made-up registry draws from."""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from geoservice.ingest.terms import split_terms

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
UNITS = DATA / "divisions" / "hubei_divisions_mca_2025.csv"
VILLAGES = DATA / "divisions" / "tianmen_villages_nbs2021.csv"
STREETS = (DATA / "osm" / "guixi.osm", DATA / "osm" / "shenzhen_longgang.osm")
NEEDED = (UNITS, VILLAGES, *STREETS)

_COMMITTEES = re.compile("(居民委员会|村民委员会|居委会|村委会)$")
_WAY = re.compile(r"<way.*?</way>", re.DOTALL)
_NAME = re.compile(r'<tag k="name" v="([\u4e00-\u9fff]{2,8})"')


@dataclass(frozen=True)
class Kind:
    """One class of places.

    Attributes
    ----------
    share
        Of the registry; a setting, as nobody has counted it.
    real
        How many of its names are drawn from the real list, the rest being put together.
    ranks
        Importance of its places, drawn evenly.
    """

    code: str
    share: float
    real: float
    ranks: tuple[int, ...]
    names: Sequence[tuple[str, str]]
    generics: Sequence[str]


@dataclass(frozen=True)
class Vocabulary:
    """What names are drawn from.

    Attributes
    ----------
    characters, weights
        Characters of the specific terms of all real lists, each as often as it stands there.
    lengths
        Characters a specific term, one number for each real term of two or more.
    """

    kinds: Sequence[Kind]
    characters: Sequence[str]
    weights: Sequence[int]
    lengths: Sequence[int]

    def draw(self, count: int, seed: int) -> Iterator[tuple[Kind, str]]:
        """So many kinds and names; the same seed gives the same ones."""
        chance = random.Random(seed)  # nosec B311 - made-up names, no secret
        shares = [kind.share for kind in self.kinds]
        for kind in chance.choices(self.kinds, shares, k=count):
            specific, generic = chance.choice(kind.names)
            if chance.random() >= kind.real:
                length = chance.choice(self.lengths)
                specific = "".join(chance.choices(self.characters, self.weights, k=length))
                generic = chance.choice(kind.generics)
            yield kind, specific + generic


def vocabulary() -> Vocabulary:
    """From the real lists.

    Raises
    ------
    FileNotFoundError
        If one of them is not there.
    """
    towns, villages, streets = _towns(), _villages(), _streets()
    terms = [specific for specific, _ in (*towns, *villages, *streets)]
    characters = Counter("".join(terms))
    kinds = (
        Kind("23", 0.40, 0.2, (4, 5, 5, 6), streets, [generic for _, generic in streets]),
        # Nobody's list of hamlets is at hand: the terms of villages before the endings of hamlets.
        Kind("22200", 0.40, 0.5, (6,), [(term, "") for term, _ in villages], ["", "", "湾", "台", "咀", "垸", "家湾"]),
        Kind("21610", 0.10, 0.7, (5,), villages, [generic for _, generic in villages]),
        Kind("21", 0.01, 0.9, (3,), towns, [generic for _, generic in towns]),
        Kind("12", 0.05, 0.0, (4, 5, 6), towns, ["河", "河", "湖", "港", "渠", "水库"]),
        Kind("25", 0.04, 0.0, (5, 6), towns, ["公园", "广场", "桥", "寺"]),
    )
    lengths = [len(term) for term in terms if 2 <= len(term) <= 4]
    return Vocabulary(kinds, list(characters), list(characters.values()), lengths)


def absent() -> list[Path]:
    """Real lists that are not there."""
    return [path for path in NEEDED if not path.is_file()]


def _towns() -> list[tuple[str, str]]:
    with UNITS.open(encoding="utf-8") as file:
        return _terms([row["name"] for row in csv.DictReader(file) if row["level"] == "4"], "21")


def _villages() -> list[tuple[str, str]]:
    """Committees as the villages that they are of: 官路社区居民委员会 is 官路社区, 新堰村民委员会 is 新堰村."""
    with VILLAGES.open(encoding="utf-8") as file:
        given = [row["village_name"] for row in csv.DictReader(file)]
    short = [_COMMITTEES.sub("", name) for name in given]
    villages = [name if name.endswith(("村", "社区")) else name + "村" for name in short]
    return [(name.removesuffix("村").removesuffix("社区"), _ending(name)) for name in villages]


def _ending(name: str) -> str:
    return "社区" if name.endswith("社区") else "村"


def _streets() -> list[tuple[str, str]]:
    found = [
        name[1]
        for path in STREETS
        for way in _WAY.findall(path.read_text(encoding="utf-8"))
        if 'k="highway"' in way and (name := _NAME.search(way))
    ]
    # A street is many ways.
    return _terms(list(dict.fromkeys(found)), "23")


def _terms(names: Sequence[str], class_code: str) -> list[tuple[str, str]]:
    cut = [split_terms(name, class_code) for name in names]
    return [(terms.specific, terms.generic) for terms in cut if terms.generic]
