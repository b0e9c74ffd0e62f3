"""What is asked of a registry: searches of each kind, names that are proposed, and a plan of roads."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import ezdxf
import shapely
from pyproj import Transformer

from geoservice.database.filters import BBox
from geoservice.database.models import SRID
from geoservice.ingest.name_keys import all_readings
from geoservice.names.clashes.searching import Proposed
from tests.benchmarks.registry import Registry
from tests.benchmarks.vocabulary import vocabulary


@dataclass(frozen=True)
class Question:
    """One search."""

    typed: str
    unit: int | None = None
    bbox: BBox | None = None


@dataclass(frozen=True)
class Drawn:
    """One name of the registry with its place."""

    name: str
    lon: float
    lat: float
    township: int
    county: int
    province: int


class Draws:
    """Names drawn evenly from the registry: a name that stands there often is asked for often."""

    def __init__(self, registry: Registry, seed: int) -> None:
        self.chance = random.Random(seed)  # nosec B311 - choices, no secret
        self.registry = registry
        self.connection = registry.superuser()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def names(self, count: int, kind: str = "standard") -> list[Drawn]:
        """So many, from random places."""
        found: list[Drawn] = []
        while len(found) < count:
            row = self.connection.execute(_ONE, [self.chance.randint(1, self.registry.places), kind]).fetchone()
            if row is not None:
                found.append(Drawn(*row))
        return found


_ONE = """
    select n.name, st_x(p.geom), st_y(p.geom), t.unit_id, t.parent_id, c.parent_id
    from (select * from place where id >= %s and unit_id is not null order by id limit 4000) p
    join place_name n on n.place_id = p.id and n.kind = %s and n.valid_to is null
    join unit_version t on t.unit_id = p.unit_id join unit_version c on c.unit_id = t.parent_id
    where length(n.name) > 2 order by p.id limit 1
"""


def _part(chance: random.Random, name: str, length: int) -> str:
    start = chance.randint(0, max(0, len(name) - length))
    return name[start : start + length]


def _syllables(name: str, count: int, *, toned: bool) -> str:
    syllables = all_readings(name)[0][:count]
    return "".join(one if toned else one.rstrip("12345") for one in syllables)


def _initials(name: str, count: int) -> str:
    return "".join(one[0] for one in all_readings(name)[0][:count])


def _mixed(name: str) -> str:
    """First character as it is, the second one's sound."""
    return name[0] + all_readings(name)[0][1].rstrip("12345")


def _box(one: Drawn, half: float) -> BBox:
    return BBox(one.lon - half, one.lat - half, one.lon + half, one.lat + half)


# The mix, in equal parts. Parts of names are drawn evenly from names, so a frequent character is asked for often.
Make = Callable[[random.Random, Drawn], Question]
MIX: Mapping[str, Make] = {
    "1 Han": lambda chance, one: Question(_part(chance, one.name, 1)),
    "1 Han, generic": lambda chance, _: Question(chance.choice("路村湾河街桥湖镇")),
    "2 Han": lambda chance, one: Question(_part(chance, one.name, 2)),
    "3 Han": lambda chance, one: Question(_part(chance, one.name, 3)),
    "4 Han": lambda chance, one: Question(_part(chance, one.name, 4)),
    "1 letter": lambda chance, _: Question(chance.choice("tdlxsyzhb")),
    "initials": lambda chance, one: Question(_initials(one.name, chance.randint(2, 4))),
    "1 syllable": lambda _, one: Question(_syllables(one.name, 1, toned=False)),
    "pinyin": lambda chance, one: Question(_syllables(one.name, chance.randint(2, 4), toned=False)),
    "pinyin inside": lambda chance, one: Question(_syllables(one.name[1:], chance.randint(1, 3), toned=False)),
    "toned": lambda chance, one: Question(_syllables(one.name, chance.randint(1, 3), toned=True)),
    "mixed": lambda _, one: Question(_mixed(one.name)),
    "2 Han, county": lambda chance, one: Question(_part(chance, one.name, 2), unit=one.county),
    "1 Han, county": lambda chance, one: Question(_part(chance, one.name, 1), unit=one.county),
    "2 Han, province": lambda chance, one: Question(_part(chance, one.name, 2), unit=one.province),
    "pinyin, township": lambda _, one: Question(_syllables(one.name, 2, toned=False), unit=one.township),
    "2 Han, window 10 km": lambda chance, one: Question(_part(chance, one.name, 2), bbox=_box(one, 0.05)),
    "1 Han, window 200 km": lambda chance, one: Question(_part(chance, one.name, 1), bbox=_box(one, 1.0)),
    "nothing typed": lambda _, __: Question(""),
    "nothing typed, county": lambda _, one: Question("", unit=one.county),
    "former name": lambda chance, one: Question(one.name[: chance.randint(2, 4)]),
}


