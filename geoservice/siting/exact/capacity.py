"""The program of capacity-aware cover: people are given places, so many as a site has."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Int64s
from geoservice.siting.exact.conditions import add_sites
from geoservice.siting.exact.cover import add_floors
from geoservice.siting.exact.program import Builder
from geoservice.siting.exact.reduced import all_rows
from geoservice.siting.exact.written import Written
from geoservice.siting.problem import Problem


def capacity_program(problem: Problem) -> Written:
    """A column for each row of people and site that may take some of them, at most the least of both where it is open."""
    assert problem.capacity is not None
    rows = all_rows(problem)
    kept = np.flatnonzero(~problem.fixed)
    builder = Builder(maximise=True)
    column = add_sites(builder, problem, kept)
    row, site = rows.row(), rows.site
    most = np.minimum(rows.weight[row], problem.capacity[site])
    placed = builder.columns(site.size, cost=1.0, upper=most) + np.arange(site.size)
    people = builder.rows(len(rows), upper=rows.weight)
    builder.entries(people + row, placed, 1.0)
    places = builder.rows(problem.sites, upper=np.where(problem.fixed, problem.capacity, 0))
    builder.entries(places + site, placed, 1.0)
    builder.entries(places + kept, column[kept], -problem.capacity[kept])
    _tight(builder, placed, column[site], most)
    add_floors(builder, problem, column)
    return Written.of(problem, builder, column)


def _tight(builder: Builder, placed: Int64s, column: Int64s, most: Int64s) -> None:
    """Nobody is placed at a site that is not open: tighter than the sum over its people."""
    new = np.flatnonzero(column >= 0)
    first = builder.rows(new.size, upper=0.0) + np.arange(new.size)
    builder.entries(first, placed[new], 1.0)
    builder.entries(first, column[new], -most[new])
