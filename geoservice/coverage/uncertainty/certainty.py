"""How surely each community is covered: in all, some or none of many draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoservice.coverage.inputs import Publication
from geoservice.coverage.prepared import Prepared
from geoservice.coverage.uncertainty.declared import DrawSettings, load_uncertainty
from geoservice.coverage.uncertainty.draws import Way, draw_times, quantiles
from geoservice.coverage.uncertainty.query import (
    Case,
    Ground,
    edge_classes,
    limits_ds,
    members_of,
    plain_times,
    read_inputs,
)
from geoservice.coverage.uncertainty.rescaled import Arcs
from geoservice.coverage.uncertainty.rows import GROUPS, by_unit, community_row, joined, people, seconds, unit_rows
from geoservice.errors import BadRequest
from geoservice.network.arrays import Bools, Int32s, Int64s

SHARES = (0.05, 0.5, 0.95)
CERTAIN, LIKELY, MARGINAL, NONE = CERTAINTIES = ("certain", "likely", "marginal", "none")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Certainty:
    """Coverage in many draws; arrays follow `inputs.communities`.

    Attributes
    ----------
    plain_ds, reason
        Time without any draw, as a run has it, -1 where there is none, and then why.
    limit_ds
        Limit of each community.
    times
        int32, shape (draws, communities), -1 where a draw does not arrive within the horizon (three hours, or the limit where that is longer).
    """

    case: Case
    settings: DrawSettings
    seed: int
    inputs: Prepared
    publication: Publication
    limit_ds: Int32s
    plain_ds: Int32s
    reason: NDArray[np.object_]
    times: Int32s

    @cached_property
    def covered(self) -> Bools:
        """Whether each community is covered in each draw, shape (draws, communities)."""
        within: Bools = (self.times >= 0) & (self.times <= self.limit_ds)
        return within

    @cached_property
    def hits(self) -> Int64s:
        """Number of draws in which each community is covered."""
        found: Int64s = self.covered.sum(axis=0)
        return found

    @cached_property
    def certainty(self) -> NDArray[np.object_]:
        """One of `CERTAINTIES` for each community."""
        return certainty_of(self.hits, self.settings)

    def as_dict(self) -> dict[str, Any]:
        """Assumptions, sums and every community as plain values."""
        total, units = self._sums()
        return {
            **self.case.as_dict(),
            "draws": self.settings.count,
            "seed": self.seed,
            "assumptions": self.settings.model_dump(exclude={"count", "most", "seed"}),
            "schematic": self.publication.schematic,
            "population_estimated": self.inputs.estimated.as_dict(),
            "facilities": int((self.inputs.facilities.type == self.case.type).sum()),
            "by_certainty": self._by_certainty(),
            "total": total,
            "by_unit": units,
            "communities": self._communities(),
        }

    def _by_certainty(self) -> list[dict[str, Any]]:
        found = self.certainty
        return [
            {
                "certainty": name,
                "communities": int((found == name).sum()),
                **{group: int(people(self.inputs, group)[found == name].sum()) for group in GROUPS},
            }
            for name in CERTAINTIES
        ]

    def _sums(self) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        found = self.certainty
        masks = {
            "covered": (self.plain_ds >= 0) & (self.plain_ds <= self.limit_ds),
            "certain": found == CERTAIN,
            "likely": (found == CERTAIN) | (found == LIKELY),
            "possible": found != NONE,
        }
        total, units = unit_rows(self.inputs, self.case.type, joined(self.reason), masks)
        counted = people(self.inputs)
        drawn = by_unit(self.inputs, (counted * within for within in self.covered))
        total["population_covered_quantiles"] = _spread(sum(drawn.values(), start=np.zeros(1, dtype=np.int64)))
        for row in units:
            none = np.zeros(self.settings.count, dtype=np.int64)
            row["population_covered_quantiles"] = _spread(drawn.get(row["unit_id"], none))
        return total, units

    def _communities(self) -> list[dict[str, Any]]:
        marks = quantiles(self.times, SHARES)
        hits, certainty = self.hits, self.certainty
        return [
            community_row(self.inputs, i)
            | {
                "limit_s": seconds(self.limit_ds[i]),
                "time_s": seconds(self.plain_ds[i]),
                "covered": bool(0 <= self.plain_ds[i] <= self.limit_ds[i]),
                "reason": self.reason[i],
                "draws_covered": int(hits[i]),
                "certainty": certainty[i],
                "time_s_quantiles": {f"{s:g}": seconds(marks[k, i]) for k, s in enumerate(SHARES)},
            }
            for i in range(len(self.inputs.communities))
        ]


def certainty_of(hits: Int64s, settings: DrawSettings) -> NDArray[np.object_]:
    """The word for the number of draws in which a place is covered.

    Examples
    --------
    >>> from geoservice.catalog import load_catalog
    >>> settings = load_uncertainty(load_catalog()).draws
    >>> certainty_of(np.array([100, 99, 80, 79, 1, 0]), settings).tolist()
    ['certain', 'likely', 'likely', 'marginal', 'marginal', 'none']
    """
    likely = int(np.ceil(settings.likely_share * settings.count - 1e-9))
    words = np.full(hits.size, MARGINAL, dtype=object)
    words[hits >= likely] = LIKELY
    words[hits == settings.count] = CERTAIN
    words[hits == 0] = NONE
    return words


def certainty(
    ground: Ground,
    case: Case,
    *,
    draws: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    threads: int | None = None,
    within_s: float | None = None,
) -> Certainty:
    """Draw the coverage of a case many times.

    Parameters
    ----------
    draws, seed
        Those of the settings by default.
    threads, within_s
        As for `draw_times`.

    Raises
    ------
    BadRequest
        ``uncertainty.bad-draws``, ``uncertainty.bad-seed``.
    BadInput
        If there are no roads, no communities with a place, no people, or no facility of the type.
    Deadline
        ``uncertainty.deadline``.
    """
    settings = checked(load_uncertainty(ground.catalog).draws, draws, seed)
    inputs, publication = read_inputs(ground, case, case.limits)
    ways, members = _ways(ground, inputs, case)
    told = None if progress is None else (lambda done, total: progress("uncertainty.step.draw", done, total))
    found = draw_times(ways, settings, settings.seed, inputs.horizon_ds, threads=threads, told=told, within_s=within_s)
    times = np.full((settings.count, len(inputs.communities)), -1, dtype=np.int32)
    for rows, part in zip(members, found, strict=True):
        times[:, rows] = part
    plain, reason = plain_times(inputs, case, case.limits)
    return Certainty(
        case=case,
        settings=settings,
        seed=settings.seed,
        inputs=inputs,
        publication=publication,
        limit_ds=limits_ds(inputs, case.limits),
        plain_ds=plain,
        reason=reason,
        times=times,
    )


def checked(settings: DrawSettings, draws: int | None, seed: int | None) -> DrawSettings:
    """The settings with what was asked for in their place.

    Raises
    ------
    BadRequest
        ``uncertainty.bad-draws``, ``uncertainty.bad-seed``.
    """
    draws, seed = settings.count if draws is None else draws, settings.seed if seed is None else seed
    if not 1 <= draws <= settings.most:
        raise BadRequest("uncertainty.bad-draws", value=draws, most=settings.most)
    if not 0 <= seed < 2**63:
        raise BadRequest("uncertainty.bad-seed", value=seed)
    return settings.model_copy(update={"count": draws, "seed": seed})


def _ways(ground: Ground, inputs: Prepared, case: Case) -> tuple[list[Way], list[NDArray[np.int64]]]:
    """The ways of urban and rural communities that there are, and the numbers of those communities."""
    communities, facilities = inputs.communities, inputs.facilities
    mine = np.flatnonzero(facilities.type == case.type)
    ways, members = [], []
    for limit, rows in members_of(inputs, case.limits):
        if not rows.size:
            continue
        graph = inputs.graphs[limit.mode]
        classes, edge_class = edge_classes(ground.connection, graph)
        ways.append(
            Way(
                mode=inputs.modes[limit.mode],
                arcs=Arcs.of(graph),
                classes=classes,
                edge_class=edge_class,
                places=inputs.join(limit.mode, communities.lon[rows], communities.lat[rows]),
                place_ids=communities.id[rows],
                facilities=inputs.join(limit.mode, facilities.lon[mine], facilities.lat[mine]),
                facility_ids=facilities.id[mine],
            )
        )
        members.append(rows)
    return ways, members


def _spread(sums: Int64s) -> dict[str, int]:
    """Quantiles over the draws of a number of people."""
    found = quantiles(sums[:, None], SHARES)[:, 0]
    return {f"{share:g}": int(value) for share, value in zip(SHARES, found, strict=True)}
