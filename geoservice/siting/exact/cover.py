"""Programs of maximal cover, set cover and backup cover."""

from __future__ import annotations

import numpy as np

from geoservice.network.arrays import Int64s
from geoservice.siting.exact.conditions import add_sites
from geoservice.siting.exact.program import Builder
from geoservice.siting.exact.reduced import Rows, dominated, implied, rows_of
from geoservice.siting.exact.written import Written
from geoservice.siting.problem import Model, Problem


def cover_program(problem: Problem) -> Written:
    """The program of ``mclp``, ``lscp`` or ``backup``."""
    rows = rows_of(problem)
    gone = np.zeros(problem.sites, dtype=np.bool_)
    if problem.model is not Model.BACKUP:
        gone = dominated(rows, problem)
        rows = rows.without(gone)
    kept = np.flatnonzero(~problem.fixed & ~gone)
    if problem.model is Model.LSCP:
        return _set_cover(problem, rows, kept)
    return _maximal(problem, rows, kept)


def _set_cover(problem: Problem, rows: Rows, kept: Int64s) -> Written:
    builder = Builder(maximise=False)
    column = add_sites(builder, problem, kept, 1.0 if problem.cost is None else problem.cost[kept])
    rows = rows.only(rows.standing == 0)
    rows = rows.only(~implied(rows, problem.sites))
    first = builder.rows(len(rows), lower=1.0)
    builder.entries(first + rows.row(), column[rows.site], 1.0)
    return Written.of(problem, builder, column)


def _maximal(problem: Problem, rows: Rows, kept: Int64s) -> Written:
    """A row counts by a column z in [0, 1], z <= the sites chosen that cover it; backup adds a second one."""
    backup = problem.model is Model.BACKUP
    once, twice = problem.levels if backup else (1, 0)
    builder = Builder(maximise=True)
    column = add_sites(builder, problem, kept)
    builder.offset = float(once * rows.weight[rows.standing > 0].sum() + twice * rows.weight[rows.standing > 1].sum())
    first = np.full(len(rows), -1, dtype=np.int64)
    lone = np.flatnonzero(rows.standing == 0)
    first[lone] = builder.columns(lone.size, cost=once * rows.weight[lone]) + np.arange(lone.size)
    second = np.full(len(rows), -1, dtype=np.int64)
    if backup:
        short = np.flatnonzero(rows.standing < 2)
        # Where the second counts more than the first, half of each must not count as one.
        second[short] = builder.columns(short.size, cost=twice * rows.weight[short], whole=twice > once) + np.arange(
            short.size
        )
        both = np.flatnonzero((first >= 0) & (second >= 0))
        pairs = builder.rows(both.size, upper=0.0) + np.arange(both.size)
        builder.entries(pairs, second[both], 1.0)
        builder.entries(pairs, first[both], -1.0)
    _link(builder, rows, column, first, second)
    _floors(builder, problem, rows, first)
    return Written.of(problem, builder, column)


def _link(builder: Builder, rows: Rows, column: Int64s, first: Int64s, second: Int64s) -> None:
    """Each row's columns together are at most the new sites that cover it, and the existing one where it counts twice."""
    number = np.full(len(rows), -1, dtype=np.int64)
    asked = np.flatnonzero((first >= 0) | (second >= 0))
    spare = np.where(first < 0, rows.standing - 1, rows.standing)[asked]
    number[asked] = builder.rows(asked.size, upper=spare) + np.arange(asked.size)
    for counted in (first, second):
        there = np.flatnonzero(counted >= 0)
        builder.entries(number[there], counted[there], 1.0)
    row = number[rows.row()]
    builder.entries(row[row >= 0], column[rows.site[row >= 0]], -1.0)


def add_floors(builder: Builder, problem: Problem, column: Int64s) -> None:
    """Floors of townships where the program knows no covered points yet."""
    rows = rows_of(problem)
    asked = np.flatnonzero((rows.standing == 0) & (rows.group >= 0))
    first = np.full(len(rows), -1, dtype=np.int64)
    first[asked] = builder.columns(asked.size) + np.arange(asked.size)
    _link(builder, rows, column, first, np.full(len(rows), -1, dtype=np.int64))
    _floors(builder, problem, rows, first)


def _floors(builder: Builder, problem: Problem, rows: Rows, first: Int64s) -> None:
    for group, need in enumerate(problem.needs().tolist()):
        mine = rows.group == group
        rest = need - int(rows.weight[mine & (first < 0)].sum())
        if rest > 0:
            asked = np.flatnonzero(mine & (first >= 0))
            builder.row(first[asked], rows.weight[asked], lower=rest)
