"""Every name of a plan against the rules, the names that there are, and the rest of the plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from itertools import combinations

from sqlalchemy import Connection

from geoservice.catalog import Catalog
from geoservice.errors import BadInput
from geoservice.ingest.alike import alike_keys
from geoservice.names.clashes.comparing import Sounding, compare
from geoservice.names.clashes.searching import codes_of
from geoservice.names.plans.reading import Inside, Line, Plan
from geoservice.names.rules.checking import check_name

Progress = Callable[[int, int], None]

# Of rows that a row clashes with inside the plan so many are told, and so many names of one key are compared.
MOST_INSIDE = 20
MOST_OF_A_KEY = 300


def check_plan(
    connection: Connection, catalog: Catalog, plan: Plan, *, day: date, progress: Progress = lambda _done, _all: None
) -> None:
    """Checks a plan; what is found stands in its lines.

    Parameters
    ----------
    day
        On which names are in force.
    progress
        Called with the rows done and all rows; what it raises ends the check.
    """
    for done, line in enumerate(plan.lines, start=1):
        if line.row in plan.proposed:
            try:
                line.outcome = check_name(connection, catalog, plan.proposed[line.row], day=day)
            except BadInput as error:
                line.fault = error.message
        progress(done, len(plan.lines))
    compare_inside(catalog, plan)


def compare_inside(catalog: Catalog, plan: Plan) -> None:
    """Compares the names of a plan with each other: each pair of different names once."""
    rows: defaultdict[tuple[str, str | None], list[Line]] = defaultdict(list)
    for line in plan.lines:
        if line.outcome is not None:
            rows[line.outcome.name, plan.proposed[line.row].reading].append(line)
    soundings: dict[tuple[str, str | None], Sounding] = {}
    holders: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for named, lines in rows.items():
        code = codes_of(catalog, plan.proposed[lines[0].row].kind)[0]
        soundings[named] = Sounding.of(named[0], code, named[1])
        for key in alike_keys(named[0], code, named[1]):
            holders[key].append(named)
    compared = {(one, one) for one, lines in rows.items() if len(lines) > 1}
    for group in holders.values():
        compared |= set(combinations(group[:MOST_OF_A_KEY], 2))
        for named in group[MOST_OF_A_KEY:]:
            for line in rows[named]:
                line.inside_cut = True
    for one, other in sorted(compared, key=lambda pair: (rows[pair[0]][0].row, rows[pair[1]][0].row)):
        match = compare(soundings[one], soundings[other])
        if match is not None:
            _tell(rows[one], [Inside(line.row, line.name, match) for line in rows[other][: MOST_INSIDE + 2]])
            if one != other:
                _tell(rows[other], [Inside(line.row, line.name, match) for line in rows[one][: MOST_INSIDE + 2]])


def _tell(lines: Sequence[Line], found: Sequence[Inside]) -> None:
    for line in lines:
        new = [one for one in found if one.row != line.row]
        room = MOST_INSIDE - len(line.inside)
        line.inside += new[:room]
        line.inside_cut = line.inside_cut or len(new) > room
