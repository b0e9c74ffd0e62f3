"""What a person asks about the county: standard and type on a day, the model, and where sites may go."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from geoservice.coverage.uncertainty.query import Case
from geoservice.errors import BadInput
from geoservice.siting.problem import Model

VILLAGES = "villages"
MOST_PLACES = 1_000_000


class Group(StrEnum):
    """Whose people count."""

    ALL = "all"
    FROM_60 = "60+"
    FROM_80 = "80+"

    @property
    def column(self) -> str:
        """Name of the figure of communities."""
        return {Group.ALL: "population", Group.FROM_60: "population_60", Group.FROM_80: "population_80"}[self]


@dataclass(frozen=True)
class Question:
    """A question about the county.

    Attributes
    ----------
    p
        At most so many new sites; None: as many as it takes.
    group
        Whose people count; for ``capacity`` the type's rule of places says it.
    file
        Of candidates; None for the places of communities.
    places
        Of each new site whose file tells none, for ``capacity``.
    """

    case: Case
    model: Model = Model.MCLP
    p: int | None = None
    group: Group | None = None
    file: Path | None = None
    places: int | None = None
    ties: bool = False

    @classmethod
    def parse(
        cls,
        case: Case,
        *,
        model: str | None = None,
        p: int | None = None,
        group: str | None = None,
        candidates: str = VILLAGES,
        places: int | None = None,
        ties: bool = False,
    ) -> Question:
        """From words.

        Raises
        ------
        BadInput
            ``siting.unknown-model``, ``siting.unknown-group``, ``siting.bad-places``, ``siting.not-with``.
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
        file = None if candidates == VILLAGES else Path(candidates)
        return cls(case, asked, p, Group(group) if group else None, file, places, ties)

    def as_dict(self) -> dict[str, Any]:
        """The question as plain values."""
        return self.case.as_dict() | {
            "model": self.model.value,
            "p": self.p,
            "candidates_from": VILLAGES if self.file is None else str(self.file),
            "places": self.places,
            "ties": self.ties,
        }