def searches(registry: Registry, each: int, seed: int = 7) -> Iterator[tuple[str, list[Question]]]:
    """Questions by kind."""
    with Draws(registry, seed) as draws:
        for title, make in MIX.items():
            drawn = draws.names(each, "former" if title == "former name" else "standard")
            yield title, [make(draws.chance, one) for one in drawn]


def proposals(registry: Registry, each: int, seed: int = 11) -> Iterator[tuple[str, list[Proposed]]]:
    """Names that are asked for, by kind and scope: half of them stand in the registry already, half are new."""
    made = list(vocabulary().draw(each * 400, seed=10_000_019))
    with Draws(registry, seed) as draws:
        for title, code, kind, shaped in SCOPES:
            new = [name for one, name in made if one.code == code][: each // 2]
            known = [_known(draws, code) for _ in range(each - len(new))]
            yield (
                title,
                [
                    Proposed(name, kind, shape=_shape(draws) if shaped else None, unit_id=one.township)
                    for name, one in zip([*new, *known], draws.names(each), strict=True)
                ],
            )


SCOPES = (
    ("street, built-up area", "23", "street", True),
    ("street, county", "23", "street", False),
    ("village, county", "22200", "village", False),
    ("township, province", "21", "township", False),
    ("water, all there is", "12", "water", False),
)
_OF_CLASS = """
    select n.name from (select * from place where id >= %s and class_code = %s order by id limit 1) p
    join place_name n on n.place_id = p.id and n.kind = 'standard' limit 1
"""
_AREA = "select st_x(st_centroid(geom)), st_y(st_centroid(geom)) from built_up_area offset %s limit 1"


def _known(draws: Draws, code: str) -> str:
    row = draws.connection.execute(
        _OF_CLASS, [draws.chance.randint(1, draws.registry.places * 9 // 10), code]
    ).fetchone()
    assert row is not None
    return str(row[0])


def _shape(draws: Draws) -> str:
    row = draws.connection.execute(_AREA, [draws.chance.randrange(draws.registry.counties)]).fetchone()
    assert row is not None
    line = shapely.LineString([(row[0], row[1]), (row[0] + 0.002, row[1])])
    written: str = shapely.to_wkb(shapely.set_srid(line, SRID), hex=True, include_srid=True)
    return written


def write_plan(registry: Registry, rows: int, path: Path, seed: int = 13) -> None:
    """A sheet of so many proposed roads, in a built-up area each."""
    lines = ["名称,经度,纬度", *(f"{name},{lon:.5f},{lat:.5f}" for name, lon, lat in _roads(registry, rows, seed, 180))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


DRAWN_IN = 32643


def write_drawing(registry: Registry, rows: int, path: Path, seed: int = 13) -> None:
    """The same roads as a drawing in EPSG:32643 (UTM zone 43, where the first counties lie): a line of 300 m each, its name beside it as a text."""
    drawing = ezdxf.new("R2010", setup=True)
    space = drawing.modelspace()
    project = Transformer.from_crs(4490, DRAWN_IN, always_xy=True).transform
    for at, (name, lon, lat) in enumerate(_roads(registry, rows, seed, 1.5)):
        east, north = project(lon, lat)
        north += at * 40  # roads of one built-up area side by side
        space.add_line((east - 150, north), (east + 150, north), {"layer": "roads"})
        space.add_text(name, height=5, dxfattribs={"layer": "roads"}).set_placement((east, north + 3))
    drawing.saveas(path)


def _roads(registry: Registry, rows: int, seed: int, reach: float) -> list[tuple[str, float, float]]:
    """Names of proposed roads, each in a built-up area at most so many degrees from the meridian 75 E."""
    names = [name for one, name in vocabulary().draw(rows * 4, seed=20_000_003) if one.code == "23"][:rows]
    with Draws(registry, seed) as draws:
        areas = draws.connection.execute(_AREAS, [reach]).fetchall()
        return [(name, *draws.chance.choice(areas)) for name in names]


_AREAS = """
    select st_x(c), st_y(c) from (select st_centroid(geom) as c from built_up_area) a where abs(st_x(c) - 75) <= %s
"""
