"""What a person asks about the county: standard and type on a day, the model, where sites may go, and what holds of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from geoservice.coverage.figures.declared import capacities
from geoservice.coverage.uncertainty.query import Case
from geoservice.errors import BadInput
from geoservice.siting.exclusion.asked import ON
from geoservice.siting.exclusion.grid import spacing_of
from geoservice.siting.problem import Model, refuse_given_up

VILLAGES, GRID, PARCELS = "villages", "grid", "parcels"
SCALE = 1000
MOST_PLACES = 1_000_000
MOST_GIVEN_UP = 1000


class Group(StrEnum):
    """Whose people count."""

    ALL = "all"
    FROM_60 = "60+"
    FROM_80 = "80+"

    @property
    def column(self) -> str:
        """Name of the figure of communities."""
        return {Group.ALL: "population", Group.FROM_60: "population_60", Group.FROM_80: "population_80"}[self]


Outline = tuple[tuple[tuple[tuple[float, float], ...], ...], ...]


@dataclass(frozen=True)
class Place:
    """Where a new site may go.

    Attributes
    ----------
    lon, lat
        Degrees, EPSG:4490.
    places, cost
        What a site there holds, and what it costs; None where not told.
    area_m2, outline
        Of the plot that it stands for; the outline as coordinates of a MultiPolygon in degrees, to be shown.
    """

    name: str
    lon: float
    lat: float
    places: int | None = None
    cost: int | None = None
    area_m2: float | None = None
    outline: Outline | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Limits:
    """What a plan keeps.

    Attributes
    ----------
    cost
        Of each new site that tells none; None where nothing costs.
    budget
        The most that new sites cost together.
    spacing_m
        Two facilities, of which one at least is new, are at least so far apart on the ellipsoid.
    floors
        Unit and thousandths of its people, at most those whom some candidate can cover; None as the unit stands for
        every township that is not named.
    """

    cost: int | None = None
    budget: int | None = None
    spacing_m: float | None = None
    floors: tuple[tuple[int | None, int], ...] = ()


NO_LIMITS = Limits()


@dataclass(frozen=True)
class Existing:
    """What may become of the facilities that exist in the county; without numbers all of them stay.

    Attributes
    ----------
    close
        So many are given up and nothing takes their place.
    move
        At most so many more are given up, each for a new site beside the `p` new ones.
    only
        Ids of those that may be given up; empty: all.
    year
        Of a plan in phases, from 1: in which year that may be.
    """

    close: int = 0
    move: int = 0
    only: tuple[int, ...] = ()
    year: int = 1

    @property
    def most(self) -> int:
        """How many may be given up."""
        return self.close + self.move


ALL_STAY = Existing()


@dataclass(frozen=True)
class Land:
    """Where candidates come from: villages, a grid, plots or points of a file."""

    file: Path | None = None
    parcels: bool = False
    grid_m: int | None = None

    @classmethod
    def parse(cls, text: str) -> Land:
        """From ``villages``, ``grid:500``, ``parcels:FILE`` or the name of a file of points.

        Raises
        ------
        BadInput
            ``siting.bad-spacing``

        Examples
        --------
        >>> str(Land.parse("grid:500")), str(Land.parse("parcels:地块.geojson")), str(Land.parse("villages"))
        ('grid:500', 'parcels:地块.geojson', 'villages')
        """
        kind, colon, rest = text.partition(":")
        if text == VILLAGES:
            return cls()
        if colon and kind == GRID:
            return cls(grid_m=spacing_of(rest))
        if colon and kind == PARCELS:
            return cls(Path(rest), parcels=True)
        return cls(Path(text))

    def __str__(self) -> str:
        if self.grid_m is not None:
            return f"{GRID}:{self.grid_m}"
        if self.file is None:
            return VILLAGES
        return f"{PARCELS}:{self.file}" if self.parcels else str(self.file)


@dataclass(frozen=True)
class Question:
    """A question about the county.

    Attributes
    ----------
    p
        At most so many new sites; None: as many as it takes.
    group
        Whose people count; for ``capacity`` the type's rule of places says it.
    weights
        What a person of each group counts, in thousandths; empty where only those of `group` count. The groups lie
        within each other: somebody of 80 counts in all three.
    file, points
        Of candidates; without either the places of communities.
    parcels
        Whether the file holds plots, of each of which a point inside stands.
    grid_m
        Spacing of a grid over the county, in place of a file.
    rules
        Which exclusion rules hold for candidates: ``on``, ``off``, or ids with commas.
    places
        Of each new site that tells none, for ``capacity``.
    existing
        Which facilities may be closed or moved.
    """

    case: Case
    model: Model = Model.MCLP
    p: int | None = None
    group: Group | None = None
    file: Path | None = None
    places: int | None = None
    ties: bool = False
    weights: tuple[tuple[Group, int], ...] = ()
    points: tuple[Place, ...] = ()
    limits: Limits = NO_LIMITS
    parcels: bool = False
    grid_m: int | None = None
    rules: str = ON
    existing: Existing = ALL_STAY

    def __post_init__(self) -> None:
        _check(self)

    @classmethod
    def parse(  # noqa: PLR0913 - what a person may say of it
        cls,
        case: Case,
        *,
        model: str | None = None,
        p: int | None = None,
        group: str | None = None,
        candidates: str = VILLAGES,
        places: int | None = None,
        ties: bool = False,
        rules: str = ON,
        existing: Existing = ALL_STAY,
    ) -> Question:
        """From words.

        Raises
        ------
        BadInput
            ``siting.unknown-model``, ``siting.unknown-group``, ``siting.bad-places``, ``siting.not-with``,
            ``siting.needs``, ``siting.no-rule``, ``siting.bad-spacing``, ``siting.bad-existing``.
        """
        if model is not None and model not in set(Model):
            raise BadInput("siting.unknown-model", value=model, known=", ".join(Model))
        if group is not None and group not in set(Group):
            raise BadInput("siting.unknown-group", value=group, known=", ".join(Group))
        if places is not None and not 0 < places <= MOST_PLACES:
            raise BadInput("siting.bad-places", value=places, most=MOST_PLACES)
        asked = Model(model) if model else Model.MCLP
        given = {"--group": group, "--places": places}
        unfit = "--group" if asked is Model.CAPACITY else "--places"
        if given[unfit] is not None:
            raise BadInput("siting.not-with", model=asked.value, name=unfit)
        land = Land.parse(candidates)
        return cls(
            case,
            asked,
            p,
            Group(group) if group else None,
            land.file,
            places,
            ties,
            parcels=land.parcels,
            grid_m=land.grid_m,
            rules=rules,
            existing=existing,
        )

    @property
    def costs(self) -> bool:
        """Whether new sites cost anything."""
        return self.limits.cost is not None or any(one.cost is not None for one in self.points)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values."""
        return self.case.as_dict() | {
            "model": self.model.value,
            "p": self.p,
            "candidates_from": "points" if self.points else str(Land(self.file, self.parcels, self.grid_m)),
            "rules_wanted": self.rules,
            "places": self.places,
            "ties": self.ties,
            "weights": {group.value: milli / SCALE for group, milli in self.weights} or None,
            "budget": self.limits.budget,
            "spacing_m": self.limits.spacing_m,
            "close": self.existing.close,
            "move": self.existing.move,
            "closable": list(self.existing.only) or None,
            "existing_year": self.existing.year,
        }


