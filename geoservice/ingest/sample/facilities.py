"""Facilities of the sample: counts as in figures.toml, places beside the communities they serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import shapely
from shapely.geometry import Point as PointShape

from geoservice.ingest.sample.inputs import FacilityFigures
from geoservice.ingest.sample.people import Resident, apportion
from geoservice.ingest.sample.plane import DIRECTIONS, Dice, Point
from geoservice.ingest.sample.roads import Scene


@dataclass(frozen=True)
class Building:
    """A facility beside a community."""

    type: str
    name: str
    beside: Resident
    at: Point
    opened_on: date
    beds: int | None = None
    nursing_beds: int | None = None
    area_m2: int | None = None


class Builder:
    """Draws communities and places for facilities; none is put into water."""

    def __init__(self, scene: Scene, residents: Sequence[Resident], dice: Dice) -> None:
        self._scene = scene
        self._dice = dice
        self._water = scene.waters.areas
        shapely.prepare(self._water)
        reached = [resident for resident in residents if resident.site.on_network]
        self.urban = [resident for resident in reached if resident.site.urban]
        self.rural = [resident for resident in reached if not resident.site.urban]
        self.first_of = {resident.township.name: resident for resident in reversed(self.urban)}

    def some(self, residents: Sequence[Resident], count: int) -> list[Resident]:
        """`count` different communities in the order of the list."""
        chosen = set(self._dice.shuffled(range(len(residents)))[:count])
        return [resident for k, resident in enumerate(residents) if k in chosen]

    def build(
        self,
        type_: str,
        name: str,
        beside: Resident,
        *,
        away: tuple[float, float] = (15, 70),
        beds: tuple[int, int] | None = None,
        area_m2: int | None = None,
    ) -> Building:
        """One facility between `away` metres from its community; `beds` are all and nursing beds."""
        opened = date(2006 + self._dice.below(14), 1 + self._dice.below(12), 1 + self._dice.below(28))
        total, nursing = beds or (None, None)
        return Building(type_, name, beside, self._place(beside, away), opened, total, nursing, area_m2)

    def each(self, type_: str, suffix: str, residents: Iterable[Resident]) -> Iterator[Building]:
        """One facility beside each community, named after it."""
        low, high = AREAS.get(type_, (0, 0))
        for resident in residents:
            area = int(self._dice.between(low, high)) if high else None
            away = AWAY.get(type_, (15, 70))
            yield self.build(type_, f"{resident.root.han}{suffix}", resident, away=away, area_m2=area)

    def _place(self, beside: Resident, away: tuple[float, float]) -> Point:
        unit = self._scene.land.units[beside.site.township]
        for _ in DIRECTIONS:
            at = self._dice.around(beside.at, *away)
            if unit.contains(PointShape(at)) and not self._water.intersects(PointShape(at)):
                return at
        return beside.at


AREAS = {
    "day_care_centre": (240, 760),
    "rural_mutual_aid_centre": (120, 420),
    "community_service_centre": (220, 900),
    "cemetery": (1400, 3300),
}
AWAY = {"cemetery": (180.0, 420.0)}


def build_all(scene: Scene, residents: Sequence[Resident], figures: FacilityFigures, dice: Dice) -> list[Building]:
    """Every facility, ordered by type as in the steps below."""
    builder = Builder(scene, residents, dice)
    return [
        *_nursing_homes(builder, figures, dice),
        *builder.each("day_care_centre", "社区居家养老服务中心", builder.some(builder.urban, figures.day_care_centres)),
        *builder.each(
            "rural_mutual_aid_centre", "村互助养老中心", builder.some(builder.rural, figures.rural_mutual_aid_centres)
        ),
        *_funeral(builder, figures),
        *_community_centres(builder, scene, figures),
        *_township_stations(builder, figures),
        *_city(builder, figures),
    ]


def _nursing_homes(builder: Builder, figures: FacilityFigures, dice: Dice) -> Iterator[Building]:
    """One in each township, the others beside urban communities and in villages; beds add up exactly."""
    seats = list(builder.first_of.values())
    others = builder.some(
        [r for r in (*builder.urban, *builder.rural) if r not in seats], figures.nursing_homes - len(seats)
    )
    homes = [*seats, *others]
    beds = apportion(figures.beds, [dice.between(0.5, 1.7) for _ in homes])
    nursing = apportion(figures.nursing_beds, [count * dice.between(0.4, 1.6) for count in beds], beds)
    for k, (home, total, nurse) in enumerate(zip(homes, beds, nursing, strict=True)):
        name = f"{home.township.name}养老服务中心" if k < len(seats) else f"{home.root.han}养老院"
        yield builder.build("nursing_home", name, home, away=(30, 140), beds=(total, nurse), area_m2=total * 33)


def _funeral(builder: Builder, figures: FacilityFigures) -> Iterator[Building]:
    yield from builder.each("cemetery", "村公益性公墓", builder.some(builder.rural, figures.rural_cemeteries))
    rim = [resident for resident in builder.rural if resident.township.name == "杨林街道"]
    for resident in rim[: figures.urban_cemeteries]:
        yield builder.build(
            "cemetery", "城市公益性公墓", resident, away=(300, 450), area_m2=figures.urban_cemetery_area_m2
        )
    for name in figures.funeral_homes:
        near = next(resident for resident in builder.rural[::-1] if resident.township.name == name)
        own = "市殡仪馆" if near.township.kind == "街道" else f"{near.township.short}殡仪馆"
        yield builder.build("funeral_home", own, near, away=(200, 400))
    for name in figures.columbaria:
        near = next(resident for resident in builder.rural if resident.township.name == name)
        yield builder.build("columbarium", f"{near.township.short}骨灰堂", near, away=(200, 400))


def _community_centres(builder: Builder, scene: Scene, figures: FacilityFigures) -> Iterator[Building]:
    """Service centres, and volunteer stations in a part of them."""
    villages = sum(township.villages for township in scene.territory.townships)
    rural = builder.some(builder.rural, round(villages * figures.rural_service_centre_share))
    urban = builder.some(builder.urban, figures.urban_service_centres)
    centres = [
        *builder.each("community_service_centre", "社区党群服务中心", urban),
        *builder.each("community_service_centre", "村党群服务中心", rural),
    ]
    yield from centres
    volunteers = builder.some(
        [centre.beside for centre in centres], round(len(centres) * figures.volunteer_station_share)
    )
    at = {centre.beside.code: centre for centre in centres}
    for resident in volunteers:
        centre = at[resident.code]
        name = centre.name.removesuffix("党群服务中心") + "志愿服务站"
        yield Building("volunteer_station", name, resident, centre.at, centre.opened_on)


def _township_stations(builder: Builder, figures: FacilityFigures) -> Iterator[Building]:
    seats = list(builder.first_of.values())
    for seat in builder.some(seats, figures.social_work_stations):
        yield builder.build("social_work_station", f"{seat.township.name}社会工作服务站", seat)
    for seat in builder.some(seats, figures.minors_protection_stations):
        yield builder.build("minors_protection_station", f"{seat.township.name}未成年人保护工作站", seat)
    for seat in seats:
        name = (
            f"{seat.township.name}卫生院" if seat.township.kind != "街道" else f"{seat.township.short}社区卫生服务中心"
        )
        yield builder.build("hospital", name, seat, away=(60, 160))


def _city(builder: Builder, figures: FacilityFigures) -> Iterator[Building]:
    """What the county has once, or a few times, in the city."""
    city = [resident for resident in builder.urban if resident.township.kind == "街道"]
    wanted = [
        ("rescue_station", "市救助管理站", figures.rescue_stations),
        ("marriage_registry", "市民政局婚姻登记处", figures.marriage_registries),
        ("welfare_institution", "市社会福利院", figures.welfare_institutions),
        ("hospital", "市医院", figures.city_hospitals),
    ]
    for type_, name, count in wanted:
        for k, resident in enumerate(builder.some(city, count)):
            yield builder.build(
                type_, name if count == 1 else f"{name}（{'东西南北'[k % 4]}院区）", resident, away=(40, 140)
            )
