"""Communities with their names and people; totals are met exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shapely.geometry import Point as PointShape
from shapely.geometry import Polygon

from geoservice.ingest.sample.inputs import PopulationFigures, Township
from geoservice.ingest.sample.names import Name, urban_names, village_names
from geoservice.ingest.sample.plane import Dice, Point
from geoservice.ingest.sample.roads import Scene
from geoservice.ingest.sample.settlements import Site


@dataclass(frozen=True)
class Resident:
    """A community: where it is, what it is called, who lives there. `root` is the name without 村 or 社区."""

    code: str
    site: Site
    township: Township
    root: Name
    at: Point
    population: int = 0
    aged_60: int = 0
    aged_80: int = 0
    households: int = 0

    @property
    def name(self) -> str:
        """The name with 村 or 社区."""
        return self.root.han + ("社区" if self.site.urban else "村")


def settle(scene: Scene, sites: Sequence[Site], figures: PopulationFigures, dice: Dice) -> list[Resident]:
    """Names every site, puts its point beside the road, and gives it people."""
    villages = village_names(scene.words, dice)
    taken: dict[str, Iterator[Name]] = {}
    city = iter(urban_names(scene.territory.townships[0], scene.words, dice))
    counted: dict[str, int] = {}
    residents: list[Resident] = []
    for site in sorted(sites, key=lambda site: (site.township, not site.urban, site.at)):
        township = scene.territory.townships[site.township]
        if township.kind == "街道":
            taken.setdefault(township.code, city)
        names = taken.setdefault(township.code, iter(urban_names(township, scene.words, dice)))
        counted[township.code] = counted.get(township.code, 0) + 1
        residents.append(
            Resident(
                code=f"S-{township.code}-{counted[township.code]:03d}",
                site=site,
                township=township,
                root=next(names) if site.urban else next(villages),
                at=_beside(site, scene.land.units[site.township], dice),
            )
        )
    return _peopled(residents, figures, dice)


def apportion(total: int, weights: Sequence[float], caps: Sequence[int] | None = None) -> list[int]:
    """Whole numbers in proportion to the weights that add up to the total, by largest remainders.

    Parameters
    ----------
    caps
        The most that each may get.

    Raises
    ------
    ValueError
        If the caps add up to less than the total.

    Examples
    --------
    >>> apportion(10, [1.0, 1.0, 1.0])
    [4, 3, 3]
    >>> apportion(10, [1.0, 1.0, 8.0], [9, 9, 4])
    [3, 3, 4]
    >>> apportion(0, [])
    []
    """
    if caps is not None and sum(caps) < total:
        raise ValueError(f"caps of {sum(caps)} cannot hold {total}")
    whole = sum(weights)
    shares = [total * weight / whole for weight in weights]
    counts = [int(share) for share in shares]
    order = sorted(range(len(counts)), key=lambda k: (counts[k] - shares[k], k))
    for k in order[: total - sum(counts)]:
        counts[k] += 1
    if caps is None:
        return counts
    over = sum(max(count - cap, 0) for count, cap in zip(counts, caps, strict=True))
    counts = [min(count, cap) for count, cap in zip(counts, caps, strict=True)]
    while over:
        room = [k for k in range(len(counts)) if counts[k] < caps[k]]
        for k in room[:over]:
            counts[k] += 1
        over -= min(over, len(room))
    return counts


def _beside(site: Site, unit: Polygon, dice: Dice) -> Point:
    """A village's point lies some steps from its junction, inside the unit."""
    if site.urban:
        return site.at
    at = dice.around(site.at, 30, 110)
    return at if unit.contains(PointShape(at)) else site.at


def _peopled(residents: Sequence[Resident], figures: PopulationFigures, dice: Dice) -> list[Resident]:
    sizes = [
        dice.between(0.55, 1.65) * (figures.urban_weight if resident.site.urban else 1.0) for resident in residents
    ]
    population = apportion(figures.total, sizes)
    older = [
        people * dice.between(0.85, 1.15) * (0.85 if resident.site.urban else 1.08)
        for people, resident in zip(population, residents, strict=True)
    ]
    aged_60 = apportion(figures.aged_60, older, population)
    oldest = [people * figures.aged_80_share * dice.between(0.8, 1.2) for people in aged_60]
    size = figures.household_size
    return [
        Resident(
            code=resident.code,
            site=resident.site,
            township=resident.township,
            root=resident.root,
            at=resident.at,
            population=people,
            aged_60=sixty,
            aged_80=int(eighty),
            households=int(people / (size * dice.between(0.94, 1.06))),
        )
        for resident, people, sixty, eighty in zip(residents, population, aged_60, oldest, strict=True)
    ]