def _check(question: Question) -> None:
    """Lets a question through that can be asked of some data."""
    model, limits = question.model, question.limits
    name, given = ("group", question.group) if model is Model.CAPACITY else ("places", question.places)
    if given is not None:
        raise BadInput("siting.not-with", model=model.value, name=name)
    if question.weights and (question.group is not None or model is Model.CAPACITY):
        raise BadInput("siting.not-with", model=model.value, name="weights")
    if limits.budget is not None and not question.costs:
        raise BadInput("siting.needs", model=model.value, name="cost")
    if question.costs and limits.cost is None and any(one.cost is None for one in question.points):
        raise BadInput("siting.needs", model=model.value, name="cost")
    if limits.floors and not model.covers:
        raise BadInput("siting.not-with", model=model.value, name="floor")
    if question.ties and model not in (Model.MCLP, Model.LSCP, Model.PCENTRE):
        raise BadInput("siting.not-with", model=model.value, name="ties")
    if model is not Model.LSCP and question.p is None and limits.budget is None:
        raise BadInput("siting.needs", model=model.value, name="p")
    _check_existing(question)
    if model is Model.CAPACITY and question.case.type not in capacities():
        raise BadInput("siting.no-rule", type=question.case.type)


def _check_existing(question: Question) -> None:
    existing, model = question.existing, question.model
    if not (0 <= existing.close <= MOST_GIVEN_UP and 0 <= existing.move <= MOST_GIVEN_UP):
        raise BadInput("siting.bad-existing", most=MOST_GIVEN_UP)
    if (existing.only or existing.year != 1) and not existing.most:
        raise BadInput("siting.needs", model=model.value, name="close, move")
    refuse_given_up(model, question.p, existing.close, existing.move)
    if question.p == 0 and not existing.most:
        raise BadInput("siting.nothing-to-do")
