"""How an upload shall be read and loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from geoservice.ingest.importing import ImportRequest, PopulationWishes


@dataclass(frozen=True)
class Wishes:
    """What somebody has chosen; what is None is guessed. The rest is as in `importing.ImportRequest`.

    Attributes
    ----------
    layer
        Id of a layer, ``osm`` or ``dem``.
    part
        Sheet of a workbook, layer of a file with several, or file of an archive.
    """

    layer: str | None = None
    part: str | None = None
    crs: str | None = None
    encoding: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    skip_bad: bool = False
    publish: bool | None = None
    population: PopulationWishes = field(default_factory=PopulationWishes)

    def request(self, layer: str, path: Path, actor: str, *, dry_run: bool) -> ImportRequest:
        """The import that they mean."""
        return ImportRequest(
            layer=layer,
            path=path,
            actor=actor,
            crs=self.crs,
            encoding=self.encoding,
            mapping=self.mapping,
            constants=self.constants,
            sheet=self.part,
            dry_run=dry_run,
            skip_bad=self.skip_bad,
            publish=self.publish,
            population=self.population,
        )


def as_json(wishes: Wishes) -> dict[str, Any]:
    """Wishes as JSON.

    Examples
    --------
    >>> from_json(as_json(Wishes("water", population=PopulationWishes(on=date(2026, 1, 1))))).population.on
    datetime.date(2026, 1, 1)
    """
    told = asdict(wishes)
    on = wishes.population.on
    return {**told, "population": {**told["population"], "on": None if on is None else on.isoformat()}}


def from_json(told: Mapping[str, Any]) -> Wishes:
    """The wishes that were written as JSON."""
    people = dict(told.get("population") or {})
    on = people.pop("on", None)
    population = PopulationWishes(on=None if on is None else date.fromisoformat(on), **people)
    return Wishes(**{name: value for name, value in told.items() if name != "population"}, population=population)
